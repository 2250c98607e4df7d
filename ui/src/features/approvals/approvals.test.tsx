// @vitest-environment jsdom
import { screen, waitFor, within } from "@testing-library/react";
import { http, HttpResponse } from "msw";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { openPage } from "../../mocks/page";
import { World } from "../../mocks/world";
import { UNDO_MS } from "./useDecisions";

let page: ReturnType<typeof openPage> | null = null;
let world: World;
function open(path = "/approvals") {
  page = openPage(path, { world });
  return page;
}

beforeEach(() => {
  world = new World();
});
afterEach(() => {
  page?.close();
  page = null;
  vi.useRealTimers();
});

/** The time in which a decision can be undone passes when the test says so. */
const holdTime = () => vi.useFakeTimers({ shouldAdvanceTime: true, toFake: ["setTimeout", "clearTimeout"] });
const pass = () => vi.advanceTimersByTimeAsync(UNDO_MS);
const card = (name: string) => screen.findByRole("article", { name });

describe("a card", () => {
  it("shows what differs from the last request like it, and how that one was decided", async () => {
    const before = world.gate.request({ payload: { subject: "Hello", body: "One\nTwo" }, payload_digest: "sha256:1" }, Date.now() - 60_000);
    world.gate.decide(before.approval_id, { decision: "deny", reason: "too early" });
    world.gate.request({ title: "Again", payload: { subject: "Hello", body: "One\nThree" }, payload_digest: "sha256:2" });
    open();
    const compared = await within(await card("Again")).findByRole("region", { name: "Compared with the last one like it" });
    expect(compared.textContent).toContain("1 difference from what was asked");
    expect(compared.textContent).toContain("you denied it · too early");
    expect(compared.querySelector("del")?.textContent).toBe("before: Two");
    expect(compared.querySelector("ins")?.textContent).toBe("now: Three");
    expect(compared.textContent).not.toContain("Hello");
    expect(within(compared).getByRole("link", { name: "asked" }).getAttribute("href")).toContain(before.approval_id);
  });

  it("says of the same content that it is the same, and never of one that only looks so", async () => {
    const before = world.gate.request({}, Date.now() - 60_000);
    world.gate.decide(before.approval_id, { decision: "approve" });
    world.gate.request({ title: "Same" });
    world.gate.request({ title: "Like", payload: { subject: "Hello", attachments: [] }, payload_digest: "sha256:2" });
    open();
    const told = async (name: string) => (await within(await card(name)).findByRole("region")).textContent;
    expect(await told("Same")).toContain("Exactly the same was asked");
    expect(await told("Like")).toContain("Different in nothing that is named here, but in its JSON");
  });

  it("names the rules under which it would not be asked again; choosing one decides nothing", async () => {
    const room = world.createRoom("release").room_id;
    world.gate.request({ title: "Often", room_id: room });
    const { user } = open();
    const found = within(await card("Often"));
    await user.click(found.getByRole("button", { name: "approve exactly this for this room" }));
    expect(found.getByRole("button", { name: "Approve for this room" })).toBeTruthy();
    await user.click(found.getByRole("button", { name: "approve every target like it…" }));
    expect(found.getByLabelText("Pattern of targets")).toBeTruthy();
    expect(world.gate.decided).toEqual([]);
  });
});

