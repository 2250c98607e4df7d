/** A typed line as the words of a command; `problem` says what is wrong with it. */
export type Parsed = { argv: string[]; problem: null } | { argv: string[]; problem: ArgvProblem };

export type ArgvProblem = { kind: "unclosed"; quote: string } | { kind: "operator"; operator: string };

/** A shell gives these a meaning; here there is no shell, so unquoted they are refused, not passed on. */
const OPERATORS = new Set(["|", "&", ";", "<", ">", "`", "(", ")"]);

/**
 * Splits a line the way a POSIX shell splits words: quotes group, a backslash takes the next
 * character as it is. Nothing is expanded: `*`, `~` and `$HOME` are passed on as typed.
 */
export function parseArgv(line: string): Parsed {
  const argv: string[] = [];
  let word: string | null = null;
  let quote: string | null = null;
  for (let at = 0; at < line.length; at += 1) {
    const char = line[at] ?? "";
    if (quote === "'") {
      if (char === "'") quote = null;
      else word = (word ?? "") + char;
    } else if (quote === '"') {
      if (char === '"') quote = null;
      else if (char === "\\" && '"\\$`'.includes(line[at + 1] ?? "\u0000")) {
        word = (word ?? "") + (line[at + 1] ?? "");
        at += 1;
      } else word = (word ?? "") + char;
    } else if (char === "'" || char === '"') {
      quote = char;
      word ??= "";
    } else if (char === "\\") {
      if (at + 1 < line.length) word = (word ?? "") + (line[at + 1] ?? "");
      at += 1;
    } else if (/\s/.test(char)) {
      if (word !== null) argv.push(word);
      word = null;
    } else if (OPERATORS.has(char)) {
      return { argv, problem: { kind: "operator", operator: char } };
    } else {
      word = (word ?? "") + char;
    }
  }
  if (word !== null) argv.push(word);
  if (quote) return { argv, problem: { kind: "unclosed", quote } };
  return { argv, problem: null };
}

/** The inverse: a line that a POSIX shell reads back as exactly these words. */
export function formatArgv(argv: readonly string[]): string {
  return argv.map((word) => (/^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(" ");
}
