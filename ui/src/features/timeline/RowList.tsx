import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useLayoutEffect, useRef, useState } from "react";
import type { Opening } from "../../api/eventWindow";
import { Button } from "../../components/Button";
import { useStable } from "../../components/useStable";
import { useKeys } from "../../keys/useKeys";
import { useNow } from "../../text/now";
import { formatDay } from "../../text/time";
import { DayRow, EventRow, OutputRow } from "./EventRow";
import { isStop, rowPx, rowTime, type Row } from "./rows";
import { RunRow } from "./RunRow";
import { strings } from "./strings";
import styles from "./Timeline.module.css";

/** Rows drawn beyond what shows, on each side. */
const OVERSCAN_ROWS = 12;
/** More is fetched when this many rows are left. */
const EXTEND_ROWS = 30;
/** So close to the end still counts as standing there. */
const END_PX = 48;

/** The sticky head covers this much of the list's top. */
const DAY_HEAD_PX = 28;

const DAY_STEP_MS = 60_000;

interface RowListProps {
  openedAt: Opening;
  rows: readonly Row[];
  newestFirst: boolean;
  older: boolean;
  newer: boolean;
  /** Which stretch of the log the rows show: another one may need more of it, also with as many rows. */
  extent: string;
  /** The window holds all it can: more at one end is less at the other. */
  full: boolean;
  showRoom: boolean;
  selectedEventId?: string;
  selectedRunId?: string;
  selectedIndex: number;
  /** The row the window was opened at; negative where it was opened at an end. */
  openedIndex: number;
  onOlder(): void;
  onNewer(): void;
  onFollow(following: boolean): void;
  onInspectEvent(eventId: string): void;
  onInspectRun(runId: string): void;
  onToggleRun(runId: string): void;
}

