import { useMemo } from "react";
import { useSinceCursor } from "../../api/notifications";
import { foldNotifications } from "./fold";
import { countSince, needsSomebody } from "./groups";

export interface Attention {
  /** Runs that failed since the owner looked last. */
  failed: number;
  /** Everything since then that somebody should look at. */
  unread: number;
}

/** What is new for the owner, in two numbers for the rail. */
export function useAttention(): Attention {
  const events = useSinceCursor();
  return useMemo(() => {
    const folded = foldNotifications(events);
    return { failed: countSince(folded, 0).failed, unread: folded.notifications.filter(needsSomebody).length };
  }, [events]);
}
