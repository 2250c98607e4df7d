import { ChevronRight, CircleCheck, CirclePause, KeyRound, PowerOff } from "lucide-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useApi } from "../../api/context";
import {
  engineTokensQuery,
  useDeactivateEngine,
  useIssueToken,
  useRevokeToken,
  type Engine,
  type EngineToken,
  type NewToken,
} from "../../api/engines";
import { useRoomTitles } from "../../api/queries";
import { Button } from "../../components/Button";
import { Copyable } from "../../components/Copyable";
import { Mark } from "../../components/Mark";
import { Failure } from "../../components/Notice";
import { Age, When } from "../../components/When";
import { strings } from "./strings";
import styles from "./Engines.module.css";

export const engineName = (engine: Engine): string => engine.display_name ?? engine.engine_name ?? engine.actor_id;

interface EngineRowProps {
  engine: Engine;
  owner: boolean;
  held: number;
  onToken(token: NewToken, name: string): void;
}

/** One worker: whether it may claim, when it was seen, what it holds, and its tokens. */
export function EngineRow({ engine, owner, held, onToken }: EngineRowProps) {
  const [open, setOpen] = useState(false);
  const active = engine.status === "active";
  const name = engineName(engine);
  return (
    <li data-engine-id={engine.engine_id} data-engine-status={engine.status}>
      <div className={styles.engine}>
        <span className={styles.name}>
          <Mark icon={active ? CircleCheck : CirclePause} tone={active ? "clear" : "system"} />
          <span>{name}</span>
          {name === engine.actor_id ? null : <code>{engine.actor_id}</code>}
        </span>
        <span className={styles.meta}>{active ? strings.state.active : strings.state.inactive}</span>
        <span className={styles.meta}>
          {engine.deactivated_at ? (
            <>
              {strings.since} <Age from={engine.deactivated_at} />
            </>
          ) : engine.last_seen_at ? (
            <>
              {strings.seen} <When at={engine.last_seen_at} />
            </>
          ) : (
            strings.neverSeen
          )}
        </span>
        <span className={styles.meta}>{held > 0 ? strings.holds(held) : null}</span>
        {owner ? (
          <Button
            variant="ghost"
            icon={<ChevronRight className={styles.caret} />}
            aria-expanded={open}
            aria-label={strings.show(strings.tokens(engine.live_tokens), name)}
            onClick={() => setOpen(!open)}
          >
            {strings.tokens(engine.live_tokens)}
          </Button>
        ) : (
          <span className={styles.meta}>{strings.tokens(engine.live_tokens)}</span>
        )}
      </div>
      {open && owner ? <Tokens engine={engine} onToken={(token) => onToken(token, name)} /> : null}
    </li>
  );
}

function Tokens({ engine, onToken }: { engine: Engine; onToken(token: NewToken): void }) {
  const { data, error, refetch } = useQuery(engineTokensQuery(useApi(), engine.engine_id));
  const issue = useIssueToken();
  const [asking, setAsking] = useState(false);
  const active = engine.status === "active";
  return (
    <div className={styles.tokens}>
      {error ? <Failure compact problem={error} onRetry={() => void refetch()} /> : null}
      {data?.length === 0 ? <p className={styles.faint}>{strings.token.none}</p> : null}
      <ul>
        {data?.map((token) => (
          <TokenRow key={token.token_id} engineId={engine.engine_id} token={token} />
        ))}
      </ul>
      {issue.error ? <Failure compact problem={issue.error} /> : null}
      {active && !asking ? (
        <div className={styles.buttons}>
          <Button
            icon={<KeyRound />}
            disabled={issue.isPending}
            onClick={() => issue.mutate(engine.engine_id, { onSuccess: onToken })}
          >
            {strings.token.issue}
          </Button>
          <Button variant="danger" icon={<PowerOff />} onClick={() => setAsking(true)}>
            {strings.deactivate}
          </Button>
        </div>
      ) : null}
      {active && asking ? <Deactivate engine={engine} onKeep={() => setAsking(false)} /> : null}
    </div>
  );
}

/** After a second word: it cannot be undone with a click, the tokens are gone. */
function Deactivate({ engine, onKeep }: { engine: Engine; onKeep(): void }) {
  const deactivate = useDeactivateEngine();
  const text = strings.confirm(engineName(engine));
  return (
    <div className={styles.confirm} role="group" aria-label={text}>
      <p>{text}</p>
      {deactivate.error ? <Failure compact problem={deactivate.error} /> : null}
      <Button onClick={onKeep}>{strings.keep}</Button>
      <Button
        variant="danger"
        icon={<PowerOff />}
        disabled={deactivate.isPending}
        onClick={() => deactivate.mutate(engine.engine_id)}
      >
        {strings.reallyDeactivate}
      </Button>
    </div>
  );
}

function TokenRow({ engineId, token }: { engineId: string; token: EngineToken }) {
  const titles = useRoomTitles();
  const revoke = useRevokeToken();
  const rooms = token.rooms?.map((room) => titles.get(room) ?? room).join(", ") ?? strings.token.everyRoom;
  return (
    <li className={styles.token} data-revoked={token.revoked_at !== null || undefined}>
      <Copyable text={token.token_id} shown={`${token.token_id.slice(0, 14)}…`} />
      <span className={styles.meta}>{rooms}</span>
      <span className={styles.meta}>
        {strings.token.issued} <When at={token.issued_at} />
      </span>
      <span className={styles.meta}>
        {token.last_used_at ? (
          <>
            {strings.token.used} <When at={token.last_used_at} />
          </>
        ) : (
          strings.token.unused
        )}
      </span>
      {token.valid_until ? (
        <span className={styles.meta}>
          {strings.token.until} <When at={token.valid_until} />
        </span>
      ) : null}
      {token.revoked_at ? (
        <span className={styles.meta}>
          {strings.token.revoked} <When at={token.revoked_at} />
        </span>
      ) : (
        <Button
          variant="danger"
          aria-label={strings.token.revokeOf(token.token_id)}
          disabled={revoke.isPending}
          onClick={() => revoke.mutate({ engineId, tokenId: token.token_id })}
        >
          {strings.token.revoke}
        </Button>
      )}
      {revoke.error ? <Failure compact problem={revoke.error} /> : null}
    </li>
  );
}
