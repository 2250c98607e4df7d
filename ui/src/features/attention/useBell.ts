import { useQueryClient } from "@tanstack/react-query";
import { useRouter } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { useApi, useLive } from "../../api/context";
import { runQuery } from "../../api/queries";
import type { LogEvent } from "../../api/types";
import { recordName } from "../../components/run/fold";
import { usePlatform } from "../../platform";
import { usePreferences } from "../../preferences/preferences";
import { hear, nextAt, ring, silent, snooze, type Ring } from "./bell";
import { readEvent, type Matter } from "./matters";
import { LATER, noteOf } from "./notes";
import { quietUntil } from "./quiet";

/** The list that shows every request, so that none needs its own page to be seen. */
const LIST_OF_REQUESTS = "/approvals";

/** Lets the desktop ring for what the live stream brings, and opens what a person presses on. */
export function useBell(): void {
  const api = useApi();
  const live = useLive();
  const queries = useQueryClient();
  const platform = usePlatform();
  const router = useRouter();
  const { notifications: on, quietHours, quietFrom, quietTo } = usePreferences();
  const bell = useRef(silent);

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const surroundings = () => ({
      sees: (matter: Matter) => isLookedAt() && shows(router.state.location.pathname, matter),
      quietUntil: quietUntil(Date.now(), quietHours ? { from: quietFrom, to: quietTo } : null),
    });
    const nameOf = async (runId: string): Promise<string | null> => {
      const run = await queries.fetchQuery(runQuery(api, runId)).catch(() => null);
      return run && (recordName(run)?.text ?? null);
    };
    const tell = async (each: Ring) => {
      const runId = each.kind === "one" ? each.matter.runId : null;
      const name = runId === null ? null : await nameOf(runId);
      await platform.notifications.show(noteOf(each, () => name));
    };
    const plan = () => {
      clearTimeout(timer);
      const at = on ? nextAt(bell.current, surroundings()) : null;
      if (at !== null) timer = setTimeout(strike, Math.max(0, at - Date.now()));
    };
    const strike = () => {
      const [after, rings] = ring(bell.current, surroundings(), Date.now());
      bell.current = after;
      // One that cannot be shown is still in the page; whether the desktop shows any is said in the settings.
      for (const each of rings) void tell(each).catch(() => undefined);
      plan();
    };
    const events = (batch: readonly LogEvent[]) => {
      for (const event of batch) {
        const reading = readEvent(event);
        if (!reading) continue;
        if (reading.kind === "settles" && bell.current.told.has(reading.href)) {
          void platform.notifications.withdraw(reading.href).catch(() => undefined);
        }
        bell.current = hear(bell.current, reading, Date.now());
      }
      plan();
    };
    const stopChoices = platform.watchChoices((choice) => {
      // The name of a notification is the address it opens.
      if (choice.kind !== "note" || !choice.id.startsWith("/")) return;
      if (choice.button === LATER) {
        bell.current = snooze(bell.current, choice.id, Date.now());
        plan();
        return;
      }
      router.history.push(choice.id);
      void platform.bringToFront();
    });
    // What happens while it is switched off is not told later.
    const stopEvents = on ? live.listen({ events }) : undefined;
    if (!on) bell.current = silent;
    plan();
    return () => {
      clearTimeout(timer);
      stopEvents?.();
      stopChoices();
    };
  }, [api, live, on, platform, queries, quietFrom, quietHours, quietTo, router]);
}

const isLookedAt = (): boolean => document.visibilityState === "visible" && document.hasFocus();

const shows = (pathname: string, matter: Matter): boolean =>
  pathname === matter.href || (matter.reason === "blocked" && pathname === LIST_OF_REQUESTS);
