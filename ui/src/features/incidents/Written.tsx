import { rootCause, type Incident, type Learning } from "../../api/incidents";
import { ActorName } from "../../components/Actor";
import { Chip } from "../../components/Chip";
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
        {cause?.summary ? <Markdown text={cause.summary} /> : null}
        {cause?.analysis ? <Markdown text={cause.analysis} /> : null}
        {cause ? null : <p className={styles.faint}>{strings.noCause}</p>}
      </Section>
      <Section title={strings.learned}>
        {learnings.length > 0 ? <Learnings learnings={learnings} /> : <p className={styles.faint}>{strings.noLearning}</p>}
      </Section>
    </>
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
