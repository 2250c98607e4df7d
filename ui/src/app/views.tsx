/** Views that put several features together: only the app may do that. */
import { Link, useNavigate } from "@tanstack/react-router";
import { CircleHelp, Compass, Link2Off } from "lucide-react";
import { useEffect, useRef } from "react";
import { speakerOf } from "../api/channels";
import { useForgetIdentity } from "../api/context";
import { useRedeemCode } from "../api/mutations";
import { asProblem } from "../api/problem";
import { useRoomTitles } from "../api/queries";
import { Button, linkLooks } from "../components/Button";
import { Copyable } from "../components/Copyable";
import { kindOrder, type EventKind } from "../components/event/kinds";
import { Empty, Failure } from "../components/Notice";
import { Page } from "../components/Page";
import { NO_SELECTION } from "../components/selection";
import { ChannelComposer } from "../features/compose/ChannelComposer";
import { Composer } from "../features/compose/Composer";
import { strings as channels } from "../features/channels/strings";
import { RoomPage } from "../features/rooms/RoomPage";
import type { TimelineFilter } from "../features/timeline/FilterBar";
import { Timeline } from "../features/timeline/Timeline";
import { usePlatform } from "../platform";
import { strings } from "./strings";

/** The filters of a timeline as they stand in an address: `kinds=runs,output&actor=owner&rooms=room_1,room_2`. */
export interface TimelineSearch {
  kinds?: string;
  rooms?: string;
  actor?: string;
  thread?: string;
}

const isKind = (word: string): word is EventKind => (kindOrder as readonly string[]).includes(word);

const filterOf = (search: TimelineSearch): TimelineFilter => ({
  kinds: (search.kinds ?? "").split(",").filter(isKind),
  actor: search.actor,
  rooms: (search.rooms ?? "").split(",").filter((room) => room !== ""),
});

const searchOf = (filter: TimelineFilter): TimelineSearch => ({
  kinds: filter.kinds.length > 0 ? filter.kinds.join(",") : undefined,
  actor: filter.actor,
  rooms: filter.rooms.length > 0 ? filter.rooms.join(",") : undefined,
});

export function TimelineView({ search }: { search: TimelineSearch }) {
  const navigate = useNavigate();
  const titles = useRoomTitles();
  const rooms = filterOf(search).rooms.map((room) => titles.get(room) ?? room);
  return (
    <Page title={strings.frame.timeline} aside={rooms.length > 0 ? rooms.join(", ") : strings.frame.allRooms}>
      <Timeline
        filter={filterOf(search)}
        onFilter={(filter) =>
          void navigate({ to: ".", search: (before: object) => ({ ...before, ...searchOf(filter) }), replace: true })
        }
        emptyAction={
          <Link to="/start" className={linkLooks.primary}>
            <Compass aria-hidden="true" />
            {strings.timeline.start}
          </Link>
        }
      />
    </Page>
  );
}

export function RoomView({ roomId, search }: { roomId: string; search: TimelineSearch }) {
  const navigate = useNavigate();
  const change = (next: TimelineSearch) =>
    void navigate({ to: ".", search: (before: object) => ({ ...before, ...next }), replace: true });
  return (
    <RoomPage roomId={roomId} threadId={search.thread} onThread={(thread) => change({ thread })}>
      {(room, writeIn) => (
        <>
          <Timeline
            key={room.room_id}
            roomId={room.room_id}
            threadId={search.thread}
            filter={filterOf(search)}
            onFilter={(filter) => change(searchOf(filter))}
          />
          <Composer
            roomId={room.room_id}
            roomTitle={room.title}
            threadId={writeIn}
            onRun={(run) =>
              void navigate({ to: ".", search: (before: object) => ({ ...before, ...NO_SELECTION, run }) })
            }
          />
        </>
      )}
    </RoomPage>
  );
}

export function ChannelView({ channel, search }: { channel: string; search: TimelineSearch }) {
  const navigate = useNavigate();
  const speaker = speakerOf(channel);
  return (
    <Page
      title={channel}
      aside={speaker === null ? null : channels.onlySpeaker(speaker)}
      actions={
        <Link to="/channels" className={linkLooks.plain}>
          {channels.back}
        </Link>
      }
    >
      <Timeline
        key={channel}
        channel={channel}
        filter={filterOf(search)}
        onFilter={(filter) =>
          void navigate({ to: ".", search: (before: object) => ({ ...before, ...searchOf(filter) }), replace: true })
        }
      />
      {speaker === null ? <ChannelComposer key={channel} channel={channel} /> : null}
    </Page>
  );
}

/** Redeems a one-time code, then goes where a person wants to be. */
export function LinkView({ code }: { code: string }) {
  const navigate = useNavigate();
  const { ownerPath } = usePlatform();
  const forget = useForgetIdentity();
  const redeem = useRedeemCode();
  const asked = useRef(false);
  const { mutateAsync } = redeem;
  useEffect(() => {
    // A code works once: asking twice would fail the second time and show a failure that is none.
    if (asked.current) return;
    asked.current = true;
    mutateAsync(code)
      .then(forget)
      .then(() => navigate({ to: "/timeline", replace: true }))
      .catch(() => undefined);
  }, [code, mutateAsync, forget, navigate]);
  return (
    <Page title={strings.frame.linkTitle}>
      {redeem.error ? (
        <Empty icon={Link2Off} title={strings.frame.linkFailed}>
          {asProblem(redeem.error).message} {strings.frame.linkText}{" "}
          {ownerPath ? <Copyable text={ownerPath.command} /> : null}
        </Empty>
      ) : null}
    </Page>
  );
}

export function NotFoundView() {
  return (
    <Page title={strings.frame.workspace}>
      <Empty
        icon={CircleHelp}
        title={strings.frame.notFound}
        action={
          <Link to="/timeline" className={linkLooks.primary}>
            {strings.frame.home}
          </Link>
        }
      />
    </Page>
  );
}

/** A view that failed takes only itself down. */
export function CrashedView({ error, reset }: { error: unknown; reset(): void }) {
  return (
    <Page title={strings.frame.crashed} actions={<Button onClick={reset}>{strings.shared.retry}</Button>}>
      <Failure problem={error} onRetry={reset} />
    </Page>
  );
}
