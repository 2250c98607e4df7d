// Every view in both themes and in high contrast, checked by axe, and at 200 % and 900 x 600.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { newPage, rows, startBrowser } from "./lib/browser.mjs";
import { startRuntime, until } from "./lib/runtime.mjs";

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

let runtime;
let browser;
let room;
let runId;
let approvalId;
let incidentId;
let standingId;
let correlationId;
let file;
let doneId;
let ownId;
before(async () => {
  runtime = await startRuntime();
  browser = await startBrowser();
  const made = await runtime.room("accessible");
  room = made.room;
  await runtime.post(`/v1/threads/${made.thread}/messages`, {
    content_md: "# Title\n\nA [link](https://example.org), `code`, and\n\n```\na block\n```\n\n- one\n- two",
  });
  const colours = "for c in 31 32 33 34 35 36 37 90 91 41 42 44; do printf \"\\033[${c}mcolour $c\\033[0m\\n\"; done; echo oops >&2; exit 1";
  runId = (await runtime.command(room, ["sh", "-c", colours])).run_id;
  await until("the run ended", async () => (await runtime.get(`/v1/runs/${runId}`)).run.status === "failed");
  [{ incident_id: incidentId }] = (await runtime.get(`/v1/incidents?run_id=${runId}`)).incidents;
  ({ approval_id: approvalId } = await runtime.postAsLocal("/v1/approvals", {
    action: "email.send",
    target: "team@example.com",
    payload: { subject: "Hello", to: ["one", "two"] },
    title: "Tell the team",
    request: { purpose: "The release is out" },
    room_id: room,
    actor_type: "agent",
    actor_id: "mailer",
  }));
  ({ approval_id: standingId } = await runtime.postAsLocal("/v1/approvals", {
    action: "external.write",
    target: "https://api.example.com/v1/releases",
    title: "Publish",
    actor_type: "agent",
    actor_id: "publisher",
  }));
  await runtime.post(`/v1/approvals/${standingId}/decide`, { decision: "approve", scope: { type: "workspace" } });
  await runtime.postAsLocal("/v1/approvals", {
    action: "external.write",
    target: "https://api.example.com/v1/tags",
    title: "Publish the tag",
    room_id: room,
    actor_type: "agent",
    actor_id: "publisher",
  });
  correlationId = (await runtime.get(`/v1/runs/${runId}`)).run.correlation_id;
  const { id: taskId } = await runtime.postAsLocal("/tasks", { from: "agent.ann", title: "Sweep the hall", for: "agent.bob" });
  await runtime.postAsLocal(`/tasks/${taskId}/claim`, { from: "agent.bob", lease_s: 3600 });
  await runtime.postAsLocal("/tasks", { from: "agent.ann", title: "Feed the walrus" });
  const stored = await fetch(`${runtime.url}/files`, { method: "POST", body: "# Report\n\nAll **well**, [see](https://example.org).\n" });
  file = (await stored.json()).hash;
  ({ id: doneId } = await runtime.postAsLocal("/tasks", { from: "agent.ann", title: "Write the report", context: { pages: 3 } }));
  await runtime.postAsLocal(`/tasks/${doneId}/claim`, { from: "agent.bob" });
  await runtime.postAsLocal(`/tasks/${doneId}/done`, { from: "agent.bob", result: { ok: true }, files: [file] });
  ({ id: ownId } = await runtime.postAsLocal("/tasks", { from: "agent.ann", title: "Read the report" }));
  await runtime.postAsLocal(`/tasks/${ownId}/claim`, { from: "human.you" });
  await runtime.postAsLocal("/ch/general", { from: "agent.bob", type: "msg.agent", body: { text: "here it is" }, files: [file] });
  await runtime.postAsLocal("/auth/init", { username: "dora" });
  await runtime.post("/v1/policy/kill-switch", { enabled: true });
});
after(async () => {
  await browser?.close();
  await runtime?.stop();
});

/** What axe finds, as lines a person can act on. */
async function violations(page) {
  if (!(await page.evaluate(() => "axe" in globalThis))) await page.addScriptTag({ path: AXE });
  const found = await page.evaluate(
    (tags) => globalThis.axe.run(document, { runOnly: { type: "tag", values: tags } }),
    TAGS,
  );
  return found.violations.flatMap((violation) =>
    violation.nodes.map((node) => `${violation.id}: ${node.target.join(" ")} ${node.failureSummary.split("\n").at(-1)?.trim()}`),
  );
}

