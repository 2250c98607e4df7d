//! `signalbox guard`: what the worker puts between itself and a command. Not for people.

use super::exit::Failure;
use clap::Args;
use std::process::ExitCode;

/// Run a command that ends with its worker
#[derive(Debug, Args)]
pub struct Guard {
    #[arg(trailing_var_arg = true, required = true, allow_hyphen_values = true)]
    argv: Vec<String>,
}

impl Guard {
    pub fn run(self) -> Result<ExitCode, Failure> {
        Ok(ExitCode::from(crate::worker::guard::run(&self.argv)?))
    }
}
