import { useEffect, useState } from "react";
import { useLiveListener } from "../../api/context";
import type { Room } from "../../api/types";
import { preferences, setPreferences, usePreferences } from "../../preferences/preferences";

/** The newest sequence number of each room, kept up by the live stream between two fetches. */
export function useRoomHeads(rooms: readonly Room[]): ReadonlyMap<string, number> {
  const [live, setLive] = useState<ReadonlyMap<string, number>>(new Map());
  useLiveListener({
    events(batch) {
      const next = new Map(live);
      for (const event of batch) if (event.room_id) next.set(event.room_id, event.stream_seq);
      setLive(next);
    },
  });
  return new Map(rooms.map((room) => [room.room_id, Math.max(room.head_seq, live.get(room.room_id) ?? 0)]));
}

/** How many events of each room were not on screen yet. A room never opened here counts from now on. */
export function useUnread(heads: ReadonlyMap<string, number>, openRoomId: string | undefined): ReadonlyMap<string, number> {
  const { read } = usePreferences();
  const missing = [...heads].filter(([roomId]) => read[roomId] === undefined);
  const openHead = openRoomId === undefined ? undefined : heads.get(openRoomId);
  useEffect(() => {
    const changes: Record<string, number> = Object.fromEntries(missing);
    if (openRoomId !== undefined && openHead !== undefined && read[openRoomId] !== openHead) changes[openRoomId] = openHead;
    if (Object.keys(changes).length > 0) setPreferences({ read: { ...preferences().read, ...changes } });
    // `missing` is derived from what is listed.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [missing.length, openRoomId, openHead]);
  return new Map([...heads].map(([roomId, head]) => [roomId, Math.max(0, head - (read[roomId] ?? head))]));
}
