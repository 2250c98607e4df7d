//! `signalbox instruction-prompt`: what an agent has to know to work with others here.

use super::Global;
use super::exit::Failure;
use clap::Args;
use serde_json::json;
use std::process::ExitCode;

/// Print a block for the instructions of an agent that teaches it to use this program
///
/// It is plain Markdown, also when piped; --json puts it into an object.
///
/// Examples:
///   signalbox instruction-prompt >> AGENTS.md
///   claude --append-system-prompt "$(signalbox instruction-prompt)"
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct InstructionPrompt {}

const PROMPT: &str = include_str!("instruction_prompt.md");

impl InstructionPrompt {
    pub fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        let output = global.output();
        if global.json {
            output.value(&json!({ "prompt": PROMPT }))?;
        } else {
            output.raw(PROMPT.as_bytes())?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
