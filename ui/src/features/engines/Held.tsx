import { Link } from "@tanstack/react-router";
import type { Run } from "../../api/types";
import { RunMark } from "../../components/Mark";
import { Section } from "../../components/Page";
import { recordName, recordStatus } from "../../components/run/fold";
import { strings as shared } from "../../components/strings";
import { formatSpan } from "../../text/measure";
import { useNow } from "../../text/now";
import { byLease, leaseOf } from "./lease";
import { strings } from "./strings";
import styles from "./Engines.module.css";

/** The runs that are held, with what is left of their leases: those about to end first. */
export function Held({ runs }: { runs: readonly Run[] }) {
  return (
    <Section title={strings.held.title}>
      {runs.length === 0 ? <p className={styles.faint}>{strings.held.none}</p> : null}
      <ul className={styles.rows}>
        {byLease(runs).map((run) => (
          <HeldRun key={run.run_id} run={run} />
        ))}
      </ul>
    </Section>
  );
}

function HeldRun({ run }: { run: Run }) {
  const now = useNow();
  const { leftMs, share, tone } = leaseOf(run, now);
  const name = recordName(run);
  const left = leftMs <= 0 ? strings.held.over : strings.held.left(formatSpan(leftMs));
  return (
    <li className={styles.held} data-run-id={run.run_id}>
      <Link to="/runs/$runId" params={{ runId: run.run_id }} className={styles.name} data-list-stop>
        <RunMark status={recordStatus(run)} />
        {name?.command ? <code>{name.text}</code> : <span>{name?.text ?? shared.run.untitled}</span>}
      </Link>
      <span className={styles.meta}>
        {strings.held.by} {run.claimed_by_actor_id} · {shared.attempt(run.attempt_no)}
      </span>
      {/* Told once by its words; the bar says the same to the eye. */}
      <span className={styles.lease} data-tone={tone}>
        <span className={styles.track} aria-hidden="true">
          <span className={styles.left} style={{ width: `${(share * 100).toFixed(1)}%` }} />
        </span>
        <span>
          <span className="visually-hidden">{strings.held.lease("")}</span>
          {left}
        </span>
      </span>
    </li>
  );
}
