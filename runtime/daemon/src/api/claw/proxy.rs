//! What a Centrifugo that somebody runs in front asks before it lets a user subscribe or publish: the same
//! permissions as here. It says who the user is; it has checked that itself.

use super::caller::{Anybody, Members};
use super::refusal::Refusal;
use crate::api::board::SentenceBody;
use crate::api::server::Server;
use axum::Json;
use axum::extract::State;
use kernel::broker::{Principal, Topic, may_publish};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Debug, Deserialize, ToSchema)]
#[allow(
    dead_code,
    reason = "it is read member by member; this is its description"
)]
pub struct ProxyQuestion {
    channel: String,
    /// Empty is nobody in particular.
    user: Option<String>,
}

/// Either is there, and the other is not.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProxyAnswer {
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<ProxyAllowed>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ProxyDenied>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ProxyAllowed {}

#[derive(Debug, Serialize, ToSchema)]
pub struct ProxyDenied {
    code: u16,
    message: &'static str,
}

impl ProxyAnswer {
    fn of(allowed: bool) -> Json<Self> {
        let denied = ProxyDenied {
            code: 403,
            message: "permission denied",
        };
        Json(Self {
            result: allowed.then_some(ProxyAllowed {}),
            error: (!allowed).then_some(denied),
        })
    }
}

/// The channel that is asked about, and for whom. A user whom nobody here can be is nobody.
fn question(mut members: Members) -> Result<(String, Option<Principal>), Refusal> {
    let channel = members.required("channel", "channel required")?;
    let user = members.optional("user")?;
    Ok((channel, user.and_then(|user| Principal::parse(&user).ok())))
}

/// May this user subscribe?
#[utoipa::path(post, path = "/proxy/subscribe", operation_id = "askToSubscribe", tag = "claw", request_body = ProxyQuestion,
    responses((status = 200, body = ProxyAnswer), (status = 400, body = SentenceBody), (status = 401, body = SentenceBody)))]
pub async fn subscribe(
    State(server): State<Server>,
    _: Anybody,
    members: Members,
) -> Result<Json<ProxyAnswer>, Refusal> {
    let (channel, user) = question(members)?;
    Ok(ProxyAnswer::of(
        server.bus().may_read(user, &channel).await?,
    ))
}

/// May this user publish?
#[utoipa::path(post, path = "/proxy/publish", operation_id = "askToPublish", tag = "claw", request_body = ProxyQuestion,
    responses((status = 200, body = ProxyAnswer), (status = 400, body = SentenceBody), (status = 401, body = SentenceBody)))]
pub async fn publish(
    _: State<Server>,
    _: Anybody,
    members: Members,
) -> Result<Json<ProxyAnswer>, Refusal> {
    let (channel, user) = question(members)?;
    let topic = Topic::parse(&channel);
    let allowed = topic.is_ok_and(|topic| may_publish(&topic, user.as_ref()).is_ok());
    Ok(ProxyAnswer::of(allowed))
}
