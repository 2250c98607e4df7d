import { Link, useNavigate } from "@tanstack/react-router";
import {
  Activity,
  Columns3,
  Compass,
  Cpu,
  DoorOpen,
  Hash,
  Keyboard,
  ListTodo,
  ListTree,
  PanelLeft,
  Route,
  Search,
  Settings2,
  type LucideIcon,
} from "lucide-react";
import { IconButton } from "../components/Button";
import { RoomRail } from "../features/rooms/RoomRail";
import { Badge } from "../features/status/Badge";
import type { ActionId } from "../keys/actions";
import { useShownKeys } from "../keys/useKeys";
import { setPreferences, usePreferences } from "../preferences/preferences";
import { NeedsYou } from "./NeedsYou";
import { strings } from "./strings";
import { useNarrowWindow } from "./useNarrowWindow";
import styles from "./Rail.module.css";

const { frame } = strings;

interface View {
  to: "/timeline" | "/runs" | "/pipeline" | "/tasks" | "/engines" | "/rooms" | "/channels" | "/search" | "/diagnostics" | "/start";
  label: string;
  icon: LucideIcon;
  action: ActionId;
}

const views: readonly View[] = [
  { to: "/timeline", label: frame.timeline, icon: ListTree, action: "go.timeline" },
  { to: "/runs", label: frame.runs, icon: Route, action: "go.runs" },
  { to: "/pipeline", label: frame.pipeline, icon: Columns3, action: "go.pipeline" },
  { to: "/tasks", label: frame.tasks, icon: ListTodo, action: "go.tasks" },
  { to: "/engines", label: frame.workers, icon: Cpu, action: "go.engines" },
  { to: "/rooms", label: frame.rooms, icon: DoorOpen, action: "go.rooms" },
  { to: "/channels", label: frame.channels, icon: Hash, action: "go.channels" },
  { to: "/search", label: frame.search, icon: Search, action: "search" },
  { to: "/diagnostics", label: frame.diagnostics, icon: Activity, action: "go.diagnostics" },
  { to: "/start", label: frame.start, icon: Compass, action: "go.start" },
];

interface RailProps {
  onPalette(): void;
  onHelp(): void;
}

/** Where one can go, the rooms, and the state of the runtime. */
export function Rail({ onPalette, onHelp }: RailProps) {
  const navigate = useNavigate();
  const { railCollapsed } = usePreferences();
  const shown = useShownKeys();
  const narrow = useNarrowWindow() || railCollapsed;
  return (
    <div className={styles.rail} data-narrow={narrow || undefined}>
      <header>
        <div className={styles.top}>
          {narrow ? null : <span className={styles.name}>{frame.workspace}</span>}
          <IconButton
            label={narrow ? frame.widen : frame.collapse}
            aria-expanded={!narrow}
            onClick={() => setPreferences({ railCollapsed: !railCollapsed })}
          >
            <PanelLeft />
          </IconButton>
        </div>
        <button type="button" className={styles.find} onClick={onPalette}>
          <Search aria-hidden="true" />
          <span className={narrow ? "visually-hidden" : styles.findWord}>{frame.find}</span>
          {narrow ? null : <kbd>{shown("palette")}</kbd>}
        </button>
      </header>
      <div className={styles.middle}>
        <nav aria-label={frame.views}>
          <NeedsYou narrow={narrow} />
          <ul className={styles.views}>
            {views.map(({ to, label, icon: Icon, action }) => (
              <li key={to}>
                <Link
                  to={to}
                  className={styles.view}
                  activeOptions={{ exact: to === "/rooms", includeSearch: false }}
                  activeProps={{ "aria-current": "page" }}
                  title={narrow ? frame.withKeys(label, shown(action)) : undefined}
                >
                  <Icon aria-hidden="true" />
                  <span className={narrow ? "visually-hidden" : styles.label}>{label}</span>
                </Link>
              </li>
            ))}
          </ul>
        </nav>
        <RoomRail narrow={narrow} onNewRoom={() => void navigate({ to: "/rooms", search: { create: true } })} />
      </div>
      <footer className={styles.bottom}>
        <Badge narrow={narrow} />
        <div className={styles.bottomTools}>
          <Link to="/settings" className={styles.tool} aria-label={frame.settings} title={frame.settings}>
            <Settings2 aria-hidden="true" />
          </Link>
          {narrow ? null : (
            <IconButton label={frame.keys} keys={shown("help")} onClick={onHelp}>
              <Keyboard />
            </IconButton>
          )}
        </div>
      </footer>
    </div>
  );
}
