import { Hash, Search, User, X } from "lucide-react";
import { useState } from "react";
import type { BoardTask } from "../../api/tasks";
import { Button } from "../../components/Button";
import { ChoiceMenu } from "../../components/Menu";
import { named, type TasksSearch } from "./board";
import { strings } from "./strings";
import styles from "./Tasks.module.css";

const ANY = "";

interface FiltersProps {
  search: TasksSearch;
  onSearch(search: TasksSearch): void;
  /** All that are known: what they name is offered. */
  tasks: readonly BoardTask[];
}

/** By channel, by holder and by text. */
export function Filters({ search, onSearch, tasks }: FiltersProps) {
  const { channel, holder } = search;
  // What is typed is here at once, and in the address a moment later.
  const [q, setQ] = useState(search.q ?? "");
  const change = (next: string) => {
    setQ(next);
    onSearch({ q: next || undefined });
  };
  const channels = named([channel ?? null, ...tasks.map((task) => task.ch)]);
  const holders = named([holder ?? null, ...tasks.flatMap((task) => [task.claimed_by, task.assigned_to])]);
  return (
    <div className={styles.filters} role="search">
      <label className={styles.text}>
        <Search aria-hidden="true" />
        <input
          type="search"
          aria-label={strings.filter}
          placeholder={strings.filter}
          value={q}
          onChange={(event) => change(event.target.value)}
        />
      </label>
      <ChoiceMenu
        label={strings.channel}
        value={channel ?? ANY}
        options={[{ value: ANY, label: strings.anyChannel }, ...channels.map((name) => ({ value: name, label: `#${name}` }))]}
        onChange={(name) => onSearch({ channel: name || undefined })}
        trigger={
          <Button variant="ghost" icon={<Hash />}>
            {channel ?? strings.anyChannel}
          </Button>
        }
      />
      <ChoiceMenu
        label={strings.holder}
        value={holder ?? ANY}
        options={[{ value: ANY, label: strings.anyHolder }, ...holders.map((name) => ({ value: name, label: name }))]}
        onChange={(name) => onSearch({ holder: name || undefined })}
        trigger={
          <Button variant="ghost" icon={<User />}>
            {holder ?? strings.anyHolder}
          </Button>
        }
      />
      {channel || holder || q ? (
        <Button
          variant="ghost"
          icon={<X />}
          onClick={() => {
            setQ("");
            onSearch({ channel: undefined, holder: undefined, q: undefined });
          }}
        >
          {strings.clear}
        </Button>
      ) : null}
    </div>
  );
}
