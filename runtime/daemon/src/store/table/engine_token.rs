//! Engine tokens, as digests. Beside the log: secrets are never events.

use super::{capability, time};
use crate::store::error::StoreError;
use crate::store::reader::Reader;
use kernel::Timestamp;
use kernel::engines::{IssuedToken, TokenStanding, scopes_by_default};
use kernel::gate::capability::Scopes;
use kernel::state::LiveToken;
use rusqlite::{Connection, OptionalExtension, params};

pub(in crate::store) const DDL: &str = "
CREATE TABLE engine_token (
  token_id TEXT PRIMARY KEY, engine_id TEXT NOT NULL, token_digest BLOB NOT NULL UNIQUE, rooms TEXT, issued_at INTEGER NOT NULL,
  valid_until INTEGER, revoked_at INTEGER, last_used_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX engine_token_engine ON engine_token (engine_id);
";

/// Tokens have a capability. Those of before have not, and keep their rooms.
pub(in crate::store) const MIGRATION: &str = "
ALTER TABLE engine_token ADD COLUMN capability_token_id TEXT;
ALTER TABLE engine_token ADD COLUMN token_label TEXT;
";

/// What a shown token stands for.
#[derive(Clone, Debug)]
pub struct EngineTokenRow {
    pub token_id: String,
    pub actor_id: String,
    pub workspace_id: String,
    pub standing: TokenStanding,
    pub scopes: Scopes,
    pub label: Option<String>,
    pub issued_at: Timestamp,
    pub revoked_at: Option<Timestamp>,
    pub last_used_at: Option<Timestamp>,
}

pub(in crate::store) fn put(
    connection: &Connection,
    token: &IssuedToken,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO engine_token (token_id, engine_id, token_digest, issued_at, valid_until, capability_token_id, token_label)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    connection.prepare_cached(sql)?.execute(params![
        token.token_id,
        token.engine_id,
        token.token_digest,
        token.issued_at.millis(),
        token.valid_until.map(Timestamp::millis),
        token.capability_token_id,
        token.label,
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
) -> Result<Vec<LiveToken>, StoreError> {
    let sql = "SELECT token_id, engine_id, capability_token_id FROM engine_token WHERE engine_id = ?1 AND revoked_at IS NULL ORDER BY issued_at, token_id";
    let mut select = connection.prepare_cached(sql)?;
    let rows = select.query_map([engine_id], |row| {
        Ok(LiveToken {
            token_id: row.get(0)?,
            engine_id: row.get(1)?,
            capability_token_id: row.get(2)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// How a token stands now.
pub(in crate::store) fn standing(
    connection: &Connection,
    token_id: &str,
) -> Result<Option<TokenStanding>, StoreError> {
    let found = find(connection, "token_id = ?1", token_id)?;
    Ok(found.map(|row| row.standing))
}

const SELECT: &str = "SELECT token_id, engine_token.engine_id, engine.actor_id, workspace_id, rooms, issued_at, valid_until, revoked_at, last_used_at,
    capability_token_id, token_label, deactivated_at IS NULL, principal_id
  FROM engine_token JOIN engine ON engine.engine_id = engine_token.engine_id
    LEFT JOIN actor ON actor.actor_type = 'service' AND actor.actor_id = engine.actor_id";

impl Reader {
    /// The token with this digest, whatever its state.
    pub fn engine_token(&self, digest: &[u8; 32]) -> Result<Option<EngineTokenRow>, StoreError> {
        find(&self.connection, "token_digest = ?1", digest)
    }

    /// A token of a workspace.
    pub fn engine_token_of(
        &self,
        workspace_id: &str,
        token_id: &str,
    ) -> Result<Option<EngineTokenRow>, StoreError> {
        let found = find(&self.connection, "token_id = ?1", token_id)?;
        Ok(found.filter(|row| row.workspace_id == workspace_id))
    }

    /// The tokens of an engine, oldest first.
    pub fn engine_tokens(&self, engine_id: &str) -> Result<Vec<EngineTokenRow>, StoreError> {
        let sql =
            format!("{SELECT} WHERE engine_token.engine_id = ?1 ORDER BY issued_at, token_id");
        let mut select = self.connection.prepare_cached(&sql)?;
        let rows = select.query_map([engine_id], Found::read)?;
        let found = rows.collect::<Result<Vec<_>, _>>()?;
        found
            .into_iter()
            .map(|found| found.whole(&self.connection))
            .collect()
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

fn find(
    connection: &Connection,
    narrow: &str,
    key: impl rusqlite::ToSql,
) -> Result<Option<EngineTokenRow>, StoreError> {
    let sql = format!("{SELECT} WHERE {narrow}");
    let mut select = connection.prepare_cached(&sql)?;
    let found = select.query_row([key], Found::read).optional()?;
    found.map(|found| found.whole(connection)).transpose()
}

/// A row of the table; its capability is in another.
struct Found {
    row: EngineTokenRow,
    rooms: Option<String>,
    capability_token_id: Option<String>,
}

impl Found {
    fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Self> {
        let revoked_at = time(row, 7)?;
        Ok(Self {
            row: EngineTokenRow {
                token_id: row.get(0)?,
                actor_id: row.get(2)?,
                workspace_id: row.get(3)?,
                standing: TokenStanding {
                    engine_id: row.get(1)?,
                    engine_is_active: row.get(11)?,
                    principal_id: row.get(12)?,
                    is_revoked: revoked_at.is_some(),
                    valid_until: time(row, 6)?,
                    capability: None,
                },
                scopes: Scopes::default(),
                label: row.get(10)?,
                issued_at: Timestamp::from_millis(row.get(5)?),
                revoked_at,
                last_used_at: time(row, 8)?,
            },
            rooms: row.get(4)?,
            capability_token_id: row.get(9)?,
        })
    }

    /// With its capability. One that is named and not there leaves the token nothing to do.
    fn whole(self, connection: &Connection) -> Result<EngineTokenRow, StoreError> {
        let mut row = self.row;
        let Some(token_id) = self.capability_token_id else {
            let rooms = self.rooms.and_then(|text| serde_json::from_str(&text).ok());
            let by_default = scopes_by_default();
            row.scopes = Scopes {
                rooms: rooms.unwrap_or_else(|| by_default.rooms.clone()),
                ..by_default
            };
            return Ok(row);
        };
        row.standing.capability = capability::chain(connection, &token_id)?;
        let scopes = row.standing.capability.as_ref();
        row.scopes = scopes
            .map(|chain| chain.own.scopes.clone())
            .unwrap_or_default();
        Ok(row)
    }
}
