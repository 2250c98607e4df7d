/** Moments as a person reads them, in the zone of this machine. */
import { strings } from "./strings";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** Closer than this is "now". */
const NOW_MS = 10_000;

const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const date = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const weekday = new Intl.DateTimeFormat("en-GB", { weekday: "long", day: "numeric", month: "long" });
const weekdayOfYear = new Intl.DateTimeFormat("en-GB", { weekday: "long", day: "numeric", month: "long", year: "numeric" });
const absolute = new Intl.DateTimeFormat("en-GB", {
  weekday: "short",
  day: "numeric",
  month: "short",
  year: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  fractionalSecondDigits: 3,
  timeZoneName: "short",
});

const minute = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });

export const formatClock = (iso: string): string => clock.format(new Date(iso));
export const formatAbsolute = (iso: string): string => absolute.format(new Date(iso));

/** "now", "40 s ago", "3 m ago", "2 h ago", "yesterday", "14 Mar", "in 20 s". */
export function formatRelative(iso: string, now: number): string {
  const then = new Date(iso);
  const age = now - then.getTime();
  // Clocks differ a little: what is just ahead is now.
  if (age < -NOW_MS) return strings.ahead(span(-age));
  if (age < NOW_MS) return strings.now;
  if (age < DAY_MS) return strings.ago(span(age));
  if (dayKey(iso) === dayKeyOf(new Date(now - DAY_MS))) return strings.yesterday;
  return date.format(then);
}

/** "14:05" of today, else with its day: "14 Mar, 14:05". */
export function formatMoment(iso: string, now: number): string {
  const then = new Date(iso);
  const clockTime = minute.format(then);
  if (dayKey(iso) === dayKeyOf(new Date(now))) return clockTime;
  return strings.dayAndTime(date.format(then), clockTime);
}

/** How old something is, to follow "since" or "for": "a moment", "40 s", "4 min", "2 h", "3 days". */
export function formatAge(iso: string, now: number): string {
  const age = now - Date.parse(iso);
  if (age < NOW_MS) return strings.aMoment;
  if (age < MINUTE_MS) return strings.ageSeconds(Math.floor(age / 1000));
  if (age < HOUR_MS) return strings.ageMinutes(Math.floor(age / MINUTE_MS));
  if (age < DAY_MS) return strings.ageHours(Math.floor(age / HOUR_MS));
  return strings.ageDays(Math.floor(age / DAY_MS));
}

function span(milliseconds: number): string {
  if (milliseconds < MINUTE_MS) return strings.seconds(String(Math.floor(milliseconds / 1000)));
  if (milliseconds < HOUR_MS) return strings.minutes(Math.floor(milliseconds / MINUTE_MS));
  return strings.hours(Math.floor(milliseconds / HOUR_MS));
}

function dayKeyOf(day: Date): string {
  return `${day.getFullYear()}-${day.getMonth() + 1}-${day.getDate()}`;
}

/** The first moment of a local day written as 2026-03-14, as RFC 3339; `null` when it is no such day. */
export function dayStart(text: string): string | null {
  const [, year, month, day] = /^\s*(\d{4})-(\d{1,2})-(\d{1,2})\s*$/.exec(text)?.map(Number) ?? [];
  if (year === undefined || month === undefined || day === undefined) return null;
  const start = new Date(year, month - 1, day);
  return start.getMonth() === month - 1 && start.getDate() === day ? start.toISOString() : null;
}

/** The local calendar day of a moment: two moments with the same key are under the same day head. */
export const dayKey = (iso: string): string => dayKeyOf(new Date(iso));

/** "Today", "Yesterday", "Monday, 3 March", with the year when it is another one. */
export function formatDay(iso: string, now: number): string {
  const day = new Date(iso);
  const key = dayKeyOf(day);
  if (key === dayKeyOf(new Date(now))) return strings.dayToday;
  if (key === dayKeyOf(new Date(now - DAY_MS))) return strings.dayYesterday;
  const sameYear = day.getFullYear() === new Date(now).getFullYear();
  return (sameYear ? weekday : weekdayOfYear).format(day);
}
