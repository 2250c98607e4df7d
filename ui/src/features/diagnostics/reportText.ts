import type { Diagnostics, RuntimeView } from "../../platform";
import { formatBytes } from "../../text/measure";
import { strings } from "./strings";

/** How many log lines go into a copied report. */
const LOG_LINES = 80;

const words = strings.report;

/** The report as plain text, for a person to paste elsewhere. It is redacted where it was collected. */
export function reportText(report: Diagnostics | null, view: RuntimeView): string {
  const lines: string[] = [words.title];
  const runtime = report?.runtime ?? (view.kind === "known" ? view.status : view.kind === "unreachable" ? view.last : null);
  if (!report) lines.push(words.runtime(view.kind));
  if (report) {
    lines.push(
      words.generated(report.generated_at),
      words.version(report.app_version),
      words.os(report.os),
      words.dataDir(report.data_dir),
    );
    if (report.data_dir_free_bytes !== null) lines.push(words.free(formatBytes(report.data_dir_free_bytes)));
    if (report.keyring) lines.push(words.keyring(report.keyring.token_location, report.keyring.state));
    if (report.database) {
      const { database } = report;
      lines.push(
        words.database(database.schema_version, database.sqlite_version, formatBytes(database.size_bytes), database.events),
      );
    }
  }
  if (runtime) {
    lines.push(words.phase(runtime.phase), words.mode(runtime.mode), words.restarts(runtime.restart_attempts_total));
    for (const component of Object.values(runtime.components)) {
      if (!component) continue;
      lines.push(
        words.part(
          component.name,
          component.state,
          String(component.pid ?? words.none),
          component.version ?? words.unknown,
          component.restart_attempts,
        ),
      );
      if (component.last_error_message) {
        lines.push(words.lastError(component.last_error_code ?? words.unknown, component.last_error_message));
      };
    }
  }
  for (const problem of report?.problems ?? []) {
    lines.push("", words.problem(problem.severity, problem.title, problem.code), problem.cause, problem.remedy);
  }
  const tail = report?.log_tail.slice(-LOG_LINES) ?? [];
  if (tail.length > 0) lines.push("", words.log);
  for (const line of tail) lines.push(`${line.time} ${line.level} ${line.component} ${line.message}`);
  return lines.join("\n");
}
