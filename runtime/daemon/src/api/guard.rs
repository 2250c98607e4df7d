//! What every request must pass before anything else: where it is addressed to and where it
//! comes from. A web page is nobody here, whatever name it resolved to this machine.

use super::board;
use super::claw;
use super::problem::refuse;
use super::server::{Access, Server};
use super::trace;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use kernel::Kind;

/// Pages of the desktop window have this origin; on Windows, an http one.
const WINDOW_ORIGINS: [&str; 3] = [
    "tauri://localhost",
    "http://tauri.localhost",
    "https://tauri.localhost",
];
/// Where the interface is served while it is developed.
const DEV_ORIGINS: [&str; 2] = ["http://127.0.0.1:1420", "http://localhost:1420"];

pub async fn check(State(server): State<Server>, mut request: Request, next: Next) -> Response {
    let headers = request.headers();
    let access = server.access();
    let page = match admit(headers, request.method(), request.uri().path(), &access) {
        Ok(page) => page,
        Err(message) => {
            let hint = "Call Signalbox by its loopback address; a page of another site cannot. See allowed_hosts and allowed_origins in the configuration.";
            return refuse(Kind::Forbidden, "origin_forbidden", message, hint).into_response();
        }
    };
    // A page without credentials has none: what its browser sent along is of another page's session.
    if page.as_ref().is_some_and(|page| !page.with_credentials) {
        request.headers_mut().remove(header::COOKIE);
    }
    let asks_first = request.method() == Method::OPTIONS;
    let mut response = if asks_first && page.is_some() {
        StatusCode::NO_CONTENT.into_response()
    } else if asks_first && claw::is_address(request.uri().path()) {
        (StatusCode::NO_CONTENT, claw::preflight()).into_response()
    } else if asks_first && !request.uri().path().starts_with("/v1/") {
        (StatusCode::NO_CONTENT, board::preflight()).into_response()
    } else {
        next.run(request).await
    };
    let answer = response.headers_mut();
    answer.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    if let Some(page) = page {
        answer.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, page.origin);
        if page.with_credentials {
            answer.insert(
                header::ACCESS_CONTROL_ALLOW_CREDENTIALS,
                HeaderValue::from_static("true"),
            );
        }
        answer.insert(header::VARY, HeaderValue::from_static("origin"));
        let (methods, allowed) = (
            HeaderValue::from_static("GET, HEAD, POST, PUT, PATCH, DELETE"),
            HeaderValue::from_static(
                "authorization, content-type, idempotency-key, last-event-id, x-claim-token, x-request-id, x-workspace-id, x-correlation-id, x-bootstrap-token, x-auth-bootstrap-token",
            ),
        );
        answer.insert(header::ACCESS_CONTROL_ALLOW_METHODS, methods);
        answer.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, allowed);
        answer.insert(
            header::ACCESS_CONTROL_EXPOSE_HEADERS,
            HeaderValue::from_static(trace::EXPOSED),
        );
        answer.insert(
            header::ACCESS_CONTROL_MAX_AGE,
            HeaderValue::from_static("600"),
        );
    }
    response
}

/// A page of another origin that may call.
#[derive(Debug)]
struct Page {
    origin: HeaderValue,
    /// It may use the cookies of a session: the owner has allowed exactly this origin.
    with_credentials: bool,
}

