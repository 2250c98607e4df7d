import { ArrowUp } from "lucide-react";
import { useId, useRef, type FormEvent, type KeyboardEvent } from "react";
import { useCreateThread, usePostMessage } from "../../api/mutations";
import { Button } from "../../components/Button";
import { Failure } from "../../components/Notice";
import { strings } from "./strings";
import { useDraft } from "../../preferences/useDraft";
import styles from "./Composer.module.css";

/** The box grows with what is typed, up to so many lines. */
const LINES_SHOWN = { min: 1, max: 10 } as const;

interface MessageFormProps {
  roomId: string;
  roomTitle: string;
  threadId?: string;
}

export function MessageForm({ roomId, roomTitle, threadId }: MessageFormProps) {
  const [text, setText] = useDraft(`message:${roomId}`);
  const createThread = useCreateThread(roomId);
  const post = usePostMessage();
  const hint = useId();
  /** One key per text: pressing again after a lost answer does not post twice. */
  const attempt = useRef({ text: "", key: "" });
  const busy = createThread.isPending || post.isPending;
  const empty = text.trim() === "";

  const send = async () => {
    if (empty || busy) return;
    if (attempt.current.text !== text) attempt.current = { text, key: crypto.randomUUID() };
    try {
      const thread = threadId ?? (await createThread.mutateAsync(strings.firstThread)).thread_id;
      await post.mutateAsync({ threadId: thread, content: text, key: attempt.current.key });
      setText("");
    } catch {
      // Shown below from the mutation's own state; the text stays.
    }
  };
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    void send();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    void send();
  };
  const lines = Math.min(LINES_SHOWN.max, Math.max(LINES_SHOWN.min, text.split("\n").length));
  const problem = createThread.error ?? post.error;

  return (
    <form onSubmit={onSubmit} className={styles.form}>
      <div className={styles.inputRow}>
        <textarea
          className={styles.text}
          aria-label={strings.messageLabel(roomTitle)}
          aria-describedby={hint}
          placeholder={strings.messagePlaceholder}
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
      {problem ? <Failure compact problem={problem} onRetry={() => void send()} /> : null}
    </form>
  );
}
