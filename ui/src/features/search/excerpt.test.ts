import { describe, expect, it } from "vitest";
import { excerpt } from "./excerpt";

const hits = (text: string, q: string) => excerpt(text, q).filter((part) => part.hit).map((part) => part.text);

describe("an excerpt", () => {
  it("marks every word that was searched for, whatever its case", () => {
    expect(hits("The Lease of a lease token", "lease TOKEN")).toEqual(["Lease", "lease", "token"]);
  });

  it("begins near the first hit of a long text and loses nothing in between", () => {
    const parts = excerpt(`${"word ".repeat(100)}needle ${"tail ".repeat(100)}`, "needle");
    expect(parts[0]?.text.startsWith("…")).toBe(true);
    expect(parts.map((part) => part.text).join("")).toContain("word needle tail");
  });

  it("marks words from their beginning only, as they are found", () => {
    expect(hits("a release of the lease_renewal", "lease")).toEqual(["lease"]);
  });

  it("leaves out the colours of a terminal", () => {
    expect(excerpt("\u001b[31mred lease\u001b[0m", "lease").map((part) => part.text)).toEqual(["red ", "lease"]);
  });

  it("takes signs as they are", () => {
    expect(hits("cost (a+b)?", "(a+b)?")).toEqual(["(a+b)?"]);
  });
});
