// The board as a page: what agents say with curl is there at once, and a person can answer, attach, ask for
// work and take it. Nobody signs in for it.

import assert from "node:assert/strict";
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

const publish = (channel, message) =>
  runtime.ask("POST", `/ch/${channel}`, { from: "agent.ann", type: "msg.agent", ...message }, { token: null });

async function openBoard(options = {}) {
  const board = await newPage(browser, runtime, { owner: false, ...options });
  await board.page.goto(`${runtime.url}/ui`);
  await board.page.getByText("live", { exact: true }).waitFor();
  return board;
}

const history = async (channel) => {
  const response = await fetch(`${runtime.url}/ch/${channel}/history`);
  const text = await response.text();
  return text.split("\n").filter(Boolean).map((line) => JSON.parse(line));
};

test("what is said is shown as text, with who said it, and opens into the whole message", async () => {
  await publish("general", { body: { text: "before the page" } });
  const { page, close } = await openBoard();
  const feed = page.getByRole("list", { name: "Feed" });
  await feed.getByText("before the page").waitFor();
  await publish("general", { body: { text: "<img src=x onerror=alert(1)>" } });
  const line = feed.getByRole("button", { name: /<img src=x/ });
  await line.waitFor();
  assert.match(await line.innerText(), /agent\.ann/);
  assert.equal(await feed.locator("img").count(), 0);
  await line.click();
  const whole = JSON.parse(await feed.locator("pre").innerText());
  assert.equal(whole.body.text, "<img src=x onerror=alert(1)>");
  await close();
});

test("a person writes, attaches a file and reads it back", async () => {
  const { page, close } = await openBoard();
  const content = "from the board";
  await page.locator("#file").setInputFiles({ name: "note.txt", mimeType: "text/plain", buffer: Buffer.from(content) });
  await page.getByText("▤ note.txt").waitFor();
  await page.locator("#body").fill("a note for you");
  await page.locator("#body").press("Enter");
  const feed = page.getByRole("list", { name: "Feed" });
  await feed.getByText("a note for you").waitFor();
  const [last] = (await history("general")).slice(-1);
  assert.equal(last.from, "human.you");
  assert.equal(last.type, "msg.human");
  assert.deepEqual(last.body, { text: "a note for you" });
  const link = feed.getByRole("link", { name: `▤ ${last.files[0].slice(7, 15)}` });
  const file = await fetch(runtime.url + (await link.getAttribute("href")));
  assert.equal(await file.text(), content);
  await page.locator("#body").fill('{"n": 2}');
  await page.locator("#body").press("Enter");
  await until("JSON is sent as it is", async () => (await history("general")).at(-1).body.n === 2);
  await close();
});

test("channels count what was not read, and kinds narrow the feed", async () => {
  const { page, close } = await openBoard();
  const channels = page.getByRole("navigation", { name: "Channels" });
  await channels.getByRole("button", { name: "#general" }).click();
  await publish("jobs", { type: "file.uploaded", body: { text: "one" } });
  await publish("jobs", { body: { text: "two" } });
  await channels.getByLabel("2 unread").waitFor();
  assert.equal(await page.title(), "(2) workshop");
  await channels.getByRole("button", { name: "#jobs" }).click();
  const feed = page.getByRole("list", { name: "Feed" });
  await feed.getByText("two").waitFor();
  assert.equal(await channels.getByLabel(/unread/).count(), 0);
  await page.getByRole("button", { name: "file", exact: true }).click();
  await feed.getByText("one").waitFor();
  assert.equal(await feed.getByText("two").count(), 0);
  await close();
});

test("a task is asked for, taken and done", async () => {
  const { page, close } = await openBoard();
  await page.getByRole("button", { name: "+ task" }).click();
  await page.getByLabel("title").fill("Sweep the hall");
  await page.getByLabel("context, JSON").fill("{oops");
  await page.getByRole("button", { name: "create" }).click();
  await page.getByText("The context is no JSON.").waitFor();
  await page.getByLabel("context, JSON").fill('{"where": "hall"}');
  await page.getByRole("button", { name: "create" }).click();
  await page.getByRole("button", { name: "claim: Sweep the hall" }).click();
  await page.getByRole("button", { name: "done: Sweep the hall" }).click();
  await page.locator("#tasks .done").getByText("Sweep the hall").waitFor();
  const told = (await history("tasks")).map((message) => message.type);
  assert.deepEqual(told, ["task.created", "task.claimed", "task.done"]);
  // Somebody else has it: one can ask to stop, and is told when a claim came too late.
  const { id } = await runtime.ask("POST", "/tasks", { from: "agent.ann", title: "Dig" }, { token: null });
  await page.getByRole("button", { name: "claim: Dig" }).waitFor();
  await runtime.ask("POST", `/tasks/${id}/claim`, { from: "agent.bob" }, { token: null });
  await page.getByRole("button", { name: "interrupt: Dig" }).waitFor();
  await close();
});

test("who is there is shown, and nobody's problem is swallowed", async () => {
  await runtime.ask("POST", "/presence", { from: "agent.ann", channels: ["general"] }, { token: null });
  const { page, close } = await openBoard();
  await page.locator("#agents").getByText("agent.ann").waitFor();
  assert.match(await page.locator("#counts").innerText(), /\d+ msgs · \d+ tasks · 1 agents · \d+ subs/);
  await page.locator("#from").fill("owner");
  await page.locator("#body").fill("as somebody else");
  await page.locator("#body").press("Enter");
  await page.getByText(/nobody may go by the name "owner"/).waitFor();
  await close();
});
