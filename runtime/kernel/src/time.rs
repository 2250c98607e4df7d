//! Points in time as the log keeps them: UTC, whole milliseconds.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// Milliseconds since the Unix epoch; prints and parses as RFC 3339 with three decimals and `Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From milliseconds since the epoch; what lies outside the years 1 to 9999 is clamped.
    pub fn from_millis(millis: i64) -> Self {
        const YEAR_1_MS: i64 = -62_135_596_800_000;
        const YEAR_9999_END_MS: i64 = 253_402_200_000_000;
        Self(millis.clamp(YEAR_1_MS, YEAR_9999_END_MS))
    }

    /// Milliseconds since the epoch.
    pub fn millis(self) -> i64 {
        self.0
    }

    /// This time moved by `millis`.
    pub fn plus_millis(self, millis: i64) -> Self {
        Self::from_millis(self.0.saturating_add(millis))
    }

    /// Reads any RFC 3339 time with an offset; below a millisecond is cut.
    pub fn parse(text: &str) -> Option<Self> {
        let parsed: jiff::Timestamp = text.parse().ok()?;
        Some(Self::from_millis(parsed.as_millisecond()))
    }

    /// The 24 ASCII bytes of `2026-11-21T07:14:12.171Z`. Catching up on a long stream formats
    /// two of these per event, so digits are written by hand.
    pub fn ascii(self) -> [u8; 24] {
        let stamp =
            jiff::Timestamp::from_millisecond(self.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        let civil = jiff::tz::Offset::UTC.to_datetime(stamp);
        let mut out = *b"0000-00-00T00:00:00.000Z";
        digits(&mut out[0..4], civil.year() as u32);
        digits(&mut out[5..7], civil.month() as u32);
        digits(&mut out[8..10], civil.day() as u32);
        digits(&mut out[11..13], civil.hour() as u32);
        digits(&mut out[14..16], civil.minute() as u32);
        digits(&mut out[17..19], civil.second() as u32);
        digits(&mut out[20..23], civil.millisecond() as u32);
        out
    }
}

fn digits(out: &mut [u8], mut value: u32) {
    for place in out.iter_mut().rev() {
        *place = b'0' + (value % 10) as u8;
        value /= 10;
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::str::from_utf8(&self.ascii()).map_err(|_| fmt::Error)?)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("not an RFC 3339 time"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_and_parses_milliseconds() {
        for (text, millis) in [
            ("1970-01-01T00:00:00.000Z", 0),
            ("2026-11-21T07:14:12.171Z", 1_795_245_252_171),
            ("1969-12-31T23:59:59.999Z", -1),
            ("2038-01-19T03:14:08.000Z", 2_147_483_648_000),
        ] {
            assert_eq!(Timestamp::from_millis(millis).to_string(), text);
            assert_eq!(Timestamp::parse(text), Some(Timestamp::from_millis(millis)));
        }
        assert_eq!(Timestamp::parse("2026-11-21 07:14"), None);
        assert_eq!(
            Timestamp::parse("2026-11-21T08:14:12.171+01:00"),
            Some(Timestamp::from_millis(1_795_245_252_171))
        );
    }
}
