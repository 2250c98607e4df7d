//! Timers: the topics on which the clock speaks, `system.timer.*`. When one fires is a function of its name and
//! the time, in UTC.

use crate::time::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::Offset;
use serde_json::{Value, json};

const PREFIX: &str = "system.timer.";
const DAYS: [&str; 7] = [
    "sunday",
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
];
const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];
const DAY_MS: i64 = 86_400_000;

/// What a timer waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timer {
    Second,
    Minute,
    Hour,
    Day,
    /// A day of the week begins; 0 is Sunday.
    Week(u8),
    /// A month begins; 1 is January.
    Monthly(u8),
    Yearly,
}

impl Timer {
    /// The timer that speaks on a topic; `None` for every other topic.
    pub fn of_channel(channel: &str) -> Option<Self> {
        let name = channel.strip_prefix(PREFIX)?;
        let place = |names: &[&str], name: &str| names.iter().position(|known| *known == name);
        match name {
            "second" => Some(Timer::Second),
            "minute" => Some(Timer::Minute),
            "hour" => Some(Timer::Hour),
            "day" => Some(Timer::Day),
            "yearly" => Some(Timer::Yearly),
            _ => {
                let (kind, one) = name.split_once('.')?;
                match kind {
                    "week" => place(&DAYS, one).map(|day| Timer::Week(day as u8)),
                    "monthly" => place(&MONTHS, one).map(|month| Timer::Monthly(month as u8 + 1)),
                    _ => None,
                }
            }
        }
    }

    /// The first time after this one at which it fires.
    pub fn next_after(self, time: Timestamp) -> Timestamp {
        let year = i32::from(civil(time).year());
        let candidates: Vec<Timestamp> = match self {
            Timer::Second | Timer::Minute | Timer::Hour | Timer::Day => {
                vec![beat(time, self.length_ms()).plus_millis(self.length_ms())]
            }
            Timer::Week(day) => (1..=7)
                .map(|days| beat(time, DAY_MS).plus_millis(days * DAY_MS))
                .filter(|midnight| day_of_week(civil(*midnight)) == day)
                .collect(),
            Timer::Monthly(month) => vec![first_of(year, month), first_of(year + 1, month)],
            Timer::Yearly => vec![first_of(year + 1, 1)],
        };
        let mut later = candidates.into_iter().filter(|at| *at > time);
        // There is none after the last year that there is.
        later.next().unwrap_or(Timestamp::from_millis(i64::MAX))
    }

    /// The newest time at which it fires after `from` and up to `until`. What is missed in between, while a machine
    /// sleeps, is not made up for.
    pub fn fired(self, from: Timestamp, until: Timestamp) -> Option<Timestamp> {
        let year = i32::from(civil(until).year());
        let candidates: Vec<Timestamp> = match self {
            Timer::Second | Timer::Minute | Timer::Hour | Timer::Day => {
                vec![beat(until, self.length_ms())]
            }
            Timer::Week(day) => (0..7)
                .map(|days| beat(until, DAY_MS).plus_millis(-days * DAY_MS))
                .filter(|midnight| day_of_week(civil(*midnight)) == day)
                .collect(),
            Timer::Monthly(month) => vec![first_of(year, month), first_of(year - 1, month)],
            Timer::Yearly => vec![first_of(year, 1)],
        };
        let newest = candidates.into_iter().find(|at| *at <= until);
        newest.filter(|at| *at > from)
    }

    /// What it says at this time: its members as they are, and once more as the payload of an envelope, for clients
    /// that know either.
    pub fn told(self, at: Timestamp) -> Value {
        let civil = civil(at);
        let mut said = json!({
            "timestamp": at, "iso": at, "unix": at.millis(), "event": self.event(),
            "year": civil.year(), "month": civil.month(), "day": civil.day(),
            "hour": civil.hour(), "minute": civil.minute(), "second": civil.second(),
        });
        match self {
            Timer::Week(day) => {
                said["dayOfWeek"] = json!(day);
                said["dayName"] = json!(DAYS[usize::from(day)]);
            }
            Timer::Monthly(month) => said["monthName"] = json!(MONTHS[usize::from(month) - 1]),
            Timer::Second | Timer::Minute | Timer::Hour | Timer::Day | Timer::Yearly => {}
        }
        let payload = said.clone();
        said["_claw"] = json!({"sender": "system", "timestamp": at.millis()});
        said["payload"] = payload;
        said
    }

