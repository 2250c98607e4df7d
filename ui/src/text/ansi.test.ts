import { describe, expect, it } from "vitest";
import { AnsiReader, readAnsi, stripAnsi } from "./ansi";

const E = "\u001b";
const spans = (text: string) => readAnsi(text).map((line) => line.map((span) => [span.text, span.style.fg]));

describe("terminal output", () => {
  it("colours spans and resets", () => {
    expect(spans(`a${E}[31mred${E}[0mb`)).toEqual([[["a", null], ["red", 1], ["b", null]]]);
  });

  it("reads bright, 256 and true colours", () => {
    expect(spans(`${E}[92ma${E}[38;5;196mb${E}[38;2;1;2;3mc${E}[38;5;244md`)).toEqual([
      [["a", 10], ["b", "rgb(255 0 0)"], ["c", "rgb(1 2 3)"], ["d", "rgb(128 128 128)"]],
    ]);
  });

  it("keeps weight apart from colour", () => {
    const [line] = readAnsi(`${E}[1;4;32mx${E}[22my`);
    expect(line?.map((span) => [span.style.bold, span.style.underline, span.style.fg])).toEqual([
      [true, true, 2],
      [false, true, 2],
    ]);
  });

  it("overwrites a line after a carriage return, as a progress bar does", () => {
    expect(stripAnsi("10%\r55%\r100%\ndone")).toBe("100%\ndone");
    expect(stripAnsi("abcdef\rxy")).toBe("xycdef");
    expect(stripAnsi(`abcdef\rxy${E}[K`)).toBe("xy");
  });

  it("treats CRLF as one end of line", () => {
    expect(stripAnsi("a\r\nb\r\n")).toBe("a\nb");
  });

  it("drops what moves the cursor, titles and bells", () => {
    expect(stripAnsi(`${E}]0;title\u0007a${E}[2J${E}[1;1Hb\u0007${E}(Bc`)).toBe("abc");
  });

  it("reads the same however the chunks are cut", () => {
    const text = `x${E}[1;31mred${E}[0m\n${E}]8;;http://a${E}\\link${E}]8;;${E}\\ tail\r\n`;
    const whole = readAnsi(text);
    const reader = new AnsiReader();
    for (const char of text) reader.push(char);
    expect(reader.lines()).toEqual(whole);
    expect(stripAnsi(text)).toBe("xred\nlink tail");
  });

  it("goes on after a sequence that never ends", () => {
    expect(stripAnsi(`${E}[${";".repeat(400)}`).length).toBeGreaterThan(0);
  });

  it("expands tabs to columns of eight", () => {
    expect(stripAnsi("a\tb")).toBe("a       b");
  });
});
