//! `signalbox openapi`: the description of the HTTP interface.

use super::Global;
use super::exit::Failure;
use clap::Args;
use std::process::ExitCode;

/// Print the OpenAPI description of the HTTP interface
///
/// Example: signalbox openapi > openapi.json
#[derive(Debug, Args)]
pub struct OpenApi {}

impl OpenApi {
    pub fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        global.output().value(&crate::api::openapi())?;
        Ok(ExitCode::SUCCESS)
    }
}
