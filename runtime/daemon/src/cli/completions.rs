//! `signalbox completions`: what a shell needs to complete our verbs.

use super::Global;
use super::exit::Failure;
use clap::{Args, CommandFactory};
use clap_complete::Shell;
use std::process::ExitCode;

/// Print the completions for a shell
///
/// Example: signalbox completions bash > ~/.local/share/bash-completion/completions/signalbox
#[derive(Debug, Args)]
pub struct Completions {
    shell: Shell,
}

impl Completions {
    pub fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        let mut script = Vec::new();
        let mut command = super::Cli::command();
        clap_complete::generate(self.shell, &mut command, "signalbox", &mut script);
        global.output().raw(&script)?;
        Ok(ExitCode::SUCCESS)
    }
}
