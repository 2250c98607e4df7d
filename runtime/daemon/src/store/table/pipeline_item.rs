//! The items of the pipeline: what is to be decided, run, looked at, and what came of it. An item is
//! made of rows of several tables, and made anew in the transaction of every event that changes one
//! of them; what a tool prints and what people write changes none.

use super::pipeline_part::{Mark, Parts, newest};
use super::unreadable;
use crate::store::append::Appended;
use kernel::limits::LIST_LIMIT_MAX;
use kernel::review::{Entity, EvidenceFact, Facts, RunFact, ScorecardFact, Stage};
use kernel::state::RunStatus;
use kernel::{Event, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row, params};

/// Items of a stage are counted as they come and go: a count along an index is long for many.
pub(in crate::store) const DDL: &str = "
CREATE TABLE pipeline_item (
  entity_type TEXT NOT NULL, entity_id TEXT NOT NULL, workspace_id TEXT NOT NULL, stage TEXT NOT NULL, diagnostic TEXT, title TEXT NOT NULL, status TEXT NOT NULL,
  room_id TEXT, thread_id TEXT, correlation_id TEXT NOT NULL, updated_at INTEGER NOT NULL, last_event_id TEXT NOT NULL, updated_position INTEGER NOT NULL,
  experiment_id TEXT, approval_id TEXT, run_id TEXT, evidence_id TEXT, scorecard_id TEXT, incident_id TEXT,
  PRIMARY KEY (entity_type, entity_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX pipeline_item_updated ON pipeline_item (workspace_id, updated_position DESC);
CREATE INDEX pipeline_item_stage ON pipeline_item (workspace_id, stage, updated_position DESC);
CREATE INDEX pipeline_item_experiment ON pipeline_item (experiment_id) WHERE experiment_id IS NOT NULL;
CREATE TABLE pipeline_stage (
  workspace_id TEXT NOT NULL, stage TEXT NOT NULL, items INTEGER NOT NULL, PRIMARY KEY (workspace_id, stage)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER pipeline_item_comes AFTER INSERT ON pipeline_item BEGIN
  INSERT INTO pipeline_stage VALUES (new.workspace_id, new.stage, 1) ON CONFLICT DO UPDATE SET items = items + 1;
END;
CREATE TRIGGER pipeline_item_goes AFTER DELETE ON pipeline_item BEGIN
  UPDATE pipeline_stage SET items = items - 1 WHERE workspace_id = old.workspace_id AND stage = old.stage;
  DELETE FROM pipeline_stage WHERE workspace_id = old.workspace_id AND stage = old.stage AND items = 0;
END;
CREATE TRIGGER pipeline_item_moves AFTER UPDATE OF stage ON pipeline_item WHEN new.stage <> old.stage BEGIN
  INSERT INTO pipeline_stage VALUES (new.workspace_id, new.stage, 1) ON CONFLICT DO UPDATE SET items = items + 1;
  UPDATE pipeline_stage SET items = items - 1 WHERE workspace_id = old.workspace_id AND stage = old.stage;
  DELETE FROM pipeline_stage WHERE workspace_id = old.workspace_id AND stage = old.stage AND items = 0;
END;
";

/// An item as it is shown.
#[derive(Debug)]
pub struct Item {
    pub entity: Entity,
    pub entity_id: String,
    pub stage: Stage,
    pub diagnostic: Option<String>,
    pub title: String,
    pub status: String,
    pub room_id: Option<String>,
    pub thread_id: Option<String>,
    pub correlation_id: String,
    pub updated_at: Timestamp,
    pub last_event_id: String,
    pub updated_position: u64,
    pub experiment_id: Option<String>,
    pub approval_id: Option<String>,
    pub run_id: Option<String>,
    pub evidence_id: Option<String>,
    pub scorecard_id: Option<String>,
    pub incident_id: Option<String>,
}

impl Item {
    pub(super) const SELECT: &str = "SELECT entity_type, entity_id, stage, diagnostic, title, status, room_id, thread_id, correlation_id, updated_at, last_event_id,
      updated_position, experiment_id, approval_id, run_id, evidence_id, scorecard_id, incident_id FROM pipeline_item";

    pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let entity = Entity::parse(row.get_ref(0)?.as_str()?);
        let stage = Stage::parse(row.get_ref(2)?.as_str()?);
        Ok(Self {
            entity: entity.ok_or_else(|| unreadable(0, "an entity"))?,
            entity_id: row.get(1)?,
            stage: stage.ok_or_else(|| unreadable(2, "a stage"))?,
            diagnostic: row.get(3)?,
            title: row.get(4)?,
            status: row.get(5)?,
            room_id: row.get(6)?,
            thread_id: row.get(7)?,
            correlation_id: row.get(8)?,
            updated_at: Timestamp::from_millis(row.get(9)?),
            last_event_id: row.get(10)?,
            updated_position: row.get(11)?,
            experiment_id: row.get(12)?,
            approval_id: row.get(13)?,
            run_id: row.get(14)?,
            evidence_id: row.get(15)?,
            scorecard_id: row.get(16)?,
            incident_id: row.get(17)?,
        })
    }

    /// What items are ordered by: the newest change first.
    pub(super) fn order(&self) -> impl Ord + '_ {
        (
            std::cmp::Reverse(self.updated_position),
            self.entity.as_str(),
            &self.entity_id,
        )
    }
}

/// Pending approvals of one run that follow it through the pipeline, the newest ones.
const APPROVALS_FOLLOWED_MAX: u32 = LIST_LIMIT_MAX;

/// Makes the items anew that an event has to do with.
pub(in crate::store) fn follow(connection: &Connection, event: &Appended) -> rusqlite::Result<()> {
    let run_id = event.scope.run_id.as_deref();
    match &event.event {
        Event::RunCreated(_)
        | Event::RunStarted(_)
        | Event::RunWaiting(_)
        | Event::RunApproved(_)
        | Event::RunLeaseReleased(_)
        | Event::RunLeaseExpired(_)
        | Event::RunCancelRequested(_)
        | Event::RunCompleted(_)
        | Event::RunFailed(_)
        | Event::RunCancelled(_)
        | Event::EvidenceManifestCreated(_)
        | Event::IncidentOpened(_)
        | Event::IncidentRcaUpdated(_)
        | Event::IncidentLearningLogged(_)
        | Event::IncidentClosed(_) => run_changed(connection, run_id),
        Event::ApprovalRequested(data) => approval_changed(connection, run_id, &data.approval_id),
        Event::ApprovalJoined(data) => approval_changed(connection, run_id, &data.approval_id),
        Event::ApprovalDecided(data) => approval_changed(connection, run_id, &data.approval_id),
        Event::ApprovalConsumed(data) => approval_changed(connection, run_id, &data.approval_id),
        Event::ApprovalExpired(data) => approval_changed(connection, run_id, &data.approval_id),
        Event::ExperimentCreated(data) => experiment(connection, &data.experiment_id),
        Event::ExperimentUpdated(data) => experiment(connection, &data.experiment_id),
        Event::ExperimentClosed(data) => {
            experiment(connection, &data.experiment_id)?;
            hide_ended_runs(connection, &data.experiment_id)
        }
        Event::ScorecardRecorded(data) => match (&data.run_id, &data.experiment_id) {
            (Some(run_id), _) => run_changed(connection, Some(run_id)),
            (None, Some(experiment_id)) => experiment(connection, experiment_id),
            (None, None) => scorecard(connection, &data.scorecard_id),
        },
        // A claim is followed by its start.
        Event::RunClaimed(_)
        | Event::RoomCreated(_)
        | Event::ThreadCreated(_)
        | Event::MessageCreated(_)
        | Event::StepCreated(_)
        | Event::ToolInvoked(_)
        | Event::ToolOutput(_)
        | Event::ToolSucceeded(_)
        | Event::ToolFailed(_)
        | Event::ArtifactCreated(_)
        | Event::EventRedacted(_)
        | Event::SecretLeakedDetected(_)
        | Event::EngineRegistered(_)
        | Event::EngineTokenIssued(_)
        | Event::EngineTokenRevoked(_)
        | Event::PolicyDenied(_)
        | Event::PolicyRequiresApproval(_)
        | Event::KillSwitchChanged(_)
        | Event::PolicyModeChanged(_)
        | Event::EgressRequested(_)
        | Event::EgressAllowed(_)
        | Event::EgressBlocked(_)
        | Event::EgressStarted(_)
        | Event::EgressPerformed(_)
        | Event::EgressFailed(_)
        | Event::EngineDeactivated(_)
        | Event::AgentRegistered(_)
        | Event::AgentQuarantined(_)
        | Event::AgentUnquarantined(_)
        | Event::CapabilityGranted(_)
        | Event::CapabilityRevoked(_)
        | Event::DelegationAttempted(_)
        | Event::QuotaExceeded(_)
        | Event::ResourceLabelled(_)
        | Event::DataAccessDenied(_)
        | Event::DataAccessPurposeHintMismatch(_)
        | Event::DataAccessJustified(_)
        | Event::DataAccessUnjustified(_)
        | Event::ChannelMessagePublished(_)
        | Event::TaskCreated(_)
        | Event::TaskClaimed(_)
        | Event::TaskUpdated(_)
        | Event::TaskDone(_)
        | Event::TaskAbandoned(_)
        | Event::TaskInterrupted(_)
        | Event::TaskLeaseExpired(_)
        | Event::TopicLocked(_)
        | Event::TopicUnlocked(_)
        | Event::TopicGranted(_)
        | Event::TopicRevoked(_)
        | Event::TopicAdvertised(_)
        | Event::TopicWithdrawn(_)
        | Event::TopicKeyIssued(_)
        | Event::TopicKeyRevoked(_)
        | Event::TopicAppCreated(_)
        | Event::TopicAppDeleted(_)
        | Event::TopicPublicKeyAdded(_)
        | Event::TopicPublicKeyRemoved(_)
        | Event::TopicClaimRequested(_)
        | Event::TopicClaimConfirmed(_)
        | Event::TopicClaimRefused(_)
        | Event::TopicClaimUsed(_)
        | Event::Unknown { .. } => Ok(()),
    }
}

/// Makes every item anew, for a file of before there were any.
pub(in crate::store) fn fill(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute("DELETE FROM pipeline_item", [])?;
    let each = |sql: &str, make: &dyn Fn(&str) -> rusqlite::Result<()>| {
        let mut select = connection.prepare(sql)?;
        let ids = select.query_map([], |row| row.get(0))?;
        let ids: Vec<String> = ids.collect::<Result<_, _>>()?;
        ids.iter().try_for_each(|id| make(id))
    };
    each("SELECT run_id FROM run", &|id| {
        run_changed(connection, Some(id))
    })?;
    each(
        "SELECT approval_id FROM approval WHERE status IN ('pending', 'held')",
        &|id| approval(connection, id),
    )?;
    each("SELECT experiment_id FROM experiment", &|id| {
        experiment(connection, id)
    })?;
    each(
        "SELECT scorecard_id FROM scorecard WHERE run_id IS NULL AND experiment_id IS NULL",
        &|id| scorecard(connection, id),
    )
}

/// The item itself, before what belongs to it.
struct Own {
    entity: Entity,
    id: String,
    workspace_id: String,
    room_id: Option<String>,
    thread_id: Option<String>,
    title: String,
    status: String,
    correlation_id: String,
    mark: Mark,
}

/// A run, what waits for it, and the experiment that it is of.
fn run_changed(connection: &Connection, run_id: Option<&str>) -> rusqlite::Result<()> {
    let Some(run_id) = run_id else { return Ok(()) };
    let sql = "SELECT run_id, workspace_id, room_id, thread_id, coalesce(title, substr(goal, 1, 300), run_id), status, correlation_id,
                 updated_at, last_event_id, updated_position FROM run WHERE run_id = ?1";
    let mut select = connection.prepare_cached(sql)?;
    let found = select.query_row([run_id], |row| own(Entity::Run, row));
    let Some(run) = found.optional()? else {
        return Ok(());
    };
    let parts = Parts::of_run(connection, run_id)?;
    put(connection, &run, &parts)?;
    let sql = "SELECT approval_id FROM approval WHERE run_id = ?1 AND status IN ('pending', 'held') ORDER BY updated_position DESC LIMIT ?2";
    if parts.approval.is_some() {
        let mut select = connection.prepare_cached(sql)?;
        let rows = select.query_map(params![run_id, APPROVALS_FOLLOWED_MAX], |row| row.get(0))?;
        let waiting: Vec<String> = rows.collect::<Result<_, _>>()?;
        waiting.iter().try_for_each(|id| approval(connection, id))?;
    }
    match &parts.experiment {
        Some((experiment_id, _)) => experiment(connection, experiment_id),
        None => Ok(()),
    }
}

fn approval_changed(
    connection: &Connection,
    run_id: Option<&str>,
    approval_id: &str,
) -> rusqlite::Result<()> {
    approval(connection, approval_id)?;
    run_changed(connection, run_id)
}

/// An approval is an item while it waits for the owner.
fn approval(connection: &Connection, approval_id: &str) -> rusqlite::Result<()> {
    let sql = "SELECT approval_id, workspace_id, room_id, thread_id, coalesce(title, action), status, correlation_id,
                 updated_at, last_event_id, updated_position, run_id FROM approval WHERE approval_id = ?1 AND status IN ('pending', 'held')";
    let mut select = connection.prepare_cached(sql)?;
    let found = select.query_row([approval_id], |row| {
        Ok((
            own(Entity::Approval, row)?,
            row.get::<_, Option<String>>(10)?,
        ))
    });
    let Some((approval, run_id)) = found.optional()? else {
        return remove(connection, Entity::Approval, approval_id);
    };
    let mut parts = match &run_id {
        Some(run_id) => Parts::of_run(connection, run_id)?,
        None => Parts::default(),
    };
    parts.approval = Some((approval.id.clone(), approval.mark.clone()));
    put(connection, &approval, &parts)
}

/// An experiment is an item while it is open; it stands where its newest run does.
fn experiment(connection: &Connection, experiment_id: &str) -> rusqlite::Result<()> {
    let sql = "SELECT experiment_id, workspace_id, room_id, NULL, title, status, correlation_id,
                 updated_at, last_event_id, updated_position FROM experiment WHERE experiment_id = ?1 AND status = 'open'";
    let mut select = connection.prepare_cached(sql)?;
    let found = select.query_row([experiment_id], |row| own(Entity::Experiment, row));
    let Some(experiment) = found.optional()? else {
        return remove(connection, Entity::Experiment, experiment_id);
    };
    let parts = Parts::of_experiment(connection, experiment_id)?;
    put(connection, &experiment, &parts)
}

/// A scorecard is an item where it judges neither a run nor an experiment.
fn scorecard(connection: &Connection, scorecard_id: &str) -> rusqlite::Result<()> {
    let sql =
        "SELECT scorecard_id, workspace_id, NULL, NULL, template_key, decision, correlation_id,
                 created_at, last_event_id, position FROM scorecard WHERE scorecard_id = ?1";
    let mut select = connection.prepare_cached(sql)?;
    let scorecard = select.query_row([scorecard_id], |row| own(Entity::Scorecard, row))?;
    let parts = Parts::of_scorecard(connection, scorecard_id)?;
    put(connection, &scorecard, &parts)
}

fn own(entity: Entity, row: &Row<'_>) -> rusqlite::Result<Own> {
    Ok(Own {
        entity,
        id: row.get(0)?,
        workspace_id: row.get(1)?,
        room_id: row.get(2)?,
        thread_id: row.get(3)?,
        title: row.get(4)?,
        status: row.get(5)?,
        correlation_id: row.get(6)?,
        mark: Mark::read(row, 7)?,
    })
}

fn facts(own: &Own, parts: &Parts) -> Facts {
    let run = parts.run.as_ref();
    let evidence = match (&parts.evidence, run.map(|run| run.status)) {
        (None, _) => EvidenceFact::Absent,
        (Some(_), Some(RunStatus::Failed)) => EvidenceFact::Rejected,
        (Some(_), _) => EvidenceFact::Accepted,
    };
    let same =
        |named: &Option<String>, there: Option<&String>| named.is_none() || named.as_ref() == there;
    Facts {
        entity: own.entity,
        is_whole: !own.id.is_empty() && !own.correlation_id.is_empty(),
        incident_is_open: parts.incident.as_ref().is_some_and(|found| found.is_open),
        run: run.map(|run| RunFact::new(run.status, run.waits)),
        scorecard: parts.scorecard.as_ref().map(|found| ScorecardFact {
            verdict: found.verdict,
            matches: same(&found.run_id, run.map(|run| &run.id))
                && same(
                    &found.evidence_id,
                    parts.evidence.as_ref().map(|(id, _)| id),
                ),
        }),
        evidence,
        approval_waits: parts.approval.is_some(),
        experiment: parts.experiment.as_ref().map(|(_, status)| *status),
    }
}

fn put(connection: &Connection, own: &Own, parts: &Parts) -> rusqlite::Result<()> {
    let Some((stage, diagnostic)) = facts(own, parts).place() else {
        return remove(connection, own.entity, &own.id);
    };
    let newest = newest(&own.mark, parts);
    // An item is changed, not replaced: what goes and comes is counted.
    let sql = "INSERT INTO pipeline_item VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)
               ON CONFLICT DO UPDATE SET stage = ?4, diagnostic = ?5, title = ?6, status = ?7, updated_at = ?11, last_event_id = ?12, updated_position = ?13,
                 experiment_id = ?14, approval_id = ?15, run_id = ?16, evidence_id = ?17, scorecard_id = ?18, incident_id = ?19";
    connection.prepare_cached(sql)?.execute(params![
        own.entity.as_str(),
        own.id,
        own.workspace_id,
        stage.as_str(),
        diagnostic.map(|diagnostic| diagnostic.as_str()),
        own.title,
        own.status,
        own.room_id,
        own.thread_id,
        own.correlation_id,
        newest.at,
        newest.event_id,
        newest.position,
        parts.experiment.as_ref().map(|(id, _)| id),
        parts.approval.as_ref().map(|(id, _)| id),
        parts.run.as_ref().map(|run| &run.id),
        parts.evidence.as_ref().map(|(id, _)| id),
        parts.scorecard.as_ref().map(|found| &found.id),
        parts.incident.as_ref().map(|found| &found.id),
    ])?;
    Ok(())
}

fn remove(connection: &Connection, entity: Entity, id: &str) -> rusqlite::Result<()> {
    let sql = "DELETE FROM pipeline_item WHERE entity_type = ?1 AND entity_id = ?2";
    connection
        .prepare_cached(sql)?
        .execute([entity.as_str(), id])?;
    Ok(())
}

/// With their experiment the runs that have ended leave, as [`Facts::place`] has it.
fn hide_ended_runs(connection: &Connection, experiment_id: &str) -> rusqlite::Result<()> {
    let sql = "DELETE FROM pipeline_item WHERE experiment_id = ?1 AND entity_type = 'run' AND approval_id IS NULL
                 AND status IN ('succeeded', 'failed', 'cancelled')";
    connection.prepare_cached(sql)?.execute([experiment_id])?;
    Ok(())
}
