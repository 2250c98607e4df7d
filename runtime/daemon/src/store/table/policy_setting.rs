//! How the owner has set the gate of each workspace, and the kill switch of all of them.

use super::time;
use crate::store::append::Appended;
use crate::store::error::StoreError;
use crate::store::reader::Reader;
use kernel::Timestamp;
use kernel::event::{KillSwitchChanged, PolicyModeChanged};
use kernel::gate::DEFAULT_WORKSPACE_ID;
use kernel::gate::policy::{Mode, Posture};
use rusqlite::{Connection, OptionalExtension, Row};

pub(in crate::store) const DDL: &str = "
CREATE TABLE policy_setting (
  workspace_id TEXT NOT NULL, setting TEXT NOT NULL, value TEXT NOT NULL, reason TEXT, changed_at INTEGER NOT NULL,
  changed_by_type TEXT NOT NULL, changed_by_id TEXT NOT NULL, last_event_id TEXT NOT NULL, PRIMARY KEY (workspace_id, setting)
) STRICT, WITHOUT ROWID;
";

const KILL_SWITCH: &str = "kill_switch";
const MODE: &str = "mode";
const ON: &str = "on";
const OFF: &str = "off";

/// The last change of a setting.
#[derive(Clone, Debug)]
pub struct Change {
    pub reason: Option<String>,
    pub changed_at: Option<Timestamp>,
    pub changed_by_type: String,
    pub changed_by_id: String,
}

pub(in crate::store) fn kill_switch_changed(
    connection: &Connection,
    event: &Appended,
    data: &KillSwitchChanged,
) -> Result<(), StoreError> {
    let value = if data.enabled { ON } else { OFF };
    changed(connection, event, KILL_SWITCH, value, &data.reason)
}

pub(in crate::store) fn mode_changed(
    connection: &Connection,
    event: &Appended,
    data: &PolicyModeChanged,
) -> Result<(), StoreError> {
    changed(connection, event, MODE, data.mode.as_str(), &data.reason)
}

fn changed(
    connection: &Connection,
    event: &Appended,
    setting: &str,
    value: &str,
    reason: &Option<String>,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO policy_setting VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (workspace_id, setting) DO UPDATE SET
                 value = ?3, reason = ?4, changed_at = ?5, changed_by_type = ?6, changed_by_id = ?7, last_event_id = ?8";
    connection.prepare_cached(sql)?.execute(rusqlite::params![
        event.scope.workspace_id,
        setting,
        value,
        reason,
        event.occurred_at.millis(),
        event.actor.actor_type.as_str(),
        event.actor.actor_id,
        event.event_id,
    ])?;
    Ok(())
}

pub(in crate::store) fn posture(
    connection: &Connection,
    workspace_id: &str,
) -> Result<Posture, StoreError> {
    // The kill switch is one for all workspaces, and kept with the first.
    let sql = "SELECT setting, value FROM policy_setting WHERE (workspace_id = ?1 AND setting <> ?2) OR (workspace_id = ?3 AND setting = ?2)";
    let mut select = connection.prepare_cached(sql)?;
    let mut rows = select.query([workspace_id, KILL_SWITCH, DEFAULT_WORKSPACE_ID])?;
    let mut posture = Posture::default();
    while let Some(row) = rows.next()? {
        let (setting, value) = (row.get_ref(0)?.as_str(), row.get_ref(1)?.as_str());
        match (
            setting.map_err(rusqlite::Error::from)?,
            value.map_err(rusqlite::Error::from)?,
        ) {
            (KILL_SWITCH, value) => posture.kill_switch = value == ON,
            (MODE, value) => posture.mode = Mode::named(value).unwrap_or_default(),
            (_, _) => {}
        }
    }
    Ok(posture)
}

impl Reader {
    /// Whether the kill switch is on, and who turned it last.
    pub fn kill_switch(&self) -> Result<(bool, Option<Change>), StoreError> {
        let posture = posture(&self.connection, DEFAULT_WORKSPACE_ID)?;
        let change = self.change(DEFAULT_WORKSPACE_ID, KILL_SWITCH)?;
        Ok((posture.kill_switch, change))
    }

    /// The enforcement mode of a workspace, and who chose it.
    pub fn policy_mode(&self, workspace_id: &str) -> Result<(Mode, Option<Change>), StoreError> {
        let posture = posture(&self.connection, workspace_id)?;
        Ok((posture.mode, self.change(workspace_id, MODE)?))
    }

    fn change(&self, workspace_id: &str, setting: &str) -> Result<Option<Change>, StoreError> {
        let sql = "SELECT reason, changed_at, changed_by_type, changed_by_id FROM policy_setting WHERE workspace_id = ?1 AND setting = ?2";
        let change = |row: &Row<'_>| {
            Ok(Change {
                reason: row.get(0)?,
                changed_at: time(row, 1)?,
                changed_by_type: row.get(2)?,
                changed_by_id: row.get(3)?,
            })
        };
        let mut select = self.connection.prepare_cached(sql)?;
        Ok(select
            .query_row([workspace_id, setting], change)
            .optional()?)
    }
}
