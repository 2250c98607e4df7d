/** Patterns of targets, as the gate reads them: `*` stands for anything. */

/** Targets that are shown as examples of what a pattern matches. */
export const EXAMPLES_SHOWN = 6;

/** Whether a target is one of the pattern's. */
export function matches(pattern: string, target: string): boolean {
  const pieces = pattern.split("*");
  const first = pieces.shift() ?? "";
  if (!target.startsWith(first)) return false;
  let rest = target.slice(first.length);
  const last = pieces.pop();
  if (last === undefined) return rest === "" && target !== "";
  for (const piece of pieces) {
    const at = rest.indexOf(piece);
    if (at < 0) return false;
    rest = rest.slice(at + piece.length);
  }
  return rest.endsWith(last);
}

/**
 * Whether a pattern says what it seems to say: in an address, what comes before the path is exact,
 * because `https://example.com*` would also be a longer name that somebody else owns.
 */
export function namesItsHost(pattern: string): boolean {
  const at = pattern.indexOf("://");
  if (at < 0) return pattern === "*" || !pattern.startsWith("*");
  const scheme = pattern.slice(0, at);
  const rest = pattern.slice(at + 3);
  const end = rest.indexOf("/");
  const host = rest.slice(0, end);
  return end > 0 && !scheme.includes("*") && !/[*?#@]/.test(host);
}

/** Where to begin: everything below the place that was asked for. */
export function patternOf(target: string | null): string {
  if (target === null) return "";
  const [, origin] = /^([a-z][a-z0-9+.-]*:\/\/[^/?#@*]+)(?:[/?#]|$)/i.exec(target) ?? [];
  if (origin) return `${origin}/*`;
  const at = target.lastIndexOf("/");
  return at > 0 ? `${target.slice(0, at)}/*` : target;
}
