import { Link } from "@tanstack/react-router";
import { memo, useLayoutEffect, useMemo, useRef, useState, type RefObject } from "react";
import { filesOfEvent } from "../../api/files";
import { useRoomTitles } from "../../api/queries";
import type { LogEvent } from "../../api/types";
import { ActorMark, ActorName } from "../../components/Actor";
import { Chip } from "../../components/Chip";
import { eventLook } from "../../components/event/kinds";
import { Sentence } from "../../components/event/Sentence";
import { FileChips } from "../../components/file/FileView";
import { Mark } from "../../components/Mark";
import { Markdown } from "../../components/Markdown";
import { Output } from "../../components/Output";
import { outputLines } from "../../components/outputLines";
import { strings as shared } from "../../components/strings";
import { textOf } from "../../text/json";
import { formatAbsolute, formatClock, formatDay } from "../../text/time";
import { CorrelationIcon } from "./CorrelationIcon";
import { strings } from "./strings";
import styles from "./Row.module.css";

/** A longer message starts folded. */
const MESSAGE_FOLD_CHARS = 1600;
const MESSAGE_FOLD_LINES = 18;

/** Takes the focus when the keyboard comes to this row. */
export function useActiveFocus(active: boolean): RefObject<HTMLButtonElement | null> {
  const button = useRef<HTMLButtonElement>(null);
  useLayoutEffect(() => {
    if (active) button.current?.focus({ preventScroll: true });
  }, [active]);
  return button;
}

export function RoomChip({ roomId }: { roomId: string | null }) {
  const titles = useRoomTitles();
  const title = roomId ? titles.get(roomId) : null;
  if (!roomId || !title) return null;
  return (
    <Link to="/rooms/$roomId" params={{ roomId }} className={styles.room} onClick={(event) => event.stopPropagation()}>
      {title}
    </Link>
  );
}

export function DayRow({ at, now }: { at: string; now: number }) {
  return (
    <h2 className={styles.day}>
      <span>{formatDay(at, now)}</span>
    </h2>
  );
}

interface EventRowProps {
  event: LogEvent;
  /** How many more events of the same request this row stands for. */
  lesser: number;
  inRun: boolean;
  last: boolean;
  active: boolean;
  selected: boolean;
  showRoom: boolean;
  onInspect(eventId: string): void;
  /** Given the key of the row. */
  onActive(key: string): void;
}

export const EventRow = memo(function EventRow(props: EventRowProps) {
  const { event, lesser, inRun, last, active, selected, showRoom, onInspect, onActive } = props;
  const button = useActiveFocus(active);
  const message = event.event_type === "message.created" ? textOf(event.data, "content_md") : null;
  const files = filesOfEvent(event);
  const time = formatClock(event.occurred_at);
  const open = () => {
    onActive(event.event_id);
    onInspect(event.event_id);
  };
  return (
    // A click anywhere is a shortcut for the button in the time gutter.
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/no-static-element-interactions
    <div
      className={`${styles.row} ${inRun ? styles.inRun : ""} ${inRun && last ? styles.lastInRun : ""} ${message === null ? "" : styles.message}`}
      data-event-type={event.event_type}
      data-run-id={event.run_id ?? undefined}
      data-event-id={event.event_id}
      data-position={event.position}
      data-active={active || undefined}
      data-selected={selected || undefined}
      onClick={() => {
        if (!window.getSelection()?.toString()) open();
      }}
    >
      <button
        ref={button}
        type="button"
        className={styles.time}
        title={formatAbsolute(event.occurred_at)}
        aria-label={strings.details(formatAbsolute(event.occurred_at))}
        onClick={(click) => {
          click.stopPropagation();
          open();
        }}
        onFocus={() => onActive(event.event_id)}
      >
        {time}
      </button>
      {message === null ? <Mark {...eventLook(event.event_type)} /> : <ActorMark type={senderType(event)} />}
      <div className={styles.line}>
        <ActorName
          type={senderType(event)}
          id={message === null ? event.actor_id : (textOf(event.data, "sender_id") ?? event.actor_id)}
        />{" "}
        {message === null ? <Sentence event={event} /> : null}
        {message === null ? null : <span className={styles.seq}>#{event.stream_seq}</span>}
      </div>
      <div className={styles.end}>
        {event.contains_secrets || event.redaction_level !== "none" ? <Chip tone="caution">{strings.redacted}</Chip> : null}
        {lesser > 0 ? (
          <Link
            to="/correlation/$correlationId"
            params={{ correlationId: event.correlation_id }}
            className={styles.lesser}
            aria-label={strings.lesser(lesser)}
            title={strings.lesser(lesser)}
            onClick={(click) => click.stopPropagation()}
          >
            +{lesser}
          </Link>
        ) : null}
        {showRoom ? <RoomChip roomId={event.room_id} /> : null}
        {inRun ? null : (
          <span className={styles.runTools}>
            <CorrelationIcon correlationId={event.correlation_id} />
          </span>
        )}
      </div>
      {message === null ? null : <Message text={message} />}
      {files.length > 0 ? (
        <div className={styles.files}>
          <FileChips names={files} />
        </div>
      ) : null}
    </div>
  );
});

const senderType = (event: LogEvent): string =>
  event.event_type === "message.created" ? (textOf(event.data, "sender_type") ?? event.actor_type) : event.actor_type;

function Message({ text }: { text: string }) {
  const long = text.length > MESSAGE_FOLD_CHARS || text.split("\n").length > MESSAGE_FOLD_LINES;
  const [open, setOpen] = useState(!long);
  return (
    <div className={styles.body}>
      <div className={open ? undefined : styles.folded}>
        <Markdown text={text} />
      </div>
      {long ? (
        <button
          type="button"
          className={styles.more}
          aria-expanded={open}
          onClick={(event) => {
            event.stopPropagation();
            setOpen(!open);
          }}
        >
          {open ? shared.showLess : shared.showMore}
        </button>
      ) : null}
    </div>
  );
}

interface OutputRowProps {
  chunks: readonly LogEvent[];
  last: boolean;
  onInspect(eventId: string): void;
}

export const OutputRow = memo(function OutputRow({ chunks, last, onInspect }: OutputRowProps) {
  const count = chunks.length;
  const newest = chunks.at(-1);
  // Chunks are appended to the same list: the newest one tells whether it grew.
  // oxlint-disable-next-line react-hooks/exhaustive-deps
  const lines = useMemo(() => outputLines(chunks), [newest?.event_id, count]);
  const first = chunks[0];
  if (!first) return null;
  return (
    <div
      className={`${styles.row} ${styles.inRun} ${styles.outputRow} ${last ? styles.lastInRun : ""}`}
      data-event-type="tool.output"
      data-run-id={first.run_id ?? undefined}
    >
      <button
        type="button"
        className={styles.time}
        title={formatAbsolute(first.occurred_at)}
        aria-label={strings.details(formatAbsolute(first.occurred_at))}
        onClick={() => onInspect(first.event_id)}
      >
        {formatClock(first.occurred_at)}
      </button>
      <div className={styles.output}>
        <Output lines={lines} />
      </div>
    </div>
  );
});
