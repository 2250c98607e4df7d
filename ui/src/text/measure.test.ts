import { describe, expect, it } from "vitest";
import { formatBytes, formatDuration, formatSpan, plural } from "./measure";
import { dayKey, dayStart, formatAge, formatDay, formatRelative } from "./time";

describe("quantities", () => {
  it.each([
    [0, "0 ms"],
    [999, "999 ms"],
    [3240, "3.2 s"],
    [59_999, "59 s"],
    [125_000, "2 m 05 s"],
    [4_320_000, "1 h 12 m"],
    [273_600_000, "3 d 4 h"],
    [-5, "0 ms"],
  ])("%d ms is %s", (ms, text) => expect(formatDuration(ms)).toBe(text));

  it.each([
    [-300, "0 s"],
    [571, "0 s"],
    [9_900, "9 s"],
    [125_000, "2 m 05 s"],
  ])("%d ms that go on are %s", (ms, text) => expect(formatSpan(ms)).toBe(text));

  it.each([
    [0, "0 B"],
    [1023, "1023 B"],
    [1536, "1.5 KB"],
    [250 * 1024 * 1024, "250 MB"],
  ])("%d bytes is %s", (bytes, text) => expect(formatBytes(bytes)).toBe(text));

  it("counts in words", () => {
    expect(plural(1, "event", "events")).toBe("1 event");
    expect(plural(1200, "event", "events")).toBe("1,200 events");
  });
});

describe("moments", () => {
  const now = new Date(2026, 2, 14, 12, 0, 0).getTime();
  const ago = (ms: number) => new Date(now - ms).toISOString();
  it.each([
    [3000, "now"],
    [42_000, "42 s ago"],
    [180_000, "3 m ago"],
    [7_200_000, "2 h ago"],
    [26 * 3_600_000, "yesterday"],
    [10 * 24 * 3_600_000, "4 Mar"],
    [-120_000, "in 2 m"],
  ])("%d ms ago is %s", (ms, text) => expect(formatRelative(ago(ms), now)).toBe(text));

  it.each([
    [-3000, "a moment"],
    [3000, "a moment"],
    [42_000, "42 s"],
    [240_000, "4 min"],
    [7_200_000, "2 h"],
    [26 * 3_600_000, "1 day"],
    [50 * 3_600_000, "2 days"],
  ])("what is %d ms old waits since %s", (ms, text) => expect(formatAge(ago(ms), now)).toBe(text));

  it("heads days by their local date", () => {
    expect(formatDay(ago(0), now)).toBe("Today");
    expect(formatDay(ago(24 * 3_600_000), now)).toBe("Yesterday");
    expect(formatDay(new Date(2025, 0, 2).toISOString(), now)).toContain("2025");
    expect(dayKey(new Date(2026, 2, 14, 0, 1).toISOString())).toBe(dayKey(new Date(2026, 2, 14, 23, 59).toISOString()));
  });

  it("knows where a day begins here, and which days there are", () => {
    expect(dayStart(" 2026-3-14 ")).toBe(new Date(2026, 2, 14).toISOString());
    for (const none of ["", "tomorrow", "2026-02-30", "2026-13-01", "14.3.2026"]) expect(dayStart(none)).toBeNull();
  });

  it("says what is ahead from ten seconds on", () => {
    const now = Date.UTC(2026, 0, 1);
    const at = (ms: number) => formatRelative(new Date(now + ms).toISOString(), now);
    expect([at(3000), at(25_000), at(-25_000)]).toEqual(["now", "in 25 s", "25 s ago"]);
  });
});
