import { rootCause, type Incident, type Learning, type RootCause } from "../../api/incidents";
import { ActorName } from "../../components/Actor";
import { Chip } from "../../components/Chip";
import { Json } from "../../components/Json";
import { Markdown } from "../../components/Markdown";
import { Section } from "../../components/Page";
import { When } from "../../components/When";
import { strings } from "./strings";
import styles from "./Incidents.module.css";

/** What is known of an incident that is over. */
export function Written({ incident, learnings }: { incident: Incident; learnings: readonly Learning[] }) {
  const cause = rootCause(incident.rca);
  return (
    <>
      <Section title={strings.cause}>
        {cause?.text ? <Markdown text={cause.text} /> : null}
        {cause ? <Beside cause={cause} /> : <p className={styles.faint}>{strings.noCause}</p>}
      </Section>
      <Section title={strings.learned}>
        {learnings.length > 0 ? <Learnings learnings={learnings} /> : <p className={styles.faint}>{strings.noLearning}</p>}
      </Section>
    </>
  );
}

/** What was written beside the text: a summary, or a structure. */
export function Beside({ cause: { beside } }: { cause: RootCause }) {
  if (beside.summary) return <p className={styles.summary}>{beside.summary}</p>;
  return beside.analysis === undefined ? null : (
    <div role="group" aria-label={strings.analysis}>
      <Json value={beside.analysis} />
    </div>
  );
}

export function Learnings({ learnings }: { learnings: readonly Learning[] }) {
  return (
    <ul className={styles.learnings}>
      {learnings.map((learning) => (
        <li key={learning.learning_id}>
          <Markdown text={learning.note} />
          <p className={styles.by}>
            <ActorName type={learning.created_by_type} id={learning.created_by_id} /> <When at={learning.created_at} />
            {learning.tags.map((tag) => (
              <Chip key={tag}>{tag}</Chip>
            ))}
          </p>
        </li>
      ))}
    </ul>
  );
}
