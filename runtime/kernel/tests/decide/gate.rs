//! The gate as one grid: who may ask for what. A command that is not in it fails the test.

use crate::script::caller;
use kernel::gate::{
    self, DEFAULT_WORKSPACE_ID, approval, capability, data_access, egress, evaluate, label, setting,
};
use kernel::runs::{Outcome, ToolOutcome};
use kernel::{
    Command, Timestamp, agents, board, broker, engines, event, incidents, review, rooms, runs,
};

/// Allowed to `owner`, an `engine`, a `local` caller, and the `system` itself.
const GRID: &str = "
    CreateRoom          ✔ ✔ ✔ ✔
    CreateThread        ✔ ✔ ✔ ✔
    PostMessage         ✔ ✔ ✔ ✔
    CreateRun           ✔ ✔ ✔ ✔
    StartRun            ✔ ✔ ✔ ✔
    ClaimRun            ✘ ✔ ✘ ✘
    ExtendLease         ✔ ✔ ✔ ✔
    ReleaseRun          ✔ ✔ ✔ ✔
    EndRun              ✔ ✔ ✔ ✔
    CancelRun           ✔ ✔ ✔ ✔
    ExpireLeases        ✘ ✘ ✘ ✔
    CreateStep          ✔ ✔ ✔ ✔
    InvokeTool          ✔ ✔ ✔ ✔
    AddToolOutput       ✔ ✔ ✔ ✔
    EndTool             ✔ ✔ ✔ ✔
    CreateArtifact      ✔ ✔ ✔ ✔
    RegisterEngine      ✔ ✘ ✘ ✔
    IssueEngineToken    ✔ ✘ ✘ ✔
    RevokeEngineToken   ✔ ✘ ✘ ✔
    DeactivateEngine    ✔ ✘ ✘ ✔
    RegisterAgent       ✔ ✔ ✔ ✔
    QuarantineAgent     ✔ ✘ ✘ ✘
    UnquarantineAgent   ✔ ✘ ✘ ✘
    GrantCapability     ✔ ✔ ✘ ✘
    RevokeCapability    ✔ ✔ ✘ ✘
    RequestApproval     ✔ ✔ ✔ ✔
    DecideApproval      ✔ ✘ ✘ ✘
    RevokeApproval      ✔ ✘ ✘ ✘
    ExpireApprovals     ✘ ✘ ✘ ✔
    EvaluatePolicy      ✔ ✔ ✔ ✔
    RequestEgress       ✔ ✔ ✔ ✔
    StartEgress         ✘ ✘ ✘ ✔
    EndEgress           ✘ ✘ ✘ ✔
    InterruptEgress     ✘ ✘ ✘ ✔
    SetKillSwitch       ✔ ✘ ✘ ✘
    SetPolicyMode       ✔ ✘ ✘ ✘
    LabelResource       ✔ ✘ ✘ ✘
    RequestDataAccess   ✔ ✔ ✔ ✔
    FinalizeEvidence    ✔ ✔ ✔ ✔
    CreateExperiment    ✔ ✔ ✔ ✔
    UpdateExperiment    ✔ ✔ ✔ ✔
    CloseExperiment     ✔ ✔ ✔ ✔
    RecordScorecard     ✔ ✔ ✔ ✔
    OpenIncident        ✔ ✔ ✔ ✔
    UpdateRca           ✔ ✔ ✔ ✔
    LogLearning         ✔ ✔ ✔ ✔
    CloseIncident       ✔ ✘ ✘ ✘
    ReportStale         ✘ ✘ ✘ ✔
    PublishMessage      ✔ ✔ ✔ ✔
    CreateTask          ✔ ✔ ✔ ✔
    ClaimTask           ✔ ✔ ✔ ✔
    ExtendTaskLease     ✔ ✔ ✔ ✔
    UpdateTask          ✔ ✔ ✔ ✔
    CompleteTask        ✔ ✔ ✔ ✔
    AbandonTask         ✔ ✔ ✔ ✔
    InterruptTask       ✔ ✔ ✔ ✔
    AnnouncePresence    ✔ ✔ ✔ ✔
    ExpireTaskLeases    ✘ ✘ ✘ ✔
    PublishTopic        ✔ ✘ ✔ ✘
    LockTopic           ✔ ✘ ✘ ✘
    UnlockTopic         ✔ ✘ ✘ ✘
    GrantTopic          ✔ ✘ ✘ ✘
    RevokeTopic         ✔ ✘ ✘ ✘
    RequestAccess       ✔ ✘ ✘ ✘
    AdvertiseTopic      ✔ ✘ ✘ ✘
    WithdrawTopic       ✔ ✘ ✘ ✘
    IssueTopicKey       ✔ ✘ ✘ ✔
    RevokeTopicKey      ✔ ✘ ✘ ✘
    CreateTopicApp      ✔ ✘ ✘ ✘
    RotateTopicAppKey   ✔ ✘ ✘ ✘
    DeleteTopicApp      ✔ ✘ ✘ ✘
    AddTopicPublicKey   ✔ ✘ ✘ ✘
    RemoveTopicKey      ✔ ✘ ✘ ✘
    RequestTopicClaim   ✔ ✘ ✘ ✔
    DecideTopicClaim    ✔ ✘ ✘ ✘
    UseTopicClaim       ✘ ✘ ✘ ✔";

