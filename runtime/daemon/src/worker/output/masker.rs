//! Masking secrets in text that comes in pieces: what may be the beginning of a secret is held
//! back until its end shows what it is.

use kernel::redaction::{Extent, RULES, redact_text};

/// Text held back at most; secrets are far shorter, private keys included.
const HOLD_BYTES_MAX: usize = 16 * 1024;

/// Masks one stream of text.
#[derive(Debug, Default)]
pub struct Masker {
    held: String,
}

impl Masker {
    /// Adds a piece and returns what can be shown by now, masked.
    pub fn push(&mut self, piece: &str) -> String {
        self.held.push_str(piece);
        let mut ready = open_secret(&self.held);
        if self.held.len() - ready > HOLD_BYTES_MAX {
            ready = self.held.len();
        }
        let rest = self.held.split_off(ready);
        mask(std::mem::replace(&mut self.held, rest))
    }

    /// Everything that is left, masked: no more will come.
    pub fn finish(&mut self) -> String {
        mask(std::mem::take(&mut self.held))
    }
}

fn mask(text: String) -> String {
    match redact_text(&text) {
        Some((masked, _)) => masked,
        None => text,
    }
}

/// Where the first secret begins that the end of `text` may have cut in two.
fn open_secret(text: &str) -> usize {
    let open = RULES.iter().flat_map(|rule| {
        rule.starts.iter().filter_map(|start| {
            let whole = match rule.extent {
                Extent::Word => open_word(text, start),
                Extent::Announced => open_announced(text, start),
                Extent::Block { title_end } => open_block(text, start, title_end),
            };
            [whole, cut_start(text, start, rule.extent)]
                .into_iter()
                .flatten()
                .min()
        })
    });
    open.min().unwrap_or(text.len())
}

/// A token that reaches to the end of the text.
fn open_word(text: &str, start: &str) -> Option<usize> {
    let word = text.trim_end_matches(is_token_char).len();
    let mut places = text[word..].match_indices(start).map(|(at, _)| word + at);
    places.find(|at| begins_word(text, *at))
}

/// An announced token that reaches to the end of the text.
fn open_announced(text: &str, start: &str) -> Option<usize> {
    let at = text.rfind(start)?;
    let token = text[at + start.len()..].trim_start();
    (begins_word(text, at) && token.chars().all(is_token_char)).then_some(at)
}

/// A block whose last line has not come yet, or the beginning of its first line.
fn open_block(text: &str, start: &str, title_end: &str) -> Option<usize> {
    let mut places = text.match_indices(start);
    let open = places.find(|(at, _)| {
        let rest = &text[at + start.len()..];
        let (title, body) = rest.split_once('\n').unwrap_or((rest, ""));
        match title.find(title_end) {
            Some(end) => {
                let after = &title[end + title_end.len()..];
                is_title(&title[..end])
                    && ![after, body].iter().any(|text| text.contains(title_end))
            }
            None => body.is_empty() && !rest.contains('\n') && is_title(title),
        }
    });
    open.map(|(at, _)| at)
}

/// The end of the text may be the beginning of a start.
fn cut_start(text: &str, start: &str, extent: Extent) -> Option<usize> {
    (1..start.len().min(text.len() + 1))
        .rev()
        .map(|length| text.len() - length)
        .find(|at| text.is_char_boundary(*at) && start.starts_with(&text[*at..]))
        .filter(|at| may_begin(extent, &text[..*at]))
}

fn may_begin(extent: Extent, before: &str) -> bool {
    match extent {
        Extent::Word | Extent::Announced => begins_word(before, before.len()),
        // The dashes after a title end something.
        Extent::Block { title_end } => !before.ends_with(title_end.trim_end_matches('-')),
    }
}

fn begins_word(text: &str, at: usize) -> bool {
    !text[..at].ends_with(|char: char| char.is_alphanumeric() || char == '_')
}

fn is_token_char(char: char) -> bool {
    char.is_ascii_alphanumeric() || matches!(char, '-' | '.' | '_' | '~' | '+' | '/' | '=')
}

fn is_title(text: &str) -> bool {
    text.bytes()
        .all(|byte| byte.is_ascii_uppercase() || matches!(byte, b' ' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn secrets() -> Vec<String> {
        let long = "Ab1".repeat(12);
        vec![
            format!("sk-{long}"),
            format!("sk-ant-api03-{long}"),
            format!("sk-proj-{long}"),
            format!("sk-or-v1-{long}"),
            format!("sk_live_{long}"),
            format!("ghp_{long}"),
            format!("github_pat_{long}_{long}"),
            format!("glpat-{long}"),
            format!("xoxb-123456789012-{long}"),
            format!("AIza{}", "Ab1-_".repeat(7)),
            format!("npm_{long}"),
            format!("hf_{long}"),
            format!("AKIA{}", "AB12".repeat(4)),
            format!("Bearer {long}.{long}"),
            format!("sbo_{long}"),
            format!("eyJ{long}.eyJ{long}.{long}"),
            format!("engtok_{long}{long}"),
            format!(
                "-----BEGIN RSA PRIVATE KEY-----\n{long}\n{long}\n-----END RSA PRIVATE KEY-----"
            ),
        ]
    }

    #[test]
    fn there_is_a_sample_of_every_kind_that_the_kernel_masks() {
        let kinds = |secret: String| redact_text(&secret).expect("a secret").1;
        let sampled: BTreeSet<&str> = secrets()
            .into_iter()
            .flat_map(kinds)
            .map(|hit| hit.rule_id)
            .collect();
        assert_eq!(sampled, RULES.iter().map(|rule| rule.id).collect());
    }

    fn stream(pieces: &[&str]) -> String {
        let mut masker = Masker::default();
        let mut out: String = pieces.iter().map(|piece| masker.push(piece)).collect();
        out.push_str(&masker.finish());
        out
    }

    #[test]
    fn a_secret_cut_anywhere_is_masked_like_a_whole_one() {
        for secret in secrets() {
            let text = format!("before {secret} after\n");
            let expected = "before [redacted] after\n";
            assert_eq!(stream(&[&text]), expected);
            for cut in 0..=text.len() {
                assert_eq!(
                    stream(&[&text[..cut], &text[cut..]]),
                    expected,
                    "{secret} at {cut}"
                );
            }
            let single: Vec<&str> = text.split("").collect();
            assert_eq!(stream(&single), expected, "{secret} in single characters");
        }
    }

    #[test]
    fn what_is_no_secret_is_shown_at_once() {
        for text in [
            "Downloading...",
            "45%",
            "name: ",
            "-----BEGIN CERTIFICATE-----\nabc",
            "some DATA",
            "task-sk-ip done ",
            "line\n",
        ] {
            assert_eq!(Masker::default().push(text), text, "{text:?}");
        }
    }

    #[test]
    fn holding_back_has_an_end() {
        let mut masker = Masker::default();
        let endless = format!("sk-{}", "a".repeat(HOLD_BYTES_MAX));
        assert_eq!(masker.push(&endless), "[redacted]");
    }

    proptest::proptest! {
        #[test]
        fn text_without_secrets_comes_through_unchanged(pieces in proptest::collection::vec("[ -~äß\n]{0,12}", 0..8)) {
            let pieces: Vec<&str> = pieces.iter().map(String::as_str).collect();
            proptest::prop_assert_eq!(stream(&pieces), mask(pieces.concat()));
        }
    }
}
