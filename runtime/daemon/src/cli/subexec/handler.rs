//! The command that handles messages.

use crate::cli::exit::{Exit, Failure};
use std::process::Stdio;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

/// The variable that holds the message.
const VARIABLE: &str = "SIGNALBOX_MESSAGE";
/// Longest argument, and variable, that every system passes on to a program: Linux takes 128 KiB.
const ARGUMENT_BYTES_MAX: usize = 120 * 1024;
/// Longest batch on standard input.
const INPUT_BYTES_MAX: usize = 8 * 1024 * 1024;

pub struct Handler {
    program: String,
    arguments: Vec<String>,
    on_stdin: bool,
}

impl Handler {
    /// `command` is the program and its arguments. clap sees to it that there is one.
    pub fn new(mut command: Vec<String>, on_stdin: bool) -> Self {
        let arguments = command.split_off(1.min(command.len()));
        Self {
            program: command.concat(),
            arguments,
            on_stdin,
        }
    }

    /// Longest message that it can be given.
    pub fn bytes_max(&self) -> usize {
        if self.on_stdin {
            INPUT_BYTES_MAX
        } else {
            ARGUMENT_BYTES_MAX
        }
    }

    /// Runs the command for a message, to its end. Returns whether all went well; what did not is told
    /// on standard error.
    ///
    /// # Errors
    /// When it cannot be started: then no other message can be handled either.
    pub async fn handle(&self, message: &str) -> Result<bool, Failure> {
        let fits = message.len() <= ARGUMENT_BYTES_MAX;
        let mut command = Command::new(&self.program);
        command.args(&self.arguments);
        if fits {
            command.env(VARIABLE, message);
        } else {
            command.env_remove(VARIABLE);
        }
        if self.on_stdin {
            command.stdin(Stdio::piped());
        } else if fits {
            command.arg(message).stdin(Stdio::null());
        } else {
            let length = message.len();
            eprintln!(
                "signalbox: a message of {length} bytes is too long for an argument; use --stdin"
            );
            return Ok(false);
        }
        let mut child = command.spawn().map_err(|error| {
            let message = format!("{} cannot be started: {error}.", self.program);
            Failure::new(Exit::StartFailed, "handler_not_started", message)
                .hint("Name a program that is installed, after `--`.")
        })?;
        if let Some(mut stdin) = child.stdin.take() {
            // A command need not read what it is given.
            let line = format!("{message}\n");
            stdin.write_all(line.as_bytes()).await.ok();
        }
        let status = child.wait().await?;
        if !status.success() {
            eprintln!("signalbox: {}: {status}", self.program);
        }
        Ok(status.success())
    }
}
