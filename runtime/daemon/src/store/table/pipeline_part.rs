//! What an item of the pipeline is put together from: a run and what belongs to it.

use super::unreadable;
use kernel::review::{ExperimentStatus, Verdict};
use kernel::state::RunStatus;
use rusqlite::{Connection, OptionalExtension, Row};

/// When something changed last, and by which event.
#[derive(Clone, Debug)]
pub(super) struct Mark {
    pub at: i64,
    pub event_id: String,
    pub position: u64,
}

impl Mark {
    /// From three columns: time, event, position.
    pub fn read(row: &Row<'_>, index: usize) -> rusqlite::Result<Self> {
        Ok(Self {
            at: row.get(index)?,
            event_id: row.get(index + 1)?,
            position: row.get(index + 2)?,
        })
    }
}

pub(super) struct RunPart {
    pub id: String,
    pub status: RunStatus,
    pub waits: bool,
    mark: Mark,
}

pub(super) struct ScorecardPart {
    pub id: String,
    pub verdict: Verdict,
    pub run_id: Option<String>,
    pub evidence_id: Option<String>,
    mark: Mark,
}

pub(super) struct IncidentPart {
    pub id: String,
    pub is_open: bool,
    mark: Mark,
}

/// What belongs to an item; of each kind the newest.
#[derive(Default)]
pub(super) struct Parts {
    pub run: Option<RunPart>,
    pub evidence: Option<(String, Mark)>,
    pub scorecard: Option<ScorecardPart>,
    /// Of those that wait.
    pub approval: Option<(String, Mark)>,
    pub incident: Option<IncidentPart>,
    pub experiment: Option<(String, ExperimentStatus)>,
}

impl Parts {
    pub fn of_run(connection: &Connection, run_id: &str) -> rusqlite::Result<Self> {
        let mut parts = Self::around(connection, run_id)?;
        let sql = format!("{SCORECARD} WHERE run_id = ?1 ORDER BY position DESC LIMIT 1");
        let mut select = connection.prepare_cached(&sql)?;
        parts.scorecard = select.query_row([run_id], scorecard).optional()?;
        Ok(parts)
    }

    /// Of its newest run. A scorecard counts if it is of that run, or of the experiment as a whole:
    /// what an earlier run came to says nothing about the present one.
    pub fn of_experiment(connection: &Connection, experiment_id: &str) -> rusqlite::Result<Self> {
        let sql = "SELECT run_id FROM run WHERE experiment_id = ?1 ORDER BY created_position DESC LIMIT 1";
        let mut select = connection.prepare_cached(sql)?;
        let newest: Option<String> = select
            .query_row([experiment_id], |row| row.get(0))
            .optional()?;
        let mut parts = match &newest {
            Some(run_id) => Self::around(connection, run_id)?,
            None => Self::default(),
        };
        let sql = format!(
            "{SCORECARD} WHERE experiment_id = ?1 AND (run_id IS NULL OR run_id = ?2) ORDER BY position DESC LIMIT 1"
        );
        let mut select = connection.prepare_cached(&sql)?;
        parts.scorecard = select
            .query_row((experiment_id, newest), scorecard)
            .optional()?;
        parts.experiment = Some((experiment_id.to_owned(), ExperimentStatus::Open));
        Ok(parts)
    }

    /// Nothing but itself.
    pub fn of_scorecard(connection: &Connection, scorecard_id: &str) -> rusqlite::Result<Self> {
        let sql = format!("{SCORECARD} WHERE scorecard_id = ?1");
        let mut select = connection.prepare_cached(&sql)?;
        Ok(Self {
            scorecard: Some(select.query_row([scorecard_id], scorecard)?),
            ..Self::default()
        })
    }

