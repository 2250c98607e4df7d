// @vitest-environment jsdom
import { act, screen, waitFor } from "@testing-library/react";
import { http, HttpResponse } from "msw";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { openPage } from "../../mocks/page";
import { play } from "../../mocks/script";
import { World } from "../../mocks/world";
import { setPreferences } from "../../preferences/preferences";
import { SETTLE_MS, SNOOZE_MS } from "./bell";
import { killSwitchEntry } from "./useMenu";

let page: ReturnType<typeof openPage> | null = null;
let world: World;
async function open(path = "/runs") {
  page = openPage(path, { world });
  await waitFor(() => expect(screen.getByTestId("runtime-badge").dataset["live"]).toBe("live"));
  return page;
}

beforeEach(() => {
  world = new World();
});
afterEach(() => {
  page?.close();
  page = null;
  vi.useRealTimers();
  vi.restoreAllMocks();
  setPreferences({ notifications: true, quietHours: false });
});

const holdTime = () => vi.useFakeTimers({ shouldAdvanceTime: true, toFake: ["setTimeout", "clearTimeout", "Date"] });
const entry = (id: string) => page?.host.attention?.entries.find((each) => each.id === id);
const choose = (id: string) => act(() => page?.host.choose({ kind: "entry", id }));
const press = (id: string, button: string | null = null) => act(() => page?.host.choose({ kind: "note", id, button }));

describe("outside the page", () => {
  it("is shown how much waits, and that leads to it", async () => {
    const { host, router } = await open();
    await waitFor(() => expect(host.attention?.summary).toBe("Nothing needs you"));
    world.gate.request({ title: "One" });
    world.gate.request({ title: "Two" });
    await waitFor(() => expect(host.attention?.count).toBe(2));
    expect(entry("needs-you")?.label).toBe("2 need you");
    choose("needs-you");
    await waitFor(() => expect(router.state.location.pathname).toBe("/approvals"));
    expect(host.brought).toBe(1);
  });

  it("the kill switch goes on at once, without the page coming to the front", async () => {
    const { host } = await open();
    await waitFor(() => expect(entry("kill-switch-on")).toMatchObject({ checked: false, enabled: true }));
    choose("kill-switch-on");
    await waitFor(() => expect(entry("kill-switch-off")).toMatchObject({ checked: true, enabled: true }));
    expect(world.gate.killSwitch.enabled).toBe(true);
    expect(host.brought).toBe(0);
  });

  it("the kill switch goes off only after a second word in the page", async () => {
    world.gate.killSwitch = { ...world.gate.killSwitch, enabled: true };
    const { host, router, user } = await open("/settings");
    await waitFor(() => expect(entry("kill-switch-off")).toBeTruthy());
    choose("kill-switch-off");
    const off = await screen.findByRole("button", { name: "Turn off" });
    expect([host.brought, world.gate.killSwitch.enabled]).toEqual([1, true]);
    await user.click(screen.getByRole("button", { name: "Keep it on" }));
    expect(off.isConnected).toBe(false);
    expect(router.state.location.searchStr).not.toContain("turnOff");

    choose("kill-switch-off");
    await user.click(await screen.findByRole("button", { name: "Turn off" }));
    await waitFor(() => expect(world.gate.killSwitch.enabled).toBe(false));
    await waitFor(() => expect(router.state.location.searchStr).not.toContain("turnOff"));
  });

  it("a switch that could not be turned on says so, before the person, and can be tried again", async () => {
    const { host, server, user } = await open();
    await waitFor(() => expect(entry("kill-switch-on")).toBeTruthy());
    server.use(
      http.post("*/v1/policy/kill-switch", () => HttpResponse.json({ error: "disk_full", message: "No space." }, { status: 507 }), { once: true }),
    );
    choose("kill-switch-on");
    expect((await screen.findByRole("alert")).textContent).toContain("The kill switch is not on. No space.");
    expect(host.brought).toBe(1);
    await user.click(screen.getByRole("button", { name: "Try again" }));
    await waitFor(() => expect(entry("kill-switch-off")).toBeTruthy());
    expect(screen.queryByRole("alert")).toBeNull();
  });

  it.each([
    [{ owner: true, reached: true, on: false }, { id: "kill-switch-on", checked: false, enabled: true }],
    [{ owner: true, reached: true, on: true }, { id: "kill-switch-off", checked: true, enabled: true }],
    [{ owner: true, reached: true, on: undefined }, { id: "kill-switch", checked: undefined, enabled: false }],
    [{ owner: true, reached: false, on: true }, { id: "kill-switch", checked: true, enabled: false }],
    [{ owner: null, reached: false, on: undefined }, { id: "kill-switch", checked: undefined, enabled: false }],
    [{ owner: false, reached: true, on: undefined }, { id: "kill-switch", enabled: false }],
  ])("the entry of the kill switch for %j", (known, expected) => {
    expect(killSwitchEntry(known)).toMatchObject(expected);
  });
});

