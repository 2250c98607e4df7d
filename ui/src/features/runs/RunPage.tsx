import { Link, useNavigate } from "@tanstack/react-router";
import { useQuery } from "@tanstack/react-query";
import { Ban, DoorOpen, Hourglass, RotateCw, Route } from "lucide-react";
import { useMemo } from "react";
import { useApi } from "../../api/context";
import { useCancelRun, useStartCommand } from "../../api/mutations";
import { artifactsQuery, useIsOwner, useRoomTitles, useRun } from "../../api/queries";
import { asProblem, isFinal } from "../../api/problem";
import { runStructureQuery } from "../../api/runEvents";
import type { Run } from "../../api/types";
import { Button, linkLooks } from "../../components/Button";
import { CopyAs } from "../../components/CopyAs";
import { Copyable } from "../../components/Copyable";
import { CorrelationLink } from "../../components/CorrelationLink";
import { Json } from "../../components/Json";
import { RunMark } from "../../components/Mark";
import { Empty, Failure } from "../../components/Notice";
import { Facts, Page, Scroll, Section } from "../../components/Page";
import { ArtifactView } from "../../components/run/ArtifactView";
import { Course } from "../../components/run/Course";
import { foldRun, recordName, recordStatus, runCommand, runDuration } from "../../components/run/fold";
import { RunOutput } from "../../components/run/RunOutput";
import { runSpans } from "../../components/run/spans";
import { Waterfall } from "../../components/run/Waterfall";
import { useSelection } from "../../components/selection";
import { strings as shared } from "../../components/strings";
import { When } from "../../components/When";
import { formatArgv } from "../../text/argv";
import { fieldsOf, numberOf, textOf } from "../../text/json";
import { formatDuration } from "../../text/measure";
import { useNow } from "../../text/now";
import { EvidenceSection } from "./EvidenceSection";
import { strings } from "./strings";
import styles from "./Runs.module.css";

