import { useQuery } from "@tanstack/react-query";
import { tags } from "../../api/staleness";
import { CommandLine } from "../../components/Copyable";
import { Facts, Section } from "../../components/Page";
import { usePlatform } from "../../platform";
import { formatBytes, formatCount } from "../../text/measure";
import { strings } from "./strings";
import styles from "./Settings.module.css";

const { retention: words } = strings;

/** What is kept and for how long: nothing to choose, but nothing to guess either. */
export function Retention() {
  const platform = usePlatform();
  // Where diagnostics cannot be had, the sizes are left out; what is kept stays true.
  const { data } = useQuery({ queryKey: tags.diagnostics(), queryFn: () => platform.diagnostics(), retry: false });
  const database = data?.database;
  const free = data?.data_dir_free_bytes ?? null;
  return (
    <Section title={words.title}>
      <div className={styles.retention}>
        <p>{words.log}</p>
        <p className={styles.help}>{words.why}</p>
        <Facts
          facts={[
            [words.output, words.outputText],
            [words.secrets, words.secretsText],
            ...(database
              ? ([
                  [words.events, formatCount(database.events)],
                  [words.size, formatBytes(database.size_bytes + database.wal_bytes)],
                ] as const)
              : []),
            ...(free === null ? [] : ([[words.free, formatBytes(free)]] as const)),
          ]}
        />
        <p className={styles.help}>{words.less}</p>
        <CommandLine command="signalbox backup signalbox-backup.db" />
      </div>
    </Section>
  );
}
