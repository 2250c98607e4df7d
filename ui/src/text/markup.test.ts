import { describe, expect, it } from "vitest";
import { jsonOf, looksLikeMarkdown } from "./markup";

describe("what a text is, where nobody says it", () => {
  it.each([
    ["# Title\n\nand text", true],
    ["Look **here**, and [there](https://example.org)", true],
    ["- one\n- two\n\n```\ncode\n```", true],
    ["#!/bin/sh\n# a comment\necho hello\n", false],
    ["plain words - with a dash", false],
    ["a,b\n1,2\n", false],
  ])("%j as Markdown: %s", (text, markdown) => {
    expect(looksLikeMarkdown(text)).toBe(markdown);
  });

  it("is JSON only when all of it is an object or a list", () => {
    expect(jsonOf(' {"a": [1]}\n')).toEqual({ value: { a: [1] } });
    expect(jsonOf('{"a": 1')).toBeNull();
    expect(jsonOf('{"a": 1}\n{"a": 2}\n')).toBeNull();
    expect(jsonOf("42")).toBeNull();
  });
});
