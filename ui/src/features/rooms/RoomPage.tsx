import { Link } from "@tanstack/react-router";
import { useQuery } from "@tanstack/react-query";
import { DoorOpen, MessagesSquare, Plus } from "lucide-react";
import { useState, type FormEvent, type ReactNode } from "react";
import { useApi } from "../../api/context";
import { useCreateThread } from "../../api/mutations";
import { threadsQuery, useRooms } from "../../api/queries";
import type { Room } from "../../api/types";
import { Button, linkLooks } from "../../components/Button";
import { Field } from "../../components/Field";
import { ChoiceMenu } from "../../components/Menu";
import { Empty, Failure } from "../../components/Notice";
import { Page } from "../../components/Page";
import { onEscape } from "../../keys/onEscape";
import { strings } from "./strings";
import styles from "./Rooms.module.css";

/** Every thread of the room. */
const ALL = "";

interface RoomPageProps {
  roomId: string;
  threadId?: string;
  onThread(threadId: string | undefined): void;
  /** Composed by the app: the timeline and the composer of this room. */
  children(room: Room, writeIn: string | undefined): ReactNode;
}

/** The frame of one room: its name, its threads, and what the app puts inside. */
export function RoomPage({ roomId, threadId, onThread, children }: RoomPageProps) {
  const api = useApi();
  const { data: rooms, error, refetch } = useRooms();
  const { data: threads = [] } = useQuery(threadsQuery(api, roomId));
  const [naming, setNaming] = useState(false);
  const room = rooms?.find((each) => each.room_id === roomId);

  if (!room) {
    return (
      <Page title={strings.rooms}>
        {error ? <Failure problem={error} onRetry={() => void refetch()} /> : null}
        {rooms ? (
          <Empty
            icon={DoorOpen}
            title={strings.notFound}
            action={
              <Link to="/rooms" className={linkLooks.primary}>
                {strings.allRooms}
              </Link>
            }
          >
            {strings.notFoundText}
          </Empty>
        ) : null}
      </Page>
    );
  }
  const oldest = threads.toSorted((a, b) => a.created_at.localeCompare(b.created_at))[0];
  const current = threads.find((thread) => thread.thread_id === threadId);
  return (
    <Page
      title={room.title}
      aside={room.topic}
      actions={
        <ChoiceMenu
          label={strings.threads}
          value={threadId ?? ALL}
          options={[
            { value: ALL, label: strings.allThreads },
            ...threads.map((thread) => ({ value: thread.thread_id, label: thread.title })),
          ]}
          onChange={(next) => onThread(next === ALL ? undefined : next)}
          footer={{
            key: "new",
            label: strings.newThread,
            icon: <Plus aria-hidden="true" />,
            onSelect: () => setNaming(true),
          }}
          trigger={<Button icon={<MessagesSquare />}>{current?.title ?? strings.allThreads}</Button>}
        />
      }
    >
      {naming ? (
        <ThreadForm
          roomId={roomId}
          onDone={(created) => {
            setNaming(false);
            if (created) onThread(created);
          }}
        />
      ) : null}
      {children(room, threadId ?? oldest?.thread_id)}
    </Page>
  );
}

function ThreadForm({ roomId, onDone }: { roomId: string; onDone(threadId: string | null): void }) {
  const [title, setTitle] = useState("");
  const create = useCreateThread(roomId);
  const submit = async () => {
    if (title.trim() === "" || create.isPending) return;
    try {
      onDone((await create.mutateAsync(title.trim())).thread_id);
    } catch {
      // Shown below from the mutation's own state; the name stays.
    }
  };
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    void submit();
  };
  return (
    <>
      {/* Escape, whatever in it has the focus. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions */}
      <form className={styles.threadForm} onSubmit={onSubmit} onKeyDown={onEscape(() => onDone(null))}>
        <Field
          // The form opened because the person asked for it.
          // oxlint-disable-next-line jsx-a11y/no-autofocus
          autoFocus
          label={strings.threadTitle}
          value={title}
          onChange={(event) => setTitle(event.target.value)}
        />
        <Button type="submit" variant="primary" disabled={title.trim() === "" || create.isPending}>
          {strings.createThread}
        </Button>
        <Button variant="ghost" onClick={() => onDone(null)}>
          {strings.cancel}
        </Button>
      </form>
      {create.error ? <Failure problem={create.error} onRetry={() => void submit()} /> : null}
    </>
  );
}
