import { useQuery } from "@tanstack/react-query";
import { Check, CircleCheck, CircleMinus } from "lucide-react";
import { useId, useState, type FormEvent, type ReactNode } from "react";
import { targetsQuery, type Approval, type Decision } from "../../api/approvals";
import { useApi } from "../../api/context";
import { Button } from "../../components/Button";
import { Field } from "../../components/Field";
import { Mark } from "../../components/Mark";
import { onEscape } from "../../keys/onEscape";
import { EXAMPLES_SHOWN, matches, namesItsHost, patternOf } from "./pattern";
import { strings } from "./strings";
import styles from "./Approvals.module.css";

const { template: words } = strings;

interface TemplateProps {
  approval: Approval;
  /** Chooses until when. */
  until: ReactNode;
  onApprove(scope: Decision["scope"]): void;
  onCancel(): void;
}

/** An approval of every target like a pattern: shown on real targets before it is given. */
export function Template({ approval, until, onApprove, onCancel }: TemplateProps) {
  const [pattern, setPattern] = useState(() => patternOf(approval.target));
  const [roomOnly, setRoomOnly] = useState(approval.room_id !== null);
  const roomId = useId();
  const target = pattern.trim();
  const wrong = target === "" ? words.empty : namesItsHost(target) ? null : words.noHost;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (wrong) return;
    onApprove({ type: "template", target, room_id: roomOnly ? (approval.room_id ?? undefined) : undefined });
  };
  return (
    // Escape leaves the form wherever in it the focus is.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <form className={styles.template} onSubmit={submit} onKeyDown={onEscape(onCancel)}>
      <Field
        label={words.pattern}
        mono
        value={pattern}
        wrong={wrong !== null}
        note={wrong ?? words.note}
        onChange={(event) => setPattern(event.target.value)}
        ref={focusOnce}
      />
      <p className={styles.warning}>{words.warning(approval.action)}</p>
      {approval.room_id ? (
        <p className={styles.check}>
          <input
            id={roomId}
            type="checkbox"
            aria-label={words.room}
            checked={roomOnly}
            onChange={(event) => setRoomOnly(event.target.checked)}
          />
          <label htmlFor={roomId}>{words.room}</label>
        </p>
      ) : null}
      {wrong ? null : <Preview approval={approval} pattern={target} />}
      <div className={styles.choices}>
        <Button variant="ghost" onClick={onCancel}>
          {strings.cancel}
        </Button>
        <span className={styles.gap} />
        {until}
        <Button type="submit" variant="primary" icon={<Check />} disabled={wrong !== null}>
          {words.approve}
        </Button>
      </div>
    </form>
  );
}

/** The form was asked for: its field is where a person goes on. Once: it must not take the focus back. */
const focusOnce = (input: HTMLInputElement | null) => {
  if (input && input !== document.activeElement) input.focus();
};

/** The pattern tried on this request and on what was asked for before. */
function Preview({ approval, pattern }: { approval: Approval; pattern: string }) {
  const { data = [] } = useQuery(targetsQuery(useApi(), approval.action));
  const own = approval.target ?? "";
  const others = data.filter((target) => target !== own);
  const matched = others.filter((target) => matches(pattern, target));
  const fits = matches(pattern, own);
  // What matches is what would be allowed: it is shown first.
  const shown = [...matched, ...others.filter((target) => !matches(pattern, target))].slice(0, EXAMPLES_SHOWN);
  return (
    <div className={styles.tried} role="group" aria-label={words.tried}>
      <p role="status">
        {fits ? "" : words.notItself} {others.length > 0 ? words.othersMatch(matched.length, others.length) : ""}
      </p>
      <ul>
        {own === "" ? null : <Tried target={own} fits={fits} note={words.itself} />}
        {shown.map((target) => (
          <Tried key={target} target={target} fits={matches(pattern, target)} />
        ))}
      </ul>
    </div>
  );
}

function Tried({ target, fits, note }: { target: string; fits: boolean; note?: string }) {
  return (
    <li data-matches={fits}>
      <Mark icon={fits ? CircleCheck : CircleMinus} tone={fits ? "clear" : "system"} />
      <code title={target}>{target}</code>
      <span>
        {fits ? words.matched : words.unmatched}
        {note ? ` · ${note}` : ""}
      </span>
    </li>
  );
}
