// The approvals inbox: an agent asks by HTTP, the owner answers from the keyboard.

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

const card = (page, title) => page.getByRole("article", { name: title });
const badge = (page) => page.getByRole("navigation", { name: "Views" }).getByRole("status");

/** As an agent with curl would: without any token. */
async function ask(title, more = {}) {
  const { approval_id } = await runtime.postAsLocal("/v1/approvals", {
    action: "email.send",
    target: "team@example.com",
    payload: { subject: title },
    title,
    actor_type: "agent",
    actor_id: "mailer",
    ...more,
  });
  return approval_id;
}

const statusOf = async (id) => (await runtime.get(`/v1/approvals/${id}`)).approval.status;

test("an agent asks, the card appears, and one key approves it once its time to undo is over", async () => {
  const { page, go, close } = await newPage(browser, runtime);
  await go("#/approvals");
  await page.getByText("Nothing waits for you").waitFor();
  await isLive(page);
  const id = await ask("Tell the team");
  await card(page, "Tell the team").waitFor();
  assert.match(await badge(page).textContent(), /1 request waits for you/);

  await page.keyboard.press("j");
  await page.keyboard.press("a");
  await card(page, "Tell the team").getByRole("button", { name: "Undo" }).waitFor();
  assert.equal(await statusOf(id), "pending", "nothing has happened yet");
  await card(page, "Tell the team").waitFor({ state: "detached" });
  const { approval } = await runtime.get(`/v1/approvals/${id}`);
  assert.equal(approval.status, "approved");
  assert.deepEqual(approval.scope, { type: "once" });
  await page.getByText("Nothing waits for you").waitFor();
  await go("#/timeline");
  await rows(page, "approval.requested").getByText("email.send").waitFor();
  await rows(page, "approval.decided").getByText("approved email.send").waitFor();
  await close();
});

test("an external write that was approved once goes ahead once, and is asked for again", async () => {
  const write = () =>
    runtime.postAsLocal("/v1/egress/requests", {
      method: "POST",
      target_url: "https://api.example.com/orders",
      payload: { amount: 3 },
    });
  const { page, go, close } = await newPage(browser, runtime);
  await go("#/approvals");
  await page.getByText("Nothing waits for you").waitFor();
  await isLive(page);
  assert.equal((await write()).decision, "require_approval");
  const asked = card(page, "Egress request to api.example.com");
  await asked.getByRole("button", { name: "Approve once" }).click();
  await asked.waitFor({ state: "detached" });
  assert.equal((await write()).decision, "allow");
  const again = await write();
  assert.equal(again.decision, "require_approval");
  await asked.getByText("Exactly the same was").waitFor();
  await runtime.post(`/v1/approvals/${again.approval_id}/decide`, { decision: "deny" });
  await asked.waitFor({ state: "detached" });
  await close();
});

test("what is asked again is compared with what was decided before", async () => {
  const before = await ask("First price", { target: "shop", payload: { price: 12, currency: "EUR" } });
  await runtime.post(`/v1/approvals/${before}/decide`, { decision: "deny", reason: "too cheap" });
  const id = await ask("Second price", { target: "shop", payload: { price: 14, currency: "EUR" } });
  const { page, go, close } = await newPage(browser, runtime);
  await go("#/approvals");
  const compared = card(page, "Second price").getByRole("region", { name: "Compared with the last one like it" });
  await compared.getByText("you denied it · too cheap").waitFor();
  assert.deepEqual(await compared.locator("del, ins").allTextContents(), ["before: 12", "now: 14"]);
  await compared.getByRole("link", { name: "asked" }).click();
  await page.waitForURL(new RegExp(`#/approvals/${before}`));
  await runtime.post(`/v1/approvals/${id}/decide`, { decision: "deny" });
  await close();
});

test("who comes second is told, and sees how it was decided", async () => {
  const { page, go, close } = await newPage(browser, runtime);
  const id = await ask("Contested");
  await go(`#/approvals/${id}`);
  const found = card(page, "Contested");
  await found.getByRole("button", { name: "Approve once" }).click();
  await found.getByRole("button", { name: "Undo" }).waitFor();
  await runtime.post(`/v1/approvals/${id}/decide`, { decision: "deny", reason: "faster" });
  await page.locator(`[data-approval-id="${id}"][data-approval-status="denied"]`).waitFor();
  await page.getByRole("alert").getByText("Somebody was faster").waitFor();
  assert.equal(await statusOf(id), "denied");
  await close();
});

test("undo and leaving the page take a decision back", async () => {
  const { page, go, close } = await newPage(browser, runtime);
  const id = await ask("Hasty");
  await go("#/approvals");
  await card(page, "Hasty").waitFor();
  await page.keyboard.press("j");
  await page.keyboard.press("a");
  await card(page, "Hasty").getByRole("button", { name: "Undo" }).waitFor();
  await page.keyboard.press("u");
  await card(page, "Hasty").getByRole("button", { name: "Approve once" }).waitFor();
  await page.keyboard.press("a");
  await card(page, "Hasty").getByRole("button", { name: "Undo" }).waitFor();
  await page.keyboard.press("g");
  await page.keyboard.press("t");
  await page.waitForURL(/#\/timeline/);
  await page.keyboard.press("g");
  await page.keyboard.press("a");
  await page.getByText(/“Hasty” was sent/).waitFor();
  assert.equal(await statusOf(id), "pending");
  await close();
});

test("a command of somebody else waits, says so in its run, and runs when it is approved", async () => {
  const { room } = await runtime.room("commands");
  const { run_id } = await runtime.postAsLocal("/v1/runs", {
    room_id: room,
    title: "say hello",
    input: { command: { argv: ["echo", "hello from the agent"] } },
  });
  const { page, go, close } = await newPage(browser, runtime);
  await go(`#/runs/${run_id}`);
  await page.getByRole("link", { name: "Open the approval" }).click();
  await page.waitForURL(/#\/approvals\//);
  await page.getByRole("button", { name: "Approve once" }).click();
  await until("the run ended", async () => (await runtime.get(`/v1/runs/${run_id}`)).run.status === "succeeded");
  await close();
});

test("the kill switch is turned in the settings and shown in every view", async () => {
  const { page, go, close } = await newPage(browser, runtime);
  await go("#/settings");
  await page.getByRole("button", { name: "Turn on now" }).click();
  const banner = page.getByTestId("kill-switch-banner");
  await banner.waitFor();
  assert.equal((await runtime.get("/v1/policy/kill-switch")).enabled, true);
  await go("#/runs");
  await banner.waitFor();
  await go("#/settings");
  await page.getByRole("button", { name: "Turn off…" }).click();
  await page.getByRole("button", { name: "Turn off", exact: true }).click();
  await banner.waitFor({ state: "detached" });
  assert.equal((await runtime.get("/v1/policy/kill-switch")).enabled, false);
  await close();
});

test("without the owner's session it is read-only and says how to become the owner", async () => {
  await ask("Look only");
  const { page, go, close } = await newPage(browser, runtime, { owner: false });
  await go("#/approvals");
  await card(page, "Look only").waitFor();
  await page.getByText("signalbox open").waitFor();
  assert.equal(await page.getByRole("button", { name: /Approve|Deny/ }).count(), 0);
  await close();
});
