//! The window knows processes, never the domain: what a room or a run is must not reach the shell.

use super::rust_text::{Kind, split};
use super::tree::{File, Tree, Violation};

const WINDOW: &str = "src-tauri";

/// Words with one meaning here. "thread", "run", "message" and "event" are words of every desktop program.
const DOMAIN: &[&str] = &[
    "room",
    "rooms",
    "mission",
    "missions",
    "approval",
    "approvals",
    "artifact",
    "artifacts",
    "lease",
    "leases",
    "timeline",
    "incident",
    "incidents",
    "toolcall",
    "toolcalls",
    "transcript",
    "inbox",
    "hash_chain",
];

/// Words that only mean the domain together.
const DOMAIN_PAIRS: &[(&str, &str)] = &[
    ("run", "id"),
    ("runs", "id"),
    ("thread", "id"),
    ("step", "id"),
    ("message", "id"),
    ("event", "type"),
    ("tool", "call"),
    ("tool", "calls"),
    ("hash", "chain"),
    ("stream", "seq"),
];

/// The contract between window and runtime ends at the supervisor; the rest of the API is the page's business.
const API_PREFIX: &str = "/v1/";

pub fn check(tree: &Tree) -> Vec<Violation> {
    tree.under(WINDOW)
        .filter(|file| file.has_extension(&["rs"]))
        .flat_map(check_file)
        .collect()
}

fn check_file(file: &File) -> Vec<Violation> {
    let mut violations = Vec::new();
    for piece in split(&file.text)
        .iter()
        .filter(|piece| piece.kind != Kind::Comment)
    {
        let words = words(piece.text);
        for (index, (offset, word)) in words.iter().enumerate() {
            let next = words.get(index + 1).map_or("", |(_, next)| next.as_str());
            let pair = DOMAIN_PAIRS.contains(&(word.as_str(), next));
            if pair || DOMAIN.contains(&word.as_str()) {
                let message = format!("the window does not know the word `{word}`");
                violations.push(file.violation(piece.line_at(*offset), "window", message));
            }
        }
        if piece.kind == Kind::Literal && piece.text.contains(API_PREFIX) {
            violations.push(file.violation(
                piece.line,
                "window",
                "the window calls no part of the API",
            ));
        }
    }
    violations
}

/// Words of snake_case, CamelCase and prose alike, in small letters, with where they begin.
fn words(text: &str) -> Vec<(usize, String)> {
    let mut words: Vec<(usize, String)> = Vec::new();
    let mut continues = false;
    let mut after_small = false;
    for (offset, letter) in text.char_indices() {
        let is_word = letter.is_alphanumeric();
        if is_word {
            let begins = !continues || (letter.is_uppercase() && after_small);
            if begins {
                words.push((offset, String::new()));
            }
            if let Some((_, word)) = words.last_mut() {
                word.extend(letter.to_lowercase());
            }
        }
        continues = is_word;
        after_small = letter.is_lowercase() || letter.is_numeric();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::{check, words};
    use crate::tidy::tree::found;

    #[test]
    fn domain_words_in_any_spelling() {
        for source in [
            "struct RoomList;",
            "let run_id = 1;",
            "emit(\"approval.requested\")",
            "fn openTimeline() {}",
        ] {
            assert_eq!(
                found(check, &[("src-tauri/main.rs", source)]),
                ["src-tauri/main.rs:1"],
                "{source}"
            );
        }
    }

    #[test]
    fn the_words_of_any_desktop_program_are_fine() {
        let source =
            "// a room\nfn run(event: Event) { std::thread::spawn(move || release(message)); }";
        assert!(found(check, &[("src-tauri/main.rs", source)]).is_empty());
    }

    #[test]
    fn the_window_does_not_call_the_api() {
        assert_eq!(
            found(check, &[("src-tauri/main.rs", "get(\"/v1/runs\")")]),
            ["src-tauri/main.rs:1"]
        );
    }

    #[test]
    fn words_split_where_people_would() {
        let split: Vec<String> = words("HttpRoom_id2 x")
            .into_iter()
            .map(|(_, word)| word)
            .collect();
        assert_eq!(split, ["http", "room", "id2", "x"]);
    }
}
