//! Everything that can be asked of the log, and the one function that decides.

use crate::actor::Caller;
use crate::envelope::Draft;
use crate::gate::policy::Ruling;
use crate::gate::{Permit, approval, capability, data_access, egress, evaluate, label, setting};
use crate::reject::Reject;
use crate::review::ExperimentStatus;
use crate::state::{Lease, State};
use crate::time::Timestamp;
use crate::{agents, board, broker, engines, incidents, review, rooms, runs};

/// The circumstances of a command.
#[derive(Clone, Debug)]
pub struct Context {
    pub now: Timestamp,
    pub caller: Caller,
    pub workspace_id: String,
    /// Correlation that the request carried, if any.
    pub correlation_id: Option<String>,
}

/// A request to change the log. Identifiers and secrets in it are fresh, drawn by the shell.
#[derive(Clone, Debug)]
pub enum Command {
    CreateRoom(rooms::CreateRoom),
    CreateThread(rooms::CreateThread),
    PostMessage(rooms::PostMessage),
    CreateRun(runs::CreateRun),
    StartRun(runs::StartRun),
    ClaimRun(runs::ClaimRun),
    ExtendLease(runs::ExtendLease),
    ReleaseRun(runs::ReleaseRun),
    EndRun(runs::EndRun),
    CancelRun(runs::CancelRun),
    ExpireLeases,
    CreateStep(runs::CreateStep),
    InvokeTool(runs::InvokeTool),
    AddToolOutput(runs::AddToolOutput),
    EndTool(runs::EndTool),
    CreateArtifact(runs::CreateArtifact),
    RegisterEngine(engines::RegisterEngine),
    IssueEngineToken(engines::IssueEngineToken),
    RevokeEngineToken(engines::RevokeEngineToken),
    DeactivateEngine(engines::DeactivateEngine),
    RegisterAgent(agents::RegisterAgent),
    QuarantineAgent(agents::QuarantineAgent),
    UnquarantineAgent(agents::UnquarantineAgent),
    GrantCapability(capability::GrantCapability),
    RevokeCapability(capability::RevokeCapability),
    RequestApproval(approval::RequestApproval),
    DecideApproval(approval::DecideApproval),
    RevokeApproval(approval::RevokeApproval),
    ExpireApprovals,
    EvaluatePolicy(evaluate::EvaluatePolicy),
    RequestEgress(egress::RequestEgress),
    StartEgress(egress::StartEgress),
    EndEgress(egress::EndEgress),
    InterruptEgress,
    SetKillSwitch(setting::SetKillSwitch),
    SetPolicyMode(setting::SetPolicyMode),
    LabelResource(label::LabelResource),
    RequestDataAccess(data_access::RequestDataAccess),
    FinalizeEvidence(review::FinalizeEvidence),
    CreateExperiment(review::CreateExperiment),
    UpdateExperiment(review::UpdateExperiment),
    CloseExperiment(review::CloseExperiment),
    RecordScorecard(review::RecordScorecard),
    OpenIncident(incidents::OpenIncident),
    UpdateRca(incidents::UpdateRca),
    LogLearning(incidents::LogLearning),
    CloseIncident(incidents::CloseIncident),
    ReportStale(incidents::ReportStale),
    PublishMessage(board::PublishMessage),
    CreateTask(board::CreateTask),
    ClaimTask(board::ClaimTask),
    ExtendTaskLease(board::ExtendTaskLease),
    UpdateTask(board::UpdateTask),
    CompleteTask(board::CompleteTask),
    AbandonTask(board::AbandonTask),
    InterruptTask(board::InterruptTask),
    AnnouncePresence(board::AnnouncePresence),
    ExpireTaskLeases,
    PublishTopic(broker::PublishTopic),
    LockTopic(broker::LockTopic),
    UnlockTopic(broker::UnlockTopic),
    GrantTopic(broker::GrantTopic),
    RevokeTopic(broker::RevokeTopic),
    RequestAccess(broker::RequestAccess),
    AdvertiseTopic(broker::AdvertiseTopic),
    WithdrawTopic(broker::WithdrawTopic),
    IssueTopicKey(broker::IssueTopicKey),
    RevokeTopicKey(broker::RevokeTopicKey),
    CreateTopicApp(broker::CreateTopicApp),
    RotateTopicAppKey(broker::RotateTopicAppKey),
    DeleteTopicApp(broker::DeleteTopicApp),
    AddTopicPublicKey(broker::AddTopicPublicKey),
    RemoveTopicKey(broker::RemoveTopicKey),
    RequestTopicClaim(broker::RequestTopicClaim),
    DecideTopicClaim(broker::DecideTopicClaim),
    UseTopicClaim(broker::UseTopicClaim),
}

