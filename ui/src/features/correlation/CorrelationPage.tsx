import { Link } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { Waypoints } from "lucide-react";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { OUTPUT_TYPE } from "../../api/eventTypes";
import { useEventWindow } from "../../api/eventWindow";
import { WINDOW_EVENTS } from "../../api/window";
import { Button, linkLooks } from "../../components/Button";
import { Copyable } from "../../components/Copyable";
import { CopyAs } from "../../components/CopyAs";
import { Empty, Failure } from "../../components/Notice";
import { Page } from "../../components/Page";
import { scaleOf } from "../../components/run/scale";
import { useSelection } from "../../components/selection";
import { useListKeys } from "../../components/useListKeys";
import { useStable } from "../../components/useStable";
import { formatDuration } from "../../text/measure";
import { useNow } from "../../text/now";
import { RowView } from "./Rows";
import { strings } from "./strings";
import { correlationTree, rowOf, runsIn, treeRows } from "./tree";
import styles from "./Correlation.module.css";

const WITHOUT_OUTPUT = [OUTPUT_TYPE] as const;
const ROW_PX = 30;
const OVERSCAN_ROWS = 12;
/** More is fetched when this many lines are left. */
const EXTEND_ROWS = 30;
/** An id is cut here in the head; copying it copies all. */
const ID_SHOWN_CHARS = 20;

/** Everything that belongs together, across runs and rooms: what caused what, and how long it took. */
export function CorrelationPage({ correlationId }: { correlationId: string }) {
  const selection = useSelection();
  const [window, store] = useEventWindow({ correlationId, without: WITHOUT_OUTPUT }, undefined, "oldest");
  const [turned, setTurned] = useState<ReadonlyMap<string, boolean>>(new Map());
  const roots = useMemo(() => correlationTree(window.events), [window.events]);
  const rows = useMemo(() => treeRows(roots, turned), [roots, turned]);
  const runs = useMemo(() => runsIn(roots), [roots]);
  const rooms = new Set(window.events.flatMap((event) => event.room_id ?? [])).size;
  const live = runs.some((run) => run.endMs === null);
  const now = useNow(live ? 1000 : Number.MAX_SAFE_INTEGER);
  const first = Date.parse(window.events[0]?.occurred_at ?? "");
  const last = Date.parse(window.events.at(-1)?.occurred_at ?? "");
  const scale = useMemo(
    () => scaleOf([{ startMs: first, endMs: last }, ...(live ? [{ startMs: first, endMs: null }] : [])], now),
    [first, last, live, now],
  );
  const full = window.events.length >= WINDOW_EVENTS;
  return (
    <Page
      title={strings.title}
      aside={
        <Copyable
          text={correlationId}
          shown={correlationId.length > ID_SHOWN_CHARS ? `${correlationId.slice(0, ID_SHOWN_CHARS)}…` : correlationId}
        />
      }
      actions={<CopyAs subject={{ kind: "correlation", id: correlationId }} json={() => window.events} />}
      bar={
        window.events.length > 0 ? (
          <p className={styles.facts} role="status">
            <span>{strings.events(window.events.length, window.newer || window.older)}</span>
            {runs.length > 0 ? <span>{strings.runs(runs.length)}</span> : null}
            {rooms > 0 ? <span>{strings.rooms(rooms)}</span> : null}
            <span>{strings.over(formatDuration(scale.endMs - scale.beginMs))}</span>
          </p>
        ) : null
      }
      testId="correlation"
    >
      {window.status === "failed" ? <Failure problem={window.problem} onRetry={() => void store.toOldest()} /> : null}
      {window.status === "loading" ? <p className={styles.loading}>{strings.loading}</p> : null}
      {window.status === "ready" && rows.length === 0 ? (
        <Empty
          icon={Waypoints}
          title={strings.emptyTitle}
          action={
            <Link to="/timeline" className={linkLooks.primary}>
              {strings.timeline}
            </Link>
          }
        >
          {strings.emptyText}
        </Empty>
      ) : null}
      {full && window.newer ? <p className={styles.note}>{strings.full}</p> : null}
      {window.older ? (
        <div className={styles.more}>
          <Button disabled={window.extending !== null} onClick={() => void store.loadOlder()}>
            {strings.earlier}
          </Button>
        </div>
      ) : null}
      {rows.length > 0 ? (
        <Tree
          rows={rows}
          scale={scale}
          showRoom={rooms > 1}
          selectedIndex={
            selection.eventId
              ? rowOf(rows, selection.eventId)
              : rows.findIndex((row) => row.kind === "run" && row.node.story.runId === selection.runId)
          }
          // One place is filled by itself; beyond that the reader decides what to let go of.
          onEnd={() => {
            if (window.newer && !full) void store.loadNewer();
          }}
          extent={window.events.length}
          onToggle={(key, open) => setTurned(new Map(turned).set(key, open))}
          onInspectEvent={selection.inspectEvent}
          onInspectRun={selection.inspectRun}
        />
      ) : null}
      {window.newer && full ? (
        <div className={styles.more}>
          <Button disabled={window.extending !== null} onClick={() => void store.loadNewer()}>
            {strings.more}
          </Button>
        </div>
      ) : null}
    </Page>
  );
}

