// From what needs the owner to what it was: a failed run, its cause in the inspector, and the end of its incident.

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

const need = (page, name) => page.locator(`[data-need="${name}"]`);
const row = (page, text) => page.locator("[data-notification]").filter({ hasText: text });
const incidentOf = async (runId) => (await runtime.get(`/v1/incidents?run_id=${runId}`)).incidents[0];

/** A run that fails, and the incident that it opens. */
async function fail(room, script) {
  const { run_id } = await runtime.command(room, ["sh", "-c", script]);
  await until("the run failed", async () => (await runtime.get(`/v1/runs/${run_id}`)).run.status === "failed");
  return run_id;
}

test("a failed run is followed to its cause, and its incident is explained and closed", async () => {
  const { page, go, close } = await newPage(browser, runtime);
  await go("#/notifications");
  await page.getByText("Nothing has needed you yet").waitFor();
  await isLive(page);
  const { room } = await runtime.room("root cause");
  const runId = await fail(room, "echo the disk is read-only >&2; exit 3");
  await row(page, "the disk").waitFor();
  await need(page, "failed").getByText("1 run failed since you looked").waitFor();
  await need(page, "incidents").getByText("1 incident is open").waitFor();

  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  await page.waitForURL(new RegExp(`#/runs/${runId}\\?event=`));
  const inspector = page.getByTestId("inspector");
  await inspector.locator('[data-event-type="tool.invoked"]').waitFor();
  await page.getByTestId("run-output").getByText("the disk is read-only").first().waitFor();

  await page.goBack();
  await row(page, "the disk").getByRole("link", { name: /^Open the incident/ }).click();
  await page.waitForURL(/#\/incidents\/inc_/);
  const end = page.getByRole("button", { name: /^(Save and close|Close incident)$/ });
  await page.getByText("The root cause is not written yet").waitFor();
  assert.equal(await end.isDisabled(), true);
  await page.getByLabel("Root cause").fill("The volume was mounted read-only after the update.");
  assert.equal(await end.isDisabled(), true);
  await page.getByLabel("What was learned").fill("Check the mount before the release starts.");
  await end.click();
  await page.locator('[data-incident-status="closed"]').waitFor();
  await page.getByText("Check the mount before the release starts.").first().waitFor();
  assert.equal((await incidentOf(runId)).status, "closed");
  await need(page, "incidents").getByText("1 incident is open").waitFor({ state: "detached" });
  await close();
});

test("what was read is read in every window, and what came since is above the line", async () => {
  const { room } = await runtime.room("read");
  const { page, go, close } = await newPage(browser, runtime);
  await go("#/notifications");
  await isLive(page);
  await fail(room, "echo first; exit 1");
  await row(page, "echo first").waitFor();
  await page.getByRole("button", { name: "Mark all read" }).click();
  await page.getByText(/^Nothing new since/).waitFor();
  await need(page, "failed").getByText(/run failed/).waitFor({ state: "detached" });
  await close();

  await fail(room, "echo second; exit 1");
  const other = await newPage(browser, runtime);
  await other.go("#/notifications");
  await row(other.page, "echo second").waitFor();
  await other.page.getByTestId("summary").filter({ hasText: /^Since .*: 1 run failed/ }).waitFor();
  assert.equal(await row(other.page, "echo second").getAttribute("data-unread"), "true");
  assert.equal(await row(other.page, "echo first").getAttribute("data-unread"), null);
  await other.page.getByTestId("last-looked").waitFor();
  await other.close();
});

test("a request is opened from its notification, which says when it was decided", async () => {
  const { page, go, close } = await newPage(browser, runtime);
  const { approval_id } = await runtime.postAsLocal("/v1/approvals", {
    action: "email.send",
    target: "team@example.com",
    title: "Tell everybody",
    actor_type: "agent",
    actor_id: "mailer",
  });
  await go("#/notifications?reason=blocked");
  await isLive(page);
  await row(page, "Tell everybody").getByText("Waits for you").waitFor();
  await runtime.post(`/v1/approvals/${approval_id}/decide`, { decision: "deny" });
  await row(page, "Tell everybody").getByText("Denied").waitFor();
  await row(page, "Tell everybody").getByRole("link").click();
  await page.waitForURL(new RegExp(`#/approvals/${approval_id}`));
  await close();
});

test("a room is unread until it is on screen", async () => {
  const { room, thread } = await runtime.room("unread");
  await runtime.post(`/v1/threads/${thread}/messages`, { content_md: "hello" });
  const { page, go, close } = await newPage(browser, runtime);
  await go("#/runs");
  await isLive(page);
  const link = page.getByRole("navigation", { name: "Rooms" }).getByRole("link", { name: /^unread/ });
  await link.getByText(/unread event/).waitFor();
  await link.click();
  const readingOf = async () => (await runtime.get("/v1/rooms")).rooms.find((each) => each.room_id === room);
  await until("the server knows that it was read", async () => (await readingOf()).unread === 0);
  await go("#/runs");
  await page.reload();
  await isLive(page);
  assert.equal(await link.getByText(/unread event/).count(), 0);
  await close();
});

test("an incident is opened by hand, from the keyboard", async () => {
  const { page, go, close } = await newPage(browser, runtime);
  await go("#/timeline");
  await page.keyboard.press("g");
  await page.keyboard.press("i");
  await page.waitForURL(/#\/incidents/);
  await page.getByRole("button", { name: "Open an incident" }).click();
  await page.getByLabel("What went wrong").fill("The wrong version is named");
  await page.keyboard.press("Enter");
  await page.waitForURL(/#\/incidents\/inc_/);
  await page.getByRole("heading", { name: "The wrong version is named", level: 1 }).waitFor();
  await close();
});

test("incidents of one cause are closed together, each with its own record", async () => {
  const room = (await runtime.room("one cause")).room;
  const runs = [await fail(room, "echo one; exit 7"), await fail(room, "echo two; exit 7")];
  const [first, second] = await Promise.all(runs.map(incidentOf));
  await runtime.post(`/v1/incidents/${first.incident_id}/rca`, { analysis: "found before" });
  const { page, go, close } = await newPage(browser, runtime);
  await go("#/incidents");
  await page.getByRole("button", { name: "Close several…" }).click();
  for (const { title } of [first, second]) await page.getByRole("checkbox", { name: `Choose ${title}` }).check();
  await page.getByLabel("Root cause of all of them").fill("The network was down");
  await page.getByLabel("What was learned").fill("Retry");
  await page.getByRole("button", { name: "Close 2 incidents" }).click();
  await page.getByTestId("closed-many").getByText("2 closed").waitFor();
  const ended = await Promise.all(runs.map(incidentOf));
  assert.deepEqual(ended.map(({ status }) => status), ["closed", "closed"]);
  assert.deepEqual(ended.map(({ rca }) => rca.analysis), ["found before", "The network was down"]);
  assert.deepEqual(ended.map(({ learning_count }) => learning_count), [1, 1]);
  await close();
});

test("without the owner's session an incident can be read, and not closed", async () => {
  const { room } = await runtime.room("readers");
  const runId = await fail(room, "echo readers; exit 1");
  const { incident_id } = await incidentOf(runId);
  const { page, go, close } = await newPage(browser, runtime, { owner: false });
  await go(`#/incidents/${incident_id}`);
  await page.getByText("signalbox open").waitFor();
  assert.equal(await page.getByRole("button", { name: /^(Save and close|Close incident)$/ }).count(), 0);
  await go("#/notifications");
  await row(page, "echo readers").waitFor();
  assert.equal(await page.locator("[data-unread]").count(), 0);
  await close();
});
