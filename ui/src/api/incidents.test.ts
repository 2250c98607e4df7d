import { expect, it } from "vitest";
import { rootCause, withText } from "./incidents";

it("reads a cause however it was written", () => {
  expect(rootCause(null)).toBeNull();
  expect(rootCause({ summary: "short" })).toEqual({ text: "short", beside: {} });
  expect(rootCause({ summary: "short", analysis: "long" })).toEqual({ text: "long", beside: { summary: "short" } });
  expect(rootCause({ summary: "short", analysis: { why: ["a", "b"] } })).toEqual({ text: "short", beside: { analysis: { why: ["a", "b"] } } });
});

it("keeps what stood beside the text when the text is another", () => {
  expect(withText(null, "new")).toEqual({ analysis: "new" });
  expect(withText(rootCause({ summary: "short", analysis: "long" }), "new")).toEqual({ summary: "short", analysis: "new" });
  expect(withText(rootCause({ analysis: { why: [] } }), "new")).toEqual({ summary: "new", analysis: { why: [] } });
});
