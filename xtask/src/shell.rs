//! Running other programs from the repository's root.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};

/// The repository's root, wherever the task was started.
pub fn root() -> PathBuf {
    // xtask is a direct child of the root, so a parent always exists.
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .map_or_else(PathBuf::new, Path::to_path_buf)
}

/// Runs a program with its output shown; anything but success is an error.
pub fn run(program: &str, arguments: &[&str]) -> Result<()> {
    eprintln!("$ {program} {}", arguments.join(" "));
    let status = command(program, arguments)
        .stdin(Stdio::null())
        .status()
        .with_context(|| format!("{program} could not be started"))?;
    ensure!(
        status.success(),
        "{program} {} failed ({status})",
        arguments.join(" ")
    );
    Ok(())
}

/// Standard output of a program that succeeded.
pub fn capture(program: &str, arguments: &[&str]) -> Result<String> {
    let output = command(program, arguments)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("{program} could not be started"))?;
    if !output.status.success() {
        bail!(
            "{program} {} failed ({})",
            arguments.join(" "),
            output.status
        );
    }
    String::from_utf8(output.stdout).with_context(|| format!("{program} did not print UTF-8"))
}

fn command(program: &str, arguments: &[&str]) -> Command {
    // npm and npx are command files on Windows.
    let name = if cfg!(windows) && matches!(program, "npm" | "npx") {
        format!("{program}.cmd")
    } else {
        program.to_owned()
    };
    let mut command = Command::new(name);
    command.args(arguments).current_dir(root());
    command
}
