import { useQuery } from "@tanstack/react-query";
import { useApi } from "../../api/context";
import { incidentEventsQuery, type Incident } from "../../api/incidents";
import { ActorName } from "../../components/Actor";
import { eventLook } from "../../components/event/kinds";
import { Sentence } from "../../components/event/Sentence";
import { Mark } from "../../components/Mark";
import { Failure } from "../../components/Notice";
import { Section } from "../../components/Page";
import { useSelection } from "../../components/selection";
import { When } from "../../components/When";
import { strings } from "./strings";
import styles from "./Incidents.module.css";

/** What happened to the incident itself, each opening in the inspector. */
export function Events({ incident }: { incident: Incident }) {
  const { data: events, error, refetch } = useQuery(incidentEventsQuery(useApi(), incident));
  const { inspectEvent } = useSelection();
  return (
    <Section title={strings.events}>
      {error ? <Failure compact problem={error} onRetry={() => void refetch()} /> : null}
      {events?.length === 0 ? <p className={styles.faint}>{strings.noEvents}</p> : null}
      <ol>
        {events?.map((event) => (
          <li key={event.event_id}>
            <button type="button" className={styles.event} onClick={() => inspectEvent(event.event_id)} data-event-type={event.event_type}>
              <Mark {...eventLook(event.event_type)} />
              <span className={styles.eventLine}>
                <ActorName type={event.actor_type} id={event.actor_id} /> <Sentence event={event} />
              </span>
              <span className={styles.right}>
                <When at={event.occurred_at} />
              </span>
            </button>
          </li>
        ))}
      </ol>
    </Section>
  );
}
