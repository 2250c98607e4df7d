import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useApi } from "../../api/context";
import { artifactsQuery, useRun } from "../../api/queries";
import { runStructureQuery } from "../../api/runEvents";
import { CopyAs } from "../../components/CopyAs";
import { CorrelationLink } from "../../components/CorrelationLink";
import { RunMark } from "../../components/Mark";
import { Failure } from "../../components/Notice";
import { Section } from "../../components/Page";
import { ArtifactView } from "../../components/run/ArtifactView";
import { Course } from "../../components/run/Course";
import { recordName, recordStatus } from "../../components/run/fold";
import { RunOutput } from "../../components/run/RunOutput";
import { runSpans } from "../../components/run/spans";
import { Waterfall } from "../../components/run/Waterfall";
import { useSelection } from "../../components/selection";
import { strings as shared } from "../../components/strings";
import { RunLink } from "./EventInspector";
import { strings } from "./strings";
import styles from "./Inspector.module.css";

export function RunInspector({ runId }: { runId: string }) {
  const { data: run, error, refetch } = useRun(runId);
  if (error) return <Failure problem={error} onRetry={() => void refetch()} />;
  if (!run) return <p className={styles.faint}>{strings.loading}</p>;
  const name = recordName(run);
  const status = recordStatus(run);
  return (
    <div data-testid="run-inspector" data-run-status={run.status}>
      <p className={styles.sentence}>
        <RunMark status={status} />
        <span>
          {name?.command ? <code>{name.text}</code> : (name?.text ?? shared.run.untitled)} {shared.status[status]}
        </span>
      </p>
      <div className={styles.actions}>
        <CorrelationLink correlationId={run.correlation_id} />
        <CopyAs subject={{ kind: "run", id: runId }} json={() => run} />
      </div>
      <Section title={strings.steps} aside={<RunLink runId={runId} />}>
        <RunParts runId={runId} />
      </Section>
      <Section title={strings.output}>
        <RunOutput runId={runId} />
      </Section>
    </div>
  );
}

/** The tree and waterfall of a run, and what it left behind. */
export function RunParts({ runId, selectedEventId }: { runId: string; selectedEventId?: string }) {
  const api = useApi();
  const { inspectEvent } = useSelection();
  const { data: events } = useQuery(runStructureQuery(api, runId));
  const { data: artifacts } = useQuery(artifactsQuery(api, runId));
  const spans = useMemo(() => runSpans(events ?? []), [events]);
  return (
    <>
      <Course spans={spans} />
      {spans.length > 0 ? (
        <Waterfall spans={spans} selectedEventId={selectedEventId} onSelect={inspectEvent} />
      ) : null}
      {artifacts?.map((artifact) => (
        <ArtifactView key={artifact.artifact_id} artifact={artifact} />
      ))}
    </>
  );
}
