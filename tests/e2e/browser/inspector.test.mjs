// Any event, whole: its run to scale, what caused it, its hash, and the proof that nothing was changed.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { newPage, rows, startBrowser } from "./lib/browser.mjs";
import { startRuntime, until } from "./lib/runtime.mjs";

let runtime;
let browser;
let room;
let runId;
before(async () => {
  runtime = await startRuntime();
  browser = await startBrowser();
  room = (await runtime.room("inspected")).room;
  runId = (await runtime.command(room, ["sh", "-c", "echo out; echo err >&2"])).run_id;
  await until("the run ended", async () => (await runtime.get(`/v1/runs/${runId}`)).run.status === "succeeded");
});
after(async () => {
  await browser?.close();
  await runtime?.stop();
});

test("an event opens beside the timeline with its run, its causes and its hash", async () => {
  const { page, go, close } = await newPage(browser, runtime);
  await go(`#/rooms/${room}`);
  await rows(page, "run").getByRole("button", { name: /Expand/ }).click();
  await rows(page, "tool.invoked").getByRole("button", { name: /Details/ }).click();
  const inspector = page.getByTestId("inspector");
  await inspector.locator('[data-event-type="tool.invoked"]').waitFor();
  await inspector.getByRole("list", { name: /durations to scale/ }).getByText("attempt 1").waitFor();
  await inspector.getByText("asked for").first().waitFor();

  await inspector.getByRole("button", { name: "Verify chain" }).click();
  await inspector.locator('[data-check="valid"]').waitFor();
  assert.match(await inspector.getByTestId("chain-check").innerText(), /Unbroken/);

  await page.keyboard.press("Escape");
  await inspector.waitFor({ state: "detached" });
  assert.doesNotMatch(page.url(), /event=/);
  await page.goBack();
  await inspector.waitFor();
  await close();
});

test("its width is changed by keyboard and remembered", async () => {
  const { page, go, close } = await newPage(browser, runtime);
  await go(`#/rooms/${room}?run=${runId}`);
  const inspector = page.getByTestId("inspector");
  await inspector.waitFor();
  const before = (await inspector.boundingBox()).width;
  await page.getByRole("separator", { name: "Width of the inspector" }).focus();
  await page.keyboard.press("ArrowLeft");
  await until("it is wider", async () => (await inspector.boundingBox()).width > before);
  const wider = (await inspector.boundingBox()).width;
  await page.reload();
  await inspector.waitFor();
  assert.equal((await inspector.boundingBox()).width, wider);
  await close();
});

test("an artifact is previewed from its stored bytes", async () => {
  const { page, go, close } = await newPage(browser, runtime);
  await go(`#/runs/${runId}`);
  const artifact = page.getByTestId("artifact").first();
  await artifact.getByRole("button", { name: "Preview" }).click();
  await artifact.getByText("out", { exact: true }).waitFor();
  await close();
});
