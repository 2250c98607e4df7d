//! The event bus over HTTP: keys, publishing, locks and grants. Its errors are one sentence, in the words of
//! its contract.

mod advertise;
mod app;
mod caller;
mod govern;
mod key;
mod login;
mod proxy;
mod publish;
mod refusal;
mod socket;
mod stats;
mod stream;

use super::server::Server;
use axum::extract::Request;
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Uri, header};
use axum::routing::{get, post};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// First segments of the addresses of this face that take requests with bodies or keys.
const SEGMENTS: [&str; 4] = ["api", "auth", "connection", "emulation"];

/// Whether an address is of this face.
pub fn is_address(path: &str) -> bool {
    let first = path.trim_start_matches('/').split('/').next();
    first.is_some_and(|first| SEGMENTS.contains(&first))
}

/// What a request for permission to ask is answered with where the guard has let it through. It allows no
/// origin: those of pages that the owner allowed are named by the guard.
pub fn preflight() -> HeaderMap {
    let headers: [(HeaderName, &str); 3] = [
        (
            header::ACCESS_CONTROL_ALLOW_METHODS,
            "GET,POST,DELETE,OPTIONS",
        ),
        (
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            "Authorization,Content-Type",
        ),
        (header::ACCESS_CONTROL_MAX_AGE, "600"),
    ];
    headers
        .into_iter()
        .map(|(name, value)| (name, HeaderValue::from_static(value)))
        .collect()
}

/// Every documented route of this face.
pub fn routes() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(key::register))
        .routes(routes!(key::issue, key::list, key::remove))
        .routes(routes!(login::begin_signed))
        .routes(routes!(login::begin))
        .routes(routes!(login::finish_signed))
        .routes(routes!(login::finish))
        .routes(routes!(app::create, app::list))
        .routes(routes!(app::get, app::delete))
        .routes(routes!(app::rotate))
        .routes(routes!(key::revoke))
        .routes(routes!(key::whoami))
        .routes(routes!(publish::publish))
        .routes(routes!(publish::request))
        .routes(routes!(govern::lock))
        .routes(routes!(govern::unlock))
        .routes(routes!(govern::grant))
        .routes(routes!(govern::revoke))
        .routes(routes!(govern::locks))
        .routes(routes!(publish::agents))
        .routes(routes!(advertise::advertise, advertise::withdraw))
        .routes(routes!(proxy::subscribe))
        .routes(routes!(proxy::publish))
        .routes(routes!(advertise::search))
        .routes(routes!(advertise::list))
        .routes(routes!(advertise::of_agent))
        .routes(routes!(advertise::get))
        .routes(routes!(advertise::profile))
        .route("/stats", get(stats::page))
        .route("/connection/websocket", get(socket::open))
        .route("/connection/http_stream", post(stream::lines))
        .route("/connection/sse", get(stream::events))
        .route("/emulation", post(stream::say))
}

/// An address that begins with several slashes is meant with one: clients of the event bus put their paths
/// behind an address that ends with one.
pub async fn one_slash(mut request: Request) -> Request {
    let path = request.uri().path();
    if !path.starts_with("//") {
        return request;
    }
    let mut meant = format!("/{}", path.trim_start_matches('/'));
    if let Some(query) = request.uri().query() {
        meant.push('?');
        meant.push_str(query);
    }
    let mut parts = request.uri().clone().into_parts();
    if let Ok(meant) = PathAndQuery::try_from(meant) {
        parts.path_and_query = Some(meant);
    }
    if let Ok(uri) = Uri::from_parts(parts) {
        *request.uri_mut() = uri;
    }
    request
}
