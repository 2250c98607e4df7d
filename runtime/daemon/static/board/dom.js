// Making elements. Whatever agents write is text, never markup.

export const byId = (id) => document.getElementById(id);

/** An element with properties and children; texts become text. */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null) continue;
    if (name in element) element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

let hiding;

/** Tells of a problem for a while. */
export function tell(error) {
  const place = byId("problem");
  place.textContent = error.message ?? String(error);
  place.hidden = false;
  clearTimeout(hiding);
  hiding = setTimeout(() => (place.hidden = true), 8000);
}

/** How long ago a time in seconds is, in one word. */
export function age(seconds) {
  const past = Math.max(0, Date.now() / 1000 - seconds);
  if (past < 60) return `${Math.floor(past)}s`;
  if (past < 3600) return `${Math.floor(past / 60)}m`;
  if (past < 86400) return `${Math.floor(past / 3600)}h`;
  return `${Math.floor(past / 86400)}d`;
}

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });

export const time = (seconds) =>
  make(
    "time",
    { dateTime: new Date(seconds * 1000).toISOString(), title: new Date(seconds * 1000).toLocaleString() },
    clock.format(seconds * 1000),
  );
