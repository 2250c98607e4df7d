import { Link } from "@tanstack/react-router";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Play, Route } from "lucide-react";
import { useState } from "react";
import { useApi } from "../../api/context";
import { runPagesQuery, useRoomTitles } from "../../api/queries";
import type { Run, RunStatus } from "../../api/types";
import { Button, linkLooks } from "../../components/Button";
import { ToggleChip } from "../../components/Chip";
import { RunMark } from "../../components/Mark";
import { Empty, Failure } from "../../components/Notice";
import { Page } from "../../components/Page";
import { recordName, recordStatus, runDuration } from "../../components/run/fold";
import { strings as shared } from "../../components/strings";
import { useListKeys } from "../../components/useListKeys";
import { When } from "../../components/When";
import { formatDuration } from "../../text/measure";
import { useNow } from "../../text/now";
import { strings } from "./strings";
import styles from "./Runs.module.css";

const statuses: readonly RunStatus[] = ["running", "queued", "failed", "succeeded", "cancelled"];

interface RunsPageProps {
  status?: RunStatus;
  onStatus(status: RunStatus | undefined): void;
}

/** Every run, the newest first. */
export function RunsPage({ status, onStatus }: RunsPageProps) {
  const api = useApi();
  const query = useInfiniteQuery(runPagesQuery(api, { status }));
  const { error, isPending, refetch, hasNextPage } = query;
  const data = query.data?.pages.flatMap(({ runs }) => runs);
  const titles = useRoomTitles();
  const [list, setList] = useState<HTMLElement | null>(null);
  useListKeys(list);
  return (
    <Page
      title={strings.title}
      aside={data ? strings.count(data.length, hasNextPage) : null}
      bar={
        <div className={styles.chips} role="group" aria-label={strings.filters}>
          {statuses.map((each) => (
            <ToggleChip
              key={each}
              icon={<RunMark status={each} />}
              pressed={status === each}
              onPressedChange={(pressed) => onStatus(pressed ? each : undefined)}
            >
              {shared.status[each]}
            </ToggleChip>
          ))}
        </div>
      }
    >
      {error ? <Failure problem={error} onRetry={() => void refetch()} /> : null}
      {isPending && !error ? <p className={styles.loading}>{strings.loading}</p> : null}
      {data?.length === 0 ? (
        <Empty
          icon={Route}
          title={status ? strings.filteredTitle : strings.emptyTitle}
          action={
            status ? (
              <Button onClick={() => onStatus(undefined)}>{strings.showAll}</Button>
            ) : (
              <Link to="/start" className={linkLooks.primary}>
                <Play aria-hidden="true" />
                {strings.start}
              </Link>
            )
          }
        >
          {status ? null : strings.emptyText}
        </Empty>
      ) : null}
      {data && data.length > 0 ? (
        <div className={styles.table} ref={setList}>
          <div className={styles.head} aria-hidden="true">
            <span>{strings.columns.state}</span>
            <span>{strings.columns.title}</span>
            <span>{strings.columns.room}</span>
            <span>{strings.columns.by}</span>
            <span className={styles.right}>{strings.columns.duration}</span>
            <span className={styles.right}>{strings.columns.when}</span>
          </div>
          <ul>
            {data.map((run) => (
              <RunLine key={run.run_id} run={run} room={run.room_id ? (titles.get(run.room_id) ?? "") : ""} />
            ))}
          </ul>
          {hasNextPage ? (
            <Button disabled={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
              {strings.more}
            </Button>
          ) : null}
        </div>
      ) : null}
    </Page>
  );
}

function RunLine({ run, room }: { run: Run; room: string }) {
  const status = recordStatus(run);
  const name = recordName(run);
  const live = run.started_at !== null && run.ended_at === null;
  const now = useNow(live ? 1000 : Number.MAX_SAFE_INTEGER);
  const duration = runDuration(run.started_at, run.ended_at, now);
  return (
    <li>
      <Link
        to="/runs/$runId"
        params={{ runId: run.run_id }}
        className={styles.row}
        data-list-stop
        data-run-id={run.run_id}
        data-run-status={run.status}
      >
        <span className={styles.state} title={run.waiting_approval_id ? strings.waitsForApproval : undefined}>
          <RunMark status={status} />
          {run.waiting_approval_id ? strings.waitsShort : shared.status[status]}
        </span>
        <span className={styles.name}>
          {name?.command ? <code>{name.text}</code> : (name?.text ?? shared.run.untitled)}
          {run.attempt_no > 1 ? (
            <span className={styles.faint}> · {shared.attempt(run.attempt_no)}</span>
          ) : null}
        </span>
        <span className={styles.cell}>{room}</span>
        <span className={styles.cell}>{run.claimed_by_actor_id ?? ""}</span>
        <span className={styles.right}>{duration === null ? "" : formatDuration(duration)}</span>
        <span className={styles.right}>
          <When at={run.created_at} />
        </span>
      </Link>
    </li>
  );
}
