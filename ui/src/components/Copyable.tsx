import { Check, Copy } from "lucide-react";
import { useEffect, useState } from "react";
import { usePlatform } from "../platform";
import { Button, IconButton } from "./Button";
import { strings } from "./strings";
import styles from "./Copyable.module.css";

/** How long "Copied" stays. */
const CONFIRM_MS = 1600;

type Outcome = "idle" | "copied" | "failed";

export function useCopy(): [Outcome, (text: string) => void] {
  const platform = usePlatform();
  const [outcome, setOutcome] = useState<Outcome>("idle");
  useEffect(() => {
    if (outcome === "idle") return undefined;
    const timer = setTimeout(() => setOutcome("idle"), CONFIRM_MS);
    return () => clearTimeout(timer);
  }, [outcome]);
  const copy = (text: string) => {
    platform.copyText(text).then(
      () => setOutcome("copied"),
      () => setOutcome("failed"),
    );
  };
  return [outcome, copy];
}

export function copyWord(outcome: Outcome, idle: string): string {
  if (outcome === "copied") return strings.copied;
  return outcome === "failed" ? strings.copyFailed : idle;
}

/** An id or a command in mono; a click copies it. */
export function Copyable({ text, shown }: { text: string; shown?: string }) {
  const [outcome, copy] = useCopy();
  return (
    <button
      type="button"
      className={styles.copyable}
      title={copyWord(outcome, `${strings.copy}: ${text}`)}
      onClick={(event) => {
        event.stopPropagation();
        copy(text);
      }}
    >
      <code>{shown ?? text}</code>
      {outcome === "copied" ? <Check aria-hidden="true" /> : <Copy aria-hidden="true" />}
      <span className="visually-hidden" role="status">
        {outcome === "idle" ? "" : copyWord(outcome, "")}
      </span>
    </button>
  );
}

export function CopyButton({ text, label }: { text: () => string; label: string }) {
  const [outcome, copy] = useCopy();
  return (
    <Button
      icon={outcome === "copied" ? <Check /> : <Copy />}
      onClick={() => copy(text())}
    >
      <span aria-live="polite">{copyWord(outcome, label)}</span>
    </Button>
  );
}

export function CopyIcon({ text, label }: { text: () => string; label: string }) {
  const [outcome, copy] = useCopy();
  return (
    <IconButton label={copyWord(outcome, label)} onClick={() => copy(text())}>
      {outcome === "copied" ? <Check /> : <Copy />}
    </IconButton>
  );
}

/** A command to type elsewhere, with its copy button. */
export function CommandLine({ command, secret }: { command: string; secret?: string }) {
  const shown = secret ? command.replace(secret, "••••••••") : command;
  return (
    <div className={styles.command}>
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a long command scrolls, by keyboard too */}
      <code tabIndex={0}>{shown}</code>
      <CopyIcon text={() => command} label={strings.copy} />
    </div>
  );
}
