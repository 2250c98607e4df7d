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
