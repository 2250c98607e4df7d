//! What topics are for: told by their owners, found by everybody.

use super::caller::{Anybody, Asker, Members};
use super::refusal::Refusal;
use crate::api::board::SentenceBody;
use crate::api::body::{Params, Path};
use crate::api::server::Server;
use crate::problem::Problem;
use crate::store::table::advertisement::{AdvertisementQuery, AdvertisementRow};
use axum::Json;
use axum::extract::State;
use kernel::broker::{AdvertiseTopic, Principal, WithdrawTopic};
use kernel::limits::{ADVERTISED_DEFAULT, ADVERTISED_MAX, TOPICS_MAX};
use kernel::{Command, Kind, Reject};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

#[derive(Debug, Deserialize, ToSchema)]
#[allow(
    dead_code,
    reason = "it is read member by member; this is its description"
)]
pub struct NewAdvertisement {
    channel: String,
    description: Option<String>,
    /// JSON Schema that every payload must satisfy from now on.
    schema: Option<Value>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[allow(
    dead_code,
    reason = "it is read member by member; this is its description"
)]
pub struct AdvertisedName {
    channel: String,
}

/// What a topic is for.
#[derive(Debug, Serialize, ToSchema)]
pub struct Advertisement {
    channel: String,
    description: Option<String>,
    schema: Option<Value>,
    /// Milliseconds since 1970.
    #[serde(rename = "updatedAt")]
    updated_at: i64,
    /// Whose topic it is.
    agent: String,
}

impl From<AdvertisementRow> for Advertisement {
    fn from(row: AdvertisementRow) -> Self {
        Self {
            channel: row.channel,
            description: row.description,
            schema: row.schema,
            updated_at: row.updated_at.millis(),
            agent: row.owner,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Advertised {
    ok: bool,
    data: Advertisement,
}

/// Tells what one's own topic is for, and what its payloads are like.
#[utoipa::path(post, path = "/api/advertise", operation_id = "advertiseTopic", tag = "claw", request_body = NewAdvertisement,
    responses((status = 200, body = Advertised), (status = 400, body = SentenceBody), (status = 401, body = SentenceBody),
              (status = 403, body = SentenceBody), (status = 413, body = SentenceBody)))]
pub async fn advertise(
    State(server): State<Server>,
    Asker(origin): Asker,
    mut members: Members,
) -> Result<Json<Advertised>, Refusal> {
    let channel = members.required("channel", "channel required")?;
    let command = Command::AdvertiseTopic(AdvertiseTopic {
        channel: channel.clone(),
        description: members.optional("description")?,
        schema: members.value("schema").filter(|schema| !schema.is_null()),
    });
    server.app().submit(&origin, command).await?;
    Ok(Json(Advertised {
        ok: true,
        data: find(&server, channel).await?,
    }))
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Withdrawn {
    ok: bool,
    removed: bool,
}

/// Takes back what was told of one's own topic.
#[utoipa::path(delete, path = "/api/advertise", operation_id = "withdrawTopic", tag = "claw", request_body = AdvertisedName,
    responses((status = 200, body = Withdrawn), (status = 400, body = SentenceBody), (status = 401, body = SentenceBody), (status = 403, body = SentenceBody)))]
pub async fn withdraw(
    State(server): State<Server>,
    Asker(origin): Asker,
    mut members: Members,
) -> Result<Json<Withdrawn>, Refusal> {
    let channel = members.required("channel", "channel required")?;
    let command = Command::WithdrawTopic(WithdrawTopic { channel });
    server.app().submit(&origin, command).await?;
    Ok(Json(Withdrawn {
        ok: true,
        removed: true,
    }))
}

async fn find(server: &Server, channel: String) -> Result<Advertisement, Refusal> {
    let read = server
        .app()
        .read(move |reader| reader.advertisement(&channel));
    let missing = || Reject::new(Kind::NotFound, "not_found", "not found");
    Ok(read.await?.ok_or_else(missing)?.into())
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AdvertisedParams {
    /// In the name or the description, in whatever case.
    q: Option<String>,
    /// A whole number: 20 when it is left out, and from 1 to 100, to which others are brought.
    limit: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct AdvertisedFound {
    ok: bool,
    query: String,
    count: usize,
    total: u64,
    results: Vec<Advertisement>,
}

/// Finds topics by what they are called and what is told of them, newest first.
#[utoipa::path(get, path = "/api/advertise/search", operation_id = "searchTopics", tag = "claw", params(AdvertisedParams),
    responses((status = 200, body = AdvertisedFound), (status = 400, body = SentenceBody), (status = 401, body = SentenceBody)))]
pub async fn search(
    State(server): State<Server>,
    _: Anybody,
    params: Result<Params<AdvertisedParams>, Problem>,
) -> Result<Json<AdvertisedFound>, Refusal> {
    let Params(params) = params?;
    let text = params.q.unwrap_or_default().trim().to_owned();
    if text.is_empty() {
        return Err(Refusal::invalid("q", "q required"));
    }
    let limit = limit(params.limit.as_deref())?;
    let query = AdvertisementQuery {
        text: Some(text.clone()),
        limit,
        ..AdvertisementQuery::default()
    };
    let (results, total) = read(&server, query).await?;
    Ok(Json(AdvertisedFound {
        ok: true,
        query: text,
        count: results.len(),
        total,
        results,
    }))
}

/// How many are asked for.
fn limit(text: Option<&str>) -> Result<u32, Refusal> {
    let text = text.unwrap_or_default().trim();
    if text.is_empty() {
        return Ok(ADVERTISED_DEFAULT);
    }
    let asked = text.parse::<i64>().map_err(|_| {
        let message = format!("limit must be a whole number from 1 to {ADVERTISED_MAX}");
        Refusal::invalid("limit", &message)
    })?;
    let asked = asked.clamp(1, i64::from(ADVERTISED_MAX));
    Ok(u32::try_from(asked).unwrap_or(ADVERTISED_MAX))
}

#[derive(Debug, Serialize, ToSchema)]
pub struct AdvertisedList {
    ok: bool,
    channels: Vec<Advertisement>,
    count: usize,
}

/// Every topic that something is told of, newest first.
#[utoipa::path(get, path = "/api/advertise/list", operation_id = "listTopics", tag = "claw",
    responses((status = 200, body = AdvertisedList), (status = 401, body = SentenceBody)))]
