import { DoorOpen } from "lucide-react";
import { useRef, useState, type FormEvent } from "react";
import { useOpenIncident, type Severity } from "../../api/incidents";
import { useRooms } from "../../api/queries";
import { Area } from "../../components/Area";
import { Button } from "../../components/Button";
import { Field } from "../../components/Field";
import { ChoiceMenu } from "../../components/Menu";
import { Failure } from "../../components/Notice";
import { Segmented } from "../../components/Segmented";
import { onEscape } from "../../keys/onEscape";
import { severities } from "./look";
import { strings } from "./strings";
import styles from "./Incidents.module.css";

const NO_ROOM = "";

interface IncidentFormProps {
  onOpened(incidentId: string): void;
  onCancel(): void;
}

/** Opens an incident by hand: for what no run tells of. */
export function IncidentForm({ onOpened, onCancel }: IncidentFormProps) {
  const [title, setTitle] = useState("");
  const [summary, setSummary] = useState("");
  const [severity, setSeverity] = useState<Severity>("medium");
  const [roomId, setRoomId] = useState(NO_ROOM);
  const { data: rooms = [] } = useRooms();
  /** One key per content: pressing again after a lost answer does not open another. */
  const attempt = useRef({ said: "", key: "" });
  const open = useOpenIncident();
  const unready = title.trim() === "" || open.isPending;
  const submit = async () => {
    if (unready) return;
    const incident = { title: title.trim(), summary: summary.trim() || undefined, severity, room_id: roomId || undefined };
    const said = JSON.stringify(incident);
    if (attempt.current.said !== said) attempt.current = { said, key: crypto.randomUUID() };
    try {
      const { incident_id } = await open.mutateAsync({ ...incident, idempotency_key: attempt.current.key });
      onOpened(incident_id);
    } catch {
      // Shown below from the mutation's own state; what was typed stays.
    }
  };
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    void submit();
  };
  const room = rooms.find((each) => each.room_id === roomId)?.title ?? strings.noRoom;
  return (
    // Escape, whatever in it has the focus.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <form className={styles.form} onSubmit={onSubmit} onKeyDown={onEscape(onCancel)} aria-label={strings.byHand}>
      <Field
        // The form opened because the person asked for it.
        // oxlint-disable-next-line jsx-a11y/no-autofocus
        autoFocus
        label={strings.newTitle}
        placeholder={strings.newTitlePlaceholder}
        value={title}
        onChange={(event) => setTitle(event.target.value)}
      />
      <Area label={strings.newSummary} lines={2} value={summary} onChange={(event) => setSummary(event.target.value)} />
      <div className={styles.choices}>
        <Segmented<Severity>
          label={strings.newSeverity}
          value={severity}
          onChange={setSeverity}
          options={severities.map((each) => ({ value: each, label: strings.severity[each] }))}
        />
        <ChoiceMenu
          label={strings.newRoom}
          value={roomId}
          options={[{ value: NO_ROOM, label: strings.noRoom }, ...rooms.map((each) => ({ value: each.room_id, label: each.title }))]}
          onChange={setRoomId}
          trigger={<Button icon={<DoorOpen />}>{room}</Button>}
        />
        <span className={styles.gap} />
        <Button variant="ghost" onClick={onCancel}>
          {strings.cancel}
        </Button>
        <Button type="submit" variant="primary" disabled={unready}>
          {strings.create}
        </Button>
      </div>
      {open.error ? <Failure compact problem={open.error} onRetry={() => void submit()} /> : null}
    </form>
  );
}