describe("a notification", () => {
  it("comes after the settle time, and a press opens exactly that and decides nothing", async () => {
    const { host, router } = await open();
    holdTime();
    const { approval_id } = world.gate.request({ title: "Tell the team" });
    await waitFor(() => expect(host.attention?.count).toBe(1));
    expect(host.notes.size).toBe(0);
    await act(() => vi.advanceTimersByTimeAsync(SETTLE_MS));
    const href = `/approvals/${approval_id}`;
    expect([...host.notes.keys()]).toEqual([href]);
    press(href);
    await waitFor(() => expect(router.state.location.pathname).toBe(href));
    expect(host.brought).toBe(1);
    expect(world.gate.decided).toEqual([]);
  });

  it("names the run that failed", async () => {
    const room = world.createRoom("release");
    const run = world.createRun(room.room_id, "make the thing", ["make"]);
    const { host } = await open();
    holdTime();
    await play(world, run, { stepMs: 1, exit: 2, lines: [] }, Date.now());
    await act(() => vi.advanceTimersByTimeAsync(SETTLE_MS + 1000));
    await waitFor(() => expect(host.notes.size).toBe(1));
    expect(host.notes.get(`/runs/${run.run_id}`)?.body).toBe("make the thing\nthe command exited with 2");
  });

  it("is taken back when it is decided elsewhere", async () => {
    const { host } = await open();
    holdTime();
    const { approval_id } = world.gate.request({ title: "Seen to" });
    await act(() => vi.advanceTimersByTimeAsync(SETTLE_MS + 1000));
    expect(host.notes.size).toBe(1);
    world.gate.decide(approval_id, { decision: "deny" });
    await waitFor(() => expect(host.notes.size).toBe(0));
  });

  it("is put off without opening anything, and comes again", async () => {
    const { host, router } = await open();
    holdTime();
    const { approval_id } = world.gate.request({ title: "Not now" });
    await act(() => vi.advanceTimersByTimeAsync(SETTLE_MS + 1000));
    const href = `/approvals/${approval_id}`;
    press(href, "later");
    host.notes.clear();
    await act(() => vi.advanceTimersByTimeAsync(SNOOZE_MS + 1000));
    expect([...host.notes.keys()]).toEqual([href]);
    expect(router.state.location.pathname).toBe("/runs");
  });

  it("does not come while the list of requests is before the eyes", async () => {
    vi.spyOn(document, "hasFocus").mockReturnValue(true);
    const { host } = await open("/approvals");
    holdTime();
    world.gate.request({ title: "Before the eyes" });
    await screen.findByRole("article", { name: "Before the eyes" });
    await act(() => vi.advanceTimersByTimeAsync(SETTLE_MS + 1000));
    expect(host.notes.size).toBe(0);
  });

  it("does not come when they are switched off", async () => {
    const { host, user } = await open("/settings");
    const group = await screen.findByRole("radiogroup", { name: "On the desktop" });
    await user.click(group.querySelectorAll<HTMLElement>("[role=radio]")[1] ?? group);
    holdTime();
    world.gate.request({ title: "Silent" });
    await waitFor(() => expect(host.attention?.count).toBe(1));
    await act(() => vi.advanceTimersByTimeAsync(SETTLE_MS + 1000));
    expect(host.notes.size).toBe(0);
  });
});

describe("the settings of notifications", () => {
  it("say when this desktop shows none", async () => {
    page = openPage("/settings", { world });
    page.host.support = "none";
    expect((await screen.findByTestId("no-notifications")).textContent).toContain("This desktop shows no notifications.");
  });

  it("ask in a browser, and only upon a press", async () => {
    page = openPage("/settings", { world });
    page.host.support = "ask";
    const button = await screen.findByRole("button", { name: "Allow notifications" });
    expect(page.host.support).toBe("ask");
    await page.user.click(button);
    await waitFor(() => expect(button.isConnected).toBe(false));
    expect(page.host.support).toBe("shown");
  });

  it("keep the quiet hours", async () => {
    const { user } = await open("/settings");
    const group = await screen.findByRole("radiogroup", { name: "Quiet hours" });
    await user.click(group.querySelectorAll<HTMLElement>("[role=radio]")[0] ?? group);
    expect((await screen.findByLabelText<HTMLInputElement>("Quiet from")).value).toBe("22:00");
  });
});
