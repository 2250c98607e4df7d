//! Capabilities over HTTP: granting, handing on, and taking back.

use super::body::{Body, Params};
use super::server::Server;
use crate::app::Origin;
use crate::clock;
use crate::problem::{Problem, ProblemBody};
use crate::store::table::capability::{CapabilityRow, DelegationRow};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use kernel::gate::capability::{DataAccess, GrantCapability, RevokeCapability, Scopes};
use kernel::limits::{DELEGATIONS_MAX, LIST_LIMIT_MAX};
use kernel::{Answer, Command, Reject, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// What a capability reaches. `*` is all; a list that is absent is none.
#[derive(Debug, Default, Deserialize, Serialize, ToSchema)]
pub struct CapabilityScopes {
    #[serde(skip_serializing_if = "Option::is_none")]
    rooms: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tools: Option<Vec<String>>,
    /// Hosts; `*.example.com` is that host and all below it.
    #[serde(skip_serializing_if = "Option::is_none")]
    egress_domains: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    action_types: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data_access: Option<DataScopes>,
}

#[derive(Debug, Default, Deserialize, Serialize, ToSchema)]
pub struct DataScopes {
    #[serde(skip_serializing_if = "Option::is_none")]
    read: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    write: Option<Vec<String>>,
}

impl From<CapabilityScopes> for Scopes {
    fn from(wire: CapabilityScopes) -> Self {
        let data = wire.data_access.unwrap_or_default();
        Self {
            rooms: wire.rooms.unwrap_or_default(),
            tools: wire.tools.unwrap_or_default(),
            egress_domains: wire.egress_domains.unwrap_or_default(),
            action_types: wire.action_types.unwrap_or_default(),
            data_access: DataAccess {
                read: data.read.unwrap_or_default(),
                write: data.write.unwrap_or_default(),
            },
        }
    }
}

impl From<Scopes> for CapabilityScopes {
    fn from(scopes: Scopes) -> Self {
        let list = |list: Vec<String>| (!list.is_empty()).then_some(list);
        let data = DataScopes {
            read: list(scopes.data_access.read),
            write: list(scopes.data_access.write),
        };
        Self {
            rooms: list(scopes.rooms),
            tools: list(scopes.tools),
            egress_domains: list(scopes.egress_domains),
            action_types: list(scopes.action_types),
            data_access: (data.read.is_some() || data.write.is_some()).then_some(data),
        }
    }
}

#[derive(Debug, Deserialize, ToSchema)]
pub struct NewCapability {
    issued_to_principal_id: Option<String>,
    granted_by_principal_id: Option<String>,
    /// The capability to hand a part of on; without one it is the owner's to grant.
    parent_token_id: Option<String>,
    scopes: Option<CapabilityScopes>,
    /// RFC 3339; the end of its parent at the latest.
    valid_until: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct GrantedCapability {
    token_id: String,
}

/// Grants a capability. The owner grants any; an engine hands on, narrowed, what it holds itself.
#[utoipa::path(post, path = "/v1/capabilities/grant", operation_id = "grantCapability", tag = "gate", request_body = NewCapability,
    responses((status = 201, body = GrantedCapability), (status = 400, body = ProblemBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody)))]
pub async fn grant(
    State(server): State<Server>,
    origin: Origin,
    Body(body): Body<NewCapability>,
) -> Result<(StatusCode, Json<GrantedCapability>), Problem> {
    let token_id = clock::random_uuid();
    let command = GrantCapability {
        token_id: token_id.clone(),
        issued_to_principal_id: body.issued_to_principal_id,
        granted_by_principal_id: body.granted_by_principal_id,
        parent_token_id: body.parent_token_id,
        scopes: body.scopes.unwrap_or_default().into(),
        valid_until: body.valid_until,
    };
    server
        .app()
        .submit(&origin, Command::GrantCapability(command))
        .await?;
    Ok((StatusCode::CREATED, Json(GrantedCapability { token_id })))
}

#[derive(Debug, Deserialize, ToSchema)]
pub struct CapabilityRevocation {
    token_id: Option<String>,
    reason: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct RevokedCapability {
    ok: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    already_revoked: Option<bool>,
}

/// Takes a capability back, and with it all that were delegated from it. The owner's to do, or the
/// engine's that delegated it.
#[utoipa::path(post, path = "/v1/capabilities/revoke", operation_id = "revokeCapability", tag = "gate", request_body = CapabilityRevocation,
    responses((status = 200, body = RevokedCapability), (status = 400, body = ProblemBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody)))]
