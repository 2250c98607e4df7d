import { useQueries } from "@tanstack/react-query";
import { ListTodo, Plus } from "lucide-react";
import { useState, type KeyboardEvent } from "react";
import { useApi } from "../../api/context";
import { refusalOf, TASK_STATUSES, tasksQuery, useTaskAct, verbsOf, type BoardTask, type TaskStatus, type TaskVerb } from "../../api/tasks";
import { Button } from "../../components/Button";
import { CommandLine } from "../../components/Copyable";
import { DEFAULT_URL } from "../../components/copyAs";
import { Empty, Failure } from "../../components/Notice";
import { Page } from "../../components/Page";
import { useSelection } from "../../components/selection";
import { strings as words } from "../../components/task/strings";
import { useStable } from "../../components/useStable";
import { useKeys, useShownKeys } from "../../keys/useKeys";
import { formatArgv } from "../../text/argv";
import { COLUMNS, DONE_STEP, filtered, step, type Columns, type Direction, type TasksSearch } from "./board";
import { Column } from "./Column";
import { Filters } from "./Filters";
import { NewTask } from "./NewTask";
import { strings } from "./strings";
import styles from "./Tasks.module.css";

interface TasksPageProps {
  search: TasksSearch;
  onSearch(search: TasksSearch): void;
}

/** What agents ask each other to do: what is open, who works on what for how long, what came of it. */
export function TasksPage({ search, onSearch }: TasksPageProps) {
  const api = useApi();
  const shown = useShownKeys();
  const queries = useQueries({ queries: TASK_STATUSES.map((status) => tasksQuery(api, status)) });
  const [activeId, setActiveId] = useState<string | null>(null);
  const [told, setTold] = useState("");
  const failed = queries.find((query) => query.error);
  const loaded = queries.every((query) => query.data);
  const tasks = (status: TaskStatus): readonly BoardTask[] => queries[TASK_STATUSES.indexOf(status)]?.data ?? [];
  const none = loaded && queries.every((query) => query.data?.length === 0);
  const all: Columns = { open: tasks("open"), claimed: tasks("claimed"), done: tasks("done") };
  const creating = search.create === true;
  useKeys({ "task.new": () => onSearch({ create: true }) });
  return (
    <Page
      title={strings.title}
      aside={<span role="status">{failed ? "" : loaded ? strings.count(all.open.length, all.claimed.length) : strings.loading}</span>}
      actions={
        <>
          {loaded && !none ? (
            <p className={styles.keys}>
              {strings.keys(
                shown("board.left"),
                shown("board.right"),
                shown("list.next"),
                shown("list.previous"),
                shown("task.claim"),
                shown("task.new"),
              )}
            </p>
          ) : null}
          <Button icon={<Plus />} aria-expanded={creating} onClick={() => onSearch({ create: creating ? undefined : true })}>
            {strings.new}
          </Button>
        </>
      }
      bar={loaded && !none ? <Filters search={search} onSearch={onSearch} tasks={Object.values(all).flat()} /> : null}
      testId="tasks"
    >
      <p className="visually-hidden" role="status">
        {told}
      </p>
      {creating ? (
        <NewTask
          channel={search.channel}
          onCreated={(id, title) => {
            onSearch({ create: undefined });
            setActiveId(id);
            setTold(strings.created(title));
          }}
          onCancel={() => onSearch({ create: undefined })}
        />
      ) : null}
      {failed?.error ? <Failure problem={failed.error} onRetry={() => void failed.refetch()} /> : null}
      {none && !creating ? <Teach /> : null}
      {loaded && !none ? (
        <Board all={all} search={search} activeId={activeId} onActive={setActiveId} onTold={setTold} />
      ) : null}
    </Page>
  );
}

interface BoardProps {
  all: Columns;
  search: TasksSearch;
  activeId: string | null;
  onActive(id: string): void;
  /** Said to who does not see it. */
  onTold(what: string): void;
}

const arrows: Partial<Record<string, Direction>> = { ArrowUp: "up", ArrowDown: "down", ArrowLeft: "left", ArrowRight: "right" };

function Board({ all, search, activeId, onActive, onTold }: BoardProps) {
  const { taskId, inspectTask } = useSelection();
  const [doneShown, setDoneShown] = useState(DONE_STEP);
  const [failed, setFailed] = useState<{ id: string; problem: unknown } | null>(null);
  const act = useTaskAct();
  const found: Columns = {
    open: filtered(all.open, search),
    claimed: filtered(all.claimed, search),
    done: filtered(all.done, search),
  };
  const columns: Columns = { ...found, done: found.done.slice(0, doneShown) };
  const onVerb = (task: BoardTask, verb: TaskVerb) => {
    onActive(task.id);
    setFailed(null);
    if (!verbsOf(task).includes(verb)) setFailed({ id: task.id, problem: refusalOf(task, verb) });
    else if (verb === "done" || verb === "interrupt") inspectTask(task.id, verb);
    else {
      act.mutate(
        { task, verb },
        {
          onSuccess: () => onTold(words.told[verb](task.title)),
          onError: (problem) => setFailed({ id: task.id, problem }),
        },
      );
    }
  };
  const go = (direction: Direction): boolean => {
    const next = step(columns, activeId, direction);
    if (next) onActive(next);
    return next !== null;
  };
  const say = (verb: TaskVerb) => (): boolean => {
    const task = COLUMNS.flatMap((status) => columns[status]).find(({ id }) => id === activeId);
    // Nothing happens to what was not looked at: the first press only goes there.
    if (task) onVerb(task, verb);
    else go("down");
    return true;
  };
  useKeys({
    "list.next": () => go("down"),
    "list.previous": () => go("up"),
    "board.left": () => go("left"),
    "board.right": () => go("right"),
    "task.claim": say("claim"),
    "task.done": say("done"),
    "task.abandon": say("abandon"),
    "task.interrupt": say("interrupt"),
  });
  const onKeyDown = (event: KeyboardEvent) => {
    const direction = arrows[event.key];
    if (!direction || !go(direction)) return;
    event.preventDefault();
  };
  const stable = {
    onOpen: useStable((task: BoardTask) => inspectTask(task.id)),
    onVerb: useStable(onVerb),
    onActive: useStable(onActive),
  };
  return (
    // Arrow keys move between the cards, whichever of them has the focus.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex, jsx-a11y/no-noninteractive-element-interactions
    <div className={styles.board} role="region" aria-label={strings.board} tabIndex={0} onKeyDown={onKeyDown}>
      {COLUMNS.map((status) => (
        <Column
          key={status}
          status={status}
          tasks={columns[status]}
          total={found[status].length}
          filtering={Boolean(search.channel ?? search.holder ?? search.q)}
          activeId={activeId}
          selectedId={taskId}
          failed={failed}
          onMore={() => setDoneShown(doneShown + DONE_STEP)}
          {...stable}
        />
      ))}
    </div>
  );
}

function Teach() {
  const url = useApi().lastUrl() ?? DEFAULT_URL;
  const body = JSON.stringify({ from: "me", title: strings.example });
  return (
    <Empty
      icon={ListTodo}
      title={strings.emptyTitle}
      action={
        <div className={styles.teach}>
          <CommandLine command={formatArgv(["signalbox", "task", "new", strings.example])} />
          <CommandLine command={formatArgv(["curl", `${url}/tasks`, "-d", body])} />
        </div>
      }
    >
      {strings.emptyText}
    </Empty>
  );
}
