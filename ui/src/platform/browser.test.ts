// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { browser } from "./browser";
import type { Choice, Note } from "./types";

const note: Note = { id: "/runs/run_1", title: "A run failed", body: "make", open: "Open", buttons: [] };

class FakeNotification {
  static permission: NotificationPermission = "default";
  static asked = 0;
  static shown: FakeNotification[] = [];
  static async requestPermission() {
    FakeNotification.asked += 1;
    FakeNotification.permission = "granted";
    return FakeNotification.permission;
  }
  onclick: (() => void) | null = null;
  onclose: (() => void) | null = null;
  open = true;
  constructor(
    readonly title: string,
    readonly options: NotificationOptions,
  ) {
    FakeNotification.shown.push(this);
  }
  close() {
    this.open = false;
  }
}

beforeEach(() => {
  document.title = "Signalbox";
  FakeNotification.permission = "default";
  FakeNotification.asked = 0;
  FakeNotification.shown = [];
  vi.stubGlobal("Notification", FakeNotification);
});
afterEach(() => vi.unstubAllGlobals());

describe("a browser", () => {
  it.each([
    [0, "Signalbox"],
    [3, "(3) Signalbox"],
    [100, "(99+) Signalbox"],
  ])("counts %i in its title", async (count, title) => {
    await browser().showAttention({ count, summary: "", entries: [] });
    expect(document.title).toBe(title);
  });

  it("shows notifications only once it was asked for, and never asks by itself", async () => {
    const { notifications } = browser();
    expect(await notifications.support()).toBe("ask");
    await notifications.show(note);
    expect([FakeNotification.asked, FakeNotification.shown.length]).toEqual([0, 0]);
    expect(await notifications.ask()).toBe("shown");
    await notifications.show(note);
    expect(FakeNotification.shown[0]?.options).toEqual({ body: "make", tag: "/runs/run_1" });
  });

  it("says what was pressed, and takes back what is over", async () => {
    FakeNotification.permission = "granted";
    const host = browser();
    const chosen: Choice[] = [];
    const stop = host.watchChoices((choice) => chosen.push(choice));
    await host.notifications.show(note);
    FakeNotification.shown[0]?.onclick?.();
    expect(chosen).toEqual([{ kind: "note", id: "/runs/run_1", button: null }]);
    stop();
    await host.notifications.show(note);
    await host.notifications.withdraw(note.id);
    expect(FakeNotification.shown[1]?.open).toBe(false);
    FakeNotification.shown[1]?.onclick?.();
    expect(chosen).toHaveLength(1);
  });

  it.each([
    ["denied", "refused"],
    ["granted", "shown"],
  ] as const)("that has %s them says %s", async (permission, support) => {
    FakeNotification.permission = permission;
    expect(await browser().notifications.support()).toBe(support);
  });

  it("without notifications says so", async () => {
    vi.stubGlobal("Notification", undefined);
    const { notifications } = browser();
    expect(await notifications.support()).toBe("none");
    await notifications.show(note);
  });
});
