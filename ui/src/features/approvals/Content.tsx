import { Braces } from "lucide-react";
import { useId, useState } from "react";
import type { Approval } from "../../api/approvals";
import { Button } from "../../components/Button";
import { Json } from "../../components/Json";
import { formatArgv } from "../../text/argv";
import { fieldsOf, textOf } from "../../text/json";
import { commandOf, directoryOf } from "./describe";
import { strings } from "./strings";
import styles from "./Approvals.module.css";

/** Exactly what would be done: readable first, as JSON one click away. */
export function Content({ approval }: { approval: Approval }) {
  const [raw, setRaw] = useState(false);
  const id = useId();
  const { payload } = approval;
  const argv = commandOf(approval);
  const directory = directoryOf(approval);
  const { body, method } = sentOf(payload);
  return (
    <div className={styles.content}>
      <dl className={styles.asked}>
        <Line name={strings.action} mono text={approval.action} />
        {approval.target && approval.target !== directory ? (
          <Line name={strings.targetOf} mono text={method ? `${method} ${approval.target}` : approval.target} />
        ) : null}
        {argv ? <Line name={strings.command} mono text={formatArgv(argv)} strong /> : null}
        {directory ? <Line name={strings.directory} mono text={directory} /> : null}
        {argv || body === null
          ? null
          : Object.entries(readable(body)).map(([name, text]) => (
              <Line key={name} name={name === "" ? strings.content : name} text={text} />
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

/** A request to another host wraps what it sends beside its method. */
function sentOf(payload: unknown): { method: string | null; body: unknown } {
  const fields = fieldsOf(payload);
  const method = textOf(payload, "method");
  if (method === null) return { method, body: payload ?? null };
  const { method: _method, ...rest } = fields;
  if (Object.keys(rest).length === 0) return { method, body: null };
  return { method, body: "payload" in rest ? rest["payload"] : rest };
}

/** Lines of a name and a text; what is not a plain object is one line without a name. */
function readable(body: unknown): Record<string, string> {
  const fields = Object.entries(fieldsOf(body));
  const text = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value));
  if (fields.length === 0) return { "": text(body) };
  return Object.fromEntries(fields.map(([name, value]) => [name, text(value)]));
}

function Line({ name, text, mono, strong }: { name: string; text: string; mono?: boolean; strong?: boolean }) {
  return (
    <div className={strong ? styles.strong : undefined}>
      <dt>{name}</dt>
      <dd>{mono ? <code>{text}</code> : <span className={styles.text}>{text}</span>}</dd>
    </div>
  );
}
