import { Dialog } from "radix-ui";
import { Search } from "lucide-react";
import { useId, useState, type KeyboardEvent, type ReactNode } from "react";
import { rankCommands } from "./rank";
import { strings } from "./strings";
import styles from "./Palette.module.css";

export interface Command {
  id: string;
  group: keyof typeof strings.groups;
  label: string;
  hint?: string;
  /** As a person reads them. */
  keys?: string;
  icon: ReactNode;
  run(): void;
}

interface PaletteProps {
  open: boolean;
  onOpenChange(open: boolean): void;
  commands: readonly Command[];
  onSearch(q: string): void;
}

/**
 * Finds and does everything. The dialog has no Radix overlay: that one locks scrolling with an
 * inline style sheet, which the content security policy refuses.
 */
export function Palette({ open, onOpenChange, commands, onSearch }: PaletteProps) {
  return (
    <Dialog.Root open={open} onOpenChange={onOpenChange}>
      <Dialog.Portal>
        <div className={styles.shade} aria-hidden="true" />
        <Dialog.Content className={styles.palette} aria-describedby={undefined}>
          <Dialog.Title className="visually-hidden">{strings.label}</Dialog.Title>
          <Finder commands={commands} onSearch={onSearch} onDone={() => onOpenChange(false)} />
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

interface FinderProps {
  commands: readonly Command[];
  onSearch(q: string): void;
  onDone(): void;
}

function Finder({ commands, onSearch, onDone }: FinderProps) {
  const [q, setQ] = useState("");
  const [at, setAt] = useState(0);
  const id = useId();
  const found = rankCommands(commands, q);
  const shown: readonly Command[] =
    q.trim() === ""
      ? found
      : [
          ...found,
          {
            id: "search",
            group: "search",
            label: strings.search(q.trim()),
            icon: <Search aria-hidden="true" />,
            run: () => onSearch(q.trim()),
          },
        ];
  const active = Math.min(at, shown.length - 1);
  const pick = (command: Command | undefined) => {
    if (!command) return;
    onDone();
    command.run();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step !== 0) {
      event.preventDefault();
      const next = (active + step + shown.length) % shown.length;
      setAt(next);
      document.getElementById(`${id}-${next}`)?.scrollIntoView({ block: "nearest" });
    } else if (event.key === "Enter") {
      event.preventDefault();
      pick(shown[active]);
    }
  };
  return (
    <>
      <div className={styles.field}>
        <Search aria-hidden="true" />
        <input
          // It opened to be typed into.
          // oxlint-disable-next-line jsx-a11y/no-autofocus
          autoFocus
          role="combobox"
          aria-expanded="true"
          aria-controls={`${id}-list`}
          aria-activedescendant={shown.length > 0 ? `${id}-${active}` : undefined}
          aria-label={strings.label}
          aria-autocomplete="list"
          placeholder={strings.placeholder}
          value={q}
          onChange={(event) => {
            setQ(event.target.value);
            setAt(0);
          }}
          onKeyDown={onKeyDown}
        />
      </div>
      <p className="visually-hidden" role="status">
        {strings.results(shown.length)}
      </p>
      <div id={`${id}-list`} role="listbox" aria-label={strings.label} className={styles.list}>
        {shown.map((command, index) => (
          <div key={command.id} role="presentation">
            {index === 0 || shown[index - 1]?.group !== command.group ? (
              <div className={styles.group} role="presentation">
                {strings.groups[command.group]}
              </div>
            ) : null}
            {/* The keyboard goes through the input: aria-activedescendant. */}
            {/* oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/interactive-supports-focus */}
            <div
              id={`${id}-${index}`}
              role="option"
              aria-selected={index === active}
              className={styles.option}
              onPointerMove={() => setAt(index)}
              onClick={() => pick(command)}
            >
              {command.icon}
              <span className={styles.label}>{command.label}</span>
              {command.hint ? <span className={styles.hint}>{command.hint}</span> : null}
              {command.keys ? <kbd>{command.keys}</kbd> : null}
            </div>
          </div>
        ))}
      </div>
    </>
  );
}
