/** The catalogue: every word of the interface, gathered from where it is used. */
import { strings as api } from "../api/strings";
import { strings as events } from "../components/event/strings";
import { strings as files } from "../components/file/strings";
import { strings as shared } from "../components/strings";
import { strings as task } from "../components/task/strings";
import { strings as approvals } from "../features/approvals/strings";
import { strings as attention } from "../features/attention/strings";
import { strings as compose } from "../features/compose/strings";
import { strings as correlation } from "../features/correlation/strings";
import { strings as diagnostics } from "../features/diagnostics/strings";
import { strings as incidents } from "../features/incidents/strings";
import { strings as engines } from "../features/engines/strings";
import { strings as inspector } from "../features/inspector/strings";
import { strings as notifications } from "../features/notifications/strings";
import { strings as palette } from "../features/palette/strings";
import { strings as pipeline } from "../features/pipeline/strings";
import { strings as rooms } from "../features/rooms/strings";
import { strings as runs } from "../features/runs/strings";
import { strings as search } from "../features/search/strings";
import { strings as settings } from "../features/settings/strings";
import { strings as start } from "../features/start/strings";
import { strings as status } from "../features/status/strings";
import { strings as channels } from "../features/channels/strings";
import { strings as tasks } from "../features/tasks/strings";
import { strings as timeline } from "../features/timeline/strings";
import { strings as keys } from "../keys/strings";
import { strings as platform } from "../platform/strings";
import { strings as quantities } from "../text/strings";
import { plural } from "../text/measure";

const frame = {
  skip: "Skip to the content",
  views: "Views",
  workspace: "Signalbox",
  find: "Find or do",
  collapse: "Narrow the rail",
  widen: "Widen the rail",
  keys: "Keys of this view",
  withKeys: (label: string, keys: string) => `${label} (${keys})`,
  timeline: "Timeline",
  needsYou: "Needs you",
  approvals: "Approvals",
  failedRuns: "Failed runs",
  incidents: "Incidents",
  notifications: "Notifications",
  openIncident: "Open an incident",
  waiting: (count: number) => plural(count, "request waits for you", "requests wait for you"),
  failed: (count: number) => plural(count, "run failed since you looked", "runs failed since you looked"),
  open: (count: number) => plural(count, "incident is open", "incidents are open"),
  unread: (count: number) => plural(count, "notification is new", "notifications are new"),
  runs: "Runs",
  pipeline: "Pipeline",
  workers: "Workers",
  tasks: "Tasks",
  channels: "Channels",
  rooms: "Rooms",
  search: "Search",
  diagnostics: "Diagnostics",
  start: "Start",
  settings: "Settings",
  newRoom: "New room",
  newTask: "New task",
  killSwitch: "Kill switch and policy mode",
  approval: "approval",
  claim: "claim",
  wantsKey: (name: string) => `${name} wants a key`,
  incident: "incident",
  connectWorker: "Connect a worker",
  toDate: "Jump to date",
  lightTheme: "Light theme",
  darkTheme: "Dark theme",
  systemTheme: "Theme of the system",
  allRooms: "All rooms",
  linkTitle: "Opening as the owner",
  linkFailed: "This link no longer works",
  linkText: "It can be used once, for a short while. For a new one run",
  notFound: "There is nothing at this address",
  home: "Go to the timeline",
  crashed: "This view failed",
} as const;

export const strings = {
  frame,
  keys,
  shared,
  files,
  task,
  events,
  quantities,
  api,
  platform,
  approvals,
  attention,
  compose,
  correlation,
  diagnostics,
    engines, incidents,
  inspector,
  notifications,
  palette,
  pipeline,
  rooms,
  runs,
  search,
  settings,
  start,
  status,
  tasks,
  channels,
  timeline,
};
