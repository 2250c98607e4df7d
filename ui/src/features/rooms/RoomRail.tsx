import { Link, useParams } from "@tanstack/react-router";
import { Hash, Plus } from "lucide-react";
import { useRooms } from "../../api/queries";
import { IconButton } from "../../components/Button";
import { strings } from "./strings";
import { useUnread } from "./unread";
import styles from "./RoomRail.module.css";

/** Enough of a name to know a room by where there is no room for more: "release 0.4" is "r0". */
const initials = (title: string): string =>
  title
    .split(/[^\p{L}\p{N}]+/u)
    .filter(Boolean)
    .slice(0, 2)
    .map((word) => [...word][0])
    .join("");

/** A larger count says no more than this. */
const UNREAD_SHOWN = 99;

/** The rooms in the rail, with what is unread. */
export function RoomRail({ onNewRoom, narrow }: { onNewRoom(): void; narrow: boolean }) {
  const { data } = useRooms();
  const rooms = data ?? [];
  const params: { roomId?: string } = useParams({ strict: false });
  const unread = useUnread(rooms, params.roomId);
  return (
    <nav aria-label={strings.rooms} className={styles.rail} data-narrow={narrow || undefined}>
      <div className={styles.head}>
        {narrow ? null : <h2>{strings.rooms}</h2>}
        <IconButton label={strings.newRoom} onClick={onNewRoom}>
          <Plus />
        </IconButton>
      </div>
      <ul>
        {rooms.map((room) => {
          const count = unread.get(room.room_id) ?? 0;
          return (
            <li key={room.room_id}>
              <Link
                to="/rooms/$roomId"
                params={{ roomId: room.room_id }}
                className={styles.room}
                activeProps={{ "aria-current": "page" }}
                title={narrow ? room.title : undefined}
              >
                {narrow ? (
                  <span className={styles.initials} aria-hidden="true">
                    {initials(room.title)}
                  </span>
                ) : (
                  <Hash aria-hidden="true" />
                )}
                <span className={narrow ? "visually-hidden" : styles.title}>{room.title}</span>
                {count > 0 ? (
                  <span className={narrow ? styles.dot : styles.count}>
                    <span aria-hidden="true">{narrow ? "" : count > UNREAD_SHOWN ? `${UNREAD_SHOWN}+` : count}</span>
                    <span className="visually-hidden">{strings.unread(count)}</span>
                  </span>
                ) : null}
              </Link>
            </li>
          );
        })}
      </ul>
    </nav>
  );
}
