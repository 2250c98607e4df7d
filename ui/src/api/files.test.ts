import { describe, expect, it } from "vitest";
import { filesOfEvent, kindOf, pictureType, savedName, textOfBytes, typeOf } from "./files";

const bytesOf = (text: string) => new TextEncoder().encode(text);
const PNG = Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0]);
const head = (bytes: Uint8Array, size = bytes.length) => ({ bytes, size });
const HASH = `sha256:${"ab".repeat(32)}`;

describe("what a file is", () => {
  it.each([
    ["a picture", PNG, "picture"],
    ["JPEG", Uint8Array.from([0xff, 0xd8, 0xff, 0xe0]), "picture"],
    ["GIF", bytesOf("GIF89a"), "picture"],
    ["WebP", bytesOf("RIFF\0\0\0\0WEBPVP8 "), "picture"],
    ["SVG is a text", bytesOf('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'), "text"],
    ["HTML is a text", bytesOf("<!doctype html><script>alert(1)</script>"), "text"],
    ["JSON", bytesOf('{"a":1}'), "text"],
    ["a NUL makes it none", bytesOf("a\0b"), "other"],
    ["no UTF-8", Uint8Array.from([0xff, 0xfe, 0xfd]), "other"],
    ["PDF", Uint8Array.from([...bytesOf("%PDF-1.7\n"), 0xe2, 0xe3]), "other"],
  ])("%s", (_name, bytes, kind) => {
    expect(kindOf(head(bytes))).toBe(kind);
  });

  it("is still a text when its head ends within a character", () => {
    const cut = bytesOf("hä").subarray(0, 2);
    expect(kindOf(head(cut, 3))).toBe("text");
    expect(textOfBytes(cut, true)).toBe("h");
    expect(kindOf(head(cut))).toBe("other");
  });

  it("is told by its own bytes, not by what it is called", () => {
    expect(pictureType(bytesOf("<svg/>"))).toBeNull();
    expect(typeOf({ ...head(PNG), type: "application/octet-stream" }, "text/html")).toBe("image/png");
    expect(typeOf({ ...head(bytesOf("x")), type: "application/octet-stream" }, "text/markdown")).toBe("text/markdown");
    expect(typeOf({ ...head(bytesOf("x")), type: "text/plain" }, "text/markdown")).toBe("text/plain");
  });
});

describe("names of files", () => {
  const of = (event_type: string, data: unknown) => filesOfEvent({ event_type, data });
  const OTHER = `sha256:${"cd".repeat(32)}`;

  it("are whole hashes and nothing else", () => {
    expect(of("task.done", { files: [HASH, "sha256:ab", "../x", 7, HASH.toUpperCase()] })).toEqual([HASH]);
    expect(of("task.done", { files: "no list" })).toEqual([]);
    expect(of("task.done", null)).toEqual([]);
  });

  it("are those that go with what is said, and those that the words name, each once", () => {
    const body = { text: `see ${OTHER}, not ${HASH}` };
    expect(of("channel.message.published", { files: [HASH], body })).toEqual([HASH, OTHER]);
    expect(of("message.created", { content_md: `here: ${OTHER}` })).toEqual([OTHER]);
    expect(of("message.created", { content_md: `${OTHER}0 is longer` })).toEqual([]);
    expect(of("egress.request.performed", { response_blob: OTHER }), "nobody speaks there").toEqual([]);
  });

  it("are short on the disk of whoever saves them", () => {
    expect(savedName(HASH, "text/plain; charset=utf-8")).toBe("abababab.txt");
    expect(savedName(HASH, "application/x-thing")).toBe("abababab.bin");
  });
});
