//! Names that repeat in every event, kept once: each maps a value to its row number and
//! remembers it for as long as the transaction that created it is not rolled back.

use super::limits;
use kernel::{Actor, Scope, StreamKey};
use rusqlite::{CachedStatement, Connection, OptionalExtension, params};
use std::collections::HashMap;

/// The end of a stream, as the next append needs it.
#[derive(Clone, Debug)]
pub struct Head {
    pub stream: i64,
    pub seq: u64,
    pub hash: Option<[u8; 32]>,
    pub dirty: bool,
}

/// The numbers of an actor and its principal.
#[derive(Clone, Debug)]
pub struct ActorRow {
    pub id: i64,
    pub principal_id: String,
}

/// What the writer remembers between events. Forgotten as a whole when a transaction fails.
#[derive(Default)]
pub struct Interned {
    types: HashMap<String, i64>,
    scopes: HashMap<Scope, i64>,
    actors: HashMap<Actor, ActorRow>,
    heads: HashMap<StreamKey, Head>,
}

impl Interned {
    pub fn forget(&mut self) {
        *self = Self::default();
    }

    /// Keeps memory flat however many scopes there are.
    pub fn trim(&mut self) {
        if self.scopes.len() + self.actors.len() + self.heads.len() > limits::INTERNED_MAX {
            self.forget();
        }
    }

    pub fn event_type(&mut self, connection: &Connection, name: &str) -> rusqlite::Result<i64> {
        if let Some(id) = self.types.get(name) {
            return Ok(*id);
        }
        let select = "SELECT id FROM event_type WHERE name = ?1";
        let id = match connection
            .prepare_cached(select)?
            .query_row([name], |row| row.get(0))
            .optional()?
        {
            Some(id) => id,
            None => insert(
                connection.prepare_cached("INSERT INTO event_type (name) VALUES (?1)")?,
                params![name],
            )?,
        };
        self.types.insert(name.to_owned(), id);
        Ok(id)
    }

    pub fn scope(&mut self, connection: &Connection, scope: &Scope) -> rusqlite::Result<i64> {
        if let Some(id) = self.scopes.get(scope) {
            return Ok(*id);
        }
        let values = params![
            scope.workspace_id,
            scope.mission_id,
            scope.room_id,
            scope.thread_id,
            scope.run_id,
            scope.step_id,
            scope.channel
        ];
        // The narrowest member leads to an index; IS compares NULLs too.
        let select = match (&scope.run_id, &scope.thread_id, &scope.channel) {
            (Some(_), _, _) => {
                "SELECT id FROM scope WHERE run_id = ?5 AND workspace_id = ?1 AND mission_id IS ?2 AND room_id IS ?3 AND thread_id IS ?4 AND step_id IS ?6 AND channel IS ?7"
            }
            (None, Some(_), _) => {
                "SELECT id FROM scope WHERE thread_id = ?4 AND workspace_id = ?1 AND mission_id IS ?2 AND room_id IS ?3 AND run_id IS ?5 AND step_id IS ?6 AND channel IS ?7"
            }
            (None, None, Some(_)) => {
                "SELECT id FROM scope WHERE channel = ?7 AND workspace_id = ?1 AND room_id IS ?3 AND thread_id IS ?4 AND run_id IS ?5 AND step_id IS ?6 AND mission_id IS ?2"
            }
            (None, None, None) => {
                "SELECT id FROM scope WHERE workspace_id = ?1 AND room_id IS ?3 AND thread_id IS ?4 AND run_id IS ?5 AND step_id IS ?6 AND mission_id IS ?2 AND channel IS ?7"
            }
        };
        let id = match connection
            .prepare_cached(select)?
            .query_row(values, |row| row.get(0))
            .optional()?
        {
            Some(id) => id,
            None => {
                let sql = "INSERT INTO scope (workspace_id, mission_id, room_id, thread_id, run_id, step_id, channel) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
                insert(connection.prepare_cached(sql)?, values)?
            }
        };
        self.scopes.insert(scope.clone(), id);
        Ok(id)
    }

    /// The actor's row and its principal, created on first sight.
    pub fn actor(&mut self, connection: &Connection, actor: &Actor) -> rusqlite::Result<ActorRow> {
        if let Some(row) = self.actors.get(actor) {
            return Ok(row.clone());
        }
        let kind = actor.actor_type.as_str();
        let select = "SELECT id, principal_id FROM actor WHERE actor_type = ?1 AND actor_id = ?2";
        let found = connection
            .prepare_cached(select)?
            .query_row([kind, &actor.actor_id], |row| {
                Ok(ActorRow {
                    id: row.get(0)?,
                    principal_id: row.get(1)?,
                })
            })
            .optional()?;
        let row = match found {
            Some(row) => row,
            None => {
                let principal_id = crate::clock::random_uuid();
                let sql = "INSERT INTO actor (actor_type, actor_id, principal_id, first_seen_at) VALUES (?1, ?2, ?3, ?4)";
                let now = crate::clock::now().millis();
                let id = insert(
                    connection.prepare_cached(sql)?,
                    params![kind, actor.actor_id, principal_id, now],
                )?;
                ActorRow { id, principal_id }
            }
        };
        self.actors.insert(actor.clone(), row.clone());
        Ok(row)
    }

    /// The head of a stream, created with its first event.
    pub fn head(
        &mut self,
        connection: &Connection,
        key: &StreamKey,
        workspace_id: &str,
    ) -> rusqlite::Result<&mut Head> {
        if !self.heads.contains_key(key) {
            let select = "SELECT id, head_seq, head_hash FROM stream WHERE stream_type = ?1 AND stream_id = ?2";
            let found = connection
                .prepare_cached(select)?
                .query_row([key.stream_type(), key.stream_id()], |row| {
                    Ok(Head {
                        stream: row.get(0)?,
                        seq: row.get(1)?,
                        hash: row.get(2)?,
                        dirty: false,
                    })
                })
                .optional()?;
            let head = match found {
                Some(head) => head,
                None => {
                    let sql = "INSERT INTO stream (stream_type, stream_id, workspace_id, head_seq, head_at) VALUES (?1, ?2, ?3, 0, 0)";
                    let values = params![key.stream_type(), key.stream_id(), workspace_id];
                    Head {
                        stream: insert(connection.prepare_cached(sql)?, values)?,
                        seq: 0,
                        hash: None,
                        dirty: false,
                    }
                }
            };
            self.heads.insert(key.clone(), head);
        }
        self.heads
            .get_mut(key)
            .ok_or(rusqlite::Error::QueryReturnedNoRows)
    }

    /// Writes the heads that moved; once per transaction, however many events it holds.
    pub fn flush_heads(
        &mut self,
        connection: &Connection,
        at: kernel::Timestamp,
    ) -> rusqlite::Result<()> {
        let mut update = connection.prepare_cached(
            "UPDATE stream SET head_seq = ?2, head_hash = ?3, head_at = ?4 WHERE id = ?1",
        )?;
        for head in self.heads.values_mut().filter(|head| head.dirty) {
            update.execute(params![head.stream, head.seq, head.hash, at.millis()])?;
            head.dirty = false;
        }
        Ok(())
    }
}

fn insert(
    mut statement: CachedStatement<'_>,
    values: &[&dyn rusqlite::ToSql],
) -> rusqlite::Result<i64> {
    statement.insert(values)
}
