import { describe, expect, it } from "vitest";
import { World, type NewEvent } from "../../mocks/world";
import { foldNotifications, LONG_RUN_MS, type KnownRun } from "./fold";
import { coalesce, countSince, isWaiting, needsSomebody } from "./groups";

const START = Date.parse("2026-03-14T10:00:00Z");

/** Events in order, each one second after the one before unless it says when. */
function eventsOf(...events: NewEvent[]) {
  const world = new World();
  events.forEach((event, index) => world.append({ at: START + index * 1000, ...event }));
  return world.events;
}
const run = (type: string, data: object = {}, more: Partial<NewEvent> = {}): NewEvent => ({ type, run: "run_1", data: { run_id: "run_1", ...data }, ...more });
const asked = (id = "appr_1", more: object = {}): NewEvent => ({
  type: "approval.requested",
  actor: ["agent", "mailer"],
  data: { approval_id: id, action: "email.send", target: "team@example.com", expires_at: "2026-03-15T10:00:00Z", ...more },
});
const only = (...events: NewEvent[]) => {
  const { notifications } = foldNotifications(eventsOf(...events));
  expect(notifications).toHaveLength(1);
  return notifications[0]!;
};

describe("one notification per thing", () => {
  it("joins a run that waits with the request it waits for", () => {
    const found = only(asked(), run("run.waiting", { approval_id: "appr_1" }, { at: START }));
    expect(found).toMatchObject({ kind: "approval", reason: "blocked", standing: "open", approvalId: "appr_1", runId: "run_1", readTo: 2 });
    expect(found.name).toEqual({ text: "email.send team@example.com", code: true });
    expect(found.expiresAt).toBe("2026-03-15T10:00:00Z");
  });

  it("is not read further than to what was there when it began", () => {
    expect(only(asked(), run("run.waiting", { approval_id: "appr_1" })).readTo).toBe(1);
  });

  it("joins a failure with the incident that it opened", () => {
    const opened: NewEvent = { type: "incident.opened", run: "run_1", actor: ["service", "signalbox"], data: { incident_id: "inc_1", category: "run_failed", title: "t" }, at: START };
    const found = only(run("run.failed", { message: "exit 1" }), opened);
    expect(found).toMatchObject({ kind: "run", reason: "failed", incidentId: "inc_1", detail: "exit 1", readTo: 2 });
  });

  it("keeps an incident that somebody opened apart from the run it is about", () => {
    const opened: NewEvent = { type: "incident.opened", run: "run_1", actor: ["user", "ada"], data: { incident_id: "inc_1", title: "Wrong version" } };
    const { notifications } = foldNotifications(eventsOf(run("run.failed"), opened));
    expect(notifications.map(({ kind }) => kind)).toEqual(["incident", "run"]);
  });
});

it("says nothing of a run that failed because the owner denied it", () => {
  const denied = foldNotifications(eventsOf(run("run.failed", { message: "was denied", error: { code: "approval_denied" } })));
  expect(denied.notifications).toEqual([]);
});

describe("how it stands", () => {
  it.each([
    ["approve", "approved", false],
    ["deny", "denied", false],
    ["hold", "held", true],
  ])("%s makes it %s", (decision, standing, waits) => {
    const found = only(asked(), { type: "approval.decided", data: { approval_id: "appr_1", decision } });
    expect(found.standing).toBe(standing);
    expect(isWaiting(found)).toBe(waits);
    expect(needsSomebody(found)).toBe(waits);
  });

  it("never says that something waits which has run out", () => {
    expect(only(asked(), { type: "approval.expired", data: { approval_id: "appr_1", was: "pending" } }).standing).toBe("expired");
  });

  it("keeps the decision of an approval that ends later", () => {
    const decided: NewEvent = { type: "approval.decided", data: { approval_id: "appr_1", decision: "approve" } };
    expect(only(asked(), decided, { type: "approval.expired", data: { approval_id: "appr_1", was: "approved" } }).standing).toBe("approved");
  });

  it("ends with its incident", () => {
    const found = only({ type: "incident.opened", data: { incident_id: "inc_1", title: "t" } }, { type: "incident.closed", data: { incident_id: "inc_1" } });
    expect(found.standing).toBe("closed");
    expect(needsSomebody(found)).toBe(false);
  });

  it("tells a refusal from one that was only watched", () => {
    expect(only({ type: "policy.denied", data: { action: "a", blocked: true } }).standing).toBe("open");
    expect(only({ type: "policy.denied", data: { action: "a", blocked: false } }).standing).toBe("watched");
  });
});

