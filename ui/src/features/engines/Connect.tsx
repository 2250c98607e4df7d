import { ChevronDown, DoorOpen, Plug } from "lucide-react";
import { useState, type FormEvent } from "react";
import { useRegisterEngine, type NewToken } from "../../api/engines";
import { useRooms } from "../../api/queries";
import { Button } from "../../components/Button";
import { Field } from "../../components/Field";
import { CheckMenu } from "../../components/Menu";
import { Failure } from "../../components/Notice";
import { Section } from "../../components/Page";
import { onEscape } from "../../keys/onEscape";
import { strings } from "./strings";
import styles from "./Engines.module.css";

/** A token's rooms are named one by one. */
const ROOMS_MAX = 20;
const { connect } = strings;

interface ConnectProps {
  onMade(token: NewToken, name: string): void;
  onCancel(): void;
}

/** Registers a worker; what comes of it is a command to paste. */
export function Connect({ onMade, onCancel }: ConnectProps) {
  const [name, setName] = useState("");
  const [rooms, setRooms] = useState<string[]>([]);
  const { data: known = [] } = useRooms();
  const register = useRegisterEngine();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const asked = name.trim();
    register.mutateAsync({ name: asked, rooms }).then(
      (token) => onMade(token, asked),
      () => undefined,
    );
  };
  return (
    <Section title={connect.title}>
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- Escape leaves it */}
      <form className={styles.form} onSubmit={submit} onKeyDown={onEscape(onCancel)}>
        <p className={styles.muted}>{connect.text}</p>
        <Field
          label={connect.name}
          note={connect.nameNote}
          mono
          value={name}
          onChange={(event) => setName(event.target.value)}
          ref={focusFirst}
        />
        <CheckMenu
          label={connect.rooms}
          values={rooms}
          options={known.map((room) => ({ value: room.room_id, label: room.title }))}
          max={ROOMS_MAX}
          onChange={setRooms}
          trigger={
            <Button icon={<DoorOpen />}>
              <span className="visually-hidden">{connect.rooms}: </span>
              {rooms.length === 0 ? connect.allRooms : connect.someRooms(rooms.length)}
              <ChevronDown aria-hidden="true" />
            </Button>
          }
        />
        {register.error ? <Failure compact problem={register.error} /> : null}
        <div className={styles.buttons}>
          <Button type="submit" variant="primary" icon={<Plug />} disabled={name.trim() === "" || register.isPending}>
            {connect.register}
          </Button>
          <Button variant="ghost" onClick={onCancel}>
            {connect.cancel}
          </Button>
        </div>
      </form>
    </Section>
  );
}

/** The form was asked for: its first field is where a person goes on. */
const focusFirst = (input: HTMLInputElement | null) => {
  if (input && input.value === "") input.focus();
};
