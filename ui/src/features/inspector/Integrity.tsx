import { ShieldCheck, ShieldX } from "lucide-react";
import { useState } from "react";
import type { Api } from "../../api/client";
import { useApi } from "../../api/context";
import type { EventDetail } from "../../api/types";
import { Button } from "../../components/Button";
import { Copyable } from "../../components/Copyable";
import { Mark } from "../../components/Mark";
import { Failure } from "../../components/Notice";
import { Facts, Section } from "../../components/Page";
import { formatCount } from "../../text/measure";
import { strings } from "./strings";
import styles from "./Inspector.module.css";

/** Checked per request; a long stream takes several. */
const VERIFY_EVENTS = 1000;
const HASH_SHOWN_CHARS = 16;

type Check =
  | { kind: "idle" }
  | { kind: "running"; checked: number }
  | { kind: "valid"; checked: number }
  | { kind: "broken"; at: string }
  | { kind: "failed"; problem: unknown };

/** Walks the whole stream in pages; stops at the first mismatch. */
async function verifyStream(api: Api, event: EventDetail, tell: (checked: number) => void): Promise<Check> {
  let from: number | undefined;
  let checked = 0;
  for (;;) {
    const answer = await api.call((client) =>
      client.GET("/v1/audit/hash-chain/verify", {
        params: {
          query: {
            stream_type: event.stream_type,
            stream_id: event.stream_id,
            from_seq: from,
            limit: VERIFY_EVENTS,
          },
        },
      }),
    );
    checked += answer.checked;
    if (!answer.valid) return { kind: "broken", at: JSON.stringify(answer.first_mismatch) };
    if (answer.next_from_seq === null || answer.next_from_seq === undefined) return { kind: "valid", checked };
    from = answer.next_from_seq;
    tell(checked);
  }
}

export function Integrity({ event }: { event: EventDetail }) {
  const api = useApi();
  const [check, setCheck] = useState<Check>({ kind: "idle" });
  const verify = () => {
    setCheck({ kind: "running", checked: 0 });
    verifyStream(api, event, (checked) => setCheck({ kind: "running", checked })).then(setCheck, (problem: unknown) =>
      setCheck({ kind: "failed", problem }),
    );
  };
  return (
    <Section
      title={strings.integrity}
      aside={
        <Button icon={<ShieldCheck />} disabled={check.kind === "running"} onClick={verify}>
          {strings.verify}
        </Button>
      }
    >
      <div role="status" data-testid="chain-check" data-check={check.kind}>
        {check.kind === "running" ? <p className={styles.faint}>{strings.verifying(check.checked)}</p> : null}
        {check.kind === "valid" ? (
          <p className={styles.verdict}>
            <Mark icon={ShieldCheck} tone="clear" />
            {strings.valid(formatCount(check.checked))}
          </p>
        ) : null}
        {check.kind === "broken" ? (
          <p className={styles.verdict}>
            <Mark icon={ShieldX} tone="stop" />
            {strings.broken(check.at)}
          </p>
        ) : null}
      </div>
      {check.kind === "failed" ? <Failure compact problem={check.problem} onRetry={verify} /> : null}
      <Facts
        facts={[
          [strings.hash, event.event_hash ? <Hash key="h" hash={event.event_hash} /> : strings.noHash],
          [strings.previous, event.prev_event_hash ? <Hash key="p" hash={event.prev_event_hash} /> : strings.first],
        ]}
      />
    </Section>
  );
}

function Hash({ hash }: { hash: string }) {
  return <Copyable text={hash} shown={`${hash.slice(0, HASH_SHOWN_CHARS)}…`} />;
}
