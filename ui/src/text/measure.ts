/** Quantities as a person reads them. All in one place, so that 1.2 s looks the same everywhere. */

const KIB = 1024;
const BYTE_UNITS = ["B", "KB", "MB", "GB", "TB"] as const;

export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= KIB && unit < BYTE_UNITS.length - 1) {
    value /= KIB;
    unit += 1;
  }
  const digits = unit === 0 || value >= 100 ? 0 : 1;
  return `${value.toFixed(digits)} ${BYTE_UNITS[unit]}`;
}

/** 840 ms · 3.2 s · 2 m 05 s · 1 h 12 m · 3 d 4 h */
export function formatDuration(milliseconds: number): string {
  const ms = Math.max(0, milliseconds);
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const seconds = ms / 1000;
  if (seconds < 60) return `${seconds < 10 ? seconds.toFixed(1) : Math.floor(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} m ${String(Math.floor(seconds % 60)).padStart(2, "0")} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours} h ${String(minutes % 60).padStart(2, "0")} m`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

const numbers = new Intl.NumberFormat("en");
export const formatCount = (count: number): string => numbers.format(count);

const plurals = new Intl.PluralRules("en");
/** "1 event", "12 events". */
export function plural(count: number, one: string, other: string): string {
  return `${formatCount(count)} ${plurals.select(count) === "one" ? one : other}`;
}
