import { stripAnsi } from "../../text/ansi";

/** Characters shown of a result. */
const SHOWN_CHARS = 240;
/** How much of the text before the first hit is kept. */
const LEAD_CHARS = 60;

export interface Part {
  text: string;
  hit: boolean;
}

const escape = (word: string): string => word.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** The part of a text around the first word that was searched for, with all hits marked. */
export function excerpt(text: string, q: string): Part[] {
  const words = q.replaceAll('"', " ").split(/\s+/).filter(Boolean).map(escape);
  const flat = stripAnsi(text).replaceAll(/\s+/g, " ").trim();
  if (words.length === 0) return [{ text: flat.slice(0, SHOWN_CHARS), hit: false }];
  // As the search finds: a word from its beginning, not any place inside one.
  const pattern = new RegExp(`(?<![\\p{L}\\p{N}])(${words.join("|")})`, "giu");
  const first = flat.search(pattern);
  const from = first > LEAD_CHARS ? first - LEAD_CHARS : 0;
  const cut = `${from > 0 ? "…" : ""}${flat.slice(from, from + SHOWN_CHARS)}${from + SHOWN_CHARS < flat.length ? "…" : ""}`;
  return cut
    .split(pattern)
    .map((part, index) => ({ text: part, hit: index % 2 === 1 }))
    .filter((part) => part.text !== "");
}
