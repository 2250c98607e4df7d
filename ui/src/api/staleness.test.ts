import { describe, expect, it } from "vitest";
import { World } from "../mocks/world";
import { staleTags, tags } from "./staleness";

describe("what an event makes stale", () => {
  const world = new World();
  const room = world.createRoom("one").room_id;
  const append = (type: string, data: unknown = {}) => world.append({ type, room, run: "run_1", data });

  it.each([
    ["room.created", [tags.rooms()]],
    ["thread.created", [tags.threads(room)]],
    ["message.created", [tags.search()]],
    ["channel.message.published", [tags.channels(), tags.search()]],
    ["task.claimed", [tags.tasks(), tags.channels(), tags.search()]],
    ["topic.claim.requested", [tags.claims()]],
    ["topic.locked", []],
    ["run.claimed", [tags.runs(), tags.run("run_1"), tags.pipeline(), tags.engines()]],
    ["run.started", [tags.runs(), tags.run("run_1"), tags.pipeline()]],
    ["approval.decided", [tags.approvals(), tags.run("run_1"), tags.notifications(), tags.pipeline()]],
    ["evidence.manifest.created", [tags.evidence("run_1"), tags.pipeline()]],
    ["engine.token.revoked", [tags.engines()]],
    ["agent.quarantined", [tags.agents()]],
    ["tool.succeeded", [tags.run("run_1")]],
    ["artifact.created", [tags.artifacts("run_1"), tags.run("run_1")]],
    ["run.failed", [tags.runs(), tags.run("run_1"), tags.notifications(), tags.pipeline(), tags.engines()]],
    ["incident.learning.logged", [tags.incidents(), tags.pipeline()]],
    ["tool.output", []],
    ["something.new", []],
  ])("%s", (type, expected) => {
    expect(staleTags([append(type)])).toEqual(expected);
  });

  it("names a tag once for a whole batch", () => {
    expect(staleTags([append("run.created"), append("run.started")])).toHaveLength(3);
  });

  it("refreshes the event that was redacted", () => {
    expect(staleTags([append("event.redacted", { target_event_id: "ev_9" })])).toContainEqual(tags.event("ev_9"));
  });
});
