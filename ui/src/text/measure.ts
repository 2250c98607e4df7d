/** Quantities as a person reads them. All in one place, so that 1.2 s looks the same everywhere. */
import { strings } from "./strings";

const KIB = 1024;

export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= KIB && unit < strings.byteUnits.length - 1) {
    value /= KIB;
    unit += 1;
  }
  const digits = unit === 0 || value >= 100 ? 0 : 1;
  return `${value.toFixed(digits)} ${strings.byteUnits[unit]}`;
}

/** 840 ms · 3.2 s · 2 m 05 s · 1 h 12 m · 3 d 4 h */
export function formatDuration(milliseconds: number): string {
  const ms = Math.max(0, milliseconds);
  if (ms < 1000) return strings.milliseconds(Math.round(ms));
  const seconds = ms / 1000;
  if (seconds < 60) return strings.seconds(seconds < 10 ? seconds.toFixed(1) : String(Math.floor(seconds)));
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return strings.minutesAndSeconds(minutes, String(Math.floor(seconds % 60)).padStart(2, "0"));
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return strings.hoursAndMinutes(hours, String(minutes % 60).padStart(2, "0"));
  return strings.daysAndHours(Math.floor(hours / 24), hours % 24);
}

/** The same in whole seconds, for what goes on and is looked at again and again. */
export const formatSpan = (milliseconds: number): string =>
  milliseconds < 60_000 ? strings.seconds(String(Math.max(0, Math.floor(milliseconds / 1000)))) : formatDuration(milliseconds);

const numbers = new Intl.NumberFormat("en");
export const formatCount = (count: number): string => numbers.format(count);

const plurals = new Intl.PluralRules("en");
/** "1 event", "12 events". */
export function plural(count: number, one: string, other: string): string {
  return `${formatCount(count)} ${plurals.select(count) === "one" ? one : other}`;
}
