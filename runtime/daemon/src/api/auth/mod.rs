//! Signing in as the owner with a passphrase, for clients that know no other way. The first passphrase
//! is set with the owner's token: being on this machine proves nothing.

mod passphrase;
pub mod session;
mod throttle;

pub use throttle::Throttle;

use super::body::Body;
use super::identity::{bearer, require_owner, text};
use super::problem::refuse;
use super::run::Done;
use super::server::Server;
use super::shown;
use super::trace;
use crate::app::Origin;
use crate::clock;
use crate::problem::{Problem, ProblemBody};
use crate::store::table::owner::{self, OwnerRow};
use crate::store::table::session::{self as sessions, NewSession};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use kernel::gate::DEFAULT_WORKSPACE_ID;
use kernel::limits::{PASSPHRASE_CHARS_MAX, PASSPHRASE_CHARS_MIN, TITLE_CHARS_MAX};
use kernel::{Actor, Kind, Reject};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What an owner is called who gives no name.
const DISPLAY_NAME: &str = "Local Owner";
/// Headers that may carry the owner's token to set the first passphrase.
const BOOTSTRAP_HEADERS: [&str; 2] = ["x-bootstrap-token", "x-auth-bootstrap-token"];

#[derive(Deserialize, ToSchema)]
pub struct NewOwner {
    /// `ws_dev` by default.
    workspace_id: Option<String>,
    display_name: Option<String>,
    passphrase: Option<String>,
}

/// The owner of a workspace.
#[derive(Debug, Serialize, ToSchema)]
pub struct Owner {
    owner_id: String,
    workspace_id: String,
    principal_id: String,
    /// `user`.
    principal_type: &'static str,
    display_name: String,
}

#[derive(Serialize, ToSchema)]
pub struct SignedIn {
    owner: Owner,
    session: session::SessionTokens,
}

/// Sets the passphrase of a workspace that has none, and signs in. Needs the owner's token (as
/// `x-bootstrap-token`, `x-auth-bootstrap-token` or `Authorization: Bearer`) or a session of the owner.
#[utoipa::path(post, path = "/v1/auth/bootstrap-owner", operation_id = "bootstrapOwner", tag = "identity", request_body = NewOwner,
    responses((status = 201, body = SignedIn), (status = 400, body = ProblemBody), (status = 403, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub async fn bootstrap(
    State(server): State<Server>,
    headers: HeaderMap,
    Body(body): Body<NewOwner>,
) -> Result<(StatusCode, Json<SignedIn>), Problem> {
    let workspace_id = workspace(body.workspace_id)?;
    if find(&server, &workspace_id).await?.is_some() {
        return Err(owner_exists());
    }
    if !may_bootstrap(&server, &headers, &workspace_id).await? {
        return Err(bootstrap_forbidden());
    }
    let passphrase = new_passphrase(body.passphrase)?;
    // Shown as it is, and not masked.
    let name = kernel::text::identifier(
        "display_name",
        body.display_name.as_deref(),
        TITLE_CHARS_MAX,
    )?;
    let hashed = {
        let _one_at_a_time = server.identity().logins.lock().await;
        passphrase::hash(passphrase).await.ok_or(Problem::Busy)?
    };
    let owner = OwnerRow {
        workspace_id,
        owner_id: clock::hex_id("own"),
        display_name: name.unwrap_or_else(|| DISPLAY_NAME.to_owned()),
        passphrase: hashed,
    };
    let row = owner.clone();
    let now = clock::now();
    let put = server
        .app()
        .store
        .write(move |connection| owner::put(connection, &row, now));
    // Two at once: the first one counts.
    if !put.await? {
        return Err(owner_exists());
    }
    Ok((StatusCode::CREATED, Json(open(&server, owner).await?)))
}

#[derive(Deserialize, ToSchema)]
pub struct Login {
    /// `ws_dev` by default.
    workspace_id: Option<String>,
    passphrase: Option<String>,
}

/// Signs in with the passphrase of a workspace. Who guesses has to wait.
#[utoipa::path(post, path = "/v1/auth/login", operation_id = "logIn", tag = "identity", request_body = Login,
    responses((status = 200, body = SignedIn), (status = 400, body = ProblemBody), (status = 401, body = ProblemBody), (status = 404, body = ProblemBody),
              (status = 429, description = "Too many failed; `Retry-After` says when to try again", body = ProblemBody)))]
pub async fn login(
    State(server): State<Server>,
    Body(body): Body<Login>,
) -> Result<Json<SignedIn>, Problem> {
    let workspace_id = workspace(body.workspace_id)?;
    let owner = find(&server, &workspace_id).await?;
    let owner = owner.ok_or_else(|| owner_not_found(&workspace_id))?;
    let passphrase = body.passphrase.filter(|passphrase| {
        !passphrase.is_empty() && passphrase.chars().count() <= PASSPHRASE_CHARS_MAX
    });
    let Some(passphrase) = passphrase else {
        return Err(invalid_credentials());
    };
    {
        let mut logins = server.identity().logins.lock().await;
        logins
            .begin(&workspace_id, clock::now())
            .map_err(|retry_after_seconds| Problem::TooMany {
                retry_after_seconds,
            })?;
        if !passphrase::is_right(passphrase, owner.passphrase.clone()).await {
            tracing::warn!(workspace_id, "somebody tried a wrong passphrase");
            return Err(invalid_credentials());
        }
        logins.succeeded(&workspace_id);
    }
    Ok(Json(open(&server, owner).await?))
}

/// Forgets the passphrase of the workspace and ends its sessions, so that another can be set. Owner only.
#[utoipa::path(delete, path = "/v1/auth/owner", operation_id = "forgetOwner", tag = "identity",
    responses((status = 200, body = Done), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody)))]
