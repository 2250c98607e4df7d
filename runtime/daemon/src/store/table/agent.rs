//! Agents that are known by name, and which of them are in quarantine.

use super::time;
use crate::store::append::Appended;
use crate::store::error::StoreError;
use crate::store::reader::Reader;
use kernel::Timestamp;
use kernel::event::{AgentQuarantined, AgentRegistered};
use kernel::state::{Agent, Quarantine};
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::Serialize;
use utoipa::ToSchema;

pub(in crate::store) const DDL: &str = "
CREATE TABLE agent (
  agent_id TEXT PRIMARY KEY, workspace_id TEXT NOT NULL, principal_id TEXT NOT NULL, display_name TEXT NOT NULL, created_at INTEGER NOT NULL,
  quarantined_at INTEGER, quarantine_reason TEXT, position INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX agent_workspace ON agent (workspace_id, position);
";

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AgentRow {
    pub agent_id: String,
    pub principal_id: String,
    pub display_name: String,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// Agents are not revoked: one that is not wanted is put in quarantine.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub revoked_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub quarantined_at: Option<Timestamp>,
    pub quarantine_reason: Option<String>,
    #[serde(skip)]
    pub position: u64,
}

/// Which agents to list.
#[derive(Clone, Debug)]
pub struct AgentQuery {
    pub workspace_id: String,
    /// Part of an id or of a name.
    pub text: Option<String>,
    pub before_position: Option<u64>,
    pub limit: u32,
}

pub(in crate::store) fn registered(
    connection: &Connection,
    event: &Appended,
    data: &AgentRegistered,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO agent VALUES (?1, ?2, ?3, ?4, ?5, NULL, NULL, ?6)";
    connection.prepare_cached(sql)?.execute(params![
        data.agent_id,
        event.scope.workspace_id,
        data.principal_id,
        data.display_name,
        event.occurred_at.millis(),
        event.position,
    ])?;
    Ok(())
}

pub(in crate::store) fn quarantined(
    connection: &Connection,
    data: &AgentQuarantined,
) -> Result<(), StoreError> {
    let sql = "UPDATE agent SET quarantined_at = ?2, quarantine_reason = ?3 WHERE agent_id = ?1";
    connection.prepare_cached(sql)?.execute(params![
        data.agent_id,
        data.quarantined_at.millis(),
        data.quarantine_reason
    ])?;
    Ok(())
}

pub(in crate::store) fn unquarantined(
    connection: &Connection,
    agent_id: &str,
) -> Result<(), StoreError> {
    let sql =
        "UPDATE agent SET quarantined_at = NULL, quarantine_reason = NULL WHERE agent_id = ?1";
    connection.prepare_cached(sql)?.execute([agent_id])?;
    Ok(())
}

pub(in crate::store) fn state(
    connection: &Connection,
    agent_id: &str,
) -> Result<Option<Agent>, StoreError> {
    let sql = "SELECT agent_id, workspace_id, principal_id, quarantined_at, quarantine_reason FROM agent WHERE agent_id = ?1";
    let agent = |row: &Row<'_>| {
        let reason: Option<String> = row.get(4)?;
        Ok(Agent {
            agent_id: row.get(0)?,
            workspace_id: row.get(1)?,
            principal_id: row.get(2)?,
            quarantine: time(row, 3)?.map(|since| Quarantine {
                since,
                reason: reason.unwrap_or_default(),
            }),
        })
    };
    let mut select = connection.prepare_cached(sql)?;
    Ok(select.query_row([agent_id], agent).optional()?)
}

const SELECT: &str = "SELECT agent_id, principal_id, display_name, created_at, quarantined_at, quarantine_reason, position FROM agent";

impl Reader {
    /// Agents of a workspace, newest first, from before a position on.
    pub fn agents(&self, query: &AgentQuery) -> Result<Vec<AgentRow>, StoreError> {
        let sql = format!(
            "{SELECT} WHERE workspace_id = ?1 AND position < ?2
               AND (?3 IS NULL OR instr(lower(agent_id), ?3) > 0 OR instr(lower(display_name), ?3) > 0)
             ORDER BY position DESC LIMIT ?4"
        );
        let before = query
            .before_position
            .map_or(i64::MAX, |before| i64::try_from(before).unwrap_or(i64::MAX));
        let text = query.text.as_ref().map(|text| text.to_ascii_lowercase());
        let mut select = self.connection.prepare_cached(&sql)?;
        let rows =
            select.query_map(params![query.workspace_id, before, text, query.limit], read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// One agent of a workspace.
    pub fn agent(
        &self,
        workspace_id: &str,
        agent_id: &str,
    ) -> Result<Option<AgentRow>, StoreError> {
        let sql = format!("{SELECT} WHERE workspace_id = ?1 AND agent_id = ?2");
        let mut select = self.connection.prepare_cached(&sql)?;
        Ok(select
            .query_row([workspace_id, agent_id], read)
            .optional()?)
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<AgentRow> {
    Ok(AgentRow {
        agent_id: row.get(0)?,
        principal_id: row.get(1)?,
        display_name: row.get(2)?,
        created_at: Timestamp::from_millis(row.get(3)?),
        revoked_at: None,
        quarantined_at: time(row, 4)?,
        quarantine_reason: row.get(5)?,
        position: row.get(6)?,
    })
}
