//! Automation that needs to understand the project: `cargo xtask <task>`.
//!
//! What only starts other programs is an npm script; what reads and judges our own sources is here.

mod check;
mod openapi;
mod shell;
mod sidecar;
mod tidy;

use std::process::ExitCode;

use anyhow::{Result, bail};

const USAGE: &str = "\
cargo xtask check                              everything that is fast: types, format, tidy, clippy, tests
cargo xtask tidy                               layering and taste
cargo xtask openapi [--check] [--binary PATH]  write docs/openapi.json from the handlers, or compare with it
cargo xtask stage-sidecar [--release]          put the runtime, its manual and completions where the bundler expects them
cargo xtask release                            an installable package in target/release/bundle";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match run(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(words: &[&str]) -> Result<()> {
    match words {
        ["check"] => check::run(),
        ["tidy"] => tidy::run(),
        ["openapi", options @ ..] => openapi::run(options),
        ["stage-sidecar"] => sidecar::stage(sidecar::Profile::Debug),
        ["stage-sidecar", "--release"] => sidecar::stage(sidecar::Profile::Release),
        ["release"] => shell::run("npm", &["run", "bundle"]),
        [] | ["help" | "--help"] => {
            eprintln!("{USAGE}");
            Ok(())
        }
        _ => bail!("no such task: {}\n\n{USAGE}", words.join(" ")),
    }
}
