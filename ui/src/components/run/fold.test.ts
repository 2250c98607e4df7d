import { beforeEach, describe, expect, it } from "vitest";
import type { Run } from "../../api/types";
import { play } from "../../mocks/script";
import { World } from "../../mocks/world";
import { courseOf } from "./course";
import { foldRun, lastLine, runName, shownStatus } from "./fold";
import { runSpans } from "./spans";

const BEGIN = Date.UTC(2026, 0, 1);

describe("a run as its events tell it", () => {
  let world: World;
  let run: Run;
  beforeEach(() => {
    world = new World(() => BEGIN);
    run = world.createRun(world.createRoom("one").room_id, "ls -l", ["ls", "-l"], BEGIN);
  });
  const events = () => world.events.filter((event) => event.run_id === run.run_id);
  const course = { stepMs: 100, exit: 0, waitMs: 500, lines: [["stdout", "a\n\u001b[32mlast\u001b[0m\n\n"]] as const };

  it("is queued at first", () => {
    expect(foldRun(run.run_id, events())).toMatchObject({ status: "queued", startedAt: null, argv: ["ls", "-l"] });
  });

  it("tells state, worker, attempt and exit", async () => {
    await play(world, run, course, BEGIN);
    expect(foldRun(run.run_id, events())).toMatchObject({
      status: "succeeded",
      engine: "embedded_worker",
      attempt: 1,
      exitCode: 0,
      requestedBy: { type: "user", id: "owner" },
    });
  });

  it("finds the last line that says something in what was printed", async () => {
    await play(world, run, course, BEGIN);
    const printed = events().filter((event) => event.event_type === "tool.output");
    expect(printed.map(lastLine)).toEqual(["last"]);
  });

  it("shows a failure with its outcome", async () => {
    await play(world, run, { ...course, exit: 2 }, BEGIN);
    expect(foldRun(run.run_id, events())).toMatchObject({ status: "failed", exitCode: 2, outcome: "the command exited with 2" });
  });

  it("is cancelling between the wish and the end, and not after", () => {
    world.append({ type: "run.claimed", room: run.room_id, run: run.run_id, data: { attempt_no: 1 } });
    world.append({ type: "run.cancel.requested", room: run.room_id, run: run.run_id });
    expect(shownStatus(foldRun(run.run_id, events()))).toBe("cancelling");
    world.append({ type: "run.cancelled", room: run.room_id, run: run.run_id });
    expect(shownStatus(foldRun(run.run_id, events()))).toBe("cancelled");
  });

  it("is queued again after its lease ran out", () => {
    world.append({ type: "run.claimed", room: run.room_id, run: run.run_id, data: { attempt_no: 1 } });
    world.append({ type: "run.lease.expired", room: run.room_id, run: run.run_id, data: { attempt_no: 1 } });
    expect(foldRun(run.run_id, events())).toMatchObject({ status: "queued", attempt: 1 });
  });

  it("goes by its title, or by its command when the title says no more", () => {
    expect(runName({ title: "Nightly", argv: ["ls"] })).toEqual({ text: "Nightly", command: false });
    expect(runName({ title: "ls -l", argv: ["ls", "-l"] })).toEqual({ text: "ls -l", command: true });
    expect(runName({ title: null, argv: null })).toBeNull();
  });

  describe("drawn to scale", () => {
    it("is a tree: the wait, the attempt, its step, the call, the artifact", async () => {
      await play(world, run, course, BEGIN);
      expect(runSpans(events()).map((span) => [span.kind, span.depth, span.state])).toEqual([
        ["run", 0, "succeeded"],
        ["wait", 1, "mark"],
        ["attempt", 1, "succeeded"],
        ["step", 2, "succeeded"],
        ["tool", 3, "succeeded"],
        ["artifact", 3, "mark"],
      ]);
    });

    it("names the wait with its length", async () => {
      await play(world, run, course, BEGIN);
      const wait = runSpans(events()).find((span) => span.kind === "wait");
      expect((wait?.endMs ?? 0) - (wait?.startMs ?? 0)).toBe(500);
    });

    it("names what it waited for and who decided", () => {
      const append = (type: string, at: number, data: unknown = {}, actor: readonly [string, string] = ["service", "api"]) =>
        world.append({ type, room: run.room_id, run: run.run_id, data, at: BEGIN + at, actor });
      append("run.waiting", 0, { approval_id: "appr_1" });
      append("approval.decided", 120_000, { decision: "approve" }, ["user", "owner"]);
      append("run.approved", 120_000, { approval_id: "appr_1" });
      append("run.claimed", 124_000, { attempt_no: 1, actor_id: "w1" });
      append("run.lease.expired", 154_000, { attempt_no: 1 });
      append("run.claimed", 156_000, { attempt_no: 2, actor_id: "w2" });
      expect(courseOf(runSpans(events()))).toEqual([
        "waited 2 m 00 s for approval by owner",
        "queued 4.0 s",
        "attempt 1: lease ran out after 30 s",
        "queued again 2.0 s",
      ]);
    });

    it("does not call an attempt failed that gave its run back to wait", () => {
      const append = (type: string, data: unknown = {}) => world.append({ type, room: run.room_id, run: run.run_id, data });
      append("run.claimed", { attempt_no: 1, actor_id: "w1" });
      append("run.lease.released", { attempt_no: 1, reason: "waiting_for_approval" });
      append("run.waiting", { approval_id: "appr_1" });
      const spans = runSpans(events());
      expect(spans.find((span) => span.kind === "attempt")).toMatchObject({ state: "cancelled", note: "paused for approval" });
      expect(spans.at(-1)).toMatchObject({ kind: "wait", waitFor: "approval", endMs: null });
    });

    it("tells a run that waits for its approval from one that waits for a worker", () => {
      const append = (type: string, data: unknown = {}) => world.append({ type, room: run.room_id, run: run.run_id, data });
      const waits = () => foldRun(run.run_id, events()).waitsForApproval;
      append("run.waiting", { approval_id: "appr_1" });
      expect(waits()).toBe(true);
      append("run.approved", { approval_id: "appr_1" });
      expect(waits()).toBe(false);
    });

    it("gives each attempt a lane of its own, and closes what an expired one left open", () => {
      const append = (type: string, data: unknown = {}) => world.append({ type, room: run.room_id, run: run.run_id, data });
      append("run.claimed", { attempt_no: 1, actor_id: "w1" });
      append("step.created", { step_id: "s1", kind: "command" });
      append("run.lease.expired", { attempt_no: 1 });
      append("run.claimed", { attempt_no: 2, actor_id: "w2" });
      const spans = runSpans(events());
      expect(spans.filter((span) => span.kind === "attempt").map((span) => [span.label, span.state])).toEqual([
        ["attempt 1", "failed"],
        ["attempt 2", "open"],
      ]);
      expect(spans.find((span) => span.kind === "step")?.endMs).not.toBeNull();
    });
  });
});