/** The rows of a timeline: only those that show are in the page, and what is read stays where it is. */
export function RowList(props: RowListProps) {
  const { rows, newestFirst, older, newer, extent, full } = props;
  const box = useRef<HTMLDivElement>(null);
  const [activeKey, setActiveKey] = useState<string | null>(null);
  const now = useNow(DAY_STEP_MS);
  const list = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    getItemKey: (index) => rows[index]?.key ?? index,
    estimateSize: (index) => rowPx(rows[index]),
    overscan: OVERSCAN_ROWS,
    // Keeps the row under the reader's eyes where it is, whatever is added or removed around it.
    anchorTo: "end",
    followOnAppend: !newestFirst && !newer,
    scrollEndThreshold: END_PX,
    scrollPaddingStart: DAY_HEAD_PX,
    paddingEnd: 12,
  });
  const items = list.getVirtualItems();

  useStartPosition(list, props);

  const first = items[0]?.index ?? 0;
  const last = items.at(-1)?.index ?? 0;
  const nearTop = first < EXTEND_ROWS;
  const nearBottom = last > rows.length - EXTEND_ROWS;
  // So few rows of so many events would be exchanged for others without end: the reader decides.
  const stuck = full && nearTop && nearBottom;
  useEffect(() => {
    if (stuck) return;
    if (newestFirst ? nearBottom : nearTop) props.onOlder();
    if (newer && (newestFirst ? nearTop : nearBottom)) props.onNewer();
    // The callbacks are new at each render; what matters is where the reader is.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [nearTop, nearBottom, stuck, extent, newestFirst, newer, older]);

  const following = newestFirst ? (list.scrollOffset ?? 0) < END_PX : list.isAtEnd(END_PX);
  useEffect(() => {
    props.onFollow(following && !newer);
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [following, newer, rows.length]);

  const wasFollowing = useRef(props.openedAt === "newest");
  // With the newest at the top, a reader who stands there wants to go on standing there.
  const topKey = rows[0]?.key;
  useLayoutEffect(() => {
    if (newestFirst && wasFollowing.current) list.scrollToOffset(0);
  }, [topKey, rows.length, newestFirst, list]);
  // The same at the bottom when the pane gets lower: a longer message is typed, something failed.
  const height = list.scrollRect?.height ?? 0;
  const wasHigh = useRef(0);
  useLayoutEffect(() => {
    // The first height is that of the beginning, which has its own place.
    if (wasHigh.current > 0 && !newestFirst && wasFollowing.current) list.scrollToEnd();
    wasHigh.current = height;
  }, [height, newestFirst, list]);
  useEffect(() => {
    wasFollowing.current = following;
  });

  const move = (step: 1 | -1) => {
    let index = rows.findIndex((row) => row.key === activeKey);
    if (index < 0) index = step > 0 ? (list.range?.startIndex ?? 0) - 1 : (list.range?.endIndex ?? rows.length);
    do index += step;
    while (rows[index] && !isStop(rows[index] as Row));
    const row = rows[index];
    if (!row) return;
    list.scrollToIndex(index, { align: "auto" });
    setActiveKey(row.key);
  };

  const { selectedEventId, selectedRunId, showRoom } = props;
  const onInspectEvent = useStable(props.onInspectEvent);
  const onInspectRun = useStable(props.onInspectRun);
  const onToggleRun = useStable(props.onToggleRun);
  const shown = { selectedEventId, selectedRunId, showRoom, onInspectEvent, onInspectRun, onToggleRun };

  const active = rows.find((row) => row.key === activeKey);
  const inspect = (row: Row | undefined): boolean => {
    if (row?.kind === "event") props.onInspectEvent(row.event.event_id);
    else if (row?.kind === "run") props.onInspectRun(row.story.runId);
    else if (row?.kind === "output" && row.chunks[0]) props.onInspectEvent(row.chunks[0].event_id);
    else return false;
    return true;
  };
  useKeys({ "list.next": () => move(1), "list.previous": () => move(-1), "list.inspect": () => inspect(active) });

  const top = rows[list.range?.startIndex ?? 0];
  return (
    <div className={styles.list}>
      {stuck && older ? (
        <Button className={`${styles.earlier} ${newestFirst ? styles.earlierBelow : ""}`} onClick={props.onOlder}>
          {strings.earlier}
        </Button>
      ) : null}
      {top && top.kind !== "day" ? (
        <div className={styles.stickyDay} aria-hidden="true">
          {formatDay(rowTime(top), now)}
        </div>
      ) : null}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- scrolled by keyboard too */}
      <div ref={box} className={styles.box} tabIndex={0} role="region" aria-label={strings.label}>
        <div role="list" className={styles.canvas} style={{ height: list.getTotalSize() }}>
          {items.map((item) => {
            const row = rows[item.index];
            if (!row) return null;
            return (
              <div
                key={item.key}
                ref={list.measureElement}
                data-index={item.index}
                role="listitem"
                className={styles.slot}
                style={{ transform: `translateY(${item.start}px)` }}
              >
                <RowView
                  row={row}
                  active={row.key === activeKey}
                  now={now}
                  list={shown}
                  onActive={setActiveKey}
                />
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}

interface RowViewProps {
  row: Row;
  active: boolean;
  now: number;
  list: Pick<RowListProps, "selectedEventId" | "selectedRunId" | "showRoom" | "onInspectEvent" | "onInspectRun" | "onToggleRun">;
  onActive(key: string): void;
}

function RowView({ row, active, now, list, onActive }: RowViewProps) {
  switch (row.kind) {
    case "day":
      return <DayRow at={row.at} now={now} />;
    case "event":
      return (
        <EventRow
          event={row.event}
          lesser={row.lesser.length}
          inRun={row.inRun}
          last={row.last}
          active={active}
          selected={[row.event, ...row.lesser].some((event) => event.event_id === list.selectedEventId)}
          showRoom={list.showRoom && !row.inRun}
          onInspect={list.onInspectEvent}
          onActive={onActive}
        />
      );
    case "output":
      return <OutputRow chunks={row.chunks} last={row.last} onInspect={list.onInspectEvent} />;
    case "run":
      return (
        <RunRow
          story={row.story}
          events={row.events}
          open={row.open}
          active={active}
          selected={row.story.runId === list.selectedRunId}
          showRoom={list.showRoom}
          onToggle={list.onToggleRun}
          onInspect={list.onInspectRun}
          onActive={() => onActive(row.key)}
        />
      );
  }
}

type List = ReturnType<typeof useVirtualizer<HTMLDivElement, Element>>;

/** Begins where the window was opened; afterwards follows only a selection made elsewhere. */
function useStartPosition(list: List, { rows, openedAt, newestFirst, selectedIndex, openedIndex }: RowListProps): void {
  const selectedKey = selectedIndex < 0 ? null : (rows[selectedIndex]?.key ?? null);
  const shown = useRef<string | null | undefined>(undefined);
  useLayoutEffect(() => {
    const first = shown.current === undefined;
    if (first && openedAt === "event" && selectedIndex >= 0) list.scrollToIndex(selectedIndex, { align: "center" });
    else if (first && openedAt === "date") list.scrollToIndex(openedIndex, { align: newestFirst ? "end" : "start" });
    else if (first && openedAt !== "event" && (openedAt === "newest") !== newestFirst) list.scrollToEnd();
    else if (!first && selectedKey && selectedKey !== shown.current) list.scrollToIndex(selectedIndex, { align: "auto" });
    shown.current = selectedKey;
  }, [list, selectedKey, selectedIndex, openedIndex, newestFirst, openedAt]);
}
