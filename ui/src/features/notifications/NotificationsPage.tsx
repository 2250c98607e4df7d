import { Link } from "@tanstack/react-router";
import { ArrowUp, BellRing, CheckCheck, Play } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useLive } from "../../api/context";
import { useCursor, useMoveCursor } from "../../api/notifications";
import { useIsOwner } from "../../api/queries";
import { Button, linkLooks } from "../../components/Button";
import { ToggleChip } from "../../components/Chip";
import { Mark } from "../../components/Mark";
import { Empty, Failure, OwnerNeeded } from "../../components/Notice";
import { Page } from "../../components/Page";
import { strings as shared } from "../../components/strings";
import { useListKeys } from "../../components/useListKeys";
import { useKeys, useShownKeys } from "../../keys/useKeys";
import { Days } from "./Days";
import { reasons, type Reason } from "./fold";
import { countSince } from "./groups";
import { reasonLooks } from "./look";
import { strings } from "./strings";
import { Summary, useLookedAt } from "./Summary";
import { useHeld } from "./useHeld";
import { useNotifications } from "./useNotifications";
import styles from "./Notifications.module.css";

export const isReason = (word: string | undefined): word is Reason => (reasons as readonly (string | undefined)[]).includes(word);

interface NotificationsPageProps {
  reason?: Reason;
  onReason(reason: Reason | undefined): void;
}

/** What happened that may need a person: newest first, with a line where the owner looked last. */
export function NotificationsPage({ reason, onReason }: NotificationsPageProps) {
  const owner = useIsOwner();
  const cursor = useCursor();
  const live = useLive();
  const move = useMoveCursor();
  const shown = useShownKeys();
  const moment = useLookedAt(cursor);
  const folded = useNotifications(cursor);
  const { window, store, notifications } = folded;
  const [list, setList] = useState<HTMLElement | null>(null);
  const box = useRef<HTMLDivElement>(null);
  const latest = window.events.at(-1)?.position ?? 0;
  const { heldAt, show, ...reading } = useHeld(latest, box, list);
  useEffect(() => store.follow(heldAt === null), [store, heldAt]);

  const visible = notifications.filter((each) => heldAt === null || each.event.position <= heldAt);
  const newer = notifications.length - visible.length;
  const chosen = visible.filter((each) => !reason || each.reason === reason);
  const unread = cursor === undefined ? 0 : visible.filter((each) => each.event.position > cursor).length;
  const whole = !window.older || (window.events[0]?.position ?? 0) <= (cursor ?? 0);

  const readTo = (position: number): boolean => {
    if (cursor === undefined || position <= cursor) return false;
    move.mutate(position);
    return true;
  };
  /** Everything that is shown has been seen; what is held back has not. */
  const readAll = (): boolean => readTo(heldAt ?? Math.max(latest, live.cursor ?? 0));
  useListKeys(list);
  useKeys({
    "notification.read": () => {
      const row = document.activeElement?.closest<HTMLElement>("[data-read-to]");
      return row && list?.contains(row) ? readTo(Number(row.dataset["readTo"])) : false;
    },
    "notification.readAll": readAll,
  });

  return (
    <Page
      title={strings.title}
      testId="notifications"
      actions={
        owner ? (
          <Button icon={<CheckCheck />} disabled={unread === 0 || move.isPending} onClick={readAll}>
            {strings.markAll}
          </Button>
        ) : null
      }
      bar={
        <>
          <div className={styles.chips} role="group" aria-label={strings.filters}>
            {reasons.map((each) => (
              <ToggleChip
                key={each}
                icon={<Mark {...reasonLooks[each]} />}
                pressed={reason === each}
                onPressedChange={(pressed) => onReason(pressed ? each : undefined)}
              >
                {strings.reason[each]}
              </ToggleChip>
            ))}
          </div>
          {owner ? (
            <p className={styles.keys}>{strings.keys(shown("list.next"), shown("list.previous"), shown("notification.read"))}</p>
          ) : null}
        </>
      }
    >
      {owner === false ? (
        <div className={styles.notice}>
          {strings.readerNote} <OwnerNeeded />
        </div>
      ) : null}
      {move.error ? <Failure problem={move.error} /> : null}
      {window.problem ? <Failure problem={window.problem} onRetry={() => void store.toNewest()} /> : null}
      {window.status === "loading" ? <p className={styles.loading}>{strings.loading}</p> : null}
      {cursor !== undefined && window.status === "ready" && notifications.length > 0 ? (
        <Summary counts={countSince(folded, cursor)} moment={moment} whole={whole} />
      ) : null}
      {window.status === "ready" && chosen.length === 0 && window.extending === null ? (
        <Nothing filtered={notifications.length > 0} onAll={() => onReason(undefined)} />
      ) : null}
      {chosen.length > 0 ? (
        <div className={styles.frame}>
          {newer > 0 ? (
            <Button className={styles.pill} icon={<ArrowUp />} onClick={show}>
              {strings.newer(newer)}
            </Button>
          ) : null}
          {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- scrolled by keyboard too */}
          <div ref={box} className={styles.box} tabIndex={0} role="region" aria-label={shared.content} {...reading}>
            <div ref={setList}>
              <Days notifications={chosen} cursor={cursor} moment={moment} />
            </div>
            {window.older ? (
              <div className={styles.more}>
                <Button disabled={window.extending !== null} onClick={() => void store.loadOlder()}>
                  {strings.more}
                </Button>
              </div>
            ) : null}
          </div>
        </div>
      ) : null}
    </Page>
  );
}

function Nothing({ filtered, onAll }: { filtered: boolean; onAll(): void }) {
  return filtered ? (
    <Empty icon={BellRing} title={strings.filteredTitle} action={<Button onClick={onAll}>{strings.showAll}</Button>}>
      {strings.filteredText}
    </Empty>
  ) : (
    <Empty
      icon={BellRing}
      title={strings.emptyTitle}
      action={
        <Link to="/start" className={linkLooks.primary}>
          <Play aria-hidden="true" />
          {strings.start}
        </Link>
      }
    >
      {strings.emptyText}
    </Empty>
  );
}
