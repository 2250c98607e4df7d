//! Keys by which agents and apps prove who they are. The log knows their ids; beside it is their digest.

use super::draft;
use super::topic::Principal;
use crate::actor::Caller;
use crate::command::{Answer, Context, Decided, Decision, Effect, Refusal};
use crate::event::{TopicKeyIssued, TopicKeyRevoked};
use crate::limits;
use crate::reject::Reject;
use crate::state::State;
use crate::text;
use crate::time::Timestamp;

/// A key that is not revoked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicKey {
    pub key_id: String,
    pub principal: Principal,
    pub key_name: String,
}

/// A key to keep, as its digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuedTopicKey {
    pub key: TopicKey,
    pub token_digest: [u8; 32],
    pub issued_at: Timestamp,
}

/// Issues a key. Another one of the same principal and name is over at once.
#[derive(Clone, Debug, Default)]
pub struct IssueTopicKey {
    pub key_id: String,
    /// As it is written.
    pub principal: String,
    pub key_name: Option<String>,
    /// Of the token itself.
    pub token_digest: [u8; 32],
}

#[derive(Clone, Debug, Default)]
pub struct RevokeTopicKey {
    /// An agent revokes the key that it shows, whatever this says.
    pub key_id: String,
}

/// The name of a key when none is said.
pub const KEY_NAME: &str = "main";

/// # Errors
/// `invalid_username`, `invalid_app_name`, `field_too_long`, `secret_in_identifier`, `actor_reserved`.
pub fn issue_topic_key<S: State>(
    ctx: &Context,
    state: &S,
    command: IssueTopicKey,
) -> Decided<S::Error> {
    let principal = Principal::parse(command.principal.trim())?;
    let max = limits::USERNAME_CHARS_MAX;
    let key_name = text::identifier("key_name", command.key_name.as_deref(), max)?;
    let key_name = key_name.unwrap_or_else(|| KEY_NAME.to_owned());
    not_an_engine(ctx, state, &principal)?;
    let before = state.topic_key_named(&principal, &key_name);
    let mut decision = Decision::new(Vec::new(), Answer::Created(command.key_id.clone()));
    if let Some(before) = before.map_err(Refusal::State)? {
        decision.extend(ended(ctx, before));
    }
    let key = TopicKey {
        key_id: command.key_id,
        principal,
        key_name,
    };
    let event = TopicKeyIssued {
        key_id: key.key_id.clone(),
        principal: key.principal.clone(),
        key_name: key.key_name.clone(),
    };
    decision.drafts.push(draft(ctx, event.into()));
    Ok(decision.with(Effect::PutTopicKey(IssuedTopicKey {
        key,
        token_digest: command.token_digest,
        issued_at: ctx.now,
    })))
}

/// Nobody gets to speak by the name of an engine.
pub(super) fn not_an_engine<S: State>(
    ctx: &Context,
    state: &S,
    principal: &Principal,
) -> Result<(), Refusal<S::Error>> {
    let engine = state.engine_by_actor(&ctx.workspace_id, &principal.to_string());
    if engine.map_err(Refusal::State)?.is_none() {
        return Ok(());
    }
    let message = "invalid username: an engine goes by this name";
    Err(Reject::invalid("actor_reserved", "username", message).into())
}

/// # Errors
/// `key_not_found`.
pub fn revoke_topic_key<S: State>(
    ctx: &Context,
    state: &S,
    command: RevokeTopicKey,
) -> Decided<S::Error> {
    let key_id = match &ctx.caller {
        Caller::Agent(agent) => &agent.key_id,
        Caller::Owner | Caller::Engine(_) | Caller::Local | Caller::System => &command.key_id,
    };
    let key = state.topic_key(key_id).map_err(Refusal::State)?;
    let key =
        key.ok_or_else(|| Reject::new(crate::Kind::NotFound, "key_not_found", "key not found"))?;
    let mut decision = Decision::new(Vec::new(), Answer::Done);
    decision.extend(ended(ctx, key));
    Ok(decision)
}

pub(super) fn ended(ctx: &Context, key: TopicKey) -> Decision {
    let effect = Effect::RevokeTopicKey {
        key_id: key.key_id.clone(),
    };
    let event = TopicKeyRevoked {
        key_id: key.key_id,
        principal: key.principal,
        key_name: key.key_name,
    };
    Decision::new(vec![draft(ctx, event.into())], Answer::Done).with(effect)
}
