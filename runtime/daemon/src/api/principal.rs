//! Principals over HTTP.

use super::body::Body;
use super::server::Server;
use crate::app::Origin;
use crate::problem::{Problem, ProblemBody};
use crate::store::table::principal::PrincipalRow;
use axum::Json;
use axum::extract::State;
use kernel::limits::NAME_CHARS_MAX;
use kernel::{Actor, ActorType, Reject, Timestamp, text};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Debug, Deserialize, ToSchema)]
pub struct LegacyActor {
    /// `user`, `service` or `agent`.
    actor_type: Option<String>,
    actor_id: Option<String>,
}

/// The stable identity of an actor.
#[derive(Debug, Serialize, ToSchema)]
pub struct Principal {
    principal_id: String,
    /// `user`, `service` or `agent`.
    principal_type: &'static str,
    legacy_actor_type: &'static str,
    legacy_actor_id: String,
    #[schema(value_type = Option<String>, format = DateTime)]
    created_at: Option<Timestamp>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct EnsuredPrincipal {
    principal: Principal,
}

impl From<PrincipalRow> for Principal {
    fn from(row: PrincipalRow) -> Self {
        let kind = row.actor.actor_type.as_str();
        Self {
            principal_id: row.principal_id,
            principal_type: kind,
            legacy_actor_type: kind,
            legacy_actor_id: row.actor.actor_id,
            created_at: row.created_at,
        }
    }
}

/// The principal of an actor; made when it is asked for the first time. It names, and grants nothing.
#[utoipa::path(post, path = "/v1/principals/legacy/ensure", operation_id = "ensurePrincipal", tag = "identity", request_body = LegacyActor,
    responses((status = 200, body = EnsuredPrincipal), (status = 400, body = ProblemBody)))]
pub async fn ensure(
    State(server): State<Server>,
    _: Origin,
    Body(body): Body<LegacyActor>,
) -> Result<Json<EnsuredPrincipal>, Problem> {
    let actor = actor(&body)?;
    Ok(Json(EnsuredPrincipal {
        principal: server.app().principal(actor).await?.into(),
    }))
}

fn actor(body: &LegacyActor) -> Result<Actor, Reject> {
    let actor_type = match body.actor_type.as_deref() {
        Some("user") => ActorType::User,
        Some("service") => ActorType::Service,
        Some("agent") => ActorType::Agent,
        Some(_) | None => {
            let message = "\"actor_type\" must be user, service or agent.";
            return Err(Reject::invalid("invalid_actor_type", "actor_type", message));
        }
    };
    let invalid = |message: &str| Reject::invalid("invalid_actor_id", "actor_id", message);
    let named = text::identifier("actor_id", body.actor_id.as_deref(), NAME_CHARS_MAX);
    let named = named.map_err(|reject| match reject.code {
        "field_too_long" | "invalid_text" => invalid(&reject.message),
        _ => reject,
    })?;
    let missing = || invalid("\"actor_id\" is required and may not be empty.");
    let actor_id = named.ok_or_else(missing)?;
    Ok(Actor::new(actor_type, actor_id))
}
