//! Sessions of the owner, as digests: those of browsers, by a cookie, and those that a passphrase
//! opened, by an access token that is renewed. Beside the log: secrets are never events.

use super::time;
use crate::store::error::StoreError;
use crate::store::reader::Reader;
use kernel::Timestamp;
use kernel::limits::SESSIONS_MAX;
use rusqlite::{Connection, OptionalExtension, Row, params};

pub(in crate::store) const DDL: &str = "
CREATE TABLE session (digest BLOB PRIMARY KEY, created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
";

/// Digests depend on the owner's token now, so those of before would open nothing: they end.
pub(in crate::store) const MIGRATION: &str = "
DROP TABLE session;
CREATE TABLE session (
  session_id TEXT PRIMARY KEY, workspace_id TEXT, access_digest BLOB NOT NULL UNIQUE, access_expires_at INTEGER NOT NULL,
  refresh_digest BLOB UNIQUE, refresh_expires_at INTEGER, created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
";

/// A secret as it is kept, and until when it is good.
#[derive(Clone, Copy, Debug)]
pub struct Kept {
    pub digest: [u8; 32],
    pub expires_at: Timestamp,
}

/// A session as it is made.
#[derive(Clone, Debug)]
pub struct NewSession {
    pub session_id: String,
    /// The one workspace that it is for; `None` is any.
    pub workspace_id: Option<String>,
    pub access: Kept,
    /// What it can be renewed with.
    pub refresh: Option<Kept>,
}

/// A session, without its secrets.
#[derive(Clone, Debug)]
pub struct SessionRow {
    pub session_id: String,
    pub workspace_id: Option<String>,
    pub access_expires_at: Timestamp,
    pub refresh_expires_at: Option<Timestamp>,
}

const COLUMNS: &str = "session_id, workspace_id, access_expires_at, refresh_expires_at";

/// Keeps a session, and drops those that are over or too many.
pub fn put(
    connection: &Connection,
    session: &NewSession,
    now: Timestamp,
) -> Result<(), StoreError> {
    let over =
        "DELETE FROM session WHERE max(access_expires_at, ifnull(refresh_expires_at, 0)) <= ?1";
    connection.prepare_cached(over)?.execute([now.millis()])?;
    let too_many = "DELETE FROM session WHERE session_id IN (SELECT session_id FROM session ORDER BY created_at DESC, session_id LIMIT -1 OFFSET ?1)";
    connection
        .prepare_cached(too_many)?
        .execute([SESSIONS_MAX - 1])?;
    let sql = "INSERT INTO session VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    connection.prepare_cached(sql)?.execute(params![
        session.session_id,
        session.workspace_id,
        session.access.digest,
        session.access.expires_at.millis(),
        session.refresh.map(|refresh| refresh.digest),
        session.refresh.map(|refresh| refresh.expires_at.millis()),
        now.millis(),
    ])?;
    Ok(())
}

/// Gives the session of a refresh token two new secrets; the old ones open nothing from then on.
/// `None` when the token is not known, or over.
pub fn renew(
    connection: &Connection,
    refresh: &[u8; 32],
    next: [Kept; 2],
    now: Timestamp,
) -> Result<Option<SessionRow>, StoreError> {
    let [access, refresh_next] = next;
    let sql = format!(
        "UPDATE session SET access_digest = ?2, access_expires_at = ?3, refresh_digest = ?4, refresh_expires_at = ?5
         WHERE refresh_digest = ?1 AND refresh_expires_at > ?6 RETURNING {COLUMNS}"
    );
    let mut update = connection.prepare_cached(&sql)?;
    let renewed = update.query_row(
        params![
            refresh,
            access.digest,
            access.expires_at.millis(),
            refresh_next.digest,
            refresh_next.expires_at.millis(),
            now.millis(),
        ],
        read,
    );
    Ok(renewed.optional()?)
}

/// Ends the session that has this digest as its access or refresh token. False when there is none.
pub fn end(connection: &Connection, digest: &[u8; 32]) -> Result<bool, StoreError> {
    let sql = "DELETE FROM session WHERE access_digest = ?1 OR refresh_digest = ?1";
    Ok(connection.prepare_cached(sql)?.execute([digest])? > 0)
}

/// Ends every session that is for this workspace.
pub fn end_all(connection: &Connection, workspace_id: &str) -> Result<(), StoreError> {
    let sql = "DELETE FROM session WHERE workspace_id = ?1";
    connection.prepare_cached(sql)?.execute([workspace_id])?;
    Ok(())
}

impl Reader {
    /// The session with this digest as its access token, over or not.
    pub fn session(&self, access: &[u8; 32]) -> Result<Option<SessionRow>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM session WHERE access_digest = ?1");
        let mut select = self.connection.prepare_cached(&sql)?;
        Ok(select.query_row([access], read).optional()?)
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<SessionRow> {
    Ok(SessionRow {
        session_id: row.get(0)?,
        workspace_id: row.get(1)?,
        access_expires_at: Timestamp::from_millis(row.get(2)?),
        refresh_expires_at: time(row, 3)?,
    })
}
