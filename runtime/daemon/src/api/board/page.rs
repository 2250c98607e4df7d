//! The board as a page in a terminal's clothes: a few files of our own, served from the binary.

use crate::api::problem::not_found;
use crate::api::server::Server;
use crate::api::ui::CONTENT_SECURITY_POLICY;
use axum::Router;
use axum::extract::Path;
use axum::http::{Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "static/board"]
struct Page;

pub fn router() -> Router<Server> {
    Router::new()
        .route("/ui", get(|uri: Uri| file(uri, "index.html".to_owned())))
        .route(
            "/ui/{name}",
            get(|uri: Uri, Path(name): Path<String>| file(uri, name)),
        )
}

async fn file(uri: Uri, name: String) -> Response {
    let Some(file) = Page::get(&name) else {
        return not_found(uri).await;
    };
    let kind = match name.rsplit_once('.') {
        Some((_, "html")) => "text/html; charset=utf-8",
        Some((_, "css")) => "text/css; charset=utf-8",
        Some(_) | None => "text/javascript; charset=utf-8",
    };
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "no-cache"),
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    (headers, file.data.into_owned()).into_response()
}
