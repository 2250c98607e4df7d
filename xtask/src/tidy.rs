//! Taste as a test: what no compiler checks and no reviewer should have to repeat.
//!
//! Each check is a function from the tree to violations, with a sample in its tests that it must refuse.

mod banned_calls;
mod layers;
mod manifests;
mod places;
mod rust_text;
mod size;
mod sql;
mod tree;
mod ui_imports;
mod unfinished;
mod window_words;
mod write_path;

use anyhow::{Result, bail};

use crate::shell;
use tree::{Tree, Violation};

type Check = fn(&Tree) -> Vec<Violation>;

const CHECKS: &[Check] = &[
    banned_calls::check,
    layers::check,
    manifests::check,
    places::check,
    size::check,
    sql::check,
    ui_imports::check,
    unfinished::check,
    window_words::check,
    write_path::check,
];

/// Runs every check on the files git knows or would add, and fails with all violations at once.
pub fn run() -> Result<()> {
    let tree = Tree::of_repository(&shell::root())?;
    let violations: Vec<String> = CHECKS
        .iter()
        .flat_map(|check| check(&tree))
        .map(|violation| violation.to_string())
        .collect();
    if violations.is_empty() {
        eprintln!(
            "tidy: {} files, {} checks, nothing to mend",
            tree.files.len(),
            CHECKS.len()
        );
        return Ok(());
    }
    bail!(
        "{}\n\ntidy: {} to mend",
        violations.join("\n"),
        violations.len()
    )
}
