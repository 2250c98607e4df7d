//! Browser sessions: a one-time code, made by the owner, is changed for two secrets. One is a cookie
//! that scripts cannot read, the other a proof that only pages of this origin can.

use super::body::Body;
use super::identity::require_owner;
use super::problem::refuse;
use super::server::Server;
use super::shown::{Session, session_cookie};
use crate::app::Origin;
use crate::clock;
use crate::problem::{Problem, ProblemBody};
use crate::store::table::session::{self, Kept, NewSession as Opened};
use axum::extract::State;
use axum::http::{HeaderName, StatusCode, header};
use axum::{Extension, Json};
use kernel::engines::digest;
use kernel::{Kind, Reject, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};
use utoipa::ToSchema;

/// Life of a one-time code, milliseconds.
const CODE_MS: i64 = 10 * 60 * 1000;
/// Codes that wait to be used; the oldest gives way.
const CODES_MAX: usize = 64;
/// Life of a session, milliseconds.
const SESSION_MS: i64 = 30 * 24 * 3600 * 1000;

/// Codes that were made and not used, by digest. They die with the process, as they should.
static CODES: LazyLock<Mutex<HashMap<[u8; 32], Timestamp>>> = LazyLock::new(Mutex::default);

/// A one-time code and the link that uses it.
#[derive(Debug, Serialize, ToSchema)]
pub struct SessionCode {
    code: String,
    /// Opens the interface signed in, once.
    url: String,
    expires_at: String,
}

/// Makes a one-time code for a browser. Owner only, and not with a session of a passphrase.
#[utoipa::path(post, path = "/v1/session/codes", operation_id = "createSessionCode", tag = "identity",
    responses((status = 201, body = SessionCode), (status = 403, body = ProblemBody)))]
pub async fn create_code(
    State(server): State<Server>,
    origin: Origin,
    session: Option<Extension<Session>>,
) -> Result<(StatusCode, Json<SessionCode>), Problem> {
    require_owner(&origin)?;
    // It is for an hour and one workspace; what the code opens is for a month and all of them.
    if session.is_some() {
        let message = "A session of a passphrase opens no browser session.";
        return Err(Reject::forbidden("owner_only", message)
            .hint("Use the owner's token, the Signalbox window, or `signalbox open`.")
            .into());
    }
    let code = clock::secret("once");
    let expires_at = clock::now().plus_millis(CODE_MS);
    let mut codes = CODES.lock().unwrap_or_else(PoisonError::into_inner);
    codes.retain(|_, expires| *expires > clock::now());
    if codes.len() >= CODES_MAX
        && let Some(oldest) = codes
            .iter()
            .min_by_key(|(_, expires)| **expires)
            .map(|(code, _)| *code)
    {
        codes.remove(&oldest);
    }
    codes.insert(digest(&code), expires_at);
    // The code travels in the fragment: browsers send fragments to nobody.
    let url = format!("http://{}/app/#/link/{code}", server.address());
    Ok((
        StatusCode::CREATED,
        Json(SessionCode {
            code,
            url,
            expires_at: expires_at.to_string(),
        }),
    ))
}

/// A one-time code to change for a session.
#[derive(Debug, Deserialize, ToSchema)]
pub struct NewSession {
    code: String,
}

/// The half of a browser's session that its page keeps. The other half is the cookie.
#[derive(Debug, Serialize, ToSchema)]
pub struct OpenedSession {
    /// Send it as `x-session-proof` with every request: the cookie alone opens nothing.
    proof: String,
}

/// The cookie, and that nobody keeps the answer.
type SecretHeaders = [(HeaderName, String); 2];

/// Changes a one-time code for a session: a cookie, and the proof that belongs to it.
#[utoipa::path(post, path = "/v1/session", operation_id = "createSession", tag = "identity", request_body = NewSession,
    responses((status = 201, body = OpenedSession), (status = 400, body = ProblemBody), (status = 401, body = ProblemBody)))]
pub async fn create(
    State(server): State<Server>,
    Body(body): Body<NewSession>,
) -> Result<(StatusCode, SecretHeaders, Json<OpenedSession>), Problem> {
    let now = clock::now();
    let expires = CODES
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .remove(&digest(&body.code));
    if expires.is_none_or(|expires| expires <= now) {
        let message = "The link has been used already, or it is too old.";
        return Err(refuse(
            Kind::Unauthorized,
            "code_invalid",
            message,
            "Make a new one: signalbox open.",
        ));
    }
    let (secret, proof) = (clock::secret("session"), clock::secret("proof"));
    let opened = Opened {
        session_id: clock::random_uuid(),
        workspace_id: None,
        access: Kept {
            digest: server.identity().browser_digest(&secret, &proof),
            expires_at: now.plus_millis(SESSION_MS),
        },
        refresh: None,
    };
    server
        .app()
        .store
        .write(move |connection| session::put(connection, &opened, now))
        .await?;
    let name = session_cookie(server.address().port());
    let cookie = format!(
        "{name}={secret}; Path=/; HttpOnly; SameSite=Strict; Max-Age={}",
        SESSION_MS / 1000
    );
    let headers = [
        (header::SET_COOKIE, cookie),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    Ok((StatusCode::CREATED, headers, Json(OpenedSession { proof })))
}
