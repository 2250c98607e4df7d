import { useQuery } from "@tanstack/react-query";
import { CornerDownRight } from "lucide-react";
import { useApi } from "../../api/context";
import { correlatedQuery, eventQuery } from "../../api/queries";
import type { EventDetail, LogEvent } from "../../api/types";
import { ActorName } from "../../components/Actor";
import { eventLook } from "../../components/event/kinds";
import { Sentence } from "../../components/event/Sentence";
import { Mark } from "../../components/Mark";
import { Section } from "../../components/Page";
import { useSelection } from "../../components/selection";
import { formatClock } from "../../text/time";
import { strings } from "./strings";
import styles from "./Inspector.module.css";

/** A longer chain of causes is cut here; the oldest shown one can be opened to go on. */
const CAUSES_SHOWN = 20;

/** Follows `causation_id` back as far as the loaded events go, the first cause first. */
export function causesOf(event: LogEvent, known: readonly LogEvent[]): LogEvent[] {
  const byId = new Map(known.map((each) => [each.event_id, each]));
  const causes: LogEvent[] = [];
  let next = event.causation_id;
  while (next && causes.length < CAUSES_SHOWN) {
    const cause = byId.get(next);
    if (!cause || causes.includes(cause)) break;
    causes.unshift(cause);
    next = cause.causation_id;
  }
  return causes;
}

/** What led to an event, and what it led to. */
export function Chain({ event }: { event: EventDetail }) {
  const api = useApi();
  const { inspectEvent } = useSelection();
  const { data: related = [] } = useQuery(correlatedQuery(api, event.correlation_id));
  const missing = event.causation_id && !related.some((each) => each.event_id === event.causation_id);
  // The direct cause may have another correlation, or lie outside the first page.
  const { data: cause } = useQuery({ ...eventQuery(api, event.causation_id ?? ""), enabled: Boolean(missing) });
  const known = cause ? [...related, cause] : related;
  const causes = causesOf(event, known);
  const effects = related.filter((each) => each.causation_id === event.event_id && each.event_type !== "tool.output");
  return (
    <>
      <Section title={strings.causes}>
        {causes.length === 0 ? <p className={styles.faint}>{strings.noCause}</p> : null}
        <ol className={styles.chain}>
          {causes.map((cause, depth) => (
            <ChainRow key={cause.event_id} event={cause} depth={depth} onOpen={inspectEvent} />
          ))}
        </ol>
      </Section>
      <Section title={strings.effects}>
        {effects.length === 0 ? <p className={styles.faint}>{strings.noEffects}</p> : null}
        <ul className={styles.chain}>
          {effects.map((effect) => (
            <ChainRow key={effect.event_id} event={effect} depth={0} onOpen={inspectEvent} />
          ))}
        </ul>
      </Section>
    </>
  );
}

/** Deeper causes are not indented further. */
const INDENT_DEPTH = 6;
const INDENT_PX = 12;

function ChainRow({ event, depth, onOpen }: { event: LogEvent; depth: number; onOpen(eventId: string): void }) {
  return (
    <li>
      <button
        type="button"
        className={styles.chainRow}
        style={{ paddingLeft: 4 + Math.min(depth, INDENT_DEPTH) * INDENT_PX }}
        onClick={() => onOpen(event.event_id)}
      >
        {depth > 0 ? <CornerDownRight className={styles.corner} aria-hidden="true" /> : null}
        <Mark {...eventLook(event.event_type)} />
        <span className={styles.chainLine}>
          <ActorName type={event.actor_type} id={event.actor_id} /> <Sentence event={event} />
        </span>
        <span className={styles.faint}>{formatClock(event.occurred_at)}</span>
      </button>
    </li>
  );
}
