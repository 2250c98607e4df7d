import { Link } from "@tanstack/react-router";
import { useQuery } from "@tanstack/react-query";
import { useApi } from "../../api/context";
import { filesOfEvent } from "../../api/files";
import { eventQuery, useRoomTitles } from "../../api/queries";
import type { EventDetail } from "../../api/types";
import { ActorMark, ActorName } from "../../components/Actor";
import { CopyAs } from "../../components/CopyAs";
import { Copyable } from "../../components/Copyable";
import { CorrelationLink } from "../../components/CorrelationLink";
import { eventLook } from "../../components/event/kinds";
import { Sentence } from "../../components/event/Sentence";
import { FileView } from "../../components/file/FileView";
import { Json } from "../../components/Json";
import { Mark } from "../../components/Mark";
import { Markdown } from "../../components/Markdown";
import { Failure } from "../../components/Notice";
import { linesOf, Output } from "../../components/Output";
import { Facts, Section } from "../../components/Page";
import { ArtifactView, type Kept } from "../../components/run/ArtifactView";
import { When } from "../../components/When";
import { setPreferences, usePreferences } from "../../preferences/preferences";
import { fieldsOf, numberOf, textOf } from "../../text/json";
import { formatAbsolute } from "../../text/time";
import { Chain } from "./Chain";
import { Contexts, Redactions } from "./Contexts";
import { Integrity } from "./Integrity";
import { RunParts } from "./RunInspector";
import { strings } from "./strings";
import styles from "./Inspector.module.css";

export function EventInspector({ eventId }: { eventId: string }) {
  const api = useApi();
  const { data: event, error, refetch } = useQuery(eventQuery(api, eventId));
  const { rawOpen } = usePreferences();
  if (error) return <Failure problem={error} onRetry={() => void refetch()} />;
  if (!event) return <p className={styles.faint}>{strings.loading}</p>;
  return (
    <div data-testid="event-inspector" data-event-type={event.event_type}>
      <p className={styles.sentence}>
        <Mark {...eventLook(event.event_type)} />
        <span>
          <ActorName type={event.actor_type} id={event.actor_id} /> <Sentence event={event} />
        </span>
      </p>
      <div className={styles.actions}>
        <CorrelationLink correlationId={event.correlation_id} />
        <CopyAs
          subject={{ kind: "event", id: event.event_id, type: event.event_type, roomId: event.room_id, runId: event.run_id }}
          json={() => event}
        />
      </div>
      <details
        className={styles.raw}
        open={rawOpen}
        onToggle={(toggle) => setPreferences({ rawOpen: toggle.currentTarget.open })}
      >
        <summary>{strings.raw}</summary>
        <Json value={event} />
      </details>
      <Content event={event} />
      {event.run_id ? (
        <Section title={strings.run} aside={<RunLink runId={event.run_id} />}>
          <RunParts runId={event.run_id} selectedEventId={eventId} />
        </Section>
      ) : null}
      <Chain event={event} />
      <Contexts event={event} />
      <Redactions event={event} />
      <Integrity event={event} />
      <Section title={strings.rest}>
        <EventFacts event={event} />
      </Section>
    </div>
  );
}

export function RunLink({ runId }: { runId: string }) {
  return (
    <Link to="/runs/$runId" params={{ runId }} className={styles.link}>
      {strings.runPage}
    </Link>
  );
}

/** The body of the answer to a request that Signalbox sent. */
function answerOf(event: EventDetail): Kept | null {
  const data = fieldsOf(event.data);
  const blob = textOf(data, "response_blob");
  if (event.event_type !== "egress.request.performed" || !blob) return null;
  return {
    kind: "egress.response",
    title: textOf(data, "target_domain"),
    mime_type: textOf(fieldsOf(data["response_headers"]), "content-type"),
    size_bytes: numberOf(data, "response_bytes"),
    content_text: null,
    content_json: null,
    content_blob: blob,
  };
}

/** The parts of an event's data that have a viewer of their own; the rest as JSON. */
function Content({ event }: { event: EventDetail }) {
  const data = fieldsOf(event.data);
  const files = filesOfEvent(event);
  if (event.event_type === "message.created") {
    return (
      <>
        <Section title={strings.content}>
          <Markdown text={textOf(data, "content_md") ?? ""} />
        </Section>
        <Files names={files} />
      </>
    );
  }
  if (event.event_type === "tool.output") {
    return (
      <Section title={strings.output}>
        <Output lines={linesOf(textOf(data, "text") ?? "", textOf(data, "stream") === "stderr")} />
      </Section>
    );
  }
  const { input, output, error, ...rest } = data;
  const answer = answerOf(event);
  return (
    <>
      <Files names={files} />
      {answer ? (
        <Section title={strings.answer}>
          <ArtifactView artifact={answer} />
        </Section>
      ) : null}
      {input === undefined || input === null ? null : (
        <Section title={strings.input}>
          <Json value={input} />
        </Section>
      )}
      {output === undefined || output === null ? null : (
        <Section title={strings.output}>
          <Json value={output} />
        </Section>
      )}
      {error === undefined || error === null ? null : (
        <Section title={strings.error}>
          <Json value={error} />
        </Section>
      )}
      {Object.keys(rest).length > 0 ? (
        <Section title={strings.content}>
          <Json value={rest} depth={1} />
        </Section>
      ) : null}
    </>
  );
}

export function Files({ names }: { names: readonly string[] }) {
  if (names.length === 0) return null;
  return (
    <Section title={strings.files}>
      {names.map((name) => (
        <FileView key={name} name={name} />
      ))}
    </Section>
  );
}

function EventFacts({ event }: { event: EventDetail }) {
  const titles = useRoomTitles();
  const { facts } = strings;
  return (
    <Facts
      facts={[
        [facts.type, <Copyable key="t" text={event.event_type} />],
        [
          facts.when,
          <span key="w">
            {formatAbsolute(event.occurred_at)}, <When at={event.occurred_at} />
          </span>,
        ],
        [facts.recorded, formatAbsolute(event.recorded_at)],
        [
          facts.actor,
          <span key="a" className={styles.inline}>
            <ActorMark type={event.actor_type} /> <ActorName type={event.actor_type} id={event.actor_id} />
          </span>,
        ],
        ...(event.actor_principal_id
          ? ([[facts.principal, <Copyable key="p" text={event.actor_principal_id} />]] as const)
          : []),
        [facts.zone, event.zone],
        ...(event.room_id
          ? ([
              [
                facts.room,
                <Link
                  key="r"
                  to="/rooms/$roomId"
                  params={{ roomId: event.room_id }}
                  search={{ event: event.event_id }}
                  className={styles.link}
                >
                  {titles.get(event.room_id) ?? event.room_id}
                </Link>,
              ],
            ] as const)
          : []),
        [facts.stream, `${event.stream_type} · ${event.stream_seq}`],
        [facts.position, String(event.position)],
        [facts.id, <Copyable key="i" text={event.event_id} />],
        [facts.correlation, <Copyable key="c" text={event.correlation_id} />],
      ]}
    />
  );
}
