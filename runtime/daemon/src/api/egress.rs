//! Requests that would leave this machine, over HTTP.

use super::body::{Body, Params, Path, limit};
use super::policy::{PolicyRuling, ruling};
use super::room;
use super::server::Server;
use super::trace::Correlated;
use crate::app::Origin;
use crate::clock;
use crate::gateway;
use crate::problem::{Problem, ProblemBody};
use crate::store::table::egress_request::EgressRow;
use axum::extract::State;
use axum::http::{Method, StatusCode, Uri};
use axum::response::IntoResponse;
use axum::{Extension, Json};
use kernel::gate::egress::{self, RequestEgress, Target};
use kernel::gate::evaluate::Standing;
use kernel::gate::policy::Ruling;
use kernel::gate::{Declared, Place};
use kernel::limits::{EGRESS_ANSWER_MS, LIST_LIMIT_DEFAULT, LIST_LIMIT_MAX};
use kernel::{Command, Reject};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::borrow::Cow;
use std::time::Duration;
use utoipa::{IntoParams, ToSchema};

#[derive(Debug, Deserialize, ToSchema)]
pub struct NewEgressRequest {
    /// `external.write` by default.
    action: Option<String>,
    target_url: Option<String>,
    method: Option<String>,
    /// Names and texts; a secret is named by `{{secret:NAME}}`, never written out. Only with `perform`.
    #[schema(value_type = Option<Object>)]
    headers: Option<Value>,
    /// What is to be sent: a text as it is, anything else as JSON.
    payload: Option<Value>,
    /// Signalbox is to send it, once it is allowed, and to keep the answer. Otherwise you do.
    #[serde(default)]
    perform: bool,
    room_id: Option<String>,
    run_id: Option<String>,
    step_id: Option<String>,
    actor_type: Option<String>,
    actor_id: Option<String>,
    principal_id: Option<String>,
    capability_token_id: Option<String>,
    /// `sandbox`, `supervised` (the default) or `high_stakes`.
    zone: Option<String>,
    context: Option<Value>,
    correlation_id: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct RequestedEgress {
    egress_request_id: String,
    #[serde(flatten)]
    ruling: PolicyRuling,
    /// Of one that Signalbox was to send: how far it has come by now.
    #[serde(skip_serializing_if = "Option::is_none")]
    request: Option<EgressRow>,
}

/// Asks for a request to another machine. It is written down with the gate's answer; an answer to
/// ask the owner names the approval to wait for, the same one when it is asked for again.
///
/// With `perform` Signalbox sends what is allowed, once, to an address that it has checked, follows
/// no redirect, and answers with the outcome, or after 20 seconds with how far it has come.
#[utoipa::path(post, path = "/v1/egress/requests", operation_id = "requestEgress", tag = "gate", request_body = NewEgressRequest,
    responses((status = 201, body = RequestedEgress), (status = 400, body = ProblemBody), (status = 404, body = ProblemBody)))]
pub async fn request(
    State(server): State<Server>,
    origin: Origin,
    Body(body): Body<NewEgressRequest>,
) -> Result<impl IntoResponse, Problem> {
    let named = body.correlation_id.clone();
    let order = match body.perform {
        true => Some(Wish::read(&server, &body)?),
        false => None,
    };
    let is_performed = body.perform;
    let egress_request_id = clock::hex_id("egr");
    let command = RequestEgress {
        egress_request_id: egress_request_id.clone(),
        approval_id: clock::id("appr"),
        action: body.action,
        target_url: body.target_url,
        method: body.method,
        headers: body.headers,
        payload: body.payload,
        perform: body.perform,
        context: body.context,
        place: Place {
            room_id: body.room_id,
            thread_id: None,
            run_id: body.run_id,
            step_id: body.step_id,
        },
        requester: Declared {
            actor_type: body.actor_type,
            actor_id: body.actor_id,
        },
        standing: Standing {
            principal_id: body.principal_id,
            capability_token_id: body.capability_token_id,
            zone: body.zone,
        },
        correlation_id: body.correlation_id,
    };
    let ruling = match order {
        None => decide(&server, &origin, command).await?,
        Some(wish) => wish.decide_and_perform(&server, &origin, command).await?,
    };
    let request = match is_performed {
        true => Some(find(&server, &origin, &egress_request_id).await?),
        false => None,
    };
    let requested = RequestedEgress {
        egress_request_id,
        ruling: ruling.into(),
        request,
    };
    let named = named.map(|named| Extension(Correlated(named.trim().to_owned())));
    Ok((StatusCode::CREATED, named, Json(requested)))
}

async fn decide(
    server: &Server,
    origin: &Origin,
    command: RequestEgress,
) -> Result<Ruling, Problem> {
    let command = Command::RequestEgress(command);
    let committed = server.app().submit(origin, command).await?;
    ruling(committed.answer).ok_or(Problem::Busy)
}

/// A request that is to be sent, as far as it can be known before the gate is asked.
struct Wish {
    method: Method,
    uri: Uri,
    body: Option<String>,
    place: gateway::Place,
}

