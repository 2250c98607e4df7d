import { useQueries } from "@tanstack/react-query";
import { ListTodo } from "lucide-react";
import { useApi } from "../../api/context";
import { momentOf, TASK_STATUSES, tasksQuery, type BoardTask, type TaskStatus } from "../../api/tasks";
import { Chip } from "../../components/Chip";
import { CommandLine } from "../../components/Copyable";
import { DEFAULT_URL } from "../../components/copyAs";
import { Empty, Failure } from "../../components/Notice";
import { Page, Scroll, Section } from "../../components/Page";
import { Age, When } from "../../components/When";
import { formatArgv } from "../../text/argv";
import { formatSpan } from "../../text/measure";
import { useNow } from "../../text/now";
import { strings } from "./strings";
import styles from "./Tasks.module.css";

/** Ended tasks that are shown. */
const DONE_SHOWN = 50;

/** What agents ask each other to do: what is open, who works on what for how long, what came of it. */
export function TasksPage() {
  const api = useApi();
  const queries = useQueries({ queries: TASK_STATUSES.map((status) => tasksQuery(api, status)) });
  const failed = queries.find((query) => query.error);
  const loaded = queries.every((query) => query.data);
  const tasks = (status: TaskStatus): BoardTask[] => queries[TASK_STATUSES.indexOf(status)]?.data ?? [];
  const count = loaded ? strings.count(tasks("open").length, tasks("claimed").length) : strings.loading;
  const none = loaded && queries.every((query) => query.data?.length === 0);
  return (
    <Page title={strings.title} aside={<span role="status">{failed ? "" : count}</span>} testId="tasks">
      {failed?.error ? <Failure problem={failed.error} onRetry={() => void failed.refetch()} /> : null}
      {none ? <Teach /> : null}
      {loaded && !none ? (
        <Scroll>
          {(["claimed", "open", "done"] as const).map((status) => (
            <Section key={status} title={strings.sections[status]}>
              {tasks(status).length === 0 ? <p className={styles.faint}>{strings.none[status]}</p> : null}
              <ul className={styles.rows}>
                {tasks(status)
                  .slice(0, status === "done" ? DONE_SHOWN : undefined)
                  .map((task) => (
                    <TaskRow key={task.id} task={task} status={status} />
                  ))}
              </ul>
            </Section>
          ))}
        </Scroll>
      ) : null}
    </Page>
  );
}

function Teach() {
  const url = useApi().lastUrl() ?? DEFAULT_URL;
  const body = JSON.stringify({ from: "me", title: strings.example });
  return (
    <Empty
      icon={ListTodo}
      title={strings.emptyTitle}
      action={<CommandLine command={formatArgv(["curl", `${url}/tasks`, "-d", body])} />}
    >
      {strings.emptyText}
    </Empty>
  );
}

function TaskRow({ task, status }: { task: BoardTask; status: TaskStatus }) {
  return (
    <li className={styles.task} data-task-id={task.id} data-status={status}>
      <span className={styles.title}>{task.title}</span>
      <span className={styles.meta}>
        <Chip>#{task.ch}</Chip>
        <span>
          {strings.by} {task.created_by}
        </span>
        {status === "open" && task.assigned_to ? (
          <span>
            {strings.for} {task.assigned_to}
          </span>
        ) : null}
        {status === "open" ? (
          <span>
            {strings.asked} <When at={momentOf(task.created_at)} />
          </span>
        ) : null}
        {status === "done" ? (
          <span>
            {strings.ended} <When at={momentOf(task.updated_at)} />
          </span>
        ) : null}
      </span>
      {task.claimed_by ? (
        <span className={styles.holder}>
          <strong>{task.claimed_by}</strong>{" "}
          {status === "claimed" ? (
            <>
              {strings.since} <Age from={momentOf(task.claimed_at)} />
            </>
          ) : null}
          {task.lease_expires_at === null ? null : <Left until={task.lease_expires_at} />}
        </span>
      ) : null}
      {task.result && task.result !== "{}" ? <code className={styles.result}>{task.result}</code> : null}
    </li>
  );
}

/** What is left of a lease, in seconds since 1970. */
function Left({ until }: { until: number }) {
  const leftMs = until * 1000 - useNow();
  return <span> · {leftMs <= 0 ? strings.over : strings.left(formatSpan(leftMs))}</span>;
}
