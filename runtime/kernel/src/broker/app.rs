//! Apps: principals of the event bus that an agent, or the person, has made. Whoever made one has its key.

use super::key::{self, IssueTopicKey, issue_topic_key};
use super::topic::Principal;
use super::{draft, proven};
use crate::actor::Caller;
use crate::command::{Answer, Context, Decided, Decision, Refusal};
use crate::event::{TopicAppCreated, TopicAppDeleted};
use crate::limits;
use crate::reject::{Kind, Reject};
use crate::state::State;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Whose an app is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum AppOwner {
    /// The person whose Signalbox it is.
    Person,
    Agent(Principal),
}

const PERSON: &str = "owner";

impl fmt::Display for AppOwner {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AppOwner::Person => formatter.write_str(PERSON),
            AppOwner::Agent(principal) => principal.fmt(formatter),
        }
    }
}

impl From<AppOwner> for String {
    fn from(owner: AppOwner) -> Self {
        owner.to_string()
    }
}

impl TryFrom<String> for AppOwner {
    type Error = Reject;

    fn try_from(text: String) -> Result<Self, Reject> {
        if text == PERSON {
            return Ok(AppOwner::Person);
        }
        Principal::parse(&text).map(AppOwner::Agent)
    }
}

/// An app, whether it is there or was deleted: its name stays its owner's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicApp {
    pub name: String,
    pub owner: AppOwner,
    pub deleted: bool,
}

/// Makes an app, with a key.
#[derive(Clone, Debug, Default)]
pub struct CreateTopicApp {
    pub name: String,
    pub key_id: String,
    pub token_digest: [u8; 32],
}

/// Gives an app another key, which ends the one before.
#[derive(Clone, Debug, Default)]
pub struct RotateTopicAppKey {
    pub name: String,
    pub key_id: String,
    pub token_digest: [u8; 32],
}

/// Ends an app and all its keys. What it said stays.
#[derive(Clone, Debug, Default)]
pub struct DeleteTopicApp {
    pub name: String,
}

/// # Errors
/// `key_revoked`, `invalid_app_name`, `app_forbidden`, `app_exists`, `too_many_apps`.
pub fn create_topic_app<S: State>(
    ctx: &Context,
    state: &S,
    command: CreateTopicApp,
) -> Decided<S::Error> {
    let owner = maker(ctx, state)?;
    let principal = Principal::app(command.name.trim())?;
    let name = command.name.trim().to_owned();
    let before = state.topic_app(&name).map_err(Refusal::State)?;
    let is_taken = match &before {
        Some(app) => !app.deleted || app.owner != owner,
        // The person has given a key by this name.
        None => state
            .is_topic_principal(&principal.to_string())
            .map_err(Refusal::State)?,
    };
    if is_taken {
        return Err(Reject::conflict("app_exists", "app name already exists").into());
    }
    let apps = state.topic_apps(&owner).map_err(Refusal::State)?;
    if apps >= u64::from(limits::APPS_MAX) {
        let message = format!("{} apps at most: delete one", limits::APPS_MAX);
        return Err(Reject::conflict("too_many_apps", message).into());
    }
    let event = TopicAppCreated {
        app: name.clone(),
        owner,
    };
    let mut decision = Decision::new(vec![draft(ctx, event.into())], Answer::Created(name));
    let key = key_of(&principal, command.key_id, command.token_digest);
    decision.extend(issue_topic_key(ctx, state, key)?);
    Ok(decision)
}

/// # Errors
/// `key_revoked`, `app_not_found`, `app_forbidden`.
pub fn rotate_topic_app_key<S: State>(
    ctx: &Context,
    state: &S,
    command: RotateTopicAppKey,
) -> Decided<S::Error> {
    let app = owned_app(ctx, state, &command.name)?;
    let principal = Principal::app(&app.name)?;
    let key = key_of(&principal, command.key_id, command.token_digest);
    let mut decision = Decision::new(Vec::new(), Answer::Created(app.name));
    // Also those that the person has given by other names.
    for key in state.topic_keys_of(&principal).map_err(Refusal::State)? {
        if key.key_name != key::KEY_NAME {
            decision.extend(key::ended(ctx, key));
        }
    }
    decision.extend(issue_topic_key(ctx, state, key)?);
    Ok(decision)
}

/// # Errors
/// As [`rotate_topic_app_key`].
pub fn delete_topic_app<S: State>(
    ctx: &Context,
    state: &S,
    command: DeleteTopicApp,
) -> Decided<S::Error> {
    let app = owned_app(ctx, state, &command.name)?;
    let principal = Principal::app(&app.name)?;
    let event = TopicAppDeleted { app: app.name };
    let mut decision = Decision::new(vec![draft(ctx, event.into())], Answer::Done);
    for key in state.topic_keys_of(&principal).map_err(Refusal::State)? {
        decision.extend(key::ended(ctx, key));
    }
    Ok(decision)
}

/// Who makes an app: the person, or an agent that has proven who it is.
fn maker<S: State>(ctx: &Context, state: &S) -> Result<AppOwner, Refusal<S::Error>> {
    match proven(ctx, state)? {
        Some(agent @ Principal::Agent(_)) => Ok(AppOwner::Agent(agent)),
        None if ctx.caller == Caller::Owner => Ok(AppOwner::Person),
        Some(Principal::App(_)) | None => {
            Err(Reject::forbidden("app_forbidden", "only agents make apps").into())
        }
    }
}

/// The app of this name, if the caller may govern it.
fn owned_app<S: State>(
    ctx: &Context,
    state: &S,
    name: &str,
) -> Result<TopicApp, Refusal<S::Error>> {
    let who = proven(ctx, state)?;
    let found = state.topic_app(name.trim()).map_err(Refusal::State)?;
    let Some(app) = found.filter(|app| !app.deleted) else {
        return Err(Reject::new(Kind::NotFound, "app_not_found", "app not found").into());
    };
    let is_theirs = who.is_some_and(|who| app.owner == AppOwner::Agent(who));
    if !is_theirs && ctx.caller != Caller::Owner {
        let message = "only the owner of an app governs it";
        return Err(Reject::forbidden("app_forbidden", message).into());
    }
    Ok(app)
}

fn key_of(principal: &Principal, key_id: String, token_digest: [u8; 32]) -> IssueTopicKey {
    IssueTopicKey {
        key_id,
        principal: principal.to_string(),
        key_name: None,
        token_digest,
    }
}
