import { Hourglass, Layers, Package, Play, Route, Wrench, type LucideIcon } from "lucide-react";
import { useNow } from "../../text/now";
import { formatDuration } from "../../text/measure";
import { Mark, RunMark, type ShownStatus } from "../Mark";
import { strings } from "../strings";
import type { RunSpan, SpanKind } from "./spans";
import styles from "./Waterfall.module.css";

const icons: Record<SpanKind, LucideIcon> = {
  run: Play,
  wait: Hourglass,
  attempt: Route,
  step: Layers,
  tool: Wrench,
  artifact: Package,
};

const INDENT_PX = 14;

interface WaterfallProps {
  spans: readonly RunSpan[];
  selectedEventId?: string;
  onSelect(eventId: string): void;
}

/** A run as a tree beside bars drawn to scale: what happened, inside what, and how long it took. */
export function Waterfall({ spans, selectedEventId, onSelect }: WaterfallProps) {
  const live = spans.some((span) => span.endMs === null);
  const now = useNow(live ? 1000 : Number.MAX_SAFE_INTEGER);
  const begin = Math.min(...spans.map((span) => span.startMs));
  // The clock ticks once a second: what has already happened may be later than it.
  const latest = Math.max(...spans.map((span) => span.endMs ?? span.startMs));
  const openEnd = Math.max(now, latest);
  const end = Math.max(live ? openEnd : latest, begin + 1);
  const share = (ms: number) => `${((100 * (ms - begin)) / (end - begin)).toFixed(3)}%`;
  return (
    <ol className={styles.waterfall} aria-label={strings.run.waterfall}>
      {spans.map((span) => {
        const to = span.endMs ?? openEnd;
        const duration = formatDuration(to - span.startMs);
        const width = `max(3px, ${((100 * (to - span.startMs)) / (end - begin)).toFixed(3)}%)`;
        return (
          <li key={span.key}>
            <button
              type="button"
              className={styles.row}
              aria-current={span.eventId === selectedEventId || undefined}
              onClick={() => onSelect(span.eventId)}
            >
              <span className={styles.name} style={{ paddingLeft: span.depth * INDENT_PX }}>
                <SpanMark span={span} />
                <span className={span.code ? styles.code : styles.label} title={span.label}>
                  {span.label}
                </span>
                {span.note ? <span className={styles.note}>{span.note}</span> : null}
              </span>
              <span className={styles.lane} aria-hidden="true">
                <span
                  className={`${styles.bar} ${styles[span.kind] ?? ""} ${styles[span.kind === "wait" ? "waiting" : span.state]}`}
                  style={{ left: share(span.startMs), width: span.kind === "artifact" ? "3px" : width }}
                />
              </span>
              <span className={styles.duration}>{span.kind === "artifact" ? "" : duration}</span>
            </button>
          </li>
        );
      })}
    </ol>
  );
}

const shown: Record<RunSpan["state"], ShownStatus | null> = {
  open: "running",
  succeeded: "succeeded",
  failed: "failed",
  cancelled: "cancelled",
  mark: null,
};

function SpanMark({ span }: { span: RunSpan }) {
  const status = span.kind === "wait" ? null : shown[span.state];
  if (status === null) return <Mark icon={icons[span.kind]} tone="system" />;
  return (
    <>
      <RunMark status={status} />
      <span className="visually-hidden">{strings.status[status]}: </span>
    </>
  );
}
