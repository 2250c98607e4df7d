// @vitest-environment jsdom
import { act, screen, waitFor, within } from "@testing-library/react";
import { http, HttpResponse } from "msw";
import { afterEach, describe, expect, it } from "vitest";
import { degraded, healthy, portTaken } from "../mocks/runtime";
import { openPage } from "../mocks/page";
import { play } from "../mocks/script";
import { World } from "../mocks/world";
import { setPreferences } from "../preferences/preferences";

let page: ReturnType<typeof openPage> | null = null;
function open(...args: Parameters<typeof openPage>) {
  page = openPage(...args);
  return page;
}

afterEach(() => {
  page?.close();
  page = null;
  setPreferences({ startSeen: false, drafts: {}, keys: {}, singleKeys: true, order: "newest-last" });
});

function worldWithRoom() {
  const world = new World();
  const room = world.createRoom("release", "what goes out");
  const thread = world.createThread(room.room_id, "General");
  return { world, room, thread };
}

const rows = (type: string) => document.querySelectorAll(`[data-event-type="${type}"]`);

describe("a room", () => {
  it("shows history, then what is posted elsewhere, as cards", async () => {
    const { world, room, thread } = worldWithRoom();
    world.post(thread.thread_id, "hello **there**");
    open(`/rooms/${room.room_id}`, { world });
    expect(await screen.findByText("there")).toBeTruthy();
    await waitFor(() => expect(screen.getByTestId("runtime-badge").dataset["live"]).toBe("live"));
    world.post(thread.thread_id, "and *live*", ["agent", "claude"]);
    expect((await screen.findByText("live")).tagName).toBe("EM");
    expect(rows("message.created")).toHaveLength(2);
  });

  it("posts what is typed and clears the box", async () => {
    const { world, room } = worldWithRoom();
    const { user } = open(`/rooms/${room.room_id}`, { world });
    const box = await screen.findByLabelText<HTMLTextAreaElement>("Message to release");
    await user.type(box, "first words{Enter}");
    expect(await screen.findByText("first words", { selector: "p" })).toBeTruthy();
    expect(box.value).toBe("");
  });

  it("keeps what was typed when posting fails, and says why", async () => {
    const { world, room } = worldWithRoom();
    const { user, server } = open(`/rooms/${room.room_id}`, { world });
    server.use(
      http.post("*/v1/threads/:id/messages", () =>
        HttpResponse.json({ error: "disk_full", message: "The disk is full.", hint: "Free some space." }, { status: 507 }),
      ),
    );
    const box = await screen.findByLabelText<HTMLTextAreaElement>("Message to release");
    await user.type(box, "precious{Enter}");
    const alert = await screen.findByRole("alert");
    expect(alert.textContent).toContain("The disk is full.");
    expect(alert.textContent).toContain("Free some space.");
    expect(box.value).toBe("precious");
  });

  it("makes a thread of its own when a message is the first thing said", async () => {
    const world = new World();
    const room = world.createRoom("empty");
    const { user } = open(`/rooms/${room.room_id}`, { world });
    await user.type(await screen.findByLabelText("Message to empty"), "hi{Enter}");
    await screen.findByText("hi", { selector: "p" });
    expect(world.threads.map((thread) => thread.title)).toEqual(["General"]);
  });

  it("never loads an image from elsewhere, nor runs HTML from a message", async () => {
    const { world, room, thread } = worldWithRoom();
    world.post(thread.thread_id, '![spy](https://tracker.example/p.png) <img src="https://tracker.example/q.png"> [x](javascript:alert(1))');
    open(`/rooms/${room.room_id}`, { world });
    await screen.findByText("spy");
    expect(document.querySelector("img")).toBeNull();
    expect(document.querySelector('a[href^="javascript"]')).toBeNull();
  });

  it("starts a command as words, without a shell", async () => {
    const { world, room } = worldWithRoom();
    const { user } = open(`/rooms/${room.room_id}`, { world });
    await user.click(await screen.findByRole("radio", { name: "Command" }));
    const line = screen.getByRole("textbox", { name: "Command" });
    await user.type(line, "ls | wc");
    expect(screen.getByText(/belongs to a shell/)).toBeTruthy();
    expect(screen.getByRole<HTMLButtonElement>("button", { name: "Run" }).disabled).toBe(true);
    await user.clear(line);
    await user.type(line, "git commit -m 'two words'");
    await user.click(screen.getByRole("button", { name: "Run" }));
    await waitFor(() => expect(world.runs).toHaveLength(1));
    expect(world.runs[0]?.input).toEqual({ command: { argv: ["git", "commit", "-m", "two words"] } });
  });

  it("gathers a run into one block that opens into its output", async () => {
    const { world, room } = worldWithRoom();
    const run = world.createRun(room.room_id, "make", ["make"]);
    await play(world, run, { stepMs: 10, exit: 1, lines: [["stdout", "\u001b[31mboom\u001b[0m\n"]] }, Date.now());
    const { user } = open(`/rooms/${room.room_id}`, { world });
    const block = await waitFor(() => {
      const found = rows("run")[0];
      if (!(found instanceof HTMLElement)) throw new Error("no block yet");
      return found;
    });
    expect(block.textContent).toContain("failed");
    expect(rows("tool.output")).toHaveLength(0);
    await user.click(within(block).getByRole("button", { name: /Expand/ }));
    expect((await screen.findByText("boom")).className).toContain("fg1");
  });

  it("keeps what was said in view, however much a run prints", async () => {
    const { world, room, thread } = worldWithRoom();
    world.post(thread.thread_id, "before the flood");
    const run = world.createRun(room.room_id, "yes", ["yes"]);
    world.append({ type: "run.started", room: room.room_id, run: run.run_id });
    for (let line = 0; line < 500; line += 1) {
      world.append({ type: "tool.output", room: room.room_id, run: run.run_id, data: { stream: "stdout", text: `y ${line}\n` } });
    }
    open(`/rooms/${room.room_id}`, { world });
    expect(await screen.findByText("before the flood")).toBeTruthy();
    expect(await screen.findByText("y 499")).toBeTruthy();
    await waitFor(() => expect(screen.getByTestId("runtime-badge").dataset["live"]).toBe("live"));
    world.append({ type: "tool.output", room: room.room_id, run: run.run_id, data: { stream: "stdout", text: "y for good\n" } });
    expect(await screen.findByText("y for good")).toBeTruthy();
    expect(rows("run")).toHaveLength(1);
  });

  it("shows several rooms together, in the address", async () => {
    const world = new World();
    for (const title of ["one", "two", "three"]) {
      const { room_id } = world.createRoom(title);
      world.post(world.createThread(room_id, "General").thread_id, `said in ${title}`);
    }
    const { user, router } = open("/timeline", { world });
    await screen.findByText("said in three");
    await user.click(screen.getByRole("button", { name: "All rooms" }));
    await user.click(await screen.findByRole("menuitemcheckbox", { name: "one" }));
    await user.click(await screen.findByRole("menuitemcheckbox", { name: "three" }));
    await user.keyboard("{Escape}");
    await waitFor(() => expect(screen.queryByText("said in two")).toBeNull());
    await screen.findByText("said in one");
    await screen.findByText("said in three");
    expect((router.state.location.search as { rooms?: string }).rooms?.split(",")).toHaveLength(2);
    await user.click(screen.getByRole("button", { name: "three", pressed: true }));
    await waitFor(() => expect(screen.queryByText("said in three")).toBeNull());
  });

  it("filters by kind, in the address", async () => {
    const { world, room, thread } = worldWithRoom();
    world.post(thread.thread_id, "said");
    const { user, router } = open(`/rooms/${room.room_id}`, { world });
    await screen.findByText("said");
    await user.click(screen.getByRole("button", { name: "Messages" }));
    await waitFor(() => expect(rows("room.created")).toHaveLength(0));
    expect(rows("message.created")).toHaveLength(1);
    expect(router.state.location.searchStr).toContain("kinds=messages");
  });
});

