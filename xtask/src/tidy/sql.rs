//! SQL lives in one folder, one table per file; whoever wants a row asks the store.

use std::sync::LazyLock;

use regex::Regex;

use super::rust_text::{Kind, split};
use super::tree::{Tree, Violation};

const STORE: &str = "runtime/daemon/src/store";
const PRODUCT: &[&str] = &[
    "runtime/kernel/src",
    "runtime/supervisor/src",
    "runtime/daemon/src",
    "src-tauri",
];

/// Statements as people write them in capitals anywhere in a literal, or in small letters at its beginning:
/// "select a room from the list" in the middle of a sentence is English.
static STATEMENT: LazyLock<Regex> = LazyLock::new(|| {
    let capitals = statement(
        "SELECT", "FROM", "INSERT", "INTO", "UPDATE", "SET", "DELETE",
    );
    let small = statement(
        "select", "from", "insert", "into", "update", "set", "delete",
    );
    Regex::new(&format!(
        r"(?s)\b(?:{capitals}|(?:CREATE|DROP|ALTER)\s+(?:UNIQUE\s+|VIRTUAL\s+|TEMP\s+)?(?:TABLE|INDEX|TRIGGER|VIEW)\b|PRAGMA\s+\w|BEGIN\s+(?:IMMEDIATE|EXCLUSIVE|DEFERRED)|SAVEPOINT\s+\w)|\A\s*(?:{small}|pragma\s+\w+|create\s+table\s)"
    ))
    .expect("a constant pattern")
});

static LIBRARY: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\brusqlite::").expect("a constant pattern"));

fn statement(
    select: &str,
    from: &str,
    insert: &str,
    into: &str,
    update: &str,
    set: &str,
    delete: &str,
) -> String {
    format!(
        r"{select}\s.{{1,400}}?\s{from}\s|{insert}\s+(?:\w+\s+\w+\s+)?{into}\s|{update}\s+\w+\s+{set}\s|{delete}\s+{from}\s"
    )
}

pub fn check(tree: &Tree) -> Vec<Violation> {
    let mut violations = Vec::new();
    let outside = tree.files.iter().filter(|file| {
        file.has_extension(&["rs"])
            && PRODUCT.iter().any(|folder| file.is_under(folder))
            && !file.is_under(STORE)
            && file.path != format!("{STORE}.rs")
    });
    for file in outside {
        for piece in split(&file.text) {
            let (found, message) = match piece.kind {
                Kind::Literal => (STATEMENT.find(piece.text), "SQL outside the store"),
                Kind::Code => (
                    LIBRARY.find(piece.text),
                    "the database library outside the store",
                ),
                Kind::Comment => continue,
            };
            if let Some(found) = found {
                violations.push(file.violation(piece.line_at(found.start()), "sql", message));
            }
        }
    }
    violations
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::tree::found;

    const HANDLER: &str = "runtime/daemon/src/api/room.rs";

    #[test]
    fn statements_of_every_kind_are_seen() {
        for statement in [
            "SELECT id,\n title FROM rooms",
            "select * from rooms",
            "INSERT OR IGNORE INTO rooms VALUES (1)",
            "UPDATE rooms SET title = ?1",
            "DELETE FROM rooms",
            "PRAGMA journal_mode = WAL",
            "CREATE TABLE rooms (id TEXT)",
            "CREATE UNIQUE INDEX i ON rooms (id)",
        ] {
            let source = format!("fn f() {{\n    run(\"{statement}\");\n}}");
            assert_eq!(
                found(check, &[(HANDLER, &source)]),
                [format!("{HANDLER}:2")],
                "{statement}"
            );
        }
    }

    #[test]
    fn sentences_are_not_statements() {
        for sentence in [
            "Select a room from the list",
            "update available",
            "Nothing to delete from here",
        ] {
            let source = format!("fn f() {{ say(\"{sentence}\"); }} // SELECT id FROM rooms");
            assert!(found(check, &[(HANDLER, &source)]).is_empty(), "{sentence}");
        }
    }

    #[test]
    fn the_store_may_and_others_may_not_use_the_library() {
        let source = "use rusqlite::Connection;\nconst Q: &str = \"SELECT 1 FROM rooms\";";
        assert!(found(check, &[("runtime/daemon/src/store/table/room.rs", source)]).is_empty());
        assert_eq!(found(check, &[(HANDLER, source)]).len(), 2);
    }
}
