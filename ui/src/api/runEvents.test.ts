import { QueryClient } from "@tanstack/react-query";
import { beforeEach, describe, expect, it } from "vitest";
import { World } from "../mocks/world";
import { growRunEvents } from "./runEvents";
import { tags } from "./staleness";
import type { LogEvent } from "./types";

describe("what is held of a run", () => {
  const RUN = "run_a";
  let world: World;
  let queries: QueryClient;
  beforeEach(() => {
    world = new World();
    queries = new QueryClient();
  });
  const happens = (type: string, run = RUN) => world.append({ type, run, data: { text: "x\n" } });
  const held = (key: readonly string[]) => queries.getQueryData<LogEvent[]>(key)?.map((event) => event.position);

  it("grows by what happens in it: output apart, the last chunk alone", () => {
    for (const key of [tags.structure(RUN), tags.output(RUN), tags.lastOutput(RUN)]) queries.setQueryData(key, []);
    growRunEvents(queries, [
      happens("run.created"),
      happens("tool.output"),
      happens("tool.output"),
      happens("tool.output", "run_b"),
      happens("run.completed"),
    ]);
    expect(held(tags.structure(RUN))).toEqual([1, 5]);
    expect(held(tags.output(RUN))).toEqual([2, 3]);
    expect(held(tags.lastOutput(RUN))).toEqual([3]);
    expect(held(tags.output("run_b"))).toBeUndefined();
  });

  it("takes an event once, also when history held it already", () => {
    const first = happens("tool.output");
    queries.setQueryData(tags.output(RUN), [first]);
    growRunEvents(queries, [first, happens("tool.output")]);
    expect(held(tags.output(RUN))).toEqual([1, 2]);
  });

  it("loses nothing that happens while an answer is on its way", async () => {
    const first = happens("tool.output");
    let answer: (events: LogEvent[]) => void = () => undefined;
    const asked = queries.fetchQuery({
      queryKey: tags.output(RUN),
      queryFn: () => new Promise<LogEvent[]>((resolve) => (answer = resolve)),
    });
    growRunEvents(queries, [first, happens("tool.output")]);
    answer([first]);
    await asked;
    expect(held(tags.output(RUN))).toEqual([1, 2]);
  });
});