describe("without the owner", () => {
  it("reads and writes, and says how to become the owner where that is needed", async () => {
    const { world, room } = worldWithRoom();
    world.owner = false;
    const { user } = open(`/rooms/${room.room_id}`, { world });
    await user.click(await screen.findByRole("radio", { name: "Command" }));
    expect((await screen.findByText("signalbox open")).tagName).toBe("CODE");
    expect(screen.queryByRole("button", { name: "Run" })).toBeNull();
  });

  it("becomes the owner through a one-time link", async () => {
    const world = new World();
    world.owner = false;
    const { router, host } = open("/link/good", { world });
    await waitFor(() => expect(router.state.location.pathname).toBe("/timeline"));
    expect(world.owner).toBe(true);
    expect(host.proofs).toEqual(["proof_of_page"]);
  });

  it("says so when the link was used before", async () => {
    const world = new World();
    world.owner = false;
    open("/link/old", { world });
    expect(await screen.findByText("This link no longer works")).toBeTruthy();
  });
});

describe("the runtime badge", () => {
  it("says phase and mode and leads to diagnostics", async () => {
    const { user, host, router } = open("/runs", {});
    const badge = await screen.findByTestId("runtime-badge");
    expect(badge.dataset).toMatchObject({ phase: "healthy", mode: "embedded" });
    host.tell({ kind: "known", status: healthy({ phase: "degraded", degraded_component: "worker", restart_attempts_total: 2 }) });
    await waitFor(() => expect(badge.dataset["phase"]).toBe("degraded"));
    expect(badge.textContent).toContain("2 restarts");
    host.tell({ kind: "unreachable", since: Date.now(), last: healthy() });
    await waitFor(() => expect(badge.dataset["phase"]).toBe("unreachable"));
    await user.click(badge);
    expect(router.state.location.pathname).toBe("/diagnostics");
  });
});

