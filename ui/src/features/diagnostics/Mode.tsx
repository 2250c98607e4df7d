import { KeyRound } from "lucide-react";
import { useState } from "react";
import { useRegisterEngine } from "../../api/engines";
import { Button } from "../../components/Button";
import { CommandLine } from "../../components/Copyable";
import { Field } from "../../components/Field";
import { Failure } from "../../components/Notice";
import { Section } from "../../components/Page";
import { Segmented } from "../../components/Segmented";
import type { RunnerMode, RuntimeStatus } from "../../platform";
import { strings } from "./strings";
import { useRuntimeAction } from "./useAction";
import styles from "./Diagnostics.module.css";

const DEFAULT_ENGINE = "terminal_worker";

/** Whether work is done by a worker of this app or by engines started elsewhere. */
export function Mode({ status, mayAct }: { status: RuntimeStatus; mayAct: boolean }) {
  const act = useRuntimeAction();
  const canSwitch = mayAct && status.supervised;
  return (
    <Section
      title={strings.modeLabel}
      aside={
        canSwitch ? (
          <Segmented<RunnerMode>
            label={strings.modeLabel}
            value={status.mode}
            onChange={(mode) => act.mutate({ kind: "set_mode", mode })}
            options={[
              { value: "embedded", label: strings.mode.embedded },
              { value: "external", label: strings.mode.external },
            ]}
          />
        ) : (
          <span>{strings.mode[status.mode]}</span>
        )
      }
    >
      <p className={styles.muted}>{strings.modeHelp[status.mode]}</p>
      {act.error ? <Failure compact problem={act.error} /> : null}
      {status.mode === "external" && status.url ? <External url={status.url} mayAct={mayAct} /> : null}
    </Section>
  );
}

/** How to start a worker elsewhere; the token is created on request and shown once. */
function External({ url, mayAct }: { url: string; mayAct: boolean }) {
  const register = useRegisterEngine();
  const [name, setName] = useState(DEFAULT_ENGINE);
  const token = register.data?.secret;
  return (
    <div className={styles.external}>
      <h3>{strings.external.title}</h3>
      <p className={styles.muted}>{token ? strings.external.shown : strings.external.text}</p>
      {token ? (
        <>
          <CommandLine command={strings.workerCommand(token, url)} />
          <Button variant="ghost" onClick={() => register.reset()}>
            {strings.external.another}
          </Button>
        </>
      ) : (
        <>
          <CommandLine command={strings.workerCommand(strings.tokenPlace, url)} />
          {mayAct ? (
            <form
              className={styles.register}
              onSubmit={(event) => {
                event.preventDefault();
                if (name.trim() !== "") register.mutate({ name: name.trim(), rooms: [] });
              }}
            >
              <Field
                label={strings.external.name}
                mono
                value={name}
                onChange={(event) => setName(event.target.value)}
              />
              <Button type="submit" icon={<KeyRound />} disabled={register.isPending || name.trim() === ""}>
                {strings.external.register}
              </Button>
            </form>
          ) : null}
        </>
      )}
      {register.error ? <Failure compact problem={register.error} /> : null}
    </div>
  );
}