/// What a command was answered with, once it is durable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    Done,
    /// What was asked for was so before: nothing changed.
    AlreadyDone,
    /// Refused, and that it was tried is kept.
    Refused(Reject),
    /// The identifier of what was created.
    Created(String),
    /// The identifier of what was created before, by the same idempotency key.
    Existing(String),
    /// The run was created, and waits for the approval that was to be used if it needs one.
    Waiting,
    /// A lease was granted or extended on this run.
    Leased(Lease),
    /// There was nothing to claim.
    NothingQueued,
    /// The run that was next ended instead of being claimed: ask again.
    PassedOver,
    /// The gate was asked, and this is its answer.
    Ruled(Ruling),
    /// The same, about a resource that has this label.
    Accessed(Ruling, label::ResourceLabel),
    /// A task is held: by whom, by which claim, and until when if the claim has a lease.
    TaskClaimed {
        by: String,
        attempt: u32,
        expires_at: Option<Timestamp>,
    },
    /// A release: whether there was a lease to end.
    Released(bool),
    /// Leases that were over, and how many more may wait.
    Expired {
        runs: usize,
    },
    /// An experiment is over, and how many of its runs were still going on.
    ExperimentClosed {
        status: ExperimentStatus,
        active_runs: u64,
    },
    /// Live output that did not fit the event budget was left to the artifact.
    OutputTruncated,
}

/// What must happen beside the events, in the same transaction. These concern secrets and
/// clocks, which the log never holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    PutLease(Lease),
    EndLease {
        run_id: String,
    },
    PutTaskLease(board::TaskLease),
    EndTaskLease {
        task_id: String,
    },
    PutPresence(board::Presence),
    PutEngineToken(engines::IssuedToken),
    RevokeEngineToken {
        token_id: String,
    },
    PutTopicKey(broker::IssuedTopicKey),
    RevokeTopicKey {
        key_id: String,
    },
    /// By which the key of a claim is fetched.
    PutClaimToken {
        claim_id: String,
        token_digest: [u8; 32],
    },
}

/// The outcome of a command that was not refused.
#[derive(Clone, Debug)]
pub struct Decision {
    pub drafts: Vec<Draft>,
    pub effects: Vec<Effect>,
    pub answer: Answer,
}

impl Decision {
    pub fn new(drafts: Vec<Draft>, answer: Answer) -> Self {
        Self {
            drafts,
            effects: Vec::new(),
            answer,
        }
    }

    pub fn with(mut self, effect: Effect) -> Self {
        self.effects.push(effect);
        self
    }

    /// Takes over what another decision does. The answer stays.
    pub fn extend(&mut self, other: Decision) {
        self.drafts.extend(other.drafts);
        self.effects.extend(other.effects);
    }
}

/// A command that came to nothing: refused by the rules, or the state could not be read.
#[derive(Debug)]
pub enum Refusal<E> {
    Reject(Reject),
    State(E),
}

impl<E> From<Reject> for Refusal<E> {
    fn from(reject: Reject) -> Self {
        Refusal::Reject(reject)
    }
}

/// The result of deciding against a state whose reads may fail with `E`.
pub type Decided<E> = Result<Decision, Refusal<E>>;

