//! The gate over HTTP: asking it, how it is set, and what it knows of actions.

use super::body::Body;
use super::identity::require_owner;
use super::server::Server;
use crate::app::Origin;
use crate::problem::{Problem, ProblemBody};
use crate::store::table::policy_setting::Change;
use axum::Json;
use axum::extract::State;
use kernel::gate::evaluate::{EvaluatePolicy, Standing};
use kernel::gate::policy::{Decision, Mode, Ruling};
use kernel::gate::registry::{CostImpact, REGISTRY, REGISTRY_SINCE, RecoveryDifficulty};
use kernel::gate::setting::{SetKillSwitch, SetPolicyMode};
use kernel::gate::{Declared, Place, Zone};
use kernel::{Answer, Command, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// An action that is about to be done.
#[derive(Debug, Deserialize, ToSchema)]
pub struct Evaluation {
    action: Option<String>,
    /// What it is done to.
    target: Option<String>,
    /// Exactly what is to be done.
    payload: Option<Value>,
    actor_type: Option<String>,
    actor_id: Option<String>,
    room_id: Option<String>,
    thread_id: Option<String>,
    run_id: Option<String>,
    step_id: Option<String>,
    context: Option<Value>,
    /// Who the actor is; agents must say it.
    principal_id: Option<String>,
    capability_token_id: Option<String>,
    /// `sandbox`, `supervised` (the default) or `high_stakes`.
    zone: Option<String>,
}

/// The three answers, as the schema lists them.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[allow(dead_code, reason = "only its schema is used")]
pub enum PolicyDecisionName {
    Allow,
    Deny,
    RequireApproval,
}

/// An answer of the gate.
#[derive(Debug, Serialize, ToSchema)]
pub struct PolicyRuling {
    #[schema(value_type = PolicyDecisionName)]
    decision: Decision,
    /// For programs.
    reason_code: &'static str,
    /// For people.
    reason: &'static str,
    #[schema(value_type = PolicyModeName)]
    enforcement_mode: Mode,
    /// The action must not be done.
    blocked: bool,
    /// What allowed it, or what it can wait for.
    approval_id: Option<String>,
}

impl From<Ruling> for PolicyRuling {
    fn from(ruling: Ruling) -> Self {
        Self {
            decision: ruling.decision,
            reason_code: ruling.reason_code,
            reason: ruling.reason,
            enforcement_mode: ruling.mode,
            blocked: ruling.blocked,
            approval_id: ruling.approval_id,
        }
    }
}

/// The answer of the gate among the answers to commands.
pub fn ruling(answer: Answer) -> Option<Ruling> {
    if let Answer::Ruled(ruling) = answer {
        Some(ruling)
    } else {
        None
    }
}

/// Asks whether an action may be done now. An allow is meant: it uses up an approval that reaches once.
#[utoipa::path(post, path = "/v1/policy/evaluate", operation_id = "evaluatePolicy", tag = "gate", request_body = Evaluation,
    responses((status = 200, body = PolicyRuling), (status = 400, body = ProblemBody), (status = 404, body = ProblemBody)))]
pub async fn evaluate(
    State(server): State<Server>,
    origin: Origin,
    Body(body): Body<Evaluation>,
) -> Result<Json<PolicyRuling>, Problem> {
    let command = EvaluatePolicy {
        action: body.action,
        target: body.target,
        payload: body.payload,
        place: Place {
            room_id: body.room_id,
            thread_id: body.thread_id,
            run_id: body.run_id,
            step_id: body.step_id,
        },
        context: body.context,
        requester: Declared {
            actor_type: body.actor_type,
            actor_id: body.actor_id,
        },
        standing: Standing {
            principal_id: body.principal_id,
            capability_token_id: body.capability_token_id,
            zone: body.zone,
        },
    };
    let committed = server
        .app()
        .submit(&origin, Command::EvaluatePolicy(command))
        .await?;
    let ruling = ruling(committed.answer).ok_or(Problem::Busy)?;
    Ok(Json(ruling.into()))
}

/// A setting's last change, if there was one.
#[derive(Debug, Serialize, ToSchema)]
pub struct SettingChange {
    reason: Option<String>,
    #[schema(value_type = Option<String>, format = DateTime)]
    changed_at: Option<Timestamp>,
    changed_by_type: Option<String>,
    changed_by_id: Option<String>,
}

impl From<Option<Change>> for SettingChange {
    fn from(change: Option<Change>) -> Self {
        match change {
            None => Self {
                reason: None,
                changed_at: None,
                changed_by_type: None,
                changed_by_id: None,
            },
            Some(change) => Self {
                reason: change.reason,
                changed_at: change.changed_at,
                changed_by_type: Some(change.changed_by_type),
                changed_by_id: Some(change.changed_by_id),
            },
        }
    }
}

/// The kill switch: while it is enabled nothing reaches outside, whatever was approved.
#[derive(Debug, Serialize, ToSchema)]
pub struct KillSwitch {
    enabled: bool,
    #[serde(flatten)]
    change: SettingChange,
}

#[derive(Debug, Deserialize, ToSchema)]
pub struct KillSwitchSetting {
    enabled: Option<bool>,
    reason: Option<String>,
}

