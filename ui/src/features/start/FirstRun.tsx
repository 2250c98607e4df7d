import { Link } from "@tanstack/react-router";
import { Play } from "lucide-react";
import { useEffect, useMemo, useState } from "react";
import { useQuery } from "@tanstack/react-query";
import { useApi } from "../../api/context";
import { useCreateRoom, useStartCommand } from "../../api/mutations";
import { useIsOwner, useRun } from "../../api/queries";
import { runStructureQuery } from "../../api/runEvents";
import { Button } from "../../components/Button";
import { RunMark } from "../../components/Mark";
import { Failure, OwnerNeeded } from "../../components/Notice";
import { recordStatus } from "../../components/run/fold";
import { RunOutput } from "../../components/run/RunOutput";
import { runSpans } from "../../components/run/spans";
import { Waterfall } from "../../components/run/Waterfall";
import { useSelection } from "../../components/selection";
import { strings as shared } from "../../components/strings";
import { useRuntime } from "../../platform/runtime";
import { formatArgv, parseArgv } from "../../text/argv";
import { strings } from "./strings";
import styles from "./Start.module.css";

interface FirstRunProps {
  roomId: string | null;
  onDone(): void;
}

/** Chooses a command, runs it in a room of its own, and says what is being seen. */
export function FirstRun({ roomId, onDone }: FirstRunProps) {
  const owner = useIsOwner();
  const createRoom = useCreateRoom();
  const start = useStartCommand();
  const [runId, setRunId] = useState<string | null>(null);
  const [chosen, setChosen] = useState<string | null>(null);
  const busy = createRoom.isPending || start.isPending;
  const run = strings.run;

  const begin = async (line: string) => {
    setChosen(line);
    const { argv } = parseArgv(line);
    try {
      const room = roomId ?? (await createRoom.mutateAsync({ title: run.room, topic: run.topic })).room_id;
      const { run_id } = await start.mutateAsync({ roomId: room, title: formatArgv(argv), command: { argv } });
      setRunId(run_id);
    } catch {
      // Shown below from the mutations' own state.
    }
  };

  if (runId) {
    return <Watched runId={runId} roomId={roomId} onDone={onDone} onAnother={() => setRunId(null)} />;
  }
  const problem = createRoom.error ?? start.error;
  return (
    <>
      <p>{run.text}</p>
      {owner === false ? <OwnerNeeded /> : null}
      <ul className={styles.offers}>
        {run.offers.map((offer) => (
          <li key={offer.line}>
            <Button icon={<Play />} disabled={owner !== true || busy} onClick={() => void begin(offer.line)}>
              <code>{offer.line}</code>
            </Button>
            <span className={styles.faint}>{offer.what}</span>
          </li>
        ))}
      </ul>
      {problem ? (
        <Failure compact problem={problem} onRetry={chosen ? () => void begin(chosen) : undefined} />
      ) : null}
    </>
  );
}

interface WatchedProps {
  runId: string;
  roomId: string | null;
  onDone(): void;
  onAnother(): void;
}

function Watched({ runId, roomId, onDone, onAnother }: WatchedProps) {
  const api = useApi();
  const runtime = useRuntime();
  const { inspectEvent } = useSelection();
  const { data: run } = useRun(runId);
  const { data: events } = useQuery(runStructureQuery(api, runId));
  const spans = useMemo(() => runSpans(events ?? []), [events]);
  const ended = run?.ended_at !== null && run !== undefined;
  useEffect(() => {
    if (ended) onDone();
  }, [ended, onDone]);
  if (!run) return <p className={styles.faint}>{shared.loading}</p>;
  const status = recordStatus(run);
  const external = runtime.kind === "known" && (runtime.status.mode === "external" || !runtime.status.supervised);
  return (
    <div className={styles.watched} data-testid="first-run" data-run-id={runId} data-run-status={run.status}>
      <p className={styles.status} role="status">
        <RunMark status={status} />
        <code>{run.title}</code> {shared.status[status]}
      </p>
      <Waterfall spans={spans} onSelect={inspectEvent} />
      <RunOutput runId={runId} />
      <aside className={styles.explain}>
        <h3>{strings.run.explainTitle}</h3>
        <p>{strings.run.explain[run.status]}</p>
        {run.status === "queued" && external ? <p>{strings.run.needsWorker}</p> : null}
      </aside>
      <div className={styles.links}>
        {ended ? <Button onClick={onAnother}>{strings.run.another}</Button> : null}
        <Link to="/runs/$runId" params={{ runId }} className={styles.link}>
          {strings.run.openRun}
        </Link>
        {roomId ? (
          <Link to="/rooms/$roomId" params={{ roomId }} className={styles.link}>
            {strings.run.openRoom}
          </Link>
        ) : null}
      </div>
    </div>
  );
}
