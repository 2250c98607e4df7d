import {
  createHashHistory,
  createRootRoute,
  createRoute,
  createRouter,
  redirect,
  useNavigate,
  type RouterHistory,
} from "@tanstack/react-router";
import type { ApprovalsTab } from "../api/approvals";
import type { IncidentsTab } from "../api/incidents";
import type { RunStatus } from "../api/types";
import type { Selection, TaskForm } from "../components/selection";
import { ApprovalPage } from "../features/approvals/ApprovalPage";
import { ApprovalsPage, isTab } from "../features/approvals/ApprovalsPage";
import { CorrelationPage } from "../features/correlation/CorrelationPage";
import { DiagnosticsPage } from "../features/diagnostics/DiagnosticsPage";
import { IncidentPage } from "../features/incidents/IncidentPage";
import { IncidentsPage, isTab as isIncidentsTab } from "../features/incidents/IncidentsPage";
import { isReason, NotificationsPage } from "../features/notifications/NotificationsPage";
import type { Reason } from "../features/notifications/fold";
import { ChannelsPage } from "../features/channels/ChannelsPage";
import { EnginesPage } from "../features/engines/EnginesPage";
import { PipelinePage } from "../features/pipeline/PipelinePage";
import { TasksPage } from "../features/tasks/TasksPage";
import type { TasksSearch } from "../features/tasks/board";
import { RoomsPage } from "../features/rooms/RoomsPage";
import { RunPage } from "../features/runs/RunPage";
import { RunsPage } from "../features/runs/RunsPage";
import { SearchPage } from "../features/search/SearchPage";
import { SettingsPage } from "../features/settings/SettingsPage";
import { StartPage } from "../features/start/StartPage";
import { preferences } from "../preferences/preferences";
import { Frame } from "./Frame";
import { ChannelView, CrashedView, LinkView, NotFoundView, RoomView, TimelineView, type TimelineSearch } from "./views";

type Raw = Record<string, unknown>;

/** An address is typed by people too: what cannot be read is left out. */
const word = (raw: Raw, name: string): string | undefined => {
  const value = raw[name];
  if (typeof value === "number") return String(value);
  return typeof value === "string" && value !== "" ? value : undefined;
};

const timelineSearch = (raw: Raw): TimelineSearch => ({
  kinds: word(raw, "kinds"),
  rooms: word(raw, "rooms"),
  actor: word(raw, "actor"),
  thread: word(raw, "thread"),
});

const taskForms: readonly TaskForm[] = ["done", "interrupt"];
const runStatuses: readonly string[] = ["queued", "running", "succeeded", "failed", "cancelled"];

const root = createRootRoute({
  validateSearch: (raw: Raw): Selection => ({
    event: word(raw, "event"),
    run: word(raw, "run"),
    task: word(raw, "task"),
    act: taskForms.find((form) => form === raw["act"]),
    file: word(raw, "file"),
  }),
  component: Frame,
  notFoundComponent: NotFoundView,
  errorComponent: CrashedView,
});

const home = createRoute({
  getParentRoute: () => root,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: preferences().startSeen ? "/timeline" : "/start", replace: true });
  },
});

const timeline = createRoute({
  getParentRoute: () => root,
  path: "/timeline",
  validateSearch: timelineSearch,
  component: function Timeline() {
    return <TimelineView search={timeline.useSearch()} />;
  },
});

const rooms = createRoute({
  getParentRoute: () => root,
  path: "/rooms",
  validateSearch: (raw: Raw): { create?: boolean } => ({ create: raw["create"] === true || undefined }),
  component: function Rooms() {
    const { create } = rooms.useSearch();
    const navigate = useNavigate();
    return (
      <RoomsPage
        creating={create === true}
        onCreating={(next) =>
          void navigate({ to: "/rooms", search: (before) => ({ ...before, create: next || undefined }), replace: true })
        }
      />
    );
  },
});

const room = createRoute({
  getParentRoute: () => root,
  path: "/rooms/$roomId",
  validateSearch: timelineSearch,
  component: function Room() {
    return <RoomView roomId={room.useParams().roomId} search={room.useSearch()} />;
  },
});

const channels = createRoute({ getParentRoute: () => root, path: "/channels", component: ChannelsPage });

const channel = createRoute({
  getParentRoute: () => root,
  path: "/channels/$channel",
  validateSearch: timelineSearch,
  component: function Channel() {
    return <ChannelView channel={channel.useParams().channel} search={channel.useSearch()} />;
  },
});

const runs = createRoute({
  getParentRoute: () => root,
  path: "/runs",
  validateSearch: (raw: Raw): { status?: RunStatus } => {
    const status = word(raw, "status");
    return { status: status && runStatuses.includes(status) ? (status as RunStatus) : undefined };
  },
  component: function Runs() {
    const { status } = runs.useSearch();
    const navigate = useNavigate();
    return (
      <RunsPage
        status={status}
        onStatus={(next) =>
          void navigate({ to: "/runs", search: (before) => ({ ...before, status: next }), replace: true })
        }
      />
    );
  },
});

const run = createRoute({
  getParentRoute: () => root,
  path: "/runs/$runId",
  component: function Run() {
    const { runId } = run.useParams();
    return <RunPage key={runId} runId={runId} />;
  },
});

const correlation = createRoute({
  getParentRoute: () => root,
  path: "/correlation/$correlationId",
  component: function Correlation() {
    const { correlationId } = correlation.useParams();
    return <CorrelationPage key={correlationId} correlationId={correlationId} />;
  },
});

