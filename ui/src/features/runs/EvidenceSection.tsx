import { Download, ShieldCheck, ShieldX } from "lucide-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useApi } from "../../api/context";
import { checkEvidence, evidenceQuery, type Evidence, type EvidenceCheck } from "../../api/evidence";
import type { Run } from "../../api/types";
import { Button } from "../../components/Button";
import { Copyable } from "../../components/Copyable";
import { saveText } from "../../components/download";
import { Mark } from "../../components/Mark";
import { Failure } from "../../components/Notice";
import { Facts, Section } from "../../components/Page";
import { When } from "../../components/When";
import { formatCount } from "../../text/measure";
import { strings } from "./strings";
import styles from "./Runs.module.css";

const HASH_SHOWN_CHARS = 23;
const { evidence: words } = strings;

/** What was recorded of a run when it ended, and whether it is still so. */
export function EvidenceSection({ run }: { run: Run }) {
  const api = useApi();
  const { data, error, refetch } = useQuery({ ...evidenceQuery(api, run.run_id), enabled: run.ended_at !== null });
  if (run.ended_at === null) return null;
  return (
    <Section title={words.title} aside={data ? <Actions evidence={data} /> : null}>
      {error ? <Failure compact problem={error} onRetry={() => void refetch()} /> : null}
      {data === null ? <p className={styles.faint}>{words.none}</p> : null}
      {data ? <Whole evidence={data} /> : null}
    </Section>
  );
}

function Actions({ evidence }: { evidence: Evidence }) {
  return (
    <Button
      icon={<Download />}
      onClick={() => saveText(`evidence-${evidence.run_id}.json`, JSON.stringify(evidence, null, 2))}
    >
      {words.download}
    </Button>
  );
}

type Checking = { kind: "idle" } | { kind: "checking" } | { kind: "failed"; problem: unknown } | EvidenceCheck;

function Whole({ evidence }: { evidence: Evidence }) {
  const api = useApi();
  const [check, setCheck] = useState<Checking>({ kind: "idle" });
  const verify = () => {
    setCheck({ kind: "checking" });
    checkEvidence(api, evidence).then(setCheck, (problem: unknown) => setCheck({ kind: "failed", problem }));
  };
  return (
    <div data-testid="evidence">
      <Facts
        facts={[
          [words.events, words.eventsOf(formatCount(evidence.event_count), evidence.from_seq, evidence.to_seq)],
          [words.made, <When key="w" at={evidence.finalized_at} />],
          [words.root, <Hash key="r" hash={evidence.event_hash_root} />],
          [words.manifest, <Hash key="m" hash={evidence.manifest_hash} />],
        ]}
      />
      <div className={styles.verify}>
        <Button icon={<ShieldCheck />} disabled={check.kind === "checking"} onClick={verify}>
          {words.verify}
        </Button>
        <p role="status" className={styles.verdict} data-check={check.kind}>
          <Verdict check={check} />
        </p>
      </div>
      {check.kind === "failed" ? <Failure compact problem={check.problem} onRetry={verify} /> : null}
    </div>
  );
}

function Verdict({ check }: { check: Checking }) {
  switch (check.kind) {
    case "idle":
      return <span className={styles.faint}>{words.idle}</span>;
    case "checking":
      return words.checking;
    case "failed":
      return null;
    case "valid":
      return (
        <>
          <Mark icon={ShieldCheck} tone="clear" />{" "}
          {check.listed === check.events ? words.valid(check.events) : words.validCut(check.listed, check.events)}
        </>
      );
    case "altered":
      return (
        <>
          <Mark icon={ShieldX} tone="stop" /> {words.altered}
        </>
      );
    case "chain":
      return (
        <>
          <Mark icon={ShieldX} tone="stop" /> {words.broken(check.at)}
        </>
      );
  }
}

const Hash = ({ hash }: { hash: string }) => <Copyable text={hash} shown={`${hash.slice(0, HASH_SHOWN_CHARS)}…`} />;