/// Whether the kill switch is on, and who turned it. It is one for all workspaces. Owner only.
#[utoipa::path(get, path = "/v1/policy/kill-switch", operation_id = "getKillSwitch", tag = "gate",
    responses((status = 200, body = KillSwitch), (status = 403, body = ProblemBody)))]
pub async fn kill_switch(
    State(server): State<Server>,
    origin: Origin,
) -> Result<Json<KillSwitch>, Problem> {
    require_owner(&origin)?;
    let (enabled, change) = server.app().read(|reader| reader.kill_switch()).await?;
    let change = change.into();
    Ok(Json(KillSwitch { enabled, change }))
}

/// Turns the kill switch, at once. Owner only.
#[utoipa::path(post, path = "/v1/policy/kill-switch", operation_id = "setKillSwitch", tag = "gate", request_body = KillSwitchSetting,
    responses((status = 200, body = KillSwitch), (status = 400, body = ProblemBody), (status = 403, body = ProblemBody)))]
pub async fn set_kill_switch(
    State(server): State<Server>,
    origin: Origin,
    Body(body): Body<KillSwitchSetting>,
) -> Result<Json<KillSwitch>, Problem> {
    let command = SetKillSwitch {
        enabled: body.enabled,
        reason: body.reason,
    };
    server
        .app()
        .submit(&origin, Command::SetKillSwitch(command))
        .await?;
    kill_switch(State(server), origin).await
}

/// The enforcement modes, as the schema lists them.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[allow(dead_code, reason = "only its schema is used")]
pub enum PolicyModeName {
    Shadow,
    Enforce,
}

/// The enforcement mode: `enforce` keeps to what the gate decides, `shadow` only writes it down.
#[derive(Debug, Serialize, ToSchema)]
pub struct PolicyMode {
    #[schema(value_type = PolicyModeName)]
    mode: Mode,
    #[serde(flatten)]
    change: SettingChange,
}

#[derive(Debug, Deserialize, ToSchema)]
pub struct PolicyModeSetting {
    /// `shadow` or `enforce`.
    mode: Option<String>,
    reason: Option<String>,
}

/// The enforcement mode, and who chose it. Owner only.
#[utoipa::path(get, path = "/v1/policy/mode", operation_id = "getPolicyMode", tag = "gate",
    responses((status = 200, body = PolicyMode), (status = 403, body = ProblemBody)))]
pub async fn mode(
    State(server): State<Server>,
    origin: Origin,
) -> Result<Json<PolicyMode>, Problem> {
    require_owner(&origin)?;
    let (mode, change) = server
        .app()
        .read(move |reader| reader.policy_mode(&origin.workspace_id))
        .await?;
    let change = change.into();
    Ok(Json(PolicyMode { mode, change }))
}

/// Chooses the enforcement mode, at once. Owner only.
#[utoipa::path(post, path = "/v1/policy/mode", operation_id = "setPolicyMode", tag = "gate", request_body = PolicyModeSetting,
    responses((status = 200, body = PolicyMode), (status = 400, body = ProblemBody), (status = 403, body = ProblemBody)))]
pub async fn set_mode(
    State(server): State<Server>,
    origin: Origin,
    Body(body): Body<PolicyModeSetting>,
) -> Result<Json<PolicyMode>, Problem> {
    let command = SetPolicyMode {
        mode: body.mode,
        reason: body.reason,
    };
    server
        .app()
        .submit(&origin, Command::SetPolicyMode(command))
        .await?;
    mode(State(server), origin).await
}

/// What the gate knows of one action.
#[derive(Debug, Serialize, ToSchema)]
pub struct RegisteredAction {
    action_type: &'static str,
    /// What it did can be taken back.
    reversible: bool,
    /// `sandbox`, `supervised` or `high_stakes`.
    #[schema(value_type = String)]
    zone_required: Zone,
    requires_pre_approval: bool,
    post_review_required: bool,
    metadata: ActionMetadata,
    created_at: &'static str,
    updated_at: &'static str,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ActionMetadata {
    /// `low`, `medium` or `high`.
    #[schema(value_type = String)]
    cost_impact: CostImpact,
    /// `easy` or `hard`.
    #[schema(value_type = String)]
    recovery_difficulty: RecoveryDifficulty,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ActionRegistry {
    actions: Vec<RegisteredAction>,
}

/// The actions that the gate knows, by name.
#[utoipa::path(get, path = "/v1/action-registry", operation_id = "getActionRegistry", tag = "gate", responses((status = 200, body = ActionRegistry)))]
pub async fn registry(_: Origin) -> Json<ActionRegistry> {
    let actions = REGISTRY.iter().map(|rule| RegisteredAction {
        action_type: rule.action_type,
        reversible: rule.reversible,
        zone_required: rule.zone_required,
        requires_pre_approval: rule.requires_pre_approval,
        post_review_required: rule.post_review_required,
        metadata: ActionMetadata {
            cost_impact: rule.cost_impact,
            recovery_difficulty: rule.recovery_difficulty,
        },
        created_at: REGISTRY_SINCE,
        updated_at: REGISTRY_SINCE,
    });
    Json(ActionRegistry {
        actions: actions.collect(),
    })
}
