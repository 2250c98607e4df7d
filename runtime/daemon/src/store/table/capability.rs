//! Capabilities, and from which other each was delegated.

use super::{time, unreadable};
use crate::store::append::Appended;
use crate::store::error::StoreError;
use crate::store::reader::Reader;
use kernel::Timestamp;
use kernel::event::{CapabilityGranted, CapabilityRevoked};
use kernel::gate::capability::{Capability, Chain, Scopes};
use rusqlite::{Connection, OptionalExtension, Row, params};

pub(in crate::store) const DDL: &str = "
CREATE TABLE capability (
  token_id TEXT PRIMARY KEY, workspace_id TEXT NOT NULL, issued_to_principal_id TEXT NOT NULL, granted_by_principal_id TEXT NOT NULL,
  parent_token_id TEXT, depth INTEGER NOT NULL, scopes TEXT NOT NULL, valid_until INTEGER, revoked_at INTEGER, created_at INTEGER NOT NULL,
  position INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX capability_holder ON capability (workspace_id, issued_to_principal_id, position);
CREATE INDEX capability_granter ON capability (workspace_id, granted_by_principal_id, position);
";

/// A capability as it is kept.
#[derive(Clone, Debug)]
pub struct CapabilityRow {
    pub capability: Capability,
    pub revoked_at: Option<Timestamp>,
    pub created_at: Timestamp,
    /// It is not over, nor is any that it was delegated from.
    pub is_live: bool,
}

/// One capability that was delegated from another.
#[derive(Clone, Debug)]
pub struct DelegationRow {
    pub child: Capability,
    pub created_at: Timestamp,
    /// Who holds the one that it was delegated from.
    pub parent_holder: String,
}

pub(in crate::store) fn granted(
    connection: &Connection,
    event: &Appended,
    data: &CapabilityGranted,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO capability VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, NULL, ?9, ?10)";
    connection.prepare_cached(sql)?.execute(params![
        data.token_id,
        event.scope.workspace_id,
        data.issued_to_principal_id,
        data.granted_by_principal_id,
        data.parent_token_id,
        data.depth,
        serde_json::json!(data.scopes).to_string(),
        data.valid_until.map(Timestamp::millis),
        event.occurred_at.millis(),
        event.position,
    ])?;
    Ok(())
}

pub(in crate::store) fn revoked(
    connection: &Connection,
    data: &CapabilityRevoked,
) -> Result<(), StoreError> {
    let sql = "UPDATE capability SET revoked_at = ?2 WHERE token_id = ?1";
    connection
        .prepare_cached(sql)?
        .execute(params![data.token_id, data.revoked_at.millis()])?;
    Ok(())
}

const COLUMNS: &str = "capability.token_id, capability.workspace_id, capability.issued_to_principal_id, capability.granted_by_principal_id,
  capability.parent_token_id, capability.depth, capability.scopes, capability.valid_until, capability.revoked_at, capability.created_at";

pub(in crate::store) fn state(
    connection: &Connection,
    token_id: &str,
) -> Result<Option<Capability>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM capability WHERE token_id = ?1");
    let mut select = connection.prepare_cached(&sql)?;
    Ok(select.query_row([token_id], read).optional()?)
}

/// A capability with all that it was delegated from.
pub(in crate::store) fn chain(
    connection: &Connection,
    token_id: &str,
) -> Result<Option<Chain>, StoreError> {
    Chain::follow(token_id, |token_id| state(connection, token_id))
}

impl Reader {
    /// The capabilities that a principal was granted, newest first.
    pub fn capabilities(
        &self,
        workspace_id: &str,
        principal_id: &str,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<CapabilityRow>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM capability WHERE workspace_id = ?1 AND issued_to_principal_id = ?2 ORDER BY position DESC LIMIT ?3"
        );
        let mut select = self.connection.prepare_cached(&sql)?;
        let rows = select.query_map(params![workspace_id, principal_id, limit], |row| {
            Ok((read(row)?, time(row, 8)?, row.get(9)?))
        })?;
        let mut found = Vec::new();
        for row in rows {
            let (capability, revoked_at, created_at) = row?;
            let chain = chain(&self.connection, &capability.token_id)?;
            found.push(CapabilityRow {
                is_live: chain.is_some_and(|chain| chain.ended(now).is_none()),
                capability,
                revoked_at,
                created_at: Timestamp::from_millis(created_at),
            });
        }
        Ok(found)
    }

    /// The delegations that a principal made or received, newest first.
    pub fn delegations(
        &self,
        workspace_id: &str,
        principal_id: &str,
        limit: u32,
    ) -> Result<Vec<DelegationRow>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS}, parent.issued_to_principal_id FROM capability JOIN capability AS parent ON parent.token_id = capability.parent_token_id
             WHERE capability.workspace_id = ?1 AND ?2 IN (capability.issued_to_principal_id, capability.granted_by_principal_id)
             ORDER BY capability.position DESC LIMIT ?3"
        );
        let mut select = self.connection.prepare_cached(&sql)?;
        let rows = select.query_map(params![workspace_id, principal_id, limit], |row| {
            Ok(DelegationRow {
                child: read(row)?,
                created_at: Timestamp::from_millis(row.get(9)?),
                parent_holder: row.get(10)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<Capability> {
    let scopes: String = row.get(6)?;
    let scopes: Scopes = serde_json::from_str(&scopes).map_err(|_| unreadable(6, "scopes"))?;
    Ok(Capability {
        token_id: row.get(0)?,
        workspace_id: row.get(1)?,
        issued_to_principal_id: row.get(2)?,
        granted_by_principal_id: row.get(3)?,
        parent_token_id: row.get(4)?,
        depth: row.get(5)?,
        scopes,
        valid_until: time(row, 7)?,
        is_revoked: row.get_ref(8)? != rusqlite::types::ValueRef::Null,
    })
}