describe("the runtime's state", () => {
  it("is watched once, however often it changes and whoever shows it", async () => {
    const { host } = open("/diagnostics", {});
    const badge = await screen.findByTestId("runtime-badge");
    for (const phase of ["degraded", "healthy", "stopped", "healthy"] as const) {
      host.tell({ kind: "known", status: healthy({ phase }) });
      await waitFor(() => expect(badge.dataset["phase"]).toBe(phase));
    }
    expect(host.watched).toBe(1);
  });
});

describe("diagnostics", () => {
  it("puts the problem first, with its cause and the button that helps", async () => {
    const { user, host } = open("/diagnostics", { status: portTaken() });
    const alert = await screen.findByRole("alert");
    expect(alert.textContent).toContain("in use by python3 (pid 812)");
    await user.click(await within(alert).findByRole("button", { name: "Try again" }));
    await waitFor(() => expect(host.acted).toEqual([{ kind: "retry" }]));
  });

  it("works while no report can be had: the status alone says what is wrong", async () => {
    const { host } = open("/diagnostics", {});
    host.diagnostics = () => Promise.reject(new Error("no api"));
    host.tell({ kind: "known", status: portTaken() });
    await waitFor(() => expect(screen.getByTestId("diagnostics").textContent).toContain("Port 4242 is in use"));
  });

  it("warns while a part waits for its restart, and offers not to wait", async () => {
    const { user, host } = open("/diagnostics", { status: degraded() });
    const alert = await screen.findByRole("alert");
    expect(alert.textContent).toContain("The worker ended by signal 9.");
    expect(screen.queryByText("Everything works.")).toBeNull();
    await user.click(await within(alert).findByRole("button", { name: "Try again" }));
    await waitFor(() => expect(host.acted).toEqual([{ kind: "retry" }]));
  });

  it("restarts a part from its menu", async () => {
    const { user, host } = open("/diagnostics", {});
    await user.click(await screen.findByRole("button", { name: "Actions for Worker" }));
    await user.click(await screen.findByRole("menuitem", { name: "Restart" }));
    await waitFor(() => expect(host.acted).toEqual([{ kind: "restart", component: "worker" }]));
  });

  it("switches the mode, and shows a new worker's token once", async () => {
    const { user, host } = open("/diagnostics", {});
    await user.click(await screen.findByRole("radio", { name: "External" }));
    await waitFor(() => expect(host.acted).toEqual([{ kind: "set_mode", mode: "external" }]));
    host.tell({ kind: "known", status: healthy({ mode: "external" }) });
    await user.click(await screen.findByRole("button", { name: "Create a token" }));
    expect((await screen.findByText(/engtok_0123456789abcdef/)).textContent).toContain("signalbox worker --url");
    await user.click(screen.getByRole("button", { name: "Create another" }));
    expect(screen.queryByText(/engtok_0123456789abcdef/)).toBeNull();
  });

  it("shows what would be copied before it is copied", async () => {
    const { user, host } = open("/diagnostics", {});
    await screen.findByText("Data directory");
    await user.click(screen.getByRole("button", { name: "Copy diagnostics" }));
    await user.click(await screen.findByRole("button", { name: "Copy text" }));
    await waitFor(() => expect(host.copied[0]).toContain("data directory: /home/ada/.local/share/signalbox"));
  });
});

