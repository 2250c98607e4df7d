import { ChevronRight, CornerLeftUp } from "lucide-react";
import { memo } from "react";
import { useRoomTitles } from "../../api/queries";
import { ActorName } from "../../components/Actor";
import { IconButton } from "../../components/Button";
import { eventLook } from "../../components/event/kinds";
import { Sentence } from "../../components/event/Sentence";
import { Mark, RunMark } from "../../components/Mark";
import { runName, shownStatus } from "../../components/run/fold";
import type { Scale } from "../../components/run/scale";
import { Lane, SpanName } from "../../components/run/Waterfall";
import { isMoment } from "../../components/run/spans";
import { strings as shared } from "../../components/strings";
import { textOf } from "../../text/json";
import { formatDuration, formatSpan } from "../../text/measure";
import { formatAbsolute } from "../../text/time";
import { strings } from "./strings";
import type { TreeRow } from "./tree";
import styles from "./Correlation.module.css";

/** Deeper things are not indented further. */
const INDENT_DEPTH = 10;
const INDENT_PX = 16;
/** Of a message, as much as a line may show. */
const SAID_CHARS = 160;
/** What follows so fast follows at once. */
const AT_ONCE_MS = 1000;

interface RowViewProps {
  row: TreeRow;
  scale: Scale;
  selected: boolean;
  showRoom: boolean;
  onToggle(key: string, open: boolean): void;
  onInspectEvent(eventId: string): void;
  onInspectRun(runId: string): void;
}

export const RowView = memo(function RowView(props: RowViewProps) {
  const { row, scale, selected, onToggle, onInspectEvent } = props;
  const open = () => {
    if (row.kind === "run") props.onInspectRun(row.node.story.runId);
    else onInspectEvent(row.kind === "span" ? row.span.eventId : row.node.event.event_id);
  };
  const startMs = row.kind === "span" ? row.span.startMs : row.node.startMs;
  const outside = row.kind === "span" ? null : row.node.outside;
  return (
    <div className={styles.item} data-kind={row.kind} data-selected={selected || undefined}>
      <span className={styles.branch} style={{ width: Math.min(row.depth, INDENT_DEPTH) * INDENT_PX }} />
      {row.kind === "run" && row.node.spans.length > 0 ? (
        <button
          type="button"
          className={styles.fold}
          aria-expanded={row.open}
          aria-label={strings.fold(nameOf(row))}
          onClick={() => onToggle(row.key, !row.open)}
        >
          <ChevronRight aria-hidden="true" />
        </button>
      ) : outside && row.depth === 0 ? (
        <IconButton label={strings.openOutside} className={styles.outside} onClick={() => onInspectEvent(outside)}>
          <CornerLeftUp />
        </IconButton>
      ) : (
        <span className={styles.leaf} />
      )}
      <button
        type="button"
        className={styles.row}
        aria-current={selected || undefined}
        title={formatAbsolute(new Date(startMs).toISOString())}
        data-list-stop
        data-event-id={row.kind === "event" ? row.node.event.event_id : undefined}
        data-run-id={row.kind === "run" ? row.node.story.runId : undefined}
        onClick={open}
      >
        <span className="visually-hidden">{strings.depth(row.depth + 1)}: </span>
        <Name {...props} />
        <Bar row={row} scale={scale} />
        <span className={styles.end}>
          <Length row={row} scale={scale} />
        </span>
      </button>
    </div>
  );
});

const nameOf = (row: TreeRow & { kind: "run" }): string => runName(row.node.story)?.text ?? shared.run.untitled;

function Name({ row, showRoom }: RowViewProps) {
  const titles = useRoomTitles();
  if (row.kind === "span") return <SpanName span={row.span} />;
  const { node } = row;
  const room = showRoom && node.roomId ? titles.get(node.roomId) : null;
  return (
    <span className={styles.name}>
      {node.kind === "event" ? <EventName node={node} /> : <RunTitle node={node} />}
      {room ? <span className={styles.room}>{room}</span> : null}
    </span>
  );
}

function EventName({ node }: { node: (TreeRow & { kind: "event" })["node"] }) {
  const text = node.event.event_type === "message.created" ? textOf(node.event.data, "content_md") : null;
  const said = text?.slice(0, SAID_CHARS).replaceAll(/[*_`#>]+/g, "");
  return (
    <>
      <Mark {...eventLook(node.event.event_type)} />
      <span className={styles.line}>
        <ActorName type={node.event.actor_type} id={node.event.actor_id} /> <Sentence event={node.event} />
        {said ? <span className={styles.said}> {said}</span> : null}
      </span>
    </>
  );
}

function RunTitle({ node }: { node: (TreeRow & { kind: "run" })["node"] }) {
  const status = shownStatus(node.story);
  const name = runName(node.story);
  return (
    <>
      <RunMark status={status} />
      <span className={styles.line}>
        {name?.command ? <code>{name.text}</code> : <strong>{name?.text ?? shared.run.untitled}</strong>}{" "}
        {node.story.waitsForApproval ? shared.run.tellWaiting.approval : shared.status[status]}
      </span>
    </>
  );
}

function Bar({ row, scale }: { row: TreeRow; scale: Scale }) {
  if (row.kind === "span") return <Lane span={row.span} scale={scale} />;
  if (row.kind === "run") {
    const status = row.node.story.status;
    const state = status === "succeeded" || status === "failed" || status === "cancelled" ? status : "open";
    const whole = { key: "", kind: "run", depth: 0, label: "", code: false, state, note: null, waitFor: null, eventId: "" } as const;
    return <Lane span={{ ...whole, startMs: row.node.startMs, endMs: row.node.endMs }} scale={scale} />;
  }
  return (
    <span className={styles.lane} aria-hidden="true">
      <span className={styles.dot} style={{ left: scale.left(row.node.startMs) }} />
    </span>
  );
}

/** How long it took, or how long after its cause it came. */
function Length({ row, scale }: { row: TreeRow; scale: Scale }) {
  if (row.kind === "span") return isMoment(row.span.kind) ? null : formatDuration(scale.end(row.span) - row.span.startMs);
  if (row.kind === "run") return formatDuration(scale.end(row.node) - row.node.startMs);
  const { afterMs } = row.node;
  return afterMs !== null && afterMs >= AT_ONCE_MS ? <span className={styles.faint}>{strings.after(formatSpan(afterMs))}</span> : null;
}
