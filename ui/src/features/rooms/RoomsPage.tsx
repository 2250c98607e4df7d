import { Link, useNavigate } from "@tanstack/react-router";
import { DoorOpen, Plus } from "lucide-react";
import { useState } from "react";
import { useRooms } from "../../api/queries";
import { Button } from "../../components/Button";
import { Empty, Failure } from "../../components/Notice";
import { Page, Scroll } from "../../components/Page";
import { When } from "../../components/When";
import { useListKeys } from "../../components/useListKeys";
import { RoomForm } from "./RoomForm";
import { strings } from "./strings";
import styles from "./Rooms.module.css";

interface RoomsPageProps {
  creating: boolean;
  onCreating(creating: boolean): void;
}

/** All rooms, the one with the newest event first. */
export function RoomsPage({ creating, onCreating }: RoomsPageProps) {
  const { data, error, isPending, refetch } = useRooms();
  const navigate = useNavigate();
  const [list, setList] = useState<HTMLElement | null>(null);
  useListKeys(list);
  const rooms = (data ?? []).toSorted((a, b) =>
    (b.last_event_at ?? b.created_at).localeCompare(a.last_event_at ?? a.created_at),
  );
  return (
    <Page
      title={strings.rooms}
      aside={data ? strings.count(rooms.length) : null}
      actions={
        <Button icon={<Plus />} onClick={() => onCreating(true)}>
          {strings.newRoom}
        </Button>
      }
    >
      <Scroll>
        {creating ? (
          <RoomForm
            onCancel={() => onCreating(false)}
            onCreated={(roomId) => void navigate({ to: "/rooms/$roomId", params: { roomId } })}
          />
        ) : null}
        {error ? <Failure problem={error} onRetry={() => void refetch()} /> : null}
        {isPending && !error ? <p className={styles.faint}>{strings.loading}</p> : null}
        {data && rooms.length === 0 && !creating ? (
          <Empty
            icon={DoorOpen}
            title={strings.emptyTitle}
            action={
              <Button variant="primary" icon={<Plus />} onClick={() => onCreating(true)}>
                {strings.newRoom}
              </Button>
            }
          >
            {strings.emptyText}
          </Empty>
        ) : null}
        <ul ref={setList} className={styles.list}>
          {rooms.map((room) => (
            <li key={room.room_id}>
              <Link to="/rooms/$roomId" params={{ roomId: room.room_id }} className={styles.room} data-list-stop>
                <DoorOpen aria-hidden="true" />
                <span className={styles.roomTitle}>{room.title}</span>
                <span className={styles.roomTopic}>{room.topic}</span>
                <span className={styles.roomCount}>{strings.events(room.head_seq)}</span>
                <span className={styles.roomWhen}>
                  <When at={room.last_event_at ?? room.created_at} />
                </span>
              </Link>
            </li>
          ))}
        </ul>
      </Scroll>
    </Page>
  );
}