describe("the inbox", () => {
  it("teaches while it is empty: a line that makes a request appear", async () => {
    open();
    expect(await screen.findByText("Nothing waits for you")).toBeTruthy();
    expect(screen.getByText(/^curl -s http:\/\/.*\/v1\/approvals /)).toBeTruthy();
  });

  it("says what is asked, by whom, why, how risky and until when, and shows the JSON on request", async () => {
    world.gate.request({
      title: "Tell the team",
      request: { purpose: "The release is out" },
      reason_code: "action_pre_approval_required",
      waiters: 3,
    });
    const { user } = open();
    const found = await card("Tell the team");
    await within(found).findByText("Cannot be undone");
    for (const said of ["mailer", "email.send", "team@example.com", "Hello", "The release is out", "2 others ask the same"]) {
      expect(found.textContent).toContain(said);
    }
    expect(found.textContent).toContain("The action is always asked for beforehand.");
    expect(found.textContent).toContain("without a decision it then counts as denied");
    const raw = within(found).getByRole("button", { name: "As JSON" });
    expect(raw.getAttribute("aria-expanded")).toBe("false");
    await user.click(raw);
    expect(await within(found).findByText('subject:', { exact: false, selector: "span" })).toBeTruthy();
  });

  it("shows a command as a line that a shell reads back", async () => {
    world.gate.request({ action: "command.execute", target: "/srv", payload: { argv: ["rm", "-rf", "a b"], cwd: "/srv", env: { LD_PRELOAD: "/tmp/x.so" } } });
    open();
    const found = await card("rm -rf 'a b'");
    expect(within(found).getByText("rm -rf", { selector: "mark" }).closest("code")?.textContent).toBe("rm -rf 'a b'");
    expect(within(found).getByRole("list", { name: "What to look at" }).textContent).toBe("Deletes without asking again");
    expect(found.textContent).toContain("env.LD_PRELOAD/tmp/x.so");
  });

  it("is live, and counts in the rail what waits", async () => {
    open();
    await screen.findByText("Nothing waits for you");
    await waitFor(() => expect(screen.getByTestId("runtime-badge").dataset["live"]).toBe("live"));
    world.gate.request({ title: "Just now" });
    expect(await card("Just now")).toBeTruthy();
    expect(await screen.findByText("1 request waits for you")).toBeTruthy();
  });

  it("keeps what is held among what waits, and what is decided in the history", async () => {
    world.gate.request({ title: "Old", status: "denied", decision: "deny", decision_reason: "not today" });
    world.gate.request({ title: "Parked", status: "held" });
    const { user } = open();
    await card("Parked");
    expect(screen.queryByRole("article", { name: "Old" })).toBeNull();
    await user.click(screen.getByRole("radio", { name: "Decided" }));
    expect(within(await card("Old")).queryByRole("button", { name: "Deny" })).toBeNull();
    expect(screen.queryByRole("article", { name: "Parked" })).toBeNull();
  });

  it("fetches a long list page by page", async () => {
    for (let each = 0; each < 60; each += 1) world.gate.request({ title: `request ${each}` });
    const { user } = open();
    // Looked for by what they say: to tell the roles of everything on sixty cards takes longer than all the rest.
    await screen.findByText("request 59");
    expect(document.querySelectorAll("[data-approval-id]")).toHaveLength(50);
    await user.click(screen.getByText("Show earlier ones"));
    await screen.findByText("request 0");
    expect(document.querySelectorAll("[data-approval-id]")).toHaveLength(60);
  });

  it("is read-only without the owner, and says how to become the owner", async () => {
    world.owner = false;
    world.gate.request({ title: "Seen only" });
    const { user } = open();
    const found = await card("Seen only");
    expect(await screen.findByText("signalbox open")).toBeTruthy();
    await user.keyboard("ja");
    expect(within(found).queryByRole("button", { name: /Approve|Deny|Hold|Undo/ })).toBeNull();
  });
});

