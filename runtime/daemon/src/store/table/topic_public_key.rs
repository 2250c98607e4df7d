//! Public keys by which agents of the event bus sign in.

use crate::store::append::Appended;
use crate::store::error::StoreError;
use crate::store::reader::Reader;
use kernel::Timestamp;
use kernel::broker::Principal;
use kernel::event::{TopicPublicKeyAdded, TopicPublicKeyRemoved};
use rusqlite::{Connection, OptionalExtension, params};

pub(in crate::store) const DDL: &str = "
CREATE TABLE topic_public_key (
  principal TEXT NOT NULL, key_name TEXT NOT NULL, public_key TEXT NOT NULL, fingerprint TEXT NOT NULL, added_at INTEGER NOT NULL,
  PRIMARY KEY (principal, key_name)
) STRICT, WITHOUT ROWID;
";

pub(in crate::store) fn added(
    connection: &Connection,
    event: &Appended,
    data: &TopicPublicKeyAdded,
) -> Result<(), StoreError> {
    let sql = "INSERT OR REPLACE INTO topic_public_key VALUES (?1, ?2, ?3, ?4, ?5)";
    connection.prepare_cached(sql)?.execute(params![
        data.principal.to_string(),
        data.key_name,
        data.public_key,
        data.fingerprint,
        event.occurred_at.millis(),
    ])?;
    Ok(())
}

pub(in crate::store) fn removed(
    connection: &Connection,
    data: &TopicPublicKeyRemoved,
) -> Result<(), StoreError> {
    let sql = "DELETE FROM topic_public_key WHERE principal = ?1 AND key_name = ?2";
    connection
        .prepare_cached(sql)?
        .execute(params![data.principal.to_string(), data.key_name])?;
    Ok(())
}

pub(in crate::store) fn names(
    connection: &Connection,
    principal: &Principal,
) -> Result<Vec<String>, StoreError> {
    let sql = "SELECT key_name FROM topic_public_key WHERE principal = ?1";
    let mut select = connection.prepare_cached(sql)?;
    let rows = select.query_map([principal.to_string()], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// What somebody signs in with: a public key, or a key of the bus that is live, or both by one name.
#[derive(Clone, Debug)]
pub struct SignInRow {
    /// An agent, or `app:NAME`.
    pub principal: String,
    pub key_name: String,
    /// Of the public key.
    pub fingerprint: Option<String>,
    pub added_at: Option<Timestamp>,
    /// Since when a key of the bus is live.
    pub issued_at: Option<Timestamp>,
}

impl Reader {
    /// The public key of an agent, in the form of OpenSSH.
    pub fn topic_public_key(
        &self,
        principal: &Principal,
        key_name: &str,
    ) -> Result<Option<String>, StoreError> {
        let sql = "SELECT public_key FROM topic_public_key WHERE principal = ?1 AND key_name = ?2";
        let mut select = self.connection.prepare_cached(sql)?;
        let name = principal.to_string();
        let found = select.query_row([name.as_str(), key_name], |row| row.get(0));
        Ok(found.optional()?)
    }

    /// Who signs in with what, by name.
    pub fn sign_ins(&self, limit: u32) -> Result<Vec<SignInRow>, StoreError> {
        let sql = "SELECT principal, key_name, max(fingerprint), max(added_at), max(issued_at) FROM (
                     SELECT principal, key_name, fingerprint, added_at, NULL AS issued_at FROM topic_public_key
                     UNION ALL SELECT principal, key_name, NULL, NULL, issued_at FROM topic_key WHERE revoked_at IS NULL
                   ) GROUP BY principal, key_name ORDER BY principal, key_name LIMIT ?1";
        let mut select = self.connection.prepare_cached(sql)?;
        let rows = select.query_map([limit], |row| {
            let time = |millis: Option<i64>| millis.map(Timestamp::from_millis);
            Ok(SignInRow {
                principal: row.get(0)?,
                key_name: row.get(1)?,
                fingerprint: row.get(2)?,
                added_at: time(row.get(3)?),
                issued_at: time(row.get(4)?),
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
