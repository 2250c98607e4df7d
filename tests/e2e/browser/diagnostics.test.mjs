// The runtime's state in every view, and what a person sees while it dies and heals.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { isLive, newPage, rows, startBrowser } from "./lib/browser.mjs";
import { startRuntime, until } from "./lib/runtime.mjs";

let runtime;
let browser;
before(async () => {
  runtime = await startRuntime();
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  await runtime?.stop();
});

const part = (page, name) => page.locator(`[data-testid="diagnostics"] [data-component="${name}"]`);

test("each part is there with its state and process", async () => {
  const { page, go, close } = await newPage(browser, runtime);
  await go("#/timeline");
  const badge = page.getByTestId("runtime-badge");
  await page.locator('[data-testid="runtime-badge"][data-phase="healthy"][data-mode="embedded"]').waitFor();
  await badge.click();
  await page.waitForURL(/#\/diagnostics/);
  const status = await runtime.status();
  for (const name of ["api", "worker"]) {
    await page.locator(`[data-component="${name}"][data-state="healthy"]`).waitFor();
    assert.equal(await part(page, name).getAttribute("data-pid"), String(status.components[name].pid));
  }
  await page.getByText("Data directory").waitFor();
  await page.getByRole("button", { name: "Copy diagnostics" }).click();
  const text = await page.getByTestId("output").innerText();
  assert.match(text, /Signalbox diagnostics/);
  assert.doesNotMatch(text, /owner-token/);
  await close();
});

test("a killed api heals by itself, and the timeline goes on without a gap or a double", async () => {
  const { room, thread } = await runtime.room("survivor");
  const { page, go, close } = await newPage(browser, runtime);
  await go(`#/rooms/${room}`);
  await isLive(page);
  const say = (text) => runtime.post(`/v1/threads/${thread}/messages`, { content_md: text });
  await say("before");
  await rows(page, "message.created").getByText("before").waitFor();

  const { pid } = (await runtime.status()).components.api;
  process.kill(pid, "SIGKILL");
  await until("another api serves", async () => {
    const { components, phase } = await runtime.status();
    return phase === "healthy" && components.api.pid !== pid;
  });
  await say("after");
  await rows(page, "message.created").getByText("after").waitFor();
  assert.deepEqual(
    (await rows(page, "message.created").locator("p").allInnerTexts()).filter((text) => /before|after/.test(text)),
    ["before", "after"],
  );
  await page.locator('[data-testid="runtime-badge"][data-phase="healthy"]').waitFor();
  assert.match(await page.getByTestId("runtime-badge").innerText(), /1 restart/);
  await close();
});

test("the worker is stopped, started and taken out of use from here", async () => {
  const { page, go, close } = await newPage(browser, runtime);
  await go("#/diagnostics");
  const choose = async (action) => {
    await page.getByRole("button", { name: "Actions for Worker" }).click();
    await page.getByRole("menuitem", { name: action, exact: true }).click();
  };
  await choose("Stop");
  await page.locator('[data-component="worker"][data-state="stopped"]').waitFor();
  await choose("Start");
  await page.locator('[data-component="worker"][data-state="healthy"]').waitFor();

  await page.getByRole("radio", { name: "External" }).click();
  await page.locator('[data-testid="runtime-badge"][data-mode="external"]').waitFor();
  await page.getByRole("button", { name: "Create a token" }).click();
  await page.getByText(/SIGNALBOX_TOKEN=\S{16,} signalbox worker --url http/).waitFor();
  await page.getByRole("radio", { name: "Embedded" }).click();
  await page.locator('[data-component="worker"][data-state="healthy"]').waitFor();
  await close();
});
