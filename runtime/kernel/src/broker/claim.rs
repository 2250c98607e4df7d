//! Claims: somebody without a key asks for one by a name, and the person says yes or no. What was asked, and
//! how it was answered, are events; the word that proves who asked is kept beside them, as its digest.

use super::draft;
use super::key::{self, IssueTopicKey, issue_topic_key};
use super::topic::Principal;
use crate::command::{Answer, Context, Decided, Decision, Effect, Refusal};
use crate::event::{TopicClaimConfirmed, TopicClaimRefused, TopicClaimRequested, TopicClaimUsed};
use crate::limits;
use crate::reject::{Kind, Reject};
use crate::state::State;
use crate::time::Timestamp;

/// Where a claim stands. One that nobody answered, or took up, in time is over without an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClaimStatus {
    Pending,
    Confirmed,
    Refused,
    Used,
}

impl ClaimStatus {
    pub fn as_str(self) -> &'static str {
        match self {
            ClaimStatus::Pending => "pending",
            ClaimStatus::Confirmed => "confirmed",
            ClaimStatus::Refused => "refused",
            ClaimStatus::Used => "used",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        let all = [
            ClaimStatus::Pending,
            ClaimStatus::Confirmed,
            ClaimStatus::Refused,
            ClaimStatus::Used,
        ];
        all.into_iter().find(|status| status.as_str() == text)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicClaim {
    pub claim_id: String,
    pub principal: Principal,
    pub status: ClaimStatus,
    pub expires_at: Timestamp,
}

/// Asks for a key by a name.
#[derive(Clone, Debug, Default)]
pub struct RequestTopicClaim {
    pub claim_id: String,
    pub username: String,
    /// What the person sees, and whoever asks: by it they know that they speak of the same claim.
    pub signature: String,
    /// Of the word by which the key is fetched.
    pub token_digest: [u8; 32],
}

/// The person's answer.
#[derive(Clone, Debug, Default)]
pub struct DecideTopicClaim {
    pub claim_id: String,
    pub confirm: bool,
}

/// Fetches the key of a claim that was confirmed, once.
#[derive(Clone, Debug, Default)]
pub struct UseTopicClaim {
    pub claim_id: String,
    pub key_id: String,
    /// Of the key's token.
    pub token_digest: [u8; 32],
}

/// # Errors
/// `invalid_username`, `actor_reserved`, `too_many_claims`.
pub fn request_topic_claim<S: State>(
    ctx: &Context,
    state: &S,
    command: RequestTopicClaim,
) -> Decided<S::Error> {
    let principal = Principal::agent(command.username.trim())?;
    key::not_an_engine(ctx, state, &principal)?;
    let open = state.open_topic_claims(ctx.now).map_err(Refusal::State)?;
    if open >= u64::from(limits::CLAIMS_MAX) {
        let message = format!(
            "{} claims wait already: the owner of this Signalbox confirms or refuses them",
            limits::CLAIMS_MAX
        );
        return Err(Reject::new(Kind::Exhausted, "too_many_claims", message).into());
    }
    let event = TopicClaimRequested {
        claim_id: command.claim_id.clone(),
        principal,
        signature: command.signature,
        expires_at: ctx.now.plus_millis(limits::CLAIM_MS),
    };
    let decision = Decision::new(
        vec![draft(ctx, event.into())],
        Answer::Created(command.claim_id.clone()),
    );
    Ok(decision.with(Effect::PutClaimToken {
        claim_id: command.claim_id,
        token_digest: command.token_digest,
    }))
}

/// # Errors
/// `claim_not_found`, `claim_already_decided`, `claim_expired`.
pub fn decide_topic_claim<S: State>(
    ctx: &Context,
    state: &S,
    command: DecideTopicClaim,
) -> Decided<S::Error> {
    let claim = find(state, &command.claim_id)?;
    if claim.status != ClaimStatus::Pending {
        let status = claim.status.as_str();
        let message = format!("The claim has been decided before: it is {status}.");
        return Err(Reject::conflict("claim_already_decided", message).into());
    }
    if claim.expires_at <= ctx.now {
        let message = "The claim has expired. Whoever asked has to ask again.";
        return Err(Reject::conflict("claim_expired", message).into());
    }
    let claim_id = claim.claim_id;
    let event = if command.confirm {
        TopicClaimConfirmed {
            claim_id,
            expires_at: ctx.now.plus_millis(limits::CLAIM_PICKUP_MS),
        }
        .into()
    } else {
        TopicClaimRefused { claim_id }.into()
    };
    Ok(Decision::new(vec![draft(ctx, event)], Answer::Done))
}

/// # Errors
/// `claim_not_found`, `claim_not_confirmed`, `claim_refused`, `actor_reserved`.
pub fn use_topic_claim<S: State>(
    ctx: &Context,
    state: &S,
    command: UseTopicClaim,
) -> Decided<S::Error> {
    let claim = find(state, &command.claim_id)?;
    if claim.expires_at <= ctx.now || claim.status == ClaimStatus::Used {
        return Err(no_claim().into());
    }
    match claim.status {
        ClaimStatus::Confirmed => {}
        ClaimStatus::Refused => {
            let message = "the owner of this Signalbox has refused it";
            return Err(Reject::forbidden("claim_refused", message).into());
        }
        ClaimStatus::Pending | ClaimStatus::Used => {
            let message = "signature not found";
            return Err(Reject::new(Kind::Unauthorized, "claim_not_confirmed", message).into());
        }
    }
    let event = TopicClaimUsed {
        claim_id: claim.claim_id,
        key_id: command.key_id.clone(),
    };
    let mut decision = Decision::new(vec![draft(ctx, event.into())], Answer::Done);
    let key = IssueTopicKey {
        key_id: command.key_id,
        principal: claim.principal.to_string(),
        key_name: None,
        token_digest: command.token_digest,
    };
    decision.extend(issue_topic_key(ctx, state, key)?);
    Ok(decision)
}

/// What is answered where there is nothing to fetch.
pub fn no_claim() -> Reject {
    Reject::invalid("claim_not_found", "username", "no pending signature")
}

fn find<S: State>(state: &S, claim_id: &str) -> Result<TopicClaim, Refusal<S::Error>> {
    let found = state.topic_claim(claim_id).map_err(Refusal::State)?;
    let message = "There is no such claim.";
    found.ok_or_else(|| Reject::new(Kind::NotFound, "claim_not_found", message).into())
}
