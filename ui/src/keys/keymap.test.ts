// @vitest-environment jsdom
import { describe, expect, it, vi } from "vitest";
import { Keymap } from "./keymap";

function press(keymap: Keymap, key: string, change: Partial<KeyboardEventInit> = {}, target: HTMLElement = document.body) {
  const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...change });
  Object.defineProperty(event, "target", { value: target });
  keymap.handle(event);
  return event.defaultPrevented;
}

function setUp(options = { singleKeys: true, overrides: {} as Record<string, string> }) {
  const keymap = new Keymap(() => options);
  const ran: string[] = [];
  const action = (id: string, keys: string) => ({ id, label: id, keys, run: () => void ran.push(id) });
  keymap.add([action("next", "j"), action("timeline", "g t"), action("palette", "Mod+k"), action("close", "Escape")]);
  return { keymap, ran, action };
}

describe("the keyboard", () => {
  it("runs single keys, sequences and modified keys", () => {
    const { keymap, ran } = setUp();
    press(keymap, "j");
    press(keymap, "g");
    press(keymap, "t");
    press(keymap, "k", { ctrlKey: true });
    press(keymap, "Escape");
    expect(ran).toEqual(["next", "timeline", "palette", "close"]);
  });

  it("keeps letters for typing, but not Escape", () => {
    const { keymap, ran } = setUp();
    const input = document.createElement("input");
    expect(press(keymap, "j", {}, input)).toBe(false);
    press(keymap, "Escape", {}, input);
    expect(ran).toEqual(["close"]);
  });

  it("can be told to leave single keys alone", () => {
    const { keymap, ran } = setUp({ singleKeys: false, overrides: {} });
    press(keymap, "j");
    press(keymap, "k", { ctrlKey: true });
    expect(ran).toEqual(["palette"]);
  });

  it("follows a person's own keys", () => {
    const { keymap, ran } = setUp({ singleKeys: true, overrides: { next: "n" } });
    press(keymap, "j");
    press(keymap, "n");
    expect(ran).toEqual(["next"]);
  });

  it("asks the newest layer first, and the next one when that does not apply", () => {
    const { keymap, ran, action } = setUp();
    const decline = vi.fn(() => false);
    const remove = keymap.add([{ ...action("inner", "j"), run: decline }]);
    press(keymap, "j");
    expect(decline).toHaveBeenCalledOnce();
    expect(ran).toEqual(["next"]);
    remove();
    press(keymap, "j");
    expect(decline).toHaveBeenCalledOnce();
  });

  it("forgets the first key of a sequence when another comes between", () => {
    const { keymap, ran } = setUp();
    press(keymap, "g");
    press(keymap, "x");
    press(keymap, "t");
    expect(ran).toEqual([]);
  });
});
