//! Throwing the projections away and making them again from the log. The result must be the
//! same to the byte: a projection that differs was wrong before, or its projector is.

use super::append::Appended;
use super::error::{StartError, StoreError};
use super::table::{PROJECTIONS, search};
use super::{dictionary, log, open, project};
use kernel::{Actor, ActorType, Event, Timestamp};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, params};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::path::Path;

/// What a rebuild found, a line per table.
#[derive(Debug, Serialize)]
pub struct Report {
    pub events: u64,
    pub tables: Vec<Table>,
}

/// One projection before and after.
#[derive(Debug, Serialize)]
pub struct Table {
    pub name: &'static str,
    pub rows: u64,
    pub unchanged: bool,
}

impl Report {
    pub fn unchanged(&self) -> bool {
        self.tables.iter().all(|table| table.unchanged)
    }
}

/// Rebuilds every projection of a data directory that no process has open, in one transaction.
pub fn run(data_dir: &Path, progress: &mut dyn FnMut(u64)) -> Result<Report, RebuildError> {
    let connection = open::writer(data_dir)?;
    Ok(rebuild(&connection, progress)?)
}

#[derive(Debug, thiserror::Error)]
pub enum RebuildError {
    #[error(transparent)]
    Start(#[from] StartError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn rebuild(connection: &Connection, progress: &mut dyn FnMut(u64)) -> Result<Report, StoreError> {
    connection.execute_batch("BEGIN IMMEDIATE")?;
    let before = fingerprints(connection)?;
    for (table, _) in PROJECTIONS {
        connection.execute(&format!("DELETE FROM {table}"), [])?;
    }
    search::clear(connection)?;
    let events = replay(connection, progress)?;
    search::catch_up(connection, log::last_position(connection)?)?;
    let after = fingerprints(connection)?;
    connection.execute_batch("COMMIT")?;
    let tables = PROJECTIONS.iter().zip(before.into_iter().zip(after)).map(
        |((name, _), (before, after))| Table {
            name,
            rows: after.rows,
            unchanged: before == after,
        },
    );
    Ok(Report {
        events,
        tables: tables.collect(),
    })
}

fn replay(connection: &Connection, progress: &mut dyn FnMut(u64)) -> Result<u64, StoreError> {
    let sql = "SELECT position, event_id, occurred_at, event_type.name, event.scope, actor_type, actor_id, principal_id, correlation, data, idempotency_key, event.stream, event.seq
               FROM event JOIN event_type ON event_type.id = event.type JOIN actor ON actor.id = event.actor ORDER BY position";
    let mut select = connection.prepare(sql)?;
    let mut rows = select.query([])?;
    let mut count: u64 = 0;
    while let Some(row) = rows.next()? {
        let event_id: [u8; 16] = row.get(1)?;
        let event_id = uuid::Uuid::from_bytes(event_id).to_string();
        let data = serde_json::from_str(row.get_ref(9)?.as_str().map_err(rusqlite::Error::from)?)
            .map_err(|error| StoreError::Damaged(error.to_string()))?;
        let event_type: String = row.get(3)?;
        let actor_type: String = row.get(5)?;
        let event = Appended {
            position: row.get(0)?,
            stream_seq: row.get(12)?,
            occurred_at: Timestamp::from_millis(row.get(2)?),
            event: Event::decode(&event_type, data),
            scope: dictionary::scope(connection, row.get(4)?)?,
            scope_number: row.get(4)?,
            stream_number: row.get(11)?,
            actor: Actor::new(ActorType::from_wire(&actor_type), row.get::<_, String>(6)?),
            principal_id: row.get(7)?,
            correlation_id: log::decode_reference(row.get_ref(8)?)
                .unwrap_or_else(|| event_id.clone()),
            idempotency_key: row.get(10)?,
            event_id,
        };
        project::event(connection, &event)?;
        count += 1;
        if count.is_multiple_of(10_000) {
            search::catch_up(connection, event.position)?;
            progress(count);
        }
    }
    Ok(count)
}

#[derive(PartialEq, Eq)]
struct Fingerprint {
    rows: u64,
    hash: [u8; 32],
}

/// Number of rows and a hash over every value, in key order, of each projection.
fn fingerprints(connection: &Connection) -> Result<Vec<Fingerprint>, StoreError> {
    PROJECTIONS
        .iter()
        .map(|(table, order)| fingerprint(connection, table, order))
        .collect()
}

fn fingerprint(
    connection: &Connection,
    table: &str,
    order: &str,
) -> Result<Fingerprint, StoreError> {
    let mut select = connection.prepare(&format!("SELECT * FROM {table} ORDER BY {order}"))?;
    let columns = select.column_count();
    let mut rows = select.query(params![])?;
    let mut hash = Sha256::new();
    let mut count = 0;
    while let Some(row) = rows.next()? {
        count += 1;
        for index in 0..columns {
            match row.get_ref(index)? {
                ValueRef::Null => hash.update([0]),
                ValueRef::Integer(value) => {
                    hash.update([1]);
                    hash.update(value.to_le_bytes());
                }
                ValueRef::Real(value) => {
                    hash.update([2]);
                    hash.update(value.to_le_bytes());
                }
                ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
                    hash.update([3]);
                    hash.update((bytes.len() as u64).to_le_bytes());
                    hash.update(bytes);
                }
            }
        }
    }
    Ok(Fingerprint {
        rows: count,
        hash: hash.finalize().into(),
    })
}