pub async fn forget(State(server): State<Server>, origin: Origin) -> Result<Json<Done>, Problem> {
    require_owner(&origin)?;
    let workspace_id = origin.workspace_id;
    let workspace = workspace_id.clone();
    let forgotten = server.app().store.write(move |connection| {
        sessions::end_all(connection, &workspace)?;
        owner::forget(connection, &workspace)
    });
    if !forgotten.await? {
        return Err(owner_not_found(&workspace_id));
    }
    server
        .identity()
        .logins
        .lock()
        .await
        .succeeded(&workspace_id);
    Ok(Done::json())
}

fn workspace(named: Option<String>) -> Result<String, Problem> {
    let named = named.map(|name| name.trim().to_owned());
    let workspace = named
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| DEFAULT_WORKSPACE_ID.to_owned());
    if trace::is_name(&workspace) {
        return Ok(workspace);
    }
    let message = format!(
        "\"workspace_id\" may have letters, digits and _ . : - only, {} at most.",
        trace::NAME_CHARS_MAX
    );
    Err(Reject::invalid("invalid_workspace_id", "workspace_id", message).into())
}

async fn find(server: &Server, workspace_id: &str) -> Result<Option<OwnerRow>, Problem> {
    let workspace_id = workspace_id.to_owned();
    server
        .app()
        .read(move |reader| reader.owner(&workspace_id))
        .await
}

/// Whether a request may set the first passphrase: it shows the owner's token, or a session of the
/// owner that reaches the workspace. Where it comes from does not count.
async fn may_bootstrap(
    server: &Server,
    headers: &HeaderMap,
    workspace_id: &str,
) -> Result<bool, Problem> {
    let mut shown: Vec<&str> = Vec::new();
    for name in BOOTSTRAP_HEADERS {
        shown.extend(text(headers, name)?);
    }
    shown.extend(bearer(headers).ok().flatten());
    if shown.iter().any(|token| server.identity().is_owner(token)) {
        return Ok(true);
    }
    for shown in shown::all(headers, server) {
        if let Some(session) = shown.live(server).await?
            && session
                .row
                .workspace_id
                .is_none_or(|reached| reached == workspace_id)
        {
            return Ok(true);
        }
    }
    Ok(false)
}

fn new_passphrase(passphrase: Option<String>) -> Result<String, Reject> {
    let invalid = |code, message: String| Reject::invalid(code, "passphrase", message);
    let passphrase = passphrase.filter(|passphrase| !passphrase.trim().is_empty());
    let passphrase = passphrase.ok_or_else(|| {
        invalid(
            "missing_passphrase",
            "\"passphrase\" is required and may not be empty.".to_owned(),
        )
    })?;
    match passphrase.chars().count() {
        ..PASSPHRASE_CHARS_MIN => Err(invalid(
            "passphrase_too_short",
            format!("\"passphrase\" needs at least {PASSPHRASE_CHARS_MIN} characters."),
        )),
        PASSPHRASE_CHARS_MIN..=PASSPHRASE_CHARS_MAX => Ok(passphrase),
        _ => Err(invalid(
            "field_too_long",
            format!("\"passphrase\" is longer than {PASSPHRASE_CHARS_MAX} characters."),
        )),
    }
}

/// Opens a session for the owner.
async fn open(server: &Server, owner: OwnerRow) -> Result<SignedIn, Problem> {
    let now = clock::now();
    let (tokens, [access, refresh]) = session::draw(server, now);
    let opened = NewSession {
        session_id: clock::random_uuid(),
        workspace_id: Some(owner.workspace_id.clone()),
        access,
        refresh: Some(refresh),
    };
    let owner_id = owner.owner_id.clone();
    let opening = server.app().store.write(move |connection| {
        // Its passphrase may have been forgotten while it was being hashed.
        let is_known = owner::is_known(connection, &owner_id)?;
        if is_known {
            sessions::put(connection, &opened, now)?;
        }
        Ok(is_known)
    });
    if !opening.await? {
        return Err(owner_not_found(&owner.workspace_id));
    }
    Ok(SignedIn {
        owner: shown_owner(server, owner).await?,
        session: tokens,
    })
}

async fn shown_owner(server: &Server, owner: OwnerRow) -> Result<Owner, Problem> {
    let principal = server.app().principal(Actor::owner()).await?;
    Ok(Owner {
        owner_id: owner.owner_id,
        workspace_id: owner.workspace_id,
        principal_id: principal.principal_id,
        principal_type: principal.actor.actor_type.as_str(),
        display_name: owner.display_name,
    })
}

fn owner_exists() -> Problem {
    Reject::conflict(
        "owner_already_exists",
        "This workspace has a passphrase already.",
    )
    .hint("Sign in at /v1/auth/login. Forgotten? DELETE /v1/auth/owner with the owner's token, then set another.")
    .into()
}

fn bootstrap_forbidden() -> Problem {
    Reject::forbidden(
        "bootstrap_forbidden",
        "Only the owner may set the passphrase; being on this machine does not count.",
    )
    .hint("Send the owner's token as x-bootstrap-token, or set it from a browser opened with `signalbox open`.")
    .into()
}

fn owner_not_found(workspace_id: &str) -> Problem {
    Reject::new(
        Kind::NotFound,
        "owner_not_found",
        format!("The workspace {workspace_id:?} has no passphrase yet."),
    )
    .hint("Set one at /v1/auth/bootstrap-owner.")
    .into()
}

fn invalid_credentials() -> Problem {
    refuse(
        Kind::Unauthorized,
        "invalid_credentials",
        "The passphrase is not right.",
        "Try again. Forgotten? DELETE /v1/auth/owner with the owner's token, then set another.",
    )
}
