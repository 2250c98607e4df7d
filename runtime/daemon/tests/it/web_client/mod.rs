//! The session of the web client of the contract, from its first request to its last: exactly what it
//! sends, from its own page, and every member that it reads.

mod log;
mod rooms;
mod runs;
mod signing_in;

use crate::auth;
use crate::support::{Api, Http, Settings, within};
use serde_json::Value;

/// Where its page is served.
pub const PAGE: &str = "http://localhost:5173";

/// Asserts that a row has these members, whatever they hold.
#[track_caller]
pub fn has(row: &Value, members: &str) {
    let row = row
        .as_object()
        .unwrap_or_else(|| panic!("no object: {row}"));
    for member in members.split_whitespace() {
        assert!(row.contains_key(member), "no {member} in {row:?}");
    }
}

/// The client of a signed-in page: an access token, the workspace that it believes in, and its origin.
pub fn signed_in(api: &Api, session: &Value) -> Http {
    let http = api.local().header("origin", PAGE);
    http.bearer(&auth::access(session)).workspace("ws_dev")
}

pub fn page_allowed() -> Settings {
    Settings {
        args: vec!["--allowed-origin".into(), PAGE.into()],
        ..Default::default()
    }
}

/// What is told on a stream, as `EventSource.onmessage` sees it: frames without a type.
pub async fn messages(api: &Api, session: &Value, path: &str, count: usize) -> Vec<Value> {
    let cookie = format!("agentapp_access_token={}", auth::access(session));
    let http = api.local().header("origin", PAGE).header("cookie", &cookie);
    let request = http.request(reqwest::Method::GET, path);
    let mut response = within("the stream opens", request.send()).await.unwrap();
    assert_eq!(response.status(), 200);
    let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header("content-type"), "text/event-stream; charset=utf-8");
    assert_eq!(header("cache-control"), "no-cache, no-transform");
    assert_eq!(header("x-accel-buffering"), "no");
    assert_eq!(header("access-control-allow-origin"), PAGE);
    assert_eq!(header("access-control-allow-credentials"), "true");
    let (mut text, mut seen) = (String::new(), Vec::new());
    while seen.len() < count {
        let chunk = within("a frame", response.chunk()).await.unwrap();
        text.push_str(std::str::from_utf8(&chunk.expect("the stream goes on")).unwrap());
        while let Some((block, rest)) = text.split_once("\n\n") {
            assert!(!block.contains("event:"), "{block}");
            let data = block.lines().find_map(|line| line.strip_prefix("data: "));
            seen.extend(data.map(|data| serde_json::from_str::<Value>(data).unwrap()));
            text = rest.to_owned();
        }
    }
    seen
}
