//! What is committed is finished: no promise to oneself, no test that does not run.

use std::sync::LazyLock;

use regex::Regex;

use super::tree::{Tree, Violation};

/// Written so that this file does not refuse itself.
static PROMISE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"\b(TO",
        r"DO|FIX",
        r"ME|XX",
        r"X|HA",
        r"CK)\b|\b(unimple",
        r"mented|to",
        r"do)!"
    ))
});
static SWITCHED_OFF: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"#\[igno",
        r"re\b|\b(?:it|test|describe|suite)\.(?:sk",
        r"ip|on",
        r"ly|fix",
        r"me|to",
        r"do)\b"
    ))
});

const TEXT: &[&str] = &[
    "rs", "ts", "tsx", "mjs", "css", "html", "toml", "md", "json",
];

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a constant pattern")
}

pub fn check(tree: &Tree) -> Vec<Violation> {
    let mut violations = Vec::new();
    let texts = tree
        .files
        .iter()
        .filter(|file| file.has_extension(TEXT) && file.path != "package-lock.json");
    for file in texts {
        for (number, line) in file.lines() {
            if let Some(found) = PROMISE.find(line) {
                violations.push(file.violation(
                    number,
                    "unfinished",
                    format!("`{}`", found.as_str()),
                ));
            }
            if let Some(found) = SWITCHED_OFF.find(line) {
                let message = format!("`{}`: a test that does not run is no test", found.as_str());
                violations.push(file.violation(number, "unfinished", message));
            }
        }
    }
    violations
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::tree::found;

    #[test]
    fn promises_are_refused() {
        let source = concat!(
            "fn a() {\n    // TO",
            "DO: later\n    unimple",
            "mented!()\n}"
        );
        assert_eq!(found(check, &[("a.rs", source)]), ["a.rs:2", "a.rs:3"]);
    }

    #[test]
    fn tests_that_do_not_run_are_refused() {
        let source = concat!(
            "it.sk",
            "ip('works', () => {})\ndescribe.on",
            "ly('x', () => {})"
        );
        assert_eq!(
            found(check, &[("a.test.ts", source)]),
            ["a.test.ts:1", "a.test.ts:2"]
        );
        assert_eq!(
            found(check, &[("a.rs", concat!("#[igno", "re = \"slow\"]"))]),
            ["a.rs:1"]
        );
    }

    #[test]
    fn the_words_of_the_trade_are_fine() {
        let source = "let todo_count = list.iter().skip(1).count(); // one task is left to do";
        assert!(found(check, &[("a.rs", source)]).is_empty());
    }
}