describe("a decision", () => {
  it("by keyboard goes to the card in focus, is sent once its time to undo is over, and the card leaves", async () => {
    holdTime();
    world.gate.request({ title: "Second" });
    world.gate.request({ title: "First" });
    const { user } = open();
    await card("First");
    await user.keyboard("jja");
    expect(await within(await card("Second")).findByRole("button", { name: "Undo" })).toBeTruthy();
    expect(world.gate.decided).toEqual([]);
    await pass();
    await waitFor(() => expect(screen.queryByRole("article", { name: "Second" })).toBeNull());
    expect(world.gate.decided).toMatchObject([{ decision: "approve", scope: { type: "once" } }]);
  });

  it("is never made for a card that nobody chose: the first press only goes there", async () => {
    world.gate.request({ title: "Only" });
    const { user } = open();
    await card("Only");
    await user.keyboard("a");
    expect(document.activeElement?.textContent).toBe("Only");
    expect(screen.queryByRole("button", { name: "Undo" })).toBeNull();
  });

  it("that is undone never happens", async () => {
    holdTime();
    world.gate.request({ title: "Hasty" });
    const { user } = open();
    await user.click(within(await card("Hasty")).getByRole("button", { name: "Approve once" }));
    await user.click(await screen.findByRole("button", { name: "Undo" }));
    await pass();
    expect(world.gate.decided).toEqual([]);
    expect(within(await card("Hasty")).getByRole("button", { name: "Approve once" })).toBeTruthy();
  });

  it("is not sent when the page is left before, and that is said on return", async () => {
    holdTime();
    world.gate.request({ title: "Left" });
    const { user } = open();
    await card("Left");
    await user.keyboard("jagr");
    await screen.findByRole("heading", { name: "Runs", level: 1 });
    await pass();
    expect(world.gate.decided).toEqual([]);
    await user.keyboard("ga");
    expect((await screen.findByText(/was not sent/)).textContent).toContain("Left");
    await user.click(screen.getByRole("button", { name: "Dismiss" }));
    expect(screen.queryByText(/was not sent/)).toBeNull();
  });

  it("can deny with a reason, from the keyboard alone", async () => {
    holdTime();
    world.gate.request({ title: "No" });
    const { user } = open();
    await card("No");
    await user.keyboard("jd");
    await screen.findByLabelText("Reason for the denial");
    await user.keyboard("too late{Enter}");
    await pass();
    await waitFor(() => expect(world.gate.decided).toMatchObject([{ decision: "deny", reason: "too late" }]));
  });

  it("can reach further, for a time", async () => {
    holdTime();
    const room = world.createRoom("release");
    world.gate.request({ title: "Often", room_id: room.room_id });
    const { user } = open();
    const found = await card("Often");
    await user.click(within(found).getByRole("button", { name: /^Reach/ }));
    await user.click(await screen.findByRole("menuitemradio", { name: "for this room" }));
    await user.click(within(found).getByRole("button", { name: /^Until/ }));
    await user.click(await screen.findByRole("menuitemradio", { name: "for 1 hour" }));
    await user.click(within(found).getByRole("button", { name: "Approve for this room" }));
    await pass();
    await waitFor(() => expect(world.gate.decided).toHaveLength(1));
    expect(world.gate.decided[0]?.scope).toEqual({ type: "room" });
    expect(Date.parse(world.gate.decided[0]?.expires_at ?? "")).toBeGreaterThan(Date.now());
  });

  it("can hold, and the card stays with its new word", async () => {
    holdTime();
    world.gate.request({ title: "Later" });
    const { user } = open();
    await card("Later");
    await user.keyboard("jh");
    await pass();
    await waitFor(async () => expect((await card("Later")).dataset["approvalStatus"]).toBe("held"));
  });

  it.each([
    [409, "approval_already_decided", /Somebody was faster/],
    [403, "owner_required", /no longer acts for the owner/],
    [403, "own_request", /You asked for this yourself/],
  ])("that is refused (%i %s) says so in words", async (status, error, words) => {
    holdTime();
    world.gate.request({ title: "Contested" });
    const { user, server } = open();
    server.use(http.post("*/v1/approvals/:id/decide", () => HttpResponse.json({ error, message: "no" }, { status })));
    await card("Contested");
    await user.keyboard("ja");
    await pass();
    expect((await screen.findByRole("alert")).textContent).toMatch(words);
  });
});

