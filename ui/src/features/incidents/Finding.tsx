import { CircleCheck, CircleDashed, CircleDot, type LucideIcon } from "lucide-react";
import { useState, type FormEvent } from "react";
import { rootCause, useWriteFinding, withText, type Incident, type Learning } from "../../api/incidents";
import { useIsOwner } from "../../api/queries";
import { Area } from "../../components/Area";
import { Button } from "../../components/Button";
import { Field } from "../../components/Field";
import { Mark, type Tone } from "../../components/Mark";
import { Failure, OwnerNeeded } from "../../components/Notice";
import { Section } from "../../components/Page";
import { useDraft } from "../../preferences/useDraft";
import { strings } from "./strings";
import { Beside, Learnings } from "./Written";
import styles from "./Incidents.module.css";

/** What closing asks for: it is written, it is typed and will be, or it is missing. */
type Condition = "met" | "typed" | "missing";

interface Conditions {
  cause: Condition;
  learning: Condition;
}

interface FindingProps {
  incident: Incident;
  learnings: readonly Learning[];
}

/**
 * Why it happened, what was learned, and the end of it, in one form: everything that is typed is written in the
 * order in which the runtime asks for it. What is missing for closing is said beforehand.
 */
export function Finding({ incident, learnings }: FindingProps) {
  const { incident_id: incidentId } = incident;
  const owner = useIsOwner();
  const write = useWriteFinding(incidentId);
  const [draft, setDraft] = useDraft(`cause:${incidentId}`);
  const [learning, setLearning] = useDraft(`learning:${incidentId}`);
  const [edited, setEdited] = useState(draft !== "");
  const [reason, setReason] = useState("");
  const [busy, setBusy] = useState(false);

  const saved = rootCause(incident.rca);
  const savedText = saved?.text ?? "";
  const cause = edited ? draft : savedText;
  const newCause = cause.trim() !== "" && cause.trim() !== savedText;
  const newLearning = learning.trim() !== "";
  const conditions: Conditions = {
    cause: newCause ? "typed" : saved ? "met" : "missing",
    learning: learnings.length > 0 ? "met" : newLearning ? "typed" : "missing",
  };
  const ready = conditions.cause !== "missing" && conditions.learning !== "missing";
  const anything = newCause || newLearning;

  const submit = async (close: boolean) => {
    if (busy) return;
    setBusy(true);
    try {
      if (newCause) {
        await write.mutateAsync({ kind: "cause", body: withText(saved, cause.trim()) });
        setEdited(false);
        setDraft("");
      }
      if (newLearning) {
        await write.mutateAsync({ kind: "learning", body: { note: learning.trim() } });
        setLearning("");
      }
      if (close) await write.mutateAsync({ kind: "close", body: { reason: reason.trim() || undefined } });
    } catch {
      // Shown below from the mutation's own state; what is not written yet stays in the form.
    } finally {
      setBusy(false);
    }
  };
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    if (owner && ready) void submit(true);
    else if (anything) void submit(false);
  };
  return (
    <Section title={strings.finding}>
      <form className={styles.finding} onSubmit={onSubmit} aria-label={strings.finding}>
        {saved ? <Beside cause={saved} /> : null}
        <Area
          label={strings.cause}
          placeholder={strings.causePlaceholder}
          value={cause}
          onChange={(event) => {
            setEdited(true);
            setDraft(event.target.value);
          }}
        />
        {learnings.length > 0 ? <Learnings learnings={learnings} /> : null}
        <Area
          label={learnings.length > 0 ? strings.learnedMore : strings.learned}
          placeholder={strings.learnedPlaceholder}
          lines={2}
          value={learning}
          onChange={(event) => setLearning(event.target.value)}
        />
        {owner ? (
          <Field
            label={strings.closing}
            placeholder={strings.closingPlaceholder}
            value={reason}
            onChange={(event) => setReason(event.target.value)}
          />
        ) : null}
        <div className={styles.end}>
          <Checklist {...conditions} />
          <div className={styles.endActions}>
            <Button disabled={!anything || busy} onClick={() => void submit(false)}>
              {strings.save}
            </Button>
            {owner ? (
              <Button type="submit" variant="primary" disabled={!ready || busy}>
                {anything ? strings.saveAndClose : strings.close}
              </Button>
            ) : null}
          </div>
        </div>
        {owner === false ? (
          <div className={styles.reader}>
            {strings.readerClose} <OwnerNeeded />
          </div>
        ) : null}
        {write.error ? <Failure compact problem={write.error} /> : null}
      </form>
    </Section>
  );
}

const conditionLooks: Record<Condition, { icon: LucideIcon; tone: Tone }> = {
  met: { icon: CircleCheck, tone: "clear" },
  typed: { icon: CircleDot, tone: "person" },
  missing: { icon: CircleDashed, tone: "caution" },
};

function Checklist({ cause, learning }: Conditions) {
  return (
    <div className={styles.checklist} role="status">
      <p>{strings.conditions}</p>
      <ul>
        <li data-condition="cause" data-state={cause}>
          <Mark {...conditionLooks[cause]} />
          {strings.causeCondition[cause]}
        </li>
        <li data-condition="learning" data-state={learning}>
          <Mark {...conditionLooks[learning]} />
          {strings.learningCondition[learning]}
        </li>
      </ul>
    </div>
  );
}
