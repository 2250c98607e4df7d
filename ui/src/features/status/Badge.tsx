import { Link } from "@tanstack/react-router";
import { useLiveState } from "../../api/context";
import type { ComponentStatus, RuntimeStatus, RuntimeView } from "../../platform";
import { useRuntime } from "../../platform/runtime";
import { formatSpan } from "../../text/measure";
import { useNow } from "../../text/now";
import { strings } from "./strings";
import styles from "./Badge.module.css";

type Shown = RuntimeStatus["phase"] | "unreachable" | "waiting";

const statusOf = (view: RuntimeView): RuntimeStatus | null => {
  if (view.kind === "known") return view.status;
  return view.kind === "unreachable" ? view.last : null;
};

/** The state of the runtime in one line, in every view; a click opens diagnostics. */
export function Badge({ narrow }: { narrow: boolean }) {
  const view = useRuntime();
  const live = useLiveState();
  const now = useNow();
  const status = statusOf(view);
  const phase: Shown = view.kind === "known" ? view.status.phase : view.kind;
  const word = strings.phase[phase];
  const detail = detailOf(view, status, now);
  const stream = phase === "healthy" ? strings.live[live.phase] : "";
  return (
    <Link
      to="/diagnostics"
      className={styles.badge}
      data-testid="runtime-badge"
      data-phase={phase}
      data-mode={status?.mode ?? "unknown"}
      data-live={live.phase}
      title={[word, detail, stream].filter(Boolean).join(" · ")}
    >
      <Dot phase={phase} interrupted={stream !== ""} />
      <span className="visually-hidden">{strings.label}: </span>
      <span className={narrow ? "visually-hidden" : styles.words}>
        <span className={styles.phase}>{word}</span> <span className={styles.detail}>{detail}</span>
      </span>
      <span className="visually-hidden">
        {stream} {strings.open}
      </span>
    </Link>
  );
}

/** A shape per phase, so that the colour is never alone. */
function Dot({ phase, interrupted }: { phase: Shown; interrupted: boolean }) {
  return (
    <svg className={`${styles.dot} ${styles[phase]}`} viewBox="0 0 16 16" aria-hidden="true">
      {phase === "healthy" ? <circle cx="8" cy="8" r="4.5" className={interrupted ? styles.hollow : undefined} /> : null}
      {phase === "starting" || phase === "waiting" ? <circle cx="8" cy="8" r="4" className={styles.hollow} /> : null}
      {phase === "degraded" ? <path d="M8 2.5 14 13H2z" /> : null}
      {phase === "fatal" || phase === "unreachable" ? <path d="M8 1.5 14.5 8 8 14.5 1.5 8z" /> : null}
      {phase === "stopped" ? <rect x="4" y="4" width="8" height="8" rx="1" /> : null}
    </svg>
  );
}

function waitingPart(status: RuntimeStatus): ComponentStatus | undefined {
  return Object.values(status.components).find((component) => component?.next_restart_at);
}

function detailOf(view: RuntimeView, status: RuntimeStatus | null, now: number): string {
  if (view.kind === "unreachable") return strings.since(formatSpan(now - view.since));
  if (!status) return "";
  const part = status.fatal_component ?? status.degraded_component;
  const named = part ? (strings.part[part] ?? part) : null;
  const waiting = waitingPart(status);
  const until = waiting?.next_restart_at ? Date.parse(waiting.next_restart_at) - now : 0;
  const words: string[] = [];
  // The countdown first: it is what the eye comes back to.
  if (until > 0) words.push(strings.restartsIn(Math.ceil(until / 1000)));
  if (named && status.phase !== "healthy") words.push(named);
  if (until > 0) return words.join(" · ");
  if (status.phase === "degraded" && status.last_error_at) {
    words.push(strings.since(formatSpan(now - Date.parse(status.last_error_at))));
  }
  if (words.length === 0) words.push(status.supervised ? strings.mode[status.mode] : strings.unsupervised);
  if (status.restart_attempts_total > 0) words.push(strings.restarts(status.restart_attempts_total));
  return words.join(" · ");
}
