import { useQuery } from "@tanstack/react-query";
import { CornerDownRight } from "lucide-react";
import { useState } from "react";
import { useApi } from "../../api/context";
import { OUTPUT_TYPE } from "../../api/eventTypes";
import { useEventWindow } from "../../api/eventWindow";
import { causesQuery } from "../../api/queries";
import type { EventDetail, LogEvent } from "../../api/types";
import { ActorName } from "../../components/Actor";
import { Button } from "../../components/Button";
import { eventLook } from "../../components/event/kinds";
import { Sentence } from "../../components/event/Sentence";
import { Mark } from "../../components/Mark";
import { Failure } from "../../components/Notice";
import { Section } from "../../components/Page";
import { useSelection } from "../../components/selection";
import { formatSpan } from "../../text/measure";
import { formatAbsolute, formatClock } from "../../text/time";
import { strings } from "./strings";
import styles from "./Inspector.module.css";

const WITHOUT_OUTPUT = [OUTPUT_TYPE] as const;

/** What led to an event, and what it led to: across runs, rooms and correlations. */
export function Chain({ event }: { event: EventDetail }) {
  return (
    <>
      <Section title={strings.causes}>
        <Causes event={event} />
      </Section>
      <Section title={strings.effects}>
        <Effects event={event} />
      </Section>
    </>
  );
}

/** A longer way is shown on request: what happened last says the most. */
const CAUSES_SHOWN = 6;

function Causes({ event }: { event: EventDetail }) {
  const { inspectEvent } = useSelection();
  const [whole, setWhole] = useState(false);
  const causes = useQuery({ ...causesQuery(useApi(), event), enabled: event.causation_id !== null });
  if (event.causation_id === null) return <p className={styles.faint}>{strings.noCause}</p>;
  if (causes.error) return <Failure compact problem={causes.error} onRetry={() => void causes.refetch()} />;
  const all = causes.data ?? [];
  const known = whole ? all : all.slice(-CAUSES_SHOWN);
  const hidden = all.length - known.length;
  const more = hidden === 0 ? (all[0]?.causation_id ?? null) : null;
  return (
    <>
      {hidden > 0 ? (
        <button type="button" className={styles.chainMore} onClick={() => setWhole(true)}>
          {strings.hiddenCauses(hidden)}
        </button>
      ) : null}
      {more ? (
        <button type="button" className={styles.chainMore} onClick={() => inspectEvent(more)}>
          {strings.earlierCauses}
        </button>
      ) : null}
      <ol className={styles.chain}>
        {known.map((cause, depth) => (
          <ChainRow
            key={cause.event_id}
            event={cause}
            depth={depth}
            gap={Date.parse((known[depth + 1] ?? event).occurred_at) - Date.parse(cause.occurred_at)}
            gapText={strings.ledAfter}
            onOpen={inspectEvent}
          />
        ))}
      </ol>
    </>
  );
}

function Effects({ event }: { event: EventDetail }) {
  const { inspectEvent } = useSelection();
  const [window, store] = useEventWindow({ causationId: event.event_id, without: WITHOUT_OUTPUT }, undefined, "oldest");
  if (window.status === "failed") return <Failure compact problem={window.problem} onRetry={() => void store.toOldest()} />;
  if (window.status === "ready" && window.events.length === 0) return <p className={styles.faint}>{strings.noEffects}</p>;
  return (
    <>
      <ul className={styles.chain}>
        {window.events.map((effect) => (
          <ChainRow
            key={effect.event_id}
            event={effect}
            depth={0}
            gap={Date.parse(effect.occurred_at) - Date.parse(event.occurred_at)}
            gapText={strings.cameAfter}
            onOpen={inspectEvent}
          />
        ))}
      </ul>
      {window.newer ? (
        <Button disabled={window.extending !== null} onClick={() => void store.loadNewer()}>
          {strings.moreEffects}
        </Button>
      ) : null}
    </>
  );
}

/** Deeper causes are not indented further. */
const INDENT_DEPTH = 6;
const INDENT_PX = 12;
/** What follows so fast follows at once. */
const AT_ONCE_MS = 1000;

interface ChainRowProps {
  event: LogEvent;
  depth: number;
  /** Milliseconds between cause and effect. */
  gap: number;
  gapText(span: string): string;
  onOpen(eventId: string): void;
}

function ChainRow({ event, depth, gap, gapText, onOpen }: ChainRowProps) {
  return (
    <li>
      <button
        type="button"
        className={styles.chainRow}
        style={{ paddingLeft: 4 + Math.min(depth, INDENT_DEPTH) * INDENT_PX }}
        title={formatAbsolute(event.occurred_at)}
        onClick={() => onOpen(event.event_id)}
      >
        {depth > 0 ? <CornerDownRight className={styles.corner} aria-hidden="true" /> : null}
        <Mark {...eventLook(event.event_type)} />
        <span className={styles.chainLine}>
          <ActorName type={event.actor_type} id={event.actor_id} /> <Sentence event={event} />
        </span>
        <span className={styles.faint}>{gap < AT_ONCE_MS ? formatClock(event.occurred_at) : gapText(formatSpan(gap))}</span>
      </button>
    </li>
  );
}