    /// A run and everything of it but its scorecard.
    fn around(connection: &Connection, run_id: &str) -> rusqlite::Result<Self> {
        let sql = "SELECT run.run_id, run.status, waiting_approval_id IS NOT NULL, run.updated_at, run.last_event_id, run.updated_position,
                     experiment.experiment_id, experiment.status
                   FROM run LEFT JOIN experiment ON experiment.experiment_id = run.experiment_id WHERE run.run_id = ?1";
        let mut select = connection.prepare_cached(sql)?;
        let found = select.query_row([run_id], |row| {
            let status = RunStatus::parse(row.get_ref(1)?.as_str()?)
                .ok_or_else(|| unreadable(1, "a run status"))?;
            let run = RunPart {
                id: row.get(0)?,
                status,
                waits: row.get(2)?,
                mark: Mark::read(row, 3)?,
            };
            let experiment = match row.get::<_, Option<String>>(6)? {
                None => None,
                Some(id) => {
                    let status = ExperimentStatus::parse(row.get_ref(7)?.as_str()?)
                        .ok_or_else(|| unreadable(7, "an experiment status"))?;
                    Some((id, status))
                }
            };
            Ok((run, experiment))
        });
        let Some((run, experiment)) = found.optional()? else {
            return Ok(Self::default());
        };
        let evidence = "SELECT evidence_id, finalized_at, last_event_id, position FROM evidence WHERE run_id = ?1";
        let approval = "SELECT approval_id, updated_at, last_event_id, updated_position FROM approval
                        WHERE run_id = ?1 AND status IN ('pending', 'held') ORDER BY updated_position DESC LIMIT 1";
        Ok(Self {
            run: Some(run),
            evidence: marked(connection, evidence, run_id)?,
            scorecard: None,
            approval: marked(connection, approval, run_id)?,
            incident: incident(connection, run_id)?,
            experiment,
        })
    }
}

/// The newest change of an item: its own, or of what belongs to it.
pub(super) fn newest(own: &Mark, parts: &Parts) -> Mark {
    let marks = [
        parts.run.as_ref().map(|run| &run.mark),
        parts.evidence.as_ref().map(|(_, mark)| mark),
        parts.scorecard.as_ref().map(|scorecard| &scorecard.mark),
        parts.approval.as_ref().map(|(_, mark)| mark),
        parts.incident.as_ref().map(|incident| &incident.mark),
    ];
    let newest = marks.into_iter().flatten().max_by_key(|mark| mark.position);
    let newest = newest.filter(|mark| mark.position > own.position);
    newest.unwrap_or(own).clone()
}

const SCORECARD: &str = "SELECT scorecard_id, decision, run_id, evidence_id, created_at, last_event_id, position FROM scorecard";

fn scorecard(row: &Row<'_>) -> rusqlite::Result<ScorecardPart> {
    Ok(ScorecardPart {
        id: row.get(0)?,
        verdict: Verdict::parse(row.get_ref(1)?.as_str()?)
            .ok_or_else(|| unreadable(1, "a verdict"))?,
        run_id: row.get(2)?,
        evidence_id: row.get(3)?,
        mark: Mark::read(row, 4)?,
    })
}

fn marked(
    connection: &Connection,
    sql: &str,
    run_id: &str,
) -> rusqlite::Result<Option<(String, Mark)>> {
    let mut select = connection.prepare_cached(sql)?;
    let found = select.query_row([run_id], |row| Ok((row.get(0)?, Mark::read(row, 1)?)));
    found.optional()
}

/// The newest incident of a run; one that is open is not hidden by one that was closed later.
fn incident(connection: &Connection, run_id: &str) -> rusqlite::Result<Option<IncidentPart>> {
    let sql = "SELECT incident_id, status = 'open', updated_at, last_event_id, updated_position FROM incident
               WHERE run_id = ?1 ORDER BY status = 'open' DESC, updated_position DESC LIMIT 1";
    let mut select = connection.prepare_cached(sql)?;
    let found = select.query_row([run_id], |row| {
        Ok(IncidentPart {
            id: row.get(0)?,
            is_open: row.get(1)?,
            mark: Mark::read(row, 2)?,
        })
    });
    found.optional()
}
