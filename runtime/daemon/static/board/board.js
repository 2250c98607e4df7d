// The board in a terminal's clothes: channels on the left, what is said in the middle, tasks and agents on
// the right, and a line to say something oneself. Every message comes from the god view, once.

import { age, byId, make, tell } from "./dom.js";
import { KINDS, lastId, look, markRead, take, toEnd, unread } from "./feed.js";
import { channelPath, getJson, getLines, post, upload } from "./http.js";
import { refresh as refreshTasks } from "./tasks.js";

const COUNTS_MS = 30_000;
const AGENTS_MS = 15_000;
const RECONNECT_MS = 3_000;
const NAME_KEY = "workshop.name";

const channels = new Set(["general"]);
let selected = null;
let attached = [];

function showChannels() {
  const counts = unread();
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const entry = (name, label, count) =>
    make(
      "li",
      {},
      make(
        "button",
        { type: "button", "aria-current": String(selected === name), title: label, onclick: () => select(name) },
        make("span", {}, label),
        count ? make("span", { className: "badge", "aria-label": `${count} unread` }, String(count)) : null,
      ),
    );
  const names = [...channels].sort();
  byId("channels").replaceChildren(
    entry(null, "all channels", 0),
    ...names.map((name) => entry(name, `#${name}`, counts.get(name) ?? 0)),
  );
  const to = byId("to");
  if (to.options.length !== names.length) {
    const chosen = to.value || "general";
    to.replaceChildren(...names.map((name) => make("option", { value: name }, `#${name}`)));
    to.value = channels.has(chosen) ? chosen : "general";
  }
  document.title = total > 0 ? `(${total}) workshop` : "workshop";
}

function select(name) {
  selected = name;
  look({ channel: name });
  if (name !== null) byId("to").value = name;
  showChannels();
}

function showKinds(kind) {
  const button = (name) =>
    make("button", { type: "button", "aria-pressed": String(name === kind), onclick: () => showKinds(name) }, name);
  byId("filters").replaceChildren(...KINDS.map(button));
  look({ kind });
}

function receive(messages) {
  const fresh = take(messages);
  for (const message of fresh) channels.add(message.ch);
  showChannels();
  if (fresh.some((message) => message.type.startsWith("task."))) void refreshTasks().catch(tell);
}

function showLink(live, text) {
  byId("dot").classList.toggle("live", live);
  byId("link").textContent = text;
}

/** Watches everything; the browser comes back by itself with the id of what it saw last. */
function watch() {
  const since = lastId();
  const source = new EventSource(since ? `/?since=${since}` : "/");
  source.onopen = () => {
    showLink(true, "live");
    void showCounts().catch(tell);
  };
  source.onmessage = (event) => receive([JSON.parse(event.data)]);
  source.onerror = () => {
    showLink(false, "reconnecting…");
    if (source.readyState !== EventSource.CLOSED) return;
    source.close();
    setTimeout(watch, RECONNECT_MS);
  };
}

async function showCounts() {
  const status = await getJson("/status");
  byId("counts").textContent =
    `${status.messages} msgs · ${status.tasks} tasks · ${status["agents-live"]} agents · ${status.subscribers} subs`;
}

async function showAgents() {
  const present = await getJson("/presence");
  const item = (agent) =>
    make(
      "li",
      {},
      make("span", {}, agent.agent_id),
      make("small", {}, [`${age(agent.last_seen)} ago`, ...agent.channels.map((name) => `#${name}`)].join(" · ")),
    );
  const none = make("li", {}, make("small", {}, "nobody is here"));
  byId("agents").replaceChildren(...(present.length > 0 ? present.map(item) : [none]));
}

/** What was typed: JSON if it is, else a text. */
function typed(text) {
  try {
    const value = JSON.parse(text);
    if (typeof value === "object" && value !== null) return value;
  } catch {
    // A text, then.
  }
  return { text };
}

async function send() {
  const body = byId("body");
  const text = body.value.trim();
  if (text === "" && attached.length === 0) return;
  const message = { from: byId("from").value.trim(), type: byId("type").value.trim(), body: text ? typed(text) : {} };
  await post(channelPath(byId("to").value), { ...message, files: attached.map((file) => file.hash) });
  body.value = "";
  attached = [];
  showAttached();
  toEnd();
}

const showAttached = () => (byId("attached").textContent = attached.map((file) => `▤ ${file.name}`).join(" "));

byId("compose").addEventListener("submit", (event) => {
  event.preventDefault();
  send().catch(tell);
});
byId("file").addEventListener("change", async (event) => {
  const [file] = event.target.files;
  event.target.value = "";
  if (!file) return;
  try {
    const { hash } = await upload(file);
    attached.push({ hash, name: file.name });
    showAttached();
  } catch (error) {
    tell(error);
  }
});
byId("from").value = localStorage.getItem(NAME_KEY) ?? "human.you";
byId("from").addEventListener("change", (event) => localStorage.setItem(NAME_KEY, event.target.value.trim()));
document.addEventListener("visibilitychange", () => {
  markRead();
  showChannels();
});

const every = (interval, work) => {
  const run = () => work().catch(tell);
  void run();
  setInterval(run, interval);
};

async function start() {
  showKinds("all");
  for (const name of await getJson("/channels")) channels.add(name);
  receive(await getLines("/history?n=100"));
  watch();
}

start().catch((error) => {
  showLink(false, "cannot read the board");
  tell(error);
});
every(COUNTS_MS, showCounts);
every(AGENTS_MS, showAgents);
every(COUNTS_MS, refreshTasks);