describe("a decision that came second", () => {
  it("says so also when its card has left the list, with the way to how it was decided", async () => {
    holdTime();
    const made = world.gate.request({ title: "Taken" });
    const { user, router } = open();
    await card("Taken");
    await user.keyboard("ja");
    await screen.findByRole("button", { name: "Undo" });
    // Decided elsewhere, in a moment in which this page hears of nothing.
    made.status = "denied";
    await pass();
    expect((await screen.findByRole("alert")).textContent).toMatch(/Somebody was faster/);
    await waitFor(() => expect(screen.queryByRole("article")).toBeNull());
    await user.click(screen.getByRole("link", { name: "Taken" }));
    await waitFor(() => expect(router.state.location.pathname).toBe(`/approvals/${made.approval_id}`));
  });
});

describe("an approval that stays", () => {
  it("is taken back from the history, after its time to undo", async () => {
    holdTime();
    const made = world.gate.request({ title: "Standing", status: "approved", scope: { type: "workspace" } });
    const { user } = open("/approvals?show=decided");
    const found = await card("Standing");
    await user.click(within(found).getByRole("button", { name: "Take back" }));
    expect(within(found).getByText(/Taking it back in/)).toBeTruthy();
    expect(made.status).toBe("approved");
    await user.click(within(found).getByRole("button", { name: "Undo" }));
    await pass();
    expect(made.status).toBe("approved");
    await user.click(within(found).getByRole("button", { name: "Take back" }));
    await pass();
    await waitFor(async () => expect((await card("Standing")).dataset["approvalStatus"]).toBe("expired"));
    expect((await card("Standing")).textContent).toContain("taken back");
    expect(within(await card("Standing")).queryByRole("button", { name: "Take back" })).toBeNull();
  });

  it("is not offered to be taken back by whoever is not the owner, nor when it is over", async () => {
    world.gate.request({ title: "Over", status: "approved", expires_at: new Date(Date.now() - 60_000).toISOString() });
    const made = world.gate.request({ title: "Standing", status: "approved" });
    open("/approvals?show=decided");
    await within(await card("Standing")).findByRole("button", { name: "Take back" });
    expect(within(await card("Over")).queryByRole("button", { name: "Take back" })).toBeNull();
    page?.close();
    world.owner = false;
    open(`/approvals/${made.approval_id}`);
    await card("Standing");
    expect(screen.queryByRole("button", { name: "Take back" })).toBeNull();
  });

  it("that was used up meanwhile says so", async () => {
    holdTime();
    const made = world.gate.request({ title: "Standing", status: "approved" });
    const { user } = open(`/approvals/${made.approval_id}`);
    await user.click(within(await card("Standing")).getByRole("button", { name: "Take back" }));
    made.status = "consumed";
    await pass();
    expect((await screen.findByRole("alert")).textContent).toContain("nothing to take back");
  });
});

describe("a pattern of targets", () => {
  const ask = (target: string, more: object = {}) => world.gate.request({ action: "external.write", target, ...more });
  const choose = async (title: string) => {
    const { user } = open();
    const found = await card(title);
    await user.click(within(found).getByRole("button", { name: /^Reach/ }));
    await user.click(await screen.findByRole("menuitemradio", { name: "for a pattern of targets…" }));
    return { user, found, field: within(found).getByLabelText<HTMLInputElement>("Pattern of targets") };
  };

  it("is tried on what was asked for before it is approved", async () => {
    holdTime();
    ask("https://api.test/v1/old", { status: "denied" });
    ask("https://other.test/v1", { status: "denied" });
    ask("https://api.test/v1/new", { title: "Publish" });
    const { user, found, field } = await choose("Publish");
    expect(field.value).toBe("https://api.test/*");
    await within(found).findByText(/1 of 2 other targets/);
    expect([...found.querySelectorAll('[data-matches="true"] code')].map((each) => each.textContent)).toEqual([
      "https://api.test/v1/new",
      "https://api.test/v1/old",
    ]);
    await user.click(within(found).getByRole("button", { name: "Approve the pattern" }));
    await pass();
    await waitFor(() => expect(world.gate.decided).toHaveLength(1));
    expect(world.gate.decided[0]?.scope).toEqual({ type: "template", target: "https://api.test/*" });
  });

  it("must write its host out, and says when it does not match what is asked", async () => {
    ask("https://api.test/v1/new", { title: "Publish" });
    const { user, found, field } = await choose("Publish");
    const approve = within(found).getByRole<HTMLButtonElement>("button", { name: "Approve the pattern" });
    await user.clear(field);
    await user.type(field, "https://api.test*");
    expect(within(found).getByText(/host must be written out/)).toBeTruthy();
    expect(approve.disabled).toBe(true);
    await user.clear(field);
    await user.type(field, "https://api.test/v2/*");
    expect(await within(found).findByText(/does not match this request/)).toBeTruthy();
    expect(approve.disabled).toBe(false);
  });

  it("is never offered for a command", async () => {
    world.gate.request({ action: "command.execute", payload: { argv: ["ls"] } });
    const { user } = open();
    await user.click(within(await card("ls")).getByRole("button", { name: /^Reach/ }));
    await screen.findByRole("menuitemradio", { name: "once" });
    expect(screen.queryByRole("menuitemradio", { name: /pattern/ })).toBeNull();
  });
});

