//! Evidence: what the log holds of a run that has ended, with hashes that anybody can check later.

use crate::chain::{self, EventHash};
use crate::command::{Answer, Context, Decided, Decision, Refusal};
use crate::envelope::Causation;
use crate::event::EvidenceManifestCreated;
use crate::limits;
use crate::reject::Reject;
use crate::runs::find_run;
use crate::state::{self, Run, State};
use crate::time::Timestamp;
use crate::{canonical, envelope::Draft};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// What the idempotency key of a manifest begins with: one a run, ever.
pub const EVIDENCE_KEY_PREFIX: &str = "evidence_manifest:";
/// Version of the manifest's shape.
const SCHEMA_VERSION: &str = "2.1";

/// Writes the manifest of a run that has ended. Once: a run that has one keeps it.
#[derive(Clone, Debug, Default)]
pub struct FinalizeEvidence {
    pub run_id: String,
}

/// A manifest that is there, as far as decisions need it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    pub evidence_id: String,
    pub workspace_id: String,
    pub run_id: String,
}

/// An event of a run, as a manifest points to it.
#[derive(Clone, Copy, Debug)]
pub struct EventPointer<'a> {
    pub event_id: &'a str,
    pub event_type: &'a str,
    pub occurred_at: Timestamp,
    pub stream_seq: u64,
    pub event_hash: &'a EventHash,
}

/// Identifiers, oldest first, and how many there are altogether.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listed {
    pub ids: Vec<String>,
    pub total: u64,
}

impl Listed {
    fn is_whole(&self) -> bool {
        self.ids.len() as u64 == self.total
    }
}

/// What a run consists of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunParts {
    pub steps: Listed,
    pub tool_calls: Listed,
    pub artifacts: Listed,
}

/// The identifier of a run's evidence: that of the run by another prefix, as there is one a run.
pub fn evidence_id(run_id: &str) -> String {
    format!("evd_{}", run_id.strip_prefix("run_").unwrap_or(run_id))
}

/// # Errors
/// `run_not_found`, `run_not_ended`.
pub fn finalize_evidence<S: State>(
    ctx: &Context,
    state: &S,
    command: FinalizeEvidence,
) -> Decided<S::Error> {
    let run = find_run(ctx, state, &command.run_id)?;
    if !run.status.has_ended() {
        let message = format!("The run has not ended: it is {}.", run.status.as_str());
        return Err(Reject::conflict("run_not_ended", message)
            .hint("Its evidence is written by itself when it ends.")
            .into());
    }
    let evidence_id = evidence_id(&run.run_id);
    if state
        .evidence(&evidence_id)
        .map_err(Refusal::State)?
        .is_some()
    {
        return Ok(Decision::new(Vec::new(), Answer::Done));
    }
    let mut trail = Trail::default();
    state
        .run_events(&run, &mut |pointer| trail.add(pointer))
        .map_err(Refusal::State)?;
    let parts = state
        .run_parts(&run.run_id, limits::EVIDENCE_IDS_MAX)
        .map_err(Refusal::State)?;
    let open = state.open_tool_calls(&run.run_id).map_err(Refusal::State)?;
    let draft = trail.draft(ctx, &run, &evidence_id, &parts, open.is_empty());
    // A run has one manifest by its identifier; a key that somebody used up must keep none from it.
    let key = format!("{EVIDENCE_KEY_PREFIX}{}", run.run_id);
    let key = state::unless_taken(state, &draft.scope, key)?;
    let draft = draft.keyed(key);
    Ok(Decision::new(vec![draft], Answer::Created(evidence_id)))
}

/// The events of a run while they are gone through: however many there are, no more than
/// [`limits::EVIDENCE_POINTERS_MAX`] are kept, and all of them are in the root.
#[derive(Default)]
struct Trail {
    pointers: Vec<Value>,
    root: Sha256,
    count: u64,
    from_seq: u64,
    to_seq: u64,
    begins: bool,
    ends: bool,
}

impl Trail {
    fn add(&mut self, pointer: EventPointer<'_>) {
        let hash = chain::display(pointer.event_hash);
        if self.count == 0 {
            self.from_seq = pointer.stream_seq;
        } else {
            self.root.update(b"\n");
        }
        self.root.update(&hash);
        self.count += 1;
        self.to_seq = pointer.stream_seq;
        self.begins |= pointer.event_type == "run.created";
        self.ends |= ["run.completed", "run.failed", "run.cancelled"].contains(&pointer.event_type);
        if self.pointers.len() < limits::EVIDENCE_POINTERS_MAX {
            self.pointers.push(json!({
                "event_id": pointer.event_id,
                "event_type": pointer.event_type,
                "occurred_at": pointer.occurred_at,
                "stream_seq": pointer.stream_seq,
                "event_hash": hash,
            }));
        }
    }

    fn draft(
        self,
        ctx: &Context,
        run: &Run,
        evidence_id: &str,
        parts: &RunParts,
        tool_calls_ended: bool,
    ) -> Draft {
        let scope = run.scope();
        let stream = scope.stream();
        let lists = [&parts.steps, &parts.tool_calls, &parts.artifacts];
        let events_truncated = self.count > self.pointers.len() as u64;
        let manifest = json!({
            "schema_version": SCHEMA_VERSION,
            "run_id": run.run_id,
            "run_status": run.status,
            "attempts": run.attempt_no,
            "steps": parts.steps.ids,
            "tool_calls": parts.tool_calls.ids,
            "artifacts": parts.artifacts.ids,
            "events": self.pointers,
            "counts": {
                "steps": parts.steps.total,
                "tool_calls": parts.tool_calls.total,
                "artifacts": parts.artifacts.total,
                "events": self.count,
            },
            "completeness": {
                "run_created": self.begins,
                "run_ended": self.ends,
                "tool_calls_ended": tool_calls_ended,
                "events_truncated": events_truncated,
                "ids_truncated": !lists.iter().all(|list| list.is_whole()),
            },
        });
        let manifest_hash = chain::display(&Sha256::digest(canonical::to_string(&manifest)).into());
        let event = EvidenceManifestCreated {
            evidence_id: evidence_id.to_owned(),
            run_id: run.run_id.clone(),
            room_id: scope.room_id.clone(),
            thread_id: scope.thread_id.clone(),
            correlation_id: run.correlation_id.clone(),
            run_status: run.status,
            manifest,
            manifest_hash,
            event_hash_root: chain::display(&self.root.finalize().into()),
            stream_type: stream.stream_type().to_owned(),
            stream_id: stream.stream_id().to_owned(),
            from_seq: self.from_seq,
            to_seq: self.to_seq,
            event_count: self.count,
            finalized_at: ctx.now,
        };
        Draft::new(event.into(), scope, ctx.caller.actor())
            .caused_by(Causation::Event(run.last_event_id.clone()))
            .correlated(Some(run.correlation_id.clone()))
    }
}
