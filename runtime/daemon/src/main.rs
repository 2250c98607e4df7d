//! `signalbox`: every process of the runtime and every verb of the command line.

use std::process::ExitCode;

fn main() -> ExitCode {
    daemon::cli::main()
}
