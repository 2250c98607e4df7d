//! The measurement harness: what this build does on this machine, beside what the machine itself can do.
//!
//! Absolute numbers of a shared machine mean little, so everything is measured in one run, in interleaved rounds, and
//! printed as a ratio to the same round's anchor: appending 320 bytes and waiting for fdatasync. Aims are printed next
//! to the results and never asserted: a slow machine is not a broken build.

// The table is the product of this program.
#![allow(clippy::print_stdout)]

mod aims;
mod daemon;
mod filesystem;
mod http;
mod long_stream;
mod machine;
mod measure;
mod options;
mod peers;
mod plan;
mod pressure;
mod process;
mod product;
mod record;
mod report;
mod rounds;
mod scan;
mod sse;
mod stats;
mod words;

use std::process::ExitCode;

use anyhow::{Context, Result};

use options::{Options, Parsed, USAGE};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let options = match options::parse(&arguments) {
        Ok(Parsed::Run(options)) => options,
        Ok(Parsed::Help) => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(message) => {
            eprintln!("{message}\n\n{USAGE}");
            return ExitCode::FAILURE;
        }
    };
    match run(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<()> {
    // One thread for the whole client: it must not take both cores of a small machine from the server it measures.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("the asynchronous runtime could not be started")?;
    let record = runtime.block_on(tokio::task::LocalSet::new().run_until(plan::run(options)))?;
    println!("{}", report::table(&record));
    let path = report::write_json(&record, &options.results)?;
    println!("written to {}", path.display());
    Ok(())
}