pub async fn revoke(
    State(server): State<Server>,
    origin: Origin,
    Body(body): Body<CapabilityRevocation>,
) -> Result<Json<RevokedCapability>, Problem> {
    let command = RevokeCapability {
        token_id: body.token_id,
        reason: body.reason,
    };
    let committed = server
        .app()
        .submit(&origin, Command::RevokeCapability(command))
        .await?;
    let already_revoked = (committed.answer == Answer::AlreadyDone).then_some(true);
    Ok(Json(RevokedCapability {
        ok: true,
        already_revoked,
    }))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct HolderParams {
    principal_id: Option<String>,
}

impl HolderParams {
    fn required(self) -> Result<String, Reject> {
        let named = self.principal_id.filter(|id| !id.trim().is_empty());
        named.ok_or_else(|| {
            let message = "\"principal_id\" is required.";
            Reject::invalid("principal_id_required", "principal_id", message)
                .hint("GET /v1/agents and GET /v1/engines show the principals of each.")
        })
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Capability {
    token_id: String,
    workspace_id: String,
    issued_to_principal_id: String,
    granted_by_principal_id: String,
    parent_token_id: Option<String>,
    /// 0 for one that the owner granted, one more for each delegation.
    depth: u32,
    scopes: CapabilityScopes,
    #[schema(value_type = Option<String>, format = DateTime)]
    valid_until: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    revoked_at: Option<Timestamp>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// Neither it nor any that it was delegated from is revoked or over.
    is_live: bool,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Capabilities {
    tokens: Vec<Capability>,
}

impl From<CapabilityRow> for Capability {
    fn from(row: CapabilityRow) -> Self {
        let capability = row.capability;
        Self {
            token_id: capability.token_id,
            workspace_id: capability.workspace_id,
            issued_to_principal_id: capability.issued_to_principal_id,
            granted_by_principal_id: capability.granted_by_principal_id,
            parent_token_id: capability.parent_token_id,
            depth: capability.depth,
            scopes: capability.scopes.into(),
            valid_until: capability.valid_until,
            revoked_at: row.revoked_at,
            created_at: row.created_at,
            is_live: row.is_live,
        }
    }
}

/// The capabilities that a principal was granted, newest first.
#[utoipa::path(get, path = "/v1/capabilities", operation_id = "listCapabilities", tag = "gate", params(HolderParams),
    responses((status = 200, body = Capabilities), (status = 400, body = ProblemBody)))]
pub async fn list(
    State(server): State<Server>,
    origin: Origin,
    Params(params): Params<HolderParams>,
) -> Result<Json<Capabilities>, Problem> {
    let holder = params.required()?;
    let (workspace_id, now) = (origin.workspace_id, clock::now());
    let rows = server
        .app()
        .read(move |reader| reader.capabilities(&workspace_id, &holder, now, LIST_LIMIT_MAX))
        .await?;
    Ok(Json(Capabilities {
        tokens: rows.into_iter().map(Capability::from).collect(),
    }))
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Delegation {
    edge_id: String,
    workspace_id: String,
    parent_token_id: Option<String>,
    child_token_id: String,
    granted_by_principal_id: String,
    issued_to_principal_id: String,
    depth: u32,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    parent_token_owner_principal_id: String,
    child_token_owner_principal_id: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Delegations {
    edges: Vec<Delegation>,
}

impl From<DelegationRow> for Delegation {
    fn from(row: DelegationRow) -> Self {
        let child = row.child;
        Self {
            // Each capability has one parent at most, so it names the edge.
            edge_id: format!("cedg_{}", child.token_id.replace('-', "")),
            workspace_id: child.workspace_id,
            parent_token_id: child.parent_token_id,
            child_token_id: child.token_id,
            granted_by_principal_id: child.granted_by_principal_id,
            child_token_owner_principal_id: child.issued_to_principal_id.clone(),
            issued_to_principal_id: child.issued_to_principal_id,
            depth: child.depth,
            created_at: row.created_at,
            parent_token_owner_principal_id: row.parent_holder,
        }
    }
}

/// What a principal has delegated, and what was delegated to it, newest first.
#[utoipa::path(get, path = "/v1/capabilities/delegations", operation_id = "listDelegations", tag = "gate", params(HolderParams),
    responses((status = 200, body = Delegations), (status = 400, body = ProblemBody)))]
pub async fn delegations(
    State(server): State<Server>,
    origin: Origin,
    Params(params): Params<HolderParams>,
) -> Result<Json<Delegations>, Problem> {
    let principal_id = params.required()?;
    let workspace_id = origin.workspace_id;
    let rows = server
        .app()
        .read(move |reader| reader.delegations(&workspace_id, &principal_id, DELEGATIONS_MAX))
        .await?;
    Ok(Json(Delegations {
        edges: rows.into_iter().map(Delegation::from).collect(),
    }))
}