describe("the inspector", () => {
  it("opens from the address, verifies the chain, and closes with Escape", async () => {
    const { world, room, thread } = worldWithRoom();
    world.post(thread.thread_id, "inspect me");
    const event = world.events.at(-1);
    const { user, router } = open(`/rooms/${room.room_id}?event=${event?.event_id}`, { world });
    const pane = await screen.findByTestId("inspector");
    await user.click(await within(pane).findByRole("button", { name: "Verify chain" }));
    expect((await within(pane).findByText(/Unbroken/)).textContent).toContain("all 3 events");
    await user.keyboard("{Escape}");
    await waitFor(() => expect(screen.queryByTestId("inspector")).toBeNull());
    expect(router.state.location.searchStr).toBe("");
  });
});

describe("by keyboard alone", () => {
  it("goes between views, finds a room in the palette, and shows the keys", async () => {
    const { world, room } = worldWithRoom();
    const { user, router } = open("/runs", { world });
    await screen.findByTestId("runtime-badge");
    await user.keyboard("gt");
    await waitFor(() => expect(router.state.location.pathname).toBe("/timeline"));
    await user.keyboard("{Control>}k{/Control}");
    await screen.findByRole("option", { name: /release/ });
    await user.keyboard("relea{Enter}");
    await waitFor(() => expect(router.state.location.pathname).toBe(`/rooms/${room.room_id}`));
    await user.keyboard("?");
    expect(await screen.findByRole("heading", { name: "Keys of this view" })).toBeTruthy();
  });
});

describe("the palette", () => {
  it("opens what waits and what went wrong by their names, and decides nothing", async () => {
    const { world } = worldWithRoom();
    world.gate.request({ title: "Set the price of item 7" });
    world.attention.open({ title: "The invoice went out twice" });
    const { user, router } = open("/runs", { world });
    await screen.findByTestId("runtime-badge");
    await user.keyboard("{Control>}k{/Control}");
    await screen.findByRole("option", { name: /The invoice went out twice/ });
    await screen.findByRole("option", { name: /Set the price of item 7/ });
    await user.keyboard("price{Enter}");
    await waitFor(() => expect(router.state.location.pathname).toMatch(/^\/approvals\/appr_/));
    expect(world.gate.decided).toEqual([]);
  });
});

describe("Escape", () => {
  it("closes the inspector also while a hint is open, at the first press", async () => {
    const { world, room, thread } = worldWithRoom();
    world.post(thread.thread_id, "inspect me");
    const { user } = open(`/rooms/${room.room_id}?event=${world.events.at(-1)?.event_id}`, { world });
    const pane = await screen.findByTestId("inspector");
    act(() => within(pane).getByRole("button", { name: "Close the inspector" }).focus());
    await screen.findByRole("tooltip");
    await user.keyboard("{Escape}");
    await waitFor(() => expect(screen.queryByTestId("inspector")).toBeNull());
    expect(screen.queryByRole("tooltip")).toBeNull();
  });

  it("leaves the form it is pressed in, and nothing around it", async () => {
    const { world, thread } = worldWithRoom();
    world.post(thread.thread_id, "inspect me");
    const { user } = open(`/rooms?create=true&event=${world.events.at(-1)?.event_id}`, { world });
    await screen.findByTestId("inspector");
    await user.click(await screen.findByLabelText("What it is for"));
    await user.keyboard("{Escape}");
    await waitFor(() => expect(screen.queryByLabelText("What it is for")).toBeNull());
    expect(screen.getByTestId("inspector")).toBeTruthy();
  });
});

describe("the first run", () => {
  it("runs something real, explains it, and then says how to connect", async () => {
    const world = new World();
    const { user } = open("/", { world });
    await user.click(await screen.findByRole("button", { name: "uname -a" }));
    const run = await screen.findByTestId("first-run");
    await waitFor(() => expect(run.dataset["runStatus"]).toBe("succeeded"));
    expect(run.textContent).toContain("GNU/Linux");
    expect(screen.getByText(/signalbox run --room 'First steps'/)).toBeTruthy();
  });
});