/** One run, whole: what it is, what it did and how long that took, what it wrote, what it left. */
export function RunPage({ runId }: { runId: string }) {
  const { data: run, error, refetch } = useRun(runId);
  if (!run) {
    return (
      <Page title={strings.title}>
        {error && isFinal(error) ? (
          <Empty
            icon={Route}
            title={strings.notFound}
            action={
              <Link to="/runs" className={linkLooks.primary}>
                {strings.allRuns}
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
  return <Whole run={run} />;
}

function Whole({ run }: { run: Run }) {
  const api = useApi();
  const selection = useSelection();
  const { data: events } = useQuery(runStructureQuery(api, run.run_id));
  const { data: artifacts } = useQuery(artifactsQuery(api, run.run_id));
  const spans = useMemo(() => runSpans(events ?? []), [events]);
  const outcome = useMemo(() => foldRun(run.run_id, events ?? []).outcome, [run.run_id, events]);
  const name = recordName(run);
  const status = recordStatus(run);
  const ended = run.ended_at !== null;
  const message = textOf(run.error, "message") ?? outcome ?? run.summary;
  return (
    <Page
      testId="run"
      title={
        <span className={styles.title} data-run-id={run.run_id} data-run-status={run.status}>
          <RunMark status={status} />
          <span className={name?.command ? styles.command : styles.named} title={name?.text}>
            {name?.text ?? shared.run.untitled}
          </span>
        </span>
      }
      fact={<State run={run} />}
      actions={<Actions run={run} />}
    >
      <Scroll>
        {run.status === "failed" && run.error !== null ? (
          <Section title={strings.error}>
            {message ? <p className={styles.error}>{message}</p> : null}
            <Json value={run.error} />
          </Section>
        ) : null}
        <Section title={strings.steps} aside={<CorrelationLink correlationId={run.correlation_id} />}>
          <Course spans={spans} />
          {spans.length > 0 ? (
            <Waterfall spans={spans} selectedEventId={selection.eventId} onSelect={selection.inspectEvent} />
          ) : (
            <p className={styles.faint}>{strings.noSteps}</p>
          )}
          {run.waiting_approval_id ? (
            <Waiting approvalId={run.waiting_approval_id} />
          ) : run.status === "queued" ? <p className={styles.wait}>{strings.waitingForWorker}</p> : null}
        </Section>
        <Section title={strings.output}>
          <RunOutput runId={run.run_id} />
        </Section>
        {artifacts && artifacts.length > 0 ? (
          <Section title={strings.artifacts}>
            {artifacts.map((artifact) => (
              <ArtifactView key={artifact.artifact_id} artifact={artifact} />
            ))}
          </Section>
        ) : null}
        <EvidenceSection run={run} />
        <Section title={strings.facts}>
          <RunFacts run={run} ended={ended} />
        </Section>
      </Scroll>
    </Page>
  );
}

/** Why nothing happens yet, and the way to what would change that. */
function Waiting({ approvalId }: { approvalId: string }) {
  return (
    <p className={styles.approval}>
      <Hourglass aria-hidden="true" />
      <span>{strings.waitingForApproval}</span>
      <Link to="/approvals/$approvalId" params={{ approvalId }} className={styles.link}>
        {strings.openApproval}
      </Link>
    </p>
  );
}

function State({ run }: { run: Run }) {
  const live = run.started_at !== null && run.ended_at === null;
  const now = useNow(live ? 1000 : Number.MAX_SAFE_INTEGER);
  const duration = runDuration(run.started_at, run.ended_at, now);
  return (
    <span role="status">
      {run.waiting_approval_id ? strings.waitsForApproval : shared.status[recordStatus(run)]}
      {duration === null ? "" : ` · ${formatDuration(duration)}`}
    </span>
  );
}

function Actions({ run }: { run: Run }) {
  const owner = useIsOwner();
  const navigate = useNavigate();
  const cancel = useCancelRun();
  const start = useStartCommand();
  const titles = useRoomTitles();
  const argv = runCommand(run);
  const command = fieldsOf(fieldsOf(run.input)["command"]);
  const going = run.status === "running" || run.status === "queued";
  const again = async () => {
    if (!argv || !run.room_id) return;
    const { run_id } = await start.mutateAsync({
      roomId: run.room_id,
      threadId: run.thread_id ?? undefined,
      title: run.title ?? formatArgv(argv),
      command: {
        argv,
        cwd: textOf(command, "cwd") ?? undefined,
        timeout_seconds: numberOf(command, "timeout_seconds") ?? undefined,
      },
    });
    void navigate({ to: "/runs/$runId", params: { runId: run_id } });
  };
  return (
    <>
      <CopyAs subject={{ kind: "run", id: run.run_id }} json={() => run} />
      {run.room_id ? (
        <Link to="/rooms/$roomId" params={{ roomId: run.room_id }} className={styles.link}>
          <DoorOpen aria-hidden="true" />
          {titles.get(run.room_id) ?? strings.openRoom}
        </Link>
      ) : null}
      {going && owner ? (
        <Button
          variant="danger"
          icon={<Ban />}
          disabled={cancel.isPending || run.cancel_requested_at !== null}
          onClick={() => cancel.mutate(run.run_id)}
        >
          {run.cancel_requested_at === null ? strings.cancel : strings.cancelling}
        </Button>
      ) : null}
      {!going && argv && owner ? (
        <Button icon={<RotateCw />} disabled={start.isPending} onClick={() => void again().catch(() => undefined)}>
          {strings.again}
        </Button>
      ) : null}
    </>
  );
}

function RunFacts({ run, ended }: { run: Run; ended: boolean }) {
  const argv = runCommand(run);
  const command = fieldsOf(fieldsOf(run.input)["command"]);
  const cwd = textOf(command, "cwd");
  const timeout = numberOf(command, "timeout_seconds");
  const exit = numberOf(run.output, "exit_code") ?? numberOf(run.error, "exit_code");
  const { fact } = strings;
  return (
    <Facts
      facts={[
        [fact.state, shared.status[recordStatus(run)]],
        [fact.id, <Copyable key="id" text={run.run_id} />],
        ...(argv ? ([[fact.command, <Copyable key="c" text={formatArgv(argv)} />]] as const) : []),
        ...(cwd ? ([[fact.cwd, <Copyable key="d" text={cwd} />]] as const) : []),
        ...(timeout === null ? [] : ([[fact.timeout, formatDuration(timeout * 1000)]] as const)),
        ...(exit === null ? [] : ([[fact.exit, String(exit)]] as const)),
        ...(run.claimed_by_actor_id ? ([[fact.worker, run.claimed_by_actor_id]] as const) : []),
        ...(run.approval_id
          ? ([
              [
                fact.approval,
                <Link key="a" to="/approvals/$approvalId" params={{ approvalId: run.approval_id }} className={styles.approved}>
                  {strings.openApproval}
                </Link>,
              ],
            ] as const)
          : []),
        ...(run.attempt_no > 0 ? ([[fact.attempt, String(run.attempt_no)]] as const) : []),
        ...(run.lease_expires_at && !ended ? ([[fact.lease, <When key="l" at={run.lease_expires_at} />]] as const) : []),
        [fact.created, <When key="w" at={run.created_at} />],
        [
          fact.correlation,
          <Link key="k" to="/correlation/$correlationId" params={{ correlationId: run.correlation_id }} className={styles.approved}>
            {run.correlation_id}
          </Link>,
        ],
      ]}
    />
  );
}
