// @vitest-environment jsdom
import { screen, waitFor } from "@testing-library/react";
import { http, HttpResponse } from "msw";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { canonical, sha256 } from "../../api/evidence";
import { openPage } from "../../mocks/page";
import { play } from "../../mocks/script";
import { World } from "../../mocks/world";

let page: ReturnType<typeof openPage> | null = null;
let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(() => {
  page?.close();
  page = null;
});

async function past() {
  const run = world.createRun(world.createRoom("one").room_id, "Build", ["make"]);
  await play(world, run, { stepMs: 10, exit: 0, lines: [] }, Date.now() - 1000);
  return run;
}

const verdict = () => waitFor(() => {
  const shown = document.querySelector('[data-check]:not([data-check="idle"]):not([data-check="checking"])');
  if (!shown) throw new Error("no verdict yet");
  return shown;
});

describe("the evidence of a run", () => {
  it("says how many events it holds, and verifies them against the log", async () => {
    const run = await past();
    page = openPage(`/runs/${run.run_id}`, { world });
    const count = world.events.filter((event) => event.run_id === run.run_id).length;
    expect((await screen.findByTestId("evidence")).textContent).toContain(`${count}, numbers`);
    await page.user.click(screen.getByRole("button", { name: "Verify" }));
    expect((await verdict()).textContent).toContain(`Unbroken: ${count} events`);
  });

  it("whose hash is another than that of its manifest is found out", async () => {
    const run = await past();
    page = openPage(`/runs/${run.run_id}`, { world });
    const evidence = { event_count: 1, from_seq: 1, to_seq: 1, manifest_hash: "sha256:1", event_hash_root: "sha256:2", finalized_at: new Date().toISOString(), manifest: { events: [{ event_hash: "sha256:3" }] }, stream_type: "room", stream_id: run.room_id };
    page.server.use(http.get("*/v1/runs/:id/evidence", () => HttpResponse.json({ evidence })));
    await page.user.click(await screen.findByRole("button", { name: "Verify" }));
    expect((await verdict()).textContent).toContain("not what was written");
  });

  it("where the log is broken is found out", async () => {
    const run = await past();
    page = openPage(`/runs/${run.run_id}`, { world });
    page.server.use(
      http.get("*/v1/audit/hash-chain/verify", () =>
        HttpResponse.json({ checked: 1, valid: false, first_mismatch: { stream_seq: 3 }, next_from_seq: null }),
      ),
    );
    await page.user.click(await screen.findByRole("button", { name: "Verify" }));
    expect((await verdict()).textContent).toContain("broken");
  });

  it("is not looked for while the run goes on", async () => {
    const run = world.createRun(world.createRoom("one").room_id, "Build", ["make"]);
    page = openPage(`/runs/${run.run_id}`, { world });
    await screen.findByText("Waiting for a worker to take it.");
    expect(screen.queryByRole("heading", { name: "Evidence" })).toBeNull();
  });
});

describe("the canonical form of a manifest", () => {
  it("is that of the log: keys in order, no white space", async () => {
    const value = JSON.parse('{"2":2,"10":1,"A":null,"a":2,"b":1,"nested":{"z":[3,null,{"y":1}]},"\u00e9":"\u00fc"}') as unknown;
    expect(await sha256(canonical(value))).toBe("sha256:d20f5045b5d886d235c64e21983f543197711bdc216042b2bfa9deedb795c6b4");
  });
});