/// Decides a command against the present state. Pure: the same input gives the same decision.
/// The permit is the proof that the gate was asked.
pub fn decide<S: State>(
    ctx: &Context,
    _permit: Permit,
    state: &S,
    command: Command,
) -> Decided<S::Error> {
    let decision = by_area(ctx, state, command)?;
    incidents::triage(state, decision)
}

fn by_area<S: State>(ctx: &Context, state: &S, command: Command) -> Decided<S::Error> {
    match command {
        Command::CreateRoom(command) => Ok(rooms::create_room(ctx, command)?),
        Command::CreateThread(command) => rooms::create_thread(ctx, state, command),
        Command::PostMessage(command) => rooms::post_message(ctx, state, command),
        Command::CreateRun(command) => runs::create_run(ctx, state, command),
        Command::StartRun(command) => runs::start_run(ctx, state, command),
        Command::ClaimRun(command) => runs::claim_run(ctx, state, command),
        Command::ExtendLease(command) => runs::extend_lease(ctx, state, command),
        Command::ReleaseRun(command) => runs::release_run(ctx, state, command),
        Command::EndRun(command) => runs::end_run(ctx, state, command),
        Command::CancelRun(command) => runs::cancel_run(ctx, state, command),
        Command::ExpireLeases => runs::expire_leases(ctx, state),
        Command::CreateStep(command) => runs::create_step(ctx, state, command),
        Command::InvokeTool(command) => runs::invoke_tool(ctx, state, command),
        Command::AddToolOutput(command) => runs::add_tool_output(ctx, state, command),
        Command::EndTool(command) => runs::end_tool(ctx, state, command),
        Command::CreateArtifact(command) => runs::create_artifact(ctx, state, command),
        Command::RegisterEngine(command) => engines::register(ctx, state, command),
        Command::IssueEngineToken(command) => engines::issue_token(ctx, state, command),
        Command::RevokeEngineToken(command) => engines::revoke_token(ctx, state, command),
        Command::DeactivateEngine(command) => engines::deactivate(ctx, state, command),
        Command::RegisterAgent(command) => Ok(agents::register(ctx, command)?),
        Command::QuarantineAgent(command) => agents::quarantine(ctx, state, command),
        Command::UnquarantineAgent(command) => agents::unquarantine(ctx, state, command),
        Command::GrantCapability(command) => capability::grant_capability(ctx, state, command),
        Command::RevokeCapability(command) => capability::revoke_capability(ctx, state, command),
        Command::RequestApproval(command) => approval::request_approval(ctx, state, command),
        Command::DecideApproval(command) => runs::decide_approval(ctx, state, command),
        Command::RevokeApproval(command) => runs::revoke_approval(ctx, state, command),
        Command::ExpireApprovals => runs::expire_approvals(ctx, state),
        Command::EvaluatePolicy(command) => evaluate::evaluate_policy(ctx, state, command),
        Command::RequestEgress(command) => egress::request_egress(ctx, state, command),
        Command::StartEgress(command) => egress::start_egress(ctx, state, command),
        Command::EndEgress(command) => egress::end_egress(ctx, state, command),
        Command::InterruptEgress => egress::interrupt_egress(ctx, state),
        Command::SetKillSwitch(command) => setting::set_kill_switch(ctx, state, command),
        Command::SetPolicyMode(command) => setting::set_policy_mode(ctx, state, command),
        Command::LabelResource(command) => label::label_resource(ctx, state, command),
        Command::RequestDataAccess(command) => {
            data_access::request_data_access(ctx, state, command)
        }
        Command::FinalizeEvidence(command) => review::finalize_evidence(ctx, state, command),
        Command::CreateExperiment(command) => review::create_experiment(ctx, state, command),
        Command::UpdateExperiment(command) => review::update_experiment(ctx, state, command),
        Command::CloseExperiment(command) => review::close_experiment(ctx, state, command),
        Command::RecordScorecard(command) => review::record_scorecard(ctx, state, command),
        Command::OpenIncident(command) => incidents::open_incident(ctx, state, command),
        Command::UpdateRca(command) => incidents::update_rca(ctx, state, command),
        Command::LogLearning(command) => incidents::log_learning(ctx, state, command),
        Command::CloseIncident(command) => incidents::close_incident(ctx, state, command),
        Command::ReportStale(command) => incidents::report_stale(ctx, state, command),
        Command::PublishMessage(command) => board::publish_message(ctx, state, command),
        Command::CreateTask(command) => board::create_task(ctx, state, command),
        Command::ClaimTask(command) => board::claim_task(ctx, state, command),
        Command::ExtendTaskLease(command) => board::extend_task_lease(ctx, state, command),
        Command::UpdateTask(command) => board::update_task(ctx, state, command),
        Command::CompleteTask(command) => board::complete_task(ctx, state, command),
        Command::AbandonTask(command) => board::abandon_task(ctx, state, command),
        Command::InterruptTask(command) => board::interrupt_task(ctx, state, command),
        Command::AnnouncePresence(command) => board::announce_presence(ctx, state, command),
        Command::ExpireTaskLeases => board::expire_task_leases(ctx, state),
        Command::PublishTopic(command) => broker::publish_topic(ctx, state, command),
        Command::LockTopic(command) => broker::lock_topic(ctx, state, command),
        Command::UnlockTopic(command) => broker::unlock_topic(ctx, state, command),
        Command::GrantTopic(command) => broker::grant_topic(ctx, state, command),
        Command::RevokeTopic(command) => broker::revoke_topic(ctx, state, command),
        Command::RequestAccess(command) => broker::request_access(ctx, state, command),
        Command::AdvertiseTopic(command) => broker::advertise_topic(ctx, state, command),
        Command::WithdrawTopic(command) => broker::withdraw_topic(ctx, state, command),
        Command::IssueTopicKey(command) => broker::issue_topic_key(ctx, state, command),
        Command::RevokeTopicKey(command) => broker::revoke_topic_key(ctx, state, command),
        Command::CreateTopicApp(command) => broker::create_topic_app(ctx, state, command),
        Command::RotateTopicAppKey(command) => broker::rotate_topic_app_key(ctx, state, command),
        Command::DeleteTopicApp(command) => broker::delete_topic_app(ctx, state, command),
        Command::AddTopicPublicKey(command) => broker::add_topic_public_key(ctx, state, command),
        Command::RemoveTopicKey(command) => broker::remove_topic_key(ctx, state, command),
        Command::RequestTopicClaim(command) => broker::request_topic_claim(ctx, state, command),
        Command::DecideTopicClaim(command) => broker::decide_topic_claim(ctx, state, command),
        Command::UseTopicClaim(command) => broker::use_topic_claim(ctx, state, command),
    }
}

/// The answer to a command whose idempotency key is in the log already: that of the first one,
/// if it was of the same kind.
pub fn replay(
    draft: &Draft,
    first_type: &str,
    first_data: &serde_json::Value,
) -> Result<Answer, Reject> {
    // The key of an incident is good in its whole workspace, and has been looked up by its own area.
    let member = if let crate::Event::MessageCreated(_) = &draft.event {
        "message_id"
    } else if let crate::Event::TaskCreated(_) = &draft.event {
        "task_id"
    } else if let crate::Event::ChannelMessagePublished(_) = &draft.event
        && first_type == draft.event.event_type()
    {
        // It has no id of its own: it goes by its place in the log.
        return Ok(Answer::AlreadyDone);
    } else {
        ""
    };
    let id = first_data.get(member).and_then(serde_json::Value::as_str);
    match id {
        Some(id) if first_type == draft.event.event_type() => Ok(Answer::Created(id.to_owned())),
        Some(_) | None => Err(Reject::conflict(
            "idempotency_conflict",
            "This idempotency key was used for something else.",
        )
        .hint("Use a new key for a new request.")),
    }
}
