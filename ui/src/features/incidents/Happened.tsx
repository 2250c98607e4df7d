import { Link } from "@tanstack/react-router";
import { useQuery } from "@tanstack/react-query";
import { ListTree } from "lucide-react";
import { useMemo } from "react";
import { useApi } from "../../api/context";
import { detailsOf, type Incident } from "../../api/incidents";
import { useRoomTitles, useRun } from "../../api/queries";
import { runStructureQuery } from "../../api/runEvents";
import { ActorName } from "../../components/Actor";
import { linkLooks } from "../../components/Button";
import { Copyable } from "../../components/Copyable";
import { Json } from "../../components/Json";
import { RunMark } from "../../components/Mark";
import { Failure } from "../../components/Notice";
import { Facts, Section } from "../../components/Page";
import { FailedRunLink } from "../../components/run/FailedRunLink";
import { foldRun, recordName, recordStatus } from "../../components/run/fold";
import { strings as shared } from "../../components/strings";
import { When } from "../../components/When";
import { textOf } from "../../text/json";
import { categoryOf } from "./look";
import { strings } from "./strings";
import styles from "./Incidents.module.css";

/** What went wrong: in words, with the run that failed, and as facts. */
export function Happened({ incident }: { incident: Incident }) {
  const titles = useRoomTitles();
  const { fact } = strings;
  const category = categoryOf(incident);
  const details = detailsOf(incident);
  return (
    <Section title={strings.happened}>
      {incident.run_id ? (
        <FailedRun runId={incident.run_id} summary={incident.summary} />
      ) : incident.summary ? (
        <p className={styles.summary}>{incident.summary}</p>
      ) : null}
      <Facts
        facts={[
          ...(category ? ([[fact.category, category]] as const) : []),
          [fact.opened, <When key="o" at={incident.created_at} />],
          [
            fact.by,
            incident.automatic ? strings.bySelf : <ActorName key="b" type={incident.created_by_type} id={incident.created_by_id} />,
          ],
          ...(incident.room_id
            ? ([
                [
                  fact.room,
                  <Link key="r" to="/rooms/$roomId" params={{ roomId: incident.room_id }} className={styles.inline}>
                    {titles.get(incident.room_id) ?? incident.room_id}
                  </Link>,
                ],
              ] as const)
            : []),
          ...(incident.closed_at ? ([[fact.closed, <When key="c" at={incident.closed_at} />]] as const) : []),
          ...(incident.closed_reason ? ([[fact.reason, incident.closed_reason]] as const) : []),
          [fact.id, <Copyable key="i" text={incident.incident_id} />],
        ]}
      />
      {details.length > 0 ? (
        <details className={styles.details}>
          <summary>{strings.details}</summary>
          <Json value={Object.fromEntries(details)} />
        </details>
      ) : null}
    </Section>
  );
}

/** The run, its error in words, what else is said of it, and the way to the step that failed. */
function FailedRun({ runId, summary }: { runId: string; summary: string | null }) {
  const api = useApi();
  const { data: run, error, refetch } = useRun(runId);
  const { data: events } = useQuery(runStructureQuery(api, runId));
  const outcome = useMemo(() => foldRun(runId, events ?? []).outcome, [runId, events]);
  if (error) return <Failure compact problem={error} onRetry={() => void refetch()} />;
  if (!run) return <p className={styles.loading}>{strings.loading}</p>;
  const name = recordName(run);
  const status = recordStatus(run);
  const message = textOf(run.error, "message") ?? outcome;
  return (
    <div className={styles.run} data-testid="failed-run">
      <RunMark status={status} />
      <div className={styles.runWords}>
        <p>
          <Link to="/runs/$runId" params={{ runId }} className={styles.runName} title={strings.failedRun}>
            {name?.command ? <code>{name.text}</code> : (name?.text ?? shared.run.untitled)}
          </Link>{" "}
          {shared.status[status]}
        </p>
        {message ? <p className={styles.error}>{message}</p> : null}
        {summary && summary !== message ? <p>{summary}</p> : null}
      </div>
      <FailedRunLink runId={runId} className={linkLooks.plain}>
        <ListTree aria-hidden="true" />
        {strings.toStep}
      </FailedRunLink>
    </div>
  );
}
