// @vitest-environment jsdom
import { screen, waitFor, within } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openPage } from "../../mocks/page";
import { World } from "../../mocks/world";

let page: ReturnType<typeof openPage> | null = null;
let world: World;

beforeEach(() => {
  world = new World();
});
afterEach(() => {
  page?.close();
  page = null;
});

const section = async (name: string) => {
  const found = (await screen.findByRole("heading", { name })).closest("section");
  if (!found) throw new Error(`no section ${name}`);
  return within(found);
};

describe("the tasks", () => {
  it("teach while there is none how to ask for one", async () => {
    page = openPage("/tasks", { world });
    expect(await screen.findByText("No tasks yet")).toBeTruthy();
    expect(screen.getByText(/curl .*\/tasks -d/)).toBeTruthy();
  });

  it("show who works on what, what is left of the claim, and what came of it", async () => {
    world.board.create("Sweep", { assigned_to: "bob" });
    world.board.create("Dig", { status: "claimed", claimed_by: "ann", claimed_at: Date.now() / 1000 - 120, lease_expires_at: Date.now() / 1000 + 90 });
    world.board.create("Rest", { status: "done", claimed_by: "carl", result: '{"ok":true}' });
    page = openPage("/tasks", { world });
    expect((await section("Open")).getByText("Sweep")).toBeTruthy();
    expect((await section("Open")).getByText("for bob")).toBeTruthy();
    const work = await section("In work");
    expect(work.getByText("ann")).toBeTruthy();
    expect(work.getByText(/1 m \d\d s left/)).toBeTruthy();
    expect((await section("Done")).getByText('{"ok":true}')).toBeTruthy();
    expect(screen.getByText("1 open · 1 in work")).toBeTruthy();
  });

  it("follow what happens", async () => {
    const task = world.board.create("Sweep");
    page = openPage("/tasks", { world });
    await section("Open");
    Object.assign(task, { status: "claimed", claimed_by: "ann", claimed_at: Date.now() / 1000 });
    world.append({ type: "task.claimed", actor: ["agent", "ann"], data: { task_id: task.id, title: "Sweep", attempt: 1 } });
    await waitFor(async () => expect((await section("In work")).getByText("Sweep")).toBeTruthy());
  });
});
