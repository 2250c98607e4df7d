import { Link } from "@tanstack/react-router";
import { useQuery } from "@tanstack/react-query";
import { Siren } from "lucide-react";
import { useApi } from "../../api/context";
import { incidentQuery, type Incident, type Learning } from "../../api/incidents";
import { asProblem, isFinal } from "../../api/problem";
import { linkLooks } from "../../components/Button";
import { Mark } from "../../components/Mark";
import { Empty, Failure } from "../../components/Notice";
import { Page, Scroll } from "../../components/Page";
import { Events } from "./Events";
import { Finding } from "./Finding";
import { Happened } from "./Happened";
import { statusLooks } from "./look";
import { SeverityChip } from "./SeverityChip";
import { strings } from "./strings";
import { Written } from "./Written";
import styles from "./Incidents.module.css";

/** One incident, whole: what happened, why, what was learned of it, and the way to close it. */
export function IncidentPage({ incidentId }: { incidentId: string }) {
  const { data, error, refetch } = useQuery(incidentQuery(useApi(), incidentId));
  if (data) return <Whole incident={data.incident} learnings={data.learnings} />;
  return (
    <Page title={strings.one}>
      {error && isFinal(error) ? (
        <Empty
          icon={Siren}
          title={strings.notFound}
          action={
            <Link to="/incidents" className={linkLooks.primary}>
              {strings.allIncidents}
            </Link>
          }
        >
          {asProblem(error).message}
        </Empty>
      ) : error ? (
        <Failure problem={error} onRetry={() => void refetch()} />
      ) : (
        <p className={styles.loading}>{strings.loading}</p>
      )}
    </Page>
  );
}

function Whole({ incident, learnings }: { incident: Incident; learnings: readonly Learning[] }) {
  const { status } = incident;
  return (
    <Page
      testId="incident"
      title={
        <span className={styles.title} data-incident-id={incident.incident_id} data-incident-status={status}>
          <Mark {...statusLooks[status]} />
          <span className={styles.named} title={incident.title}>
            {incident.title}
          </span>
        </span>
      }
      fact={
        <span className={styles.fact}>
          <span role="status">{strings.status[status]}</span>
          <SeverityChip severity={incident.severity} />
        </span>
      }
      actions={
        <Link to="/incidents" className={linkLooks.plain}>
          {strings.allIncidents}
        </Link>
      }
    >
      <Scroll>
        <Happened incident={incident} />
        {status === "open" ? (
          <Finding incident={incident} learnings={learnings} />
        ) : (
          <Written incident={incident} learnings={learnings} />
        )}
        <Events incident={incident} />
      </Scroll>
    </Page>
  );
}
