//! Who is asking: a wrong credential is never silently nobody, and each kind of caller may do
//! what is its own to do.

use crate::support::{Api, Http, OWNER_TOKEN, Reply};
use serde_json::{Value, json};

pub async fn whoami(http: &Http) -> Value {
    http.get("/v1/whoami").await.expect(200)
}

async fn register(api: &Api, body: Value) -> Value {
    api.owner()
        .post("/v1/engines/register", body)
        .await
        .expect(201)
}

pub fn text(value: &Value, member: &str) -> String {
    value[member]
        .as_str()
        .unwrap_or_else(|| panic!("{member} in {value}"))
        .to_owned()
}

#[tokio::test]
async fn each_caller_is_who_it_shows_to_be() {
    let api = Api::start();
    let engine = register(&api, json!({"actor_id": "builder"})).await;
    let token = text(&engine, "engine_token");
    for (caller, expected) in [
        (api.owner(), json!(["owner", "user", true])),
        (api.local(), json!(["anon", "local", false])),
        (
            api.local().bearer(&token),
            json!(["builder", "service", false]),
        ),
        (
            api.local().header("x-engine-token", &token),
            json!(["builder", "service", false]),
        ),
        (
            api.local()
                .header("x-engine-token", &token)
                .header("x-engine-id", &text(&engine, "engine_id")),
            json!(["builder", "service", false]),
        ),
        (
            api.local()
                .header("authorization", &format!("bearer  {OWNER_TOKEN}")),
            json!(["owner", "user", true]),
        ),
    ] {
        let who = whoami(&caller).await;
        let found = json!([who["actor_id"], who["principal_type"], who["is_owner"]]);
        assert_eq!(found, expected);
        assert_eq!(who["workspace_id"], "ws_dev");
        assert_eq!(whoami(&caller).await, who, "also its principal stays");
    }
}

/// Every way to show a credential that is not one. None of them may act as a local caller.
#[tokio::test]
async fn a_wrong_credential_is_never_silently_local() {
    let api = Api::start();
    let engine = register(&api, json!({"actor_id": "builder"})).await;
    let other = register(&api, json!({"actor_id": "other"})).await;
    let room = api.owner().room("room").await;
    let head = api.head().await;
    let token = text(&engine, "engine_token");
    let near = format!("{}0", &OWNER_TOKEN[..OWNER_TOKEN.len() - 1]);
    for (name, value, code) in [
        ("authorization", "Bearer wrong".to_owned(), "invalid_token"),
        ("authorization", format!("Bearer {near}"), "invalid_token"),
        (
            "authorization",
            format!("Bearer {OWNER_TOKEN}x"),
            "invalid_token",
        ),
        (
            "authorization",
            format!("Bearer {}", OWNER_TOKEN.to_uppercase()),
            "invalid_token",
        ),
        ("authorization", OWNER_TOKEN.to_owned(), "invalid_token"),
        ("authorization", "Bearer".to_owned(), "invalid_token"),
        ("authorization", "Bearer ".to_owned(), "invalid_token"),
        (
            "authorization",
            format!("Basic {OWNER_TOKEN}"),
            "invalid_token",
        ),
        ("x-engine-token", "wrong".to_owned(), "engine_token_invalid"),
        (
            "x-engine-token",
            OWNER_TOKEN.to_owned(),
            "engine_token_invalid",
        ),
        (
            "x-engine-token",
            text(&engine, "token_id"),
            "engine_token_invalid",
        ),
    ] {
        let caller = api.local().header(name, &value);
        for path in [
            "/v1/whoami",
            "/v1/rooms",
            "/v1/events",
            "/v1/streams/workspace",
        ] {
            caller.get(path).await.refused(401, code);
        }
        caller
            .post("/v1/rooms", json!({"title": "t"}))
            .await
            .refused(401, code);
        caller
            .post("/v1/runs", json!({"room_id": room}))
            .await
            .refused(401, code);
        caller.put("/v1/blobs", "content").await.refused(401, code);
    }
    let mixed = api
        .local()
        .header("x-engine-token", &token)
        .header("x-engine-id", &text(&other, "engine_id"));
    mixed
        .get("/v1/whoami")
        .await
        .refused(401, "engine_token_invalid");
    let body = json!({"engine_token": "wrong"});
    api.local()
        .post("/v1/runs/claim", body.clone())
        .await
        .refused(401, "engine_token_invalid");
    // A wrong token in the body is not healed by who else is asking.
    api.owner()
        .post("/v1/runs/claim", body)
        .await
        .refused(401, "engine_token_invalid");
    let odd = api.local().header("authorization", "Bearer \u{e9}");
    assert_eq!(
        odd.get("/v1/whoami").await.status,
        400,
        "a header that cannot be read"
    );
    assert_eq!(api.head().await, head);
}

