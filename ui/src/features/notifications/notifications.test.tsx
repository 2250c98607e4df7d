// @vitest-environment jsdom
import { act, screen, waitFor, within } from "@testing-library/react";
import { http, HttpResponse } from "msw";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openPage } from "../../mocks/page";
import { play } from "../../mocks/script";
import { World } from "../../mocks/world";

let page: ReturnType<typeof openPage> | null = null;
let world: World;
let room: string;
function open(path = "/notifications") {
  page = openPage(path, { world });
  return page;
}

beforeEach(() => {
  world = new World();
  room = world.createRoom("release").room_id;
});
afterEach(() => {
  page?.close();
  page = null;
});

async function failedRun(title = "Build the page", at = Date.now()) {
  const run = world.createRun(room, title, ["make"], at, ["agent", "claude"]);
  await play(world, run, { stepMs: 10, exit: 2, lines: [] }, at);
  return run;
}
const denied = () => world.append({ type: "policy.denied", room, actor: ["agent", "claude"], data: { action: "http.post", target: "tracker.example", reason: "No capability reaches it." } });
const rows = () => [...document.querySelectorAll<HTMLElement>("[data-notification]")];
const kinds = () => rows().map((row) => row.dataset["notification"]);
const row = async (name: RegExp) => {
  const link = await screen.findByRole("link", { name });
  return { link, item: link.closest<HTMLElement>("[data-notification]")! };
};
const live = () => waitFor(() => expect(screen.getByTestId("runtime-badge").dataset["live"]).toBe("live"));

describe("notifications", () => {
  it("teach while there are none", async () => {
    open();
    expect(await screen.findByText("Nothing has needed you yet")).toBeTruthy();
    expect(screen.getByRole("link", { name: "Start a first run" })).toBeTruthy();
  });

  it("say why, what, who, where and what to do", async () => {
    await failedRun();
    open();
    const { link } = await row(/Run failed.*Build the page/);
    for (const said of ["Run failed", "claude", "release", "the command exited with 2", "Find the cause", "new"]) {
      expect(link.textContent).toContain(said);
    }
  });

  it("are one for a failure and the incident it opened, which is one step away", async () => {
    const run = await failedRun();
    const { user, router } = open();
    await row(/Run failed.*Build the page/);
    expect(kinds()).toEqual(["run"]);
    await user.click(screen.getByRole("link", { name: "Open the incident of Build the page" }));
    expect(router.state.location.pathname).toBe(`/incidents/${run.run_id.replace("run_", "inc_")}`);
  });

  it("open a failed run with the step that failed in the inspector", async () => {
    const run = await failedRun();
    const { user, router } = open();
    await row(/Run failed.*Build the page/);
    await user.keyboard("j{Enter}");
    await waitFor(() => expect(router.state.location.pathname).toBe(`/runs/${run.run_id}`));
    const inspector = await screen.findByTestId("event-inspector");
    expect(inspector.dataset["eventType"]).toBe("tool.invoked");
  });

  it("open the request that waits, and stop saying that it does once it is decided", async () => {
    const approval = world.gate.request({ title: "Publish" });
    const { user, router } = open();
    await live();
    const { link, item } = await row(/Waits for you.*Publish/);
    expect(link.textContent).toContain("without an answer it counts as denied");
    act(() => void world.gate.decide(approval.approval_id, { decision: "deny" }));
    await waitFor(() => expect(item.textContent).toContain("Denied"));
    expect(item.textContent).not.toContain("Waits for you");
    await user.click(link);
    expect(router.state.location.pathname).toBe(`/approvals/${approval.approval_id}`);
  });

  it("open the event in which a secret was, beside themselves", async () => {
    const source = world.append({ type: "tool.output", room, data: { text: "token" } });
    world.append({ type: "secret.leaked.detected", room, actor: ["service", "redactor"], data: { source_event_id: source.event_id, rule_ids: ["github_token"] } });
    const { user, router } = open();
    await user.click((await row(/Secret found/)).link);
    await waitFor(() => expect(router.state.location.search).toMatchObject({ event: source.event_id }));
    expect(router.state.location.pathname).toBe("/notifications");
  });

  it("join what repeats itself, and show each of it on request", async () => {
    denied();
    denied();
    denied();
    const { user } = open();
    const each = await screen.findByRole("button", { name: "Show each of the 3" });
    expect(rows()).toHaveLength(1);
    await user.click(each);
    expect(rows()).toHaveLength(3);
  });

  it("are filtered by reason, in the address", async () => {
    await failedRun();
    denied();
    const { user, router } = open();
    await row(/Run failed.*Build the page/);
    await user.click(screen.getByRole("button", { name: "Secrets and denials" }));
    await waitFor(() => expect(kinds()).toEqual(["denial"]));
    expect(router.state.location.search).toEqual({ reason: "alarm" });
    await user.click(screen.getByRole("button", { name: "Done" }));
    await user.click(await screen.findByRole("button", { name: "Show all" }));
    await waitFor(() => expect(kinds()).toHaveLength(2));
  });
});

