//! What topics are for, as their owners tell it.

use super::{json, value};
use crate::store::append::Appended;
use crate::store::error::StoreError;
use crate::store::reader::Reader;
use kernel::Timestamp;
use kernel::broker::Topic;
use kernel::event::TopicAdvertised;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::Value;

pub(in crate::store) const DDL: &str = "
CREATE TABLE advertisement (
  channel TEXT PRIMARY KEY, owner TEXT NOT NULL, description TEXT, schema TEXT, updated_at INTEGER NOT NULL, position INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX advertisement_position ON advertisement (position);
CREATE INDEX advertisement_owner ON advertisement (owner, position);
";

#[derive(Clone, Debug)]
pub struct AdvertisementRow {
    pub channel: String,
    /// An agent, or `app:NAME`.
    pub owner: String,
    pub description: Option<String>,
    pub schema: Option<Value>,
    pub updated_at: Timestamp,
}

pub(in crate::store) fn told(
    connection: &Connection,
    event: &Appended,
    data: &TopicAdvertised,
) -> Result<(), StoreError> {
    // The kernel has read the name before.
    let owner = Topic::parse(&data.channel)
        .ok()
        .and_then(|topic| topic.owner());
    let sql = "INSERT OR REPLACE INTO advertisement VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    connection.prepare_cached(sql)?.execute(params![
        data.channel,
        owner.map(|owner| owner.to_string()).unwrap_or_default(),
        data.description,
        json(&data.schema),
        event.occurred_at.millis(),
        event.position,
    ])?;
    Ok(())
}

pub(in crate::store) fn withdrawn(
    connection: &Connection,
    channel: &str,
) -> Result<(), StoreError> {
    let sql = "DELETE FROM advertisement WHERE channel = ?1";
    connection.prepare_cached(sql)?.execute([channel])?;
    Ok(())
}

const SELECT: &str = "SELECT channel, owner, description, schema, updated_at FROM advertisement";

pub(in crate::store) fn find(
    connection: &Connection,
    channel: &str,
) -> Result<Option<AdvertisementRow>, StoreError> {
    let sql = format!("{SELECT} WHERE channel = ?1");
    let mut select = connection.prepare_cached(&sql)?;
    Ok(select.query_row([channel], read).optional()?)
}

fn read(row: &Row<'_>) -> rusqlite::Result<AdvertisementRow> {
    Ok(AdvertisementRow {
        channel: row.get(0)?,
        owner: row.get(1)?,
        description: row.get(2)?,
        schema: value(row, 3)?,
        updated_at: Timestamp::from_millis(row.get(4)?),
    })
}

/// Advertised topics to read. Every member narrows.
#[derive(Clone, Debug, Default)]
pub struct AdvertisementQuery {
    pub owner: Option<String>,
    /// In the name or the description, in whatever case.
    pub text: Option<String>,
    pub limit: u32,
}

impl Reader {
    pub fn advertisement(&self, channel: &str) -> Result<Option<AdvertisementRow>, StoreError> {
        find(&self.connection, channel)
    }

    /// Newest first, and how many there are in all.
    pub fn advertisements(
        &self,
        query: &AdvertisementQuery,
    ) -> Result<(Vec<AdvertisementRow>, u64), StoreError> {
        const NARROW: &str = "(?1 IS NULL OR owner = ?1)
          AND (?2 IS NULL OR instr(lower(channel), lower(?2)) OR instr(lower(ifnull(description, '')), lower(?2)))";
        let sql = format!("{SELECT} WHERE {NARROW} ORDER BY position DESC LIMIT ?3");
        let mut select = self.connection.prepare_cached(&sql)?;
        let rows = select.query_map(params![query.owner, query.text, query.limit], read)?;
        let rows = rows.collect::<Result<_, _>>()?;
        let sql = format!("SELECT count(*) FROM advertisement WHERE {NARROW}");
        let mut count = self.connection.prepare_cached(&sql)?;
        let total = count.query_row(params![query.owner, query.text], |row| row.get(0))?;
        Ok((rows, total))
    }
}
