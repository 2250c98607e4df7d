import { Ellipsis, Eye, Play, RotateCw, Square } from "lucide-react";
import { IconButton } from "../../components/Button";
import { ComponentMark, Mark } from "../../components/Mark";
import { Menu } from "../../components/Menu";
import { Failure } from "../../components/Notice";
import { Section } from "../../components/Page";
import { Sparkline } from "../../components/Sparkline";
import type { ComponentName, ComponentStatus, ComponentUsage, Diagnostics, RuntimeStatus } from "../../platform";
import { formatBytes, formatSpan } from "../../text/measure";
import { useNow } from "../../text/now";
import { strings } from "./strings";
import { useRuntimeAction } from "./useAction";
import type { Reading } from "./useDiagnostics";
import styles from "./Diagnostics.module.css";

/** A sparkline of the processor does not magnify idling. */
const CPU_FLOOR_PERCENT = 10;

interface ProcessesProps {
  status: RuntimeStatus;
  report: Diagnostics | null;
  readings: ReadonlyMap<string, Reading>;
  mayAct: boolean;
}

/** One row per part of the runtime. */
export function Processes({ status, report, readings, mayAct }: ProcessesProps) {
  const usage = new Map((report?.usage ?? []).map((each) => [each.component, each]));
  const act = useRuntimeAction();
  const parts = Object.entries(status.components) as [ComponentName, ComponentStatus][];
  const supervisor = usage.get("supervisor");
  const { columns } = strings;
  return (
    <Section title={strings.processes}>
      <div className={styles.tableBox}>
        <table className={styles.table}>
          <thead>
            <tr>
              <th scope="col">{columns.component}</th>
              <th scope="col">{columns.process}</th>
              <th scope="col">{columns.up}</th>
              <th scope="col">{columns.restarts}</th>
              <th scope="col">{columns.memory}</th>
              <th scope="col">{columns.cpu}</th>
              <th scope="col">
                <span className="visually-hidden">{strings.actions}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {parts.map(([name, component]) => (
              <tr key={name} data-component={name} data-state={component.state} data-pid={component.pid ?? undefined}>
                <th scope="row">
                  <span className={styles.part}>
                    <ComponentMark state={component.state} />
                    <span>
                      {strings.component[name]}
                      <span className={styles.stateWord}>{strings.state[component.state]}</span>
                    </span>
                  </span>
                  <LastError component={component} />
                </th>
                <td>{process(component)}</td>
                <td>
                  <Uptime component={component} usage={usage.get(name)} />
                </td>
                <td>{component.restart_attempts}</td>
                <Measured usage={usage.get(name)} reading={readings.get(name)} />
                <td className={styles.actions}>
                  {mayAct && status.supervised && component.enabled ? (
                    <Menu
                      trigger={
                        <IconButton label={strings.menu(strings.component[name] ?? name)}>
                          <Ellipsis />
                        </IconButton>
                      }
                      items={[
                        {
                          key: "restart",
                          label: strings.restart,
                          icon: <RotateCw aria-hidden="true" />,
                          disabled: component.state === "stopped",
                          onSelect: () => act.mutate({ kind: "restart", component: name }),
                        },
                        component.state === "stopped" || component.state === "fatal"
                          ? {
                              key: "start",
                              label: strings.start,
                              icon: <Play aria-hidden="true" />,
                              onSelect: () => act.mutate({ kind: "start", component: name }),
                            }
                          : {
                              key: "stop",
                              label: strings.stop,
                              icon: <Square aria-hidden="true" />,
                              danger: true,
                              onSelect: () => act.mutate({ kind: "stop", component: name }),
                            },
                      ]}
                    />
                  ) : null}
                </td>
              </tr>
            ))}
            {supervisor ? (
              <tr data-component="supervisor">
                <th scope="row">
                  <span className={styles.part}>
                    <Mark icon={Eye} tone="system" />
                    {strings.component["supervisor"]}
                  </span>
                </th>
                <td>{strings.pid(supervisor.pid)}</td>
                <td>{formatSpan(supervisor.uptime_seconds * 1000)}</td>
                <td />
                <Measured usage={supervisor} reading={readings.get("supervisor")} />
                <td />
              </tr>
            ) : null}
          </tbody>
        </table>
      </div>
      {act.error ? <Failure compact problem={act.error} /> : null}
    </Section>
  );
}

function process(component: ComponentStatus): string {
  return [
    component.pid === null ? null : strings.pid(component.pid),
    component.port === null ? null : strings.port(component.port),
    component.version,
  ]
    .filter(Boolean)
    .join(" · ");
}

function Uptime({ component, usage }: { component: ComponentStatus; usage: ComponentUsage | undefined }) {
  const now = useNow();
  if (component.next_restart_at) {
    const seconds = Math.max(0, Math.ceil((Date.parse(component.next_restart_at) - now) / 1000));
    return <span className={styles.countdown}>{strings.again(seconds)}</span>;
  }
  if (component.pid === null) return null;
  if (component.last_started_at) return <>{formatSpan(now - Date.parse(component.last_started_at))}</>;
  return usage ? <>{formatSpan(usage.uptime_seconds * 1000)}</> : null;
}

/** What went wrong last, kept visible also after it recovered. */
function LastError({ component }: { component: ComponentStatus }) {
  const exit =
    component.last_exit_signal !== null
      ? strings.exitSignal(String(component.last_exit_signal))
      : component.last_exit_code === null
        ? null
        : strings.exitCode(component.last_exit_code);
  const words = [component.last_error_message, exit ? strings.lastExit(exit) : null].filter(Boolean);
  return words.length > 0 ? <span className={styles.lastError}>{words.join(" · ")}</span> : null;
}

function Measured({ usage, reading }: { usage: ComponentUsage | undefined; reading: Reading | undefined }) {
  return (
    <>
      <td>
        <span className={styles.measured}>
          <Sparkline values={reading?.memory ?? []} />
          <span>{usage ? formatBytes(usage.memory_bytes) : ""}</span>
        </span>
      </td>
      <td>
        <span className={styles.measured}>
          <Sparkline values={reading?.cpu ?? []} floor={CPU_FLOOR_PERCENT} />
          <span>{usage ? strings.cpu(usage.cpu_percent.toFixed(1)) : ""}</span>
        </span>
      </td>
    </>
  );
}
