import { ArrowDown, ArrowUp, History, ListFilter } from "lucide-react";
import { useEffect, useMemo, useState, type ReactNode } from "react";
import { useQuery } from "@tanstack/react-query";
import { useApi } from "../../api/context";
import { INNER_TYPES } from "../../api/eventTypes";
import { useEventWindow, type EventFilter } from "../../api/eventWindow";
import { eventQuery } from "../../api/queries";
import { useRunEvents } from "../../api/runEvents";
import { WINDOW_EVENTS } from "../../api/window";
import { Button } from "../../components/Button";
import { kindTypes, type EventKind } from "../../components/event/kinds";
import { Empty, Failure } from "../../components/Notice";
import { useSelection } from "../../components/selection";
import { useKeys } from "../../keys/useKeys";
import { usePreferences } from "../../preferences/preferences";
import { DateJump } from "./DateJump";
import { FilterBar, ROOMS_MAX, type TimelineFilter } from "./FilterBar";
import { rowOfEvent, timelineRows } from "./rows";
import { RowList } from "./RowList";
import { strings } from "./strings";
import styles from "./Timeline.module.css";

interface TimelineProps {
  /** Absent: every room. */
  roomId?: string;
  threadId?: string;
  /** Instead of a room: a channel of the board. */
  channel?: string;
  filter: TimelineFilter;
  onFilter(filter: TimelineFilter): void;
  /** Offered where nothing has happened yet. */
  emptyAction?: ReactNode;
}

/** What happens inside runs is not part of the window: one run may hold more than everything else. */
const typesOf = (kinds: readonly EventKind[]): Pick<EventFilter, "types" | "without"> =>
  kinds.length === 0 ? { without: INNER_TYPES } : { types: kinds.flatMap((kind) => kindTypes[kind]) };

/** What happened, in order, live. */
export function Timeline({ roomId, threadId, channel, filter, onFilter, emptyAction }: TimelineProps) {
  const { order } = usePreferences();
  const api = useApi();
  const selection = useSelection();
  const everywhere = roomId === undefined && channel === undefined;
  const chosen = everywhere && filter.rooms.length > 0 ? filter.rooms.slice(0, ROOMS_MAX) : undefined;
  const scope: EventFilter = { roomId, roomIds: chosen, threadId, channel, ...typesOf(filter.kinds), actorId: filter.actor };
  const [window, store] = useEventWindow(scope, selection.eventId);
  const [openRuns, setOpenRuns] = useState<ReadonlySet<string>>(new Set());
  const newestFirst = order === "newest-first";
  const runEvents = useRunEvents([...openRuns]);
  const rows = useMemo(
    () => timelineRows(window.events, openRuns, newestFirst, runEvents),
    [window.events, openRuns, newestFirst, runEvents],
  );
  const { data: selected } = useQuery({ ...eventQuery(api, selection.eventId ?? ""), enabled: selection.eventId !== undefined });
  const actors = useMemo(() => [...new Set(window.events.map((event) => event.actor_id))].toSorted(), [window.events]);
  const filtered = filter.kinds.length > 0 || filter.actor !== undefined || chosen !== undefined;

  const toggleRun = (runId: string) => {
    const next = new Set(openRuns);
    if (!next.delete(runId)) next.add(runId);
    setOpenRuns(next);
  };

  const [dating, setDating] = useState(false);
  const opened = window.opened.event;

  useKeys({
    "timeline.date": () => setDating(true),
    "timeline.newest": () => void store.toNewest(),
    "timeline.oldest": () => void store.toOldest(),
  });

  return (
    <div className={styles.timeline} data-testid="timeline">
      <FilterBar filter={filter} onFilter={onFilter} actors={actors} ofRooms={everywhere}>
        <DateJump open={dating} onOpenChange={setDating} onJump={(from) => void store.toDate(from)} />
        <Button variant="ghost" icon={<History />} onClick={() => void store.toOldest()}>
          {strings.toOldest}
        </Button>
      </FilterBar>
      <Announcer count={window.unseen} />
      {window.problem && window.status === "failed" ? (
        <Failure problem={window.problem} onRetry={() => void store.toNewest()} />
      ) : null}
      {window.status === "loading" ? <p className={styles.loading}>{strings.loading}</p> : null}
      {window.status === "ready" && rows.length === 0 ? (
        filtered ? (
          <Empty
            icon={ListFilter}
            title={strings.filteredTitle}
            action={<Button onClick={() => onFilter({ kinds: [], rooms: [] })}>{strings.clearFilters}</Button>}
          >
            {strings.filteredText}
          </Empty>
        ) : (
          <Empty icon={History} title={strings.emptyTitle} action={emptyAction}>
            {roomId ? strings.emptyRoom : strings.emptyAll}
          </Empty>
        )
      ) : null}
      {rows.length > 0 ? (
        <RowList
          // Another place to begin to read is another list.
          key={`${order} ${JSON.stringify(scope)} ${window.opened.count}`}
          openedAt={window.opened.at}
          rows={rows}
          newestFirst={newestFirst}
          older={window.older}
          newer={window.newer}
          extent={`${window.events[0]?.position} ${window.events.at(-1)?.position}`}
          full={window.events.length >= WINDOW_EVENTS}
          showRoom={roomId === undefined && chosen?.length !== 1}
          selectedEventId={selection.eventId}
          selectedRunId={selection.runId}
          selectedIndex={selection.eventId ? rowOfEvent(rows, selection.eventId, selected?.run_id ?? null) : -1}
          openedIndex={opened ? rowOfEvent(rows, opened.event_id, opened.run_id) : -1}
          onOlder={store.loadOlder}
          onNewer={store.loadNewer}
          onFollow={(following) => store.follow(following)}
          onInspectEvent={selection.inspectEvent}
          onInspectRun={selection.inspectRun}
          onToggleRun={toggleRun}
        />
      ) : null}
      {window.unseen > 0 || window.newer ? (
        <button
          type="button"
          className={`${styles.pill} ${newestFirst ? styles.pillTop : ""}`}
          onClick={() => void store.toNewest()}
        >
          {newestFirst ? <ArrowUp aria-hidden="true" /> : <ArrowDown aria-hidden="true" />}
          {window.unseen > 0 ? strings.unseenCapped(window.unseen) : strings.toNewest}
        </button>
      ) : null}
    </div>
  );
}

/** Counts are announced this often at most. */
const ANNOUNCE_MS = 3000;

/** Tells a screen reader how many are new, once things are quiet enough to be told. */
function Announcer({ count }: { count: number }) {
  const [told, setTold] = useState(count);
  useEffect(() => {
    const timer = setTimeout(() => setTold(count), ANNOUNCE_MS);
    return () => clearTimeout(timer);
  }, [count]);
  return (
    <p className="visually-hidden" role="status">
      {told > 0 ? strings.unseen(told) : ""}
    </p>
  );
}
