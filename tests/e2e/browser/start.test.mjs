// The first minutes: a one-time link, three steps, one real run.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { newPage, startBrowser } from "./lib/browser.mjs";
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

test("the first page is the start page, and its run is real", async () => {
  const { page, go, close } = await newPage(browser, runtime);
  await go("");
  await page.waitForURL(/#\/start/);
  await page.locator('[data-step="1"][data-state="done"]').waitFor();
  await page.getByRole("button", { name: "uname -a" }).click();
  const run = page.locator('[data-testid="first-run"][data-run-status="succeeded"]');
  await run.waitFor();
  const output = await run.getByTestId("run-output").innerText();
  assert.ok(output.trim().length > 0, "the output of a real command");
  await page.locator('[data-step="2"][data-state="done"]').waitFor();
  assert.match(await page.locator('[data-step="3"]').innerText(), /signalbox run --room 'First steps'/);

  const runId = await run.getAttribute("data-run-id");
  const { run: recorded } = await runtime.get(`/v1/runs/${runId}`);
  assert.equal(recorded.status, "succeeded");
  await close();
});

test("it can be skipped, and is not the first page again", async () => {
  const { page, go, close } = await newPage(browser, runtime);
  await go("#/start");
  await page.getByRole("button", { name: "Skip" }).click();
  await page.waitForURL(/#\/timeline/);
  await go("");
  await page.waitForURL(/#\/timeline/);
  await page.getByTestId("timeline").waitFor();
  await close();
});

test("a link works once; who has none may read and is told how to become the owner", async () => {
  const link = await runtime.ownerLink();
  const first = await newPage(browser, runtime, { owner: false });
  await first.page.goto(link);
  await first.page.waitForURL(/#\/timeline/);
  await first.close();

  const second = await newPage(browser, runtime, { owner: false });
  await second.page.goto(link);
  await second.page.getByText("This link no longer works").waitFor();
  await second.go("#/start");
  await second.page.getByText("signalbox open").first().waitFor();
  assert.equal(await second.page.getByRole("button", { name: "uname -a" }).isDisabled(), true);
  await second.close();
});

test("another server of this machine is sent the cookie, and is nobody with it", async () => {
  const { page, go, close } = await newPage(browser, runtime);
  let sent;
  const server = createServer((request, response) => {
    sent = request.headers.cookie;
    response.end("hello");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const elsewhere = await page.context().newPage();
  await elsewhere.goto(`http://127.0.0.1:${server.address().port}/`);
  await elsewhere.evaluate(() => fetch("/anything").then((response) => response.text()));
  assert.match(String(sent), /^signalbox_session_\d+=session_/);
  assert.equal(await elsewhere.evaluate(() => localStorage.length), 0, "the storage is of another origin");
  await elsewhere.close();
  server.closeAllConnections();
  server.close();

  const whoami = async (headers) => (await fetch(`${runtime.url}/v1/whoami`, { headers })).json();
  assert.equal((await whoami({ cookie: sent })).is_owner, false);
  // The page itself is the owner, also after it was loaded anew.
  await page.reload();
  await go("#/start");
  await until("the page is the owner", () => page.getByRole("button", { name: "uname -a" }).isEnabled());
  const proof = await page.evaluate(() => localStorage.getItem("signalbox.session-proof"));
  assert.equal((await whoami({ cookie: sent, "x-session-proof": proof })).is_owner, true);
  await close();
});
