//! Every operation that the api says it has, asked oddly: whatever comes, the answer is a sound one,
//! and the log and its projections are still true afterwards.

mod dice;
mod odd;
mod operation;

use crate::support::{Api, Reply, Scene, within};
use daemon::store::{rebuild, verify};
use dice::Dice;
use operation::Operation;
use serde_json::Value;

/// Where chance begins. Another seed is another thousand requests.
const SEED: u64 = 0x5160_A1B0;
/// Odd requests to each operation.
const REQUESTS_EACH: usize = 24;
/// Documented for times when the runtime cannot work.
const UNAVAILABLE: [u16; 2] = [503, 507];
/// What tells of our insides.
const INSIDES: [&str; 8] = [
    "panicked",
    "backtrace",
    ".rs:",
    "src/",
    "rusqlite",
    "sqlite",
    "thread '",
    "Err(",
];

#[tokio::test]
async fn odd_requests_get_sound_answers() {
    let api = Api::start();
    let local = api.local();
    let made = api
        .owner()
        .post(
            "/v1/engines/register",
            serde_json::json!({"actor_id": "odd"}),
        )
        .await
        .expect(201);
    let engine_token = made["engine_token"].as_str().unwrap();
    let document = local.get("/openapi.json").await.expect(200);
    let operations = Operation::all(&document);
    assert!(operations.len() >= 50, "{}", operations.len());
    let mut dice = Dice::new(SEED);
    let mut refused = 0;
    let mut taken = 0;
    for round in 0..REQUESTS_EACH {
        // What an earlier round ended is of little use, and what it forbade is allowed again.
        let off = serde_json::json!({"enabled": false});
        let switch = api.owner().post("/v1/policy/kill-switch", off).await;
        switch.expect(200);
        let mut ids = odd::ids(&Scene::set(&local).await);
        ids.extend(odd::on_the_board(&local).await);
        for operation in &operations {
            let path = odd::address(&mut dice, operation, &ids);
            let who = odd::caller(&mut dice, &local, engine_token);
            let mut request = who.request(operation.method.clone(), &path);
            let body = odd::body(&mut dice, operation, &ids);
            let shown = body.clone().unwrap_or_default();
            if let Some(body) = body {
                request = request.body(body);
            }
            let shown = String::from_utf8_lossy(&shown[..shown.len().min(300)]).into_owned();
            let what = format!(
                "round {round}: {} {} {:.200} {shown}",
                operation.id, operation.method, path
            );
            let reply = answer(request, &what).await;
            judge(operation, &reply, &what);
            if reply.status < 400 {
                taken += 1;
            } else {
                refused += 1;
            }
        }
    }
    // Otherwise nearly nothing got past the first check, or nearly nothing was odd.
    assert!(
        taken > 100 && refused > 300,
        "{taken} taken, {refused} refused"
    );
    local.get("/ready").await.expect(200);

    let stopped = api.stop().await;
    let said = std::fs::read_to_string(&stopped.stderr).unwrap();
    assert!(!said.contains("panicked"), "{said}");
    let verified = verify::run(&stopped.data_dir, 0, &mut |_| {}).unwrap();
    assert!(verified.valid, "{verified:?}");
    let rebuilt = rebuild::run(&stopped.data_dir, &mut |_| {}).unwrap();
    assert!(rebuilt.unchanged(), "{rebuilt:?}");
}

/// The answer; of one that never ends, its head.
async fn answer(request: reqwest::RequestBuilder, what: &str) -> Reply {
    let response = within(what, request.send()).await.expect(what);
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let is_stream = headers
        .get("content-type")
        .is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"));
    let text = if is_stream {
        String::new()
    } else {
        let bytes = within(what, response.bytes()).await.expect(what);
        String::from_utf8_lossy(&bytes).into_owned()
    };
    Reply {
        status,
        headers,
        text,
    }
}

fn judge(operation: &Operation, reply: &Reply, what: &str) {
    let Reply { status, text, .. } = reply;
    assert!(
        *status < 500 || UNAVAILABLE.contains(status),
        "{what}\n-> {status} {text}"
    );
    if *status < 400 {
        // What it does when all is well is documented; how it refuses is the same everywhere.
        assert!(
            operation.statuses.contains(status),
            "{what}\n-> {status}, which the document does not name"
        );
        return;
    }
    assert_eq!(reply.headers["content-type"], "application/json", "{what}");
    let body: Value = serde_json::from_str(text).expect(what);
    let mut members: Vec<&String> = body.as_object().expect(what).keys().collect();
    // What the second family of errors of the contract calls the code.
    members.retain(|member| *member != "reason_code");
    let told: &[&str] = if operation.tells_in_a_sentence {
        assert_eq!(members, ["error"], "{what}");
        &["error"]
    } else {
        assert_eq!(members, ["error", "field", "hint", "message"], "{what}");
        &["error", "message"]
    };
    for member in told {
        let said = body[*member].as_str().expect(what);
        assert!(
            !said.is_empty() && said.chars().count() < 1_000,
            "{what}\n-> {text:.300}"
        );
    }
    for member in ["hint", "field"] {
        assert!(body[member].is_string() || body[member].is_null(), "{what}");
    }
    for inside in INSIDES {
        assert!(!text.contains(inside), "{what}\n-> {text:.600}");
    }
}
