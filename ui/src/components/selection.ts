import { useNavigate, useSearch } from "@tanstack/react-router";

/** What is about to be said to a task, in a form. */
export type TaskForm = "done" | "interrupt";

/** What the inspector shows. It is part of every address, so a selection can be shared and gone back from. */
export interface Selection {
  event?: string;
  run?: string;
  task?: string;
  /** Goes with a task. */
  act?: TaskForm;
  /** `sha256:<hex>` of a stored file. */
  file?: string;
}

/** Nothing: what an address says of a selection is taken out of it. */
export const NO_SELECTION: Selection = { event: undefined, run: undefined, task: undefined, act: undefined, file: undefined };

export function useSelection() {
  const search: Selection = useSearch({ strict: false });
  const navigate = useNavigate();
  const select = (selection: Selection) =>
    void navigate({ to: ".", search: (before: object) => ({ ...before, ...NO_SELECTION, ...selection }) });
  return {
    eventId: search.event,
    runId: search.run,
    taskId: search.task,
    taskForm: search.act,
    file: search.file,
    inspectEvent: (event: string) => select({ event }),
    inspectRun: (run: string) => select({ run }),
    inspectTask: (task: string, act?: TaskForm) => select({ task, act }),
    inspectFile: (file: string) => select({ file }),
    close: () => select({}),
  };
}
