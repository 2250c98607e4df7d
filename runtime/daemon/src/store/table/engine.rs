//! Registered engines.

use super::time;
use crate::store::append::Appended;
use crate::store::error::StoreError;
use crate::store::reader::Reader;
use kernel::Timestamp;
use kernel::event::EngineRegistered;
use kernel::state::Engine;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::Serialize;
use utoipa::ToSchema;

pub(in crate::store) const DDL: &str = "
CREATE TABLE engine (
  engine_id TEXT PRIMARY KEY, workspace_id TEXT NOT NULL, actor_id TEXT NOT NULL, display_name TEXT, created_at INTEGER NOT NULL,
  UNIQUE (workspace_id, actor_id)
) STRICT, WITHOUT ROWID;
";

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct EngineRow {
    pub engine_id: String,
    pub workspace_id: String,
    pub actor_id: String,
    pub display_name: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// Tokens that still work.
    pub live_tokens: u32,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_seen_at: Option<Timestamp>,
}

pub(in crate::store) fn registered(
    connection: &Connection,
    event: &Appended,
    data: &EngineRegistered,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO engine VALUES (?1, ?2, ?3, ?4, ?5)";
    connection.prepare_cached(sql)?.execute(params![
        data.engine_id,
        event.scope.workspace_id,
        data.actor_id,
        data.display_name,
        event.occurred_at.millis(),
    ])?;
    Ok(())
}

pub(in crate::store) fn state(
    connection: &Connection,
    engine_id: &str,
) -> Result<Option<Engine>, StoreError> {
    let sql = "SELECT engine_id, workspace_id, actor_id FROM engine WHERE engine_id = ?1";
    Ok(connection
        .prepare_cached(sql)?
        .query_row([engine_id], engine)
        .optional()?)
}

pub(in crate::store) fn by_actor(
    connection: &Connection,
    workspace_id: &str,
    actor_id: &str,
) -> Result<Option<Engine>, StoreError> {
    let sql = "SELECT engine_id, workspace_id, actor_id FROM engine WHERE workspace_id = ?1 AND actor_id = ?2";
    Ok(connection
        .prepare_cached(sql)?
        .query_row([workspace_id, actor_id], engine)
        .optional()?)
}

fn engine(row: &Row<'_>) -> rusqlite::Result<Engine> {
    Ok(Engine {
        engine_id: row.get(0)?,
        workspace_id: row.get(1)?,
        actor_id: row.get(2)?,
    })
}

impl Reader {
    /// The engines of a workspace, newest first.
    pub fn engines(&self, workspace_id: &str, limit: u32) -> Result<Vec<EngineRow>, StoreError> {
        let sql = "SELECT engine.engine_id, workspace_id, actor_id, display_name, created_at,
                     (SELECT count(*) FROM engine_token WHERE engine_token.engine_id = engine.engine_id AND revoked_at IS NULL),
                     (SELECT max(last_used_at) FROM engine_token WHERE engine_token.engine_id = engine.engine_id)
                   FROM engine WHERE workspace_id = ?1 ORDER BY created_at DESC, engine.engine_id LIMIT ?2";
        let mut select = self.connection.prepare_cached(sql)?;
        let rows = select.query_map(params![workspace_id, limit], |row| {
            Ok(EngineRow {
                engine_id: row.get(0)?,
                workspace_id: row.get(1)?,
                actor_id: row.get(2)?,
                display_name: row.get(3)?,
                created_at: Timestamp::from_millis(row.get(4)?),
                live_tokens: row.get(5)?,
                last_seen_at: time(row, 6)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
