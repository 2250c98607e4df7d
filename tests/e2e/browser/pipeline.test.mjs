// Seeing what happened: the board moves as a run goes on, a correlation is opened from an event, an approval is taken back.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { isLive, newPage, rows, startBrowser } from "./lib/browser.mjs";
import { startRuntime, until } from "./lib/runtime.mjs";

let runtime;
let browser;
let room;
before(async () => {
  runtime = await startRuntime();
  browser = await startBrowser();
  room = (await runtime.room("pipeline")).room;
});
after(async () => {
  await browser?.close();
  await runtime?.stop();
});

const stage = (page, name) => page.locator(`[data-stage="${name}"]`);
const card = (page, name, id) => stage(page, name).locator(`[data-entity-id="${id}"]`);

/** A command of an agent: it waits for the owner. */
async function asked(title, argv) {
  const { run_id } = await runtime.postAsLocal("/v1/runs", {
    room_id: room,
    title,
    input: { command: { argv } },
    actor_type: "agent",
    actor_id: "builder",
  });
  const { run } = await runtime.get(`/v1/runs/${run_id}`);
  return { run_id, approval_id: run.waiting_approval_id };
}

test("an empty board says what will appear and what makes it appear", async () => {
  const { page, go, close } = await newPage(browser, runtime);
  await go("#/pipeline");
  await page.getByText("Nothing is under way").waitFor();
  await page.getByRole("link", { name: "Start something" }).waitFor();
  await close();
});

test("a run goes through the columns live: it waits, it works, it is to be reviewed", async () => {
  const { page, go, close } = await newPage(browser, runtime);
  await go("#/pipeline");
  await isLive(page);
  const { run_id, approval_id } = await asked("Slow build", ["sh", "-c", "echo built; sleep 2"]);
  await stage(page, "2_pending_approval").getByText("Slow build").first().waitFor();
  await runtime.post(`/v1/approvals/${approval_id}/decide`, { decision: "approve" });
  await card(page, "3_execute_workspace", run_id).waitFor();
  await card(page, "4_review_evidence", run_id).waitFor();
  await card(page, "2_pending_approval", run_id).waitFor({ state: "detached" });
  assert.match(await stage(page, "4_review_evidence").locator("h2").innerText(), /To review\s+1/);

  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  await page.getByTestId("evidence").waitFor();
  await page.getByTestId("evidence").getByRole("button", { name: "Verify" }).click();
  await page.locator('[data-check="valid"]').waitFor();
  await page.getByTestId("course").getByText(/waited .* for approval by owner/).waitFor();
  await close();
});

test("all that belongs together is one click from an event, across runs and rooms", async () => {
  const correlation = "corr_of_the_browser_test";
  const other = (await runtime.room("elsewhere")).room;
  const command = (argv) => ({ title: argv.join(" "), input: { command: { argv } }, correlation_id: correlation });
  const first = await runtime.post("/v1/runs", { room_id: room, ...command(["echo", "one"]) });
  await runtime.post("/v1/runs", { room_id: other, ...command(["false"]) });
  await until("the run ended", async () => (await runtime.get(`/v1/runs/${first.run_id}`)).run.status === "succeeded");
  const { events } = await runtime.get(`/v1/events?run_id=${first.run_id}&event_type=run.completed`);

  const { page, go, close } = await newPage(browser, runtime);
  await go(`#/rooms/${room}?event=${events[0].event_id}`);
  await page.getByTestId("event-inspector").getByRole("link", { name: "All that belongs to it" }).click();
  const tree = page.getByTestId("correlation");
  await tree.getByText("2 runs").waitFor();
  await tree.getByText("2 rooms").waitFor();
  assert.match(page.url(), new RegExp(`#/correlation/${correlation}`));
  await tree.locator(`[data-kind="run"][data-selected]`).getByText("echo one").waitFor();

  await page.keyboard.press("Escape");
  await isLive(page);
  await runtime.post("/v1/runs", { room_id: other, ...command(["echo", "three"]) });
  await tree.getByText("3 runs").waitFor();
  await tree.getByText("echo three").first().waitFor();
  await close();
});

test("an approval that stays is taken back, and allows nothing from then on", async () => {
  const { approval_id: id } = await runtime.postAsLocal("/v1/approvals", {
    action: "email.send",
    target: "team@example.com",
    payload: { subject: "Again" },
    title: "Tell the team, always",
    actor_type: "agent",
    actor_id: "mailer",
  });
  await runtime.post(`/v1/approvals/${id}/decide`, { decision: "approve", scope: { type: "workspace" } });
  const { page, go, close } = await newPage(browser, runtime);
  await go(`#/approvals/${id}`);
  const found = page.getByRole("article", { name: "Tell the team, always" });
  await found.getByRole("button", { name: "Take back" }).click();
  await found.getByRole("button", { name: "Undo" }).waitFor();
  assert.equal((await runtime.get(`/v1/approvals/${id}`)).approval.status, "approved", "nothing has happened yet");
  await found.getByText("taken back").waitFor();
  const { approval } = await runtime.get(`/v1/approvals/${id}`);
  assert.equal(approval.ended_by, "revoked");
  await found.getByRole("button", { name: "Take back" }).waitFor({ state: "detached" });
  await go("#/timeline");
  await rows(page, "approval.expired").first().waitFor();
  await close();
});
