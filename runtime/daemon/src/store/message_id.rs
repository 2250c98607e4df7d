//! The id of a message on a channel: its place in the log, written as a ULID. The time is that of the
//! event, the rest its position. So ids grow as the log does, nobody has to keep them, and each leads back
//! to where its reader was.

use kernel::Timestamp;
use ulid::Ulid;

/// Characters of a whole id.
const CHARS: usize = 26;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageId(Ulid);

impl MessageId {
    pub fn of(occurred_at: Timestamp, position: u64) -> Self {
        let millis = u64::try_from(occurred_at.millis()).unwrap_or(0);
        Self(Ulid::from_parts(millis, u128::from(position)))
    }

    /// Reads an id, or the beginning of one: `0` is before all.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.is_empty() || text.len() > CHARS || !text.is_ascii() {
            return None;
        }
        let whole = format!("{text:0<CHARS$}");
        // Past 128 bits there is nothing.
        if whole.as_bytes()[0] > b'7' {
            return None;
        }
        Ulid::from_string(&whole.to_ascii_uppercase())
            .ok()
            .map(Self)
    }

    pub(super) fn time(self) -> Timestamp {
        Timestamp::from_millis(i64::try_from(self.0.timestamp_ms()).unwrap_or(i64::MAX))
    }

    /// The position that it holds, if it can be one of ours.
    pub(super) fn position(self) -> Option<u64> {
        u64::try_from(self.0.random())
            .ok()
            .filter(|position| i64::try_from(*position).is_ok())
    }
}

impl std::fmt::Display for MessageId {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.0.array_to_str(&mut [0; CHARS]))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_id_is_a_place() {
        let at = Timestamp::from_millis(1_795_245_837_784);
        let id = MessageId::of(at, 42);
        let text = id.to_string();
        assert_eq!(text.len(), CHARS);
        let read = MessageId::parse(&text).unwrap();
        assert_eq!((read, read.time(), read.position()), (id, at, Some(42)));
        assert_eq!(MessageId::parse(&text.to_lowercase()), Some(id));
        assert!(MessageId::of(at, 43).to_string() > text);
        assert!(MessageId::of(at.plus_millis(1), 1).to_string() > text);
    }

    #[test]
    fn what_is_no_id() {
        let zero = MessageId::parse("0").unwrap();
        assert_eq!((zero.time().millis(), zero.position()), (0, Some(0)));
        for odd in [
            "",
            " ",
            "x".repeat(27).as_str(),
            "01U!",
            "ä",
            "9".repeat(26).as_str(),
        ] {
            assert_eq!(MessageId::parse(odd), None, "{odd}");
        }
        let foreign = MessageId::parse("01ARZ3NDEKTSV4RRFFQ69G5FAV").unwrap();
        assert_eq!(foreign.position(), None);
    }
}
