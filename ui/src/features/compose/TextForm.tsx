import { ArrowUp } from "lucide-react";
import { useId, useRef, type FormEvent, type KeyboardEvent } from "react";
import { Button } from "../../components/Button";
import { Failure } from "../../components/Notice";
import { useDraft } from "../../preferences/useDraft";
import { strings } from "./strings";
import styles from "./Composer.module.css";

/** The box grows with what is typed, up to so many lines. */
const LINES_SHOWN = { min: 1, max: 10 } as const;

interface TextFormProps {
  /** What the text is kept as until it is sent. */
  draft: string;
  label: string;
  placeholder: string;
  busy: boolean;
  problem: unknown;
  /** `key` is of the text: sending again after a lost answer is the same message. */
  send(text: string, key: string): Promise<unknown>;
}

/** A box to write in. What could not be sent stays in it. */
export function TextForm({ draft, label, placeholder, busy, problem, send }: TextFormProps) {
  const [text, setText] = useDraft(draft);
  const hint = useId();
  /** One key per text: pressing again after a lost answer does not send twice. */
  const attempt = useRef({ text: "", key: "" });
  const empty = text.trim() === "";

  const submit = async () => {
    if (empty || busy) return;
    if (attempt.current.text !== text) attempt.current = { text, key: crypto.randomUUID() };
    try {
      await send(text, attempt.current.key);
      setText("");
    } catch {
      // Shown below; the text stays.
    }
  };
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    void submit();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    void submit();
  };
  const lines = Math.min(LINES_SHOWN.max, Math.max(LINES_SHOWN.min, text.split("\n").length));

  return (
    <form onSubmit={onSubmit} className={styles.form}>
      <div className={styles.inputRow}>
        <textarea
          className={styles.text}
          aria-label={label}
          aria-describedby={hint}
          placeholder={placeholder}
          rows={lines}
          value={text}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={onKeyDown}
        />
        <Button type="submit" variant="primary" icon={<ArrowUp />} disabled={empty || busy}>
          {strings.send}
        </Button>
      </div>
      <p id={hint} className="visually-hidden">
        {strings.sendHint}
      </p>
      {problem ? <Failure compact problem={problem} onRetry={() => void submit()} /> : null}
    </form>
  );
}
