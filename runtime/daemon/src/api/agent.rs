//! Agents over HTTP: who they are, and which of them are in quarantine.

use super::body::{Body, Params, Path, limit};
use super::server::Server;
use crate::app::Origin;
use crate::clock;
use crate::problem::{Problem, ProblemBody};
use crate::store::table::agent::{AgentQuery, AgentRow};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use kernel::limits::{AGENT_QUERY_CHARS_MAX, LIST_LIMIT_DEFAULT, LIST_LIMIT_MAX};
use kernel::{Actor, ActorType, Command, Reject, Timestamp, agents, text};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

#[derive(Debug, Deserialize, ToSchema)]
pub struct NewAgent {
    display_name: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct RegisteredAgent {
    agent_id: String,
    principal_id: String,
}

/// Registers an agent, with a principal of its own. It names, and grants nothing.
#[utoipa::path(post, path = "/v1/agents", operation_id = "registerAgent", tag = "identity", request_body = NewAgent,
    responses((status = 201, body = RegisteredAgent), (status = 400, body = ProblemBody)))]
pub async fn register(
    State(server): State<Server>,
    origin: Origin,
    Body(body): Body<NewAgent>,
) -> Result<(StatusCode, Json<RegisteredAgent>), Problem> {
    let agent_id = clock::hex_id("agt");
    let actor = Actor::new(ActorType::Agent, agent_id.clone());
    let principal_id = server.app().principal(actor).await?.principal_id;
    let command = agents::RegisterAgent {
        agent_id: agent_id.clone(),
        principal_id: principal_id.clone(),
        display_name: body.display_name,
    };
    server
        .app()
        .submit(&origin, Command::RegisterAgent(command))
        .await?;
    let registered = RegisteredAgent {
        agent_id,
        principal_id,
    };
    Ok((StatusCode::CREATED, Json(registered)))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AgentParams {
    /// Part of an id or of a name.
    q: Option<String>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
    limit: Option<u32>,
}

impl AgentParams {
    fn query(self, workspace_id: String) -> Result<AgentQuery, Reject> {
        let invalid = |_| {
            let message = "\"cursor\" is not one that a list of agents gave.";
            Reject::invalid("invalid_cursor", "cursor", message)
        };
        let cursor = self.cursor.filter(|cursor| !cursor.is_empty());
        Ok(AgentQuery {
            workspace_id,
            text: text::optional("q", self.q.as_deref(), AGENT_QUERY_CHARS_MAX)?,
            before_position: cursor
                .map(|cursor| cursor.parse().map_err(invalid))
                .transpose()?,
            limit: limit(self.limit, LIST_LIMIT_DEFAULT, LIST_LIMIT_MAX),
        })
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Agents {
    agents: Vec<AgentRow>,
    /// Give it as `cursor` to see those that were registered earlier.
    next_cursor: Option<String>,
    has_more: bool,
}

/// The agents of the workspace, newest first.
#[utoipa::path(get, path = "/v1/agents", operation_id = "listAgents", tag = "identity", params(AgentParams),
    responses((status = 200, body = Agents), (status = 400, body = ProblemBody)))]
pub async fn list(
    State(server): State<Server>,
    origin: Origin,
    Params(params): Params<AgentParams>,
) -> Result<Json<Agents>, Problem> {
    let query = params.query(origin.workspace_id)?;
    let limit = query.limit as usize;
    // One more than is asked for says whether there are more.
    let query = AgentQuery {
        limit: query.limit + 1,
        ..query
    };
    let mut agents = server
        .app()
        .read(move |reader| reader.agents(&query))
        .await?;
    let has_more = agents.len() > limit;
    agents.truncate(limit);
    let last = agents.last().filter(|_| has_more);
    let next_cursor = last.map(|row| row.position.to_string());
    Ok(Json(Agents {
        agents,
        next_cursor,
        has_more,
    }))
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Agent {
    agent: AgentRow,
}

/// One agent.
#[utoipa::path(get, path = "/v1/agents/{agent_id}", operation_id = "getAgent", tag = "identity", params(("agent_id" = String, Path)),
    responses((status = 200, body = Agent), (status = 404, body = ProblemBody)))]
pub async fn get(
    State(server): State<Server>,
    origin: Origin,
    Path(agent_id): Path<String>,
) -> Result<Json<Agent>, Problem> {
    let agent = find(&server, origin, agent_id).await?;
    Ok(Json(Agent { agent }))
}

async fn find(server: &Server, origin: Origin, agent_id: String) -> Result<AgentRow, Problem> {
    let id = agent_id.clone();
    let row = server
        .app()
        .read(move |reader| reader.agent(&origin.workspace_id, &id))
        .await?;
    Server::found(row, "agent_not_found", "agent", &agent_id)
}

#[derive(Debug, Deserialize, ToSchema)]
pub struct NewQuarantine {
    /// `manual_quarantine` by default.
    quarantine_reason: Option<String>,
}

/// Whether an agent is in quarantine.
#[derive(Debug, Serialize, ToSchema)]
pub struct AgentQuarantine {
    agent_id: String,
    principal_id: String,
    #[schema(value_type = Option<String>, format = DateTime)]
    quarantined_at: Option<Timestamp>,
    quarantine_reason: Option<String>,
}

impl From<AgentRow> for AgentQuarantine {
    fn from(row: AgentRow) -> Self {
        Self {
            agent_id: row.agent_id,
            principal_id: row.principal_id,
            quarantined_at: row.quarantined_at,
            quarantine_reason: row.quarantine_reason,
        }
    }
}

/// Puts an agent in quarantine: the gate denies it everything, in shadow mode too. Owner only.
#[utoipa::path(post, path = "/v1/agents/{agent_id}/quarantine", operation_id = "quarantineAgent", tag = "identity", params(("agent_id" = String, Path)),
    request_body = NewQuarantine,
    responses((status = 200, body = AgentQuarantine), (status = 400, body = ProblemBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody)))]
pub async fn quarantine(
    State(server): State<Server>,
    origin: Origin,
    Path(agent_id): Path<String>,
    Body(body): Body<NewQuarantine>,
) -> Result<Json<AgentQuarantine>, Problem> {
    let command = agents::QuarantineAgent {
        agent_id: agent_id.clone(),
        quarantine_reason: body.quarantine_reason,
    };
    server
        .app()
        .submit(&origin, Command::QuarantineAgent(command))
        .await?;
    Ok(Json(find(&server, origin, agent_id).await?.into()))
}

/// Lets an agent out of quarantine. Owner only.
#[utoipa::path(post, path = "/v1/agents/{agent_id}/unquarantine", operation_id = "unquarantineAgent", tag = "identity", params(("agent_id" = String, Path)),
    responses((status = 200, body = AgentQuarantine), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody)))]
pub async fn unquarantine(
    State(server): State<Server>,
    origin: Origin,
    Path(agent_id): Path<String>,
) -> Result<Json<AgentQuarantine>, Problem> {
    let command = agents::UnquarantineAgent {
        agent_id: agent_id.clone(),
    };
    server
        .app()
        .submit(&origin, Command::UnquarantineAgent(command))
        .await?;
    Ok(Json(find(&server, origin, agent_id).await?.into()))
}