interface TreeProps {
  rows: ReturnType<typeof treeRows>;
  scale: ReturnType<typeof scaleOf>;
  showRoom: boolean;
  selectedIndex: number;
  /** How much is loaded: with more of it, there may be more to load. */
  extent: number;
  onEnd(): void;
  onToggle(key: string, open: boolean): void;
  onInspectEvent(eventId: string): void;
  onInspectRun(runId: string): void;
}

/** Only the lines that show are in the page. */
function Tree(props: TreeProps) {
  const { rows, scale, showRoom, selectedIndex, extent } = props;
  const box = useRef<HTMLDivElement>(null);
  const [canvas, setCanvas] = useState<HTMLElement | null>(null);
  useListKeys(canvas);
  const list = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    getItemKey: (index) => rows[index]?.key ?? index,
    estimateSize: () => ROW_PX,
    overscan: OVERSCAN_ROWS,
    // What arrives above the reader does not move what is read.
    anchorTo: "end",
    paddingEnd: 12,
  });
  const items = list.getVirtualItems();
  const nearEnd = (items.at(-1)?.index ?? 0) > rows.length - EXTEND_ROWS;
  const onEnd = useStable(props.onEnd);
  useEffect(() => {
    if (nearEnd) onEnd();
  }, [nearEnd, extent, onEnd]);
  // Whoever comes from an event finds it in view; afterwards the reader decides where to look.
  const found = useRef(false);
  useLayoutEffect(() => {
    if (found.current || selectedIndex < 0) return;
    found.current = true;
    list.scrollToIndex(selectedIndex, { align: "auto" });
  }, [list, selectedIndex]);
  const onToggle = useStable(props.onToggle);
  const onInspectEvent = useStable(props.onInspectEvent);
  const onInspectRun = useStable(props.onInspectRun);
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- scrolled by keyboard too
    <div ref={box} className={styles.box} tabIndex={0} role="region" aria-label={strings.list}>
      <div ref={setCanvas} role="list" className={styles.canvas} style={{ height: list.getTotalSize() }}>
        {items.map((item) => {
          const row = rows[item.index];
          if (!row) return null;
          return (
            <div
              key={item.key}
              data-index={item.index}
              role="listitem"
              className={styles.slot}
              style={{ transform: `translateY(${item.start}px)` }}
            >
              <RowView
                row={row}
                scale={scale}
                selected={item.index === selectedIndex}
                showRoom={showRoom}
                onToggle={onToggle}
                onInspectEvent={onInspectEvent}
                onInspectRun={onInspectRun}
              />
            </div>
          );
        })}
      </div>
    </div>
  );
}
