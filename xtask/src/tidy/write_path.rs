//! One write path: `App::submit` is the only caller of the log's door, and one file writes its rows.

use std::sync::LazyLock;

use regex::Regex;

use super::rust_text::{Kind, split};
use super::tree::{Tree, Violation};

const DAEMON: &str = "runtime/daemon/src";
/// The two places a door may be used from: the application, and the store's own rooms.
const APP: &str = "runtime/daemon/src/app";
const STORE: &str = "runtime/daemon/src/store";
const LOG_WRITER: &str = "runtime/daemon/src/store/append.rs";

static DOOR: LazyLock<Regex> = LazyLock::new(|| pattern(r"\bstore(?:\(\))?\s*\.\s*append\s*\("));
static ROW: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\bINSERT\s+(?:OR\s+\w+\s+)?INTO\s+event\b"));
static LOSS: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\b(?:DELETE\s+FROM|DROP\s+TABLE)\s+event\b"));

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a constant pattern")
}

pub fn check(tree: &Tree) -> Vec<Violation> {
    let mut violations = Vec::new();
    let mut doors = 0_usize;
    for file in tree
        .under(DAEMON)
        .filter(|file| file.has_extension(&["rs"]))
    {
        let is_app = file.is_under(APP) || file.path == format!("{APP}.rs");
        for piece in split(&file.text) {
            let mut report = |offset: usize, message: &str| {
                violations.push(file.violation(piece.line_at(offset), "write path", message));
            };
            match piece.kind {
                Kind::Code if !file.is_under(STORE) => {
                    for door in DOOR.find_iter(piece.text) {
                        doors += usize::from(is_app);
                        if !is_app {
                            report(door.start(), "only App::submit appends");
                        } else if doors > 1 {
                            report(
                                door.start(),
                                "App::submit is one function: this is a second door",
                            );
                        }
                    }
                }
                Kind::Literal => {
                    if let Some(row) = ROW.find(piece.text).filter(|_| file.path != LOG_WRITER) {
                        report(row.start(), "only store/append.rs writes the log's rows");
                    }
                    if let Some(loss) = LOSS.find(piece.text) {
                        report(loss.start(), "the log is append-only");
                    }
                }
                Kind::Code | Kind::Comment => {}
            }
        }
    }
    violations
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::tree::found;

    const APP: &str = "runtime/daemon/src/app.rs";

    #[test]
    fn a_handler_may_not_append() {
        let source = "async fn create() {\n    app.store\n        .append(ctx, command).await\n}";
        assert_eq!(
            found(check, &[("runtime/daemon/src/api/room.rs", source)]),
            ["runtime/daemon/src/api/room.rs:2"]
        );
        assert!(found(check, &[(APP, source)]).is_empty());
        let vector = "let mut list = vec![]; list.append(&mut other);";
        assert!(found(check, &[("runtime/daemon/src/api/room.rs", vector)]).is_empty());
    }

    #[test]
    fn there_is_one_door() {
        let source = "fn submit() { self.store.append(a) }\nfn sneak() { self.store.append(b) }";
        assert_eq!(found(check, &[(APP, source)]), [format!("{APP}:2")]);
    }

    #[test]
    fn one_file_writes_rows_and_none_removes_them() {
        let insert = "const A: &str = \"INSERT INTO event (position) VALUES (1)\";";
        assert!(found(check, &[("runtime/daemon/src/store/append.rs", insert)]).is_empty());
        assert_eq!(
            found(check, &[("runtime/daemon/src/store/log.rs", insert)]).len(),
            1
        );
        let other = "const A: &str = \"INSERT INTO event_type (name) VALUES (1)\";";
        assert!(found(check, &[("runtime/daemon/src/store/intern.rs", other)]).is_empty());
        let delete = "const A: &str = \"DELETE FROM event WHERE position = 1\";";
        assert_eq!(
            found(check, &[("runtime/daemon/src/store/append.rs", delete)]).len(),
            1
        );
    }
}