impl Wish {
    fn read(server: &Server, body: &NewEgressRequest) -> Result<Self, Problem> {
        // The kernel says what is wrong with the address and the method.
        let target = Target::read(body.target_url.as_deref())?;
        let uri = target.url.parse::<Uri>().ok();
        let uri = uri.filter(|_| target.url.is_ascii()).ok_or_else(|| {
            let message = "\"target_url\" holds what cannot be sent: write it in ASCII, encoded.";
            Reject::invalid("invalid_target_url", "target_url", message)
        })?;
        let method = body.method.as_deref().unwrap_or("GET").trim();
        let method = Method::from_bytes(method.to_ascii_uppercase().as_bytes()).unwrap_or_default();
        let place = server.gateway().place().ok_or(Problem::Busy)?;
        Ok(Self {
            method,
            uri,
            body: egress::body(body.payload.as_ref()).map(Cow::into_owned),
            place,
        })
    }

    /// Asks the gate, has it sent if it is allowed, and waits a while for the outcome. What is
    /// allowed is sent, also when whoever asked has hung up by then.
    async fn decide_and_perform(
        self,
        server: &Server,
        origin: &Origin,
        command: RequestEgress,
    ) -> Result<Ruling, Problem> {
        let (server, origin) = (server.clone(), origin.clone());
        let whole = tokio::spawn(async move {
            let order = gateway::Order {
                egress_request_id: command.egress_request_id.clone(),
                workspace_id: origin.workspace_id.clone(),
                method: self.method,
                uri: self.uri,
                headers: egress::read_headers(command.headers.as_ref())?,
                body: self.body,
            };
            let ruling = decide(&server, &origin, command).await?;
            let performed = ruling
                .is_allow()
                .then(|| server.gateway().perform(order, self.place));
            Ok::<_, Problem>((ruling, performed))
        });
        let (ruling, performed) = whole.await.map_err(|_| Problem::Busy)??;
        if let Some(performed) = performed {
            let patience = Duration::from_millis(EGRESS_ANSWER_MS);
            if let Ok(Err(error)) = tokio::time::timeout(patience, performed).await {
                tracing::error!(%error, "a request broke off; the next start says so");
            }
        }
        Ok(ruling)
    }
}

async fn find(
    server: &Server,
    origin: &Origin,
    egress_request_id: &str,
) -> Result<EgressRow, Problem> {
    let (workspace_id, id) = (origin.workspace_id.clone(), egress_request_id.to_owned());
    let row = server
        .app()
        .read(move |reader| reader.egress_request(&workspace_id, &id))
        .await?;
    let (code, what) = ("egress_request_not_found", "egress request");
    Server::found(row, code, what, egress_request_id)
}

#[derive(Debug, Serialize, ToSchema)]
pub struct EgressRequestAnswer {
    request: EgressRow,
}

/// One request, with what the gate said and, where Signalbox sends it, how far it has come.
#[utoipa::path(get, path = "/v1/egress/requests/{egress_request_id}", operation_id = "getEgressRequest", tag = "gate", params(("egress_request_id" = String, Path)),
    responses((status = 200, body = EgressRequestAnswer), (status = 404, body = ProblemBody)))]
pub async fn get(
    State(server): State<Server>,
    origin: Origin,
    Path(egress_request_id): Path<String>,
) -> Result<Json<EgressRequestAnswer>, Problem> {
    let request = find(&server, &origin, &egress_request_id).await?;
    Ok(Json(EgressRequestAnswer { request }))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct EgressParams {
    room_id: Option<String>,
    run_id: Option<String>,
    /// The `next_cursor` of the page before.
    cursor: Option<u64>,
    limit: Option<u32>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct EgressRequests {
    requests: Vec<EgressRow>,
    /// Give it as `cursor` to see earlier ones.
    next_cursor: Option<String>,
}

/// Requests that would have left this machine, or did, newest first.
#[utoipa::path(get, path = "/v1/egress/requests", operation_id = "listEgressRequests", tag = "gate", params(EgressParams),
    responses((status = 200, body = EgressRequests), (status = 400, body = ProblemBody), (status = 404, body = ProblemBody)))]
pub async fn list(
    State(server): State<Server>,
    origin: Origin,
    Params(params): Params<EgressParams>,
) -> Result<Json<EgressRequests>, Problem> {
    if let Some(room_id) = &params.room_id {
        room::find(&server, &origin, room_id).await?;
    }
    let limit = limit(params.limit, LIST_LIMIT_DEFAULT, LIST_LIMIT_MAX);
    let requests = server
        .app()
        .read(move |reader| {
            let of = (params.room_id.as_deref(), params.run_id.as_deref());
            reader.egress_requests(&origin.workspace_id, of, params.cursor, limit)
        })
        .await?;
    let last = requests.last().filter(|_| requests.len() == limit as usize);
    let next_cursor = last.map(|row| row.position.to_string());
    Ok(Json(EgressRequests {
        requests,
        next_cursor,
    }))
}
