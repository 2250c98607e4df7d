import { Braces, TriangleAlert } from "lucide-react";
import { useId, useMemo, useState } from "react";
import type { Approval } from "../../api/approvals";
import { Button } from "../../components/Button";
import { Json } from "../../components/Json";
import { formatArgv } from "../../text/argv";
import { dangersOf } from "../../text/danger";
import { textOf } from "../../text/json";
import { commandOf, contentLines, directoryOf } from "./describe";
import { strings } from "./strings";
import styles from "./Approvals.module.css";

/** Members that hold something to be run, as the tools of agents call them. */
const COMMAND_NAME = /(?:^|\.)(?:command|cmd|script|sql|query|args)$/i;

/**
 * Exactly what would be done: readable first, as JSON one click away. Nothing of the content is left out of the
 * readable part: what is approved unseen could be what matters.
 */
export function Content({ approval }: { approval: Approval }) {
  const [raw, setRaw] = useState(false);
  const id = useId();
  const { payload, target } = approval;
  const argv = commandOf(approval);
  const directory = directoryOf(approval);
  const method = target ? textOf(payload, "method") : null;
  return (
    <div className={styles.content}>
      <dl className={styles.asked}>
        <Line name={strings.action} mono text={approval.action} />
        {target && target !== directory ? (
          <Line name={strings.targetOf} mono text={method ? `${method} ${target}` : target} />
        ) : null}
        {argv ? <CommandLine name={strings.command} text={formatArgv(argv)} strong /> : null}
        {directory ? <Line name={strings.directory} mono text={directory} /> : null}
        {contentLines(payload, method !== null).map(([name, text]) =>
          COMMAND_NAME.test(name) ? <CommandLine key={name} name={name} text={text} /> : <Line key={name} name={name} text={text} />,
        )}
      </dl>
      {payload === null ? null : (
        <>
          <Button
            variant="ghost"
            icon={<Braces />}
            aria-expanded={raw}
            aria-controls={id}
            onClick={() => setRaw(!raw)}
          >
            {strings.raw}
          </Button>
          <div id={id} hidden={!raw}>
            {raw ? <Json value={payload} /> : null}
          </div>
        </>
      )}
    </div>
  );
}

/** The command verbatim, its dangerous parts marked, and below it in words what they are. */
function CommandLine({ name, text, strong }: { name: string; text: string; strong?: boolean }) {
  const dangers = useMemo(() => dangersOf(text), [text]);
  const reasons = [...new Set(dangers.map(({ why }) => why))];
  const pieces = dangers.flatMap(({ from, to, why }, index) => [
    text.slice(dangers[index - 1]?.to ?? 0, from),
    <mark key={from} className={styles.danger} title={strings.danger[why]}>
      {text.slice(from, to)}
    </mark>,
  ]);
  return (
    <div className={strong ? styles.strong : undefined}>
      <dt>{name}</dt>
      <dd>
        <code>
          {pieces}
          {text.slice(dangers.at(-1)?.to ?? 0)}
        </code>
        {reasons.length > 0 ? (
          <ul className={styles.dangers} aria-label={strings.dangers}>
            {reasons.map((why) => (
              <li key={why}>
                <TriangleAlert aria-hidden="true" />
                {strings.danger[why]}
              </li>
            ))}
          </ul>
        ) : null}
      </dd>
    </div>
  );
}

function Line({ name, text, mono }: { name: string; text: string; mono?: boolean }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{mono ? <code>{text}</code> : <span className={styles.text}>{text}</span>}</dd>
    </div>
  );
}