    fn event(self) -> &'static str {
        match self {
            Timer::Second => "second",
            Timer::Minute => "minute",
            Timer::Hour => "hour",
            Timer::Day => "day",
            Timer::Week(_) => "week",
            Timer::Monthly(_) => "monthly",
            Timer::Yearly => "yearly",
        }
    }

    /// How long it takes from one time to the next, as far as that is always the same.
    fn length_ms(self) -> i64 {
        match self {
            Timer::Second => 1_000,
            Timer::Minute => 60_000,
            Timer::Hour => 3_600_000,
            Timer::Day | Timer::Week(_) | Timer::Monthly(_) | Timer::Yearly => DAY_MS,
        }
    }
}

/// The newest multiple of a length up to this time.
fn beat(time: Timestamp, length_ms: i64) -> Timestamp {
    Timestamp::from_millis(time.millis().div_euclid(length_ms) * length_ms)
}

fn civil(time: Timestamp) -> DateTime {
    let stamp = jiff::Timestamp::from_millisecond(time.millis());
    Offset::UTC.to_datetime(stamp.unwrap_or(jiff::Timestamp::UNIX_EPOCH))
}

fn day_of_week(civil: DateTime) -> u8 {
    civil.weekday().to_sunday_zero_offset().unsigned_abs()
}

