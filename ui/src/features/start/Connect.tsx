import { useQuery } from "@tanstack/react-query";
import { useApi } from "../../api/context";
import { threadsQuery } from "../../api/queries";
import { CommandLine } from "../../components/Copyable";
import { useRuntime } from "../../platform/runtime";
import { formatArgv } from "../../text/argv";
import { strings } from "./strings";
import styles from "./Start.module.css";

/** How agents, scripts and terminals get their work into the log. */
export function Connect({ roomId }: { roomId: string | null }) {
  const api = useApi();
  const view = useRuntime();
  const url = (view.kind === "known" ? view.status.url : null) ?? api.lastUrl() ?? "http://127.0.0.1:4242";
  const { data: threads } = useQuery({ ...threadsQuery(api, roomId ?? ""), enabled: roomId !== null });
  const thread = threads?.[0]?.thread_id;
  const { connect } = strings;
  const json = "-H 'content-type: application/json'";
  return (
    <div className={styles.connect}>
      <p>{connect.text}</p>
      <h3>{connect.terminal}</h3>
      <CommandLine command={`signalbox run${roomId ? ` --room ${formatArgv([strings.run.room])}` : ""} -- git status`} />
      <h3>{connect.http}</h3>
      {roomId ? (
        <>
          <p>{connect.httpText}</p>
          {thread ? null : (
            <CommandLine command={`curl -s ${url}/v1/rooms/${roomId}/threads ${json} -d '{"title":"General"}'`} />
          )}
          <CommandLine
            command={`curl -s ${url}/v1/threads/${thread ?? "THREAD_ID"}/messages ${json} -d '{"content_md":"hello from **curl**"}'`}
          />
        </>
      ) : (
        <p className={styles.faint}>{connect.noRoom}</p>
      )}
    </div>
  );
}
