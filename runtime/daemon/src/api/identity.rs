//! Who is asking: the owner, an engine, or a process on this machine without a token.

use super::auth::Throttle;
use super::problem::refuse;
use super::server::Server;
use super::shown::{self, Session};
use super::trace::{self, Trace};
use crate::app::Origin;
use crate::clock;
use crate::problem::Problem;
use crate::store::table::engine_token::EngineTokenRow;
use axum::Json;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use kernel::actor::EngineIdentity;
use kernel::engines::digest;
use kernel::gate::{self, DEFAULT_WORKSPACE_ID};
use kernel::{Caller, Kind, Reject, Timestamp};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use subtle::ConstantTimeEq;
use utoipa::ToSchema;

/// Tokens that are remembered between requests; past it they are looked up again.
const TOKENS_REMEMBERED_MAX: usize = 1_024;
/// How often the last use of a token is written down, milliseconds.
const SEEN_EVERY_MS: i64 = 60_000;

/// The credentials that the service knows.
pub struct Identity {
    owner_digest: [u8; 32],
    engines: Mutex<Remembered>,
    /// Wrong passphrases. One attempt at a time: each costs memory.
    pub logins: tokio::sync::Mutex<Throttle>,
}

/// Engine tokens by digest, as they were last read.
#[derive(Default)]
struct Remembered {
    rows: HashMap<[u8; 32], EngineTokenRow>,
    /// [`crate::app::App::token_changes`] when they were read: what was read before a change is not used after it.
    as_of: u64,
}

impl Identity {
    /// Knows the owner by this token.
    pub fn of_owner(token: &str) -> Self {
        Self {
            owner_digest: digest(token),
            engines: Mutex::default(),
            logins: tokio::sync::Mutex::default(),
        }
    }

    /// The digest that the session of a browser is kept as. Neither of its two secrets opens it alone,
    /// and none of the time when there was one secret only is found again.
    pub fn browser_digest(&self, secret: &str, proof: &str) -> [u8; 32] {
        let mut both = Sha256::new_with_prefix(self.owner_digest);
        // Each as a digest of its own, so that what one ends with cannot be what the other begins with.
        both.update(digest(secret));
        both.update(digest(proof));
        both.finalize().into()
    }

    /// The digest that a secret of a session is kept as. It depends on the owner's token: with
    /// another one, no session of before opens anything.
    pub fn session_digest(&self, secret: &str) -> [u8; 32] {
        let mut digest = Sha256::new_with_prefix(self.owner_digest);
        digest.update(secret);
        digest.finalize().into()
    }

    pub fn is_owner(&self, token: &str) -> bool {
        self.owner_digest.ct_eq(&digest(token)).into()
    }

    /// The engine that a token belongs to.
    pub async fn engine(
        &self,
        server: &Server,
        token: &str,
        engine_id: Option<&str>,
    ) -> Result<EngineIdentity, Problem> {
        let digest = digest(token);
        let as_of = server.app().token_changes();
        let row = match self.remembered(&digest, as_of) {
            Some(row) => row,
            None => {
                let found = server
                    .app()
                    .read(move |reader| reader.engine_token(&digest))
                    .await?;
                found.ok_or_else(|| {
                    invalid_token("engine_token_invalid", "The engine token is not known.")
                })?
            }
        };
        if engine_id.is_some_and(|claimed| claimed != row.standing.engine_id) {
            return Err(invalid_token(
                "engine_token_invalid",
                "The token belongs to another engine.",
            ));
        }
        let now = clock::now();
        row.standing.check(now)?;
        self.remember(server, digest, &row, now, as_of).await;
        Ok(EngineIdentity {
            engine_id: row.standing.engine_id,
            actor_id: row.actor_id,
            workspace_id: row.workspace_id,
            token_id: row.token_id,
            scopes: row.scopes,
        })
    }

