/** The hours in which nothing rings. */

/** A time of day as `HH:MM`, as a time field writes it. */
export interface QuietHours {
  from: string;
  to: string;
}

/** Minutes since midnight; `null` for what is no time of day. */
export function minutesOf(time: string): number | null {
  const found = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(time);
  return found ? Number(found[1]) * 60 + Number(found[2]) : null;
}

/**
 * When the quiet that reigns at `now` ends, milliseconds since the epoch; `null` when it is not quiet.
 * Hours may pass midnight. From a time to the same time is no quiet at all.
 */
export function quietUntil(now: number, hours: QuietHours | null): number | null {
  const from = hours && minutesOf(hours.from);
  const to = hours && minutesOf(hours.to);
  if (from === null || to === null || from === to) return null;
  const moment = new Date(now);
  const minute = moment.getHours() * 60 + moment.getMinutes();
  const isQuiet = from < to ? minute >= from && minute < to : minute >= from || minute < to;
  if (!isQuiet) return null;
  const end = new Date(now);
  // By the wall clock: the night in which clocks change is shorter or longer.
  end.setHours(0, to, 0, 0);
  if (minute >= to) end.setDate(end.getDate() + 1);
  return end.getTime();
}
