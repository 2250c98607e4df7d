//! Time is an argument: only a clock module reads the wall clock, so everything else can be replayed.
//! The kernel goes further: it may not name anything whose answer depends on the machine or the moment.

use std::sync::LazyLock;

use regex::Regex;

use super::rust_text::{Kind, split};
use super::tree::{File, Tree, Violation};

const CLOCKS: &[&str] = &[
    "runtime/daemon/src/clock.rs",
    "runtime/supervisor/src/clock.rs",
];

static WALL_CLOCK: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"\b(SystemTime|Timestamp|Zoned|Utc|Local|OffsetDateTime)::now(_utc)?\b")
});

/// Hash maps are in the list because their order differs from run to run.
static IMPURE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(std::(fs|net|env|process|thread)|Instant::now|HashMap|HashSet|thread_rng|getrandom)\b",
    )
});

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a constant pattern")
}

pub fn check(tree: &Tree) -> Vec<Violation> {
    let mut violations = Vec::new();
    for file in tree.files.iter().filter(|file| file.has_extension(&["rs"])) {
        if !CLOCKS.contains(&file.path.as_str()) {
            search(
                file,
                &WALL_CLOCK,
                "take the time as an argument; only clock.rs reads it",
                &mut violations,
            );
        }
        if file.is_under("runtime/kernel/src") {
            search(
                file,
                &IMPURE,
                "the kernel is pure: pass the value in",
                &mut violations,
            );
        }
    }
    violations
}

fn search(file: &File, banned: &Regex, advice: &str, violations: &mut Vec<Violation>) {
    for piece in split(&file.text)
        .iter()
        .filter(|piece| piece.kind == Kind::Code)
    {
        for call in banned.find_iter(piece.text) {
            let message = format!("`{}`: {advice}", call.as_str());
            violations.push(file.violation(piece.line_at(call.start()), "banned call", message));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::tree::found;

    #[test]
    fn the_wall_clock_belongs_to_the_clock() {
        let source = "fn f() {\n    let t = jiff::Timestamp::now();\n}";
        assert_eq!(
            found(check, &[("runtime/daemon/src/app.rs", source)]),
            ["runtime/daemon/src/app.rs:2"]
        );
        assert!(found(check, &[("runtime/daemon/src/clock.rs", source)]).is_empty());
    }

    #[test]
    fn speaking_of_a_call_is_not_calling_it() {
        let source = "// never Timestamp::now()\nconst A: &str = \"SystemTime::now\";";
        assert!(found(check, &[("runtime/daemon/src/app.rs", source)]).is_empty());
    }

    #[test]
    fn the_kernel_names_nothing_impure() {
        let source = "use std::collections::HashMap;\nuse std::fs;";
        assert_eq!(
            found(check, &[("runtime/kernel/src/ids.rs", source)]),
            ["runtime/kernel/src/ids.rs:1", "runtime/kernel/src/ids.rs:2"]
        );
        assert!(found(check, &[("runtime/daemon/src/app.rs", source)]).is_empty());
    }
}
