//! One row that readiness checks write and read: proof that the data path works now.

use crate::store::error::StoreError;
use crate::store::reader::Reader;
use rusqlite::Connection;

pub(in crate::store) const DDL: &str = "
CREATE TABLE probe (id INTEGER PRIMARY KEY CHECK (id = 1), value INTEGER NOT NULL) STRICT;
INSERT INTO probe VALUES (1, 0);
";

/// Writes a new value and returns it.
pub fn write(connection: &Connection) -> Result<i64, StoreError> {
    let sql = "UPDATE probe SET value = value + 1 RETURNING value";
    Ok(connection
        .prepare_cached(sql)?
        .query_row([], |row| row.get(0))?)
}

impl Reader {
    /// The value that the last probe wrote.
    pub fn probe(&self) -> Result<i64, StoreError> {
        Ok(self
            .connection
            .prepare_cached("SELECT value FROM probe")?
            .query_row([], |row| row.get(0))?)
    }
}
