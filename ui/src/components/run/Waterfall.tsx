import { ChevronRight, Hourglass, Layers, Package, Play, Route, ShieldX, Wrench, type LucideIcon } from "lucide-react";
import { useState } from "react";
import { useNow } from "../../text/now";
import { formatDuration } from "../../text/measure";
import { Mark, RunMark, type ShownStatus } from "../Mark";
import { strings } from "../strings";
import { initiallyClosed, parents, shownSpans } from "./folding";
import { scaleOf, type Scale } from "./scale";
import { isMoment, type RunSpan, type SpanKind } from "./spans";
import styles from "./Waterfall.module.css";

const icons: Record<SpanKind, LucideIcon> = {
  run: Play,
  wait: Hourglass,
  attempt: Route,
  step: Layers,
  tool: Wrench,
  artifact: Package,
  denial: ShieldX,
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
  const scale = scaleOf(spans, now);
  // Only what a person opened or closed is kept: the rest follows what the run does.
  const [turned, setTurned] = useState<ReadonlyMap<string, boolean>>(new Map());
  const holders = parents(spans);
  const closed = new Set(initiallyClosed(spans));
  for (const [key, open] of turned) {
    if (open) closed.delete(key);
    else closed.add(key);
  }
  return (
    <ol className={styles.waterfall} aria-label={strings.run.waterfall}>
      {shownSpans(spans, closed).map((span) => (
        <li key={span.key} className={styles.item}>
          {holders.has(span.key) ? (
            <button
              type="button"
              className={styles.fold}
              style={{ marginLeft: span.depth * INDENT_PX }}
              aria-expanded={!closed.has(span.key)}
              aria-label={strings.run.fold(span.label)}
              onClick={() => setTurned(new Map(turned).set(span.key, closed.has(span.key)))}
            >
              <ChevronRight aria-hidden="true" />
            </button>
          ) : (
            <span className={styles.unfolded} style={{ marginLeft: span.depth * INDENT_PX }} />
          )}
          <button
            type="button"
            className={styles.row}
            aria-current={span.eventId === selectedEventId || undefined}
            onClick={() => onSelect(span.eventId)}
          >
            <SpanName span={span} />
            <Lane span={span} scale={scale} />
            <span className={styles.duration}>{isMoment(span.kind) ? "" : formatDuration(scale.end(span) - span.startMs)}</span>
          </button>
        </li>
      ))}
    </ol>
  );
}

export function SpanName({ span }: { span: RunSpan }) {
  return (
    <span className={styles.name}>
      <SpanMark span={span} />
      <span className={span.code ? styles.code : styles.label} title={span.label}>
        {span.label}
      </span>
      {span.note ? <span className={styles.note}>{span.note}</span> : null}
    </span>
  );
}

/** One bar on the scale of all. */
export function Lane({ span, scale }: { span: RunSpan; scale: Scale }) {
  const look = span.kind === "wait" ? (span.waitFor === "approval" ? "held" : "waiting") : span.state;
  return (
    <span className={styles.lane} aria-hidden="true">
      <span
        className={`${styles.bar} ${styles[span.kind] ?? ""} ${styles[look]}`}
        style={{
          left: scale.left(span.startMs),
          width: isMoment(span.kind) ? "3px" : scale.width(span.startMs, scale.end(span)),
        }}
      />
    </span>
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
  if (span.kind === "denial") return <Mark icon={icons.denial} tone="stop" />;
  if (status === null) {
    return <Mark icon={icons[span.kind]} tone={span.waitFor === "approval" ? "caution" : "system"} />;
  }
  return (
    <>
      <RunMark status={status} />
      <span className="visually-hidden">{strings.status[status]}: </span>
    </>
  );
}
