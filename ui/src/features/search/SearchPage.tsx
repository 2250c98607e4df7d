import { Link } from "@tanstack/react-router";
import { useQuery } from "@tanstack/react-query";
import { Hash, Search, SearchX } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useApi } from "../../api/context";
import { searchQuery, useRooms, useRoomTitles } from "../../api/queries";
import type { SearchDoc } from "../../api/types";
import { Button } from "../../components/Button";
import { Chip } from "../../components/Chip";
import { ChoiceMenu } from "../../components/Menu";
import { Empty, Failure } from "../../components/Notice";
import { Page, Scroll } from "../../components/Page";
import { useListKeys } from "../../components/useListKeys";
import { When } from "../../components/When";
import { excerpt } from "./excerpt";
import { strings } from "./strings";
import styles from "./Search.module.css";

/** Typing rests this long before the search runs. */
const SETTLE_MS = 180;
const EVERYWHERE = "";

interface SearchPageProps {
  q: string;
  roomId?: string;
  onSearch(q: string, roomId: string | undefined): void;
}

export function SearchPage({ q, roomId, onSearch }: SearchPageProps) {
  const api = useApi();
  const [typed, setTyped] = useState(q);
  // Another question came by the address: a link, the palette, back or forward.
  const [asking, setAsking] = useState(q);
  if (asking !== q) {
    setAsking(q);
    if (typed.trim() !== q) setTyped(q);
  }
  const [list, setList] = useState<HTMLElement | null>(null);
  const input = useRef<HTMLInputElement>(null);
  const { data: rooms = [] } = useRooms();
  const { data, error, isFetching, refetch } = useQuery({
    ...searchQuery(api, q, roomId),
    placeholderData: (before) => before,
  });
  useListKeys(list);
  const latest = useRef(onSearch);
  useEffect(() => {
    latest.current = onSearch;
  });
  useEffect(() => {
    if (typed.trim() === q) return undefined;
    const timer = setTimeout(() => latest.current(typed.trim(), roomId), SETTLE_MS);
    return () => clearTimeout(timer);
  }, [typed, q, roomId]);
  useEffect(() => input.current?.focus(), []);
  const asked = q.trim() !== "";
  return (
    <Page
      title={strings.title}
      aside={<span role="status">{asked && data ? strings.count(data.length) : isFetching ? strings.loading : ""}</span>}
      bar={
        <>
          <div className={styles.field}>
            <Search aria-hidden="true" />
            <input
              ref={input}
              type="search"
              aria-label={strings.label}
              placeholder={strings.placeholder}
              value={typed}
              onChange={(event) => setTyped(event.target.value)}
              onKeyDown={(event) => {
                if (event.key !== "ArrowDown") return;
                event.preventDefault();
                list?.querySelector<HTMLElement>("[data-list-stop]")?.focus();
              }}
            />
          </div>
          <ChoiceMenu
            label={strings.room}
            value={roomId ?? EVERYWHERE}
            options={[
              { value: EVERYWHERE, label: strings.everywhere },
              ...rooms.map((room) => ({ value: room.room_id, label: room.title })),
            ]}
            onChange={(next) => onSearch(typed, next === EVERYWHERE ? undefined : next)}
            trigger={
              <Button variant="ghost" icon={<Hash />}>
                {rooms.find((room) => room.room_id === roomId)?.title ?? strings.everywhere}
              </Button>
            }
          />
        </>
      }
    >
      {error ? <Failure problem={error} onRetry={() => void refetch()} /> : null}
      {!asked ? (
        <Empty icon={Search} title={strings.idleTitle}>
          {strings.idleText}
        </Empty>
      ) : null}
      {asked && data?.length === 0 && !isFetching ? (
        <Empty icon={SearchX} title={strings.noneTitle}>
          {strings.noneText(q)}
        </Empty>
      ) : null}
      {asked && data && data.length > 0 ? (
        <Scroll>
          <ul ref={setList}>
            {data.map((doc) => (
              <Result key={doc.doc_id} doc={doc} q={q} />
            ))}
          </ul>
        </Scroll>
      ) : null}
    </Page>
  );
}

function Result({ doc, q }: { doc: SearchDoc; q: string }) {
  const titles = useRoomTitles();
  const body = (
    <>
      <span className={styles.meta}>
        <Chip>{strings.docTypes[doc.doc_type] ?? doc.doc_type}</Chip>
        <span className={styles.room}>{doc.room_id ? titles.get(doc.room_id) : doc.channel ? `#${doc.channel}` : ""}</span>
        <When at={doc.updated_at} />
      </span>
      <span className={styles.text}>
        {excerpt(doc.content_text, q).map((part, index) =>
          part.hit ? <mark key={index}>{part.text}</mark> : <span key={index}>{part.text}</span>,
        )}
      </span>
    </>
  );
  return (
    <li>
      {doc.room_id ? (
        <Link
          to="/rooms/$roomId"
          params={{ roomId: doc.room_id }}
          search={doc.event_id ? { event: doc.event_id } : {}}
          className={styles.result}
          data-list-stop
        >
          {body}
        </Link>
      ) : (
        <Link to="/timeline" search={{ event: doc.event_id }} className={styles.result} data-list-stop>
          {body}
        </Link>
      )}
    </li>
  );
}
