//! `signalbox rebuild`: everything but the log, made again from the log.

use super::Global;
use super::exit::Failure;
use super::maintenance::{Progress, alone, require_database};
use crate::store::rebuild::{self, RebuildError};
use clap::Args;
use std::process::ExitCode;

/// Make every table again from the log
///
/// The log is the truth and the tables are views of it: this shows that they agree, and repairs
/// them when they do not. The runtime must not run.
///
/// Example: signalbox rebuild
#[derive(Debug, Args)]
pub struct Rebuild {}

impl Rebuild {
    pub fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        let data_dir = global.data_dir()?;
        require_database(&data_dir)?;
        let _lock = alone(&data_dir)?;
        let mut progress = Progress::new("events replayed");
        let report = rebuild::run(&data_dir, &mut |count| progress.show(count));
        progress.clear();
        let report = report.map_err(|error| match error {
            RebuildError::Start(error) => Failure::from(error),
            RebuildError::Store(error) => Failure::from(error),
        })?;
        let output = global.output();
        if output.is_json() {
            output.value(&report)?;
            return Ok(ExitCode::SUCCESS);
        }
        let rows: Vec<[String; 3]> = report
            .tables
            .iter()
            .map(|table| {
                let change = if table.unchanged {
                    "as it was"
                } else {
                    "repaired"
                };
                [
                    table.name.to_owned(),
                    table.rows.to_string(),
                    change.to_owned(),
                ]
            })
            .collect();
        output.table(["TABLE", "ROWS", ""], &rows)?;
        let verdict = if report.unchanged() {
            "every table was as the log says"
        } else {
            "what differed was repaired"
        };
        output.line(&format!("{} events replayed: {verdict}.", report.events))?;
        Ok(ExitCode::SUCCESS)
    }
}