    fn remembered(&self, digest: &[u8; 32], as_of: u64) -> Option<EngineTokenRow> {
        let engines = self.engines.lock().unwrap_or_else(PoisonError::into_inner);
        (engines.as_of == as_of).then(|| engines.rows.get(digest).cloned())?
    }

    async fn remember(
        &self,
        server: &Server,
        digest: [u8; 32],
        row: &EngineTokenRow,
        now: Timestamp,
        as_of: u64,
    ) {
        let stale = row
            .last_used_at
            .is_none_or(|at| now.millis() - at.millis() > SEEN_EVERY_MS);
        let mut kept = row.clone();
        if stale {
            kept.last_used_at = Some(now);
            let token_id = row.token_id.clone();
            let write = crate::store::table::engine_token::seen;
            // Only the engines view shows it; a write that fails now is tried again with the next use.
            let _ = server
                .app()
                .store
                .write(move |connection| write(connection, &token_id, now))
                .await;
        }
        let mut engines = self.engines.lock().unwrap_or_else(PoisonError::into_inner);
        if engines.as_of > as_of {
            return;
        }
        if engines.as_of < as_of || engines.rows.len() >= TOKENS_REMEMBERED_MAX {
            engines.rows.clear();
        }
        engines.as_of = as_of;
        engines.rows.insert(digest, kept);
    }
}

fn invalid_token(code: &'static str, message: &str) -> Problem {
    refuse(
        Kind::Unauthorized,
        code,
        message,
        "Send a current token, or none at all to act as a local caller.",
    )
}

impl FromRequestParts<Server> for Origin {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, server: &Server) -> Result<Self, Problem> {
        let (caller, session) = caller(parts, server).await?;
        let of_session = session
            .as_ref()
            .and_then(|session| session.row.workspace_id.clone());
        let workspace_id = match of_session {
            Some(workspace_id) => workspace_id,
            None => workspace(&parts.headers)?,
        };
        gate::workspace(&caller, &workspace_id)?;
        let trace = parts.extensions.get::<Trace>();
        if let Some(trace) = trace {
            trace.happens_in(&workspace_id);
        }
        let correlation_id = trace.map(|trace| trace.correlation_id().to_owned());
        if let Some(session) = session {
            parts.extensions.insert(session);
        }
        Ok(Origin {
            caller,
            workspace_id,
            correlation_id,
        })
    }
}

/// Who asks, and the session of the access token that says so.
async fn caller(parts: &Parts, server: &Server) -> Result<(Caller, Option<Session>), Problem> {
    let headers = &parts.headers;
    let engine_token = text(headers, "x-engine-token")?;
    match bearer(headers)? {
        Some(token) if server.identity().is_owner(token) => return Ok((Caller::Owner, None)),
        // An engine says for itself who it is, whoever's session came along.
        Some(token) if shown::is_access_token(token) && engine_token.is_some() => {}
        Some(token) if shown::is_access_token(token) => {
            let session = shown::by_access_token(server, token).await?;
            return Ok((Caller::Owner, Some(session)));
        }
        Some(token) => {
            let engine = server
                .identity()
                .engine(server, token, text(headers, "x-engine-id")?)
                .await;
            return match engine {
                Err(Problem::Rejected(reject)) if reject.code == "engine_token_invalid" => Err(
                    invalid_token("invalid_token", "The token is not known here."),
                ),
                other => other.map(|engine| (Caller::Engine(engine), None)),
            };
        }
        None => {}
    }
    if let Some(token) = engine_token {
        let engine_id = text(headers, "x-engine-id")?;
        let engine = server.identity().engine(server, token, engine_id).await?;
        return Ok((Caller::Engine(engine), None));
    }
    if let Some(shown) = shown::of_browser(headers, server)
        && shown.live(server).await?.is_some()
    {
        return Ok((Caller::Owner, None));
    }
    if let Some(token) = shown::stream_token(parts) {
        let session = shown::by_access_token(server, token).await?;
        return Ok((Caller::Owner, Some(session)));
    }
    if server.access().token_required {
        return Err(refuse(
            Kind::Unauthorized,
            "missing_token",
            "This Signalbox listens beyond this machine, so every request needs a token.",
            "Send Authorization: Bearer TOKEN.",
        ));
    }
    Ok((Caller::Local, None))
}

