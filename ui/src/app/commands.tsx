import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import {
  Activity,
  BellRing,
  CalendarSearch,
  Columns3,
  Compass,
  Cpu,
  DoorOpen,
  Hash,
  ListTodo,
  ListTree,
  Monitor,
  Moon,
  OctagonX,
  Plug,
  Plus,
  Route,
  Search,
  Settings2,
  ShieldQuestionMark,
  Siren,
  Sun,
} from "lucide-react";
import { useApi } from "../api/context";
import { runsQuery, useRooms } from "../api/queries";
import { RunMark } from "../components/Mark";
import { recordName, recordStatus } from "../components/run/fold";
import { strings as shared } from "../components/strings";
import type { Command } from "../features/palette/Palette";
import { keymap, useShownKeys } from "../keys/useKeys";
import { setPreferences } from "../preferences/preferences";
import { useNeeds } from "./needs";
import { strings } from "./strings";

/** Recent runs offered without typing. */
const RUNS_OFFERED = 20;

/** Everything the palette can find and do; some of it is only asked for while it is `open`. */
export function useCommands(open: boolean): Command[] {
  const navigate = useNavigate();
  const { data: rooms = [] } = useRooms();
  const { data: runs = [] } = useQuery(runsQuery(useApi()));
  const needs = useNeeds(open);
  const shown = useShownKeys();
  const { frame } = strings;
  const to = (path: "/timeline" | "/notifications" | "/approvals" | "/incidents" | "/runs" | "/pipeline" | "/tasks" | "/engines" | "/rooms" | "/channels" | "/search" | "/diagnostics" | "/start" | "/settings") => () =>
    void navigate({ to: path });
  return [
    { id: "timeline", group: "go", label: frame.timeline, keys: shown("go.timeline"), icon: <ListTree aria-hidden="true" />, run: to("/timeline") },
    { id: "notifications", group: "go", label: frame.notifications, keys: shown("go.notifications"), icon: <BellRing aria-hidden="true" />, run: to("/notifications") },
    { id: "incidents", group: "go", label: frame.incidents, keys: shown("go.incidents"), icon: <Siren aria-hidden="true" />, run: to("/incidents") },
    { id: "approvals", group: "go", label: frame.approvals, keys: shown("go.approvals"), icon: <ShieldQuestionMark aria-hidden="true" />, run: to("/approvals") },
    { id: "runs", group: "go", label: frame.runs, keys: shown("go.runs"), icon: <Route aria-hidden="true" />, run: to("/runs") },
    { id: "pipeline", group: "go", label: frame.pipeline, keys: shown("go.pipeline"), icon: <Columns3 aria-hidden="true" />, run: to("/pipeline") },
    { id: "tasks", group: "go", label: frame.tasks, keys: shown("go.tasks"), icon: <ListTodo aria-hidden="true" />, run: to("/tasks") },
    { id: "engines", group: "go", label: frame.workers, keys: shown("go.engines"), icon: <Cpu aria-hidden="true" />, run: to("/engines") },
    { id: "rooms", group: "go", label: frame.rooms, keys: shown("go.rooms"), icon: <DoorOpen aria-hidden="true" />, run: to("/rooms") },
    { id: "channels", group: "go", label: frame.channels, keys: shown("go.channels"), icon: <Hash aria-hidden="true" />, run: to("/channels") },
    { id: "find", group: "go", label: frame.search, keys: shown("search"), icon: <Search aria-hidden="true" />, run: to("/search") },
    { id: "diagnostics", group: "go", label: frame.diagnostics, keys: shown("go.diagnostics"), icon: <Activity aria-hidden="true" />, run: to("/diagnostics") },
    { id: "start", group: "go", label: frame.start, keys: shown("go.start"), icon: <Compass aria-hidden="true" />, run: to("/start") },
    { id: "settings", group: "go", label: frame.settings, keys: shown("go.settings"), icon: <Settings2 aria-hidden="true" />, run: to("/settings") },
    ...needs,
    ...rooms.map(
      (room): Command => ({
        id: room.room_id,
        group: "rooms",
        label: room.title,
        hint: room.topic ?? undefined,
        icon: <Hash aria-hidden="true" />,
        run: () => void navigate({ to: "/rooms/$roomId", params: { roomId: room.room_id } }),
      }),
    ),
    {
      id: "new-room",
      group: "actions",
      label: frame.newRoom,
      icon: <Plus aria-hidden="true" />,
      run: () => void navigate({ to: "/rooms", search: { create: true } }),
    },
    {
      id: "new-incident",
      group: "actions",
      label: frame.openIncident,
      icon: <Siren aria-hidden="true" />,
      run: () => void navigate({ to: "/incidents", search: { create: true } }),
    },
    {
      id: "new-task",
      group: "actions",
      label: frame.newTask,
      icon: <ListTodo aria-hidden="true" />,
      run: () => void navigate({ to: "/tasks", search: { create: true } }),
    },
    {
      id: "connect-worker",
      group: "actions",
      label: frame.connectWorker,
      icon: <Plug aria-hidden="true" />,
      run: () => void navigate({ to: "/engines", search: { connect: true } }),
    },
    { id: "kill-switch", group: "actions", label: frame.killSwitch, icon: <OctagonX aria-hidden="true" />, run: to("/settings") },
    {
      id: "date",
      group: "actions",
      label: frame.toDate,
      keys: shown("timeline.date"),
      icon: <CalendarSearch aria-hidden="true" />,
      // Where there is no timeline, in the one of all rooms.
      run: () => {
        if (!keymap.perform("timeline.date")) {
          void navigate({ to: "/timeline" }).then(() => requestAnimationFrame(() => keymap.perform("timeline.date")));
        }
      },
    },
    { id: "light", group: "actions", label: frame.lightTheme, icon: <Sun aria-hidden="true" />, run: () => setPreferences({ theme: "light" }) },
    { id: "dark", group: "actions", label: frame.darkTheme, icon: <Moon aria-hidden="true" />, run: () => setPreferences({ theme: "dark" }) },
    { id: "system", group: "actions", label: frame.systemTheme, icon: <Monitor aria-hidden="true" />, run: () => setPreferences({ theme: "system" }) },
    ...runs.slice(0, RUNS_OFFERED).map(
      (run): Command => ({
        id: run.run_id,
        group: "runs",
        label: recordName(run)?.text ?? shared.run.untitled,
        hint: shared.status[recordStatus(run)],
        icon: <RunMark status={recordStatus(run)} />,
        run: () => void navigate({ to: "/runs/$runId", params: { runId: run.run_id } }),
      }),
    ),
  ];
}
