//! Registered engines.

use super::{json, time, value};
use crate::store::append::Appended;
use crate::store::error::StoreError;
use crate::store::reader::Reader;
use kernel::Timestamp;
use kernel::event::{EngineDeactivated, EngineRegistered};
use kernel::state::Engine;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

pub(in crate::store) const DDL: &str = "
CREATE TABLE engine (
  engine_id TEXT PRIMARY KEY, workspace_id TEXT NOT NULL, actor_id TEXT NOT NULL, display_name TEXT, created_at INTEGER NOT NULL,
  UNIQUE (workspace_id, actor_id)
) STRICT, WITHOUT ROWID;
";

/// Engines can be told more about, and be ended.
pub(in crate::store) const MIGRATION: &str = "
ALTER TABLE engine ADD COLUMN metadata TEXT;
ALTER TABLE engine ADD COLUMN updated_at INTEGER;
ALTER TABLE engine ADD COLUMN deactivated_at INTEGER;
ALTER TABLE engine ADD COLUMN deactivated_reason TEXT;
UPDATE engine SET updated_at = created_at;
";

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct EngineRow {
    pub engine_id: String,
    pub workspace_id: String,
    /// Its display name, else its actor id.
    pub engine_name: String,
    pub actor_id: String,
    pub principal_id: Option<String>,
    #[schema(value_type = Option<Object>)]
    pub metadata: Option<Value>,
    /// `active` or `inactive`.
    pub status: &'static str,
    pub display_name: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub updated_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub deactivated_at: Option<Timestamp>,
    pub deactivated_reason: Option<String>,
    /// Tokens that are not revoked.
    pub live_tokens: u32,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_seen_at: Option<Timestamp>,
}

/// Registered, or registered again: it is active, whatever it was.
pub(in crate::store) fn registered(
    connection: &Connection,
    event: &Appended,
    data: &EngineRegistered,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO engine (engine_id, workspace_id, actor_id, display_name, created_at, metadata, updated_at)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?5) ON CONFLICT (engine_id) DO UPDATE SET
                 display_name = ?4, metadata = ?6, updated_at = ?5, deactivated_at = NULL, deactivated_reason = NULL";
    connection.prepare_cached(sql)?.execute(params![
        data.engine_id,
        event.scope.workspace_id,
        data.actor_id,
        data.display_name,
        event.occurred_at.millis(),
        json(&data.metadata),
    ])?;
    Ok(())
}

pub(in crate::store) fn deactivated(
    connection: &Connection,
    event: &Appended,
    data: &EngineDeactivated,
) -> Result<(), StoreError> {
    let sql = "UPDATE engine SET updated_at = ?2, deactivated_at = ?2, deactivated_reason = ?3 WHERE engine_id = ?1";
    connection.prepare_cached(sql)?.execute(params![
        data.engine_id,
        event.occurred_at.millis(),
        data.reason
    ])?;
    Ok(())
}

const STATE: &str = "SELECT engine_id, workspace_id, actor_id, display_name, metadata, deactivated_at IS NULL FROM engine";

pub(in crate::store) fn state(
    connection: &Connection,
    engine_id: &str,
) -> Result<Option<Engine>, StoreError> {
    let sql = format!("{STATE} WHERE engine_id = ?1");
    Ok(connection
        .prepare_cached(&sql)?
        .query_row([engine_id], engine)
        .optional()?)
}

pub(in crate::store) fn by_actor(
    connection: &Connection,
    workspace_id: &str,
    actor_id: &str,
) -> Result<Option<Engine>, StoreError> {
    let sql = format!("{STATE} WHERE workspace_id = ?1 AND actor_id = ?2");
    Ok(connection
        .prepare_cached(&sql)?
        .query_row([workspace_id, actor_id], engine)
        .optional()?)
}

fn engine(row: &Row<'_>) -> rusqlite::Result<Engine> {
    Ok(Engine {
        engine_id: row.get(0)?,
        workspace_id: row.get(1)?,
        actor_id: row.get(2)?,
        name: row.get(3)?,
        metadata: value(row, 4)?,
        is_active: row.get(5)?,
    })
}

const SELECT: &str = "SELECT engine.engine_id, workspace_id, engine.actor_id, principal_id, metadata, display_name, created_at, updated_at, deactivated_at,
    deactivated_reason,
    (SELECT count(*) FROM engine_token WHERE engine_token.engine_id = engine.engine_id AND revoked_at IS NULL),
    (SELECT max(last_used_at) FROM engine_token WHERE engine_token.engine_id = engine.engine_id)
  FROM engine LEFT JOIN actor ON actor.actor_type = 'service' AND actor.actor_id = engine.actor_id";

impl Reader {
    /// The engines of a workspace, newest first.
    pub fn engines(&self, workspace_id: &str, limit: u32) -> Result<Vec<EngineRow>, StoreError> {
        let sql = format!(
            "{SELECT} WHERE workspace_id = ?1 ORDER BY created_at DESC, engine.engine_id LIMIT ?2"
        );
        let mut select = self.connection.prepare_cached(&sql)?;
        let rows = select.query_map(params![workspace_id, limit], read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// One engine of a workspace.
    pub fn engine(
        &self,
        workspace_id: &str,
        engine_id: &str,
    ) -> Result<Option<EngineRow>, StoreError> {
        let sql = format!("{SELECT} WHERE workspace_id = ?1 AND engine.engine_id = ?2");
        let mut select = self.connection.prepare_cached(&sql)?;
        Ok(select
            .query_row([workspace_id, engine_id], read)
            .optional()?)
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<EngineRow> {
    let (actor_id, display_name): (String, Option<String>) = (row.get(2)?, row.get(5)?);
    let deactivated_at = time(row, 8)?;
    Ok(EngineRow {
        engine_id: row.get(0)?,
        workspace_id: row.get(1)?,
        engine_name: display_name.clone().unwrap_or_else(|| actor_id.clone()),
        actor_id,
        principal_id: row.get(3)?,
        metadata: value(row, 4)?,
        status: match deactivated_at {
            None => "active",
            Some(_) => "inactive",
        },
        display_name,
        created_at: Timestamp::from_millis(row.get(6)?),
        updated_at: time(row, 7)?,
        deactivated_at,
        deactivated_reason: row.get(9)?,
        live_tokens: row.get(10)?,
        last_seen_at: time(row, 11)?,
    })
}
