//! What the other side sends back may hold the secret that it was sent. It is masked before it is
//! kept, and so is what looks like any secret.

use super::Secret;
use kernel::redaction;
use memchr::memmem;

/// Masks these secrets, as they are and as JSON writes them, and in a text everything else that
/// looks like a secret. Returns whether anything was.
pub fn mask(mut bytes: Vec<u8>, secrets: &[Secret]) -> (Vec<u8>, bool) {
    let mut masked = false;
    let mut needles: Vec<String> = Vec::new();
    for secret in secrets {
        needles.push(secret.expose().to_owned());
        let json = serde_json::Value::from(secret.expose()).to_string();
        needles.push(json.trim_matches('"').to_owned());
    }
    // One that holds another goes first.
    needles.sort_by_key(|needle| std::cmp::Reverse(needle.len()));
    for needle in needles.iter().filter(|needle| !needle.is_empty()) {
        if let Some(clean) = without(&bytes, needle.as_bytes()) {
            bytes = clean;
            masked = true;
        }
    }
    let clean = std::str::from_utf8(&bytes)
        .ok()
        .and_then(redaction::redact_text);
    match clean {
        Some((clean, _)) => (clean.into_bytes(), true),
        None => (bytes, masked),
    }
}

/// The same with the mask in place of every `needle`; `None` when there is none.
fn without(bytes: &[u8], needle: &[u8]) -> Option<Vec<u8>> {
    let mut found = memmem::find_iter(bytes, needle).peekable();
    found.peek()?;
    let mut clean = Vec::with_capacity(bytes.len());
    let mut rest = 0;
    for at in found {
        clean.extend_from_slice(&bytes[rest..at]);
        clean.extend_from_slice(redaction::MASK.as_bytes());
        rest = at + needle.len();
    }
    clean.extend_from_slice(&bytes[rest..]);
    Some(clean)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> Secret {
        Secret::new(text.to_owned())
    }

    #[test]
    fn secrets_do_not_come_back() {
        let secrets = [secret("hunter2-hunter2"), secret("a\"b\\c-long")];
        let check = |text: &str, expected: &str| {
            let (clean, masked) = mask(text.as_bytes().to_vec(), &secrets);
            assert_eq!(String::from_utf8_lossy(&clean), expected);
            assert_eq!(masked, text != expected);
        };
        check("nothing here", "nothing here");
        check(
            "hunter2-hunter2 and hunter2-hunter2",
            "[redacted] and [redacted]",
        );
        check("raw a\"b\\c-long", "raw [redacted]");
        check(r#"{"k":"a\"b\\c-long"}"#, r#"{"k":"[redacted]"}"#);
        let other = format!("key sk-{} end", "a".repeat(24));
        check(&other, "key [redacted] end");
        let (clean, masked) = mask(b"\xff\x00hunter2-hunter2\xfe".to_vec(), &secrets);
        assert_eq!((clean, masked), (b"\xff\x00[redacted]\xfe".to_vec(), true));
    }
}