fn commands() -> Vec<Command> {
    vec![
        Command::CreateRoom(rooms::CreateRoom::default()),
        Command::CreateThread(rooms::CreateThread::default()),
        Command::PostMessage(rooms::PostMessage::default()),
        Command::CreateRun(runs::CreateRun::default()),
        Command::StartRun(runs::StartRun::default()),
        Command::ClaimRun(runs::ClaimRun::default()),
        Command::ExtendLease(runs::ExtendLease::default()),
        Command::ReleaseRun(runs::ReleaseRun::default()),
        Command::EndRun(runs::EndRun {
            run_id: String::new(),
            claim_token: None,
            outcome: Outcome::Completed {
                summary: None,
                output: None,
            },
        }),
        Command::CancelRun(runs::CancelRun::default()),
        Command::ExpireLeases,
        Command::CreateStep(runs::CreateStep::default()),
        Command::InvokeTool(runs::InvokeTool::default()),
        Command::AddToolOutput(runs::AddToolOutput {
            tool_call_id: String::new(),
            claim_token: None,
            stream: event::OutputStream::Stderr,
            offset_bytes: 0,
            text: String::new(),
        }),
        Command::EndTool(runs::EndTool {
            tool_call_id: String::new(),
            claim_token: None,
            outcome: ToolOutcome::Succeeded { output: None },
        }),
        Command::CreateArtifact(runs::CreateArtifact::default()),
        Command::RegisterEngine(engines::RegisterEngine::default()),
        Command::IssueEngineToken(engines::IssueEngineToken::default()),
        Command::RevokeEngineToken(engines::RevokeEngineToken::default()),
        Command::DeactivateEngine(engines::DeactivateEngine::default()),
        Command::RegisterAgent(agents::RegisterAgent::default()),
        Command::QuarantineAgent(agents::QuarantineAgent::default()),
        Command::UnquarantineAgent(agents::UnquarantineAgent::default()),
        Command::GrantCapability(capability::GrantCapability::default()),
        Command::RevokeCapability(capability::RevokeCapability::default()),
        Command::RequestApproval(approval::RequestApproval::default()),
        Command::DecideApproval(approval::DecideApproval::default()),
        Command::RevokeApproval(approval::RevokeApproval::default()),
        Command::ExpireApprovals,
        Command::EvaluatePolicy(evaluate::EvaluatePolicy::default()),
        Command::RequestEgress(egress::RequestEgress::default()),
        Command::StartEgress(egress::StartEgress::default()),
        Command::EndEgress(egress::EndEgress::default()),
        Command::InterruptEgress,
        Command::SetKillSwitch(setting::SetKillSwitch::default()),
        Command::SetPolicyMode(setting::SetPolicyMode::default()),
        Command::LabelResource(label::LabelResource::default()),
        Command::RequestDataAccess(data_access::RequestDataAccess::default()),
        Command::FinalizeEvidence(review::FinalizeEvidence::default()),
        Command::CreateExperiment(review::CreateExperiment::default()),
        Command::UpdateExperiment(review::UpdateExperiment::default()),
        Command::CloseExperiment(review::CloseExperiment::default()),
        Command::RecordScorecard(review::RecordScorecard::default()),
        Command::OpenIncident(incidents::OpenIncident::default()),
        Command::UpdateRca(incidents::UpdateRca::default()),
        Command::LogLearning(incidents::LogLearning::default()),
        Command::CloseIncident(incidents::CloseIncident::default()),
        Command::ReportStale(incidents::ReportStale {
            before: Timestamp::from_millis(0),
        }),
        Command::PublishMessage(board::PublishMessage::default()),
        Command::CreateTask(board::CreateTask::default()),
        Command::ClaimTask(board::ClaimTask::default()),
        Command::ExtendTaskLease(board::ExtendTaskLease::default()),
        Command::UpdateTask(board::UpdateTask::default()),
        Command::CompleteTask(board::CompleteTask::default()),
        Command::AbandonTask(board::AbandonTask::default()),
        Command::InterruptTask(board::InterruptTask::default()),
        Command::AnnouncePresence(board::AnnouncePresence::default()),
        Command::ExpireTaskLeases,
        Command::PublishTopic(broker::PublishTopic::default()),
        Command::LockTopic(broker::LockTopic::default()),
        Command::UnlockTopic(broker::UnlockTopic::default()),
        Command::GrantTopic(broker::GrantTopic::default()),
        Command::RevokeTopic(broker::RevokeTopic::default()),
        Command::RequestAccess(broker::RequestAccess::default()),
        Command::AdvertiseTopic(broker::AdvertiseTopic::default()),
        Command::WithdrawTopic(broker::WithdrawTopic::default()),
        Command::IssueTopicKey(broker::IssueTopicKey::default()),
        Command::RevokeTopicKey(broker::RevokeTopicKey::default()),
        Command::CreateTopicApp(broker::CreateTopicApp::default()),
        Command::RotateTopicAppKey(broker::RotateTopicAppKey::default()),
        Command::DeleteTopicApp(broker::DeleteTopicApp::default()),
        Command::AddTopicPublicKey(broker::AddTopicPublicKey::default()),
        Command::RemoveTopicKey(broker::RemoveTopicKey::default()),
        Command::RequestTopicClaim(broker::RequestTopicClaim::default()),
        Command::DecideTopicClaim(broker::DecideTopicClaim::default()),
        Command::UseTopicClaim(broker::UseTopicClaim::default()),
    ]
}

