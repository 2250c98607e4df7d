import { expect, it } from "vitest";
import { World } from "../../mocks/world";
import { runSpans } from "./spans";

function denied(blocked: boolean) {
  const world = new World();
  const run = world.createRun(world.createRoom("one").room_id, "make", ["make"]).run_id;
  world.append({ type: "run.claimed", run, data: { attempt_no: 1 } });
  world.append({
    type: "policy.denied",
    run,
    data: { action: "external.write", target: "https://example.com", reason: "The kill switch is on.", reason_code: "kill_switch", blocked },
  });
  return runSpans(world.events).filter(({ kind }) => kind === "denial");
}

it("shows what the gate did not allow as a mark inside the attempt that asked", () => {
  const [found, ...others] = denied(true);
  expect(others).toEqual([]);
  expect(found).toMatchObject({
    depth: 2,
    label: "external.write https://example.com",
    note: "denied by the gate: The kill switch is on.",
    state: "failed",
  });
  expect(found?.endMs).toBe(found?.startMs);
});

it("shows no denial of what was let through in shadow mode", () => {
  expect(denied(false)).toEqual([]);
});