describe("runs that went well", () => {
  const started = run("run.started");
  it("are told when they took long, with how long", () => {
    const found = only(started, run("run.completed", { summary: "ok" }, { at: START + LONG_RUN_MS }));
    expect(found).toMatchObject({ kind: "completion", reason: "done", durationMs: LONG_RUN_MS, detail: "ok" });
  });

  it("are only counted when they did not", () => {
    const folded = foldNotifications(eventsOf(started, run("run.completed", {}, { at: START + LONG_RUN_MS - 1 })));
    expect(folded.notifications).toEqual([]);
    expect(countSince(folded, 0).completed).toBe(1);
    expect(countSince(folded, 2).completed).toBe(0);
  });

  it("are looked up when they began before the events at hand", () => {
    const events = eventsOf(run("run.completed"));
    expect(foldNotifications(events)).toMatchObject({ notifications: [], unknown: ["run_1"] });
    const known: KnownRun = { name: { text: "Soak test", code: false }, by: { type: "agent", id: "claude" }, startedAt: new Date(START - LONG_RUN_MS).toISOString() };
    const [found] = foldNotifications(events, new Map([["run_1", known]])).notifications;
    expect(found).toMatchObject({ name: known.name, by: known.by, durationMs: LONG_RUN_MS });
  });
});

it("names a run by its title or its command, and who asked for it", () => {
  const created = run("run.created", { input: { command: { argv: ["cargo", "test"] } } }, { actor: ["agent", "claude"] });
  const found = only(created, run("run.failed", {}, { actor: ["service", "embedded_worker"] }));
  expect(found.name).toEqual({ text: "cargo test", code: true });
  expect(found.by).toEqual({ type: "agent", id: "claude" });
});

describe("what repeats itself", () => {
  const denied = (at: number): NewEvent => ({ type: "policy.denied", actor: ["agent", "claude"], data: { action: "http.post", target: "x" }, at: START + at });
  const fold = (...events: NewEvent[]) => foldNotifications(eventsOf(...events)).notifications;

  it("is one group when it stands in a row, the newest first", () => {
    const groups = coalesce(fold(denied(0), denied(1), denied(2)), () => "");
    expect(groups).toHaveLength(1);
    expect(groups[0]?.all.map(({ event }) => event.position)).toEqual([3, 2, 1]);
    expect(groups[0]?.first.event.position).toBe(3);
  });

  it("is not joined across something else, nor where it must stay apart", () => {
    expect(coalesce(fold(denied(0), asked(), denied(2)), () => "")).toHaveLength(3);
    expect(coalesce(fold(denied(0), denied(1)), ({ event }) => String(event.position > 1))).toHaveLength(2);
  });

  it("keeps its key while newer ones join it", () => {
    const before = coalesce(fold(denied(0)), () => "")[0]?.key;
    expect(coalesce(fold(denied(0), denied(1)), () => "")[0]?.key).toBe(before);
  });
});

it("counts what happened since a position, and of approvals only those that still wait", () => {
  const folded = foldNotifications(
    eventsOf(run("run.failed", {}, { run: "run_0" }), asked("appr_1"), asked("appr_2"), run("run.failed"), { type: "approval.decided", data: { approval_id: "appr_1", decision: "deny" } }),
  );
  expect(countSince(folded, 1)).toEqual({ failed: 1, waiting: 1, incidents: 0, alarms: 0, completed: 0 });
});
