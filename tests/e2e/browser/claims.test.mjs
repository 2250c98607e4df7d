// An agent comes to a key by itself: it asks over HTTP, the owner confirms in the window, it fetches the key.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { isLive, newPage, startBrowser } from "./lib/browser.mjs";
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

const begin = (username) => runtime.postAsLocal("/auth/init", { username });
const verify = (username, claim_token) =>
  fetch(`${runtime.url}/auth/verify`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ username, claim_token }),
  });
const cardOf = (page, name) => page.getByRole("article", { name: `${name} wants a key on this machine` });

async function openInbox() {
  const inbox = await newPage(browser, runtime);
  await inbox.go("#/approvals");
  await isLive(inbox.page);
  return inbox;
}

async function keyOf(username, claimToken) {
  const answer = await verify(username, claimToken);
  assert.equal(answer.status, 200);
  return (await answer.json()).token;
}

test("a claim appears, is compared and confirmed, and the agent has its key", async () => {
  const { page, close } = await openInbox();
  await page.getByText("Nothing waits for you").waitFor();
  const begun = await begin("bob");
  assert.notEqual((await verify("bob", begun.claim_token)).status, 200, "nothing is given before the owner has answered");
  const card = cardOf(page, "bob");
  await card.getByText(begun.signature).waitFor();
  assert.equal(await card.getByText(/present key ends/).count(), 0);
  await page.locator('[data-need="approvals"]').getByText("1 request waits for you").waitFor({ state: "attached" });
  await card.getByRole("button", { name: "Confirm" }).click();
  await page.getByText("Confirmed: bob can fetch the key now.").waitFor();
  await card.waitFor({ state: "detached" });
  const token = await keyOf("bob", begun.claim_token);
  const published = await fetch(`${runtime.url}/api/publish`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify({ channel: "agent.bob.updates", payload: { hello: true } }),
  });
  assert.equal(published.status, 200, await published.text());
  await page.getByRole("radio", { name: "Decided" }).click();
  await card.getByText("key fetched").waitFor();
  await close();
});

test("who would lose a key by it is said, and by keyboard it is refused", async () => {
  const { page, close } = await openInbox();
  const begun = await begin("bob");
  const card = cardOf(page, "bob");
  await card.getByText(/the present key ends at once/).waitFor();
  await page.keyboard.press("c");
  assert.equal(await card.evaluate((element) => element === document.activeElement), true, "the first press only goes there");
  await page.keyboard.press("r");
  await page.getByText("Refused: bob gets no key.").waitFor();
  await until("the claim is refused", async () => (await runtime.get("/v1/claims")).claims[0].state === "refused");
  assert.notEqual((await verify("bob", begun.claim_token)).status, 200);
  await close();
});
