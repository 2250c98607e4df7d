//! Scorecards: a run, an experiment or something else is judged by weighted measures.

use super::experiment::find_experiment;
use crate::command::{Answer, Context, Decided, Decision, Refusal};
use crate::envelope::{Draft, Scope};
use crate::event::ScorecardRecorded;
use crate::gate::Declared;
use crate::reject::Reject;
use crate::runs::find_run;
use crate::state::State;
use crate::{canonical, chain, limits, text};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// What a score comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Pass,
    Warn,
    Fail,
}

impl Verdict {
    /// Scores from here on pass.
    const PASS: f64 = 0.75;
    /// Scores from here on are a warning.
    const WARN: f64 = 0.5;

    pub fn of(score: f64) -> Self {
        if score >= Self::PASS {
            Verdict::Pass
        } else if score >= Self::WARN {
            Verdict::Warn
        } else {
            Verdict::Fail
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Verdict::Pass => "pass",
            Verdict::Warn => "warn",
            Verdict::Fail => "fail",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Pass, Self::Warn, Self::Fail]
            .into_iter()
            .find(|verdict| verdict.as_str() == text)
    }
}

/// One measure, from 0 for bad to 1 for good, and how much it counts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Metric {
    pub key: String,
    pub value: f64,
    pub weight: f64,
}

#[derive(Clone, Debug, Default)]
pub struct RecordScorecard {
    pub scorecard_id: String,
    pub template_key: Option<String>,
    pub template_version: Option<String>,
    /// A list of `{"key", "value", "weight"?}`.
    pub metrics: Option<Value>,
    pub run_id: Option<String>,
    pub evidence_id: Option<String>,
    pub experiment_id: Option<String>,
    pub agent_id: Option<String>,
    pub principal_id: Option<String>,
    pub requires_evidence: bool,
    pub rationale: Option<String>,
    pub metadata: Option<Value>,
    pub correlation_id: Option<String>,
    pub judge: Declared,
}

/// # Errors
/// `missing_template_key`, `missing_template_version`, `invalid_metrics`,
/// `missing_evidence_for_template`, `evidence_not_found`, `evidence_run_mismatch`, `run_not_found`,
/// `experiment_run_mismatch`, `experiment_not_found`, `principal_not_found`, `actor_reserved`.
pub fn record_scorecard<S: State>(
    ctx: &Context,
    state: &S,
    command: RecordScorecard,
) -> Decided<S::Error> {
    let name = |field, value: &Option<String>| {
        text::identifier(field, value.as_deref(), limits::NAME_CHARS_MAX)
    };
    let required = |code, field, value: &Option<String>| {
        text::required(code, field, value.as_deref(), limits::NAME_CHARS_MAX)
    };
    let template_key = required(
        "missing_template_key",
        "template_key",
        &command.template_key,
    )?;
    let template_version = required(
        "missing_template_version",
        "template_version",
        &command.template_version,
    )?;
    let metrics = metrics(command.metrics)?;
    let metrics_hash = canonical::to_string(&json!(metrics));
    let rationale = command.rationale.as_deref();
    let rationale = text::optional("rationale", rationale, limits::MESSAGE_BYTES_MAX)?;
    if let Some(metadata) = &command.metadata {
        text::open_value("metadata", metadata)?;
    }
    let correlation = name("correlation_id", &command.correlation_id)?;
    if command.requires_evidence && command.evidence_id.is_none() {
        let message = "This template needs the evidence of a run.";
        return Err(
            Reject::invalid("missing_evidence_for_template", "evidence_id", message)
                .hint("Look it up: GET /v1/runs/{run_id}/evidence.")
                .into(),
        );
    }
    let subject = subject(
        ctx,
        state,
        command.evidence_id,
        command.run_id,
        command.experiment_id,
    )?;
    if let Some(principal_id) = &command.principal_id
        && state
            .principal(principal_id)
            .map_err(Refusal::State)?
            .is_none()
    {
        return Err(Reject::not_found("principal_not_found", "principal", principal_id).into());
    }
    let score = score(&metrics);
    let event = ScorecardRecorded {
        scorecard_id: command.scorecard_id.clone(),
        experiment_id: subject.experiment_id,
        run_id: subject.run_id.clone(),
        evidence_id: subject.evidence_id,
        agent_id: name("agent_id", &command.agent_id)?,
        principal_id: command.principal_id,
        template_key,
        template_version,
        metrics,
        metrics_hash: chain::display(&Sha256::digest(metrics_hash).into()),
        score,
        decision: Verdict::of(score),
        rationale,
        metadata: command.metadata,
    };
    let scope = Scope {
        run_id: subject.run_id,
        ..Scope::workspace(&ctx.workspace_id)
    };
    let correlation = correlation
        .or(subject.correlation_id)
        .or_else(|| ctx.correlation_id.clone());
    let judge = command.judge.actor(ctx, state)?;
    let draft = Draft::new(event.into(), scope, judge).correlated(correlation);
    let answer = Answer::Created(command.scorecard_id);
    Ok(Decision::new(vec![draft], answer))
}