/// The beginning of a month; the end of time beyond the years that there are.
fn first_of(year: i32, month: u8) -> Timestamp {
    let year = i16::try_from(year).unwrap_or(i16::MAX);
    let midnight = Date::new(year, month.cast_signed(), 1).map(|date| date.at(0, 0, 0, 0));
    let stamp = midnight.and_then(|midnight| Offset::UTC.to_timestamp(midnight));
    Timestamp::from_millis(stamp.map_or(i64::MAX, |stamp| stamp.as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [&str; 9] = [
        "second",
        "minute",
        "hour",
        "day",
        "week.monday",
        "week.thursday",
        "monthly.january",
        "monthly.march",
        "yearly",
    ];

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).expect(text)
    }

    fn timer(name: &str) -> Timer {
        Timer::of_channel(&format!("{PREFIX}{name}")).expect(name)
    }

    #[test]
    fn names_say_what_a_timer_waits_for() {
        assert_eq!(timer("week.sunday"), Timer::Week(0));
        assert_eq!(timer("monthly.december"), Timer::Monthly(12));
        for name in [
            "system.timer",
            "system.timer.",
            "system.timer.week",
            "system.timer.week.someday",
            "system.timer.monthly.1",
            "system.timer.Second",
            "system.timer.second.x",
            "public.timer.second",
        ] {
            assert_eq!(Timer::of_channel(name), None, "{name}");
        }
    }

    /// Which of [`ALL`] fire between two times, the first excluded and the second included.
    #[test]
    fn what_fires_between_two_times() {
        for (from, until, expected) in [
            // Within a second nothing, to its end one.
            ("2026-11-27T21:12:14.001Z", "2026-11-27T21:12:14.999Z", ""),
            (
                "2026-11-27T21:12:14.001Z",
                "2026-11-27T21:12:15.000Z",
                "second",
            ),
            ("2026-11-27T21:12:15.000Z", "2026-11-27T21:12:15.400Z", ""),
            // A minute, an hour, a day: Saturday, of which no timer is listed.
            (
                "2026-11-27T21:12:59.900Z",
                "2026-11-27T21:13:00.100Z",
                "second minute",
            ),
            (
                "2026-11-27T21:59:59.900Z",
                "2026-11-27T22:00:00.000Z",
                "second minute hour",
            ),
            (
                "2026-11-27T23:59:59.900Z",
                "2026-11-28T00:00:00.000Z",
                "second minute hour day",
            ),
            // Monday.
            (
                "2026-11-29T23:59:59.900Z",
                "2026-11-30T00:00:00.000Z",
                "second minute hour day week.monday",
            ),
            // The day after a leap day, Friday, is one of a month that is listed.
            (
                "2024-02-29T23:59:59.999Z",
                "2024-03-01T00:00:00.000Z",
                "second minute hour day monthly.march",
            ),
            (
                "2024-02-28T23:59:59.999Z",
                "2024-02-29T00:00:00.000Z",
                "second minute hour day week.thursday",
            ),
            // A year that begins on a Thursday.
            (
                "2025-12-31T23:59:59.999Z",
                "2026-01-01T00:00:00.000Z",
                "second minute hour day week.thursday monthly.january yearly",
            ),
            // A long sleep: each once.
            (
                "2025-12-30T12:00:00.000Z",
                "2026-03-05T12:00:00.500Z",
                "second minute hour day week.monday week.thursday monthly.january monthly.march yearly",
            ),
            // A clock that is set back fires nothing.
            ("2026-01-01T00:00:00.000Z", "2025-12-31T23:59:59.000Z", ""),
        ] {
            let (from, until) = (at(from), at(until));
            let fires = |name: &&&str| timer(name).fired(from, until).is_some();
            let fired: Vec<&str> = ALL.iter().filter(fires).copied().collect();
            assert_eq!(fired.join(" "), expected, "{from} to {until}");
        }
    }

    /// From any time, a timer next fires when `fired` says so, and not before.
    #[test]
    fn the_next_time_is_the_one_at_which_it_fires() {
        for (name, from, next) in [
            (
                "second",
                "2026-11-27T21:12:14.000Z",
                "2026-11-27T21:12:15.000Z",
            ),
            (
                "second",
                "2026-11-27T21:12:14.999Z",
                "2026-11-27T21:12:15.000Z",
            ),
            (
                "hour",
                "2026-11-27T21:12:14.000Z",
                "2026-11-27T22:00:00.000Z",
            ),
            (
                "day",
                "2024-02-28T00:00:00.000Z",
                "2024-02-29T00:00:00.000Z",
            ),
            (
                "week.friday",
                "2026-11-27T00:00:00.000Z",
                "2026-12-04T00:00:00.000Z",
            ),
            (
                "week.friday",
                "2026-11-26T23:59:59.999Z",
                "2026-11-27T00:00:00.000Z",
            ),
            (
                "monthly.november",
                "2026-11-01T00:00:00.000Z",
                "2027-11-01T00:00:00.000Z",
            ),
            (
                "monthly.december",
                "2026-11-27T00:00:00.000Z",
                "2026-12-01T00:00:00.000Z",
            ),
            (
                "yearly",
                "2026-01-01T00:00:00.000Z",
                "2027-01-01T00:00:00.000Z",
            ),
            (
                "second",
                "1969-12-31T23:59:59.500Z",
                "1970-01-01T00:00:00.000Z",
            ),
        ] {
            let (timer, from, next) = (timer(name), at(from), at(next));
            assert_eq!(timer.next_after(from), next, "{name} after {from}");
            assert_eq!(timer.fired(from, next), Some(next), "{name}");
            assert_eq!(timer.fired(from, next.plus_millis(-1)), None, "{name}");
        }
    }

    #[test]
    fn what_a_timer_says_is_raw_and_enveloped() {
        let said = timer("week.monday").told(at("2026-11-30T00:00:00.000Z"));
        for told in [&said, &said["payload"]] {
            assert_eq!(
                json!([
                    told["event"],
                    told["dayOfWeek"],
                    told["dayName"],
                    told["year"],
                    told["month"],
                    told["day"],
                    told["hour"],
                    told["unix"],
                    told["timestamp"]
                ]),
                json!([
                    "week",
                    1,
                    "monday",
                    2026,
                    11,
                    30,
                    0,
                    1_795_996_800_000_i64,
                    "2026-11-30T00:00:00.000Z"
                ])
            );
        }
        assert_eq!(
            said["_claw"],
            json!({"sender": "system", "timestamp": 1_795_996_800_000_i64})
        );
        let said = timer("monthly.december").told(at("2026-12-01T00:00:00.000Z"));
        assert_eq!(said["monthName"], "december");
        assert!(said["dayName"].is_null());
    }
}
