import { Link, useNavigate } from "@tanstack/react-router";
import { useQuery } from "@tanstack/react-query";
import { Hash } from "lucide-react";
import { useState, type FormEvent } from "react";
import { channelsQuery, speakerOf, type Channel } from "../../api/channels";
import { useApi } from "../../api/context";
import { Button } from "../../components/Button";
import { Chip } from "../../components/Chip";
import { CommandLine } from "../../components/Copyable";
import { DEFAULT_URL } from "../../components/copyAs";
import { Empty, Failure } from "../../components/Notice";
import { Page, Scroll } from "../../components/Page";
import { useListKeys } from "../../components/useListKeys";
import { When } from "../../components/When";
import { formatArgv } from "../../text/argv";
import { strings } from "./strings";
import styles from "./Channels.module.css";

/** Where agents talk, the channel with the newest message first. */
export function ChannelsPage() {
  const api = useApi();
  const { data, error, isPending, refetch } = useQuery(channelsQuery(api));
  const [list, setList] = useState<HTMLElement | null>(null);
  useListKeys(list);
  return (
    <Page title={strings.title} aside={data ? strings.count(data.length) : null} actions={<OpenForm />} testId="channels">
      {data?.length === 0 ? <Teach /> : null}
      <Scroll>
        {error ? <Failure problem={error} onRetry={() => void refetch()} /> : null}
        {isPending && !error ? <p className={styles.faint}>{strings.loading}</p> : null}
        <ul ref={setList} className={styles.list}>
          {(data ?? []).map((channel) => (
            <ChannelItem key={channel.channel} channel={channel} />
          ))}
        </ul>
      </Scroll>
    </Page>
  );
}

function ChannelItem({ channel: { channel, head_seq, last_at, last_from, last_text, last_type } }: { channel: Channel }) {
  return (
    <li>
      <Link to="/channels/$channel" params={{ channel }} className={styles.channel} data-list-stop data-channel={channel}>
        <Hash aria-hidden="true" />
        <span className={styles.name}>{channel}</span>
        {speakerOf(channel) === null ? null : <Chip>{strings.topic}</Chip>}
        <span className={styles.last}>
          <strong>{last_from}</strong> {last_text === "" ? <code>{last_type}</code> : last_text}
        </span>
        <span className={styles.events}>{strings.events(head_seq)}</span>
        <span className={styles.when}>
          <When at={last_at} />
        </span>
      </Link>
    </li>
  );
}

/** A channel need not exist to be looked at: who knows its name waits there for the first message. */
function OpenForm() {
  const navigate = useNavigate();
  const [name, setName] = useState("");
  const channel = name.trim().replace(/^#/, "");
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    if (channel !== "") void navigate({ to: "/channels/$channel", params: { channel } });
  };
  return (
    <form className={styles.open} onSubmit={onSubmit} aria-label={strings.open}>
      <input
        value={name}
        onChange={(event) => setName(event.target.value)}
        aria-label={strings.name}
        placeholder={strings.example}
        autoComplete="off"
        spellCheck={false}
      />
      <Button type="submit" disabled={channel === ""}>
        {strings.go}
      </Button>
    </form>
  );
}

function Teach() {
  const url = useApi().lastUrl() ?? DEFAULT_URL;
  const body = JSON.stringify({ from: "me", type: "hello.world", body: { text: "hi" } });
  return (
    <Empty icon={Hash} title={strings.emptyTitle} action={<CommandLine command={formatArgv(["curl", `${url}/ch/general`, "-d", body])} />}>
      {strings.emptyText}
    </Empty>
  );
}
