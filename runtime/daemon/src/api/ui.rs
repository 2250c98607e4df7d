//! The interface, served from the binary itself: no other host is ever asked for anything.

use super::server::Server;
use axum::Router;
use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use rust_embed::RustEmbed;

/// The built interface. Debug builds read it from disk at run time.
#[derive(RustEmbed)]
#[folder = "../../ui/dist"]
#[allow_missing = true]
struct Page;

/// No remote content, no inline script or style; only this origin may be called.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; \
     connect-src 'self'; worker-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const NOT_BUILT: &str =
    "The interface has not been built into this Signalbox. Build it: npm run build:ui\n";

pub fn router() -> Router<Server> {
    Router::new()
        .route("/app", get(|| async { Redirect::permanent("/app/") }))
        .route("/app/", get(|| async { file("index.html") }))
        .route(
            "/app/{*path}",
            get(|Path(path): Path<String>| async move { file(&path) }),
        )
}

/// Where browsers are sent that ask for nothing in particular.
pub fn to_page() -> Response {
    Redirect::temporary("/app/").into_response()
}

fn file(path: &str) -> Response {
    let Some(file) = Page::get(path) else {
        let text = if Page::get("index.html").is_none() {
            NOT_BUILT
        } else {
            "There is no such file.\n"
        };
        return (StatusCode::NOT_FOUND, text).into_response();
    };
    // Assets carry a hash in their names; the page that names them does not.
    let cache = if path.starts_with("assets/") {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let headers = [
        (header::CONTENT_TYPE, file.metadata.mimetype().to_owned()),
        (header::CACHE_CONTROL, cache.to_owned()),
        (
            header::CONTENT_SECURITY_POLICY,
            CONTENT_SECURITY_POLICY.to_owned(),
        ),
        (header::REFERRER_POLICY, "no-referrer".to_owned()),
    ];
    (headers, file.data.into_owned()).into_response()
}
