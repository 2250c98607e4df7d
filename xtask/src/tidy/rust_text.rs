//! Splits Rust into code, string literals and comments: a word means something different in each.

/// A stretch of one kind, with the line it starts on (counted from one).
#[derive(Debug, PartialEq, Eq)]
pub struct Piece<'a> {
    pub kind: Kind,
    pub line: usize,
    pub text: &'a str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Code,
    /// The content between the quotes, escapes as written.
    Literal,
    Comment,
}

impl Piece<'_> {
    /// The line of a byte offset inside this piece.
    pub fn line_at(&self, offset: usize) -> usize {
        self.line + self.text[..offset].matches('\n').count()
    }
}

pub fn split(source: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut line = 1;
    let mut code_from = 0;
    let mut at = 0;
    while at < source.len() {
        let Some((kind, start, end, after)) = token(source, at) else {
            at += source[at..].chars().next().map_or(1, char::len_utf8);
            continue;
        };
        let mut push = |kind, from: usize, to: usize, line| {
            if from < to {
                pieces.push(Piece {
                    kind,
                    line,
                    text: &source[from..to],
                });
            }
        };
        push(Kind::Code, code_from, at, line);
        line += source[code_from..start].matches('\n').count();
        push(kind, start, end, line);
        line += source[start..after].matches('\n').count();
        at = after;
        code_from = after;
    }
    if code_from < source.len() {
        pieces.push(Piece {
            kind: Kind::Code,
            line,
            text: &source[code_from..],
        });
    }
    pieces
}

/// The comment or literal that begins at `at`: its kind, where its content starts and ends, where code goes on.
fn token(source: &str, at: usize) -> Option<(Kind, usize, usize, usize)> {
    let rest = &source[at..];
    if rest.starts_with("//") {
        let end = at + rest.find('\n').unwrap_or(rest.len());
        return Some((Kind::Comment, at, end, end));
    }
    if rest.starts_with("/*") {
        let end = at + block_comment(rest);
        return Some((Kind::Comment, at, end, end));
    }
    if let Some(inner) = rest.strip_prefix('"') {
        let end = at + 1 + quoted(inner, '"');
        return Some((Kind::Literal, at + 1, end, (end + 1).min(source.len())));
    }
    if rest.starts_with('r') && !continues_word(source, at) {
        let hashes = rest[1..].bytes().take_while(|byte| *byte == b'#').count();
        if rest[1 + hashes..].starts_with('"') {
            let closing = format!("\"{}", "#".repeat(hashes));
            let start = at + 2 + hashes;
            let end = source[start..]
                .find(&closing)
                .map_or(source.len(), |found| start + found);
            return Some((
                Kind::Literal,
                start,
                end,
                (end + closing.len()).min(source.len()),
            ));
        }
    }
    if rest.starts_with('\'') {
        let length = character(rest)?;
        return Some((Kind::Literal, at + 1, at + length - 1, at + length));
    }
    None
}

/// Whether the letter at `at` is inside a word; `br"…"` is a raw literal, `for"` is not.
fn continues_word(source: &str, at: usize) -> bool {
    let before = source[..at].strip_suffix('b').unwrap_or(&source[..at]);
    before.ends_with(|letter: char| letter.is_alphanumeric() || letter == '_')
}

/// Length of a nested block comment.
fn block_comment(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < text.len() {
        if text[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if text[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

/// Offset of the closing quote, skipping escapes.
fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (offset, letter) in text.char_indices() {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if letter == quote => return offset,
            _ => {}
        }
    }
    text.len()
}

/// Length of a character literal with both quotes; `None` for a lifetime.
fn character(text: &str) -> Option<usize> {
    let inner = &text[1..];
    if inner.starts_with('\\') {
        return Some(1 + quoted(inner, '\'') + 1);
    }
    let letter = inner.chars().next()?;
    inner[letter.len_utf8()..]
        .starts_with('\'')
        .then(|| letter.len_utf8() + 2)
}

#[cfg(test)]
mod tests {
    use super::{Kind, split};

    fn of_kind(source: &str, wanted: Kind) -> Vec<(usize, &str)> {
        split(source)
            .into_iter()
            .filter(|piece| piece.kind == wanted)
            .map(|piece| (piece.line, piece.text))
            .collect()
    }

    #[test]
    fn literals_of_every_form() {
        let source = "a(\"one\\\" two\");\nb(r#\"raw \" quote\"#, b\"bytes\", br\"raw bytes\");\nc('x', '\\'');";
        assert_eq!(
            of_kind(source, Kind::Literal),
            [
                (1, "one\\\" two"),
                (2, "raw \" quote"),
                (2, "bytes"),
                (2, "raw bytes"),
                (3, "x"),
                (3, "\\'")
            ]
        );
    }

    #[test]
    fn comments_hide_quotes_and_nest() {
        let source = "// it's \"quoted\"\n/* a /* b */ \" */ code(\"real\")";
        assert_eq!(
            of_kind(source, Kind::Comment),
            [(1, "// it's \"quoted\""), (2, "/* a /* b */ \" */")]
        );
        assert_eq!(of_kind(source, Kind::Literal), [(2, "real")]);
    }

    #[test]
    fn lifetimes_are_code() {
        assert_eq!(
            of_kind("fn f<'a>(x: &'a str) -> &'static str { x }", Kind::Literal),
            []
        );
    }

    #[test]
    fn lines_are_counted_across_long_literals() {
        let source = "a(\"one\ntwo\nthree\");\nb(\"four\");";
        assert_eq!(
            of_kind(source, Kind::Literal),
            [(1, "one\ntwo\nthree"), (4, "four")]
        );
        let pieces = split(source);
        let long = pieces
            .iter()
            .find(|piece| piece.text.starts_with("one"))
            .unwrap();
        assert_eq!(long.line_at(long.text.find("three").unwrap()), 3);
    }

    #[test]
    fn nothing_is_lost() {
        let source = "let r = for_each(\"x\"); // end é\nlet y = r\"z\"";
        let total: usize = split(source).iter().map(|piece| piece.text.len()).sum();
        // Two pairs of quotes and one `r` belong to the literals themselves.
        assert_eq!(total, source.len() - 5);
    }
}
