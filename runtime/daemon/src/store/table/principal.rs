//! Principals: the stable identity behind every actor. They are part of the log, because the hash
//! of each event holds one; a principal that is asked for before its first event is made then.

use super::time;
use crate::store::error::StoreError;
use crate::store::reader::Reader;
use kernel::gate::policy::Principal;
use kernel::{Actor, ActorType, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row};

/// Actors know since when they are; those of before are as old as their first event.
pub(in crate::store) const MIGRATION: &str = "
ALTER TABLE actor ADD COLUMN first_seen_at INTEGER;
UPDATE actor SET first_seen_at = first.at FROM (SELECT actor, min(occurred_at) AS at FROM event GROUP BY actor) AS first WHERE first.actor = actor.id;
";

/// An actor with its principal.
#[derive(Clone, Debug)]
pub struct PrincipalRow {
    pub principal_id: String,
    pub actor: Actor,
    pub created_at: Option<Timestamp>,
}

/// The principal of an actor, made on first sight.
pub fn ensure(
    connection: &Connection,
    actor: &Actor,
    now: Timestamp,
) -> Result<PrincipalRow, StoreError> {
    if let Some(found) = of_actor(connection, actor)? {
        return Ok(found);
    }
    let principal_id = crate::clock::random_uuid();
    let sql = "INSERT INTO actor (actor_type, actor_id, principal_id, first_seen_at) VALUES (?1, ?2, ?3, ?4)";
    connection.prepare_cached(sql)?.execute(rusqlite::params![
        actor.actor_type.as_str(),
        actor.actor_id,
        principal_id,
        now.millis()
    ])?;
    Ok(PrincipalRow {
        principal_id,
        actor: actor.clone(),
        created_at: Some(now),
    })
}

fn of_actor(connection: &Connection, actor: &Actor) -> Result<Option<PrincipalRow>, StoreError> {
    let sql = "SELECT principal_id, actor_type, actor_id, first_seen_at FROM actor WHERE actor_type = ?1 AND actor_id = ?2";
    let mut select = connection.prepare_cached(sql)?;
    let names = [actor.actor_type.as_str(), actor.actor_id.as_str()];
    Ok(select.query_row(names, read).optional()?)
}

pub(in crate::store) fn state(
    connection: &Connection,
    principal_id: &str,
) -> Result<Option<Principal>, StoreError> {
    let sql = "SELECT principal_id, actor_type, actor_id, first_seen_at FROM actor WHERE principal_id = ?1";
    let mut select = connection.prepare_cached(sql)?;
    let found = select.query_row([principal_id], read).optional()?;
    Ok(found.map(|row| Principal {
        principal_id: row.principal_id,
        actor: row.actor,
    }))
}

/// The principal of an actor, if it has one yet.
pub(in crate::store) fn of(
    connection: &Connection,
    actor: &Actor,
) -> Result<Option<Principal>, StoreError> {
    let found = of_actor(connection, actor)?;
    Ok(found.map(|row| Principal {
        principal_id: row.principal_id,
        actor: row.actor,
    }))
}

impl Reader {
    /// The principal of an actor, if it has one yet.
    pub fn principal_of(&self, actor: &Actor) -> Result<Option<PrincipalRow>, StoreError> {
        of_actor(&self.connection, actor)
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<PrincipalRow> {
    Ok(PrincipalRow {
        principal_id: row.get(0)?,
        actor: Actor::new(
            ActorType::from_wire(row.get_ref(1)?.as_str()?),
            row.get::<_, String>(2)?,
        ),
        created_at: time(row, 3)?,
    })
}
