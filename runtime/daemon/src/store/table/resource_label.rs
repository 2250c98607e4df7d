//! Labels of resources, as the owner set them last.

use super::unreadable;
use crate::store::append::Appended;
use crate::store::error::StoreError;
use crate::store::reader::Reader;
use kernel::Timestamp;
use kernel::event::ResourceLabelled;
use kernel::gate::label::{Label, ResourceLabel, ResourceName};
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::Serialize;
use utoipa::ToSchema;

pub(in crate::store) const DDL: &str = "
CREATE TABLE resource_label (
  workspace_id TEXT NOT NULL, resource_type TEXT NOT NULL, resource_id TEXT NOT NULL, label TEXT NOT NULL, room_id TEXT, purpose_tags TEXT NOT NULL,
  created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, updated_by_type TEXT NOT NULL, updated_by_id TEXT NOT NULL,
  last_event_id TEXT NOT NULL, position INTEGER NOT NULL, PRIMARY KEY (workspace_id, resource_type, resource_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX resource_label_changed ON resource_label (workspace_id, position);
";

/// The words for how careful one has to be, as the schema lists them.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[allow(
    dead_code,
    reason = "only its schema is used; the kernel's enum is what is serialised"
)]
pub enum ResourceLabelName {
    Public,
    Internal,
    Restricted,
    Confidential,
    SensitivePii,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ResourceLabelRow {
    pub workspace_id: String,
    pub resource_type: String,
    pub resource_id: String,
    #[schema(value_type = ResourceLabelName)]
    pub label: Label,
    /// The only room that may touch it, when it is restricted.
    pub room_id: Option<String>,
    pub purpose_tags: Vec<String>,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
    pub updated_by_type: String,
    pub updated_by_id: String,
    pub last_event_id: String,
    #[serde(skip)]
    pub position: u64,
}

pub(in crate::store) fn labelled(
    connection: &Connection,
    event: &Appended,
    data: &ResourceLabelled,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO resource_label VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, ?8, ?9, ?10, ?11)
               ON CONFLICT (workspace_id, resource_type, resource_id) DO UPDATE SET label = ?4, room_id = ?5, purpose_tags = ?6, updated_at = ?7,
                 updated_by_type = ?8, updated_by_id = ?9, last_event_id = ?10, position = ?11";
    connection.prepare_cached(sql)?.execute(params![
        event.scope.workspace_id,
        data.resource_type,
        data.resource_id,
        data.label.as_str(),
        data.room_id,
        serde_json::json!(data.purpose_tags).to_string(),
        event.occurred_at.millis(),
        event.actor.actor_type.as_str(),
        event.actor.actor_id,
        event.event_id,
        event.position,
    ])?;
    Ok(())
}

const SELECT: &str = "SELECT workspace_id, resource_type, resource_id, label, room_id, purpose_tags, created_at, updated_at, updated_by_type,
  updated_by_id, last_event_id, position FROM resource_label";

fn find(
    connection: &Connection,
    workspace_id: &str,
    resource_type: &str,
    resource_id: &str,
) -> Result<Option<ResourceLabelRow>, StoreError> {
    let sql =
        format!("{SELECT} WHERE workspace_id = ?1 AND resource_type = ?2 AND resource_id = ?3");
    let mut select = connection.prepare_cached(&sql)?;
    Ok(select
        .query_row([workspace_id, resource_type, resource_id], read)
        .optional()?)
}

pub(in crate::store) fn state(
    connection: &Connection,
    workspace_id: &str,
    resource: &ResourceName,
) -> Result<Option<ResourceLabel>, StoreError> {
    let found = find(
        connection,
        workspace_id,
        &resource.resource_type,
        &resource.resource_id,
    )?;
    Ok(found.map(|row| ResourceLabel {
        label: row.label,
        room_id: row.room_id,
        purpose_tags: row.purpose_tags,
    }))
}

impl Reader {
    /// The label of a resource, if it was given one.
    pub fn resource_label(
        &self,
        workspace_id: &str,
        resource_type: &str,
        resource_id: &str,
    ) -> Result<Option<ResourceLabelRow>, StoreError> {
        find(&self.connection, workspace_id, resource_type, resource_id)
    }

    /// Labels of a workspace, newest change first, from before a position on.
    pub fn resource_labels(
        &self,
        workspace_id: &str,
        before_position: Option<u64>,
        limit: u32,
    ) -> Result<Vec<ResourceLabelRow>, StoreError> {
        let sql = format!(
            "{SELECT} WHERE workspace_id = ?1 AND position < ?2 ORDER BY position DESC LIMIT ?3"
        );
        let before =
            before_position.map_or(i64::MAX, |before| i64::try_from(before).unwrap_or(i64::MAX));
        let mut select = self.connection.prepare_cached(&sql)?;
        let rows = select.query_map(params![workspace_id, before, limit], read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<ResourceLabelRow> {
    let label = Label::named(row.get_ref(3)?.as_str()?);
    let tags = serde_json::from_str(row.get_ref(5)?.as_str()?);
    Ok(ResourceLabelRow {
        workspace_id: row.get(0)?,
        resource_type: row.get(1)?,
        resource_id: row.get(2)?,
        label: label.ok_or_else(|| unreadable(3, "a label"))?,
        room_id: row.get(4)?,
        purpose_tags: tags.map_err(|_| unreadable(5, "JSON"))?,
        created_at: Timestamp::from_millis(row.get(6)?),
        updated_at: Timestamp::from_millis(row.get(7)?),
        updated_by_type: row.get(8)?,
        updated_by_id: row.get(9)?,
        last_event_id: row.get(10)?,
        position: row.get(11)?,
    })
}
