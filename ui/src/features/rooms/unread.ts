import { useEffect, useRef, useState, useSyncExternalStore } from "react";
import { useLiveListener } from "../../api/context";
import { OUTPUT_TYPE } from "../../api/eventTypes";
import { useIsOwner } from "../../api/queries";
import { useReadRoom } from "../../api/reading";
import type { Room } from "../../api/types";

/** A room that is read while much happens in it is not told so for every event. */
const SETTLE_MS = 400;

/** What came in a room since the list of rooms was fetched. */
interface Arrived {
  /** The newest sequence number. */
  head: number;
  /** Sequence numbers of what counts as unread: everything but what programs print. */
  counted: readonly number[];
}

/** The server stops counting here, and so do we. */
const COUNTED = 100;

/** The newest of each room, kept up by the live stream between two fetches. */
function useArrived(): ReadonlyMap<string, Arrived> {
  const [arrived, setArrived] = useState<ReadonlyMap<string, Arrived>>(new Map());
  useLiveListener({
    events(batch) {
      const next = new Map(arrived);
      for (const { room_id: roomId, stream_seq: seq, event_type: type } of batch) {
        if (!roomId) continue;
        const before = next.get(roomId)?.counted ?? [];
        const counted = type === OUTPUT_TYPE ? before : [...before, seq].slice(-COUNTED);
        next.set(roomId, { head: seq, counted });
      }
      setArrived(next);
    },
  });
  return arrived;
}

/** The newest sequence number of a room. */
const headOf = (room: Room, arrived: Arrived | undefined): number => Math.max(room.head_seq, arrived?.head ?? 0);

/** What the server counted, and what came since and was not read. */
export function unreadOf(room: Room, arrived: Arrived | undefined): number {
  const counted = room.unread ?? null;
  if (counted === null) return 0;
  const from = Math.max(room.head_seq, room.read_seq ?? 0);
  // What the server counted lies before the head it told, and is over once that was read.
  const told = (room.read_seq ?? 0) >= room.head_seq ? 0 : counted;
  return told + (arrived?.counted.filter((seq) => seq > from).length ?? 0);
}

/** How much of each room is unread. The room on screen is read as long as the window has the focus. */
export function useUnread(rooms: readonly Room[], openRoomId: string | undefined): ReadonlyMap<string, number> {
  const owner = useIsOwner() === true;
  const focused = useWindowFocus();
  const arrived = useArrived();
  const open = rooms.find((room) => room.room_id === openRoomId);
  useRead(open, open ? headOf(open, arrived.get(open.room_id)) : 0, owner && focused);
  return new Map(
    rooms.map((room) => {
      const seen = owner && focused && room.room_id === openRoomId;
      return [room.room_id, seen ? 0 : unreadOf(room, arrived.get(room.room_id))];
    }),
  );
}

function useRead(room: Room | undefined, head: number, reading: boolean): void {
  const { mutate, isError } = useReadRoom();
  const newest = useRef(head);
  useEffect(() => {
    newest.current = head;
  });
  const roomId = room?.room_id;
  const readSeq = room?.read_seq ?? 0;
  const behind = room !== undefined && head > readSeq;
  // A refusal is not repeated by itself: the next event is the next occasion.
  const again = isError ? head : 0;
  useEffect(() => {
    if (!roomId || !reading || !behind) return undefined;
    const timer = setTimeout(() => mutate({ roomId, seq: newest.current }), SETTLE_MS);
    return () => clearTimeout(timer);
  }, [roomId, reading, behind, readSeq, again, mutate]);
}

function subscribe(listener: () => void): () => void {
  const events = ["focus", "blur"] as const;
  for (const each of events) window.addEventListener(each, listener);
  document.addEventListener("visibilitychange", listener);
  return () => {
    for (const each of events) window.removeEventListener(each, listener);
    document.removeEventListener("visibilitychange", listener);
  };
}

/** Whether somebody can be looking at this window. */
function useWindowFocus(): boolean {
  return useSyncExternalStore(subscribe, () => document.hasFocus() && document.visibilityState === "visible");
}
