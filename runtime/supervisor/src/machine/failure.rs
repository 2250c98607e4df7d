//! Why something did not work, in a word for programs and a sentence for people.

use std::time::Duration;

use crate::status::Component;

/// What a process sends itself when it gives up; the same number wherever there are signals.
const ABORT_SIGNAL: i32 = 6;
/// Longest piece of a child's last words that goes into an error message.
const LAST_WORDS_CHARS_MAX: usize = 300;

/// Why something did not work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// A stable word for programs.
    pub code: String,
    /// A sentence for people.
    pub message: String,
    /// The way out, if the one who failed knows it.
    pub hint: Option<String>,
    /// Trying again changes nothing; a person must act first.
    pub fatal: bool,
}

impl Failure {
    /// What a child reports in its ready line. Only `start_failed` is worth another try.
    pub fn reported(code: String, message: String, hint: Option<String>) -> Self {
        Failure {
            fatal: code != "start_failed",
            code,
            message,
            hint,
        }
    }

    pub(super) fn exit(
        component: Component,
        code: Option<i32>,
        signal: Option<i32>,
        last_words: Option<String>,
    ) -> Self {
        let (word, how) = match (code, signal) {
            (_, Some(signal)) => (format!("signal_{signal}"), format!("by signal {signal}")),
            (Some(code), None) => (format!("exit_{code}"), format!("with code {code}")),
            (None, None) => (
                "exit_unknown".to_owned(),
                "for an unknown reason".to_owned(),
            ),
        };
        // Who was ended from outside had no say in it; what it wrote before explains nothing.
        let own_doing = matches!(signal, None | Some(ABORT_SIGNAL));
        let last_line = last_words
            .as_deref()
            .filter(|_| own_doing)
            .and_then(|words| words.trim().lines().last());
        let message = match last_line {
            Some(line) => {
                let line: String = line.chars().take(LAST_WORDS_CHARS_MAX).collect();
                format!("The {component} ended {how}. Its last words: {line}")
            }
            None => format!("The {component} ended {how}."),
        };
        Failure {
            code: word,
            message,
            hint: None,
            fatal: false,
        }
    }

    pub(super) fn hung(component: Component, missed: u32) -> Self {
        Failure {
            code: "not_answering".to_owned(),
            message: format!("The {component} did not answer {missed} probes in a row."),
            hint: None,
            fatal: false,
        }
    }

    pub(super) fn slow(component: Component, missed: u32) -> Self {
        Failure {
            code: "slow_to_answer".to_owned(),
            ..Self::hung(component, missed)
        }
    }

    pub(super) fn start_timeout(component: Component, deadline: Duration) -> Self {
        Failure {
            code: "start_timeout".to_owned(),
            message: format!(
                "The {component} was not ready within {} s.",
                deadline.as_secs()
            ),
            hint: None,
            fatal: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exit_is_explained_by_last_words_only_if_they_explain_it() {
        let check = |code, signal, expected: &str| {
            let words = Some("INFO fine\nthread 'main' panicked\n".to_owned());
            let failure = Failure::exit(Component::Api, code, signal, words);
            assert_eq!(format!("{}: {}", failure.code, failure.message), expected);
        };
        check(
            Some(101),
            None,
            "exit_101: The api ended with code 101. Its last words: thread 'main' panicked",
        );
        check(
            None,
            Some(6),
            "signal_6: The api ended by signal 6. Its last words: thread 'main' panicked",
        );
        check(None, Some(9), "signal_9: The api ended by signal 9.");
    }
}
