//! The bundler takes the runtime from `binaries/`, named after the machine it is for.

use std::fs;

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
    Ok(())
}
