/** Results shown; more of them help nobody. */
const SHOWN = 40;

interface Ranked {
  label: string;
  hint?: string;
  group: string;
}

/** How well a label fits: lower is better, `null` not at all. Every typed word must be found. */
export function fit(label: string, q: string): number | null {
  const text = label.toLowerCase();
  let score = 0;
  for (const word of q.toLowerCase().split(/\s+/).filter(Boolean)) {
    const at = text.indexOf(word);
    if (at < 0) return null;
    const begins = at === 0 || /[^\p{L}\p{N}]/u.test(text[at - 1] ?? "");
    score += begins ? at * 0.01 : 1 + at * 0.01;
  }
  return score;
}

/** The commands that fit, best first, groups kept together in the order of their best member. */
export function rankCommands<T extends Ranked>(commands: readonly T[], q: string): T[] {
  if (q.trim() === "") return commands.slice(0, SHOWN);
  const scored = commands
    .map((command) => ({ command, score: fit(`${command.label} ${command.hint ?? ""}`, q) }))
    .filter((each): each is { command: T; score: number } => each.score !== null)
    .toSorted((a, b) => a.score - b.score)
    .slice(0, SHOWN);
  const groups = [...new Set(scored.map((each) => each.command.group))];
  return groups.flatMap((group) => scored.filter((each) => each.command.group === group).map((each) => each.command));
}
