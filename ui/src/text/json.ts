/** Reads of JSON whose shape another program decided: nothing is assumed, nothing throws. */

export type Fields = Readonly<Record<string, unknown>>;

export const fieldsOf = (value: unknown): Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : {};

export function textOf(value: unknown, name: string): string | null {
  const found = fieldsOf(value)[name];
  return typeof found === "string" && found !== "" ? found : null;
}

export function numberOf(value: unknown, name: string): number | null {
  const found = fieldsOf(value)[name];
  return typeof found === "number" ? found : null;
}

export function wordsOf(value: unknown, name: string): string[] | null {
  const found = fieldsOf(value)[name];
  return Array.isArray(found) && found.every((word) => typeof word === "string") ? found : null;
}

/** What a person typed where text or JSON is taken. */
export type Typed = { kind: "nothing" } | { kind: "value"; value: unknown } | { kind: "wrong"; why: string };

/** What begins as an object or a list is meant as JSON; anything else is a text, sent as `{"text": …}`. */
export function typed(input: string): Typed {
  const text = input.trim();
  if (text === "") return { kind: "nothing" };
  if (!/^[[{]/.test(text)) return { kind: "value", value: { text } };
  try {
    return { kind: "value", value: JSON.parse(text) };
  } catch (thrown) {
    return { kind: "wrong", why: thrown instanceof Error ? thrown.message : String(thrown) };
  }
}

/** JSON as its value; what is none as the text it is. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** A value that says nothing: `null`, `{}`, `[]`, an empty text. */
export const isBlank = (value: unknown): boolean =>
  value === null ||
  value === undefined ||
  value === "" ||
  (typeof value === "object" && Object.keys(value).length === 0);
