/** What a text is, where nobody says it. */

const MARKS = [
  /^#{1,6} \S/m,
  /^```/m,
  /^\s*[-*+] \S.*\n\s*[-*+] \S/m,
  /\[[^\]\n]+\]\([^)\s]+\)/,
  /^\|.+\|\n\|[ :|-]+\|$/m,
  /\*\*\S[^*\n]*\*\*/,
];

/** Two kinds of marks are enough, one heading at the very beginning is too: a shell script has comments. */
export const looksLikeMarkdown = (text: string): boolean =>
  /^#{1,6} \S.*\n\s*\n/.test(text) || MARKS.filter((mark) => mark.test(text)).length > 1;

/** An object or a list, whole. */
export function jsonOf(text: string): { value: unknown } | null {
  if (!/^\s*[[{]/.test(text)) return null;
  try {
    return { value: JSON.parse(text) };
  } catch {
    return null;
  }
}