describe("one approval", () => {
  it("has an address that Enter leads to, and shows everything", async () => {
    const made = world.gate.request({ title: "Deep" });
    const { user, router } = open();
    await card("Deep");
    await user.keyboard("j{Enter}");
    await waitFor(() => expect(router.state.location.pathname).toBe(`/approvals/${made.approval_id}`));
    expect(await screen.findByText(made.approval_id)).toBeTruthy();
  });

  it("is linked from the run that waits for it", async () => {
    const room = world.createRoom("release");
    const run = world.createRun(room.room_id, "deploy", ["deploy"], Date.now(), ["agent", "claude"]);
    run.waiting_approval_id = world.gate.request({ title: "Deploy", run_id: run.run_id }).approval_id;
    const { user } = open(`/runs/${run.run_id}`);
    expect(await screen.findByText("The owner has to approve this run before it begins.")).toBeTruthy();
    await user.click(screen.getByRole("link", { name: "Open the approval" }));
    expect(await card("Deploy")).toBeTruthy();
  });
});

describe("the gate in the settings", () => {
  it("turns the kill switch on at once, says so in every view, and asks before it turns it off", async () => {
    const { user } = open("/settings");
    await user.click(await screen.findByRole("button", { name: "Turn on now" }));
    expect((await screen.findByTestId("kill-switch-banner")).textContent).toContain("The kill switch is on");
    await user.click(screen.getByRole("button", { name: "Turn off…" }));
    expect(world.gate.killSwitch.enabled).toBe(true);
    await user.click(await screen.findByRole("button", { name: "Turn off" }));
    await waitFor(() => expect(screen.queryByTestId("kill-switch-banner")).toBeNull());
    expect(world.gate.killSwitch.enabled).toBe(false);
  });

  it("chooses the mode and says what it means", async () => {
    const { user } = open("/settings");
    await user.click(await screen.findByRole("radio", { name: "Shadow" }));
    expect(await screen.findByText(/only writes down/)).toBeTruthy();
    expect(world.gate.mode.mode).toBe("shadow");
  });
});

describe("the gate in the timeline", () => {
  it("tells its events as sentences", async () => {
    world.gate.request({ title: "Tell the team" });
    world.append({ type: "policy.denied", data: { action: "payment.execute", blocked: true, reason: "No such thing." } });
    world.append({ type: "policy.kill_switch.changed", data: { enabled: true } });
    open("/timeline");
    await screen.findByText(/pulled the kill switch/);
    const told = [...document.querySelectorAll("[data-event-type]")].map((row) => row.textContent ?? "");
    expect(told.join("\n")).toContain("asked for an approval of email.send");
    expect(told.join("\n")).toContain("denied payment.execute");
  });
});
