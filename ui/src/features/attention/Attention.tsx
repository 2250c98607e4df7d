import { Failure } from "../../components/Notice";
import { asProblem, Problem } from "../../api/problem";
import { strings } from "./strings";
import { useBell } from "./useBell";
import { useMenu } from "./useMenu";

/** What is seen and done outside the page. In the page it shows only what could not be done. */
export function Attention() {
  useBell();
  const unmet = useMenu();
  if (!unmet) return null;
  const { code, message, hint } = asProblem(unmet.problem);
  return <Failure problem={new Problem(code, `${strings.killSwitchFailed} ${message}`, hint)} onRetry={unmet.again} />;
}
