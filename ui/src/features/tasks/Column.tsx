import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef } from "react";
import type { BoardTask, TaskStatus, TaskVerb } from "../../api/tasks";
import { Button } from "../../components/Button";
import { strings as words } from "../../components/task/strings";
import { formatCount } from "../../text/measure";
import { Card } from "./Card";
import { strings } from "./strings";
import styles from "./Tasks.module.css";

/** A card of the usual height, with the space below it. */
const CARD_PX = 112;
/** Cards drawn beyond what shows, on each side. */
const OVERSCAN_CARDS = 6;

export interface ColumnProps {
  status: TaskStatus;
  /** Those that are shown. */
  tasks: readonly BoardTask[];
  /** How many there are with the same filter. */
  total: number;
  filtering: boolean;
  activeId: string | null;
  selectedId: string | undefined;
  failed: { id: string; problem: unknown } | null;
  onMore(): void;
  onOpen(task: BoardTask): void;
  onVerb(task: BoardTask, verb: TaskVerb): void;
  onActive(id: string): void;
}

/** One column: only the cards that show are in the page. */
export function Column(props: ColumnProps) {
  const { status, tasks, total, filtering, activeId, selectedId, failed, onMore, onOpen, onVerb, onActive } = props;
  const box = useRef<HTMLDivElement>(null);
  const list = useVirtualizer({
    count: tasks.length,
    getScrollElement: () => box.current,
    getItemKey: (index) => tasks[index]?.id ?? index,
    estimateSize: () => CARD_PX,
    overscan: OVERSCAN_CARDS,
  });
  const at = tasks.findIndex((task) => task.id === activeId);
  useEffect(() => {
    if (at >= 0) list.scrollToIndex(at, { align: "auto" });
  }, [at, list]);
  const items = list.getVirtualItems();
  const heading = `tasks-${status}`;
  return (
    <section className={styles.column} data-column={status} aria-labelledby={heading}>
      <h2 className={styles.head} id={heading}>
        <span>{words.status[status]}</span>
        <span className={styles.count} data-count={total}>
          {formatCount(total)}
        </span>
      </h2>
      <div ref={box} className={styles.cards}>
        {tasks.length === 0 ? <p className={styles.faint}>{filtering ? strings.noneMatches : strings.none[status]}</p> : null}
        <div className={styles.canvas} style={{ height: list.getTotalSize() }}>
          <ul className={styles.slice} style={{ transform: `translateY(${items[0]?.start ?? 0}px)` }}>
            {items.map((item) => {
              const task = tasks[item.index];
              if (!task) return null;
              return (
                <li
                  key={item.key}
                  ref={list.measureElement}
                  data-index={item.index}
                  className={styles.slot}
                  aria-setsize={tasks.length}
                  aria-posinset={item.index + 1}
                >
                  <Card
                    task={task}
                    active={task.id === activeId}
                    selected={task.id === selectedId}
                    problem={failed?.id === task.id ? failed.problem : null}
                    onOpen={onOpen}
                    onVerb={onVerb}
                    onActive={onActive}
                  />
                </li>
              );
            })}
          </ul>
        </div>
        {tasks.length < total ? (
          <div className={styles.rest}>
            <p>{strings.shown(tasks.length, total)}</p>
            <Button onClick={onMore}>{strings.more}</Button>
          </div>
        ) : null}
      </div>
    </section>
  );
}