describe("a date", () => {
  const DAY_MS = 86_400_000;

  it("is jumped to by keyboard: the first event of that day is in view", async () => {
    const { world, room, thread } = worldWithRoom();
    for (let day = 20; day >= 0; day -= 1) world.post(thread.thread_id, `said ${day} days ago`, undefined, Date.now() - day * DAY_MS);
    const { user } = open(`/rooms/${room.room_id}`, { world });
    await screen.findByText("said 0 days ago");
    await user.keyboard("gc");
    const wanted = new Date(Date.now() - 12 * DAY_MS);
    const pad = (value: number) => String(value).padStart(2, "0");
    await user.type(
      await screen.findByLabelText("Date"),
      `${wanted.getFullYear()}-${pad(wanted.getMonth() + 1)}-${pad(wanted.getDate())}{Enter}`,
    );
    await waitFor(() => expect(screen.queryByLabelText("Date")).toBeNull());
    expect(await screen.findByText("said 12 days ago")).toBeTruthy();
  });

  it("is offered by the palette, also where there is no timeline", async () => {
    const { user, router } = open("/runs", {});
    await screen.findByTestId("runtime-badge");
    await user.keyboard("{Control>}k{/Control}");
    await user.keyboard("jump to date{Enter}");
    expect(await screen.findByLabelText("Date")).toBeTruthy();
    expect(router.state.location.pathname).toBe("/timeline");
  });
});

describe("the keys in the settings", () => {
  it("are those of every view, can be changed, and say where they clash", async () => {
    const { user } = open("/settings", {});
    await user.click(await screen.findByRole("button", { name: "j: change the key for Next row" }));
    await user.keyboard("i");
    expect(await screen.findByRole("button", { name: "i: change the key for Next row" })).toBeTruthy();
    expect(screen.getByText("The same as for Inspect: only one of them hears it.")).toBeTruthy();
  });
});

describe("search", () => {
  it("follows the address: a link, the palette, back and forward", async () => {
    const { user, router } = open("/search?q=first", {});
    const box = await screen.findByRole<HTMLInputElement>("searchbox");
    expect(box.value).toBe("first");
    await act(() => router.navigate({ to: "/search", search: { q: "second" } }));
    await waitFor(() => expect(box.value).toBe("second"));
    await user.type(box, " word");
    await waitFor(() => expect(router.state.location.search).toMatchObject({ q: "second word" }));
    expect(box.value).toBe("second word");
  });

  it("finds messages and leads to their place", async () => {
    const { world, room, thread } = worldWithRoom();
    world.post(thread.thread_id, "the fencing token");
    const { user, router } = open("/search", { world });
    await user.type(await screen.findByRole("searchbox"), "fencing");
    await user.click(await screen.findByRole("link", { name: /fencing/ }));
    await waitFor(() => expect(router.state.location.pathname).toBe(`/rooms/${room.room_id}`));
    expect(router.state.location.searchStr).toContain("event=");
  });
});

describe("a failed question", () => {
  it("is asked again by itself once the runtime answers", async () => {
    const { world, room, thread } = worldWithRoom();
    world.post(thread.thread_id, "still here");
    const { server } = open(`/rooms/${room.room_id}`, { world });
    let down = true;
    server.use(http.all("*/v1/*", () => (down ? HttpResponse.error() : undefined)));
    await waitFor(() => expect(screen.getByTestId("runtime-badge").dataset["live"]).toBe("waiting"));
    down = false;
    expect(await screen.findByText("still here")).toBeTruthy();
  });

  it("says what failed and tries again when asked to", async () => {
    const { user, server } = open("/runs", {});
    let failing = true;
    server.use(
      http.get("*/v1/runs", () =>
        failing ? HttpResponse.json({ error: "bad", message: "That cannot be read." }, { status: 400 }) : undefined,
      ),
    );
    await user.click(await screen.findByRole("button", { name: "failed" }));
    const alert = await screen.findByRole("alert");
    expect(alert.textContent).toContain("That cannot be read.");
    failing = false;
    await user.click(within(alert).getByRole("button", { name: "Try again" }));
    expect(await screen.findByText("No run is in this state")).toBeTruthy();
  });
});
