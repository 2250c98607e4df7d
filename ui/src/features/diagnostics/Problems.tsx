import { CircleAlert, CircleCheck, LoaderCircle, TriangleAlert } from "lucide-react";
import { Button } from "../../components/Button";
import { CommandLine } from "../../components/Copyable";
import { Mark } from "../../components/Mark";
import { Failure } from "../../components/Notice";
import { Section } from "../../components/Page";
import type { ComponentState, Diagnostics, RuntimeProblem, RuntimeStatus, RuntimeView } from "../../platform";
import { formatSpan } from "../../text/measure";
import { useNow } from "../../text/now";
import { strings } from "./strings";
import { actionLabel, useRuntimeAction } from "./useAction";
import styles from "./Diagnostics.module.css";

interface ProblemsProps {
  view: RuntimeView;
  report: Diagnostics | null;
  status: RuntimeStatus | null;
  mayAct: boolean;
}

/** These pass by themselves; a person may shorten the wait. */
const passing: readonly ComponentState[] = ["starting", "degraded", "restarting"];

/** Without a report, or ahead of it, the status alone says what is wrong. */
export function problemsOf(report: Diagnostics | null, status: RuntimeStatus | null): RuntimeProblem[] {
  if (report && report.problems.length > 0) return report.problems;
  return Object.values(status?.components ?? {}).flatMap((component) =>
    component && component.last_error_message && component.state !== "healthy" && component.state !== "disabled"
      ? [
          {
            code: component.last_error_code ?? component.state,
            severity: passing.includes(component.state) ? ("warning" as const) : ("error" as const),
            title: `${strings.component[component.name] ?? component.name}: ${strings.state[component.state]}`,
            cause: component.last_error_message,
            remedy: component.last_error_hint ?? "",
            action: { kind: "retry" as const },
          },
        ]
      : [],
  );
}

/** What is wrong, worst first, each with its cause and the one thing that helps. */
export function Problems({ view, report, status, mayAct }: ProblemsProps) {
  const act = useRuntimeAction();
  const problems = problemsOf(report, status);
  if (view.kind === "unreachable") return <Unreachable since={view.since} />;
  if (problems.length === 0) {
    const starting = status === null || status.phase === "starting";
    return (
      <p className={styles.well}>
        <Mark icon={starting ? LoaderCircle : CircleCheck} tone={starting ? "person" : "clear"} spin={starting} />
        {starting ? strings.starting : strings.allWell}
      </p>
    );
  }
  return (
    <Section title={strings.problems}>
      <ul role="alert" className={styles.problems}>
        {problems.map((problem) => {
          const { action } = problem;
          const error = problem.severity === "error";
          return (
            <li key={`${problem.code} ${problem.title}`} className={error ? styles.error : styles.warning} data-code={problem.code}>
              <Mark icon={error ? CircleAlert : TriangleAlert} tone={error ? "stop" : "caution"} />
              <div className={styles.problemText}>
                <h3>{problem.title}</h3>
                <p>{problem.cause}</p>
                <p className={styles.muted}>{problem.remedy}</p>
              </div>
              {action && mayAct ? (
                <Button variant={error ? "primary" : "plain"} disabled={act.isPending} onClick={() => act.mutate(action)}>
                  {actionLabel(action)}
                </Button>
              ) : null}
            </li>
          );
        })}
      </ul>
      {act.error ? <Failure compact problem={act.error} /> : null}
    </Section>
  );
}

function Unreachable({ since }: { since: number }) {
  const now = useNow();
  return (
    <Section title={strings.problems}>
      <div role="alert" className={styles.error}>
        <Mark icon={CircleAlert} tone="stop" />
        <div className={styles.problemText}>
          <h3>{strings.unreachable}</h3>
          <p>{strings.unreachableCause(formatSpan(now - since))}</p>
          <p className={styles.muted}>{strings.unreachableRemedy}</p>
          <CommandLine command={strings.startCommand} />
        </div>
      </div>
    </Section>
  );
}