describe("what is new", () => {
  beforeEach(async () => {
    denied();
    world.attention.cursor = world.events.length;
    await failedRun();
    world.gate.request({ title: "Publish" });
  });

  it("is above a line where the owner looked last, and told in one sentence", async () => {
    open();
    const line = await screen.findByTestId("last-looked");
    expect(line.textContent).toMatch(/^You looked last at \d\d:\d\d$/);
    expect(line.previousElementSibling?.textContent).toContain("Build the page");
    expect(line.nextElementSibling?.textContent).toContain("Denied");
    expect((await screen.findByTestId("summary")).textContent).toMatch(/^Since \d\d:\d\d: 1 run failed, 1 approval waits$/);
    expect(rows().map((each) => each.dataset["unread"])).toEqual(["true", "true", undefined]);
  });

  it("is read up to a row with one key, and wholly with one button, on the server", async () => {
    const { user } = open();
    await row(/Run failed.*Build the page/);
    await user.keyboard("jj");
    await user.keyboard("e");
    await waitFor(() => expect(rows().map((each) => each.dataset["unread"])).toEqual(["true", undefined, undefined]));
    const incident = world.events.find((event) => event.event_type === "incident.opened");
    await waitFor(() => expect(world.attention.cursor).toBe(incident?.position));
    await user.click(screen.getByRole("button", { name: "Mark all read" }));
    await waitFor(() => expect(world.attention.cursor).toBe(world.events.length));
    expect(await screen.findByText(/^Nothing new/)).toBeTruthy();
    expect(screen.queryByTestId("last-looked")).toBeNull();
  });

  it("stays new when marking it read failed, and says so", async () => {
    const { user, server } = open();
    await row(/Run failed.*Build the page/);
    server.use(http.put("*/v1/notifications/cursor", () => HttpResponse.json({ error: "disk_full", message: "The disk is full." }, { status: 507 })));
    await user.click(screen.getByRole("button", { name: "Mark all read" }));
    expect((await screen.findByRole("alert")).textContent).toContain("The disk is full.");
    expect(rows().filter((each) => each.dataset["unread"])).toHaveLength(2);
  });

  it("pushes nothing away from under a reader's eyes", async () => {
    const { user } = open();
    await live();
    await row(/Run failed.*Build the page/);
    await user.keyboard("j");
    act(() => void world.gate.request({ title: "Just now" }));
    const pill = await screen.findByRole("button", { name: "1 new notification" });
    expect(screen.queryByText("Just now")).toBeNull();
    await user.click(pill);
    expect(await screen.findByText("Just now")).toBeTruthy();
  });
});

describe("the rail", () => {
  const need = (name: string) => document.querySelector<HTMLElement>(`[data-need="${name}"]`);

  it("counts what needs the owner, and announces it once", async () => {
    await failedRun();
    world.gate.request({ title: "Publish" });
    open("/runs");
    await waitFor(() => expect(need("notifications")?.textContent).toContain("2 notifications are new"));
    expect(need("approvals")?.textContent).toContain("1 request waits for you");
    expect(need("failed")?.textContent).toContain("1 run failed since you looked");
    expect(need("incidents")?.textContent).toContain("1 incident is open");
    const status = within(screen.getByRole("navigation", { name: "Views" })).getByRole("status");
    expect(status.textContent).toBe("1 request waits for you, 1 run failed since you looked, 1 incident is open, 2 notifications are new");
  });

  it("leads from the failed runs to exactly these, and forgets them once they are read", async () => {
    await failedRun();
    const { user, router } = open("/runs");
    await waitFor(() => expect(need("failed")?.textContent).toContain("1 run failed"));
    await user.click(within(need("failed")!).getByRole("link"));
    expect(router.state.location.search).toEqual({ reason: "failed" });
    expect([...document.querySelectorAll('nav [aria-current="page"]')].map((each) => each.closest<HTMLElement>("[data-need]")?.dataset["need"])).toEqual(["failed"]);
    await user.click(await screen.findByRole("button", { name: "Mark all read" }));
    await waitFor(() => expect(need("failed")?.textContent).toBe("Failed runs"));
  });

  it("counts what is unread in a room until it is on screen, on the server", async () => {
    const thread = world.createThread(room, "General").thread_id;
    const { router } = open("/runs");
    const link = await screen.findByRole("link", { name: /release.*2 unread events/ });
    await live();
    act(() => void world.post(thread, "hello"));
    await waitFor(() => expect(link.textContent).toContain("3 unread events"));
    await act(() => router.navigate({ to: "/rooms/$roomId", params: { roomId: room } }));
    await waitFor(() => expect(world.attention.readTo(world.rooms[0]!, 0)).toMatchObject({ read_seq: 3, unread: 0 }));
    await act(() => router.navigate({ to: "/runs" }));
    expect(link.textContent).toBe("release");
  });
});

describe("without the owner", () => {
  it("notifications are shown, and nothing is said to be new", async () => {
    world.owner = false;
    denied();
    open();
    await row(/Denied/);
    expect(screen.getByText("signalbox open")).toBeTruthy();
    expect(rows()[0]?.dataset["unread"]).toBeUndefined();
    expect(screen.queryByRole("button", { name: "Mark all read" })).toBeNull();
  });
});
