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
import type { RunStatus } from "../api/types";
import type { Selection } from "../components/selection";
import { ApprovalPage } from "../features/approvals/ApprovalPage";
import { ApprovalsPage, isTab } from "../features/approvals/ApprovalsPage";
import { DiagnosticsPage } from "../features/diagnostics/DiagnosticsPage";
import { RoomsPage } from "../features/rooms/RoomsPage";
import { RunPage } from "../features/runs/RunPage";
import { RunsPage } from "../features/runs/RunsPage";
import { SearchPage } from "../features/search/SearchPage";
import { SettingsPage } from "../features/settings/SettingsPage";
import { StartPage } from "../features/start/StartPage";
import { preferences } from "../preferences/preferences";
import { Frame } from "./Frame";
import { CrashedView, LinkView, NotFoundView, RoomView, TimelineView, type TimelineSearch } from "./views";

type Raw = Record<string, unknown>;

/** An address is typed by people too: what cannot be read is left out. */
const word = (raw: Raw, name: string): string | undefined => {
  const value = raw[name];
  if (typeof value === "number") return String(value);
  return typeof value === "string" && value !== "" ? value : undefined;
};

const timelineSearch = (raw: Raw): TimelineSearch => ({
  kinds: word(raw, "kinds"),
  actor: word(raw, "actor"),
  thread: word(raw, "thread"),
});

const runStatuses: readonly string[] = ["queued", "running", "succeeded", "failed", "cancelled"];

const root = createRootRoute({
  validateSearch: (raw: Raw): Selection => ({ event: word(raw, "event"), run: word(raw, "run") }),
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

const tree = root.addChildren([home, timeline, approvals, approval, rooms, room, runs, run, search, diagnostics, start, settings, link]);

export function makeRouter(history: RouterHistory = createHashHistory()) {
  return createRouter({ routeTree: tree, history, defaultErrorComponent: CrashedView });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof makeRouter>;
  }
}
