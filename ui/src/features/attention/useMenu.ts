import { useQuery } from "@tanstack/react-query";
import { useRouter } from "@tanstack/react-router";
import { useEffect } from "react";
import { killSwitchQuery, useSetKillSwitch, useWaitingCount, type KillSwitch } from "../../api/approvals";
import { useApi, useLiveState } from "../../api/context";
import { useIsOwner } from "../../api/queries";
import { usePlatform, type MenuEntry } from "../../platform";
import { strings } from "./strings";

const NEEDS_YOU = "needs-you";
/** The entry's id says what it does: a menu that was opened before the switch was flipped does what it said. */
const KILL_SWITCH_ON = "kill-switch-on";
const KILL_SWITCH_OFF = "kill-switch-off";
const KILL_SWITCH_SHUT = "kill-switch";

/** What went wrong with a wish from the menu, and how to try again. */
export interface Unmet {
  problem: unknown;
  again(): void;
}

/**
 * Shows outside the page how much needs the person, and the kill switch, and does what is chosen there.
 * The switch goes on at once. It goes off only in the page, after the same second word as always.
 */
export function useMenu(): Unmet | null {
  const platform = usePlatform();
  const router = useRouter();
  const owner = useIsOwner();
  const reached = useLiveState().phase === "live";
  const count = useWaitingCount();
  const { data: killSwitch } = useQuery({ ...killSwitchQuery(useApi()), enabled: owner === true });
  const { mutate, reset, error } = useSetKillSwitch();
  const on = killSwitch?.enabled;

  useEffect(() => {
    const summary = count > 0 ? strings.needsYou(count) : strings.nothing;
    const entries = [
      { id: NEEDS_YOU, label: summary, enabled: true },
      killSwitchEntry({ owner, reached, on }),
    ];
    // A host that cannot show it leaves the page as it is.
    void platform.showAttention({ count, summary, entries }).catch(() => undefined);
  }, [platform, count, owner, reached, on]);

  useEffect(() => {
    const open = (href: string) => {
      router.history.push(href);
      void platform.bringToFront();
    };
    return platform.watchChoices((choice) => {
      if (choice.kind !== "entry") return;
      if (choice.id === NEEDS_YOU) open("/approvals");
      if (choice.id === KILL_SWITCH_OFF) open("/settings?turnOff=true");
      if (choice.id === KILL_SWITCH_ON) mutate(true, { onError: () => open("/settings") });
    });
  }, [platform, router, mutate]);

  // It is on by another way: what failed before is no news any more.
  useEffect(() => {
    if (on) reset();
  }, [on, reset]);
  return error && !on ? { problem: error, again: () => mutate(true) } : null;
}

interface Known {
  owner: boolean | null;
  reached: boolean;
  on: KillSwitch["enabled"] | undefined;
}

/** The entry for the kill switch, which says why when nothing can be done with it. */
export function killSwitchEntry({ owner, reached, on }: Known): MenuEntry {
  if (reached && owner === false) return { id: KILL_SWITCH_SHUT, label: strings.killSwitchNotYours, enabled: false };
  if (!reached || on === undefined) {
    return { id: KILL_SWITCH_SHUT, label: strings.killSwitchUnreachable, checked: on, enabled: false };
  }
  return on
    ? { id: KILL_SWITCH_OFF, label: strings.killSwitchOn, checked: true, enabled: true }
    : { id: KILL_SWITCH_ON, label: strings.killSwitch, checked: false, enabled: true };
}
