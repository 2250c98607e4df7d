import type { ReactNode } from "react";
import type { LogEvent } from "../../api/types";
import { formatArgv } from "../../text/argv";
import { fieldsOf, numberOf, textOf, wordsOf } from "../../text/json";
import { formatBytes, formatDuration } from "../../text/measure";
import styles from "./Sentence.module.css";

const Name = ({ children }: { children: ReactNode }) => <strong className={styles.name}>{children}</strong>;
const Code = ({ children }: { children: ReactNode }) => <code className={styles.code}>{children}</code>;
const Aside = ({ children }: { children: ReactNode }) => <span className={styles.aside}>{children}</span>;

type Teller = (event: LogEvent) => ReactNode;

const after = (text: string | null): ReactNode => (text ? <Aside> · {text}</Aside> : null);

function tool(event: LogEvent): ReactNode {
  const argv = wordsOf(fieldsOf(event.data)["input"], "argv");
  if (argv) {
    return (
      <>
        ran <Code>{formatArgv(argv)}</Code>
        {after(textOf(fieldsOf(event.data)["input"], "cwd"))}
      </>
    );
  }
  return (
    <>
      called <Code>{textOf(event.data, "tool_name") ?? "a tool"}</Code>
      {after(textOf(event.data, "title"))}
    </>
  );
}

function toolEnd(event: LogEvent): ReactNode {
  const result = fieldsOf(event.data)["output"] ?? fieldsOf(event.data)["error"];
  const exit = numberOf(result, "exit_code");
  const signal = textOf(result, "signal");
  const duration = numberOf(result, "duration_ms");
  const failed = event.event_type === "tool.failed";
  const how = signal ? `was killed by ${signal}` : exit === null ? (failed ? "failed" : "returned") : `exited with ${exit}`;
  return (
    <>
      the call {how}
      {duration === null ? null : <Aside> after {formatDuration(duration)}</Aside>}
      {failed ? after(textOf(event.data, "message")) : null}
    </>
  );
}

function run(event: LogEvent): ReactNode {
  const argv = wordsOf(fieldsOf(fieldsOf(event.data)["input"])["command"], "argv");
  const title = textOf(event.data, "title");
  const line = argv ? formatArgv(argv) : null;
  return (
    <>
      asked for {title && title !== line ? <Name>{title}</Name> : line ? <Code>{line}</Code> : "a run"}
      {title && line && title !== line ? (
        <>
          {" "}
          <Code>{line}</Code>
        </>
      ) : null}
    </>
  );
}

const attempt = (event: LogEvent): string => `attempt ${numberOf(event.data, "attempt_no") ?? "?"}`;

function artifact(event: LogEvent): ReactNode {
  const size = numberOf(event.data, "size_bytes");
  return (
    <>
      kept <Name>{textOf(event.data, "title") ?? textOf(event.data, "kind") ?? "an artifact"}</Name>
      {size === null ? null : <Aside> · {formatBytes(size)}</Aside>}
    </>
  );
}

const tellers: Record<string, Teller> = {
  "room.created": (event) => (
    <>
      created the room <Name>{textOf(event.data, "title")}</Name>
    </>
  ),
  "thread.created": (event) => (
    <>
      opened the thread <Name>{textOf(event.data, "title")}</Name>
    </>
  ),
  "message.created": () => "wrote",
  "run.created": run,
  "run.claimed": (event) => <>took the run, {attempt(event)}</>,
  "run.started": () => "started the run",
  "run.lease.released": (event) => (
    <>
      gave the run back, {attempt(event)}
      {after(textOf(event.data, "reason"))}
    </>
  ),
  "run.lease.expired": (event) => <>the lease of {attempt(event)} ran out</>,
  "run.cancel.requested": (event) => <>asked to cancel the run{after(textOf(event.data, "reason"))}</>,
  "run.completed": (event) => <>finished the run{after(textOf(event.data, "summary"))}</>,
  "run.failed": (event) => <>the run failed{after(textOf(event.data, "message"))}</>,
  "run.cancelled": (event) => <>cancelled the run{after(textOf(event.data, "reason"))}</>,
  "step.created": (event) => (
    <>
      began the step{" "}
      {textOf(event.data, "kind") === "command" ? (
        <Code>{textOf(event.data, "title") ?? "command"}</Code>
      ) : (
        <Name>{textOf(event.data, "title") ?? textOf(event.data, "kind")}</Name>
      )}
    </>
  ),
  "tool.invoked": tool,
  "tool.output": (event) => <>wrote to {textOf(event.data, "stream") ?? "its output"}</>,
  "tool.succeeded": toolEnd,
  "tool.failed": toolEnd,
  "artifact.created": artifact,
  "event.redacted": (event) => <>masked part of an earlier event{after(textOf(event.data, "reason"))}</>,
  "secret.leaked.detected": (event) => (
    <>a secret was found and masked{after((wordsOf(event.data, "rule_ids") ?? []).join(", ") || null)}</>
  ),
  "engine.registered": (event) => (
    <>
      registered the engine <Name>{textOf(event.data, "actor_id") ?? textOf(event.data, "engine_id")}</Name>
    </>
  ),
  "engine.token.issued": () => "issued a token for an engine",
  "engine.token.revoked": () => "revoked the token of an engine",
  "setting.changed": (event) => (
    <>
      changed the setting <Code>{textOf(event.data, "key")}</Code> to{" "}
      <Code>{JSON.stringify(fieldsOf(event.data)["value"] ?? null)}</Code>
    </>
  ),
};

/** What happened, as the rest of a sentence that begins with the actor's name. */
export function Sentence({ event }: { event: LogEvent }) {
  const tell = tellers[event.event_type];
  // An event of a kind this version does not know is still shown, by its own name.
  return <>{tell ? tell(event) : <Code>{event.event_type}</Code>}</>;
}
