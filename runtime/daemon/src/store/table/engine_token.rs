//! Engine tokens, as digests. Beside the log: secrets are never events.

use super::time;
use crate::store::error::StoreError;
use crate::store::reader::Reader;
use kernel::Timestamp;
use kernel::engines::IssuedToken;
use rusqlite::{Connection, OptionalExtension, params};

pub(in crate::store) const DDL: &str = "
CREATE TABLE engine_token (
  token_id TEXT PRIMARY KEY, engine_id TEXT NOT NULL, token_digest BLOB NOT NULL UNIQUE, rooms TEXT, issued_at INTEGER NOT NULL,
  valid_until INTEGER, revoked_at INTEGER, last_used_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX engine_token_engine ON engine_token (engine_id);
";

/// What a shown token stands for.
#[derive(Clone, Debug)]
pub struct EngineTokenRow {
    pub token_id: String,
    pub engine_id: String,
    pub actor_id: String,
    pub workspace_id: String,
    pub rooms: Option<Vec<String>>,
    pub issued_at: Timestamp,
    pub valid_until: Option<Timestamp>,
    pub revoked_at: Option<Timestamp>,
    pub last_used_at: Option<Timestamp>,
}

pub(in crate::store) fn put(
    connection: &Connection,
    token: &IssuedToken,
) -> Result<(), StoreError> {
    let rooms = token
        .rooms
        .as_ref()
        .map(|rooms| serde_json::json!(rooms).to_string());
    let sql = "INSERT INTO engine_token VALUES (?1, ?2, ?3, ?4, ?5, ?6, NULL, NULL)";
    connection.prepare_cached(sql)?.execute(params![
        token.token_id,
        token.engine_id,
        token.token_digest,
        rooms,
        token.issued_at.millis(),
        token.valid_until.map(Timestamp::millis),
    ])?;
    Ok(())
}

pub(in crate::store) fn revoke(
    connection: &Connection,
    token_id: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let sql = "UPDATE engine_token SET revoked_at = ?2 WHERE token_id = ?1 AND revoked_at IS NULL";
    connection
        .prepare_cached(sql)?
        .execute(params![token_id, now.millis()])?;
    Ok(())
}

pub(in crate::store) fn live_of_engine(
    connection: &Connection,
    engine_id: &str,
) -> Result<Vec<String>, StoreError> {
    let sql = "SELECT token_id FROM engine_token WHERE engine_id = ?1 AND revoked_at IS NULL ORDER BY issued_at, token_id";
    let mut select = connection.prepare_cached(sql)?;
    let rows = select.query_map([engine_id], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

const SELECT: &str = "SELECT token_id, engine_token.engine_id, actor_id, workspace_id, rooms, issued_at, valid_until, revoked_at, last_used_at
  FROM engine_token JOIN engine ON engine.engine_id = engine_token.engine_id";

impl Reader {
    /// The token with this digest, whatever its state.
    pub fn engine_token(&self, digest: &[u8; 32]) -> Result<Option<EngineTokenRow>, StoreError> {
        let sql = format!("{SELECT} WHERE token_digest = ?1");
        Ok(self
            .connection
            .prepare_cached(&sql)?
            .query_row([digest], read)
            .optional()?)
    }

    /// The tokens of an engine, oldest first.
    pub fn engine_tokens(&self, engine_id: &str) -> Result<Vec<EngineTokenRow>, StoreError> {
        let sql =
            format!("{SELECT} WHERE engine_token.engine_id = ?1 ORDER BY issued_at, token_id");
        let mut select = self.connection.prepare_cached(&sql)?;
        let rows = select.query_map([engine_id], read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

/// Notes that a token was used, for the engines view.
pub fn seen(connection: &Connection, token_id: &str, now: Timestamp) -> Result<(), StoreError> {
    let sql = "UPDATE engine_token SET last_used_at = ?2 WHERE token_id = ?1";
    connection
        .prepare_cached(sql)?
        .execute(params![token_id, now.millis()])?;
    Ok(())
}

fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<EngineTokenRow> {
    let rooms: Option<String> = row.get(4)?;
    Ok(EngineTokenRow {
        token_id: row.get(0)?,
        engine_id: row.get(1)?,
        actor_id: row.get(2)?,
        workspace_id: row.get(3)?,
        rooms: rooms.and_then(|rooms| serde_json::from_str(&rooms).ok()),
        issued_at: Timestamp::from_millis(row.get(5)?),
        valid_until: time(row, 6)?,
        revoked_at: time(row, 7)?,
        last_used_at: time(row, 8)?,
    })
}
