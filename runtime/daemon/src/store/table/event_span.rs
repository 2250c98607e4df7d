//! Where in the log a time is. Events are in the order in which they were appended, and clocks are
//! set back now and then, so no order of times can be relied on. Instead the earliest and the latest
//! time of every so many events are noted: a query for a time looks at the spans that can hold it,
//! and skips the others. That is exact, and costs an event nothing but its share in one small row.

use crate::store::append::Appended;
use crate::store::error::StoreError;
use kernel::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

/// Events of one span. More make the table smaller, and longer what is read in vain.
const SPAN_EVENTS: u64 = 256;

pub(in crate::store) const DDL: &str = "
CREATE TABLE event_span (last_position INTEGER PRIMARY KEY, earliest INTEGER NOT NULL, latest INTEGER NOT NULL) STRICT;
";

/// Notes every span of a log that has none.
const FILL: &str = "
INSERT INTO event_span SELECT (position + 255) / 256 * 256, min(occurred_at), max(occurred_at)
FROM event GROUP BY 1 HAVING count(*) = 256;
";
const _: () = assert!(SPAN_EVENTS == 256, "FILL says so too");

/// What brings an older file up to date.
pub(in crate::store) const MIGRATION: [&str; 2] = [DDL, FILL];

/// Notes the span that an event completes.
pub(in crate::store) fn appended(
    connection: &Connection,
    event: &Appended,
) -> Result<(), StoreError> {
    if event.position.is_multiple_of(SPAN_EVENTS) {
        note(connection, event.position)?;
    }
    Ok(())
}

fn note(connection: &Connection, last_position: u64) -> Result<(), StoreError> {
    let sql = "INSERT INTO event_span SELECT ?1, min(occurred_at), max(occurred_at) FROM event
               WHERE position > ?1 - ?2 AND position <= ?1";
    connection
        .prepare_cached(sql)?
        .execute(params![last_position, SPAN_EVENTS])?;
    Ok(())
}

/// Positions between which every event of a time lies: after the first, up to the second. What lies
/// between may still be of another time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::store) struct Bounds {
    pub after: Option<u64>,
    pub up_to: Option<u64>,
}

/// Bounds of the events at or after `from` and before `to`.
pub(in crate::store) fn bounds(
    connection: &Connection,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
) -> Result<Bounds, StoreError> {
    if from.is_none() && to.is_none() {
        return Ok(Bounds::default());
    }
    let sql = "SELECT ifnull(max(last_position), 0) FROM event_span";
    let noted: u64 = connection
        .prepare_cached(sql)?
        .query_row([], |row| row.get(0))?;
    let after = match from {
        None => None,
        Some(from) => {
            let sql = "SELECT last_position FROM event_span WHERE latest >= ?1 ORDER BY last_position LIMIT 1";
            let first = place(connection, sql, from)?;
            Some(first.map_or(noted, |last| last - SPAN_EVENTS))
        }
    };
    let up_to = match to {
        None => None,
        Some(to) => {
            let sql = "SELECT last_position FROM event_span WHERE earliest < ?1 ORDER BY last_position DESC LIMIT 1";
            let last = place(connection, sql, to)?.unwrap_or(0);
            // What came after the last span has been noted nowhere: it is looked at.
            let sql = "SELECT max(position) FROM event WHERE position > ?1 AND occurred_at < ?2";
            let newest: Option<u64> = connection
                .prepare_cached(sql)?
                .query_row(params![noted, to.millis()], |row| row.get(0))?;
            Some(newest.unwrap_or(last))
        }
    };
    Ok(Bounds { after, up_to })
}

fn place(connection: &Connection, sql: &str, time: Timestamp) -> Result<Option<u64>, StoreError> {
    let mut select = connection.prepare_cached(sql)?;
    Ok(select
        .query_row([time.millis()], |row| row.get(0))
        .optional()?)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// A log of nothing but times, with its spans noted as it grew or all at once.
    fn log(times: &[i64], at_once: bool) -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        let tables =
            "CREATE TABLE moment (position INTEGER PRIMARY KEY, occurred_at INTEGER NOT NULL);
                      CREATE VIEW event AS SELECT * FROM moment;";
        connection.execute_batch(tables).unwrap();
        if !at_once {
            connection.execute_batch(DDL).unwrap();
        }
        for (index, time) in times.iter().enumerate() {
            let position = index as u64 + 1;
            connection
                .execute(
                    "INSERT INTO moment VALUES (?1, ?2)",
                    params![position, time],
                )
                .unwrap();
            if !at_once && position.is_multiple_of(SPAN_EVENTS) {
                note(&connection, position).unwrap();
            }
        }
        if at_once {
            connection.execute_batch(&MIGRATION.concat()).unwrap();
        }
        connection
    }

    fn around(connection: &Connection, from: Option<i64>, to: Option<i64>) -> Bounds {
        let time = |millis: Option<i64>| millis.map(Timestamp::from_millis);
        bounds(connection, time(from), time(to)).unwrap()
    }

    #[test]
    fn a_time_is_found_within_one_span() {
        let times: Vec<i64> = (1..=2_000).collect();
        for at_once in [false, true] {
            let connection = log(&times, at_once);
            let found = around(&connection, Some(1_000), Some(1_000));
            assert_eq!((found.after, found.up_to), (Some(768), Some(1_024)));
            // 1,792 are noted, the rest is looked at.
            assert_eq!(around(&connection, Some(1_900), None).after, Some(1_792));
            assert_eq!(around(&connection, None, Some(1_900)).up_to, Some(1_899));
            assert_eq!(around(&connection, Some(9_999), None).after, Some(1_792));
            assert_eq!(around(&connection, None, Some(1)).up_to, Some(0));
            assert_eq!(around(&connection, None, None), Bounds::default());
        }
    }

    proptest::proptest! {
        /// Clocks that jump back and forth hide nothing.
        #[test]
        fn no_event_of_the_time_is_out_of_bounds(
            steps in proptest::collection::vec(-3_000_i64..3_100, 1..1_200),
            from in 0_i64..60_000, length in 0_i64..30_000, at_once: bool,
        ) {
            let times: Vec<i64> = steps
                .iter()
                .scan(30_000, |now, step| {
                    *now += step;
                    Some(*now)
                })
                .collect();
            let connection = log(&times, at_once);
            let to = from + length;
            let wanted = |time: i64| from <= time && time < to;
            let found = around(&connection, Some(from), Some(to));
            for (index, time) in times.iter().enumerate() {
                let position = index as u64 + 1;
                let inside = found.after.is_none_or(|after| position > after)
                    && found.up_to.is_none_or(|up_to| position <= up_to);
                proptest::prop_assert!(inside || !wanted(*time), "{position} at {time}: {found:?}");
            }
        }
    }
}
