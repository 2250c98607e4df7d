//! Sessions that a passphrase opened: renewed, looked at and ended.

use super::{Owner, SignedIn, find, shown_owner};
use crate::api::body::Body;
use crate::api::identity::{bearer, invalid_session};
use crate::api::problem::refuse;
use crate::api::server::Server;
use crate::api::shown::{self, ACCESS_TOKEN, Shown};
use crate::clock;
use crate::problem::{Problem, ProblemBody};
use crate::store::table::owner::OwnerRow;
use crate::store::table::session::{self as sessions, Kept, SessionRow};
use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use kernel::limits::{ACCESS_TOKEN_MS, REFRESH_TOKEN_MS};
use kernel::{Kind, Reject, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a refresh token begins with.
const REFRESH_TOKEN: &str = "rtk";

/// The secrets of a session, shown once.
#[derive(Serialize, ToSchema)]
pub struct SessionTokens {
    /// Send it as `Authorization: Bearer`; to read a stream, also as the cookie `agentapp_access_token`.
    access_token: String,
    access_expires_at: String,
    /// Changes both for new ones, once.
    refresh_token: String,
    refresh_expires_at: String,
}

/// Two new tokens, to show and to keep.
pub fn draw(server: &Server, now: Timestamp) -> (SessionTokens, [Kept; 2]) {
    let (access_token, refresh_token) = (clock::secret(ACCESS_TOKEN), clock::secret(REFRESH_TOKEN));
    let keep = |token: &str, millis| Kept {
        digest: server.identity().session_digest(token),
        expires_at: now.plus_millis(millis),
    };
    let access = keep(&access_token, ACCESS_TOKEN_MS);
    let refresh = keep(&refresh_token, REFRESH_TOKEN_MS);
    let tokens = SessionTokens {
        access_token,
        access_expires_at: access.expires_at.to_string(),
        refresh_token,
        refresh_expires_at: refresh.expires_at.to_string(),
    };
    (tokens, [access, refresh])
}

#[derive(Deserialize, ToSchema)]
pub struct Refresh {
    refresh_token: Option<String>,
}

/// Changes a refresh token for two new tokens. The old ones open nothing from then on.
#[utoipa::path(post, path = "/v1/auth/refresh", operation_id = "refreshSession", tag = "identity", request_body = Refresh,
    responses((status = 200, body = SignedIn), (status = 400, body = ProblemBody), (status = 401, body = ProblemBody)))]
pub async fn refresh(
    State(server): State<Server>,
    Body(body): Body<Refresh>,
) -> Result<Json<SignedIn>, Problem> {
    let shown = body.refresh_token.filter(|token| !token.trim().is_empty());
    let shown = shown.ok_or_else(|| {
        let message = "\"refresh_token\" is required and may not be empty.";
        Reject::invalid("missing_refresh_token", "refresh_token", message)
    })?;
    let old = server.identity().session_digest(shown.trim());
    let now = clock::now();
    let (tokens, next) = draw(&server, now);
    let renewed = server
        .app()
        .store
        .write(move |connection| sessions::renew(connection, &old, next, now))
        .await?;
    let row = renewed.ok_or_else(|| {
        refuse(
            Kind::Unauthorized,
            "invalid_refresh_token",
            "The refresh token was used already, is over, or is not known here.",
            "Sign in again at /v1/auth/login.",
        )
    })?;
    let owner = of_session(&server, &row).await?;
    Ok(Json(SignedIn {
        owner: shown_owner(&server, owner).await?,
        session: tokens,
    }))
}

#[derive(Debug, Serialize, ToSchema)]
pub struct LoggedOut {
    ok: bool,
    /// Whether there was a session to end.
    revoked: bool,
}

/// Ends the session that the request shows. Both of its tokens open nothing from then on.
#[utoipa::path(post, path = "/v1/auth/logout", operation_id = "logOut", tag = "identity", responses((status = 200, body = LoggedOut)))]
pub async fn logout(
    State(server): State<Server>,
    headers: HeaderMap,
) -> Result<Json<LoggedOut>, Problem> {
    let shown = shown::all(&headers, &server);
    let digests: Vec<[u8; 32]> = shown.into_iter().map(Shown::digest).collect();
    if digests.is_empty() {
        let revoked = false;
        return Ok(Json(LoggedOut { ok: true, revoked }));
    }
    let ending = server.app().store.write(move |connection| {
        let mut ended = false;
        for digest in &digests {
            ended |= sessions::end(connection, digest)?;
        }
        Ok(ended)
    });
    let revoked = ending.await?;
    Ok(Json(LoggedOut { ok: true, revoked }))
}

/// A session as its holder may see it.
#[derive(Debug, Serialize, ToSchema)]
pub struct OpenSession {
    session_id: String,
    access_expires_at: String,
    refresh_expires_at: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct CurrentSession {
    owner: Owner,
    session: OpenSession,
}

/// The session that the request shows, and whose it is.
#[utoipa::path(get, path = "/v1/auth/session", operation_id = "getSession", tag = "identity",
    responses((status = 200, body = CurrentSession), (status = 401, body = ProblemBody)))]
pub async fn current(
    State(server): State<Server>,
    headers: HeaderMap,
) -> Result<Json<CurrentSession>, Problem> {
    let shown = shown::all(&headers, &server);
    if shown.is_empty() && bearer(&headers)?.is_none() {
        return Err(refuse(
            Kind::Unauthorized,
            "missing_bearer_token",
            "The request shows no session.",
            "Send Authorization: Bearer and the access token of /v1/auth/login.",
        ));
    }
    for shown in shown {
        // The session of a browser is nobody's passphrase's: it has no owner to show.
        if let Some(found) = shown.live(&server).await?
            && found.row.workspace_id.is_some()
        {
            let owner = of_session(&server, &found.row).await?;
            return Ok(Json(CurrentSession {
                owner: shown_owner(&server, owner).await?,
                session: found.row.into(),
            }));
        }
    }
    Err(invalid_session())
}

async fn of_session(server: &Server, row: &SessionRow) -> Result<OwnerRow, Problem> {
    let owner = match &row.workspace_id {
        Some(workspace_id) => find(server, workspace_id).await?,
        None => None,
    };
    owner.ok_or_else(invalid_session)
}

impl From<SessionRow> for OpenSession {
    fn from(row: SessionRow) -> Self {
        Self {
            session_id: row.session_id,
            access_expires_at: row.access_expires_at.to_string(),
            refresh_expires_at: row.refresh_expires_at.map(|at| at.to_string()),
        }
    }
}
