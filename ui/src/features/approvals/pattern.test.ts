import { describe, expect, it } from "vitest";
import { matches, namesItsHost, patternOf } from "./pattern";

describe("a pattern of targets", () => {
  it.each([
    ["https://a.test/*", "https://a.test/", true],
    ["https://a.test/*", "https://a.test/b?c", true],
    ["https://a.test/*", "https://a.test", false],
    ["https://a.test/*", "https://b.test/https://a.test/", false],
    ["https://a.test/v1/*/x", "https://a.test/v1/y/x", true],
    ["https://a.test/v1/*/x", "https://a.test/v1/x", false],
    ["/srv/*/data/*.csv", "/srv/a/data/b.csv", true],
    ["/srv/*/data/*.csv", "/srv/a/b.csv", false],
    ["a*a", "a", false],
    ["a*b*b", "ab", false],
    ["a**b", "axb", true],
    ["exact", "exact", true],
    ["exact", "exactly", false],
    ["*", "anything", true],
  ])("%s and %s: %s, as the gate says", (pattern, target, expected) => {
    expect(matches(pattern, target)).toBe(expected);
  });

  it.each([
    ["https://a.test/*", true],
    ["https://a.test:8443/x", true],
    ["/srv/*", true],
    ["*", true],
    ["https://a.test*", false],
    ["https://a.test", false],
    ["https://*.test/x", false],
    ["https://a.test?x/*", false],
    ["*://a.test/*", false],
    ["*a.test/*", false],
    ["https:///*", false],
    ["https://a.test@b.test/*", false],
  ])("%s names its host: %s, as the gate says", (pattern, expected) => {
    expect(namesItsHost(pattern)).toBe(expected);
  });

  it.each([
    ["https://api.test/v1/things?x=1", "https://api.test/*"],
    ["https://api.test", "https://api.test/*"],
    ["/srv/app/config.toml", "/srv/app/*"],
    ["team@example.com", "team@example.com"],
    [null, ""],
  ])("begins for %s with %s", (target, expected) => {
    expect(patternOf(target)).toBe(expected);
  });
});
