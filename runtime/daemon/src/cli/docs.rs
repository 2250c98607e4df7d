//! docs/CLI.md says what the program says: its generated part is made from the same declarations.

#![allow(clippy::unwrap_used)]

use super::{Cli, exit};
use clap::{Command, CommandFactory};
use std::fmt::Write;
use std::path::Path;

const BEGIN: &str = "<!-- generated: UPDATE_CLI_DOC=1 cargo test -p daemon --lib cli::docs -->\n";
const END: &str = "<!-- end of what is generated -->\n";

fn generated() -> String {
    let mut text = String::from("## Exit codes\n\n| code | meaning |\n| --- | --- |\n");
    for (code, meaning) in exit::MEANINGS {
        writeln!(text, "| {code} | {meaning} |").unwrap();
    }
    text.push_str("\n`signalbox run` passes on the exit code of its command.\n");
    text.push_str("\n## Verbs\n\n| verb | what it does |\n| --- | --- |\n");
    let mut command = Cli::command();
    command.build();
    verbs("", &command, &mut text);
    text
}

fn verbs(of: &str, command: &Command, text: &mut String) {
    for verb in command.get_subcommands() {
        if verb.is_hide_set() || verb.get_name() == "help" {
            continue;
        }
        let name = format!("{of}{}", verb.get_name());
        let about = verb
            .get_about()
            .map(ToString::to_string)
            .unwrap_or_default();
        writeln!(text, "| `{name}` | {} |", about.replace('|', "\\|")).unwrap();
        verbs(&format!("{name} "), verb, text);
    }
}

#[test]
fn the_document_says_what_the_program_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/CLI.md");
    let document = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = document.split_once(BEGIN).expect("the beginning mark");
    let (found, after) = rest.split_once(END).expect("the end mark");
    let expected = format!("\n{}\n", generated());
    if std::env::var_os("UPDATE_CLI_DOC").is_some() {
        std::fs::write(&path, format!("{before}{BEGIN}{expected}{END}{after}")).unwrap();
        return;
    }
    assert_eq!(found, expected, "make it anew, as its mark says");
}

#[test]
fn every_verb_says_what_it_does_and_shows_how() {
    fn walk(of: &str, command: &Command) {
        for verb in command.get_subcommands().filter(|verb| !verb.is_hide_set()) {
            let name = format!("{of} {}", verb.get_name());
            assert!(
                verb.get_about().is_some(),
                "{name} does not say what it does"
            );
            walk(&name, verb);
        }
    }
    let command = Cli::command();
    walk("signalbox", &command);
    let shown = command.get_subcommands().filter(|verb| !verb.is_hide_set());
    for verb in shown.filter(|verb| verb.get_subcommands().next().is_none()) {
        let help = verb
            .get_long_about()
            .map(ToString::to_string)
            .unwrap_or_default();
        let name = verb.get_name();
        let needs_none = verb.get_arguments().next().is_none();
        assert!(
            needs_none || help.contains("Example"),
            "{name} shows no example"
        );
    }
    Cli::command().debug_assert();
}
