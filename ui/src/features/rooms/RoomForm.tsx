import { useState, type FormEvent } from "react";
import { useCreateRoom } from "../../api/mutations";
import { Button } from "../../components/Button";
import { Field } from "../../components/Field";
import { Failure } from "../../components/Notice";
import { onEscape } from "../../keys/onEscape";
import { strings } from "./strings";
import styles from "./Rooms.module.css";

interface RoomFormProps {
  onCreated(roomId: string): void;
  onCancel(): void;
}

export function RoomForm({ onCreated, onCancel }: RoomFormProps) {
  const [title, setTitle] = useState("");
  const [topic, setTopic] = useState("");
  const create = useCreateRoom();
  const submit = async () => {
    if (title.trim() === "" || create.isPending) return;
    try {
      const { room_id } = await create.mutateAsync({ title: title.trim(), topic: topic.trim() || undefined });
      onCreated(room_id);
    } catch {
      // Shown below from the mutation's own state; what was typed stays.
    }
  };
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    void submit();
  };
  return (
    // Escape, whatever in it has the focus.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <form className={styles.form} onSubmit={onSubmit} onKeyDown={onEscape(onCancel)} aria-label={strings.newRoom}>
      <Field
        // The form opened because the person asked for it.
        // oxlint-disable-next-line jsx-a11y/no-autofocus
        autoFocus
        label={strings.title}
        placeholder={strings.titlePlaceholder}
        value={title}
        onChange={(event) => setTitle(event.target.value)}
      />
      <Field
        label={strings.topic}
        placeholder={strings.topicPlaceholder}
        value={topic}
        onChange={(event) => setTopic(event.target.value)}
      />
      <div className={styles.formActions}>
        <Button variant="ghost" onClick={onCancel}>
          {strings.cancel}
        </Button>
        <Button type="submit" variant="primary" disabled={title.trim() === "" || create.isPending}>
          {strings.create}
        </Button>
      </div>
      {create.error ? <Failure compact problem={create.error} onRetry={() => void submit()} /> : null}
    </form>
  );
}
