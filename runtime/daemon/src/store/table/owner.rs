//! How the owner of a workspace signs in without the owner's token: a passphrase, as its hash. Beside
//! the log: secrets are never events.

use super::unreadable;
use crate::store::error::StoreError;
use crate::store::reader::Reader;
use kernel::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

pub(in crate::store) const DDL: &str = "
CREATE TABLE owner (
  workspace_id TEXT PRIMARY KEY, owner_id TEXT NOT NULL UNIQUE, display_name TEXT NOT NULL, salt BLOB NOT NULL, hash BLOB NOT NULL,
  memory_kib INTEGER NOT NULL, passes INTEGER NOT NULL, created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
";

/// Bytes of a hash.
pub const HASH_BYTES: usize = 32;

/// A passphrase as it is kept. Its cost is kept with it, so that it can rise for new ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PassphraseHash {
    pub salt: [u8; 16],
    pub hash: [u8; HASH_BYTES],
    pub memory_kib: u32,
    pub passes: u32,
}

/// The owner of one workspace.
#[derive(Clone, Debug)]
pub struct OwnerRow {
    pub workspace_id: String,
    pub owner_id: String,
    pub display_name: String,
    pub passphrase: PassphraseHash,
}

/// Keeps the owner of a workspace. False when it has one already, which stays.
pub fn put(connection: &Connection, owner: &OwnerRow, now: Timestamp) -> Result<bool, StoreError> {
    let sql = "INSERT INTO owner VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (workspace_id) DO NOTHING";
    let kept = connection.prepare_cached(sql)?.execute(params![
        owner.workspace_id,
        owner.owner_id,
        owner.display_name,
        owner.passphrase.salt,
        owner.passphrase.hash,
        owner.passphrase.memory_kib,
        owner.passphrase.passes,
        now.millis(),
    ])?;
    Ok(kept == 1)
}

/// Whether this owner is still one.
pub fn is_known(connection: &Connection, owner_id: &str) -> Result<bool, StoreError> {
    let sql = "SELECT count(*) FROM owner WHERE owner_id = ?1";
    let count: i64 = connection
        .prepare_cached(sql)?
        .query_row([owner_id], |row| row.get(0))?;
    Ok(count > 0)
}

/// Forgets the passphrase of a workspace. False when it has none.
pub fn forget(connection: &Connection, workspace_id: &str) -> Result<bool, StoreError> {
    let sql = "DELETE FROM owner WHERE workspace_id = ?1";
    Ok(connection.prepare_cached(sql)?.execute([workspace_id])? == 1)
}

impl Reader {
    /// The owner of a workspace, if a passphrase was set there.
    pub fn owner(&self, workspace_id: &str) -> Result<Option<OwnerRow>, StoreError> {
        let sql = "SELECT workspace_id, owner_id, display_name, salt, hash, memory_kib, passes FROM owner WHERE workspace_id = ?1";
        let mut select = self.connection.prepare_cached(sql)?;
        Ok(select.query_row([workspace_id], read).optional()?)
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<OwnerRow> {
    Ok(OwnerRow {
        workspace_id: row.get(0)?,
        owner_id: row.get(1)?,
        display_name: row.get(2)?,
        passphrase: PassphraseHash {
            salt: bytes(row, 3)?,
            hash: bytes(row, 4)?,
            memory_kib: row.get(5)?,
            passes: row.get(6)?,
        },
    })
}

fn bytes<const N: usize>(row: &Row<'_>, index: usize) -> rusqlite::Result<[u8; N]> {
    let bytes: Vec<u8> = row.get(index)?;
    bytes
        .try_into()
        .map_err(|_| unreadable(index, "as long as it should be"))
}
