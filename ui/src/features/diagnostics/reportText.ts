import type { Diagnostics, RuntimeView } from "../../platform";
import { formatBytes } from "../../text/measure";

/** How many log lines go into a copied report. */
const LOG_LINES = 80;

/** The report as plain text, for a person to paste elsewhere. It is redacted where it was collected. */
export function reportText(report: Diagnostics | null, view: RuntimeView): string {
  const lines: string[] = ["Signalbox diagnostics"];
  const runtime = report?.runtime ?? (view.kind === "known" ? view.status : view.kind === "unreachable" ? view.last : null);
  if (!report) lines.push(`runtime: ${view.kind}`);
  if (report) {
    lines.push(
      `generated: ${report.generated_at}`,
      `version: ${report.app_version}`,
      `system: ${report.os}`,
      `data directory: ${report.data_dir}`,
    );
    if (report.data_dir_free_bytes !== null) lines.push(`free space: ${formatBytes(report.data_dir_free_bytes)}`);
    if (report.keyring) lines.push(`owner's token: ${report.keyring.token_location} (${report.keyring.state})`);
    if (report.database) {
      const { database } = report;
      lines.push(
        `database: schema ${database.schema_version}, SQLite ${database.sqlite_version}, ${formatBytes(database.size_bytes)}, ${database.events} events`,
      );
    }
  }
  if (runtime) {
    lines.push(`phase: ${runtime.phase}`, `mode: ${runtime.mode}`, `restarts: ${runtime.restart_attempts_total}`);
    for (const component of Object.values(runtime.components)) {
      if (!component) continue;
      lines.push(
        `${component.name}: ${component.state}, pid ${component.pid ?? "none"}, version ${component.version ?? "unknown"}, restarts ${component.restart_attempts}`,
      );
      if (component.last_error_message) lines.push(`  last error: ${component.last_error_code} ${component.last_error_message}`);
    }
  }
  for (const problem of report?.problems ?? []) {
    lines.push("", `[${problem.severity}] ${problem.title} (${problem.code})`, problem.cause, problem.remedy);
  }
  const tail = report?.log_tail.slice(-LOG_LINES) ?? [];
  if (tail.length > 0) lines.push("", "log:");
  for (const line of tail) lines.push(`${line.time} ${line.level} ${line.component} ${line.message}`);
  return lines.join("\n");
}
