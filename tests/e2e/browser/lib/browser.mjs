// The browser, and what every page is held to: no error, no refused style or script, no other host.

import assert from "node:assert/strict";
import { chromium } from "playwright-core";
import { PATIENCE_MS } from "./runtime.mjs";

const CHROMIUM = process.env.SIGNALBOX_CHROMIUM ?? "/usr/bin/chromium";

const ARGUMENTS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export function startBrowser() {
  return chromium.launch({ executablePath: CHROMIUM, args: ARGUMENTS });
}

/** A page of its own session. `problems` collects what no page may do. */
export async function newPage(browser, runtime, { owner = true, ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  const problems = [];
  page.on("pageerror", (error) => problems.push(`page error: ${error.message}`));
  page.on("console", (message) => {
    if (/Content Security Policy/i.test(message.text())) problems.push(message.text());
  });
  page.on("request", (request) => {
    const { protocol, host } = new URL(request.url());
    if (/^https?:$/.test(protocol) && host !== new URL(runtime.url).host) problems.push(`remote request: ${request.url()}`);
  });
  if (owner) {
    await page.goto(await runtime.ownerLink());
    await page.waitForURL(/#\/timeline/);
  }
  return {
    page,
    problems,
    go: (hash) => page.goto(`${runtime.url}/app/${hash}`),
    async close() {
      await context.close();
      assert.deepEqual(problems, []);
    },
  };
}

/** Waits until live events reach the page. */
export const isLive = (page) => page.locator('[data-testid="runtime-badge"][data-live="live"]').waitFor();

export const rows = (page, type) => page.locator(`[data-testid="timeline"] [data-event-type="${type}"]`);
