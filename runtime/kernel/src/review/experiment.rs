//! Experiments: something is to be found out, within a budget, by runs that name it.

use crate::command::{Answer, Context, Decided, Decision, Refusal};
use crate::envelope::{Causation, Draft, Scope};
use crate::event::{ExperimentClosed, ExperimentCreated, ExperimentUpdated};
use crate::gate::{Declared, Place};
use crate::limits;
use crate::reject::Reject;
use crate::state::State;
use crate::text;
use serde::{Deserialize, Serialize};
use serde_json::{Number, Value};

/// How much can go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RiskTier {
    Low,
    Medium,
    High,
}

impl RiskTier {
    pub fn as_str(self) -> &'static str {
        match self {
            RiskTier::Low => "low",
            RiskTier::Medium => "medium",
            RiskTier::High => "high",
        }
    }

    /// # Errors
    /// `invalid_risk_tier`, also when there is none.
    fn read(text: Option<&str>) -> Result<Self, Reject> {
        let known = [Self::Low, Self::Medium, Self::High];
        let found = known.into_iter().find(|tier| Some(tier.as_str()) == text);
        found.ok_or_else(|| {
            let message = "\"risk_tier\" must be low, medium or high.";
            Reject::invalid("invalid_risk_tier", "risk_tier", message)
        })
    }
}

/// Where an experiment stands. What is over has no way back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExperimentStatus {
    Open,
    Closed,
    /// Closed while runs of it were still going on.
    Stopped,
}

impl ExperimentStatus {
    pub fn as_str(self) -> &'static str {
        match self {
            ExperimentStatus::Open => "open",
            ExperimentStatus::Closed => "closed",
            ExperimentStatus::Stopped => "stopped",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Open, Self::Closed, Self::Stopped]
            .into_iter()
            .find(|status| status.as_str() == text)
    }
}

/// An experiment, as far as decisions need it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Experiment {
    pub experiment_id: String,
    pub scope: Scope,
    pub status: ExperimentStatus,
    pub correlation_id: String,
    pub last_event_id: String,
}

impl Experiment {
    /// # Errors
    /// `experiment_not_open`
    pub fn must_be_open(&self) -> Result<(), Reject> {
        if self.status == ExperimentStatus::Open {
            return Ok(());
        }
        let message = format!(
            "The experiment is not open: it is {}.",
            self.status.as_str()
        );
        Err(Reject::conflict("experiment_not_open", message))
    }
}

#[derive(Clone, Debug, Default)]
pub struct CreateExperiment {
    pub experiment_id: String,
    pub room_id: Option<String>,
    pub title: Option<String>,
    pub hypothesis: Option<String>,
    pub success_criteria: Option<Value>,
    pub stop_conditions: Option<Value>,
    pub budget_cap_units: Option<Value>,
    pub risk_tier: Option<String>,
    pub metadata: Option<Value>,
    pub correlation_id: Option<String>,
    pub creator: Declared,
}

#[derive(Clone, Debug, Default)]
pub struct UpdateExperiment {
    pub experiment_id: String,
    pub title: Option<String>,
    pub hypothesis: Option<String>,
    pub success_criteria: Option<Value>,
    pub stop_conditions: Option<Value>,
    pub budget_cap_units: Option<Value>,
    pub risk_tier: Option<String>,
    pub metadata: Option<Value>,
    pub editor: Declared,
}

#[derive(Clone, Debug, Default)]
pub struct CloseExperiment {
    pub experiment_id: String,
    /// Also while runs of it go on: they do, and it is stopped rather than closed.
    pub force: bool,
    pub reason: Option<String>,
    pub closer: Declared,
}

/// # Errors
/// `missing_title`, `missing_hypothesis`, `invalid_budget_cap_units`, `invalid_risk_tier`,
/// `room_not_found`, `actor_reserved`.
pub fn create_experiment<S: State>(
    ctx: &Context,
    state: &S,
    command: CreateExperiment,
) -> Decided<S::Error> {
    let place = Place {
        room_id: command.room_id,
        ..Place::default()
    };
    let place = place.resolve(ctx, state)?;
    let correlation = text::identifier(
        "correlation_id",
        command.correlation_id.as_deref(),
        limits::NAME_CHARS_MAX,
    )?;
    let event = ExperimentCreated {
        experiment_id: command.experiment_id.clone(),
        title: title(command.title.as_deref())?,
        hypothesis: hypothesis(command.hypothesis.as_deref())?,
        success_criteria: open("success_criteria", command.success_criteria)?,
        stop_conditions: open("stop_conditions", command.stop_conditions)?,
        budget_cap_units: budget(command.budget_cap_units)?,
        risk_tier: RiskTier::read(command.risk_tier.as_deref())?,
        metadata: open("metadata", command.metadata)?,
    };
    let creator = command.creator.actor(ctx, state)?;
    let draft = Draft::new(event.into(), place.scope, creator)
        .correlated(correlation.or(place.correlation_id));
    let answer = Answer::Created(command.experiment_id);
    Ok(Decision::new(vec![draft], answer))
}

