//! Requests that Signalbox performs itself, once the gate has allowed them: each is begun at most
//! once and ended exactly once. The effect between the two happens outside of the writer.

use crate::command::{Answer, Context, Decided, Decision, Refusal};
use crate::envelope::{Causation, Draft, Scope};
use crate::event::{EgressFailed, EgressOutcome, EgressPerformed, EgressStarted, Sent};
use crate::limits;
use crate::reject::{Kind, Reject};
use crate::state::State;

/// How far a request that is to be performed has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Allowed; nothing was sent.
    Pending,
    /// It may have been sent.
    InFlight,
    Performed,
    Failed,
}

impl Progress {
    pub fn as_str(self) -> &'static str {
        match self {
            Progress::Pending => "pending",
            Progress::InFlight => "in_flight",
            Progress::Performed => "performed",
            Progress::Failed => "failed",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Pending, Self::InFlight, Self::Performed, Self::Failed]
            .into_iter()
            .find(|progress| progress.as_str() == text)
    }
}

/// A request that is, or was, performed, as far as decisions need it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Performance {
    pub egress_request_id: String,
    pub place: Scope,
    pub target_domain: String,
    pub progress: Progress,
    pub correlation_id: String,
    pub last_event_id: String,
}

impl Performance {
    fn draft(&self, ctx: &Context, event: crate::Event) -> Draft {
        Draft {
            causation: Causation::Event(self.last_event_id.clone()),
            ..Draft::new(event, self.place.clone(), ctx.caller.actor())
        }
        .correlated(Some(self.correlation_id.clone()))
    }

    fn failed(&self, ctx: &Context, code: &str, message: &str, sent: Sent) -> Draft {
        let event = EgressFailed {
            egress_request_id: self.egress_request_id.clone(),
            target_domain: self.target_domain.clone(),
            code: code.to_owned(),
            message: message.to_owned(),
            sent,
            outcome: EgressOutcome::default(),
        };
        self.draft(ctx, event.into())
    }
}

/// About to send. Refused by an ending of the request, so that it is asked for again or not at all.
#[derive(Clone, Debug, Default)]
pub struct StartEgress {
    pub egress_request_id: String,
}

/// The order to send, or the end instead of it when the kill switch was turned on meanwhile.
pub fn start_egress<S: State>(ctx: &Context, state: &S, command: StartEgress) -> Decided<S::Error> {
    let known = known(state, &command.egress_request_id)?;
    if known.progress != Progress::Pending {
        return Err(Reject::conflict(
            "egress_not_pending",
            "The request was begun before; it is never sent twice.",
        )
        .into());
    }
    let posture = state.posture(&known.place.workspace_id);
    if posture.map_err(Refusal::State)?.kill_switch {
        let message = "The kill switch was turned on before the request was sent.";
        let failed = known.failed(ctx, "kill_switch", message, Sent::No);
        return Ok(Decision::new(vec![failed], Answer::AlreadyDone));
    }
    let event = EgressStarted {
        egress_request_id: known.egress_request_id.clone(),
        target_domain: known.target_domain.clone(),
    };
    let started = known.draft(ctx, event.into());
    Ok(Decision::new(vec![started], Answer::Done))
}

/// What came of a request.
#[derive(Clone, Debug, Default)]
pub struct EndEgress {
    pub egress_request_id: String,
    pub outcome: EgressOutcome,
    /// Why it failed, if it did: code, sentence, and whether it was sent.
    pub failure: Option<(String, String, Sent)>,
}

pub fn end_egress<S: State>(ctx: &Context, state: &S, command: EndEgress) -> Decided<S::Error> {
    let known = known(state, &command.egress_request_id)?;
    if !matches!(known.progress, Progress::Pending | Progress::InFlight) {
        return Ok(Decision::new(Vec::new(), Answer::AlreadyDone));
    }
    let EndEgress {
        egress_request_id,
        outcome,
        failure,
    } = command;
    let target_domain = known.target_domain.clone();
    let event = match failure {
        Some((code, message, sent)) => EgressFailed {
            egress_request_id,
            target_domain,
            code,
            message,
            sent,
            outcome,
        }
        .into(),
        None => EgressPerformed {
            egress_request_id,
            target_domain,
            outcome,
        }
        .into(),
    };
    Ok(Decision::new(vec![known.draft(ctx, event)], Answer::Done))
}

/// Ends what a process that died had begun, before the next one serves. Nothing is sent again:
/// whoever asked is told what is known.
pub fn interrupt_egress<S: State>(ctx: &Context, state: &S) -> Decided<S::Error> {
    let open = state.open_egress(limits::EXPIRIES_MAX);
    let open = open.map_err(Refusal::State)?;
    let end = |known: &Performance| {
        if known.progress == Progress::Pending {
            let message = "Signalbox ended before the request was sent. Ask again.";
            return known.failed(ctx, "interrupted", message, Sent::No);
        }
        let message = "Signalbox ended while the request was under way: whether it had its effect \
                       is not known. It is not sent again by itself.";
        known.failed(ctx, "outcome_unknown", message, Sent::Unknown)
    };
    let drafts: Vec<Draft> = open.iter().map(end).collect();
    let answer = Answer::Expired { runs: drafts.len() };
    Ok(Decision::new(drafts, answer))
}

fn known<S: State>(state: &S, egress_request_id: &str) -> Result<Performance, Refusal<S::Error>> {
    let known = state.egress(egress_request_id).map_err(Refusal::State)?;
    known.ok_or_else(|| {
        let message = "There is no such request that is to be performed.";
        Reject::new(Kind::NotFound, "egress_request_not_found", message).into()
    })
}
