//! Apps of the event bus, and whose they are. One that was deleted stays, for its name.

use crate::store::append::Appended;
use crate::store::error::StoreError;
use crate::store::reader::Reader;
use kernel::Timestamp;
use kernel::broker::{AppOwner, TopicApp};
use kernel::event::TopicAppCreated;
use rusqlite::{Connection, OptionalExtension, Row, params};

pub(in crate::store) const DDL: &str = "
CREATE TABLE topic_app (
  name TEXT PRIMARY KEY, owner TEXT NOT NULL, created_at INTEGER NOT NULL, deleted_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX topic_app_owner ON topic_app (owner, name) WHERE deleted_at IS NULL;
";

/// An app that is there.
#[derive(Clone, Debug)]
pub struct TopicAppRow {
    pub name: String,
    pub owner: AppOwner,
    pub created_at: Timestamp,
}

pub(in crate::store) fn created(
    connection: &Connection,
    event: &Appended,
    data: &TopicAppCreated,
) -> Result<(), StoreError> {
    let sql = "INSERT OR REPLACE INTO topic_app VALUES (?1, ?2, ?3, NULL)";
    connection.prepare_cached(sql)?.execute(params![
        data.app,
        data.owner.to_string(),
        event.occurred_at.millis()
    ])?;
    Ok(())
}

pub(in crate::store) fn deleted(
    connection: &Connection,
    event: &Appended,
    name: &str,
) -> Result<(), StoreError> {
    let sql = "UPDATE topic_app SET deleted_at = ?2 WHERE name = ?1";
    connection
        .prepare_cached(sql)?
        .execute(params![name, event.occurred_at.millis()])?;
    Ok(())
}

pub(in crate::store) fn find(
    connection: &Connection,
    name: &str,
) -> Result<Option<TopicApp>, StoreError> {
    let sql = "SELECT name, owner, deleted_at FROM topic_app WHERE name = ?1";
    let mut select = connection.prepare_cached(sql)?;
    let found = select.query_row([name], |row| {
        Ok(TopicApp {
            name: row.get(0)?,
            owner: owner(row)?,
            deleted: row.get::<_, Option<i64>>(2)?.is_some(),
        })
    });
    Ok(found.optional()?)
}

pub(in crate::store) fn count(
    connection: &Connection,
    owner: &AppOwner,
) -> Result<u64, StoreError> {
    let sql = "SELECT count(*) FROM topic_app WHERE owner = ?1 AND deleted_at IS NULL";
    let mut select = connection.prepare_cached(sql)?;
    Ok(select.query_row([owner.to_string()], |row| row.get(0))?)
}

fn owner(row: &Row<'_>) -> rusqlite::Result<AppOwner> {
    let text: String = row.get(1)?;
    AppOwner::try_from(text).map_err(|_| super::unreadable(1, "the owner of an app"))
}

const SELECT: &str = "SELECT name, owner, created_at FROM topic_app WHERE deleted_at IS NULL";

fn read(row: &Row<'_>) -> rusqlite::Result<TopicAppRow> {
    Ok(TopicAppRow {
        name: row.get(0)?,
        owner: owner(row)?,
        created_at: Timestamp::from_millis(row.get(2)?),
    })
}

impl Reader {
    /// Apps by name; those of one owner, or all.
    pub fn topic_apps(
        &self,
        of: Option<&AppOwner>,
        limit: u32,
    ) -> Result<Vec<TopicAppRow>, StoreError> {
        let sql = format!("{SELECT} AND owner = ifnull(?1, owner) ORDER BY name LIMIT ?2");
        let mut select = self.connection.prepare_cached(&sql)?;
        let rows = select.query_map(params![of.map(ToString::to_string), limit], read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    pub fn topic_app(&self, name: &str) -> Result<Option<TopicAppRow>, StoreError> {
        let sql = format!("{SELECT} AND name = ?1");
        let mut select = self.connection.prepare_cached(&sql)?;
        Ok(select.query_row([name], read).optional()?)
    }
}
