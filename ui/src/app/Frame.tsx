import { Outlet, useLocation, useNavigate } from "@tanstack/react-router";
import { Tooltip } from "radix-ui";
import { useEffect, useRef, useState } from "react";
import { useLive } from "../api/context";
import { Attention } from "../features/attention/Attention";
import { Inspector } from "../features/inspector/Inspector";
import { KeyHelp } from "../features/palette/KeyHelp";
import { Palette } from "../features/palette/Palette";
import { KillSwitchBanner } from "../features/status/KillSwitchBanner";
import { useKeyboard, useKeys } from "../keys/useKeys";
import { useRuntime } from "../platform/runtime";
import { useCommands } from "./commands";
import { Rail } from "./Rail";
import { strings } from "./strings";
import styles from "./Frame.module.css";

/** Three panes: the rail, one view, the inspector. */
export function Frame() {
  const [palette, setPalette] = useState(false);
  const [help, setHelp] = useState(false);
  const navigate = useNavigate();
  const { pathname } = useLocation();
  const commands = useCommands(palette);
  useKeyboard();
  useReconnectWithRuntime();
  useFocusOnNavigation();
  useKeys({
    palette: () => setPalette(true),
    help: () => setHelp(true),
    search: () => void navigate({ to: "/search" }),
    "go.timeline": () => void navigate({ to: "/timeline" }),
    "go.runs": () => void navigate({ to: "/runs" }),
    "go.approvals": () => void navigate({ to: "/approvals" }),
    "go.notifications": () => void navigate({ to: "/notifications" }),
    "go.incidents": () => void navigate({ to: "/incidents" }),
    "go.pipeline": () => void navigate({ to: "/pipeline" }),
    "go.tasks": () => void navigate({ to: "/tasks" }),
    "go.channels": () => void navigate({ to: "/channels" }),
    "go.engines": () => void navigate({ to: "/engines" }),
    "go.rooms": () => void navigate({ to: "/rooms" }),
    "go.diagnostics": () => void navigate({ to: "/diagnostics" }),
    "go.start": () => void navigate({ to: "/start" }),
    "go.settings": () => void navigate({ to: "/settings" }),
  });
  // Another view was reached by another way: back, forward, a link.
  const [shownAt, setShownAt] = useState(pathname);
  if (shownAt !== pathname) {
    setShownAt(pathname);
    setPalette(false);
    setHelp(false);
  }
  return (
    <Tooltip.Provider delayDuration={450}>
      <a className={styles.skip} href="#main" onClick={focusMain}>
        {strings.frame.skip}
      </a>
      <div className={styles.frame}>
        <Rail onPalette={() => setPalette(true)} onHelp={() => setHelp(true)} />
        <main id="main" className={styles.main} tabIndex={-1}>
          <KillSwitchBanner />
          <Attention />
          <div className={styles.view}>
            <Outlet />
          </div>
        </main>
        <Inspector />
      </div>
      <Palette
        open={palette}
        onOpenChange={setPalette}
        commands={commands}
        onSearch={(q) => void navigate({ to: "/search", search: { q } })}
      />
      <KeyHelp open={help} onOpenChange={setHelp} />
    </Tooltip.Provider>
  );
}

/** The address carries the route in its hash, so the link cannot be an ordinary one. */
function focusMain(event: { preventDefault(): void }): void {
  event.preventDefault();
  document.getElementById("main")?.focus();
}

/** When the runtime comes back, the live stream need not wait out its backoff. */
function useReconnectWithRuntime(): void {
  const live = useLive();
  const view = useRuntime();
  const up = view.kind === "known" && (view.status.phase === "healthy" || view.status.phase === "degraded");
  useEffect(() => {
    if (up) live.retryNow();
  }, [up, live]);
}

/** A new view is announced and read from its beginning: the focus goes to it, unless it took it itself. */
function useFocusOnNavigation(): void {
  const { pathname } = useLocation();
  const first = useRef(true);
  useEffect(() => {
    if (first.current) {
      first.current = false;
      return;
    }
    const main = document.getElementById("main");
    if (main && !main.contains(document.activeElement)) main.focus({ preventScroll: true });
  }, [pathname]);
}
