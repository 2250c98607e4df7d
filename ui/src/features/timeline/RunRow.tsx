import { Link } from "@tanstack/react-router";
import { ChevronRight, PanelRight, SquareArrowOutUpRight } from "lucide-react";
import { useQuery } from "@tanstack/react-query";
import { runQuery } from "../../api/queries";
import { useLastOutput } from "../../api/runEvents";
import { useApi } from "../../api/context";
import type { LogEvent } from "../../api/types";
import { ActorName } from "../../components/Actor";
import { Hint, IconButton } from "../../components/Button";
import { RunMark, runTone, type ShownStatus } from "../../components/Mark";
import { lastLine, runDuration, runName, shownStatus, withRecord, type RunStory } from "../../components/run/fold";
import { strings as shared } from "../../components/strings";
import { formatDuration } from "../../text/measure";
import { useNow } from "../../text/now";
import { formatAbsolute, formatClock } from "../../text/time";
import { CorrelationIcon } from "./CorrelationIcon";
import { RoomChip, useActiveFocus } from "./EventRow";
import { strings } from "./strings";
import styles from "./Row.module.css";

interface RunRowProps {
  story: RunStory;
  events: readonly LogEvent[];
  open: boolean;
  active: boolean;
  selected: boolean;
  showRoom: boolean;
  onToggle(runId: string): void;
  onInspect(runId: string): void;
  onActive(): void;
}

/** A run as one line: its state, what it is, how long, and the last thing it wrote. */
export function RunRow(props: RunRowProps) {
  const { events, open, active, selected, showRoom, onToggle, onInspect, onActive } = props;
  const story = useWhole(props.story);
  const status = shownStatus(story);
  const live = story.endedAt === null && story.startedAt !== null;
  const now = useNow(live ? 1000 : Number.MAX_SAFE_INTEGER);
  const duration = runDuration(story.startedAt, story.endedAt, now);
  const name = runName(story);
  const button = useActiveFocus(active);
  const at = events[0]?.occurred_at ?? "";
  const word = shared.status[status];
  return (
    // A click anywhere is a shortcut for the button in the time gutter.
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/no-static-element-interactions
    <div
      className={`${styles.row} ${styles.run} ${open ? styles.runOpen : ""}`}
      data-event-type="run"
      data-run-id={story.runId}
      data-run-status={story.status ?? undefined}
      data-active={active || undefined}
      data-selected={selected || undefined}
      onClick={() => {
        if (window.getSelection()?.toString()) return;
        onActive();
        onToggle(story.runId);
      }}
    >
      <button
        ref={button}
        type="button"
        className={styles.time}
        aria-expanded={open}
        aria-label={`${open ? shared.collapse : shared.expand}: ${name?.text ?? shared.run.untitled}, ${word}, ${formatAbsolute(at)}`}
        title={formatAbsolute(at)}
        onClick={(click) => {
          click.stopPropagation();
          onActive();
          onToggle(story.runId);
        }}
        onFocus={onActive}
      >
        {formatClock(at)}
      </button>
      <RunMark status={status} />
      <div className={styles.line}>
        <span className={styles.what} title={name?.text}>
          <ChevronRight className={styles.caret} aria-hidden="true" />
          {story.requestedBy ? (
            <>
              <ActorName {...story.requestedBy} />{" "}
              <span className={styles.verb}>{name?.command ? shared.run.ran : shared.run.began}</span>{" "}
            </>
          ) : null}
          {name?.command ? (
            <code className={styles.command}>{name.text}</code>
          ) : (
            <span className={styles.title}>{name?.text ?? shared.run.untitled}</span>
          )}
        </span>{" "}
        <span className={styles.outcome}>
          <span className={styles[runTone(status)]}>{word}</span>
          {duration === null ? null : <span className={styles.faint}> {formatDuration(duration)}</span>}
          {story.exitCode !== null && story.exitCode !== 0 ? (
            <span className={styles.faint}> · {shared.run.exit(story.exitCode)}</span>
          ) : null}
          {story.attempt !== null && story.attempt > 1 ? (
            <span className={styles.faint}> · {shared.attempt(story.attempt)}</span>
          ) : null}
        </span>
      </div>
      <div className={styles.end}>
        {showRoom ? <RoomChip roomId={story.roomId} /> : null}
        <span className={styles.runTools}>
          <IconButton
            label={strings.inspectRun}
            onClick={(click) => {
              click.stopPropagation();
              onInspect(story.runId);
            }}
          >
            <PanelRight />
          </IconButton>
          {events[0] ? <CorrelationIcon correlationId={events[0].correlation_id} /> : null}
          <Hint text={strings.openRun}>
            <Link
              to="/runs/$runId"
              params={{ runId: story.runId }}
              className={styles.runLink}
              aria-label={strings.openRun}
              onClick={(click) => click.stopPropagation()}
            >
              <SquareArrowOutUpRight aria-hidden="true" />
            </Link>
          </Hint>
        </span>
      </div>
      {open ? null : <LastWord story={story} status={status} />}
    </div>
  );
}

/** The last thing a closed run said. Always one line, so that nothing moves when it is known. */
function LastWord({ story, status }: { story: RunStory; status: ShownStatus }) {
  const output = useLastOutput(story.runId, status !== "queued");
  const printed = output ? lastLine(output) : null;
  const over = story.endedAt !== null;
  const why = over && status !== "succeeded" ? story.outcome : null;
  // An exit code stands beside the state already: what the command printed last says more.
  if (why && (story.exitCode === null || !printed)) return <div className={styles.lastWord}>{why}</div>;
  if (printed) return <div className={`${styles.lastWord} ${styles.printed}`}>{printed}</div>;
  if (status === "queued") {
    const waits = story.waitsForApproval ? strings.waitingForApproval : strings.waitingForWorker;
    return <div className={styles.lastWord}>{waits}</div>;
  }
  return <div className={styles.lastWord}>{output === null ? (over ? shared.noOutput : strings.noOutputYet) : "\u00a0"}</div>;
}

/** The record fills in what lies before the window: only asked for when the beginning is missing. */
function useWhole(story: RunStory): RunStory {
  const api = useApi();
  const { data } = useQuery({ ...runQuery(api, story.runId), enabled: story.createdAt === null });
  return data && story.createdAt === null ? withRecord(story, data) : story;
}
