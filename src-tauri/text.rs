//! Text from the page, made fit for a desktop that may read more into it than letters.

/// In one line, at most `max_chars` long, without what would reorder or hide its letters.
pub fn line(text: &str, max_chars: usize) -> String {
    cut(
        text.split(|letter: char| letter.is_whitespace() || is_invisible(letter))
            .filter(|word| !word.is_empty())
            .collect::<Vec<_>>()
            .join(" "),
        max_chars,
    )
}

/// The same for several lines.
pub fn lines(text: &str, max_chars: usize) -> String {
    let kept: Vec<String> = text
        .lines()
        .map(|each| line(each, max_chars))
        .filter(|each| !each.is_empty())
        .collect();
    cut(kept.join("\n"), max_chars)
}

/// For desktops that read markup: what looks like it is shown as it is written.
pub fn without_markup(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

fn cut(text: String, max_chars: usize) -> String {
    if text.chars().count() <= max_chars {
        return text;
    }
    let kept: String = text.chars().take(max_chars.saturating_sub(1)).collect();
    format!("{kept}…")
}

/// Control characters, and those that turn the direction of writing.
fn is_invisible(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_line() {
        let check = |text: &str, expected: &str| assert_eq!(line(text, 8), expected, "{text:?}");
        check("plain", "plain");
        check(" a\n\tb\r\n c ", "a b c");
        check("a\u{202e}b\u{0}c", "a b c");
        check("12345678", "12345678");
        check("123456789", "1234567…");
        check("äöüäöüäöü", "äöüäöüä…");
        check("", "");
    }

    #[test]
    fn lines_stay_apart_and_end_somewhere() {
        assert_eq!(lines("one \u{7}\n\n two", 20), "one\ntwo");
        assert_eq!(lines("1234\n5678", 6), "1234\n…");
    }

    #[test]
    fn markup_is_text() {
        assert_eq!(
            without_markup("<a href=\"x\">A & B</a>"),
            "&lt;a href=\"x\"&gt;A &amp; B&lt;/a&gt;"
        );
    }
}
