/** Parts of a command that a person should look at before approving it. */
export interface Danger {
  /** Where the part is in the text, in UTF-16 units: from inclusive, to exclusive. */
  from: number;
  to: number;
  why: DangerReason;
}

export type DangerReason = keyof typeof PATTERNS;

/**
 * Where a word of a command may begin and end: space, a quote, or what a shell gives a meaning. What may stand between two words is bounded, so that
 * looking takes time in proportion to the text.
 */
const START = String.raw`(?<=^|[\s'"\`;|&(/])`;
const END = String.raw`(?=$|[\s'"\`;|&)])`;
const word = (pattern: string, flags = "g") => new RegExp(`${START}(?:${pattern})${END}`, flags);

/**
 * Hints, not a verdict: what is not marked may still do harm, and the gate does not look at them. They are few, so that
 * a mark means something.
 */
const PATTERNS = {
  deletes: [
    word(String.raw`rm(?:\s+-\S+)*\s+(?:-[a-zA-Z]*[rRf][a-zA-Z]*|--recursive|--force)(?:\s+-\S+)*`),
    word(String.raw`(?:shred|unlink|rmdir|truncate)`),
    word(String.raw`find\s[^|;&]{0,200}?\s-(?:delete|exec\s+rm)`),
    word(String.raw`git\s+(?:clean\s+-\S*[fdx]\S*|reset\s+--hard|branch\s+-D|checkout\s+--\s+\.|stash\s+(?:drop|clear))`),
    word(String.raw`(?:drop\s+(?:table|database|schema)|truncate\s+table|delete\s+from)`, "gi"),
    word(String.raw`kubectl\s+delete|terraform\s+destroy|docker\s+(?:system|volume|image)\s+(?:prune|rm)`),
  ],
  overwrites: [
    word(String.raw`(?:mkfs(?:\.\w+)?|wipefs|fdisk|parted)`),
    word(String.raw`dd\s[^|;&]{0,200}?\bof=\S+`),
    />\s*\/(?:dev|etc|boot|usr|bin|sbin|lib|sys)\/[^\s'"]*/g,
    word(String.raw`git\s+push\s[^|;&]{0,200}?(?:--force(?:-with-lease)?|-f|--mirror|--delete)`),
    word(String.raw`git\s+push\s[^|;&]{0,200}?\+\S+`),
  ],
  privileges: [
    word(String.raw`(?:sudo|doas|pkexec|su)`),
    word(String.raw`chmod\s+(?:-\S+\s+)*(?:[0-7]?777|[ugoa]*\+s|[0-7]?[4-7][0-7]{3})`),
    word(String.raw`chown\s+(?:-\S+\s+)*root\S*`),
    word(String.raw`--privileged|--dangerously-\S+|--no-sandbox|--yolo|--allow-root|--insecure|--no-verify`),
  ],
  runsFetched: [
    /(?:curl|wget)\s[^|;&]{0,400}\|\s*(?:sudo\s+)?(?:env\s+)?(?:\/\S*\/)?(?:ba|z|da|k|fi)?sh\b/g,
    /(?:curl|wget)\s[^|;&]{0,400}\|\s*(?:sudo\s+)?(?:python[\d.]*|node|perl|ruby)\b/g,
    /(?:ba|z|da)?sh\s+<\(\s*(?:curl|wget)\s[^)]{0,400}\)/g,
    /\beval\s+["']?\$\((?:curl|wget)\s[^)]{0,400}\)/g,
    /base64\s+(?:-d|-D|--decode)\s*\|\s*(?:ba|z|da)?sh\b/g,
  ],
  secrets: [
    /(?:~|\$HOME|\/(?:home\/[^\s/'"]+|root))?\/?\.(?:ssh|aws|gnupg|kube)\/[^\s'"]*/g,
    /(?<=^|[\s'"/@=])\.(?:env|netrc|npmrc|pypirc|git-credentials)(?:\.\w+)?(?=$|[\s'"])/g,
    /\/etc\/(?:shadow|sudoers)\b\S*/g,
    /\bid_(?:rsa|ed25519|ecdsa)(?!\.pub)\b/g,
  ],
  publishes: [
    word(String.raw`(?:npm|yarn|pnpm|cargo|gem|poetry|twine)\s+(?:publish|upload|push)`),
    word(String.raw`git\s+push`),
  ],
  everything: [
    /(?<=\s)(?:\/|~\/?|\/\*|~\/\*|\$HOME\/?|\.\.(?:\/\.\.)*\/?)(?=$|[\s'"])/g,
    /:\(\)\s*\{\s*:\s*\|\s*:\s*&\s*\}\s*;\s*:/g,
    word(String.raw`kill\s+(?:-\S+\s+)*-1|killall|pkill|shutdown|reboot|halt|poweroff`),
  ],
} as const satisfies Record<string, readonly RegExp[]>;

/** Longer commands are marked as far as this: a mark is a hint, and the text is shown whole in any case. */
const MARKED_CHARACTERS_MAX = 20_000;

/** The parts in order, without overlap; of two that overlap, the one that begins first, or is longer. */
export function dangersOf(text: string): Danger[] {
  const looked = text.slice(0, MARKED_CHARACTERS_MAX);
  const found = (Object.keys(PATTERNS) as DangerReason[]).flatMap((why) =>
    PATTERNS[why].flatMap((pattern) =>
      [...looked.matchAll(pattern)].map((match): Danger => ({ from: match.index, to: match.index + match[0].length, why })),
    ),
  );
  found.sort((one, other) => one.from - other.from || other.to - one.to);
  const kept: Danger[] = [];
  for (const danger of found) if (danger.from >= (kept.at(-1)?.to ?? 0) && danger.to > danger.from) kept.push(danger);
  return kept;
}