/// What is judged.
#[derive(Default)]
struct Subject {
    evidence_id: Option<String>,
    run_id: Option<String>,
    experiment_id: Option<String>,
    correlation_id: Option<String>,
}

/// Evidence brings its run along, and a run its experiment.
fn subject<S: State>(
    ctx: &Context,
    state: &S,
    evidence_id: Option<String>,
    run_id: Option<String>,
    experiment_id: Option<String>,
) -> Result<Subject, Refusal<S::Error>> {
    let mut subject = Subject {
        run_id,
        experiment_id,
        ..Subject::default()
    };
    if let Some(evidence_id) = evidence_id {
        let found = state.evidence(&evidence_id).map_err(Refusal::State)?;
        let evidence = found
            .filter(|evidence| evidence.workspace_id == ctx.workspace_id)
            .ok_or_else(|| Reject::not_found("evidence_not_found", "evidence", &evidence_id))?;
        if subject
            .run_id
            .is_some_and(|run_id| run_id != evidence.run_id)
        {
            let message = "The evidence is of another run.";
            return Err(Reject::invalid("evidence_run_mismatch", "evidence_id", message).into());
        }
        subject.evidence_id = Some(evidence_id);
        subject.run_id = Some(evidence.run_id);
    }
    if let Some(experiment_id) = &subject.experiment_id {
        let experiment = find_experiment(ctx, state, experiment_id)?;
        subject.correlation_id = Some(experiment.correlation_id);
    }
    if let Some(run_id) = &subject.run_id {
        let run = find_run(ctx, state, run_id)?;
        if subject.experiment_id.is_some() && subject.experiment_id != run.experiment_id {
            let message = "The run belongs to another experiment, or to none.";
            return Err(
                Reject::invalid("experiment_run_mismatch", "experiment_id", message).into(),
            );
        }
        subject.experiment_id = run.experiment_id;
        subject.correlation_id = Some(run.correlation_id);
    }
    Ok(subject)
}

/// The mean of what was measured, by weight, within 0 and 1.
fn score(metrics: &[Metric]) -> f64 {
    let weights: f64 = metrics.iter().map(|metric| metric.weight).sum();
    let weighed: f64 = metrics
        .iter()
        .map(|metric| metric.value * metric.weight)
        .sum();
    (weighed / weights).clamp(0.0, 1.0)
}

#[derive(Deserialize)]
struct Given {
    key: String,
    value: f64,
    weight: Option<f64>,
}

/// # Errors
/// `invalid_metrics`, with the place.
fn metrics(value: Option<Value>) -> Result<Vec<Metric>, Reject> {
    let invalid = |field: &str, message: &str| Reject::invalid("invalid_metrics", field, message);
    let Some(Value::Array(items)) = value else {
        let message = "\"metrics\" must be a list of {\"key\", \"value\", \"weight\"}.";
        return Err(invalid("metrics", message));
    };
    if items.is_empty() || items.len() > limits::METRICS_MAX {
        let message = format!(
            "\"metrics\" must have 1 to {} entries.",
            limits::METRICS_MAX
        );
        return Err(invalid("metrics", &message));
    }
    let mut metrics: Vec<Metric> = Vec::with_capacity(items.len());
    for (index, item) in items.into_iter().enumerate() {
        let field = format!("metrics[{index}]");
        let given = Given::deserialize(&item).map_err(|_| {
            let message = "A metric is {\"key\": text, \"value\": number, \"weight\"?: number}.";
            invalid(&field, message)
        })?;
        let key = text::required(
            "invalid_metrics",
            &format!("{field}.key"),
            Some(&given.key),
            limits::NAME_CHARS_MAX,
        )?;
        if metrics.iter().any(|metric| metric.key == key) {
            let message = format!("The metric {key:?} is there twice.");
            return Err(invalid(&format!("{field}.key"), &message));
        }
        let max = limits::METRIC_VALUE_MAX;
        if given.value.abs() > max {
            let message = format!("A value must be from -{max} to {max}.");
            return Err(invalid(&format!("{field}.value"), &message));
        }
        let weight = given.weight.unwrap_or(1.0);
        if !(0.0..=max).contains(&weight) {
            let message = format!("A weight must be from 0 to {max}.");
            return Err(invalid(&format!("{field}.weight"), &message));
        }
        let value = given.value;
        metrics.push(Metric { key, value, weight });
    }
    if metrics.iter().all(|metric| metric.weight == 0.0) {
        return Err(invalid(
            "metrics",
            "At least one metric must have a weight.",
        ));
    }
    Ok(metrics)
}
