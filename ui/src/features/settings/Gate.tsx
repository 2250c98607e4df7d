import { useQuery } from "@tanstack/react-query";
import { OctagonX, ShieldCheck } from "lucide-react";
import {
  killSwitchQuery,
  policyModeQuery,
  useSetKillSwitch,
  useSetPolicyMode,
  type KillSwitch,
  type PolicyMode,
} from "../../api/approvals";
import { useApi } from "../../api/context";
import { useIsOwner } from "../../api/queries";
import { ActorName } from "../../components/Actor";
import { Button } from "../../components/Button";
import { Failure, OwnerNeeded } from "../../components/Notice";
import { Section } from "../../components/Page";
import { Segmented } from "../../components/Segmented";
import { When } from "../../components/When";
import { strings } from "./strings";
import styles from "./Settings.module.css";

const { gate } = strings;

/** Whether the page asks if the kill switch is to be turned off. Part of the address, so that other places lead here. */
export interface Asking {
  asking: boolean;
  onAsking(asking: boolean): void;
}

/** What agents may do: the kill switch and the mode. Of the whole workspace, and the owner's alone. */
export function Gate(asking: Asking) {
  const owner = useIsOwner();
  if (owner === null) return null;
  return <Section title={gate.title}>{owner ? <Settings {...asking} /> : <OwnerNeeded />}</Section>;
}

function Settings(asking: Asking) {
  const api = useApi();
  const killSwitch = useQuery(killSwitchQuery(api));
  const mode = useQuery(policyModeQuery(api));
  const problem = killSwitch.error ?? mode.error;
  return (
    <>
      {problem ? (
        <Failure compact problem={problem} onRetry={() => void Promise.all([killSwitch.refetch(), mode.refetch()])} />
      ) : null}
      {killSwitch.data ? <Switch state={killSwitch.data} {...asking} /> : null}
      {mode.data ? <Mode state={mode.data} /> : null}
    </>
  );
}

/** On at once; off only after a second word: that is what opens the door again. */
function Switch({ state, asking, onAsking }: { state: KillSwitch } & Asking) {
  const set = useSetKillSwitch();
  return (
    <div className={styles.gate} data-testid="kill-switch" data-enabled={state.enabled}>
      <div className={styles.label}>
        <p>
          {gate.killSwitch}: <strong>{state.enabled ? gate.on : gate.off}</strong>
        </p>
        <p className={styles.help}>{gate.killSwitchHelp}</p>
        <Changed change={state} />
        {set.error ? <Failure compact problem={set.error} /> : null}
      </div>
      {asking && state.enabled ? (
        <div className={styles.confirm} role="group" aria-label={gate.confirm}>
          <p>{gate.confirm}</p>
          <Button onClick={() => onAsking(false)}>{gate.keepOn}</Button>
          <Button
            variant="danger"
            icon={<ShieldCheck />}
            disabled={set.isPending}
            onClick={() => set.mutate(false, { onSuccess: () => onAsking(false) })}
          >
            {gate.reallyOff}
          </Button>
        </div>
      ) : state.enabled ? (
        <Button disabled={set.isPending} onClick={() => onAsking(true)}>
          {gate.turnOff}
        </Button>
      ) : (
        <Button variant="danger" icon={<OctagonX />} disabled={set.isPending} onClick={() => set.mutate(true)}>
          {gate.turnOn}
        </Button>
      )}
    </div>
  );
}

function Mode({ state }: { state: PolicyMode }) {
  const set = useSetPolicyMode();
  return (
    <div className={styles.gate} data-testid="policy-mode" data-mode={state.mode}>
      <div className={styles.label}>
        <p>{gate.mode}</p>
        <p className={styles.help}>{gate.modeHelp[state.mode]}</p>
        <Changed change={state} />
        {set.error ? <Failure compact problem={set.error} /> : null}
      </div>
      <Segmented
        label={gate.mode}
        value={state.mode}
        onChange={(mode) => set.mutate(mode)}
        options={[
          { value: "enforce", label: gate.modes.enforce },
          { value: "shadow", label: gate.modes.shadow },
        ]}
      />
    </div>
  );
}

function Changed({ change }: { change: KillSwitch | PolicyMode }) {
  if (!change.changed_at) return null;
  return (
    <p className={styles.help}>
      {gate.changed} <When at={change.changed_at} />
      {change.changed_by_id ? (
        <>
          {" "}
          {gate.by} <ActorName type={change.changed_by_type ?? "user"} id={change.changed_by_id} />
        </>
      ) : null}
      {change.reason ? ` · ${change.reason}` : ""}
    </p>
  );
}