const approvals = createRoute({
  getParentRoute: () => root,
  path: "/approvals",
  validateSearch: (raw: Raw): { show?: ApprovalsTab } => {
    const show = word(raw, "show");
    return { show: isTab(show) ? show : undefined };
  },
  component: function Approvals() {
    const { show } = approvals.useSearch();
    const navigate = useNavigate();
    return (
      <ApprovalsPage
        tab={show ?? "waiting"}
        onTab={(next) =>
          void navigate({ to: "/approvals", search: (before) => ({ ...before, show: next }), replace: true })
        }
      />
    );
  },
});

const approval = createRoute({
  getParentRoute: () => root,
  path: "/approvals/$approvalId",
  component: function Approval() {
    const { approvalId } = approval.useParams();
    return <ApprovalPage key={approvalId} approvalId={approvalId} />;
  },
});

const notifications = createRoute({
  getParentRoute: () => root,
  path: "/notifications",
  validateSearch: (raw: Raw): { reason?: Reason } => {
    const reason = word(raw, "reason");
    return { reason: isReason(reason) ? reason : undefined };
  },
  component: function Notifications() {
    const { reason } = notifications.useSearch();
    const navigate = useNavigate();
    return (
      <NotificationsPage
        reason={reason}
        onReason={(next) =>
          void navigate({ to: "/notifications", search: (before) => ({ ...before, reason: next }), replace: true })
        }
      />
    );
  },
});

const incidents = createRoute({
  getParentRoute: () => root,
  path: "/incidents",
  validateSearch: (raw: Raw): { state?: IncidentsTab; create?: boolean } => {
    const state = word(raw, "state");
    return { state: isIncidentsTab(state) ? state : undefined, create: raw["create"] === true || undefined };
  },
  component: function Incidents() {
    const { state, create } = incidents.useSearch();
    const navigate = useNavigate();
    const change = (next: { state?: IncidentsTab; create?: boolean }) =>
      void navigate({ to: "/incidents", search: (before) => ({ ...before, ...next }), replace: true });
    return (
      <IncidentsPage
        tab={state ?? "open"}
        creating={create === true}
        onTab={(next) => change({ state: next })}
        onCreating={(next) => change({ create: next || undefined })}
      />
    );
  },
});

const incident = createRoute({
  getParentRoute: () => root,
  path: "/incidents/$incidentId",
  component: function Incident() {
    const { incidentId } = incident.useParams();
    return <IncidentPage key={incidentId} incidentId={incidentId} />;
  },
});

const search = createRoute({
  getParentRoute: () => root,
  path: "/search",
  validateSearch: (raw: Raw): { q?: string; room?: string } => ({ q: word(raw, "q"), room: word(raw, "room") }),
  component: function Search() {
    const { q, room: roomId } = search.useSearch();
    const navigate = useNavigate();
    return (
      <SearchPage
        q={q ?? ""}
        roomId={roomId}
        onSearch={(next, inRoom) =>
          void navigate({
            to: "/search",
            search: (before) => ({ ...before, q: next || undefined, room: inRoom }),
            replace: true,
          })
        }
      />
    );
  },
});

const engines = createRoute({
  getParentRoute: () => root,
  path: "/engines",
  validateSearch: (raw: Raw): { connect?: boolean } => ({ connect: raw["connect"] === true || undefined }),
  component: function Engines() {
    const { connect } = engines.useSearch();
    const navigate = useNavigate();
    return (
      <EnginesPage
        connecting={connect === true}
        onConnecting={(next) =>
          void navigate({ to: "/engines", search: (before) => ({ ...before, connect: next || undefined }), replace: true })
        }
      />
    );
  },
});

const tasks = createRoute({
  getParentRoute: () => root,
  path: "/tasks",
  validateSearch: (raw: Raw): TasksSearch => ({
    channel: word(raw, "channel"),
    holder: word(raw, "holder"),
    q: word(raw, "q"),
    create: raw["create"] === true || undefined,
  }),
  component: function Tasks() {
    const navigate = useNavigate();
    return (
      <TasksPage
        search={tasks.useSearch()}
        onSearch={(next) => void navigate({ to: "/tasks", search: (before) => ({ ...before, ...next }), replace: true })}
      />
    );
  },
});
const pipeline = createRoute({ getParentRoute: () => root, path: "/pipeline", component: PipelinePage });
const diagnostics = createRoute({ getParentRoute: () => root, path: "/diagnostics", component: DiagnosticsPage });
const start = createRoute({ getParentRoute: () => root, path: "/start", component: StartPage });
const settings = createRoute({
  getParentRoute: () => root,
  path: "/settings",
  validateSearch: (raw: Raw): { turnOff?: boolean } => ({ turnOff: raw["turnOff"] === true || undefined }),
  component: function Settings() {
    const { turnOff } = settings.useSearch();
    const navigate = useNavigate();
    return (
      <SettingsPage
        asking={turnOff === true}
        onAsking={(next) =>
          void navigate({
            to: "/settings",
            search: (before) => ({ ...before, turnOff: next || undefined }),
            replace: true,
          })
        }
      />
    );
  },
});

const link = createRoute({
  getParentRoute: () => root,
  path: "/link/$code",
  component: function Link() {
    return <LinkView code={link.useParams().code} />;
  },
});

const tree = root.addChildren([home, timeline, notifications, approvals, approval, incidents, incident, rooms, room, channels, channel, runs, run, correlation, pipeline, tasks, engines, search, diagnostics, start, settings, link]);

export function makeRouter(history: RouterHistory = createHashHistory()) {
  return createRouter({ routeTree: tree, history, defaultErrorComponent: CrashedView });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof makeRouter>;
  }
}