pub async fn list(
    State(server): State<Server>,
    _: Anybody,
) -> Result<Json<AdvertisedList>, Refusal> {
    let query = AdvertisementQuery {
        limit: TOPICS_MAX,
        ..AdvertisementQuery::default()
    };
    let (channels, _) = read(&server, query).await?;
    Ok(Json(AdvertisedList {
        ok: true,
        count: channels.len(),
        channels,
    }))
}

#[derive(Debug, Serialize, ToSchema)]
pub struct AdvertisedOfAgent {
    ok: bool,
    agent: String,
    advertisements: Vec<Advertisement>,
}

/// What an agent, or `app:NAME`, tells of its topics.
#[utoipa::path(get, path = "/api/advertise/{agent}", operation_id = "listTopicsOfAgent", tag = "claw", params(("agent" = String, Path)),
    responses((status = 200, body = AdvertisedOfAgent), (status = 400, body = SentenceBody), (status = 401, body = SentenceBody)))]
pub async fn of_agent(
    State(server): State<Server>,
    _: Anybody,
    agent: Result<Path<String>, Problem>,
) -> Result<Json<AdvertisedOfAgent>, Refusal> {
    let Path(agent) = agent?;
    let advertisements = of(&server, &agent).await?;
    Ok(Json(AdvertisedOfAgent {
        ok: true,
        agent,
        advertisements,
    }))
}

#[derive(Debug, Serialize, ToSchema)]
pub struct AgentProfile {
    ok: bool,
    agent: String,
    channels: Vec<Advertisement>,
    count: usize,
}

/// An agent, or `app:NAME`, by its advertised topics.
#[utoipa::path(get, path = "/api/profile/{agent}", operation_id = "getTopicProfile", tag = "claw", params(("agent" = String, Path)),
    responses((status = 200, body = AgentProfile), (status = 400, body = SentenceBody), (status = 401, body = SentenceBody)))]
pub async fn profile(
    State(server): State<Server>,
    _: Anybody,
    agent: Result<Path<String>, Problem>,
) -> Result<Json<AgentProfile>, Refusal> {
    let Path(agent) = agent?;
    let channels = of(&server, &agent).await?;
    Ok(Json(AgentProfile {
        ok: true,
        agent,
        count: channels.len(),
        channels,
    }))
}

#[derive(Debug, Serialize, ToSchema)]
pub struct OneAdvertisement {
    ok: bool,
    #[serde(flatten)]
    data: Advertisement,
}

/// What is told of one topic.
#[utoipa::path(get, path = "/api/advertise/{agent}/{topic}", operation_id = "getTopic", tag = "claw", params(("agent" = String, Path), ("topic" = String, Path)),
    responses((status = 200, body = OneAdvertisement), (status = 400, body = SentenceBody), (status = 401, body = SentenceBody), (status = 404, body = SentenceBody)))]
pub async fn get(
    State(server): State<Server>,
    _: Anybody,
    address: Result<Path<(String, String)>, Problem>,
) -> Result<Json<OneAdvertisement>, Refusal> {
    let Path((agent, topic)) = address?;
    let channel = match Principal::parse(&agent)? {
        Principal::Agent(name) => format!("agent.{name}.{topic}"),
        Principal::App(name) => format!("app.{name}.{topic}"),
    };
    let data = find(&server, channel).await?;
    Ok(Json(OneAdvertisement { ok: true, data }))
}

async fn of(server: &Server, agent: &str) -> Result<Vec<Advertisement>, Refusal> {
    let query = AdvertisementQuery {
        owner: Some(Principal::parse(agent)?.to_string()),
        limit: TOPICS_MAX,
        ..AdvertisementQuery::default()
    };
    Ok(read(server, query).await?.0)
}

async fn read(
    server: &Server,
    query: AdvertisementQuery,
) -> Result<(Vec<Advertisement>, u64), Refusal> {
    let read = server
        .app()
        .read(move |reader| reader.advertisements(&query));
    let (rows, total) = read.await?;
    Ok((rows.into_iter().map(Advertisement::from).collect(), total))
}
