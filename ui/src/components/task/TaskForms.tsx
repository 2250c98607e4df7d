import { useState, type FormEvent, type ReactNode } from "react";
import { useTaskAct, type BoardTask, type TaskAct } from "../../api/tasks";
import { onEscape } from "../../keys/onEscape";
import { typed } from "../../text/json";
import { Area } from "../Area";
import { Button } from "../Button";
import { Failure } from "../Notice";
import { strings } from "./strings";
import styles from "./Task.module.css";

interface FormProps {
  task: BoardTask;
  /** After it was said. */
  onSaid(act: TaskAct): void;
  onCancel(): void;
}

/** Ends a task that the person holds, with what came of it. */
export function DoneForm({ task, onSaid, onCancel }: FormProps) {
  const [text, setText] = useState("");
  const result = typed(text);
  const value = result.kind === "value" ? result.value : undefined;
  return (
    <Form
      act={{ task, verb: "done", result: value }}
      ready={result.kind !== "wrong"}
      submit={strings.finish}
      onSaid={onSaid}
      onCancel={onCancel}
    >
      <Area
        // The form opened because the person asked for it.
        // oxlint-disable-next-line jsx-a11y/no-autofocus
        autoFocus
        label={strings.result}
        value={text}
        wrong={result.kind === "wrong"}
        note={<span role="status">{result.kind === "wrong" ? strings.notJson(result.why) : strings.resultNote}</span>}
        onChange={(event) => setText(event.target.value)}
      />
    </Form>
  );
}

/** Asks whoever holds a task to stop. */
export function InterruptForm({ task, onSaid, onCancel }: FormProps) {
  const [reason, setReason] = useState("");
  const said = reason.trim() || undefined;
  return (
    <Form act={{ task, verb: "interrupt", reason: said }} ready submit={strings.interrupt} onSaid={onSaid} onCancel={onCancel}>
      <Area
        // oxlint-disable-next-line jsx-a11y/no-autofocus -- as above
        autoFocus
        label={strings.reason}
        lines={2}
        value={reason}
        note={strings.reasonNote}
        onChange={(event) => setReason(event.target.value)}
      />
    </Form>
  );
}

interface FrameProps {
  act: TaskAct;
  ready: boolean;
  submit: string;
  onSaid(act: TaskAct): void;
  onCancel(): void;
  children: ReactNode;
}

/** What was typed stays when it fails. Ctrl Enter sends from inside the text. */
function Form({ act, ready, submit, onSaid, onCancel, children }: FrameProps) {
  const send = useTaskAct();
  const unready = !ready || send.isPending;
  const go = () => {
    if (!unready) send.mutate(act, { onSuccess: () => onSaid(act) });
  };
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    go();
  };
  const escape = onEscape(onCancel);
  return (
    // Escape and Ctrl Enter, whatever in it has the focus.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <form
      className={styles.form}
      aria-label={strings.verbOf(strings.verb[act.verb], act.task.title)}
      onSubmit={onSubmit}
      onKeyDown={(event) => {
        escape(event);
        if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) go();
      }}
    >
      {children}
      {send.error ? <Failure compact problem={send.error} /> : null}
      <div className={styles.buttons}>
        <Button variant="ghost" onClick={onCancel}>
          {strings.cancel}
        </Button>
        <Button type="submit" variant="primary" disabled={unready}>
          {submit}
        </Button>
      </div>
    </form>
  );
}