const views = [
  ["the timeline", () => "#/timeline", (page) => rows(page, "run").waitFor()],
  ["a room with an open run", () => `#/rooms/${room}`, (page) => rows(page, "run").getByRole("button", { name: /Expand/ }).click()],
  ["several rooms", () => `#/timeline?rooms=${room}`, (page) => rows(page, "run").waitFor()],
  ["the inspector", () => `#/rooms/${room}?run=${runId}`, (page) => page.getByTestId("run-inspector").waitFor()],
  ["the runs", () => "#/runs", (page) => page.locator(`[data-run-id="${runId}"]`).waitFor()],
  ["a run", () => `#/runs/${runId}`, (page) => page.getByTestId("run-output").getByText("oops").first().waitFor()],
  ["the approvals", () => "#/approvals", (page) => page.getByRole("article", { name: "Tell the team" }).waitFor()],
  ["an approval", () => `#/approvals/${approvalId}`, (page) => page.getByText(approvalId).waitFor()],
  ["the notifications", () => "#/notifications", (page) => page.locator('[data-notification="run"]').first().waitFor()],
  ["the incidents", () => "#/incidents", (page) => page.locator(`[data-incident-id="${incidentId}"]`).waitFor()],
  ["a new incident", () => "#/incidents?create=true", (page) => page.getByLabel("What went wrong").waitFor()],
  ["an incident", () => `#/incidents/${incidentId}`, (page) => page.getByLabel("Root cause").waitFor()],
  ["an approval that stays", () => `#/approvals/${standingId}`, (page) => page.getByRole("button", { name: "Take back" }).waitFor()],
  [
    "a pattern of targets",
    () => "#/approvals",
    async (page) => {
      const card = page.getByRole("article", { name: "Publish the tag" });
      await card.getByRole("button", { name: /^Reach/ }).click();
      await page.getByRole("menuitemradio", { name: /pattern/ }).click();
      await card.getByText(/asked for so far/).waitFor();
    },
  ],
  ["a correlation", () => `#/correlation/${correlationId}`, (page) => page.locator('[data-kind="run"]').first().waitFor()],
  ["the tasks", () => "#/tasks", (page) => page.getByText("Feed the walrus").waitFor()],
  [
    "the details of a task, with a file",
    () => `#/tasks?task=${doneId}`,
    async (page) => {
      await page.getByTestId("task-inspector").getByRole("button", { name: /^Preview/ }).click();
      await page.getByText("Rendered").waitFor();
    },
  ],
  ["the result of a task", () => `#/tasks?task=${ownId}&act=done`, (page) => page.getByLabel("Result").fill("{oops")],
  ["a new task", () => "#/tasks?create=true", (page) => page.getByLabel("What is to be done").waitFor()],
  ["a file", () => `#/channels/general?file=${file}`, (page) => page.getByTestId("file-inspector").getByText("well").waitFor()],
  ["a claim of a key", () => "#/approvals", (page) => page.getByRole("article", { name: /dora wants a key/ }).waitFor()],
  ["the pipeline", () => "#/pipeline", (page) => page.locator(`[data-entity-id="${runId}"]`).first().waitFor()],
  [
    "the workers",
    () => "#/engines?connect=true",
    async (page) => {
      await page.getByLabel("Name").waitFor();
      await page.getByRole("button", { name: /tokens of/ }).first().click();
      await page.getByRole("button", { name: /^Revoke the token/ }).first().waitFor();
    },
  ],
  ["the rooms", () => "#/rooms?create=true", (page) => page.getByLabel("Name").waitFor()],
  ["search", () => "#/search?q=block", (page) => page.getByRole("link", { name: /block/ }).waitFor()],
  ["diagnostics", () => "#/diagnostics", (page) => page.getByText("Data directory").waitFor()],
  ["start", () => "#/start", (page) => page.locator('[data-step="1"][data-state="done"]').waitFor()],
  ["settings", () => "#/settings", (page) => page.getByText("Single-letter keys").waitFor()],
  [
    "the palette",
    () => "#/timeline",
    async (page) => {
      await rows(page, "run").waitFor();
      await page.keyboard.press("Control+k");
      await page.getByRole("option").first().waitFor();
    },
  ],
];

const looks = [
  ["light", { colorScheme: "light" }],
  ["dark", { colorScheme: "dark" }],
  ["dark, high contrast", { colorScheme: "dark", contrast: "more" }],
];

for (const [look, options] of looks) {
  test(`no view has a violation: ${look}`, async (t) => {
    // The content policy, right for a page, must not stop the checker itself.
    const { page, go, close } = await newPage(browser, runtime, { ...options, bypassCSP: true });
    for (const [name, hash, ready] of views) {
      await t.test(name, async () => {
        await go(hash());
        await ready(page);
        assert.deepEqual(await violations(page), []);
      });
    }
    await t.test("the board", async () => {
      await page.goto(`${runtime.url}/ui`);
      await page.getByRole("button", { name: "claim: Feed the walrus" }).waitFor();
      assert.deepEqual(await violations(page), []);
      await page.getByRole("button", { name: "+ task" }).click();
      assert.deepEqual(await violations(page), []);
    });
    await close();
  });
}

test("nothing is cut off at 200 % and in a small window", async (t) => {
  for (const [name, viewport] of [
    ["900 x 600", { width: 900, height: 600 }],
    ["1280 x 800 at 200 %", { width: 640, height: 400 }],
  ]) {
    const { page, go, close } = await newPage(browser, runtime, { viewport });
    for (const [view, hash, ready] of views) {
      await t.test(`${view}, ${name}`, async () => {
        await go(hash());
        await ready(page);
        const wider = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
        assert.ok(wider <= 0, `the page is ${wider} px wider than its window`);
        const badge = await page.getByTestId("runtime-badge").boundingBox();
        assert.ok(badge && badge.y + badge.height <= viewport.height, "the runtime badge is in view");
      });
    }
    await close();
  }
});
