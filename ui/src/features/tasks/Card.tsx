import { Paperclip } from "lucide-react";
import { memo, useLayoutEffect, useRef } from "react";
import { filesOf, momentOf, verbsOf, type BoardTask, type TaskVerb } from "../../api/tasks";
import { Button } from "../../components/Button";
import { Chip } from "../../components/Chip";
import { Failure } from "../../components/Notice";
import { Lease } from "../../components/task/Lease";
import { strings as words } from "../../components/task/strings";
import { TaskMark } from "../../components/task/TaskMark";
import { Age, When } from "../../components/When";
import { strings } from "./strings";
import styles from "./Tasks.module.css";

/** Somebody who types or reads elsewhere keeps the focus when the active card is drawn anew. */
const ELSEWHERE = "input, textarea, select, aside, [role=dialog], [role=menu]";

interface CardProps {
  task: BoardTask;
  /** The keyboard is here. */
  active: boolean;
  /** The inspector shows it. */
  selected: boolean;
  /** What came of the last verb here. */
  problem: unknown;
  onOpen(task: BoardTask): void;
  onVerb(task: BoardTask, verb: TaskVerb): void;
  onActive(id: string): void;
}

/** One task: what, where, for whom, who has it since when and for how long, and what a person can do. */
export const Card = memo(function Card({ task, active, selected, problem, onOpen, onVerb, onActive }: CardProps) {
  const name = useRef<HTMLButtonElement>(null);
  useLayoutEffect(() => {
    if (active && !document.activeElement?.closest(ELSEWHERE)) name.current?.focus({ preventScroll: true });
  }, [active]);
  return (
    <article
      className={styles.card}
      data-task-id={task.id}
      data-status={task.status}
      data-selected={selected || undefined}
      aria-current={selected || undefined}
    >
      <h3 className={styles.name}>
        <button ref={name} type="button" data-list-stop onClick={() => onOpen(task)} onFocus={() => onActive(task.id)}>
          {task.title}
        </button>
      </h3>
      <p className={styles.meta}>
        <span>#{task.ch}</span>
        <span>
          {strings.by} {task.created_by}
        </span>
        {task.assigned_to ? (
          <span>
            {strings.for} {task.assigned_to}
          </span>
        ) : null}
      </p>
      <p className={styles.state}>
        <TaskMark status={task.status} />
        <State task={task} />
      </p>
      {problem ? <Failure compact problem={problem} /> : null}
      <Verbs task={task} onVerb={onVerb} />
    </article>
  );
});

function State({ task }: { task: BoardTask }) {
  const files = filesOf(task).length;
  const earlier = task.status === "open" ? task.attempt : task.attempt - 1;
  return (
    <>
      {task.claimed_by ? <strong>{task.claimed_by}</strong> : null}
      {task.status === "claimed" ? (
        <span>
          {strings.since} <Age from={momentOf(task.claimed_at)} />
        </span>
      ) : null}
      {task.status === "done" ? (
        <span>
          {strings.ended} <When at={momentOf(task.updated_at)} />
        </span>
      ) : (
        <span>
          {strings.asked} <When at={momentOf(task.created_at)} />
        </span>
      )}
      {task.status === "claimed" ? <Lease until={task.lease_expires_at} /> : null}
      {earlier > 0 && task.status !== "done" ? <Chip tone="caution">{strings.claims(earlier)}</Chip> : null}
      {files > 0 ? (
        <Chip>
          <Paperclip aria-hidden="true" />
          {strings.files(files)}
        </Chip>
      ) : null}
    </>
  );
}

function Verbs({ task, onVerb }: Pick<CardProps, "task" | "onVerb">) {
  const verbs = verbsOf(task);
  if (verbs.length === 0) return null;
  return (
    <p className={styles.verbs}>
      {verbs.map((verb) => (
        <Button
          key={verb}
          variant="ghost"
          // Reached by their keys, or from the details: a walk through the board stops once at each card.
          tabIndex={-1}
          aria-label={words.verbOf(words.verb[verb], task.title)}
          onClick={() => onVerb(task, verb)}
        >
          {words.verb[verb]}
        </Button>
      ))}
    </p>
  );
}