#[tokio::test]
async fn engine_tokens_end_when_they_are_revoked_rotated_or_expire() {
    let api = Api::start();
    let owner = api.owner();
    let first = register(&api, json!({"actor_id": "builder"})).await;
    let as_engine = |engine: &Value| api.local().bearer(&text(engine, "engine_token"));
    whoami(&as_engine(&first)).await;
    let second = register(&api, json!({"actor_id": "builder"})).await;
    assert_eq!(
        first["engine_id"], second["engine_id"],
        "one actor is one engine"
    );
    // Both are remembered by now; revoking one must be felt by the very next request.
    whoami(&as_engine(&first)).await;
    whoami(&as_engine(&second)).await;
    let engine_id = text(&first, "engine_id");
    let revoke = format!(
        "/v1/engines/{engine_id}/tokens/{}/revoke",
        text(&first, "token_id")
    );
    api.local()
        .post(&revoke, json!({}))
        .await
        .refused(403, "owner_only");
    as_engine(&second)
        .post(&revoke, json!({}))
        .await
        .refused(403, "owner_only");
    owner
        .post(&revoke, json!({"reason": "lost"}))
        .await
        .expect(200);
    let again = owner.post(&revoke, json!({})).await.expect(200);
    assert_eq!(again, json!({"ok": true, "already_revoked": true}));
    as_engine(&first)
        .get("/v1/whoami")
        .await
        .refused(401, "engine_token_expired");
    whoami(&as_engine(&second)).await;
    let third = register(&api, json!({"actor_id": "builder", "rotate": true})).await;
    as_engine(&second)
        .get("/v1/whoami")
        .await
        .refused(401, "engine_token_expired");
    whoami(&as_engine(&third)).await;

    let until = jiff::Timestamp::from_millisecond(daemon::clock::now().millis() + 1_500).unwrap();
    let short = register(
        &api,
        json!({"actor_id": "short", "valid_until": until.to_string()}),
    )
    .await;
    whoami(&as_engine(&short)).await;
    crate::support::eventually("the token expires", || async {
        let reply = as_engine(&short).get("/v1/whoami").await;
        (reply.status == 401).then(|| reply.refused(401, "engine_token_expired"))
    })
    .await;

    let tokens = owner
        .get(&format!("/v1/engines/{engine_id}/tokens"))
        .await
        .expect(200);
    let rows = tokens["tokens"].as_array().unwrap();
    assert_eq!(rows.len(), 3);
    assert_eq!(
        rows.iter()
            .filter(|row| row["revoked_at"].is_null())
            .count(),
        1
    );
    assert!(rows.iter().all(|row| row["last_used_at"].is_string()));
    for engine in [&first, &second, &third] {
        assert!(!tokens.to_string().contains(&text(engine, "engine_token")));
    }
    let path = format!("/v1/engines/{engine_id}/tokens");
    api.local().get(&path).await.refused(403, "owner_only");
    as_engine(&third)
        .get(&path)
        .await
        .refused(403, "owner_only");
}

