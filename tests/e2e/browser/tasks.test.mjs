// The board of tasks and the files: an agent with nothing but HTTP on one side, a person on the other.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { isLive, newPage, startBrowser } from "./lib/browser.mjs";
import { startRuntime } from "./lib/runtime.mjs";

/** Eight pixels wide and high, red. */
const PICTURE = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAEUlEQVR42mN4YGCAFTEMLQkAbplQAYqyLckAAAAASUVORK5CYII=",
  "base64",
);

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

const asAgent = (path, body) => runtime.postAsLocal(path, body);
const taskOf = (id) => runtime.ask("GET", `/tasks/${id}`, undefined, { token: null });
const column = (page, name) => page.getByRole("region", { name: new RegExp(`^${name}`) });

async function keep(content) {
  const response = await fetch(`${runtime.url}/files`, { method: "POST", body: content });
  assert.equal(response.status, 201);
  return (await response.json()).hash;
}

async function openBoard(options = {}) {
  const board = await newPage(browser, runtime, options);
  await board.go("#/tasks");
  await isLive(board.page);
  return board;
}

test("an agent asks, the person claims and finishes, the agent reads the result", async () => {
  const { page, close } = await openBoard();
  await page.getByText("signalbox task new").waitFor();
  const { id } = await asAgent("/tasks", { from: "agent.ann", title: "Sweep the hall", context: { where: "north" } });
  await column(page, "Open").getByText("Sweep the hall").waitFor();
  // By keyboard alone: to the card, claim, finish.
  await page.keyboard.press("j");
  await page.keyboard.press("c");
  await column(page, "Claimed").getByText("human.you").waitFor();
  assert.equal((await taskOf(id)).claimed_by, "human.you");
  await page.keyboard.press("d");
  const result = page.getByRole("form", { name: "Finish: Sweep the hall" }).getByLabel("Result");
  await result.fill('{"swept": tru');
  await page.getByText(/begins as JSON and is none/).waitFor();
  assert.ok(await page.getByRole("button", { name: "Finish the task" }).isDisabled());
  await result.fill('{"swept": true}');
  await result.press("Control+Enter");
  await column(page, "Done").getByText("Sweep the hall").waitFor();
  const details = page.getByTestId("task-inspector");
  await details.getByText("swept:").waitFor();
  await details.getByText(/finished/i).first().waitFor();
  assert.deepEqual(JSON.parse((await taskOf(id)).result), { swept: true });
  const history = await (await fetch(`${runtime.url}/ch/tasks/history`)).text();
  assert.deepEqual(
    history.split("\n").map((line) => JSON.parse(line).type),
    ["task.created", "task.claimed", "task.done"],
  );
  await page.keyboard.press("Escape");
  await details.waitFor({ state: "detached" });
  await close();
});

test("of two windows one has the task, and the other says who", async () => {
  const { id } = await asAgent("/tasks", { from: "agent.ann", title: "Only once" });
  const first = await openBoard();
  const second = await openBoard();
  const claim = (page) => page.getByRole("button", { name: "Claim: Only once" });
  await claim(first.page).waitFor();
  await claim(second.page).waitFor();
  // An agent is faster than the second window can see.
  await second.page.route("**/tasks/*/claim", async (route) => {
    await asAgent(`/tasks/${id}/claim`, { from: "agent.bob", lease_s: 3600 });
    await route.continue();
  });
  await claim(second.page).click();
  const told = second.page.getByRole("alert");
  await told.getByText("agent.bob holds this task.").waitFor();
  await told.getByText(/You can ask them to stop/).waitFor();
  await column(first.page, "Claimed").getByText("agent.bob").waitFor();
  await column(first.page, "Claimed").getByText(/lease ends in/).waitFor();
  // Nor can the person finish what another holds; the holder can be asked to stop.
  await first.page.getByRole("button", { name: "Only once", exact: true }).focus();
  await first.page.keyboard.press("d");
  await first.page.getByRole("alert").getByText(/Only agent.bob can end it/).waitFor();
  await first.page.keyboard.press("i");
  await first.page.getByLabel("Why they should stop").fill("the hall is locked");
  await first.page.getByLabel("Why they should stop").press("Control+Enter");
  await first.page.getByTestId("task-inspector").getByRole("button", { name: /the hall is locked/ }).waitFor();
  await first.close();
  await second.close();
});

test("a person asks, and an agent does it with files that are previewed", async () => {
  const text = await keep("# Report\n\nAll **well**, see the picture.\n\n<img src=x onerror=alert(1)>\n");
  const picture = await keep(PICTURE);
  const { page, go, close } = await openBoard();
  await page.keyboard.press("n");
  const form = page.getByRole("form", { name: "New task" });
  await form.getByLabel("What is to be done").fill("Draw the hall");
  await form.getByLabel("Meant for").fill("agent.bob");
  await form.getByLabel("What whoever does it needs to know").fill("in red");
  await form.getByRole("button", { name: "Ask for it" }).click();
  await column(page, "Open").getByText("Draw the hall").waitFor();
  const [task] = await (await fetch(`${runtime.url}/tasks?status=open&for=agent.bob`)).json();
  assert.deepEqual([task.created_by, task.context], ["human.you", { text: "in red" }]);
  await asAgent(`/tasks/${task.id}/claim`, { from: "agent.bob" });
  await asAgent(`/tasks/${task.id}/done`, { from: "agent.bob", result: { ok: true }, files: [text, picture] });
  await column(page, "Done").getByRole("button", { name: "Draw the hall" }).click();
  const details = page.getByTestId("task-inspector");
  await details.getByText("text/plain").first().waitFor();
  await details.locator(`[data-testid="file"][data-file="${picture}"]`).getByRole("button", { name: /^Preview/ }).click();
  const drawn = details.getByRole("img", { name: /^Picture/ });
  await drawn.waitFor();
  await page.waitForFunction((image) => image.complete && image.naturalWidth === 8, await drawn.elementHandle());
  assert.match(await drawn.getAttribute("src"), /^blob:/);

  await asAgent("/ch/general", { from: "agent.bob", type: "msg.agent", body: { text: "the report" }, files: [text] });
  await go("#/timeline");
  const message = page.locator('[data-event-type="channel.message.published"]');
  await message.getByRole("button", { name: /^File \w+ text\/plain · \d+ B/ }).click();
  const file = page.getByTestId("file-inspector");
  await file.locator("strong", { hasText: "well" }).waitFor();
  assert.equal(await file.locator("img").count(), 0, "what is written in a file is not run");
  await file.getByRole("radio", { name: "Text" }).click();
  await file.getByTestId("file-text").getByText("onerror").waitFor();
  const download = page.waitForEvent("download");
  await file.getByRole("button", { name: "Download" }).click();
  assert.equal((await download).suggestedFilename(), `${text.slice(7, 15)}.txt`);
  await close();
});
