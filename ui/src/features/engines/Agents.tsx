import { Ban, LockOpen, ShieldX } from "lucide-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { useApi } from "../../api/context";
import { agentsQuery, useQuarantine, useUnquarantine, type Agent } from "../../api/engines";
import { ActorMark } from "../../components/Actor";
import { Button } from "../../components/Button";
import { Chip } from "../../components/Chip";
import { CommandLine } from "../../components/Copyable";
import { Field } from "../../components/Field";
import { Failure } from "../../components/Notice";
import { Section } from "../../components/Page";
import { Age, When } from "../../components/When";
import { onEscape } from "../../keys/onEscape";
import { formatArgv } from "../../text/argv";
import { strings } from "./strings";
import styles from "./Engines.module.css";

const { agents: words } = strings;

/** Who acts here under an own name, and who is kept from it. */
export function Agents({ owner }: { owner: boolean }) {
  const { data, error, refetch, hasNextPage, isFetchingNextPage, fetchNextPage } = useInfiniteQuery(agentsQuery(useApi()));
  return (
    <Section title={words.title}>
      {error ? <Failure compact problem={error} onRetry={() => void refetch()} /> : null}
      {data?.length === 0 ? (
        <div className={styles.teach}>
          <p className={styles.muted}>{words.none}</p>
          <CommandLine command={formatArgv(["signalbox", "agents", "register", words.example])} />
        </div>
      ) : null}
      <ul className={styles.rows}>
        {data?.map((agent) => (
          <AgentRow key={agent.agent_id} agent={agent} owner={owner} />
        ))}
      </ul>
      {hasNextPage ? (
        <Button disabled={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          {words.more}
        </Button>
      ) : null}
    </Section>
  );
}

function AgentRow({ agent, owner }: { agent: Agent; owner: boolean }) {
  const [asking, setAsking] = useState(false);
  const release = useUnquarantine();
  const quarantined = agent.quarantined_at !== null;
  const state = agent.revoked_at ? words.revoked : quarantined ? words.quarantined : words.free;
  return (
    <li data-agent-id={agent.agent_id} data-quarantined={quarantined}>
      <div className={styles.agent}>
        <span className={styles.name}>
          <ActorMark type="agent" />
          <span>{agent.display_name ?? agent.agent_id}</span>
        </span>
        <span>
          <Chip tone={quarantined || agent.revoked_at ? "stop" : "clear"}>{state}</Chip>
        </span>
        <span className={styles.meta}>
          {agent.quarantined_at ? (
            <>
              <When at={agent.quarantined_at} />
              {agent.quarantine_reason ? ` · ${agent.quarantine_reason}` : ""}
            </>
          ) : (
            <>
              {words.known} <Age from={agent.created_at} />
            </>
          )}
        </span>
        {!owner || agent.revoked_at ? null : quarantined ? (
          <Button icon={<LockOpen />} disabled={release.isPending} onClick={() => release.mutate(agent.agent_id)}>
            {words.release}
          </Button>
        ) : asking ? null : (
          <Button variant="danger" icon={<ShieldX />} onClick={() => setAsking(true)}>
            {words.quarantine}
          </Button>
        )}
      </div>
      {release.error ? <Failure compact problem={release.error} /> : null}
      {asking && !quarantined ? <QuarantineForm agent={agent} onDone={() => setAsking(false)} /> : null}
    </li>
  );
}

function QuarantineForm({ agent, onDone }: { agent: Agent; onDone(): void }) {
  const [reason, setReason] = useState("");
  const quarantine = useQuarantine();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    quarantine.mutate({ agentId: agent.agent_id, reason: reason.trim() || undefined }, { onSuccess: onDone });
  };
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- Escape leaves it
    <form className={styles.form} onSubmit={submit} onKeyDown={onEscape(onDone)}>
      <Field
        label={words.reason}
        note={words.reasonNote}
        value={reason}
        onChange={(event) => setReason(event.target.value)}
        ref={focusFirst}
      />
      {quarantine.error ? <Failure compact problem={quarantine.error} /> : null}
      <div className={styles.buttons}>
        <Button type="submit" variant="danger" icon={<Ban />} disabled={quarantine.isPending}>
          {words.quarantineNow}
        </Button>
        <Button variant="ghost" onClick={onDone}>
          {words.cancel}
        </Button>
      </div>
    </form>
  );
}

const focusFirst = (input: HTMLInputElement | null) => {
  if (input && input.value === "") input.focus();
};
