//! Keys of the event bus, as digests. Beside the log: secrets are never events.

use crate::store::error::StoreError;
use crate::store::reader::Reader;
use kernel::Timestamp;
use kernel::broker::{IssuedTopicKey, Principal, TopicKey};
use rusqlite::{Connection, OptionalExtension, Row, params};

pub(in crate::store) const DDL: &str = "
CREATE TABLE topic_key (
  key_id TEXT PRIMARY KEY, principal TEXT NOT NULL, key_name TEXT NOT NULL, token_digest BLOB NOT NULL, issued_at INTEGER NOT NULL, revoked_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX topic_key_principal ON topic_key (principal, key_name);
";

pub(in crate::store) fn put(
    connection: &Connection,
    issued: &IssuedTopicKey,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO topic_key VALUES (?1, ?2, ?3, ?4, ?5, NULL)";
    connection.prepare_cached(sql)?.execute(params![
        issued.key.key_id,
        issued.key.principal.to_string(),
        issued.key.key_name,
        issued.token_digest,
        issued.issued_at.millis(),
    ])?;
    Ok(())
}

pub(in crate::store) fn revoke(
    connection: &Connection,
    key_id: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let sql = "UPDATE topic_key SET revoked_at = ?2 WHERE key_id = ?1 AND revoked_at IS NULL";
    connection
        .prepare_cached(sql)?
        .execute(params![key_id, now.millis()])?;
    Ok(())
}

const SELECT: &str =
    "SELECT key_id, principal, key_name, token_digest FROM topic_key WHERE revoked_at IS NULL AND";

fn read(row: &Row<'_>) -> rusqlite::Result<(TopicKey, [u8; 32])> {
    let principal: String = row.get(1)?;
    let key = TopicKey {
        key_id: row.get(0)?,
        principal: Principal::parse(&principal)
            .map_err(|_| super::unreadable(1, "a principal of the event bus"))?,
        key_name: row.get(2)?,
    };
    Ok((key, row.get(3)?))
}

pub(in crate::store) fn live(
    connection: &Connection,
    key_id: &str,
) -> Result<Option<(TopicKey, [u8; 32])>, StoreError> {
    let sql = format!("{SELECT} key_id = ?1");
    let mut select = connection.prepare_cached(&sql)?;
    Ok(select.query_row([key_id], read).optional()?)
}

pub(in crate::store) fn named(
    connection: &Connection,
    principal: &Principal,
    key_name: &str,
) -> Result<Option<TopicKey>, StoreError> {
    let sql = format!("{SELECT} principal = ?1 AND key_name = ?2");
    let mut select = connection.prepare_cached(&sql)?;
    let found = select.query_row([&principal.to_string(), key_name], read);
    Ok(found.optional()?.map(|(key, _)| key))
}

/// All live keys of a principal.
pub(in crate::store) fn of(
    connection: &Connection,
    principal: &Principal,
) -> Result<Vec<TopicKey>, StoreError> {
    let sql = format!("{SELECT} principal = ?1 ORDER BY key_name");
    let mut select = connection.prepare_cached(&sql)?;
    let rows = select.query_map([principal.to_string()], |row| Ok(read(row)?.0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Whether somebody of this name has, or had, a key.
pub(in crate::store) fn is_known(connection: &Connection, name: &str) -> Result<bool, StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM topic_key WHERE principal = ?1 COLLATE NOCASE)";
    let mut select = connection.prepare_cached(sql)?;
    Ok(select.query_row([name], |row| row.get(0))?)
}

impl Reader {
    /// A key that is not revoked, with the digest of its token.
    pub fn topic_key(&self, key_id: &str) -> Result<Option<(TopicKey, [u8; 32])>, StoreError> {
        live(&self.connection, key_id)
    }
}
