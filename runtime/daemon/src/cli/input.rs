//! What verbs are told: words of the command line, or standard input.

use super::exit::{Exit, Failure};
use serde_json::Value;
use std::io::{self, BufRead, IsTerminal, Read};

/// Most bytes of standard input that are one body, and of one line of it: what the runtime takes.
const INPUT_BYTES_MAX: usize = kernel::limits::BODY_BYTES_MAX;

/// JSON if it reads as such, else a text.
pub fn json_or_text(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()))
}

/// Words, joined by spaces; `-` alone reads standard input. `None` without words.
///
/// # Errors
/// When standard input cannot be read, is no text, or is too long.
pub fn words(words: &[String]) -> Result<Option<String>, Failure> {
    match words {
        [] => Ok(None),
        [dash] if dash == "-" => stdin().map(Some),
        words => Ok(Some(words.join(" "))),
    }
}

/// The same; without words, what is piped in.
///
/// # Errors
/// As [`words`].
pub fn words_or_pipe(given: &[String]) -> Result<Option<String>, Failure> {
    if given.is_empty() && !io::stdin().is_terminal() {
        return Ok(Some(stdin()?).filter(|text| !text.is_empty()));
    }
    words(given)
}

/// An object, from a flag or, as `-`, from standard input.
///
/// # Errors
/// As [`words`], and when it is no JSON object.
pub fn object(flag: &str, text: Option<String>) -> Result<Option<Value>, Failure> {
    let Some(text) = text else { return Ok(None) };
    let text = if text == "-" { stdin()? } else { text };
    match serde_json::from_str(&text) {
        Ok(Value::Object(members)) => Ok(Some(Value::Object(members))),
        Ok(_) | Err(_) => {
            let message = format!("{flag} must be a JSON object.");
            Err(Failure::new(Exit::Usage, "invalid_json", message)
                .hint(format!("For example: {flag} '{{\"where\":\"hall\"}}'")))
        }
    }
}

/// Everything on standard input. The line end of the last line is the shell's, not the text's.
fn stdin() -> Result<String, Failure> {
    let mut bytes = Vec::new();
    let most = INPUT_BYTES_MAX as u64 + 1;
    io::stdin().lock().take(most).read_to_end(&mut bytes)?;
    text(bytes)
}

/// The next line of standard input that is not empty; `None` after the last.
///
/// # Errors
/// When it cannot be read, is no text, or is too long.
pub fn line(from: &mut impl BufRead) -> Result<Option<String>, Failure> {
    loop {
        let mut bytes = Vec::new();
        let most = INPUT_BYTES_MAX as u64 + 1;
        if from.by_ref().take(most).read_until(b'\n', &mut bytes)? == 0 {
            return Ok(None);
        }
        let line = text(bytes)?;
        if !line.is_empty() {
            return Ok(Some(line));
        }
    }
}

fn text(bytes: Vec<u8>) -> Result<String, Failure> {
    if bytes.len() > INPUT_BYTES_MAX {
        let message = format!("Standard input is longer than {INPUT_BYTES_MAX} bytes.");
        return Err(Failure::new(Exit::Usage, "input_too_long", message)
            .hint("Leave it as a file, `signalbox file put -`, and say its hash."));
    }
    let Ok(text) = String::from_utf8(bytes) else {
        let message = "Standard input is not UTF-8 text.";
        return Err(Failure::new(Exit::Usage, "input_not_text", message)
            .hint("Leave it as a file, `signalbox file put -`, and say its hash."));
    };
    Ok(text.trim_end_matches(['\n', '\r']).to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    #[test]
    fn json_is_json_and_all_else_a_text() {
        for (text, expected) in [
            ("42", json!(42)),
            ("{\"a\":[1]}", json!({"a": [1]})),
            ("null", json!(null)),
            ("hello world", json!("hello world")),
            ("{broken", json!("{broken")),
            ("", json!("")),
        ] {
            assert_eq!(json_or_text(text), expected, "{text}");
        }
    }

    #[test]
    fn lines_are_read_one_by_one_within_the_limit() {
        let mut from = io::Cursor::new(b"a\r\n\n\nb".to_vec());
        let mut next = || line(&mut from).unwrap();
        assert_eq!(
            [next(), next(), next()],
            [Some("a".into()), Some("b".into()), None]
        );
        let mut long = io::Cursor::new(vec![b'x'; INPUT_BYTES_MAX + 1]);
        assert_eq!(line(&mut long).unwrap_err().code, "input_too_long");
        let mut bytes = io::Cursor::new(b"\xff\n".to_vec());
        assert_eq!(line(&mut bytes).unwrap_err().code, "input_not_text");
    }

    #[test]
    fn words_are_joined() {
        let given = ["on".to_owned(), "-v".to_owned()];
        assert_eq!(words(&given).unwrap().as_deref(), Some("on -v"));
        assert_eq!(words(&[]).unwrap(), None);
        let error = object("--context", Some("[1]".to_owned())).unwrap_err();
        assert_eq!(
            (error.exit, error.code.as_str()),
            (Exit::Usage, "invalid_json")
        );
    }
}
