//! Who a topic is open to: locks and grants.

use super::caller::{Anybody, Asker, Members};
use super::refusal::Refusal;
use crate::api::board::SentenceBody;
use crate::api::body::Path;
use crate::api::server::Server;
use crate::app::Origin;
use axum::Json;
use axum::extract::State;
use kernel::broker::{GrantTopic, LockTopic, Principal, RevokeTopic, UnlockTopic};
use kernel::limits::TOPICS_MAX;
use kernel::{Caller, Command};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Debug, Deserialize, ToSchema)]
#[allow(
    dead_code,
    reason = "it is read member by member; this is its description"
)]
pub struct TopicName {
    channel: String,
}

#[derive(Debug, Deserialize, ToSchema)]
#[allow(
    dead_code,
    reason = "it is read member by member; this is its description"
)]
pub struct TopicTarget {
    /// An agent, or `app:NAME`.
    target: String,
    channel: Option<String>,
    /// Of the caller's own topics, as the first clients name it: without `agent.NAME.`.
    topic: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct TopicLock {
    ok: bool,
    locked: bool,
    channel: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct TopicUnlock {
    ok: bool,
    unlocked: bool,
    channel: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct TopicGrant {
    ok: bool,
    granted: bool,
    target: String,
    channel: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct TopicRevocation {
    ok: bool,
    revoked: bool,
    target: String,
    channel: String,
}

/// Closes a topic to all but those with a grant.
#[utoipa::path(post, path = "/api/lock", operation_id = "lockTopic", tag = "claw", request_body = TopicName,
    responses((status = 200, body = TopicLock), (status = 400, body = SentenceBody), (status = 401, body = SentenceBody), (status = 403, body = SentenceBody)))]
pub async fn lock(
    State(server): State<Server>,
    Asker(origin): Asker,
    mut members: Members,
) -> Result<Json<TopicLock>, Refusal> {
    let channel = members.required("channel", "channel required")?;
    let command = Command::LockTopic(LockTopic {
        channel: channel.clone(),
    });
    server.app().submit(&origin, command).await?;
    Ok(Json(TopicLock {
        ok: true,
        locked: true,
        channel,
    }))
}

/// Opens a topic again.
#[utoipa::path(post, path = "/api/unlock", operation_id = "unlockTopic", tag = "claw", request_body = TopicName,
    responses((status = 200, body = TopicUnlock), (status = 400, body = SentenceBody), (status = 401, body = SentenceBody), (status = 403, body = SentenceBody)))]
pub async fn unlock(
    State(server): State<Server>,
    Asker(origin): Asker,
    mut members: Members,
) -> Result<Json<TopicUnlock>, Refusal> {
    let channel = members.required("channel", "channel required")?;
    let command = Command::UnlockTopic(UnlockTopic {
        channel: channel.clone(),
    });
    server.app().submit(&origin, command).await?;
    Ok(Json(TopicUnlock {
        ok: true,
        unlocked: true,
        channel,
    }))
}

/// Lets somebody read a closed topic.
#[utoipa::path(post, path = "/api/grant", operation_id = "grantTopic", tag = "claw", request_body = TopicTarget,
    responses((status = 200, body = TopicGrant), (status = 400, body = SentenceBody), (status = 401, body = SentenceBody), (status = 403, body = SentenceBody)))]
pub async fn grant(
    State(server): State<Server>,
    Asker(origin): Asker,
    mut members: Members,
) -> Result<Json<TopicGrant>, Refusal> {
    let (target, channel) = pair(&origin, &mut members)?;
    let command = Command::GrantTopic(GrantTopic {
        channel: channel.clone(),
        target: target.clone(),
    });
    server.app().submit(&origin, command).await?;
    Ok(Json(TopicGrant {
        ok: true,
        granted: true,
        target,
        channel,
    }))
}

/// Takes a grant back: whoever listens by it is cut off at once.
#[utoipa::path(post, path = "/api/revoke", operation_id = "revokeTopic", tag = "claw", request_body = TopicTarget,
    responses((status = 200, body = TopicRevocation), (status = 400, body = SentenceBody), (status = 401, body = SentenceBody), (status = 403, body = SentenceBody)))]
pub async fn revoke(
    State(server): State<Server>,
    Asker(origin): Asker,
    mut members: Members,
) -> Result<Json<TopicRevocation>, Refusal> {
    let (target, channel) = pair(&origin, &mut members)?;
    let command = Command::RevokeTopic(RevokeTopic {
        channel: channel.clone(),
        target: target.clone(),
    });
    server.app().submit(&origin, command).await?;
    Ok(Json(TopicRevocation {
        ok: true,
        revoked: true,
        target,
        channel,
    }))
}

/// Whom a grant is for, and which topic.
fn pair(origin: &Origin, members: &mut Members) -> Result<(String, String), Refusal> {
    const REQUIRED: &str = "target and channel required";
    let target = members.required("target", REQUIRED)?;
    if let Some(channel) = members.optional("channel")? {
        return Ok((target, channel));
    }
    let topic = members.required("topic", REQUIRED)?;
    match &origin.caller {
        Caller::Agent(agent) => {
            let owner = match &agent.principal {
                Principal::Agent(name) => format!("agent.{name}"),
                Principal::App(name) => format!("app.{name}"),
            };
            Ok((target, format!("{owner}.{topic}")))
        }
        Caller::Owner | Caller::Engine(_) | Caller::Local | Caller::System => {
            Err(Refusal::invalid("channel", REQUIRED))
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct LockedTopics {
    ok: bool,
    agent: String,
    #[serde(rename = "lockedChannels")]
    locked_channels: Vec<String>,
    count: usize,
}

/// The locked topics of an agent, or of `app:NAME`.
#[utoipa::path(get, path = "/api/locks/{agent}", operation_id = "listTopicLocks", tag = "claw", params(("agent" = String, Path)),
    responses((status = 200, body = LockedTopics), (status = 400, body = SentenceBody), (status = 401, body = SentenceBody)))]
pub async fn locks(
    State(server): State<Server>,
    _: Anybody,
    agent: Result<Path<String>, crate::problem::Problem>,
) -> Result<Json<LockedTopics>, Refusal> {
    let Path(agent) = agent?;
    let owner = Principal::parse(&agent)?;
    let read = server
        .app()
        .read(move |reader| reader.locked_topics_of(&owner, TOPICS_MAX));
    let locked_channels = read.await?;
    let count = locked_channels.len();
    Ok(Json(LockedTopics {
        ok: true,
        agent,
        locked_channels,
        count,
    }))
}