/// The refusal of a session that is over, or never was.
pub fn invalid_session() -> Problem {
    refuse(
        Kind::Unauthorized,
        "invalid_session",
        "The session is over, or not known here.",
        "Renew it at /v1/auth/refresh, or sign in again at /v1/auth/login.",
    )
}

/// The token of an `Authorization` header.
pub fn bearer(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let Some(value) = text(headers, header::AUTHORIZATION.as_str())? else {
        return Ok(None);
    };
    match value.split_once(' ') {
        Some((scheme, token))
            if scheme.eq_ignore_ascii_case("bearer") && !token.trim().is_empty() =>
        {
            Ok(Some(token.trim()))
        }
        Some(_) | None => Err(invalid_token(
            "invalid_token",
            "The Authorization header is not \"Bearer TOKEN\".",
        )),
    }
}

fn workspace(headers: &HeaderMap) -> Result<String, Problem> {
    let workspace = text(headers, "x-workspace-id")?.unwrap_or(DEFAULT_WORKSPACE_ID);
    if trace::is_name(workspace) {
        return Ok(workspace.to_owned());
    }
    let message = format!(
        "x-workspace-id may have letters, digits and _ . : - only, {} at most.",
        trace::NAME_CHARS_MAX
    );
    Err(Reject::invalid("invalid_workspace_id", "x-workspace-id", message).into())
}

/// A header as text, trimmed; empty is absent.
pub fn text<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a str>, Problem> {
    match headers.get(name).map(|value| value.to_str()) {
        None => Ok(None),
        Some(Ok(text)) => Ok(Some(text.trim()).filter(|text| !text.is_empty())),
        Some(Err(_)) => Err(Reject::invalid(
            "invalid_header",
            name,
            format!("The header {name:?} cannot be read."),
        )
        .into()),
    }
}

/// Lets only the owner through.
pub fn require_owner(origin: &Origin) -> Result<(), Problem> {
    if origin.caller.is_owner() {
        Ok(())
    } else {
        Err(gate::owner_only().into())
    }
}

/// The claim token of a request: a member of the body, or the header.
pub struct ClaimToken(Option<String>);

impl ClaimToken {
    pub fn or(self, in_body: Option<String>) -> Option<String> {
        in_body.filter(|token| !token.is_empty()).or(self.0)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for ClaimToken {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Ok(Self(
            text(&parts.headers, "x-claim-token")?.map(str::to_owned),
        ))
    }
}

/// Who the service takes the caller for.
#[derive(Debug, Serialize, ToSchema)]
pub struct Whoami {
    principal_id: String,
    /// `user`, `service` or `local`.
    principal_type: &'static str,
    /// The name that its events go by.
    actor_id: String,
    workspace_id: String,
    is_owner: bool,
}

/// Who am I?
#[utoipa::path(get, path = "/v1/whoami", operation_id = "whoAmI", tag = "identity", responses((status = 200, body = Whoami)))]
pub async fn whoami(State(server): State<Server>, origin: Origin) -> Result<Json<Whoami>, Problem> {
    let principal = server.app().principal(origin.caller.actor()).await?;
    let principal_type = match origin.caller {
        Caller::Owner => "user",
        Caller::Engine(_) | Caller::System => "service",
        Caller::Agent(_) => "agent",
        Caller::Local => "local",
    };
    let is_owner = origin.caller.is_owner();
    Ok(Json(Whoami {
        principal_id: principal.principal_id,
        principal_type,
        actor_id: principal.actor.actor_id,
        workspace_id: origin.workspace_id,
        is_owner,
    }))
}
