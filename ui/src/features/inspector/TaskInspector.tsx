import { Link } from "@tanstack/react-router";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useApi } from "../../api/context";
import { filesOfEvent } from "../../api/files";
import {
  filesOf,
  HISTORY_EVENTS,
  momentOf,
  taskHistoryQuery,
  taskQuery,
  useTaskAct,
  verbsOf,
  type BoardTask,
  type TaskAct,
  type TaskVerb,
} from "../../api/tasks";
import { ActorName } from "../../components/Actor";
import { Button } from "../../components/Button";
import { CopyAs } from "../../components/CopyAs";
import { Copyable } from "../../components/Copyable";
import { CorrelationLink } from "../../components/CorrelationLink";
import { eventLook } from "../../components/event/kinds";
import { Sentence } from "../../components/event/Sentence";
import { FileChips } from "../../components/file/FileView";
import { Json } from "../../components/Json";
import { Mark } from "../../components/Mark";
import { Failure } from "../../components/Notice";
import { Facts, Section } from "../../components/Page";
import { useSelection } from "../../components/selection";
import { Lease } from "../../components/task/Lease";
import { strings as words } from "../../components/task/strings";
import { DoneForm, InterruptForm } from "../../components/task/TaskForms";
import { TaskMark } from "../../components/task/TaskMark";
import { Age, When } from "../../components/When";
import { isBlank, parsed } from "../../text/json";
import { formatAbsolute, formatClock } from "../../text/time";
import { Files } from "./EventInspector";
import { strings } from "./strings";
import styles from "./Inspector.module.css";

const ROOM = "room.";

/** A task, whole: what is asked, what came of it, what happened to it, and what a person can do. */
export function TaskInspector({ taskId }: { taskId: string }) {
  const { data: task, error, refetch } = useQuery(taskQuery(useApi(), taskId));
  if (error) return <Failure problem={error} onRetry={() => void refetch()} />;
  if (!task) return <p className={styles.faint}>{strings.loading}</p>;
  const status = words.status[task.status as keyof typeof words.status] ?? task.status;
  return (
    <div data-testid="task-inspector" data-task-status={task.status}>
      <p className={styles.sentence}>
        <TaskMark status={task.status} />
        <span>
          <strong className={styles.subject}>{task.title}</strong> {status.toLowerCase()}
        </span>
      </p>
      <Acts task={task} />
      <Told title={strings.task.context} value={task.context} />
      {task.status === "done" ? <Result task={task} /> : null}
      <History task={task} />
      <Section title={strings.rest}>
        <TaskFacts task={task} />
      </Section>
    </div>
  );
}

/** The verbs that apply; those that say something open a form, which is part of the address. */
function Acts({ task }: { task: BoardTask }) {
  const { taskForm, inspectTask } = useSelection();
  const [said, setSaid] = useState("");
  const act = useTaskAct();
  const verbs = verbsOf(task);
  const form = taskForm && verbs.includes(taskForm) ? taskForm : null;
  const close = () => inspectTask(task.id);
  const onSaid = (what: TaskAct) => {
    setSaid(words.told[what.verb](task.title));
    close();
  };
  const press = (verb: TaskVerb) => {
    act.reset();
    if (verb === "done" || verb === "interrupt") inspectTask(task.id, verb);
    else act.mutate({ task, verb }, { onSuccess: () => setSaid(words.told[verb](task.title)) });
  };
  return (
    <>
      <div className={styles.actions}>
        {verbs.map((verb) => (
          <Button
            key={verb}
            variant={verb === "claim" || verb === "done" ? "primary" : "plain"}
            disabled={act.isPending}
            aria-expanded={verb === "done" || verb === "interrupt" ? form === verb : undefined}
            onClick={() => press(verb)}
          >
            {words.verb[verb]}
          </Button>
        ))}
        <CorrelationLink correlationId={task.correlation_id} />
        <CopyAs subject={{ kind: "task", id: task.id }} json={() => task} />
      </div>
      <p className="visually-hidden" role="status">
        {said}
      </p>
      {act.error ? <Failure compact problem={act.error} /> : null}
      {form === "done" ? <DoneForm task={task} onSaid={onSaid} onCancel={close} /> : null}
      {form === "interrupt" ? <InterruptForm task={task} onSaid={onSaid} onCancel={close} /> : null}
    </>
  );
}

/** JSON that somebody said; nothing where it says nothing. */
function Told({ title, value }: { title: string; value: unknown }) {
  if (isBlank(value)) return null;
  return (
    <Section title={title}>
      <Json value={value} />
    </Section>
  );
}

function Result({ task }: { task: BoardTask }) {
  const result = parsed(task.result ?? "null");
  const files = filesOf(task);
  return (
    <>
      {isBlank(result) && files.length === 0 ? (
        <Section title={strings.task.result}>
          <p className={styles.faint}>{strings.task.noResult}</p>
        </Section>
      ) : (
        <Told title={strings.task.result} value={result} />
      )}
      <Files names={files} />
    </>
  );
}

function History({ task }: { task: BoardTask }) {
  const { inspectEvent } = useSelection();
  const { data: events, error, refetch } = useQuery(taskHistoryQuery(useApi(), task));
  return (
    <Section title={strings.task.history}>
      {error ? <Failure compact problem={error} onRetry={() => void refetch()} /> : null}
      {events && events.length >= HISTORY_EVENTS ? <p className={styles.faint}>{strings.task.newest(HISTORY_EVENTS)}</p> : null}
      <ol className={styles.chain}>
        {(events ?? []).map((event) => (
          <li key={event.event_id}>
            <button
              type="button"
              className={styles.chainRow}
              title={formatAbsolute(event.occurred_at)}
              onClick={() => inspectEvent(event.event_id)}
            >
              <Mark {...eventLook(event.event_type)} />
              <span className={styles.chainLine}>
                <ActorName type={event.actor_type} id={event.actor_id} /> <Sentence event={event} />
              </span>
              <span className={styles.faint}>{formatClock(event.occurred_at)}</span>
            </button>
            <FileChips names={filesOfEvent(event)} />
          </li>
        ))}
      </ol>
    </Section>
  );
}

function TaskFacts({ task }: { task: BoardTask }) {
  const { facts } = strings.task;
  const room = task.ch.startsWith(ROOM) ? task.ch.slice(ROOM.length) : null;
  return (
    <Facts
      facts={[
        [
          facts.channel,
          room ? (
            <Link key="c" to="/rooms/$roomId" params={{ roomId: room }} className={styles.link}>
              #{task.ch}
            </Link>
          ) : (
            <Link key="c" to="/channels/$channel" params={{ channel: task.ch }} className={styles.link}>
              #{task.ch}
            </Link>
          ),
        ],
        [facts.by, task.created_by],
        ...(task.assigned_to ? ([[facts.for, task.assigned_to]] as const) : []),
        ...(task.claimed_by ? ([[facts.holder, task.claimed_by]] as const) : []),
        [facts.asked, <When key="a" at={momentOf(task.created_at)} />],
        ...(task.status === "claimed"
          ? ([
              [facts.claimed, <Age key="c" from={momentOf(task.claimed_at)} />],
              [facts.lease, task.lease_expires_at === null ? strings.task.noLease : <Lease key="l" until={task.lease_expires_at} />],
            ] as const)
          : []),
        [facts.changed, <When key="u" at={momentOf(task.updated_at)} />],
        [facts.attempt, task.attempt],
        [facts.id, <Copyable key="i" text={task.id} />],
      ]}
    />
  );
}
