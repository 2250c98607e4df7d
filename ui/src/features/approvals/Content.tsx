import { Braces } from "lucide-react";
import { useId, useState } from "react";
import type { Approval } from "../../api/approvals";
import { Button } from "../../components/Button";
import { Json } from "../../components/Json";
import { formatArgv } from "../../text/argv";
import { textOf } from "../../text/json";
import { commandOf, contentLines, directoryOf } from "./describe";
import { strings } from "./strings";
import styles from "./Approvals.module.css";

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
        {argv ? <Line name={strings.command} mono text={formatArgv(argv)} strong /> : null}
        {directory ? <Line name={strings.directory} mono text={directory} /> : null}
        {contentLines(payload, method !== null).map(([name, text]) => (
          <Line key={name} name={name} text={text} />
        ))}
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

function Line({ name, text, mono, strong }: { name: string; text: string; mono?: boolean; strong?: boolean }) {
  return (
    <div className={strong ? styles.strong : undefined}>
      <dt>{name}</dt>
      <dd>{mono ? <code>{text}</code> : <span className={styles.text}>{text}</span>}</dd>
    </div>
  );
}
