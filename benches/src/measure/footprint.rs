//! What one event takes on disk, and how much of it is the search index.

use std::path::Path;

use anyhow::{Context, Result};
use rusqlite::{Connection, OpenFlags};

pub struct Footprint {
    pub file_bytes: u64,
    pub search_bytes: u64,
    pub events: u64,
    /// Largest tables and indexes first.
    pub parts: Vec<(String, u64)>,
}

/// Of a database that no process has open: its write-ahead log has been folded in.
pub fn measure(database: &Path, events: u64) -> Result<Footprint> {
    let connection = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY)
        .with_context(|| format!("{} cannot be opened", database.display()))?;
    let mut parts: Vec<(String, u64)> = connection
        .prepare("SELECT name, sum(pgsize) FROM dbstat GROUP BY name ORDER BY 2 DESC")?
        .query_map([], |row| {
            Ok((row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs()))
        })?
        .collect::<Result<_, _>>()?;
    let search_bytes = parts
        .iter()
        .filter(|(name, _)| is_search(name))
        .map(|(_, bytes)| bytes)
        .sum();
    parts.truncate(LARGEST);
    Ok(Footprint {
        file_bytes: std::fs::metadata(database)?.len(),
        search_bytes,
        events,
        parts,
    })
}

const LARGEST: usize = 8;

/// The full-text index and the documents it points to.
fn is_search(name: &str) -> bool {
    name.contains("search") || name.contains("fts")
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::measure;

    #[test]
    fn the_search_index_is_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.db");
        let connection = Connection::open(&path).unwrap();
        connection
            .execute_batch(
                "CREATE TABLE event (data BLOB); CREATE VIRTUAL TABLE search_text USING fts5(content);
                 INSERT INTO event VALUES (zeroblob(100000)); INSERT INTO search_text VALUES ('one two three');",
            )
            .unwrap();
        drop(connection);
        let footprint = measure(&path, 1).unwrap();
        assert_eq!(footprint.parts[0].0, "event");
        assert!(
            footprint.search_bytes > 0 && footprint.search_bytes < footprint.file_bytes - 100_000
        );
    }
}
