/** How far the owner has read in each room. */
import { useMutation, useQueryClient, type QueryClient } from "@tanstack/react-query";
import { useApi } from "./context";
import { tags } from "./staleness";
import type { Room } from "./types";

export interface Reading {
  room_id: string;
  read_seq: number;
  unread: number;
}

/** Puts what is known of a room's reading into the list of rooms, and never takes the reader back. */
function put(queries: QueryClient, reading: Reading): void {
  queries.setQueryData<Room[]>(tags.rooms(), (rooms) =>
    rooms?.map((room) =>
      room.room_id === reading.room_id && reading.read_seq >= (room.read_seq ?? 0)
        ? { ...room, read_seq: reading.read_seq, unread: reading.unread }
        : room,
    ),
  );
}

/** Says that the owner has read a room up to a place in it. */
export function useReadRoom() {
  const api = useApi();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ roomId, seq }: { roomId: string; seq: number }) =>
      api.call((client) =>
        client.POST("/v1/rooms/{room_id}/read", { params: { path: { room_id: roomId } }, body: { seq } }),
      ),
    onSuccess: (reading) => put(queries, reading),
  });
}