/// The page to answer with CORS headers, if the request comes from the desktop window or from a page
/// that the owner allowed.
fn admit(
    headers: &HeaderMap,
    method: &Method,
    path: &str,
    access: &Access,
) -> Result<Option<Page>, &'static str> {
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
        .ok_or("The request has no Host.")?;
    if headers.get_all(header::HOST).iter().count() != 1 || !host_allowed(host, access) {
        return Err("The request is addressed to a name that is not this machine's.");
    }
    let mut origins = headers.get_all(header::ORIGIN).iter();
    match (origins.next(), origins.next()) {
        (None, _) => {}
        (Some(origin), None) => {
            let text = origin
                .to_str()
                .map_err(|_| "The request's Origin cannot be read.")?;
            let allowed = access.allowed_origins.iter().any(|allowed| allowed == text);
            let trusted = allowed
                || WINDOW_ORIGINS.contains(&text)
                || (access.dev_mode && DEV_ORIGINS.contains(&text));
            return match text
                .strip_prefix("http://")
                .or_else(|| text.strip_prefix("https://"))
            {
                _ if trusted => Ok(Some(Page {
                    origin: origin.clone(),
                    with_credentials: allowed,
                })),
                // The page that this server itself served.
                Some(same) if same.eq_ignore_ascii_case(host) => Ok(None),
                Some(_) | None => Err("The request comes from a page of another origin."),
            };
        }
        (Some(_), Some(_)) => return Err("The request has more than one Origin."),
    }
    let site = headers.get("sec-fetch-site").map(HeaderValue::as_bytes);
    let navigation = headers
        .get("sec-fetch-mode")
        .is_some_and(|mode| mode == "navigate")
        && headers
            .get("sec-fetch-dest")
            .is_some_and(|dest| dest == "document");
    match site {
        None | Some(b"same-origin" | b"none") => Ok(None),
        // A link to the interface may be followed from anywhere: it only shows a page.
        Some(_)
            if navigation
                && method == Method::GET
                && (["/", "/ui"].contains(&path) || path.starts_with("/app")) =>
        {
            Ok(None)
        }
        Some(_) => Err("The request comes from a page of another site."),
    }
}

fn host_allowed(host: &str, access: &Access) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.rsplit_once(':').map_or(host, |(name, _)| name),
    };
    let port_is_sound = |host: &str| {
        let after = match host.strip_prefix('[') {
            Some(rest) => rest.split_once(']').map_or("", |(_, after)| after),
            None => host.find(':').map_or("", |at| &host[at..]),
        };
        after.is_empty()
            || after
                .strip_prefix(':')
                .is_some_and(|port| port.parse::<u16>().is_ok())
    };
    let known = ["127.0.0.1", "localhost", "::1"]
        .iter()
        .any(|loopback| name.eq_ignore_ascii_case(loopback))
        || access.allowed_hosts.iter().any(|allowed| {
            name.eq_ignore_ascii_case(allowed) || host.eq_ignore_ascii_case(allowed)
        });
    known && port_is_sound(host)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderName;

    fn check(headers: &[(&'static str, &'static str)], path: &str) -> bool {
        let map = headers
            .iter()
            .map(|(name, value)| {
                (
                    HeaderName::from_static(name),
                    HeaderValue::from_static(value),
                )
            })
            .collect();
        admit(
            &map,
            &Method::GET,
            path,
            &Access {
                allowed_hosts: vec!["box.home".into()],
                ..Access::default()
            },
        )
        .is_ok()
    }

    #[test]
    fn hosts() {
        for (host, allowed) in [
            ("127.0.0.1:4242", true),
            ("localhost", true),
            ("LOCALHOST:1", true),
            ("[::1]:4242", true),
            ("box.home:4242", true),
            ("evil.test:4242", false),
            ("127.0.0.1.evil.test", false),
            ("127.0.0.1:99999", false),
            ("127.0.0.1:4242:1", false),
            ("0.0.0.0:4242", false),
            ("", false),
        ] {
            assert_eq!(check(&[("host", host)], "/v1/rooms"), allowed, "{host}");
        }
        assert!(!check(&[], "/v1/rooms"), "no Host");
    }

    #[test]
    fn origins() {
        let host = ("host", "127.0.0.1:4242");
        for (headers, allowed) in [
            (vec![host, ("origin", "http://127.0.0.1:4242")], true),
            (vec![host, ("origin", "tauri://localhost")], true),
            (vec![host, ("origin", "http://127.0.0.1:3000")], false),
            (vec![host, ("origin", "http://localhost:4242")], false),
            (vec![host, ("origin", "null")], false),
            (vec![host, ("origin", "http://evil.test")], false),
            (
                vec![
                    host,
                    ("origin", "tauri://localhost"),
                    ("sec-fetch-site", "cross-site"),
                ],
                true,
            ),
            (vec![host, ("sec-fetch-site", "cross-site")], false),
            (vec![host, ("sec-fetch-site", "same-site")], false),
            (vec![host, ("sec-fetch-site", "none")], true),
        ] {
            assert_eq!(check(&headers, "/v1/rooms"), allowed, "{headers:?}");
        }
        let link = [
            host,
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-mode", "navigate"),
            ("sec-fetch-dest", "document"),
        ];
        assert!(check(&link, "/app/"));
        assert!(!check(&link, "/v1/rooms"));
    }
}
