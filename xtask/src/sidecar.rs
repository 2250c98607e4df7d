//! The bundler takes the runtime from `binaries/`, named after the machine it is for, and beside it what belongs to it
//! on a system that has a manual and shells: the runtime prints both itself.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::shell;

#[derive(Clone, Copy)]
pub enum Profile {
    Debug,
    Release,
}

pub fn stage(profile: Profile) -> Result<()> {
    let mut build = vec!["build", "--package", "daemon", "--bin", "signalbox"];
    let folder = match profile {
        Profile::Debug => "debug",
        Profile::Release => {
            build.push("--release");
            "release"
        }
    };
    shell::run("cargo", &build)?;

    let suffix = std::env::consts::EXE_SUFFIX;
    let host = shell::capture("rustc", &["--print", "host-tuple"])?;
    let from = shell::root()
        .join("target")
        .join(folder)
        .join(format!("signalbox{suffix}"));
    let binaries = shell::root().join("binaries");
    let to = binaries.join(format!("signalbox-{}{suffix}", host.trim()));
    fs::create_dir_all(&binaries)
        .with_context(|| format!("could not create {}", binaries.display()))?;
    fs::copy(&from, &to)
        .with_context(|| format!("could not copy {} to {}", from.display(), to.display()))?;
    describe(&from, &binaries)
}

/// Shells that the package brings completions for.
const SHELLS: [&str; 3] = ["bash", "zsh", "fish"];

/// Writes the pages of the manual to `man`, and completions to `completions`, a file named after each shell.
fn describe(signalbox: &Path, binaries: &Path) -> Result<()> {
    let program = signalbox.to_str().context("the path is no text")?;
    let pages = binaries.join("man");
    // A verb that is gone has no page.
    if pages.exists() {
        fs::remove_dir_all(&pages)
            .with_context(|| format!("could not empty {}", pages.display()))?;
    }
    let dir = pages.to_str().context("the path is no text")?;
    shell::run(program, &["man", "--dir", dir])?;
    let completions = binaries.join("completions");
    fs::create_dir_all(&completions)
        .with_context(|| format!("could not create {}", completions.display()))?;
    for name in SHELLS {
        let script = shell::capture(program, &["completions", name])?;
        let path = completions.join(name);
        fs::write(&path, script).with_context(|| format!("could not write {}", path.display()))?;
    }
    Ok(())
}
