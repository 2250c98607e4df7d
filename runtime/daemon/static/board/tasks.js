// The tasks: asked for, held by somebody for so long, done.

import { age, byId, make, tell } from "./dom.js";
import { getJson, post } from "./http.js";

/** Ended tasks that are shown. */
const DONE_MAX = 10;

/** Who acts here. */
const me = () => byId("from").value.trim();

const act = (task, verb, more = {}) =>
  post(`/tasks/${encodeURIComponent(task.id)}/${verb}`, { from: me(), ...more })
    .then(refresh)
    .catch(tell);

function verbs(task) {
  const button = (verb, more) =>
    make("button", { type: "button", onclick: () => act(task, verb, more), "aria-label": `${verb}: ${task.title}` }, verb);
  const buttons = [];
  if (task.status === "open") buttons.push(button("claim"));
  if (task.status === "claimed" && task.claimed_by === me()) buttons.push(button("done"), button("abandon"));
  if (task.status === "claimed" && task.claimed_by !== me()) buttons.push(button("interrupt"));
  return buttons.length > 0 ? make("div", { className: "verbs" }, ...buttons) : null;
}

/** Who has it, and for how long; or who asks. */
function whose(task) {
  if (task.status === "done") return `${task.claimed_by}, ${age(task.updated_at)} ago`;
  if (task.claimed_by) return `${task.claimed_by} for ${age(task.claimed_at)}`;
  return `by ${task.created_by}, ${age(task.created_at)} ago`;
}

function item(task) {
  const facts = [
    `#${task.ch}`,
    whose(task),
    task.assigned_to && !task.claimed_by ? `for ${task.assigned_to}` : null,
    task.lease_expires_at ? "leased" : null,
  ];
  const result = task.result && task.result !== "{}" ? make("small", { title: task.result }, `→ ${task.result.slice(0, 120)}`) : null;
  return make(
    "li",
    { className: task.status },
    make("span", { className: "status" }, `${task.status} `),
    task.title,
    make("small", {}, facts.filter(Boolean).join(" · ")),
    result,
    verbs(task),
  );
}

export async function refresh() {
  const [open, claimed, done] = await Promise.all(
    ["open", "claimed", "done"].map((status) => getJson(`/tasks?status=${status}`)),
  );
  const shown = [...claimed, ...open, ...done.slice(0, DONE_MAX)];
  const none = make("li", {}, make("small", {}, "nobody asks for anything"));
  byId("tasks").replaceChildren(...(shown.length > 0 ? shown.map(item) : [none]));
}

const dialog = byId("task-dialog");
const problem = byId("task-problem");

function context() {
  const text = byId("task-context").value.trim();
  if (text === "") return {};
  try {
    return JSON.parse(text);
  } catch {
    throw new Error("The context is no JSON.");
  }
}

async function create() {
  const task = { from: me(), title: byId("task-title").value, context: context() };
  const channel = byId("task-channel").value.trim();
  const agent = byId("task-for").value.trim();
  await post("/tasks", { ...task, ...(channel ? { ch: channel } : {}), ...(agent ? { for: agent } : {}) });
}

byId("new-task").addEventListener("click", () => {
  problem.hidden = true;
  dialog.showModal();
});
byId("task-cancel").addEventListener("click", () => dialog.close());
byId("task-form").addEventListener("submit", (event) => {
  event.preventDefault();
  create()
    .then(() => {
      dialog.close();
      byId("task-form").reset();
      return refresh();
    })
    .catch((error) => {
      problem.textContent = error.message;
      problem.hidden = false;
    });
});
byId("from").addEventListener("change", () => void refresh().catch(tell));
