import { plural } from "../../text/measure";

export const strings = {
  label: "Runtime",
  open: "open diagnostics",
  phase: {
    starting: "Starting",
    healthy: "Healthy",
    degraded: "Degraded",
    fatal: "Needs you",
    stopped: "Stopped",
    unreachable: "Unreachable",
    waiting: "Looking",
  },
  mode: { embedded: "embedded", external: "external" },
  part: { api: "API", worker: "worker" } as Record<string, string>,
  since: (span: string) => `for ${span}`,
  restarts: (count: number) => plural(count, "restart", "restarts"),
  restartsIn: (seconds: number) => `again in ${seconds} s`,
  unsupervised: "no supervisor",
  live: {
    live: "",
    connecting: "Connecting to the event stream",
    waiting: "The event stream is interrupted. It reconnects by itself.",
    stopped: "",
  },
  killSwitch: "The kill switch is on: nothing reaches outside, and running commands were ended.",
  killSwitchSince: "Since",
  killSwitchSettings: "Settings",
} as const;
