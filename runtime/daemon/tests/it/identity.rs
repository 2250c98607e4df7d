//! Who is asking: a wrong credential is never silently nobody, and each kind of caller may do
//! what is its own to do.

use crate::support::{Api, Http, OWNER_TOKEN, Reply};
use serde_json::{Value, json};

async fn whoami(http: &Http) -> Value {
    http.get("/v1/whoami").await.expect(200)
}

async fn register(api: &Api, body: Value) -> Value {
    api.owner()
        .post("/v1/engines/register", body)
        .await
        .expect(201)
}

fn text(value: &Value, member: &str) -> String {
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
        let found = json!([who["principal_id"], who["principal_type"], who["is_owner"]]);
        assert_eq!(found, expected);
        assert_eq!(who["workspace_id"], "ws_dev");
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
    owner
        .post(&revoke, json!({}))
        .await
        .refused(404, "engine_token_not_found");
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
        caller
            .post("/v1/engines/register", json!({"actor_id": "mine"}))
            .await
            .refused(403, "owner_only");
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
async fn workspaces_are_closed_to_each_other() {
    let api = Api::start();
    let owner = api.owner();
    let foreign = owner.clone().workspace("ws_b");
    let scene = crate::input::Scene::set(&foreign).await;
    foreign.message(&scene.thread, "walrus in private").await;
    let artifact = json!({"kind": "k", "content": {"type": "text", "text": "walrus"}});
    let artifact = foreign
        .post(&format!("/v1/steps/{}/artifacts", scene.step), artifact)
        .await
        .expect(201);
    let event =
        foreign.get("/v1/events?limit=1").await.expect(200)["events"][0]["event_id"].clone();
    let engine_b = foreign
        .post("/v1/engines/register", json!({"actor_id": "b"}))
        .await
        .expect(201);
    let head = foreign
        .get("/v1/events?order=desc&limit=1")
        .await
        .expect(200)["events"][0]["position"]
        .clone();

    // A caller that may not be there at all.
    let local = api.local().workspace("ws_b");
    let engine = api.engine("a").await.workspace("ws_b");
    for caller in [&local, &engine] {
        for path in [
            "/v1/rooms",
            "/v1/whoami",
            "/v1/events",
            "/v1/streams/workspace",
            "/v1/search?q=walrus",
        ] {
            caller.get(path).await.refused(403, "workspace_forbidden");
        }
        caller
            .post("/v1/rooms", json!({"title": "t"}))
            .await
            .refused(403, "workspace_forbidden");
    }
    let token = text(&engine_b, "engine_token");
    api.local()
        .bearer(&token)
        .get("/v1/rooms")
        .await
        .refused(403, "workspace_forbidden");
    whoami(&api.local().bearer(&token).workspace("ws_b")).await;

    // From the default workspace, what is in another does not exist: neither to read nor to write.
    let (run, step, call) = (&scene.run, &scene.step, &scene.call);
    for (path, code) in [
        (format!("/v1/rooms/{}", scene.room), "room_not_found"),
        (
            format!("/v1/rooms/{}/threads", scene.room),
            "room_not_found",
        ),
        (
            format!("/v1/threads/{}/messages", scene.thread),
            "thread_not_found",
        ),
        (
            format!("/v1/streams/rooms/{}", scene.room),
            "room_not_found",
        ),
        (
            format!("/v1/events?room_id={}", scene.room),
            "room_not_found",
        ),
        (
            format!("/v1/events/{}", event.as_str().unwrap()),
            "event_not_found",
        ),
        (format!("/v1/runs?room_id={}", scene.room), "room_not_found"),
        (format!("/v1/runs/{run}"), "run_not_found"),
        (format!("/v1/runs/{run}/attempts"), "run_not_found"),
        (format!("/v1/runs/{run}/steps"), "run_not_found"),
        (format!("/v1/toolcalls/{call}"), "tool_call_not_found"),
        (
            format!("/v1/artifacts/{}", text(&artifact, "artifact_id")),
            "artifact_not_found",
        ),
        (
            format!(
                "/v1/audit/hash-chain/verify?stream_type=room&stream_id={}",
                scene.room
            ),
            "room_not_found",
        ),
        (
            "/v1/audit/hash-chain/verify?stream_type=workspace&stream_id=ws_b".to_owned(),
            "stream_not_found",
        ),
    ] {
        for caller in [&owner, &api.local()] {
            caller.get(&path).await.refused(404, code);
        }
    }
    let some = json!({"title": "t", "kind": "k", "tool_name": "t", "content_md": "c", "stream": "stdout", "offset_bytes": 0, "text": "x", "claim_token": "t"});
    for (path, code) in [
        (
            format!("/v1/rooms/{}/threads", scene.room),
            "room_not_found",
        ),
        (
            format!("/v1/threads/{}/messages", scene.thread),
            "thread_not_found",
        ),
        (format!("/v1/runs/{run}/start"), "run_not_found"),
        (format!("/v1/runs/{run}/complete"), "run_not_found"),
        (format!("/v1/runs/{run}/fail"), "run_not_found"),
        (format!("/v1/runs/{run}/cancel"), "run_not_found"),
        (format!("/v1/runs/{run}/steps"), "run_not_found"),
        (format!("/v1/runs/{run}/lease/heartbeat"), "run_not_found"),
        (format!("/v1/runs/{run}/lease/release"), "run_not_found"),
        (format!("/v1/steps/{step}/toolcalls"), "step_not_found"),
        (format!("/v1/steps/{step}/artifacts"), "step_not_found"),
        (
            format!("/v1/toolcalls/{call}/succeed"),
            "tool_call_not_found",
        ),
        (format!("/v1/toolcalls/{call}/fail"), "tool_call_not_found"),
        (
            format!("/v1/toolcalls/{call}/output"),
            "tool_call_not_found",
        ),
        (
            format!(
                "/v1/engines/{}/tokens/{}/revoke",
                text(&engine_b, "engine_id"),
                text(&engine_b, "token_id")
            ),
            "engine_not_found",
        ),
    ] {
        owner.post(&path, some.clone()).await.refused(404, code);
    }
    owner
        .post("/v1/runs", json!({"room_id": scene.room}))
        .await
        .refused(404, "room_not_found");
    let claim = api
        .engine("c")
        .await
        .post("/v1/runs/claim", json!({"room_id": scene.room}))
        .await;
    claim.refused(404, "room_not_found");
    // Lists and searches are empty, and the other workspace has not moved.
    for (path, member) in [
        ("/v1/rooms", "rooms"),
        ("/v1/runs", "runs"),
        ("/v1/search?q=walrus", "docs"),
        ("/v1/artifacts", "artifacts"),
        ("/v1/toolcalls", "tool_calls"),
        (&format!("/v1/toolcalls?run_id={run}"), "tool_calls"),
        (&format!("/v1/artifacts?run_id={run}"), "artifacts"),
        (&format!("/v1/events?run_id={run}"), "events"),
        ("/v1/events?stream_type=workspace&stream_id=ws_b", "events"),
        (
            &format!("/v1/events?stream_type=room&stream_id={}", scene.room),
            "events",
        ),
        (
            &format!("/v1/engines/{}/tokens", text(&engine_b, "engine_id")),
            "tokens",
        ),
    ] {
        let reply = owner.get(path).await.expect(200);
        assert_eq!(reply[member], json!([]), "{path}");
    }
    let after = foreign
        .get("/v1/events?order=desc&limit=1")
        .await
        .expect(200)["events"][0]["position"]
        .clone();
    assert_eq!(after, head);
    for bad in ["a b", "a/b", &"x".repeat(129), "ws\u{e9}"] {
        assert_eq!(
            owner.clone().workspace(bad).get("/v1/rooms").await.status,
            400,
            "{bad:?}"
        );
    }
}

#[tokio::test]
async fn a_browser_session_is_made_once_from_a_code() {
    let api = Api::start();
    let owner = api.owner();
    let made = owner.post("/v1/session/codes", json!({})).await.expect(201);
    let code = text(&made, "code");
    assert_eq!(text(&made, "url"), format!("{}/app/#/link/{code}", api.url));
    for wrong in ["", "once_wrong", &code[..code.len() - 1]] {
        api.local()
            .post("/v1/session", json!({"code": wrong}))
            .await
            .refused(401, "code_invalid");
    }
    api.local()
        .post("/v1/session", json!({}))
        .await
        .bad("invalid_body", "body");
    let opened = api.local().post("/v1/session", json!({"code": code})).await;
    assert_eq!(opened.status, 204, "{}", opened.text);
    let cookie = opened.headers["set-cookie"].to_str().unwrap().to_owned();
    let (pair, flags) = cookie.split_once(';').unwrap();
    let port = api.address().rsplit(':').next().unwrap();
    assert!(
        pair.starts_with(&format!("signalbox_session_{port}=session_")),
        "{pair}"
    );
    let mut flags: Vec<&str> = flags.split(';').map(str::trim).collect();
    flags.sort_unstable();
    assert_eq!(
        flags,
        ["HttpOnly", "Max-Age=2592000", "Path=/", "SameSite=Strict"]
    );
    api.local()
        .post("/v1/session", json!({"code": code}))
        .await
        .refused(401, "code_invalid");

    let session = api.local().header("cookie", pair);
    assert_eq!(whoami(&session).await["is_owner"], true);
    let among = api.local().header("cookie", &format!("a=b; {pair}; c"));
    assert_eq!(whoami(&among).await["is_owner"], true);
    // A cookie that opens nothing leaves a caller without a token, who may do little.
    for wrong in [
        format!("{pair}x"),
        pair.replace("session_", "sessionx_"),
        pair.replace(port, "1"),
    ] {
        let caller = api.local().header("cookie", &wrong);
        assert_eq!(whoami(&caller).await["is_owner"], false, "{wrong}");
    }
    // The session survives a restart of the api on the same port, and is no secret on disk.
    let (secret, listen) = (
        pair.split_once('=').unwrap().1.to_owned(),
        api.address().to_owned(),
    );
    let stopped = api.kill();
    let again = Api::start_with(crate::support::Settings {
        data_dir: Some(stopped.data_dir.clone()),
        listen: Some(listen),
        ..Default::default()
    });
    let session = again.local().header("cookie", pair);
    assert_eq!(whoami(&session).await["is_owner"], true);
    assert_eq!(
        crate::support::grep(&stopped.data_dir, &secret),
        Vec::<std::path::PathBuf>::new()
    );
}

/// Two browsers with one code: one gets in.
#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_good_for_one() {
    let api = Api::start();
    let made = api
        .owner()
        .post("/v1/session/codes", json!({}))
        .await
        .expect(201);
    let code = text(&made, "code");
    let mut work = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let (http, code) = (api.local(), code.clone());
        work.spawn(async move { http.post("/v1/session", json!({"code": code})).await.status });
    }
    let mut statuses = work.join_all().await;
    statuses.sort_unstable();
    assert_eq!(statuses[0], 204);
    assert!(
        statuses[1..].iter().all(|status| *status == 401),
        "{statuses:?}"
    );
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
