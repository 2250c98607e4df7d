//! Names by number, the other way round from interning: what a reader needs to show an event.

use super::event_json;
use kernel::Scope;
use rusqlite::Connection;
use std::collections::HashMap;
use std::sync::Arc;

/// Names by number, as they are met. One per reader connection; rows never change.
#[derive(Default)]
pub struct Dictionary {
    types: HashMap<i64, Arc<str>>,
    scopes: HashMap<i64, Arc<[u8]>>,
    actors: HashMap<i64, Arc<[u8]>>,
    streams: HashMap<i64, Arc<(String, String)>>,
}

impl Dictionary {
    pub fn trim(&mut self) {
        if self.scopes.len() + self.streams.len() > super::limits::INTERNED_MAX {
            *self = Self::default();
        }
    }

    pub fn event_type(&mut self, connection: &Connection, id: i64) -> rusqlite::Result<Arc<str>> {
        memo(&mut self.types, id, || {
            let mut select =
                connection.prepare_cached("SELECT name FROM event_type WHERE id = ?1")?;
            select.query_row([id], |row| Ok(Arc::from(row.get_ref(0)?.as_str()?)))
        })
    }

    pub fn scope(&mut self, connection: &Connection, id: i64) -> rusqlite::Result<Arc<[u8]>> {
        memo(&mut self.scopes, id, || {
            Ok(event_json::scope_members(&scope(connection, id)?).into())
        })
    }

    pub fn actor(&mut self, connection: &Connection, id: i64) -> rusqlite::Result<Arc<[u8]>> {
        memo(&mut self.actors, id, || {
            let mut select = connection.prepare_cached(
                "SELECT actor_type, actor_id, principal_id FROM actor WHERE id = ?1",
            )?;
            select.query_row([id], |row| {
                let text = |index| -> rusqlite::Result<String> { row.get(index) };
                Ok(event_json::actor_members(&text(0)?, &text(1)?, &text(2)?).into())
            })
        })
    }

    pub fn stream(
        &mut self,
        connection: &Connection,
        id: i64,
    ) -> rusqlite::Result<Arc<(String, String)>> {
        memo(&mut self.streams, id, || {
            let mut select = connection
                .prepare_cached("SELECT stream_type, stream_id FROM stream WHERE id = ?1")?;
            select.query_row([id], |row| Ok(Arc::new((row.get(0)?, row.get(1)?))))
        })
    }
}

fn memo<T: Clone>(
    map: &mut HashMap<i64, T>,
    id: i64,
    read: impl FnOnce() -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    if let Some(found) = map.get(&id) {
        return Ok(found.clone());
    }
    let value = read()?;
    map.insert(id, value.clone());
    Ok(value)
}

/// The scope with this number.
pub fn scope(connection: &Connection, id: i64) -> rusqlite::Result<Scope> {
    let sql = "SELECT workspace_id, mission_id, room_id, thread_id, run_id, step_id, channel FROM scope WHERE id = ?1";
    connection.prepare_cached(sql)?.query_row([id], |row| {
        Ok(Scope {
            workspace_id: row.get(0)?,
            mission_id: row.get(1)?,
            room_id: row.get(2)?,
            thread_id: row.get(3)?,
            run_id: row.get(4)?,
            step_id: row.get(5)?,
            channel: row.get(6)?,
        })
    })
}
