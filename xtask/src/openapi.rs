//! docs/openapi.json is what the running handlers say about themselves, never edited by hand.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::shell;

const DOCUMENT: &str = "docs/openapi.json";

pub fn run(options: &[&str]) -> Result<()> {
    let (check, binary) = match options {
        [] => (false, None),
        ["--check"] => (true, None),
        ["--binary", path] => (false, Some(*path)),
        ["--check", "--binary", path] => (true, Some(*path)),
        _ => bail!("openapi takes [--check] [--binary PATH]"),
    };
    let generated = match binary {
        Some(path) => shell::capture(path, &["openapi"])?,
        None => shell::capture(
            "cargo",
            &[
                "run",
                "--quiet",
                "--package",
                "daemon",
                "--bin",
                "signalbox",
                "--",
                "openapi",
            ],
        )?,
    };
    let path = shell::root().join(DOCUMENT);
    if check {
        let recorded = fs::read_to_string(&path).unwrap_or_default();
        return compare(&recorded, &generated);
    }
    if let Some(folder) = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    {
        create(folder)?;
    }
    fs::write(&path, generated).with_context(|| format!("could not write {}", path.display()))
}

fn create(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("could not create {}", folder.display()))
}

/// Names the first line that differs: with generated text that is nearly always enough to find the handler.
fn compare(recorded: &str, generated: &str) -> Result<()> {
    if recorded == generated {
        return Ok(());
    }
    let differing = recorded
        .lines()
        .zip(generated.lines())
        .position(|(before, now)| before != now)
        .unwrap_or_else(|| recorded.lines().count().min(generated.lines().count()));
    let line = |text: &str| {
        text.lines()
            .nth(differing)
            .unwrap_or("(end of file)")
            .trim()
            .to_owned()
    };
    bail!(
        "{DOCUMENT} has drifted from the handlers, first at line {}:\n  recorded: {}\n  handlers: {}\n\
         Run `cargo xtask openapi` and `npm run gen:api`, and commit both.",
        differing + 1,
        line(recorded),
        line(generated),
    )
}

#[cfg(test)]
mod tests {
    use super::compare;

    #[test]
    fn equal_documents_have_not_drifted() {
        assert!(compare("{\n}\n", "{\n}\n").is_ok());
    }

    #[test]
    fn drift_names_the_first_differing_line() {
        let error = compare("{\n  \"a\": 1\n}\n", "{\n  \"b\": 1\n}\n")
            .unwrap_err()
            .to_string();
        assert!(error.contains("line 2"), "{error}");
        assert!(error.contains("recorded: \"a\": 1"), "{error}");
    }

    #[test]
    fn a_document_that_only_grew_has_drifted() {
        let error = compare("{\n", "{\n}\n").unwrap_err().to_string();
        assert!(error.contains("recorded: (end of file)"), "{error}");
    }
}
