import { useMutation, useQueryClient } from "@tanstack/react-query";
import { tags } from "../../api/staleness";
import { usePlatform, type RuntimeAction } from "../../platform";
import { strings } from "./strings";

/** Asks the supervisor to do something. */
export function useRuntimeAction() {
  const platform = usePlatform();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (action: RuntimeAction) => platform.act(action),
    onSettled: () => queries.invalidateQueries({ queryKey: tags.diagnostics() }),
  });
}

/** What the button for an action says. */
export function actionLabel(action: RuntimeAction): string {
  switch (action.kind) {
    case "restart":
      return `${strings.restart} ${strings.component[action.component] ?? action.component}`;
    case "stop":
      return `${strings.stop} ${strings.component[action.component] ?? action.component}`;
    case "start":
      return `${strings.start} ${strings.component[action.component] ?? action.component}`;
    case "set_mode":
      return strings.mode[action.mode];
    case "retry":
      return strings.retry;
  }
}
