// What was said: kept in a bounded buffer, shown as the newest lines of what is asked for.

import { byId, make, time } from "./dom.js";

/** Messages that are kept. */
const BUFFER_MAX = 2000;
/** Lines that are shown. */
const LINES_MAX = 500;
/** Where it is remembered up to where each channel was read. */
const READ_KEY = "workshop.read";
/** Kinds of messages: what their types begin with. */
export const KINDS = ["all", "task", "file", "agent", "msg"];

const feed = byId("feed");
const known = new Map();
let order = [];
let view = { channel: null, kind: "all" };
const read = new Map(Object.entries(JSON.parse(localStorage.getItem(READ_KEY) ?? "{}")));

const kindOf = (message) => KINDS.find((kind) => message.type === kind || message.type.startsWith(`${kind}.`)) ?? "other";

const isShown = (message) =>
  (view.channel === null || message.ch === view.channel) && (view.kind === "all" || kindOf(message) === view.kind);

/** What a body says on one line. */
function words(message) {
  const { body } = message;
  if (typeof body === "string") return body;
  if (body === null || typeof body !== "object") return JSON.stringify(body);
  if (message.type.startsWith("task.")) {
    const { title, reason, for: agent, ...rest } = body;
    delete rest["task-id"];
    const more = Object.keys(rest).length > 0 ? JSON.stringify(rest) : null;
    const named = agent ? `for ${agent}` : null;
    const why = reason ? `(${typeof reason === "string" ? reason : JSON.stringify(reason)})` : null;
    return [title, named, why, more].filter(Boolean).join(" ");
  }
  if (typeof body.text === "string") return body.text;
  if (typeof body.filename === "string") return body.filename;
  return Object.keys(body).length === 0 ? "" : JSON.stringify(body);
}

function fileLinks(message) {
  const names = [...(Array.isArray(message.files) ? message.files : []), message.body?.hash]
    .filter((name) => typeof name === "string" && /^sha256:[0-9a-f]{64}$/.test(name));
  if (names.length === 0) return null;
  const links = [...new Set(names)].map((name) =>
    make("a", { className: "file", href: `/files/${name}`, title: name }, `▤ ${name.slice(7, 15)}`),
  );
  return make("div", { className: "files" }, ...links);
}

function line(message) {
  const button = make(
    "button",
    { type: "button", className: "line", "aria-expanded": "false" },
    time(message.ts),
    make("span", { className: "ch" }, `#${message.ch}`),
    make("span", { className: "who" }, message.from ?? message.from_id ?? "?"),
    make("span", { className: "kind" }, message.type),
    make("span", { className: "what" }, words(message)),
  );
  const item = make("li", { className: `kind-${kindOf(message)}` }, button, fileLinks(message));
  item.dataset.id = message.id;
  button.addEventListener("click", () => {
    const open = item.querySelector("pre");
    if (open) open.remove();
    else item.append(make("pre", {}, JSON.stringify(message, null, 2)));
    button.setAttribute("aria-expanded", String(!open));
  });
  return item;
}

const isAtEnd = () => feed.scrollHeight - feed.scrollTop - feed.clientHeight < 40;

export function toEnd() {
  feed.scrollTop = feed.scrollHeight;
}

function showEmpty() {
  const empty = byId("empty");
  empty.hidden = feed.childElementCount > 0;
  const place = view.channel === null ? "any channel" : `#${view.channel}`;
  empty.textContent = view.kind === "all" ? `nothing was said in ${place} yet` : `no ${view.kind} messages in ${place}`;
}

/** Shows another channel (`null` is all of them) or kind. */
export function look(next) {
  view = { ...view, ...next };
  feed.replaceChildren(...order.filter(isShown).slice(-LINES_MAX).map(line));
  showEmpty();
  toEnd();
  markRead();
}

/** Takes messages in, each once. Returns those that are new. */
export function take(messages) {
  const fresh = messages.filter((message) => !known.has(message.id));
  if (fresh.length === 0) return fresh;
  const follow = isAtEnd();
  for (const message of fresh) known.set(message.id, message);
  const newest = order.at(-1)?.id ?? "";
  order.push(...fresh);
  if (fresh.some((message) => message.id < newest)) {
    order.sort((one, other) => (one.id < other.id ? -1 : 1));
    look({});
  } else {
    feed.append(...fresh.filter(isShown).slice(-LINES_MAX).map(line));
  }
  while (feed.childElementCount > LINES_MAX) feed.firstElementChild.remove();
  for (const old of order.splice(0, order.length - BUFFER_MAX)) known.delete(old.id);
  showEmpty();
  if (follow) toEnd();
  byId("newest").hidden = isAtEnd();
  markRead();
  return fresh;
}

/** What is in view has been read, if somebody looks. */
export function markRead() {
  if (document.hidden) return;
  for (const { ch, id } of order) {
    if ((view.channel === null || ch === view.channel) && id > (read.get(ch) ?? "")) read.set(ch, id);
  }
  localStorage.setItem(READ_KEY, JSON.stringify(Object.fromEntries(read)));
}

/** How many messages of each channel have not been read. */
export function unread() {
  const counts = new Map();
  for (const { ch, id } of order) {
    if (id > (read.get(ch) ?? "")) counts.set(ch, (counts.get(ch) ?? 0) + 1);
  }
  return counts;
}

/** The cursor by which to go on. */
export const lastId = () => order.at(-1)?.id;

feed.addEventListener("scroll", () => (byId("newest").hidden = isAtEnd()));
byId("newest").addEventListener("click", toEnd);
