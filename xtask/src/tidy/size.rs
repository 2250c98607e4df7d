//! A file has one reason to exist; past this length it usually has two.

use super::tree::{Tree, Violation};

const LINES_MAX: usize = 500;

/// Written by a generator, read by nobody.
const GENERATED: &[&str] = &["ui/src/api/schema.ts"];

/// Files that were longer when they were looked at, with the length they may not exceed. Only ever shrinks.
const RATCHET: &[(&str, usize)] = &[];

pub fn check(tree: &Tree) -> Vec<Violation> {
    check_against(tree, RATCHET)
}

fn check_against(tree: &Tree, ratchet: &[(&str, usize)]) -> Vec<Violation> {
    let mut violations = Vec::new();
    for file in tree
        .files
        .iter()
        .filter(|file| file.has_extension(&["rs", "ts", "tsx", "mjs", "css"]))
    {
        if GENERATED.contains(&file.path.as_str()) {
            continue;
        }
        let lines = file.text.lines().count();
        let recorded = ratchet
            .iter()
            .find(|(path, _)| *path == file.path)
            .map(|(_, lines)| *lines);
        let allowed = recorded.unwrap_or(LINES_MAX);
        if lines > allowed {
            violations.push(file.violation(
                1,
                "size",
                format!("{lines} lines, {allowed} allowed: split it by reason"),
            ));
        } else if recorded.is_some_and(|recorded| lines < recorded) {
            let message = format!(
                "shrank to {lines} lines: lower its line in the ratchet, or remove it under {LINES_MAX}"
            );
            violations.push(file.violation(1, "size", message));
        }
    }
    violations
}

#[cfg(test)]
mod tests {
    use super::{LINES_MAX, check, check_against};
    use crate::tidy::tree::{Tree, found};

    #[test]
    fn a_long_file_is_refused_unless_generated() {
        let long = "x\n".repeat(LINES_MAX + 1);
        assert_eq!(
            found(check, &[("ui/src/app/App.tsx", &long)]),
            ["ui/src/app/App.tsx:1"]
        );
        assert!(found(check, &[("ui/src/api/schema.ts", &long)]).is_empty());
        assert!(found(check, &[("ui/src/app/App.tsx", &"x\n".repeat(LINES_MAX))]).is_empty());
    }

    #[test]
    fn the_ratchet_only_turns_one_way() {
        let ratchet = [("a.rs", 600)];
        let with = |lines: usize| {
            let text = "x\n".repeat(lines);
            check_against(&Tree::of(&[("a.rs", &text)]), &ratchet).len()
        };
        assert_eq!([with(599), with(600), with(601)], [1, 0, 1]);
    }
}
