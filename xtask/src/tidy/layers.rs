//! Which room of the daemon may know which other: arrows point one way.

use std::sync::LazyLock;

use regex::Regex;

use super::rust_text::{Kind, split};
use super::tree::{Tree, Violation};

struct Wall {
    /// The files behind the wall.
    folder: &'static str,
    /// Rooms of the same crate they may not name.
    rooms: &'static [&'static str],
    why: &'static str,
}

const DAEMON: &str = "runtime/daemon/src";

const WALLS: &[Wall] = &[
    Wall {
        folder: "store",
        rooms: &["app", "api", "live", "worker", "cli", "mcp", "effect"],
        why: "the store keeps what it is given and knows nobody above it",
    },
    Wall {
        folder: "worker",
        rooms: &["app", "store", "api", "live"],
        why: "the worker is an engine like any other: HTTP is its only door",
    },
    Wall {
        folder: "live",
        rooms: &["api", "worker", "cli"],
        why: "live delivery reads the log and nothing else",
    },
    Wall {
        folder: "effect",
        rooms: &["app", "store", "api"],
        why: "an effect is told what to do, it never looks",
    },
];

static NAMED: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\bcrate::(?:\{[^}]*|([a-z_]+))").expect("a constant pattern"));
static WORD: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?:^|[{,\s])([a-z_]+)").expect("a constant pattern"));

pub fn check(tree: &Tree) -> Vec<Violation> {
    let mut violations = Vec::new();
    for file in tree
        .under(DAEMON)
        .filter(|file| file.has_extension(&["rs"]))
    {
        for wall in WALLS.iter().filter(|wall| is_room(&file.path, wall.folder)) {
            for piece in split(&file.text)
                .iter()
                .filter(|piece| piece.kind == Kind::Code)
            {
                for path in NAMED.captures_iter(piece.text) {
                    let whole = path
                        .get(0)
                        .map_or((0, ""), |found| (found.start(), found.as_str()));
                    let line = piece.line_at(whole.0);
                    for room in rooms_named(whole.1).filter(|room| wall.rooms.contains(room)) {
                        let message =
                            format!("{} may not know `crate::{room}`: {}", wall.folder, wall.why);
                        violations.push(file.violation(line, "layers", message));
                    }
                }
            }
        }
    }
    violations
}

/// `worker/run.rs`, `worker/mod.rs` and `worker.rs` are all the worker's.
fn is_room(path: &str, folder: &str) -> bool {
    path.strip_prefix(DAEMON)
        .and_then(|rest| rest.strip_prefix('/'))
        .and_then(|rest| rest.strip_prefix(folder))
        .is_some_and(|rest| rest.starts_with('/') || rest == ".rs")
}

/// The rooms in `crate::store` and in `crate::{app, store::log}`.
fn rooms_named(path: &str) -> impl Iterator<Item = &str> {
    let names = path.trim_start_matches("crate::");
    WORD.captures_iter(names)
        .filter_map(|found| found.get(1))
        .map(|found| found.as_str())
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::tree::found;

    #[test]
    fn the_worker_has_no_private_door() {
        let source = "use crate::client::Client;\nuse crate::store::log;\n";
        assert_eq!(
            found(check, &[("runtime/daemon/src/worker/run.rs", source)]),
            ["runtime/daemon/src/worker/run.rs:2"]
        );
        assert_eq!(
            found(check, &[("runtime/daemon/src/worker.rs", source)]),
            ["runtime/daemon/src/worker.rs:2"]
        );
        assert!(found(check, &[("runtime/daemon/src/app.rs", source)]).is_empty());
    }

    #[test]
    fn grouped_imports_are_seen() {
        let source = "use crate::{config::Config, app::App};";
        assert_eq!(
            found(check, &[("runtime/daemon/src/store/log.rs", source)]),
            ["runtime/daemon/src/store/log.rs:1"]
        );
    }

    #[test]
    fn a_room_with_a_longer_name_is_another_room() {
        let source = "use crate::application::X;";
        assert!(found(check, &[("runtime/daemon/src/store/log.rs", source)]).is_empty());
    }
}