/// # Errors
/// `experiment_not_found`, `experiment_not_open`, `empty_update`, and what is wrong with a member.
pub fn update_experiment<S: State>(
    ctx: &Context,
    state: &S,
    command: UpdateExperiment,
) -> Decided<S::Error> {
    let experiment = find_experiment(ctx, state, &command.experiment_id)?;
    experiment.must_be_open()?;
    let event = ExperimentUpdated {
        experiment_id: command.experiment_id.clone(),
        title: command.title.map(|text| title(Some(&text))).transpose()?,
        hypothesis: command
            .hypothesis
            .map(|text| hypothesis(Some(&text)))
            .transpose()?,
        success_criteria: open("success_criteria", command.success_criteria)?,
        stop_conditions: open("stop_conditions", command.stop_conditions)?,
        budget_cap_units: command
            .budget_cap_units
            .map(|units| budget(Some(units)))
            .transpose()?,
        risk_tier: command
            .risk_tier
            .map(|tier| RiskTier::read(Some(&tier)))
            .transpose()?,
        metadata: open("metadata", command.metadata)?,
    };
    let nothing = ExperimentUpdated {
        experiment_id: command.experiment_id,
        ..ExperimentUpdated::default()
    };
    if event == nothing {
        let message = "An update names at least one member to change.";
        return Err(Reject::invalid("empty_update", "body", message).into());
    }
    let editor = command.editor.actor(ctx, state)?;
    let draft = experiment.draft(event.into(), editor);
    Ok(Decision::new(vec![draft], Answer::Done))
}

/// # Errors
/// `experiment_not_found`, `experiment_not_open`, `experiment_has_active_runs`.
pub fn close_experiment<S: State>(
    ctx: &Context,
    state: &S,
    command: CloseExperiment,
) -> Decided<S::Error> {
    let experiment = find_experiment(ctx, state, &command.experiment_id)?;
    experiment.must_be_open()?;
    let reason = command.reason.as_deref();
    let reason = text::optional("reason", reason, limits::MESSAGE_BYTES_MAX)?;
    let active_runs = state
        .active_runs(&command.experiment_id)
        .map_err(Refusal::State)?;
    let status = match active_runs {
        0 => ExperimentStatus::Closed,
        1.. if command.force => ExperimentStatus::Stopped,
        1.. => {
            let message = format!("{active_runs} runs of the experiment have not ended.");
            return Err(Reject::conflict("experiment_has_active_runs", message)
                .hint("Wait for them, cancel them, or send \"force\": true.")
                .into());
        }
    };
    let event = ExperimentClosed {
        experiment_id: command.experiment_id,
        status,
        reason,
    };
    let closer = command.closer.actor(ctx, state)?;
    let draft = experiment.draft(event.into(), closer);
    let answer = Answer::ExperimentClosed {
        status,
        active_runs,
    };
    Ok(Decision::new(vec![draft], answer))
}

/// The experiment, if it is in the caller's workspace.
pub fn find_experiment<S: State>(
    ctx: &Context,
    state: &S,
    experiment_id: &str,
) -> Result<Experiment, Refusal<S::Error>> {
    match state.experiment(experiment_id).map_err(Refusal::State)? {
        Some(found) if found.scope.workspace_id == ctx.workspace_id => Ok(found),
        Some(_) | None => {
            Err(Reject::not_found("experiment_not_found", "experiment", experiment_id).into())
        }
    }
}

impl Experiment {
    fn draft(&self, event: crate::Event, actor: crate::Actor) -> Draft {
        Draft::new(event, self.scope.clone(), actor)
            .caused_by(Causation::Event(self.last_event_id.clone()))
            .correlated(Some(self.correlation_id.clone()))
    }
}

fn title(text: Option<&str>) -> Result<String, Reject> {
    text::required("missing_title", "title", text, limits::TITLE_CHARS_MAX)
}

fn hypothesis(text: Option<&str>) -> Result<String, Reject> {
    let max = limits::HYPOTHESIS_CHARS_MAX;
    text::required("missing_hypothesis", "hypothesis", text, max)
}

fn open(field: &str, value: Option<Value>) -> Result<Option<Value>, Reject> {
    if let Some(value) = &value {
        text::open_value(field, value)?;
    }
    Ok(value.filter(|value| !value.is_null()))
}

/// A budget is a number that is not negative, kept as it was written.
fn budget(value: Option<Value>) -> Result<Number, Reject> {
    let number = match value {
        Some(Value::Number(number)) => Some(number),
        _ => None,
    };
    let bounds = 0.0..=limits::BUDGET_UNITS_MAX;
    number
        .filter(|number| number.as_f64().is_some_and(|units| bounds.contains(&units)))
        .ok_or_else(|| {
            let message = format!(
                "\"budget_cap_units\" must be a number from 0 to {}.",
                limits::BUDGET_UNITS_MAX
            );
            Reject::invalid("invalid_budget_cap_units", "budget_cap_units", message)
        })
}
