import { expect, it } from "vitest";
import { play } from "../../mocks/script";
import { World } from "../../mocks/world";
import { failedStep } from "./failedStep";

it("is the call that failed, not the run around it", async () => {
  const world = new World();
  const run = world.createRun(world.createRoom("one").room_id, "make", ["make"]);
  await play(world, run, { stepMs: 10, exit: 1, lines: [] }, Date.now());
  const found = world.events.find((event) => event.event_id === failedStep(world.events));
  expect(found?.event_type).toBe("tool.invoked");
});

it("is the end of a run that failed before it did anything", () => {
  const world = new World();
  const run = world.createRun(world.createRoom("one").room_id, "make", ["make"]);
  const { event_id } = world.append({ type: "run.failed", run: run.run_id, data: { run_id: run.run_id, message: "gave up" } });
  expect(failedStep(world.events)).toBe(event_id);
  expect(failedStep([])).toBeNull();
});
