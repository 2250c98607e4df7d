//! Takes secrets out of text that is shown or copied.

use std::sync::LazyLock;

use regex::Regex;

/// What stands where a secret was.
const MASK: &str = "[redacted]";

static SECRET: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        // An authorization header, whatever the token looks like.
        r"(?i:\bbearer\s+)[A-Za-z0-9\-._~+/]+=*",
        // Tokens that say what they are: ours, and those agents are likely to carry.
        r"|\b(?:sbo_|engtok_|sk-|gh[pousr]_|AKIA)[A-Za-z0-9_\-]{8,}",
    ))
    .unwrap_or_else(|error| unreachable!("a fixed pattern: {error}"))
});

/// `text` with everything that looks like a secret replaced.
pub(crate) fn redact(text: &str) -> String {
    SECRET.replace_all(text, MASK).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_secrets_and_nothing_else() {
        let check = |text: &str, expected: &str| assert_eq!(redact(text), expected);
        check("token sbo_0123456789abcdef here", "token [redacted] here");
        check(
            "Authorization: Bearer abc.def-ghi==",
            "Authorization: [redacted]",
        );
        check("bearer engtok_aaaaaaaaaaaa", "[redacted]");
        check("key sk-abcdefghijklmnop", "key [redacted]");
        check(
            "run_01ABCDEFGHJKMNPQRSTV failed in sbo_",
            "run_01ABCDEFGHJKMNPQRSTV failed in sbo_",
        );
        check("task-sk-ip", "task-sk-ip");
    }
}
