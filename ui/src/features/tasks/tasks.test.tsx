// @vitest-environment jsdom
import { screen, waitFor, within } from "@testing-library/react";
import { http } from "msw";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openPage } from "../../mocks/page";
import { World } from "../../mocks/world";

let page: ReturnType<typeof openPage> | null = null;
let world: World;

function open(path = "/tasks") {
  page = openPage(path, { world });
  return page;
}

beforeEach(() => {
  world = new World();
});
afterEach(() => {
  page?.close();
  page = null;
});

const column = async (name: string) => within(await screen.findByRole("region", { name: new RegExp(`^${name}`) }));
const cardOf = (title: string) => {
  const card = screen.getByRole("button", { name: title }).closest("article");
  if (!card) throw new Error(`no card ${title}`);
  return within(card);
};
const focused = () => document.activeElement?.textContent;

describe("the board of tasks", () => {
  it("teaches while it is empty how to ask for one", async () => {
    open();
    expect(await screen.findByText("No tasks yet")).toBeTruthy();
    expect(screen.getByText(/signalbox task new/)).toBeTruthy();
    expect(screen.getByText(/curl .*\/tasks -d/)).toBeTruthy();
  });

  it("shows who works on what, what is left of the claim, and what was done", async () => {
    const now = Date.now() / 1000;
    world.board.create("Sweep", { assigned_to: "bob", attempt: 2 });
    world.board.create("Dig", { status: "claimed", claimed_by: "ann", claimed_at: now - 120, lease_expires_at: now + 90, attempt: 1 });
    world.board.create("Fell silent", { status: "claimed", claimed_by: "eve", claimed_at: now - 9, lease_expires_at: now - 1, attempt: 1 });
    world.board.create("Rest", { status: "done", claimed_by: "carl", files: ["sha256:ab"] });
    open();
    await column("Open");
    expect(cardOf("Sweep").getByText("for bob")).toBeTruthy();
    expect(cardOf("Sweep").getByText("2 claims before")).toBeTruthy();
    expect(cardOf("Dig").getByText("ann")).toBeTruthy();
    expect(cardOf("Dig").getByText(/lease ends in 1 m \d\d s/)).toBeTruthy();
    expect(cardOf("Fell silent").getByText(/lease ran out/)).toBeTruthy();
    expect((await column("Done")).getByText("carl")).toBeTruthy();
    expect(cardOf("Rest").getByText("1 file")).toBeTruthy();
    expect(screen.getByText("1 open · 2 claimed")).toBeTruthy();
  });

  it("follows what happens", async () => {
    const task = world.board.create("Sweep");
    open();
    await column("Open");
    await waitFor(() => expect(screen.getByTestId("runtime-badge").dataset["live"]).toBe("live"));
    world.board.claim(task, "ann");
    await waitFor(async () => expect((await column("Claimed")).getByText("Sweep")).toBeTruthy());
  });

  it("is walked by keyboard and arrows, and acts on the card that has the focus", async () => {
    world.board.create("Dig", { status: "claimed", claimed_by: "agent.bob" });
    world.board.create("Second");
    world.board.create("First");
    const { user, router } = open();
    await column("Open");
    await user.keyboard("c");
    expect(focused(), "the first press only goes there").toBe("First");
    await user.keyboard("j");
    expect(focused()).toBe("Second");
    await user.keyboard("l");
    expect(focused()).toBe("Dig");
    await user.keyboard("{ArrowLeft}");
    expect(focused()).toBe("First");
    await user.keyboard("c");
    await waitFor(async () => expect((await column("Claimed")).getByText("First")).toBeTruthy());
    expect(world.board.tasks[0]?.claimed_by).toBe("human.you");
    expect(focused(), "the card takes the reader's place with it").toBe("First");
    await user.keyboard("a");
    await waitFor(async () => expect((await column("Open")).getByText("First")).toBeTruthy());
    await user.keyboard("{Enter}");
    await screen.findByTestId("task-inspector");
    expect(router.state.location.search).toMatchObject({ task: world.board.tasks[0]?.id });
  });

  it("says who holds a task, and the way out, when a claim comes too late", async () => {
    const task = world.board.create("Sweep");
    const { user, server } = open();
    await column("Open");
    server.use(
      http.post("*/tasks/:id/claim", () => {
        if (task.status === "open") Object.assign(task, { status: "claimed", claimed_by: "agent.bob" });
      }),
    );
    await user.click(screen.getByRole("button", { name: "Claim: Sweep" }));
    const alert = await screen.findByRole("alert");
    expect(alert.textContent).toContain("agent.bob holds this task.");
    expect(alert.textContent).toContain("You can ask them to stop.");
    await waitFor(async () => expect((await column("Claimed")).getByText("Sweep")).toBeTruthy());
  });

  it("says why a key does not apply", async () => {
    world.board.create("Dig", { status: "claimed", claimed_by: "agent.bob" });
    const { user } = open();
    await column("Claimed");
    await user.keyboard("jd");
    expect((await screen.findByRole("alert")).textContent).toContain("Only agent.bob can end it.");
  });

  it("is filtered by text, channel and holder, and the address says so", async () => {
    world.board.create("Sweep", { ch: "jobs" });
    world.board.create("Dig", { status: "claimed", claimed_by: "agent.bob" });
    const { user, router } = open("/tasks?channel=jobs");
    expect((await column("Open")).getByText("Sweep")).toBeTruthy();
    expect((await column("Claimed")).getByText("None matches the filter.")).toBeTruthy();
    await user.click(screen.getByRole("button", { name: "Clear the filter" }));
    expect((await column("Claimed")).getByText("Dig")).toBeTruthy();
    await user.type(screen.getByRole("searchbox", { name: "Filter by text" }), "bob");
    await waitFor(() => expect(screen.queryByText("Sweep")).toBeNull());
    await waitFor(() => expect(router.state.location.search).toMatchObject({ q: "bob" }));
  });

  it("shows the newest that are done, and more on request", async () => {
    for (let at = 0; at < 60; at += 1) world.board.create(`task ${at}`, { status: "done", claimed_by: "ann", updated_at: at });
    const { user } = open();
    const done = await column("Done");
    expect(done.getByText("The newest 50 of 60.")).toBeTruthy();
    expect(done.getByText("task 59")).toBeTruthy();
    await user.click(done.getByRole("button", { name: "Show more" }));
    expect(done.queryByText(/The newest/)).toBeNull();
  });

  it("draws only the cards that show", async () => {
    for (let at = 0; at < 2000; at += 1) world.board.create(`task ${at}`);
    open();
    const cards = (await column("Open")).getAllByRole("article");
    expect(cards.length).toBeLessThan(60);
    expect(cards[0]?.closest("li")?.getAttribute("aria-setsize")).toBe("2000");
  });

  it("takes a new task, and no JSON that is none", async () => {
    const { user } = open();
    await screen.findByText("No tasks yet");
    await user.keyboard("n");
    const form = within(await screen.findByRole("form", { name: "New task" }));
    await user.type(form.getByLabelText("What is to be done"), "Wash");
    await user.type(form.getByLabelText("Meant for"), "agent.bob");
    const context = form.getByLabelText("What whoever does it needs to know");
    await user.type(context, "{{oops");
    expect(form.getByText(/begins as JSON and is none/)).toBeTruthy();
    expect(form.getByRole("button", { name: "Ask for it" })).toHaveProperty("disabled", true);
    await user.clear(context);
    await user.type(context, "the blue ones");
    await user.click(form.getByRole("button", { name: "Ask for it" }));
    expect((await column("Open")).getByText("Wash")).toBeTruthy();
    expect(world.board.tasks[0]).toMatchObject({
      created_by: "human.you",
      assigned_to: "agent.bob",
      context: { text: "the blue ones" },
      ch: "tasks",
    });
  });
});

