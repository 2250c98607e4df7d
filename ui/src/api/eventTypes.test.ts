import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { EVENT_TYPES } from "./eventTypes";

const KERNEL = new URL("../../../runtime/kernel/src/event.rs", import.meta.url);

it("knows the kernel's catalogue of events: what is missing here would be missing from the timeline", () => {
  const catalogue = /catalogue! \{([^}]*)\}/.exec(readFileSync(KERNEL, "utf8"))?.[1] ?? "";
  const names = [...catalogue.matchAll(/"([a-z._]+)" =>/g)].map((match) => match[1] ?? "");
  expect(names.length).toBeGreaterThan(0);
  expect([...EVENT_TYPES].toSorted()).toEqual(names.toSorted());
});
