// Everything that matters, without a mouse.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { newPage, rows, startBrowser } from "./lib/browser.mjs";
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

test("from the palette to a room, through its rows, into the inspector and out again", async () => {
  const { room, thread } = await runtime.room("keys");
  for (const text of ["one", "two", "three"]) {
    await runtime.post(`/v1/threads/${thread}/messages`, { content_md: text });
  }
  const { page, go, close } = await newPage(browser, runtime);
  await go("#/timeline");
  await rows(page, "message.created").getByText("three").waitFor();
  await page.keyboard.press("g");
  await page.keyboard.press("r");
  await page.waitForURL(/#\/runs/);
  await page.keyboard.press("g");
  await page.keyboard.press("d");
  await page.waitForURL(/#\/diagnostics/);

  await page.keyboard.press("Control+k");
  await page.getByRole("combobox").waitFor();
  await page.keyboard.type("keys");
  await page.getByRole("option", { name: /^keys/ }).waitFor();
  await page.keyboard.press("Enter");
  await page.waitForURL(new RegExp(`#/rooms/${room}`));
  await rows(page, "message.created").getByText("three").waitFor();

  const focused = () => page.evaluate(() => document.activeElement?.closest("[data-event-type]")?.dataset.position ?? null);
  await page.keyboard.press("k");
  await page.keyboard.press("k");
  const second = await focused();
  assert.ok(second, "a row has the focus");
  await page.keyboard.press("j");
  await until("the next row has the focus", async () => Number(await focused()) > Number(second));
  await page.keyboard.press("Enter");
  await page.getByTestId("inspector").waitFor();
  await page.keyboard.press("Escape");
  await page.getByTestId("inspector").waitFor({ state: "detached" });

  await page.keyboard.press("?");
  await page.getByRole("heading", { name: "Keys of this view" }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("heading", { name: "Keys of this view" }).waitFor({ state: "detached" });
  await close();
});

test("an open hint does not take the Escape that was meant for what is below it", async () => {
  const { room, thread } = await runtime.room("hints");
  await runtime.post(`/v1/threads/${thread}/messages`, { content_md: "hinted" });
  const { page, go, close } = await newPage(browser, runtime);
  await go(`#/rooms/${room}`);
  await rows(page, "message.created").getByRole("button", { name: /Details/ }).click();
  const inspector = page.getByTestId("inspector");
  await inspector.getByRole("button", { name: "Close the inspector" }).focus();
  await page.getByRole("tooltip").waitFor({ state: "attached" });
  await page.keyboard.press("Escape");
  await inspector.waitFor({ state: "detached" });

  await page.getByRole("button", { name: "Narrow the rail" }).focus();
  await page.getByRole("tooltip").waitFor({ state: "attached" });
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox").waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("combobox").waitFor({ state: "detached" });
  await close();
});

test("the first stop of the page leads past the rail", async () => {
  const { page, go, close } = await newPage(browser, runtime);
  await go("#/runs");
  await page.getByRole("heading", { name: "Runs", level: 1 }).waitFor();
  // A fresh page: the focus is nowhere yet.
  await page.reload();
  await page.getByRole("heading", { name: "Runs", level: 1 }).waitFor();
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement?.textContent), "Skip to the content");
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement?.id), "main");
  await close();
});

test("letters typed into a field stay letters", async () => {
  const { room } = await runtime.room("typing");
  const { page, go, close } = await newPage(browser, runtime);
  await go(`#/rooms/${room}`);
  const box = page.getByLabel("Message to typing");
  await box.focus();
  await page.keyboard.type("g t / ? j k");
  assert.equal(await box.inputValue(), "g t / ? j k");
  assert.match(page.url(), /#\/rooms\//);
  await page.reload();
  assert.equal(await box.inputValue(), "g t / ? j k", "a draft survives a reload");
  await close();
});
