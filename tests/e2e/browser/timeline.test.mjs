// The timeline as a list: what it shows when it opens, and what a talkative run does to it.

import { after, before, test } from "node:test";
import { isLive, newPage, rows, startBrowser } from "./lib/browser.mjs";
import { startRuntime, until } from "./lib/runtime.mjs";

/** More than a page of the API. */
const MANY = 320;
const AT_ONCE = 32;

let runtime;
let browser;
let made;
before(async () => {
  runtime = await startRuntime();
  browser = await startBrowser();
  made = await runtime.room("long");
  let next = 0;
  const post = async () => {
    while (next < MANY) {
      const number = next++;
      await runtime.post(`/v1/threads/${made.thread}/messages`, {
        content_md: `message **${number}** of many ${"word ".repeat(number % 23)}`,
      });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, post));
});
after(async () => {
  await browser?.close();
  await runtime?.stop();
});

const endedAs = (runId, status) =>
  until(`the run ${status}`, async () => (await runtime.get(`/v1/runs/${runId}`)).run.status === status);

test("a run stands in the timeline as one line with its last word, and opens into what it printed", async () => {
  const talk = `i=0; while [ $i -lt ${MANY} ]; do echo "line $i"; i=$((i+1)); done; sleep 0.2; echo the end`;
  const { run_id } = await runtime.command(made.room, ["sh", "-c", talk]);
  await endedAs(run_id, "succeeded");
  const { page, go, close } = await newPage(browser, runtime);
  await go(`#/rooms/${made.room}`);
  const run = rows(page, "run").last();
  await run.getByText("the end", { exact: true }).waitFor();
  await rows(page, "message.created").getByText(`message ${MANY - 1} of many`).waitFor();
  await run.getByRole("button", { name: /Expand/ }).click();
  await rows(page, "tool.output").getByText("the end", { exact: true }).waitFor();
  await close();
});

test("what a run prints while it is watched is its last word at once, and counts as nothing new", async () => {
  const { page, go, close } = await newPage(browser, runtime);
  await go(`#/rooms/${made.room}`);
  await isLive(page);
  await rows(page, "message.created").last().waitFor();
  // Away from the end: whatever is new would be counted.
  await page.getByRole("region", { name: "Timeline" }).hover();
  await page.mouse.wheel(0, -4000);
  const { run_id } = await runtime.command(made.room, ["sh", "-c", "for i in 1 2 3 4 5 6; do echo tick $i; sleep 0.3; done"]);
  await endedAs(run_id, "succeeded");
  // created, claimed, started, completed, and its evidence: not the ticks.
  await page.getByRole("button", { name: "5 new" }).click();
  await rows(page, "run").last().getByText("tick 6", { exact: true }).waitFor();
  await close();
});

test("a date is jumped to by keyboard, and its first event is in view", async () => {
  const { page, go, close } = await newPage(browser, runtime);
  await go(`#/rooms/${made.room}`);
  await rows(page, "message.created").last().waitFor();
  await page.keyboard.press("g");
  await page.keyboard.press("c");
  const today = await page.evaluate(() => new Date().toLocaleDateString("sv"));
  await page.getByLabel("Date", { exact: true }).fill(today);
  await page.keyboard.press("Enter");
  await rows(page, "room.created").waitFor();
  await page.getByRole("button", { name: "Jump to newest" }).click();
  await rows(page, "run").last().waitFor();
  await close();
});
