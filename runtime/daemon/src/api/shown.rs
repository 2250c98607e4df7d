//! The sessions of the owner that a request shows. Cookies do not tell ports apart: a browser shows
//! them to every server of this machine that one of its pages names, so none is enough to act.

use super::identity::{bearer, invalid_session};
use super::server::Server;
use crate::clock;
use crate::problem::Problem;
use crate::store::table::session::SessionRow;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};

/// What an access token begins with.
pub const ACCESS_TOKEN: &str = "atk";
/// The cookie that carries an access token where no header can: live streams.
const ACCESS_COOKIE: &str = "agentapp_access_token";
/// Where it counts, for reading only.
const STREAMS: &str = "/v1/streams/";
/// The header by which a page proves that the session of its cookie is its own.
const PROOF: &str = "x-session-proof";

/// A session that a request shows: an extension of requests whose access token made them the owner's.
#[derive(Clone, Debug)]
pub struct Session {
    /// Of its access token.
    pub digest: [u8; 32],
    pub row: SessionRow,
}

/// What a request shows, as the digest that it is kept by.
#[derive(Clone, Copy, Debug)]
pub enum Shown {
    /// The cookie of a browser together with its proof.
    Browser([u8; 32]),
    /// An access token.
    Access([u8; 32]),
}

impl Shown {
    pub fn digest(self) -> [u8; 32] {
        match self {
            Self::Browser(digest) | Self::Access(digest) => digest,
        }
    }

    /// The session that it opens now. One kind of secret never opens the other kind of session.
    pub async fn live(self, server: &Server) -> Result<Option<Session>, Problem> {
        let digest = self.digest();
        let row = server
            .app()
            .read(move |reader| reader.session(&digest))
            .await?;
        let live = row.filter(|row| {
            let of_browser = row.workspace_id.is_none();
            of_browser == matches!(self, Self::Browser(_)) && row.access_expires_at > clock::now()
        });
        Ok(live.map(|row| Session { digest, row }))
    }
}

/// Name of the session cookie: one per port, so that two runtimes do not end each other's sessions.
pub fn session_cookie(port: u16) -> String {
    format!("signalbox_session_{port}")
}

pub fn is_access_token(token: &str) -> bool {
    token
        .strip_prefix(ACCESS_TOKEN)
        .is_some_and(|rest| rest.starts_with('_'))
}

/// The session of an access token.
pub async fn by_access_token(server: &Server, token: &str) -> Result<Session, Problem> {
    let shown = Shown::Access(server.identity().session_digest(token));
    shown.live(server).await?.ok_or_else(invalid_session)
}

/// What a browser shows: nothing, unless both halves are there.
pub fn of_browser(headers: &HeaderMap, server: &Server) -> Option<Shown> {
    let secret = cookie(headers, &session_cookie(server.address().port()))?;
    let proof = headers.get(PROOF)?.to_str().ok()?;
    // Looked up by digest: no secret is ever compared, so there is no time to measure.
    let digest = server.identity().browser_digest(secret, proof);
    Some(Shown::Browser(digest))
}

/// The access token that a stream is opened with where no header can be sent. On any other request
/// the cookie is not looked at.
pub fn stream_token(parts: &Parts) -> Option<&str> {
    let reads_stream = parts.method == Method::GET && parts.uri.path().starts_with(STREAMS);
    reads_stream
        .then(|| cookie(&parts.headers, ACCESS_COOKIE))
        .flatten()
}

/// The sessions that a request shows to act with, in the order in which they count.
pub fn all(headers: &HeaderMap, server: &Server) -> Vec<Shown> {
    // An Authorization that cannot be read shows no session.
    let token = bearer(headers).ok().flatten();
    let access = token
        .filter(|token| is_access_token(token))
        .map(|token| Shown::Access(server.identity().session_digest(token)));
    access
        .into_iter()
        .chain(of_browser(headers, server))
        .collect()
}

fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok());
    lines
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(key, value)| (key == name && !value.is_empty()).then_some(value))
}
