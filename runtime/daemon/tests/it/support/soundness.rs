//! A data directory that nobody serves, looked at with our own verbs and with SQLite's.

use super::{projections, say_on};
use rusqlite::Connection;
use std::path::Path;

/// Asserts that the log proves itself, that every blob is whole, and that the tables are to the
/// byte what the log says.
pub fn assert_sound(data_dir: &Path) {
    let verdict = say_on(data_dir, &["verify", "--blobs", "--json"]).json();
    assert_eq!(verdict["valid"], true, "{verdict}");
    let tables = projections(data_dir);
    let report = say_on(data_dir, &["rebuild", "--json"]).json();
    for table in report["tables"].as_array().unwrap() {
        assert_eq!(table["unchanged"], true, "{table}");
    }
    assert!(
        projections(data_dir) == tables,
        "a rebuilt table is not the live one"
    );
    let database = Connection::open(data_dir.join("signalbox.db")).unwrap();
    let verdict: String = database
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(verdict, "ok");
    let mut select = database
        .prepare("SELECT substr(blob, 8), size_bytes FROM blob")
        .unwrap();
    let mut rows = select.query([]).unwrap();
    while let Some(row) = rows.next().unwrap() {
        let (name, size): (String, u64) = (row.get(0).unwrap(), row.get(1).unwrap());
        let path = data_dir.join("blobs").join(&name[..2]).join(&name);
        let found = std::fs::metadata(path).map(|file| file.len());
        assert_eq!(found.ok(), Some(size), "blob {name}");
    }
}
