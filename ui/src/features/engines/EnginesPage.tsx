import { Cpu, Plug } from "lucide-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useApi } from "../../api/context";
import { enginesQuery, heldRunsQuery, type Engine, type NewToken } from "../../api/engines";
import { useIsOwner } from "../../api/queries";
import { Button } from "../../components/Button";
import { CommandLine } from "../../components/Copyable";
import { Empty, Failure, OwnerNeeded } from "../../components/Notice";
import { Page, Scroll, Section } from "../../components/Page";
import { useListKeys } from "../../components/useListKeys";
import { Agents } from "./Agents";
import { Connect } from "./Connect";
import { EngineRow } from "./EngineRow";
import { Held } from "./Held";
import { strings } from "./strings";
import { TokenOnce } from "./TokenOnce";
import styles from "./Engines.module.css";

interface EnginesPageProps {
  /** The form to connect another one is open. */
  connecting: boolean;
  onConnecting(connecting: boolean): void;
}

const activeFirst = (engines: readonly Engine[]): Engine[] =>
  engines.toSorted((a, b) => Number(b.status === "active") - Number(a.status === "active"));

/** Who executes runs, what each holds now, and who may act at all. */
export function EnginesPage({ connecting, onConnecting }: EnginesPageProps) {
  const api = useApi();
  const owner = useIsOwner() === true;
  const engines = useQuery(enginesQuery(api));
  const held = useQuery(heldRunsQuery(api));
  const [made, setMade] = useState<{ token: NewToken; name: string } | null>(null);
  const [list, setList] = useState<HTMLElement | null>(null);
  useListKeys(list);
  const runs = held.data ?? [];
  const show = (token: NewToken, name: string) => {
    onConnecting(false);
    setMade({ token, name });
  };
  return (
    <Page
      title={strings.title}
      aside={engines.data ? strings.count(engines.data.filter((engine) => engine.status === "active").length) : null}
      actions={
        owner && !connecting ? (
          <Button icon={<Plug />} onClick={() => onConnecting(true)}>
            {strings.connect.open}
          </Button>
        ) : null
      }
      testId="engines"
    >
      <Scroll>
        <div ref={setList}>
          {engines.error ? <Failure problem={engines.error} onRetry={() => void engines.refetch()} /> : null}
          {engines.isPending && !engines.error ? <p className={styles.loading}>{strings.loading}</p> : null}
          {connecting && owner ? <Connect onMade={show} onCancel={() => onConnecting(false)} /> : null}
          {connecting && !owner ? <OwnerNeeded /> : null}
          {made ? <TokenOnce token={made.token} name={made.name} onDone={() => setMade(null)} /> : null}
          {engines.data?.length === 0 && !connecting && !made ? (
            <Empty
              icon={Cpu}
              title={strings.emptyTitle}
              action={
                <CommandLine command="SIGNALBOX_TOKEN=$(signalbox engines register builder --print-token) signalbox worker" />
              }
            >
              {strings.emptyText}
            </Empty>
          ) : null}
          {held.error ? <Failure compact problem={held.error} onRetry={() => void held.refetch()} /> : null}
          {held.data ? <Held runs={runs} /> : null}
          {engines.data && engines.data.length > 0 ? (
            <Section title={strings.workers}>
              <ul className={styles.rows}>
                {activeFirst(engines.data).map((engine) => (
                  <EngineRow
                    key={engine.engine_id}
                    engine={engine}
                    owner={owner}
                    held={runs.filter((run) => run.claimed_by_actor_id === engine.actor_id).length}
                    onToken={show}
                  />
                ))}
              </ul>
            </Section>
          ) : null}
          <Agents owner={owner} />
        </div>
      </Scroll>
    </Page>
  );
}