/// What only the owner may do, asked by everybody else.
#[tokio::test]
async fn the_owner_alone_grants_and_acts_on_the_runtime() {
    let api = Api::start();
    let engine = api.engine("builder").await;
    let head = api.head().await;
    for caller in [api.local(), engine] {
        for path in [
            "/v1/engines/register",
            "/v1/engines/eng_1/tokens/issue",
            "/v1/engines/eng_1/deactivate",
            "/v1/agents/agt_1/quarantine",
            "/v1/agents/agt_1/unquarantine",
            "/v1/capabilities/grant",
        ] {
            caller
                .post(path, json!({"actor_id": "mine"}))
                .await
                .refused(403, "owner_only");
        }
        caller
            .post("/v1/session/codes", json!({}))
            .await
            .refused(403, "owner_only");
        caller
            .post("/v1/runtime/actions", json!({"kind": "retry"}))
            .await
            .refused(403, "owner_only");
        caller
            .get("/v1/diagnostics")
            .await
            .refused(403, "owner_only");
    }
    api.owner()
        .post("/v1/runs/claim", json!({}))
        .await
        .refused(401, "missing_engine_token");
    api.local()
        .post("/v1/runs/claim", json!({}))
        .await
        .refused(401, "missing_engine_token");
    assert_eq!(api.head().await, head);
    // Passed on to whoever supervises, word for word.
    let action = json!({"kind": "restart", "component": "worker"});
    let reply = api
        .owner()
        .post("/v1/runtime/actions", action.clone())
        .await;
    assert_eq!(reply.status, 202, "{}", reply.text);
    assert_eq!(api.line(), json!({"action": action}));
}

#[tokio::test]
async fn everybody_needs_a_token_when_other_machines_can_reach_it() {
    let failed = Api::try_start(crate::support::Settings {
        listen: Some("0.0.0.0:0".into()),
        ..Default::default()
    });
    let failed = failed
        .err()
        .expect("a public address must be allowed explicitly");
    assert_eq!(
        (failed.line["code"].as_str(), failed.exit_code),
        (Some("config_invalid"), Some(3))
    );

    let api = Api::start_with(crate::support::Settings {
        listen: Some("0.0.0.0:0".into()),
        args: vec!["--public".into()],
        ..Default::default()
    });
    let port = api.address().rsplit(':').next().unwrap();
    let local = Http::new(&format!("http://127.0.0.1:{port}"));
    for path in [
        "/v1/rooms",
        "/v1/whoami",
        "/v1/events",
        "/v1/streams/workspace",
        "/v1/runtime",
    ] {
        local.get(path).await.refused(401, "missing_token");
    }
    let reply: Reply = local.post("/v1/rooms", json!({"title": "t"})).await;
    reply.refused(401, "missing_token");
    assert_eq!(whoami(&local.bearer(OWNER_TOKEN)).await["is_owner"], true);
}

/// A token that is first used while it is being revoked: once the owner has been told that it is
/// gone, it is gone.
#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_not_remembered_past_its_revocation() {
    let api = Api::start();
    let owner = api.owner();
    for round in 0..40 {
        let engine = register(&api, json!({"actor_id": "builder"})).await;
        let holder = api.local().bearer(&text(&engine, "engine_token"));
        let mut work = tokio::task::JoinSet::new();
        for _ in 0..8 {
            let holder = holder.clone();
            work.spawn(async move {
                holder.get("/v1/whoami").await;
            });
        }
        let path = format!(
            "/v1/engines/{}/tokens/{}/revoke",
            text(&engine, "engine_id"),
            text(&engine, "token_id")
        );
        owner.post(&path, json!({})).await.expect(200);
        work.join_all().await;
        let reply = holder.get("/v1/whoami").await;
        assert_eq!(reply.status, 401, "round {round}: {}", reply.text);
    }
}
