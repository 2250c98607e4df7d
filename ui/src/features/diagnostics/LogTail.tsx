import { useMemo, useState } from "react";
import { Copyable } from "../../components/Copyable";
import { Section } from "../../components/Page";
import { Segmented } from "../../components/Segmented";
import type { Diagnostics, LogLine } from "../../platform";
import { formatAbsolute, formatClock } from "../../text/time";
import { strings } from "./strings";
import styles from "./Diagnostics.module.css";

type Least = keyof typeof strings.levels;

const rank: Record<string, number> = { TRACE: 0, DEBUG: 1, INFO: 2, WARN: 3, ERROR: 4 };
const least: Record<Least, number> = { all: 0, info: 2, warn: 3, error: 4 };

/** The newest lines of all logs, newest first. */
export function LogTail({ lines, files }: { lines: readonly LogLine[]; files: Diagnostics["logs"] }) {
  const [level, setLevel] = useState<Least>("info");
  const shown = useMemo(
    () => lines.filter((line) => (rank[line.level.toUpperCase()] ?? 2) >= least[level]).toReversed(),
    [lines, level],
  );
  return (
    <Section
      title={strings.log}
      aside={
        <Segmented<Least>
          label={strings.logLevel}
          value={level}
          onChange={setLevel}
          options={(Object.keys(strings.levels) as Least[]).map((value) => ({ value, label: strings.levels[value] }))}
        />
      }
    >
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- scrolled by keyboard too */}
      <div className={styles.log} tabIndex={0} role="region" aria-label={strings.log}>
        {shown.length === 0 ? <p className={styles.muted}>{strings.logEmpty}</p> : null}
        <ol>
          {shown.map((line, index) => (
            // Lines have no identity of their own, and the same one may come twice.
            <li key={`${line.time} ${index}`} data-level={line.level.toLowerCase()}>
              <time dateTime={line.time} title={formatAbsolute(line.time)}>
                {formatClock(line.time)}
              </time>
              <span className={styles.level}>{line.level.toLowerCase()}</span>
              <span className={styles.source}>{line.component}</span>
              <span className={styles.text}>{line.message}</span>
            </li>
          ))}
        </ol>
      </div>
      <p className={styles.files}>
        {strings.logFiles}:{" "}
        {files.map((file) => (
          <Copyable key={file.path} text={file.path} />
        ))}
      </p>
    </Section>
  );
}
