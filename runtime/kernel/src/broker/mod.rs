//! The event bus: topics that agents and apps own, speak on and open to others.
//!
//! A topic is a channel of the board whose name says who may speak on it: what is published is one event
//! on the stream of that channel. Who may read depends on the rules in force, on locks and on grants.

mod advertise;
mod app;
mod claim;
mod govern;
mod key;
mod public_key;
mod publish;
mod rights;
mod schema;
mod timer;
mod topic;

pub use advertise::{AdvertiseTopic, WithdrawTopic, advertise_topic, withdraw_topic};
pub use app::{
    AppOwner, CreateTopicApp, DeleteTopicApp, RotateTopicAppKey, TopicApp, create_topic_app,
    delete_topic_app, rotate_topic_app_key,
};
pub use claim::{
    ClaimStatus, DecideTopicClaim, RequestTopicClaim, TopicClaim, UseTopicClaim,
    decide_topic_claim, no_claim, request_topic_claim, use_topic_claim,
};
pub use govern::{
    GrantTopic, LockTopic, RevokeTopic, UnlockTopic, grant_topic, lock_topic, revoke_topic,
    unlock_topic,
};
pub use key::{
    IssueTopicKey, IssuedTopicKey, KEY_NAME, RevokeTopicKey, TopicKey, issue_topic_key,
    revoke_topic_key,
};
pub use public_key::{AddTopicPublicKey, RemoveTopicKey, add_topic_public_key, remove_topic_key};
pub(crate) use publish::by_the_board;
pub use publish::{
    ACCESS_REQUEST, MESSAGE, PublishTopic, REQUESTS_CHANNEL, RequestAccess, publish_topic,
    request_access,
};
pub use rights::{Rules, may_publish, may_read};
pub use schema::{SchemaError, validate};
pub use timer::Timer;
pub use topic::{Principal, Topic};

use crate::actor::Caller;
use crate::command::{Context, Refusal};
use crate::envelope::{Draft, Scope};
use crate::event::Event;
use crate::reject::{Kind, Reject};
use crate::state::State;

/// An event of the workspace, by whoever asked.
fn draft(ctx: &Context, event: Event) -> Draft {
    let scope = Scope::workspace(&ctx.workspace_id);
    Draft::new(event, scope, ctx.caller.actor()).correlated(ctx.correlation_id.clone())
}

/// The principal that a caller has proven to be, whose key is looked at again here: it may have been
/// revoked since the request came in.
///
/// # Errors
/// `key_revoked`.
fn proven<S: State>(ctx: &Context, state: &S) -> Result<Option<Principal>, Refusal<S::Error>> {
    let Caller::Agent(agent) = &ctx.caller else {
        return Ok(None);
    };
    let key = state.topic_key(&agent.key_id).map_err(Refusal::State)?;
    match key {
        Some(key) if key.principal == agent.principal => Ok(Some(key.principal)),
        Some(_) | None => {
            let message = "Invalid or revoked API key";
            Err(Reject::new(Kind::Unauthorized, "key_revoked", message).into())
        }
    }
}