/// The name of a command. A new command does not compile until it is named, and then the grid
/// must say who may ask for it.
fn name(command: &Command) -> &'static str {
    match command {
        Command::CreateRoom(_) => "CreateRoom",
        Command::CreateThread(_) => "CreateThread",
        Command::PostMessage(_) => "PostMessage",
        Command::CreateRun(_) => "CreateRun",
        Command::StartRun(_) => "StartRun",
        Command::ClaimRun(_) => "ClaimRun",
        Command::ExtendLease(_) => "ExtendLease",
        Command::ReleaseRun(_) => "ReleaseRun",
        Command::EndRun(_) => "EndRun",
        Command::CancelRun(_) => "CancelRun",
        Command::ExpireLeases => "ExpireLeases",
        Command::CreateStep(_) => "CreateStep",
        Command::InvokeTool(_) => "InvokeTool",
        Command::AddToolOutput(_) => "AddToolOutput",
        Command::EndTool(_) => "EndTool",
        Command::CreateArtifact(_) => "CreateArtifact",
        Command::RegisterEngine(_) => "RegisterEngine",
        Command::IssueEngineToken(_) => "IssueEngineToken",
        Command::RevokeEngineToken(_) => "RevokeEngineToken",
        Command::DeactivateEngine(_) => "DeactivateEngine",
        Command::RegisterAgent(_) => "RegisterAgent",
        Command::QuarantineAgent(_) => "QuarantineAgent",
        Command::UnquarantineAgent(_) => "UnquarantineAgent",
        Command::GrantCapability(_) => "GrantCapability",
        Command::RevokeCapability(_) => "RevokeCapability",
        Command::RequestApproval(_) => "RequestApproval",
        Command::DecideApproval(_) => "DecideApproval",
        Command::RevokeApproval(_) => "RevokeApproval",
        Command::ExpireApprovals => "ExpireApprovals",
        Command::EvaluatePolicy(_) => "EvaluatePolicy",
        Command::RequestEgress(_) => "RequestEgress",
        Command::StartEgress(_) => "StartEgress",
        Command::EndEgress(_) => "EndEgress",
        Command::InterruptEgress => "InterruptEgress",
        Command::SetKillSwitch(_) => "SetKillSwitch",
        Command::SetPolicyMode(_) => "SetPolicyMode",
        Command::LabelResource(_) => "LabelResource",
        Command::RequestDataAccess(_) => "RequestDataAccess",
        Command::FinalizeEvidence(_) => "FinalizeEvidence",
        Command::CreateExperiment(_) => "CreateExperiment",
        Command::UpdateExperiment(_) => "UpdateExperiment",
        Command::CloseExperiment(_) => "CloseExperiment",
        Command::RecordScorecard(_) => "RecordScorecard",
        Command::OpenIncident(_) => "OpenIncident",
        Command::UpdateRca(_) => "UpdateRca",
        Command::LogLearning(_) => "LogLearning",
        Command::CloseIncident(_) => "CloseIncident",
        Command::ReportStale(_) => "ReportStale",
        Command::PublishMessage(_) => "PublishMessage",
        Command::CreateTask(_) => "CreateTask",
        Command::ClaimTask(_) => "ClaimTask",
        Command::ExtendTaskLease(_) => "ExtendTaskLease",
        Command::UpdateTask(_) => "UpdateTask",
        Command::CompleteTask(_) => "CompleteTask",
        Command::AbandonTask(_) => "AbandonTask",
        Command::InterruptTask(_) => "InterruptTask",
        Command::AnnouncePresence(_) => "AnnouncePresence",
        Command::ExpireTaskLeases => "ExpireTaskLeases",
        Command::PublishTopic(_) => "PublishTopic",
        Command::LockTopic(_) => "LockTopic",
        Command::UnlockTopic(_) => "UnlockTopic",
        Command::GrantTopic(_) => "GrantTopic",
        Command::RevokeTopic(_) => "RevokeTopic",
        Command::RequestAccess(_) => "RequestAccess",
        Command::AdvertiseTopic(_) => "AdvertiseTopic",
        Command::WithdrawTopic(_) => "WithdrawTopic",
        Command::IssueTopicKey(_) => "IssueTopicKey",
        Command::RevokeTopicKey(_) => "RevokeTopicKey",
        Command::CreateTopicApp(_) => "CreateTopicApp",
        Command::RotateTopicAppKey(_) => "RotateTopicAppKey",
        Command::DeleteTopicApp(_) => "DeleteTopicApp",
        Command::AddTopicPublicKey(_) => "AddTopicPublicKey",
        Command::RemoveTopicKey(_) => "RemoveTopicKey",
        Command::RequestTopicClaim(_) => "RequestTopicClaim",
        Command::DecideTopicClaim(_) => "DecideTopicClaim",
        Command::UseTopicClaim(_) => "UseTopicClaim",
    }
}

#[test]
fn who_may_ask_for_what() {
    let rows = commands().into_iter().map(|command| {
        let marks = ["owner", "E1", "local", "system"].map(|who| {
            let (caller, _) = caller(who);
            if gate::permit(&caller, DEFAULT_WORKSPACE_ID, &command).is_ok() {
                "✔"
            } else {
                "✘"
            }
        });
        format!("    {:<20}{}", name(&command), marks.join(" "))
    });
    let found: String = rows.map(|row| format!("\n{row}")).collect();
    assert_eq!(found, GRID, "\n{found}");
}

#[test]
fn another_workspace_is_closed_for_everything() {
    for command in commands() {
        for who in ["E1", "local"] {
            let (caller, _) = caller(who);
            let reject = gate::permit(&caller, "ws_b", &command).unwrap_err();
            assert_eq!(
                reject.code,
                "workspace_forbidden",
                "{who} {}",
                name(&command)
            );
        }
    }
}
