// A room: create it, talk in it, watch it live, start work in it and stop that again.

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

test("create a room and a thread, and post a message", async () => {
  const { page, go, close } = await newPage(browser, runtime);
  await go("#/rooms");
  await page.getByRole("button", { name: "New room" }).last().click();
  await page.getByLabel("Name").fill("harbour");
  await page.getByLabel("What it is for").fill("ships and tides");
  await page.getByRole("button", { name: "Create room" }).click();
  await page.waitForURL(/#\/rooms\/room_/);
  await page.getByRole("heading", { name: "harbour", level: 1 }).waitFor();

  await page.getByRole("button", { name: "All threads" }).click();
  await page.getByRole("menuitem", { name: "New thread" }).click();
  await page.getByLabel("Name of the thread").fill("arrivals");
  await page.getByRole("button", { name: "Create thread" }).click();
  await page.waitForURL(/thread=th_/);

  await page.getByLabel("Message to harbour").fill("two **ships** at noon");
  await page.keyboard.press("Enter");
  await rows(page, "message.created").getByText("ships").waitFor();
  assert.equal(await rows(page, "message.created").locator("strong").innerText(), "ships");

  await page.reload();
  await rows(page, "message.created").getByText("ships").waitFor();
  assert.equal(await rows(page, "message.created").count(), 1);
  await close();
});

test("a message posted elsewhere appears by itself, once, and cannot do harm", async () => {
  const { room, thread } = await runtime.room("live");
  const { page, go, close } = await newPage(browser, runtime);
  await go(`#/rooms/${room}`);
  await rows(page, "thread.created").waitFor();
  await isLive(page);
  await runtime.postAsLocal(`/v1/threads/${thread}/messages`, {
    content_md: "from *curl* <img src=https://example.org/a.png> ![spy](https://example.org/b.png) [x](javascript:alert(1))",
  });
  await rows(page, "message.created").getByText("curl").waitFor();
  assert.equal(await rows(page, "message.created").count(), 1);
  assert.equal(await page.locator("img").count(), 0);
  assert.equal(await page.locator('a[href^="javascript"]').count(), 0);
  // That nothing remote was asked for is checked for every page when it closes.
  await close();
});

test("a command runs, is watched live, and its output keeps its colours", async () => {
  const { room } = await runtime.room("work");
  const { page, go, close } = await newPage(browser, runtime);
  await go(`#/rooms/${room}`);
  await isLive(page);
  await page.getByRole("radio", { name: "Command" }).click();
  const line = page.getByRole("textbox", { name: "Command" });
  await line.fill("sh -c 'printf \"\\033[32mgreen\\033[0m\\n\"; exit 3'");
  assert.deepEqual(await page.locator("form code").allInnerTexts(), [
    "sh",
    "-c",
    'printf "\\033[32mgreen\\033[0m\\n"; exit 3',
  ]);
  await page.getByRole("button", { name: "Run", exact: true }).click();
  const block = rows(page, "run");
  await page.locator('[data-event-type="run"][data-run-status="failed"]').waitFor();
  assert.match(await block.innerText(), /exit 3/);
  await page.keyboard.press("Escape");
  await block.getByRole("button", { name: /Expand/ }).click();
  const green = rows(page, "tool.output").getByText("green", { exact: true });
  await green.waitFor();
  const plain = await page.evaluate(() => getComputedStyle(document.body).color);
  assert.notEqual(await green.evaluate((span) => getComputedStyle(span).color), plain);
  await close();
});

test("a run that goes on is cancelled from its page", async () => {
  const { room } = await runtime.room("long");
  const { run_id } = await runtime.command(room, ["sh", "-c", "echo started; sleep 600"]);
  const { page, go, close } = await newPage(browser, runtime);
  await go(`#/runs/${run_id}`);
  await page.getByTestId("run-output").getByText("started").waitFor();
  await page.getByRole("button", { name: "Cancel run" }).click();
  await page.locator('[data-testid="run"] [data-run-status="cancelled"]').waitFor();
  const { run } = await runtime.get(`/v1/runs/${run_id}`);
  assert.equal(run.status, "cancelled");
  await close();
});

test("what is being read stays in place while events arrive, and a pill counts them", async () => {
  const { room, thread } = await runtime.room("busy");
  const say = (from, to) =>
    Promise.all(
      Array.from({ length: to - from }, (_, index) =>
        runtime.post(`/v1/threads/${thread}/messages`, { content_md: `line ${from + index}` }),
      ),
    );
  await say(0, 60);
  const { page, go, close } = await newPage(browser, runtime);
  await go(`#/rooms/${room}`);
  await isLive(page);
  await rows(page, "message.created").last().waitFor();
  const list = page.getByRole("region", { name: "Timeline" });
  await list.hover();
  await page.mouse.wheel(0, -900);
  const read = await until("the list has come to rest", async () => {
    const before = await firstVisible(list);
    const after = await firstVisible(list);
    return before && after && before.top === after.top && !(await atEnd(list)) ? after : null;
  });
  await say(60, 72);
  await page.getByRole("button", { name: "12 new" }).waitFor();
  const now = await positionOf(list, read.id);
  assert.equal(now, read.top, "the row under the reader's eyes has not moved");

  await page.getByRole("button", { name: "12 new" }).click();
  await page.getByRole("button", { name: /new$/ }).waitFor({ state: "detached" });
  await until("the newest is in view", () => atEnd(list));
  await close();
});

const atEnd = (list) => list.evaluate((box) => box.scrollHeight - box.scrollTop - box.clientHeight < 4);

const firstVisible = (list) =>
  list.evaluate((box) => {
    const edge = box.getBoundingClientRect().top + 60;
    for (const row of box.querySelectorAll("[data-event-id]")) {
      const { top } = row.getBoundingClientRect();
      if (top >= edge) return { id: row.dataset.eventId, top: Math.round(top) };
    }
    return null;
  });

const positionOf = (list, id) =>
  list.evaluate((box, wanted) => {
    const row = box.querySelector(`[data-event-id="${wanted}"]`);
    return row ? Math.round(row.getBoundingClientRect().top) : null;
  }, id);

test("search finds a message and leads to it", async () => {
  const { thread } = await runtime.room("archive");
  await runtime.post(`/v1/threads/${thread}/messages`, { content_md: "the lighthouse keeper wrote this" });
  const { page, go, close } = await newPage(browser, runtime);
  await go("#/timeline");
  await page.keyboard.press("/");
  await page.getByRole("searchbox").fill("lighthouse");
  await page.getByRole("link", { name: /lighthouse keeper/ }).click();
  await page.waitForURL(/#\/rooms\/room_.*event=/);
  await page.getByTestId("inspector").locator("p").getByText("lighthouse keeper").waitFor();
  await rows(page, "message.created").getByText("lighthouse keeper").waitFor();
  await close();
});
