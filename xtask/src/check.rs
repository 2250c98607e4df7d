//! Everything that is fast, with the same features as `npm test`, so both share one build.

use anyhow::Result;

use crate::{shell, tidy};

const WORKSPACE: [&str; 3] = ["--workspace", "--features", "tauri/custom-protocol"];

pub fn run() -> Result<()> {
    // First, because the window embeds what this builds; it checks the types on the way.
    shell::run("npm", &["run", "--silent", "build:ui"])?;
    shell::run("cargo", &["fmt", "--all", "--check"])?;
    tidy::run()?;
    cargo("clippy", &["--all-targets", "--", "--deny", "warnings"])?;
    cargo("test", &[])?;
    shell::run("npm", &["run", "--silent", "lint:ui"])?;
    shell::run("npm", &["run", "--silent", "test:ui"])
}

fn cargo(verb: &str, options: &[&str]) -> Result<()> {
    let mut arguments = vec![verb];
    arguments.extend(WORKSPACE);
    arguments.extend(options);
    shell::run("cargo", &arguments)
}
