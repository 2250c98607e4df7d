// Asking the runtime that served this page. What it refuses, it says in one sentence.

async function answer(request) {
  const response = await request;
  if (response.ok) return response;
  const body = await response.json().catch(() => ({}));
  throw new Error(body.error ?? `the runtime answered ${response.status}`);
}

export const getJson = async (path) => (await answer(fetch(path))).json();

/** Lines of JSON. */
export async function getLines(path) {
  const text = await (await answer(fetch(path))).text();
  return text.split("\n").filter(Boolean).map((line) => JSON.parse(line));
}

export const post = async (path, body) =>
  (await answer(fetch(path, { method: "POST", body: JSON.stringify(body) }))).json();

export const upload = async (file) => (await answer(fetch("/files", { method: "POST", body: file }))).json();

export const channelPath = (channel) => `/ch/${encodeURIComponent(channel)}`;
