import { describe, expect, it } from "vitest";
import { FrameParser } from "./sse";

const parse = (...chunks: string[]) => {
  const parser = new FrameParser();
  return chunks.flatMap((chunk) => parser.push(chunk));
};

describe("FrameParser", () => {
  it("reads id, event and data", () => {
    expect(parse('id: 7\nevent: message.created\ndata: {"a":1}\n\n')).toEqual([
      { id: "7", event: "message.created", data: '{"a":1}' },
    ]);
  });

  it("does not care where chunks end", () => {
    const text = "id: 1\r\nevent: a\r\ndata: x\r\n\r\nid: 2\ndata: y\ndata: z\n\n";
    const whole = parse(text);
    expect(whole).toEqual([
      { id: "1", event: "a", data: "x" },
      { id: "2", event: "message", data: "y\nz" },
    ]);
    expect(parse(...text)).toEqual(whole);
  });

  it("skips comments and keeps the last id", () => {
    expect(parse(": keepalive\n\nid: 3\ndata: a\n\ndata: b\n\n").map((frame) => frame.id)).toEqual(["3", "3"]);
  });

  it("gives nothing for an unfinished frame", () => {
    expect(parse("data: half")).toEqual([]);
  });

  it("gives an event without data", () => {
    expect(parse("event: signalbox.resume\n\n")).toEqual([{ id: null, event: "signalbox.resume", data: "" }]);
  });
});
