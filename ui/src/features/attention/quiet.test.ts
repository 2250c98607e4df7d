import { describe, expect, it } from "vitest";
import { minutesOf, quietUntil } from "./quiet";

/** A moment on the wall clock of this machine, whatever its zone. */
const at = (time: string, day = 10): number => {
  const [hour = 0, minute = 0] = time.split(":").map(Number);
  return new Date(2026, 2, day, hour, minute).getTime();
};

describe("quiet hours", () => {
  it.each([
    ["night", "22:00", "07:00", "21:59", null],
    ["night", "22:00", "07:00", "22:00", at("07:00", 11)],
    ["night", "22:00", "07:00", "23:59", at("07:00", 11)],
    ["night", "22:00", "07:00", "00:00", at("07:00")],
    ["night", "22:00", "07:00", "06:59", at("07:00")],
    ["night", "22:00", "07:00", "07:00", null],
    ["lunch", "12:00", "13:30", "11:59", null],
    ["lunch", "12:00", "13:30", "12:00", at("13:30")],
    ["lunch", "12:00", "13:30", "13:30", null],
    ["no time at all", "08:00", "08:00", "08:00", null],
    ["what is no time", "", "07:00", "06:00", null],
    ["what is no time", "22:00", "25:00", "23:00", null],
  ])("%s, %s to %s, at %s", (_, from, to, now, expected) => {
    expect(quietUntil(at(now), { from, to })).toBe(expected);
  });

  it("are none when none are set", () => expect(quietUntil(at("03:00"), null)).toBeNull());

  it.each([
    ["00:00", 0],
    ["23:59", 1439],
    ["24:00", null],
    ["7:00", null],
    ["07:60", null],
  ])("reads %s", (time, expected) => expect(minutesOf(time)).toBe(expected));
});
