// A room with very many events stays a page with few elements, and all of it can be reached.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { isLive, newPage, rows, startBrowser } from "./lib/browser.mjs";
import { startRuntime, until } from "./lib/runtime.mjs";

const EVENTS = Number(process.env.SIGNALBOX_E2E_EVENTS ?? 100_000);
const AT_ONCE = 64;
/** Elements of the whole page, however many events there are. */
const ELEMENTS_MAX = 3000;
/** How often the list is scrolled a page up. */
const PAGES_SCROLLED = 40;

let runtime;
let browser;
let room;
before(async () => {
  runtime = await startRuntime();
  browser = await startBrowser();
  const made = await runtime.room("ocean");
  room = made.room;
  let next = 0;
  const post = async () => {
    while (next < EVENTS) {
      const number = next;
      next += 1;
      await runtime.post(`/v1/threads/${made.thread}/messages`, { content_md: `drop ${number}` });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, post));
});
after(async () => {
  await browser?.close();
  await runtime?.stop();
});

const elements = (page) => page.evaluate(() => document.querySelectorAll("*").length);
const drawn = (page) => rows(page, "message.created").evaluateAll((found) => found.map((row) => Number(row.dataset.position)));

test(`a room with ${EVENTS} events`, async (t) => {
  const { page, go, close } = await newPage(browser, runtime);
  await go(`#/rooms/${room}`);
  await isLive(page);
  await rows(page, "message.created").last().waitFor();
  const list = page.getByRole("region", { name: "Timeline" });

  await t.test("opens at the newest, with few elements", async () => {
    await until("the newest is drawn", async () => Math.max(...(await drawn(page))) >= EVENTS);
    assert.ok((await elements(page)) < ELEMENTS_MAX);
  });

  await t.test("scrolls back through history, always the same few elements, always in order", async () => {
    await list.hover();
    let oldest = Math.min(...(await drawn(page)));
    for (let scrolled = 0; scrolled < PAGES_SCROLLED; scrolled += 1) {
      await page.mouse.wheel(0, -2000);
      oldest = await until("an older event is drawn", async () => {
        const now = Math.min(...(await drawn(page)));
        return now < oldest ? now : null;
      });
      const positions = await drawn(page);
      assert.deepEqual(positions, positions.toSorted((a, b) => a - b));
      assert.ok((await elements(page)) < ELEMENTS_MAX);
    }
  });

  await t.test("reaches the very first event and comes back to the newest", async () => {
    await page.getByRole("button", { name: "Jump to oldest" }).click();
    await rows(page, "room.created").waitFor();
    assert.ok((await elements(page)) < ELEMENTS_MAX);
    await page.getByRole("button", { name: "Jump to newest" }).click();
    await until("the newest is drawn", async () => Math.max(...(await drawn(page))) >= EVENTS);
  });

  await t.test("goes on live", async () => {
    const { threads } = await runtime.get(`/v1/rooms/${room}/threads`);
    await runtime.post(`/v1/threads/${threads[0].thread_id}/messages`, { content_md: "one more drop" });
    await rows(page, "message.created").getByText("one more drop").waitFor();
    assert.ok((await elements(page)) < ELEMENTS_MAX);
  });
  await close();
});
