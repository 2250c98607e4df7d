//! `signalbox man`: the manual, made from the same words as `--help`.

use super::Global;
use super::exit::{Exit, Failure};
use clap::{Args, CommandFactory};
use clap_mangen::Man;
use serde_json::json;
use std::path::PathBuf;
use std::process::ExitCode;

/// Print a page of the manual, or write all of them
///
/// Examples:
///   signalbox man pub | man -l -
///   signalbox man --dir ~/.local/share/man/man1
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct ManVerb {
    /// The verb, such as `task claim`; the page of all without one
    #[arg(conflicts_with = "dir")]
    verb: Vec<String>,
    /// Write all pages into this folder
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

impl ManVerb {
    pub fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        let mut command = super::Cli::command();
        command.build();
        if let Some(dir) = &self.dir {
            std::fs::create_dir_all(dir)?;
            clap_mangen::generate_to(command, dir)?;
            let words = format!("The pages are in {}.", dir.display());
            global.output().told(&json!({ "dir": dir }), &words)?;
            return Ok(ExitCode::SUCCESS);
        }
        let mut page = &command;
        for word in &self.verb {
            page = page.find_subcommand(word).ok_or_else(|| {
                let message = format!("There is no verb {word:?}.");
                Failure::new(Exit::NotFound, "unknown_verb", message)
                    .hint("`signalbox --help` shows them.")
            })?;
        }
        let mut text = Vec::new();
        Man::new(page.clone()).render(&mut text)?;
        global.output().raw(&text)?;
        Ok(ExitCode::SUCCESS)
    }
}
