//! Locks and grants: who a topic is open to. Only its owner says so, and the person whose Signalbox it is.

use super::proven;
use super::topic::{Principal, Topic};
use crate::actor::Caller;
use crate::command::{Answer, Context, Decided, Decision, Refusal};
use crate::envelope::{Draft, Scope};
use crate::event::{Event, TopicGranted, TopicLocked, TopicRevoked, TopicUnlocked};
use crate::limits;
use crate::reject::Reject;
use crate::state::State;
use crate::text;

#[derive(Clone, Debug, Default)]
pub struct LockTopic {
    pub channel: String,
}

#[derive(Clone, Debug, Default)]
pub struct UnlockTopic {
    pub channel: String,
}

#[derive(Clone, Debug, Default)]
pub struct GrantTopic {
    pub channel: String,
    pub target: String,
}

#[derive(Clone, Debug, Default)]
pub struct RevokeTopic {
    pub channel: String,
    pub target: String,
}

/// Closes a topic to all but its owner and those with a grant.
///
/// # Errors
/// `key_revoked`, `invalid_channel`, `topic_reserved`, `topic_forbidden`.
pub fn lock_topic<S: State>(ctx: &Context, state: &S, command: LockTopic) -> Decided<S::Error> {
    let channel = owned(ctx, state, &command.channel, "lock", "lock")?;
    let locked = state.is_topic_locked(&channel).map_err(Refusal::State)?;
    Ok(changed(ctx, !locked, TopicLocked { channel }.into()))
}

/// Opens it again, as far as the rules leave it open. Grants stay.
///
/// # Errors
/// As [`lock_topic`].
pub fn unlock_topic<S: State>(ctx: &Context, state: &S, command: UnlockTopic) -> Decided<S::Error> {
    let channel = owned(ctx, state, &command.channel, "unlock", "unlock")?;
    let locked = state.is_topic_locked(&channel).map_err(Refusal::State)?;
    Ok(changed(ctx, locked, TopicUnlocked { channel }.into()))
}

/// Lets somebody read a topic that is, or may come to be, closed. It never lets anybody write.
///
/// # Errors
/// As [`lock_topic`]; `invalid_username`, `invalid_app_name`.
pub fn grant_topic<S: State>(ctx: &Context, state: &S, command: GrantTopic) -> Decided<S::Error> {
    let verb = "grant access to";
    let channel = owned(ctx, state, &command.channel, verb, verb)?;
    let principal = Principal::parse(&command.target).map_err(of_target)?;
    let granted = is_granted(state, &channel, &principal)?;
    Ok(changed(
        ctx,
        !granted,
        TopicGranted { channel, principal }.into(),
    ))
}

/// Takes a grant back.
///
/// # Errors
/// As [`grant_topic`].
pub fn revoke_topic<S: State>(ctx: &Context, state: &S, command: RevokeTopic) -> Decided<S::Error> {
    let verb = "revoke access from";
    let channel = owned(ctx, state, &command.channel, verb, verb)?;
    let principal = Principal::parse(&command.target).map_err(of_target)?;
    let granted = is_granted(state, &channel, &principal)?;
    Ok(changed(
        ctx,
        granted,
        TopicRevoked { channel, principal }.into(),
    ))
}

fn of_target(reject: Reject) -> Reject {
    Reject {
        field: Some("target".to_owned()),
        message: reject.message.replacen("username", "target", 1),
        ..reject
    }
}

fn is_granted<S: State>(
    state: &S,
    channel: &str,
    principal: &Principal,
) -> Result<bool, Refusal<S::Error>> {
    let granted = state.is_topic_granted(channel, principal);
    granted.map_err(Refusal::State)
}

/// The name of a topic that the caller may govern.
pub(super) fn owned<S: State>(
    ctx: &Context,
    state: &S,
    channel: &str,
    verb: &str,
    verb_of_reserved: &str,
) -> Result<String, Refusal<S::Error>> {
    let who = proven(ctx, state)?;
    let channel = channel.trim();
    let topic = Topic::parse(channel)?;
    text::identifier("channel", Some(channel), limits::TOPIC_BYTES_MAX)?;
    if topic.is_between_app_and_agents() {
        let message = format!("cannot {verb_of_reserved} app.agent reserved channels");
        return Err(Reject::forbidden("topic_reserved", message).into());
    }
    let is_the_persons = ctx.caller == Caller::Owner && topic.owner().is_some();
    if !is_the_persons && (who.is_none() || topic.owner() != who) {
        let message = format!("can only {verb} your own channels");
        return Err(Reject::forbidden("topic_forbidden", message).into());
    }
    Ok(channel.to_owned())
}

fn changed(ctx: &Context, changes: bool, event: Event) -> Decision {
    if !changes {
        return Decision::new(Vec::new(), Answer::AlreadyDone);
    }
    let scope = Scope::workspace(&ctx.workspace_id);
    let draft = Draft::new(event, scope, ctx.caller.actor());
    Decision::new(
        vec![draft.correlated(ctx.correlation_id.clone())],
        Answer::Done,
    )
}
