//! The board over HTTP: channels, tasks, files and presence, for any agent that has `curl`. Its errors are
//! one sentence, `{"error": "…"}`, and pages of other origins are told that its reads carry no credentials.

mod channel;
mod file;
mod history;
pub mod page;
mod presence;
mod refusal;
mod request;
mod status;
mod stream;
mod task;
mod wire;

pub use refusal::SentenceBody;

use super::server::Server;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::map_response;
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// First segments of the addresses of this face.
const SEGMENTS: [&str; 9] = [
    "", "ch", "history", "channels", "tasks", "files", "presence", "status", "ui",
];

/// Whether an address is of this face.
pub fn is_address(path: &str) -> bool {
    let first = path.trim_start_matches('/').split('/').next();
    first.is_some_and(|first| SEGMENTS.contains(&first))
}

/// Every documented route of this face.
pub fn routes() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(stream::all))
        .routes(routes!(stream::channel, channel::publish))
        .routes(routes!(history::channel))
        .routes(routes!(history::all))
        .routes(routes!(history::channels))
        .routes(routes!(task::list, task::create))
        .routes(routes!(task::get))
        .routes(routes!(task::claim))
        .routes(routes!(task::heartbeat))
        .routes(routes!(task::update))
        .routes(routes!(task::done))
        .routes(routes!(task::abandon))
        .routes(routes!(task::interrupt))
        .routes(routes!(file::put))
        .routes(routes!(file::get))
        .routes(routes!(presence::list, presence::announce))
        .routes(routes!(status::get))
        // Whatever else stands where a name should.
        .route("/files/{hash}/{*rest}", axum::routing::get(file::no_name))
        .layer(map_response(open_to_read))
}

async fn open_to_read(mut response: Response) -> Response {
    let any = HeaderValue::from_static("*");
    response
        .headers_mut()
        .insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, any);
    response
}

/// What a request for permission to ask is answered with, from wherever it may come: the guard looks at
/// what is asked then.
pub fn preflight() -> HeaderMap {
    let headers: [(HeaderName, &str); 4] = [
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (
            header::ACCESS_CONTROL_ALLOW_METHODS,
            "GET,HEAD,POST,OPTIONS",
        ),
        (
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            "Content-Type,Last-Event-ID",
        ),
        (header::ACCESS_CONTROL_MAX_AGE, "86400"),
    ];
    headers
        .into_iter()
        .map(|(name, value)| (name, HeaderValue::from_static(value)))
        .collect()
}
