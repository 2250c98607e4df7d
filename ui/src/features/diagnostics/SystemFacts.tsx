import { Copyable } from "../../components/Copyable";
import { Facts, Section } from "../../components/Page";
import type { Diagnostics, RuntimeStatus } from "../../platform";
import { formatBytes, formatCount } from "../../text/measure";
import { strings } from "./strings";

export function SystemFacts({ report, status }: { report: Diagnostics; status: RuntimeStatus | null }) {
  const { fact } = strings;
  const { database, keyring } = report;
  return (
    <Section title={strings.system}>
      <Facts
        facts={[
          [fact.version, report.app_version],
          ...(status?.url ? ([[fact.address, <Copyable key="u" text={status.url} />]] as const) : []),
          [fact.os, report.os],
          [fact.dataDir, <Copyable key="d" text={report.data_dir} />],
          ...(report.data_dir_free_bytes === null
            ? []
            : ([[fact.free, formatBytes(report.data_dir_free_bytes)]] as const)),
          ...(keyring
            ? ([
                [
                  fact.keyring,
                  <span key="k" title={keyring.detail ?? undefined}>
                    {strings.keyring[keyring.token_location]}
                  </span>,
                ],
              ] as const)
            : []),
          ...(database
            ? ([
                [fact.database, strings.database(formatBytes(database.size_bytes), formatBytes(database.wal_bytes))],
                [fact.sqlite, strings.schema(database.sqlite_version, database.schema_version)],
                [fact.events, strings.events(formatCount(database.events), formatCount(database.head_position))],
              ] as const)
            : []),
          [fact.supervisor, status?.supervised ? strings.supervised.yes : strings.supervised.no],
        ]}
      />
    </Section>
  );
}
