/**
 * The only door to whatever hosts this page: the desktop shell or a browser.
 *
 * Features never ask which host they are in; they ask the platform for what they need, and what a
 * host cannot do is `null` here. `index.ts` picks the implementation once, at start.
 */

export type RuntimePhase = "starting" | "healthy" | "degraded" | "fatal" | "stopped";
export type RunnerMode = "embedded" | "external";
export type ComponentName = "api" | "worker";
export type ComponentState =
  | "starting"
  | "healthy"
  | "degraded"
  | "restarting"
  | "crash_looping"
  | "fatal"
  | "stopped"
  | "disabled";

export interface ComponentStatus {
  name: string;
  required: boolean;
  enabled: boolean;
  state: ComponentState;
  pid: number | null;
  port: number | null;
  version: string | null;
  restart_attempts: number;
  next_restart_at: string | null;
  last_started_at: string | null;
  last_exit_at: string | null;
  last_exit_code: number | null;
  last_exit_signal: number | string | null;
  last_error_code: string | null;
  last_error_message: string | null;
  last_error_hint: string | null;
  updated_at: string;
}

export interface RuntimeStatus {
  phase: RuntimePhase;
  mode: RunnerMode;
  supervised: boolean;
  url: string | null;
  updated_at: string;
  restart_attempts_total: number;
  degraded_component: string | null;
  fatal_component: string | null;
  last_error_code: string | null;
  last_error_message: string | null;
  last_error_component: string | null;
  last_error_at: string | null;
  components: Partial<Record<ComponentName, ComponentStatus>>;
}

export type RuntimeAction =
  | { kind: "restart"; component: ComponentName }
  | { kind: "stop"; component: ComponentName }
  | { kind: "start"; component: ComponentName }
  | { kind: "set_mode"; mode: RunnerMode }
  | { kind: "retry" };

export interface ComponentUsage {
  component: string;
  pid: number;
  memory_bytes: number;
  cpu_percent: number;
  uptime_seconds: number;
}

export interface LogLine {
  component: string;
  time: string;
  level: string;
  message: string;
}

export interface RuntimeProblem {
  code: string;
  severity: "error" | "warning";
  title: string;
  cause: string;
  remedy: string;
  action: RuntimeAction | null;
}

export interface DatabaseFacts {
  schema_version: number;
  sqlite_version: string;
  size_bytes: number;
  wal_bytes: number;
  events: number;
  head_position: number;
}

export interface Diagnostics {
  generated_at: string;
  app_version: string;
  os: string;
  data_dir: string;
  data_dir_free_bytes: number | null;
  runtime: RuntimeStatus;
  usage: ComponentUsage[];
  keyring: {
    state: "available" | "unavailable" | "overridden";
    detail: string | null;
    token_location: "os_keyring" | "file" | "environment";
  } | null;
  logs: { component: string; path: string }[];
  log_tail: LogLine[];
  problems: RuntimeProblem[];
  database: DatabaseFacts | null;
}

/** What is known about the runtime at this moment. */
export type RuntimeView =
  | { kind: "waiting" }
  | { kind: "known"; status: RuntimeStatus }
  /** Nobody answers. `last` is what was known before, `since` is milliseconds since the epoch. */
  | { kind: "unreachable"; since: number; last: RuntimeStatus | null };

/** Where the API answers and with which credential; `null` url while it is not up. */
export interface Connection {
  url: string | null;
  token: string | null;
  /** In a browser: what makes the cookie of a session good; pages of other ports have the cookie, too. */
  proof?: string | null;
}

/** How a person who may only read becomes the owner; `null` where the host is the owner. */
export interface OwnerPath {
  command: string;
}

/** A line of the menu that the host shows outside the page. */
export interface MenuEntry {
  id: string;
  label: string;
  /** Absent: a line without a mark. */
  checked?: boolean;
  enabled: boolean;
}

/** What is to be seen outside the page: in the title, on the taskbar, in the tray. */
export interface Attention {
  count: number;
  /** The count in words. */
  summary: string;
  /** Hosts without a menu show none of them. */
  entries: readonly MenuEntry[];
}

/** A notification of the desktop. One with the same id takes the place of the older. */
export interface Note {
  id: string;
  title: string;
  body: string;
  /** What a press on the notification itself does, in a word. */
  open: string;
  buttons: readonly { id: string; label: string }[];
}

/** What a person chose outside the page. A press on a notification itself has no button. */
export type Choice = { kind: "entry"; id: string } | { kind: "note"; id: string; button: string | null };

/** `ask`: the person has to allow it first. `none`: this desktop or browser shows no notifications. */
export type NotificationSupport = "shown" | "ask" | "refused" | "none";

export interface Notifications {
  support(): Promise<NotificationSupport>;
  /** Asks the person, where the host has to be asked. Only ever upon a press. */
  ask(): Promise<NotificationSupport>;
  show(note: Note): Promise<void>;
  withdraw(id: string): Promise<void>;
}

export interface Platform {
  connection(): Promise<Connection>;
  /** Keeps the proof of a session that was just opened; `null` where the host is the owner. */
  keepProof: ((proof: string) => void) | null;
  /** Calls back with every change until the returned function is called; the first call is prompt. */
  watchRuntime(listener: (view: RuntimeView) => void): () => void;
  act(action: RuntimeAction): Promise<void>;
  diagnostics(): Promise<Diagnostics>;
  /** Opens the folder of the logs, where the host can. */
  openLogs: (() => Promise<void>) | null;
  ownerPath: OwnerPath | null;
  copyText(text: string): Promise<void>;
  showAttention(attention: Attention): Promise<void>;
  /** Brings the page before the person, wherever it is hidden. */
  bringToFront(): Promise<void>;
  /** Calls back with every choice until the returned function is called. */
  watchChoices(listener: (choice: Choice) => void): () => void;
  notifications: Notifications;
}
