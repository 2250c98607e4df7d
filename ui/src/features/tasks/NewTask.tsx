import { useQuery } from "@tanstack/react-query";
import { useId, useRef, useState, type FormEvent } from "react";
import { channelsQuery, speakerOf } from "../../api/channels";
import { useApi } from "../../api/context";
import { useCreateTask } from "../../api/tasks";
import { Area } from "../../components/Area";
import { Button } from "../../components/Button";
import { Field } from "../../components/Field";
import { Failure } from "../../components/Notice";
import { strings as words } from "../../components/task/strings";
import { onEscape } from "../../keys/onEscape";
import { typed } from "../../text/json";
import { strings } from "./strings";
import styles from "./Tasks.module.css";

/** Where a task is told of that names no channel. */
const CHANNEL = "tasks";

interface NewTaskProps {
  channel?: string;
  onCreated(id: string, title: string): void;
  onCancel(): void;
}

/** Asks for something to be done. */
export function NewTask({ channel, onCreated, onCancel }: NewTaskProps) {
  const names = useId();
  const { data: channels = [] } = useQuery(channelsQuery(useApi()));
  const [title, setTitle] = useState("");
  const [ch, setCh] = useState(channel ?? CHANNEL);
  const [agent, setAgent] = useState("");
  const [text, setText] = useState("");
  const context = typed(text);
  const create = useCreateTask();
  /** One key per content: pressing again after a lost answer does not ask twice. */
  const attempt = useRef({ said: "", key: "" });
  const unready = title.trim() === "" || context.kind === "wrong" || create.isPending;
  const submit = () => {
    if (unready) return;
    const task = {
      title: title.trim(),
      ch: ch.trim().replace(/^#/, "") || undefined,
      for: agent.trim() || undefined,
      context: context.kind === "value" ? context.value : undefined,
    };
    const said = JSON.stringify(task);
    if (attempt.current.said !== said) attempt.current = { said, key: crypto.randomUUID() };
    create.mutate({ ...task, key: attempt.current.key }, { onSuccess: ({ id }) => onCreated(id, task.title) });
  };
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    submit();
  };
  const escape = onEscape(onCancel);
  return (
    // Escape and Ctrl Enter, whatever in it has the focus.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <form
      className={styles.form}
      aria-label={strings.new}
      onSubmit={onSubmit}
      onKeyDown={(event) => {
        escape(event);
        if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) submit();
      }}
    >
      <Field
        // The form opened because the person asked for it.
        // oxlint-disable-next-line jsx-a11y/no-autofocus
        autoFocus
        label={strings.newTitle}
        placeholder={strings.newTitlePlaceholder}
        value={title}
        onChange={(event) => setTitle(event.target.value)}
      />
      <div className={styles.pair}>
        <Field label={strings.newChannel} mono list={names} value={ch} onChange={(event) => setCh(event.target.value)} />
        <Field label={strings.newFor} mono note={strings.newForNote} value={agent} onChange={(event) => setAgent(event.target.value)} />
      </div>
      <datalist id={names}>
        {channels.flatMap((each) =>
          speakerOf(each.channel) === null ? [<option key={each.channel}>{each.channel}</option>] : [],
        )}
      </datalist>
      <Area
        label={strings.newContext}
        lines={2}
        value={text}
        wrong={context.kind === "wrong"}
        note={<span role="status">{context.kind === "wrong" ? words.notJson(context.why) : strings.newContextNote}</span>}
        onChange={(event) => setText(event.target.value)}
      />
      {create.error ? <Failure compact problem={create.error} onRetry={submit} /> : null}
      <div className={styles.buttons}>
        <Button variant="ghost" onClick={onCancel}>
          {strings.cancel}
        </Button>
        <Button type="submit" variant="primary" disabled={unready}>
          {strings.create}
        </Button>
      </div>
    </form>
  );
}
