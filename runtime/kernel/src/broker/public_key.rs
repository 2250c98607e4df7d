//! Public keys by which agents sign in: an OpenSSH key that the person has registered for a name. Whoever
//! signs with its private half is given a key of the bus by that name.

use super::draft;
use super::key::{self, KEY_NAME};
use super::topic::Principal;
use crate::command::{Answer, Context, Decided, Decision, Refusal};
use crate::event::{TopicPublicKeyAdded, TopicPublicKeyRemoved};
use crate::limits;
use crate::reject::{Kind, Reject};
use crate::state::State;
use crate::text;

/// Registers a public key, in the place of another of the same agent and name.
#[derive(Clone, Debug, Default)]
pub struct AddTopicPublicKey {
    pub username: String,
    pub key_name: Option<String>,
    /// In the form of OpenSSH, `ssh-ed25519 AAAA…`, without a comment. Whoever sends the command has read it.
    pub public_key: String,
    /// `SHA256:…`, as OpenSSH tells it.
    pub fingerprint: String,
}

/// Ends what a name signs in with: its public key, and the key of the bus that is live by it.
#[derive(Clone, Debug, Default)]
pub struct RemoveTopicKey {
    /// As it is written: an agent, or `app:NAME`.
    pub principal: String,
    pub key_name: Option<String>,
}

/// # Errors
/// `invalid_username`, `field_too_long`, `secret_in_identifier`, `actor_reserved`, `too_many_keys`.
pub fn add_topic_public_key<S: State>(
    ctx: &Context,
    state: &S,
    command: AddTopicPublicKey,
) -> Decided<S::Error> {
    let principal = Principal::agent(command.username.trim())?;
    key::not_an_engine(ctx, state, &principal)?;
    let key_name = named(command.key_name.as_deref())?;
    let names = state
        .topic_public_keys(&principal)
        .map_err(Refusal::State)?;
    if !names.contains(&key_name) && names.len() >= limits::PUBLIC_KEYS_MAX {
        let max = limits::PUBLIC_KEYS_MAX;
        let message = format!("{max} public keys of an agent at most: remove one");
        return Err(Reject::conflict("too_many_keys", message).into());
    }
    let event = TopicPublicKeyAdded {
        principal,
        key_name,
        public_key: command.public_key,
        fingerprint: command.fingerprint,
    };
    Ok(Decision::new(vec![draft(ctx, event.into())], Answer::Done))
}

/// # Errors
/// `invalid_username`, `invalid_app_name`, `key_not_found`.
pub fn remove_topic_key<S: State>(
    ctx: &Context,
    state: &S,
    command: RemoveTopicKey,
) -> Decided<S::Error> {
    let principal = Principal::parse(command.principal.trim())?;
    let key_name = named(command.key_name.as_deref())?;
    let mut decision = Decision::new(Vec::new(), Answer::Done);
    let live = state.topic_key_named(&principal, &key_name);
    let names = state
        .topic_public_keys(&principal)
        .map_err(Refusal::State)?;
    if names.contains(&key_name) {
        let event = TopicPublicKeyRemoved {
            principal,
            key_name,
        };
        decision.drafts.push(draft(ctx, event.into()));
    }
    if let Some(live) = live.map_err(Refusal::State)? {
        decision.extend(key::ended(ctx, live));
    }
    if decision.drafts.is_empty() {
        return Err(Reject::new(Kind::NotFound, "key_not_found", "key not found").into());
    }
    Ok(decision)
}

/// The name of a key, or the one of a key without a name.
fn named(name: Option<&str>) -> Result<String, Reject> {
    let name = text::identifier("key_name", name, limits::USERNAME_CHARS_MAX)?;
    Ok(name.unwrap_or_else(|| KEY_NAME.to_owned()))
}