describe("the details of a task", () => {
  it("show what is asked, what came of it and what happened, each once", async () => {
    const task = world.board.create("Sweep", { context: { where: "hall" } });
    world.board.claim(task, "agent.bob");
    open(`/tasks?task=${task.id}`);
    const details = within(await screen.findByTestId("task-inspector"));
    expect(details.getByText("hall")).toBeTruthy();
    expect(await details.findAllByRole("listitem")).toHaveLength(2);
    expect(details.getByText("none: held until it is done or given back")).toBeTruthy();
    expect(details.getByRole("button", { name: "Ask to stop" })).toBeTruthy();
    expect(details.queryByRole("button", { name: "Finish" })).toBeNull();
  });

  it("take a result, as JSON or as a text, and keep it when it is refused", async () => {
    const task = world.board.create("Sweep");
    world.board.claim(task, "human.you");
    const { user, server } = open();
    await column("Claimed");
    await user.keyboard("jd");
    const form = within(await screen.findByRole("form", { name: "Finish: Sweep" }));
    const result = form.getByLabelText("Result");
    expect(document.activeElement).toBe(result);
    await user.type(result, '{{"ok":tru');
    expect(form.getByRole("button", { name: "Finish the task" })).toHaveProperty("disabled", true);
    await user.type(result, "e}");
    server.use(
      http.post(
        "*/tasks/:id/done",
        () => Response.json({ error: "the disk is full. Free some space." }, { status: 507 }),
        { once: true },
      ),
    );
    await user.click(form.getByRole("button", { name: "Finish the task" }));
    expect((await form.findByRole("alert")).textContent).toContain("the disk is full. Free some space.");
    expect(result).toHaveProperty("value", '{"ok":true}');
    await user.keyboard("{Control>}{Enter}{/Control}");
    await waitFor(() => expect(screen.getByTestId("task-inspector").dataset["taskStatus"]).toBe("done"));
    expect(task.result).toBe('{"ok":true}');
    expect(screen.queryByRole("form")).toBeNull();
  });

  it("ask a holder to stop", async () => {
    const task = world.board.create("Sweep");
    world.board.claim(task, "agent.bob");
    const { user } = open(`/tasks?task=${task.id}&act=interrupt`);
    await user.type(await screen.findByLabelText("Why they should stop"), "the hall is locked");
    const form = within(screen.getByRole("form", { name: "Ask to stop: Sweep" }));
    await user.click(form.getByRole("button", { name: "Ask to stop" }));
    await waitFor(() => expect(world.events.at(-1)).toMatchObject({ event_type: "task.interrupted", actor_id: "human.you" }));
    expect(world.events.at(-1)?.data).toMatchObject({ reason: "the hall is locked" });
  });
});
