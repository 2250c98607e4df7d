//! The command that a run asks a worker to execute.

use crate::limits;
use crate::redaction::{MASK, redact_text};
use crate::reject::Reject;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// A command for the worker, as `input.command` of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CommandLine {
    /// Program and arguments; no shell is involved.
    pub argv: Vec<String>,
    /// Directory to run in; the home directory when absent.
    pub cwd: Option<String>,
    /// Variables added to the worker's environment.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    pub timeout_seconds: Option<u64>,
    /// Running it twice does no harm: begin again when a worker died over it. Otherwise such a
    /// run fails, because nobody knows whether the command had its effect.
    #[serde(default)]
    pub retry: bool,
}

impl CommandLine {
    /// The first member that the log would mask, or has masked, such as `argv[2]`: what is kept of
    /// such a command is not what was meant, so it can never be executed. Holds no secret itself.
    pub fn masked(&self) -> Option<String> {
        let arguments = (self.argv.iter().enumerate())
            .map(|(index, argument)| (format!("argv[{index}]"), argument));
        let names = self.env.keys().map(|name| ("env".to_owned(), name));
        let values = (self.env.iter()).map(|(name, value)| (format!("env.{name}"), value));
        let cwd = self.cwd.iter().map(|cwd| ("cwd".to_owned(), cwd));
        arguments
            .chain(names)
            .chain(values)
            .chain(cwd)
            .find_map(|(member, text)| is_masked(text).then_some(member))
    }
}

fn is_masked(text: &str) -> bool {
    text.contains(MASK) || redact_text(text).is_some()
}

/// Whether a run with this input may be begun again after an attempt that ended in the dark.
pub fn repeatable(input: Option<&Value>) -> bool {
    read(input)
        .ok()
        .flatten()
        .is_none_or(|command| command.retry)
}

/// Whether a run's input names a command, sound or not.
pub fn names_command(input: Option<&Value>) -> bool {
    input.is_some_and(|input| input.get("command").is_some())
}

/// The command of a run's input. `Ok(None)`: it names none.
///
/// # Errors
/// When it cannot be read, is out of bounds, or holds a secret, which no run may.
pub fn command_line(input: Option<&Value>) -> Result<Option<CommandLine>, Reject> {
    let Some(command) = read(input)? else {
        return Ok(None);
    };
    match command.masked() {
        None => Ok(Some(command)),
        Some(member) => {
            let field = format!("input.command.{member}");
            let message = format!(
                "{field:?} holds a secret. Secrets are never stored, so the command could not be \
                 executed as it is meant."
            );
            Err(Reject::invalid("secret_in_command", &field, message).hint(
                "Let the program read the secret from a file, a keyring or a variable of the \
                 worker's own environment, and treat the one that was sent as leaked.",
            ))
        }
    }
}

fn read(input: Option<&Value>) -> Result<Option<CommandLine>, Reject> {
    let Some(value) = input.and_then(|input| input.get("command")) else {
        return Ok(None);
    };
    let invalid = |message: String| Reject::invalid("invalid_command", "input.command", message);
    let command: CommandLine = serde_json::from_value(value.clone()).map_err(|error| {
        invalid(format!("\"input.command\" cannot be read: {error}."))
            .hint("Send {\"argv\": [\"program\", \"argument\"], \"cwd\"?, \"env\"?, \"timeout_seconds\"?, \"retry\"?}.")
    })?;
    let bytes: usize = command.argv.iter().map(String::len).sum();
    if command
        .argv
        .first()
        .is_none_or(|program| program.trim().is_empty())
    {
        return Err(invalid(
            "\"input.command.argv\" must name a program.".to_owned(),
        ));
    }
    if command.argv.len() > limits::ARGV_MAX || bytes > limits::ARGV_BYTES_MAX {
        return Err(invalid("\"input.command.argv\" is too long.".to_owned()));
    }
    let timeout = command
        .timeout_seconds
        .unwrap_or(limits::COMMAND_TIMEOUT_SECONDS_DEFAULT);
    if timeout == 0 || timeout > limits::COMMAND_TIMEOUT_SECONDS_MAX {
        let message = format!(
            "\"timeout_seconds\" must be 1 to {}.",
            limits::COMMAND_TIMEOUT_SECONDS_MAX
        );
        return Err(Reject::invalid(
            "invalid_command",
            "input.command.timeout_seconds",
            message,
        ));
    }
    Ok(Some(command))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_command_with_a_secret_names_the_member_and_not_the_secret() {
        let secret = format!("sk-{}", "Ab1".repeat(12));
        let input = |command: Value| json!({ "command": command });
        for (command, field) in [
            (json!({"argv": ["curl", "-H", secret]}), "argv[2]"),
            (
                json!({"argv": ["sh", "-c", format!("K={secret} x")]}),
                "argv[2]",
            ),
            (json!({"argv": [secret]}), "argv[0]"),
            (
                json!({"argv": ["x"], "env": {"A": "b", "KEY": secret}}),
                "env.KEY",
            ),
            (json!({"argv": ["x"], "env": {secret.clone(): "b"}}), "env"),
            (
                json!({"argv": ["x"], "cwd": format!("/tmp/{secret}")}),
                "cwd",
            ),
            // What the log made of such a command before, or somebody copied from it.
            (json!({"argv": ["x", "--key=[redacted]"]}), "argv[1]"),
        ] {
            let input = input(command);
            let reject = command_line(Some(&input)).expect_err("refused");
            let field = format!("input.command.{field}");
            assert_eq!(
                (reject.code, reject.field.as_deref()),
                ("secret_in_command", Some(field.as_str()))
            );
            assert!(!format!("{reject:?}").contains(&secret), "{reject:?}");
        }
        let fine = input(json!({"argv": ["x", "sk-short", "$KEY"], "env": {"KEY_FILE": "/k"}}));
        assert!(command_line(Some(&fine)).is_ok_and(|command| command.is_some()));
    }

    /// Or else a rebuild would find another answer than the one that was given when it was stored.
    #[test]
    fn whether_a_run_is_repeatable_does_not_depend_on_secrets() {
        let kept = |retry: bool| json!({"command": {"argv": ["[redacted]"], "retry": retry}});
        assert!(repeatable(Some(&kept(true))) && !repeatable(Some(&kept(false))));
    }
}
