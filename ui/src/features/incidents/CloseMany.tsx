import { Link } from "@tanstack/react-router";
import { CircleCheck, CircleX } from "lucide-react";
import { useState, type FormEvent } from "react";
import type { Incident } from "../../api/incidents";
import { asProblem } from "../../api/problem";
import { Area } from "../../components/Area";
import { Button } from "../../components/Button";
import { Field } from "../../components/Field";
import { Mark } from "../../components/Mark";
import { onEscape } from "../../keys/onEscape";
import { strings } from "./strings";
import { useCloseMany, type Progress } from "./useCloseMany";
import styles from "./Incidents.module.css";

const { many: words } = strings;

interface CloseManyProps {
  chosen: readonly Incident[];
  /** All that the list shows are chosen. */
  all: boolean;
  onAll(all: boolean): void;
  /** What is still open afterwards stays chosen. */
  onChosen(incidents: readonly Incident[]): void;
  onDone(): void;
}

/**
 * One cause and one learning for incidents that have the same, and their end. What somebody wrote of one of them
 * before is kept, and its close is its own event as if it were closed by itself.
 */
export function CloseMany({ chosen, all, onAll, onChosen, onDone }: CloseManyProps) {
  const [cause, setCause] = useState("");
  const [learning, setLearning] = useState("");
  const [reason, setReason] = useState("");
  const { progress, start, stop } = useCloseMany();
  const running = progress?.running === true;
  const ready = chosen.length > 0 && cause.trim() !== "" && learning.trim() !== "" && !running;
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (!ready) return;
    const finding = { cause: cause.trim(), learning: learning.trim(), reason: reason.trim() || undefined };
    const { failed, left } = await start(chosen, finding);
    onChosen([...failed.map(({ incident }) => incident), ...left]);
  };
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- Escape leaves it
    <form
      className={`${styles.form} ${styles.many}`}
      aria-label={words.title}
      onSubmit={(event) => void submit(event)}
      onKeyDown={onEscape(running ? stop : onDone)}
    >
      <p className={styles.intro}>{words.text}</p>
      <div className={styles.choices}>
        <Button variant="ghost" disabled={running} onClick={() => onAll(!all)}>
          {all ? words.none : words.all}
        </Button>
        <span role="status">{words.chosen(chosen.length)}</span>
      </div>
      <Area
        label={words.cause}
        placeholder={strings.causePlaceholder}
        value={cause}
        disabled={running}
        onChange={(event) => setCause(event.target.value)}
      />
      <Area
        label={strings.learned}
        placeholder={strings.learnedPlaceholder}
        lines={2}
        value={learning}
        disabled={running}
        onChange={(event) => setLearning(event.target.value)}
      />
      <Field
        label={strings.closing}
        placeholder={strings.closingPlaceholder}
        value={reason}
        disabled={running}
        onChange={(event) => setReason(event.target.value)}
      />
      {progress ? <Course progress={progress} /> : null}
      <div className={styles.choices}>
        <span className={styles.gap} />
        {running ? (
          <Button onClick={stop}>{words.stop}</Button>
        ) : (
          <Button variant="ghost" onClick={onDone}>
            {progress ? words.done : strings.cancel}
          </Button>
        )}
        <Button type="submit" variant="primary" disabled={!ready}>
          {words.close(chosen.length)}
        </Button>
      </div>
    </form>
  );
}

/** How far it is; at the end, what became of each that is not closed. */
function Course({ progress }: { progress: Progress }) {
  const { running, total, closed, before, failed, left } = progress;
  if (running) {
    const begun = total - left.length;
    return (
      <p className={styles.course}>
        <progress value={begun} max={total} aria-label={words.progress} />
        {words.of(begun, total)}
      </p>
    );
  }
  const whole = failed.length === 0 && left.length === 0;
  return (
    <div role="status" data-testid="closed-many">
      <p className={styles.state}>
        <Mark icon={whole ? CircleCheck : CircleX} tone={whole ? "clear" : "stop"} />
        {words.summary(closed.length, before.length, failed.length, left.length)}
      </p>
      <ul>
        {failed.map(({ incident, problem }) => (
          <li key={incident.incident_id}>
            <Link to="/incidents/$incidentId" params={{ incidentId: incident.incident_id }} className={styles.inline}>
              {incident.title}
            </Link>
            : {[asProblem(problem).message, asProblem(problem).hint].filter(Boolean).join(" ")}
          </li>
        ))}
      </ul>
    </div>
  );
}
