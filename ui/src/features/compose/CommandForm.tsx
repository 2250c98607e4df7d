import { Play, SlidersHorizontal } from "lucide-react";
import { useId, useState, type FormEvent } from "react";
import { useStartCommand } from "../../api/mutations";
import { useIsOwner } from "../../api/queries";
import { Button, IconButton } from "../../components/Button";
import { Field } from "../../components/Field";
import { Failure, OwnerNeeded } from "../../components/Notice";
import { formatArgv, parseArgv, type ArgvProblem } from "../../text/argv";
import { strings } from "./strings";
import { useDraft } from "../../preferences/useDraft";
import styles from "./Composer.module.css";

interface CommandFormProps {
  roomId: string;
  threadId?: string;
  onRun(runId: string): void;
}

function explain(problem: ArgvProblem): string {
  return problem.kind === "unclosed" ? strings.unclosed(problem.quote) : strings.operator(problem.operator);
}

/** The seconds of a typed time limit; `undefined` for none, `null` when it cannot be read. */
function secondsOf(text: string): number | undefined | null {
  if (text.trim() === "") return undefined;
  const seconds = Number(text);
  return Number.isInteger(seconds) && seconds > 0 ? seconds : null;
}

/** A command for the worker: typed like in a shell, shown back as the words that will run. */
export function CommandForm({ roomId, threadId, onRun }: CommandFormProps) {
  const owner = useIsOwner();
  const [line, setLine] = useDraft(`command:${roomId}`);
  const [cwd, setCwd] = useState("");
  const [timeout, setTimeoutText] = useState("");
  const [options, setOptions] = useState(false);
  const note = useId();
  const start = useStartCommand();
  const { argv, problem } = parseArgv(line);
  const seconds = secondsOf(timeout);
  const ready = owner === true && argv.length > 0 && problem === null && seconds !== null && !start.isPending;

  const submit = async () => {
    if (!ready) return;
    try {
      const { run_id } = await start.mutateAsync({
        roomId,
        threadId,
        title: formatArgv(argv),
        command: { argv, cwd: cwd.trim() || undefined, timeout_seconds: seconds },
      });
      setLine("");
      onRun(run_id);
    } catch {
      // Shown below from the mutation's own state; the line stays.
    }
  };
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    void submit();
  };

  if (owner === false) return <OwnerNeeded />;
  return (
    <form onSubmit={onSubmit} className={styles.form}>
      <div className={styles.inputRow}>
        <span className={styles.prompt} aria-hidden="true">
          $
        </span>
        <input
          className={`${styles.text} ${styles.mono}`}
          aria-label={strings.commandLabel}
          aria-invalid={problem !== null || undefined}
          aria-describedby={note}
          placeholder={strings.commandPlaceholder}
          spellCheck={false}
          autoCapitalize="off"
          autoCorrect="off"
          autoComplete="off"
          value={line}
          onChange={(event) => setLine(event.target.value)}
        />
        <IconButton label={strings.options} aria-pressed={options} onClick={() => setOptions(!options)}>
          <SlidersHorizontal />
        </IconButton>
        <Button type="submit" variant="primary" icon={<Play />} disabled={!ready}>
          {strings.run}
        </Button>
      </div>
      <div id={note} className={styles.note}>
        {problem ? (
          <p className={styles.wrong}>{explain(problem)}</p>
        ) : argv.length > 0 ? (
          <p>
            {strings.argv}{" "}
            {argv.map((word, index) => (
              <code key={index} className={styles.word}>
                {word === "" ? "\u00a0" : word}
              </code>
            ))}
          </p>
        ) : null}
      </div>
      {options ? (
        <div className={styles.options}>
          <Field
            label={strings.cwd}
            mono
            placeholder={strings.cwdPlaceholder}
            value={cwd}
            onChange={(event) => setCwd(event.target.value)}
          />
          <Field
            label={strings.timeout}
            inputMode="numeric"
            placeholder={strings.timeoutPlaceholder}
            wrong={seconds === null}
            note={seconds === null ? strings.timeoutWrong : null}
            value={timeout}
            onChange={(event) => setTimeoutText(event.target.value)}
          />
        </div>
      ) : null}
      {start.error ? <Failure compact problem={start.error} onRetry={() => void submit()} /> : null}
    </form>
  );
}
