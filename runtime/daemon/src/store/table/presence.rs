//! The last sign of life of each agent. Beside the log: it tells of now, not of what happened.

use super::value;
use crate::store::error::StoreError;
use crate::store::reader::Reader;
use kernel::Timestamp;
use kernel::board::Presence;
use rusqlite::{Connection, params};
use serde_json::Value;

pub(in crate::store) const DDL: &str = "
CREATE TABLE presence (agent_id TEXT PRIMARY KEY, last_seen INTEGER NOT NULL, channels TEXT NOT NULL, meta TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX presence_last_seen ON presence (last_seen);
";

pub(in crate::store) fn put(
    connection: &Connection,
    presence: &Presence,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO presence VALUES (?1, ?2, ?3, ?4) ON CONFLICT (agent_id) DO UPDATE SET last_seen = ?2, channels = ?3, meta = ?4";
    connection.prepare_cached(sql)?.execute(params![
        presence.agent_id,
        presence.last_seen.millis(),
        presence.channels.to_string(),
        presence.meta.to_string(),
    ])?;
    Ok(())
}

/// Forgets those who have not been seen since.
pub fn forget(connection: &Connection, before: Timestamp) -> Result<(), StoreError> {
    connection
        .prepare_cached("DELETE FROM presence WHERE last_seen < ?1")?
        .execute([before.millis()])?;
    Ok(())
}

impl Reader {
    /// Who has been seen after this time, most recently seen first, at most `limit`.
    pub fn present(&self, since: Timestamp, limit: u32) -> Result<Vec<Presence>, StoreError> {
        let sql = "SELECT agent_id, last_seen, channels, meta FROM presence WHERE last_seen > ?1
                   ORDER BY last_seen DESC, agent_id LIMIT ?2";
        let mut select = self.connection.prepare_cached(sql)?;
        let rows = select.query_map(params![since.millis(), limit], |row| {
            Ok(Presence {
                agent_id: row.get(0)?,
                last_seen: Timestamp::from_millis(row.get(1)?),
                channels: value(row, 2)?.unwrap_or(Value::Null),
                meta: value(row, 3)?.unwrap_or(Value::Null),
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    pub fn present_count(&self, since: Timestamp) -> Result<u64, StoreError> {
        let sql = "SELECT count(*) FROM presence WHERE last_seen > ?1";
        let mut select = self.connection.prepare_cached(sql)?;
        Ok(select.query_row([since.millis()], |row| row.get(0))?)
    }
}
