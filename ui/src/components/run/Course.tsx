import { strings } from "../strings";
import { courseOf } from "./course";
import type { RunSpan } from "./spans";
import styles from "./Course.module.css";

/** The gaps of a run by their names; nothing when there are none. */
export function Course({ spans }: { spans: readonly RunSpan[] }) {
  const told = courseOf(spans);
  if (told.length === 0) return null;
  return (
    <ul className={styles.course} aria-label={strings.run.course} data-testid="course">
      {told.map((sentence, index) => (
        <li key={`${index} ${sentence}`}>{sentence}</li>
      ))}
    </ul>
  );
}
