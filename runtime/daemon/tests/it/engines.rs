//! Engines and their tokens: what is answered, what is refused, and from when on.

use crate::identity::{text, whoami};
use crate::support::{Api, Http};
use serde_json::{Value, json};
use tokio::task::JoinSet;

async fn register(api: &Api, body: Value) -> Value {
    let reply = api.owner().post("/v1/engines/register", body).await;
    reply.expect(201)
}

fn holder(api: &Api, token: &Value) -> Http {
    api.local().bearer(&text(token, "engine_token"))
}

async fn claim(http: &Http, body: Value) -> crate::support::Reply {
    http.post("/v1/runs/claim", body).await
}

#[tokio::test]
async fn a_registration_tells_the_engine_and_its_token() {
    let api = Api::start();
    let body = json!({"actor_id": " builder ", "engine_name": "Builder", "metadata": {"os": "linux"}, "token_label": "ci",
        "valid_until": "2100-01-01T00:00:00Z", "scopes": {"rooms": ["*"], "action_types": ["run.claim", "run.claim"]}});
    let made = register(&api, body).await;
    let (engine, token) = (&made["engine"], &made["token"]);
    let me = whoami(&holder(&api, &made)).await;
    for (found, expected) in [
        (&engine["workspace_id"], json!("ws_dev")),
        (&engine["engine_name"], json!("Builder")),
        (&engine["actor_id"], json!("builder")),
        (&engine["principal_id"], me["principal_id"].clone()),
        (&engine["metadata"], json!({"os": "linux"})),
        (&engine["status"], json!("active")),
        (&engine["deactivated_at"], json!(null)),
        (&engine["live_tokens"], json!(1)),
        (&token["engine_id"], engine["engine_id"].clone()),
        (&token["token_label"], json!("ci")),
        (&token["valid_until"], json!("2100-01-01T00:00:00.000Z")),
        (&token["rooms"], json!(null)),
        (
            &token["scopes"],
            json!({"rooms": ["*"], "action_types": ["run.claim"]}),
        ),
        // As it was before there was more to tell.
        (&made["engine_id"], engine["engine_id"].clone()),
        (&made["actor_id"], json!("builder")),
        (&made["token_id"], token["token_id"].clone()),
        (&made["engine_token"], token["engine_token"].clone()),
    ] {
        assert_eq!(found, &expected, "{made}");
    }
    let capability = text(token, "capability_token_id");
    let path = format!(
        "/v1/capabilities?principal_id={}",
        text(&me, "principal_id")
    );
    let held = api.owner().get(&path).await.expect(200);
    assert_eq!(held["tokens"][0]["token_id"], capability.as_str());
    let owner = whoami(&api.owner()).await;
    assert_eq!(
        held["tokens"][0]["granted_by_principal_id"],
        owner["principal_id"]
    );

    // Again: the same engine, one more token, and what is not told stays.
    let again = register(&api, json!({"actor_id": "builder", "rooms": ["room_1"]})).await;
    assert_eq!(again["engine"]["engine_id"], engine["engine_id"]);
    assert_eq!(
        json!([
            again["engine"]["engine_name"],
            again["engine"]["metadata"],
            again["engine"]["live_tokens"]
        ]),
        json!(["Builder", {"os": "linux"}, 2])
    );
    assert_eq!(again["token"]["rooms"], json!(["room_1"]));
    let listed = api.owner().get("/v1/engines").await.expect(200);
    assert_eq!(listed["engines"].as_array().unwrap().len(), 1);
    let path = format!("/v1/engines/{}/tokens", text(engine, "engine_id"));
    let tokens = api.owner().get(&path).await.expect(200);
    assert_eq!(tokens["tokens"].as_array().unwrap().len(), 2);
    assert!(!tokens.to_string().contains(&text(&made, "engine_token")));
}

#[tokio::test]
async fn tokens_are_issued_and_revoked() {
    let api = Api::start();
    let owner = api.owner();
    let made = register(&api, json!({"actor_id": "builder"})).await;
    let path = format!("/v1/engines/{}/tokens", text(&made, "engine_id"));
    let issued = owner
        .post(&format!("{path}/issue"), json!({"token_label": "second"}))
        .await
        .expect(201);
    let issued = &issued["token"];
    assert_eq!(whoami(&holder(&api, issued)).await["actor_id"], "builder");
    let revoke = format!("{path}/{}/revoke", text(issued, "token_id"));
    for already_revoked in [false, true] {
        let reply = owner.post(&revoke, json!({})).await.expect(200);
        assert_eq!(
            reply,
            json!({"ok": true, "already_revoked": already_revoked})
        );
    }
    holder(&api, issued)
        .get("/v1/whoami")
        .await
        .refused(401, "engine_token_expired");
    whoami(&holder(&api, &made)).await;
    for (path, body, status, code) in [
        (
            "/v1/engines/eng_none/tokens/issue".to_owned(),
            json!({}),
            404,
            "engine_not_found",
        ),
        (
            "/v1/engines/eng_none/tokens/x/revoke".to_owned(),
            json!({}),
            404,
            "engine_not_found",
        ),
        (
            "/v1/engines/eng_none/deactivate".to_owned(),
            json!({}),
            404,
            "engine_not_found",
        ),
        (
            format!("{path}/none/revoke"),
            json!({}),
            404,
            "engine_token_not_found",
        ),
        (
            format!("{path}/issue"),
            json!({"valid_until": "x"}),
            400,
            "invalid_valid_until",
        ),
        (
            format!("{path}/issue"),
            json!({"scopes": {"rooms": 1}}),
            400,
            "invalid_body",
        ),
    ] {
        owner.post(&path, body).await.refused(status, code);
    }
    owner
        .get("/v1/engines/eng_none/tokens")
        .await
        .refused(404, "engine_not_found");
    let foreign = owner.clone().workspace("ws_b");
    foreign.get(&path).await.refused(404, "engine_not_found");
    foreign
        .post(&format!("{path}/issue"), json!({}))
        .await
        .refused(404, "engine_not_found");
    foreign
        .post(&revoke, json!({}))
        .await
        .refused(404, "engine_not_found");
}

#[tokio::test]
async fn a_deactivated_engine_is_nobody_until_it_is_registered_again() {
    let api = Api::start();
    let owner = api.owner();
    let room = owner.room("room").await;
    let run = owner.run(&room).await;
    let made = register(&api, json!({"actor_id": "builder"})).await;
    let engine = holder(&api, &made);
    let claimed = claim(&engine, json!({})).await.expect(200);
    let path = format!("/v1/engines/{}", text(&made, "engine_id"));
    for already_inactive in [false, true] {
        let body = json!({"reason": "moved"});
        let reply = owner
            .post(&format!("{path}/deactivate"), body)
            .await
            .expect(200);
        assert_eq!(
            json!([
                reply["already_inactive"],
                reply["engine"]["status"],
                reply["engine"]["deactivated_reason"],
                reply["engine"]["live_tokens"]
            ]),
            json!([already_inactive, "inactive", "moved", 0])
        );
    }
    engine
        .get("/v1/whoami")
        .await
        .refused(403, "engine_inactive");
    claim(&engine, json!({}))
        .await
        .refused(403, "engine_inactive");
    owner
        .post(&format!("{path}/tokens/issue"), json!({}))
        .await
        .refused(409, "engine_inactive");
    // What it holds is not taken away before its lease ends.
    let held = owner.get(&format!("/v1/runs/{run}")).await.expect(200);
    assert_eq!(held["run"]["status"], "running");
    assert_eq!(
        held["run"]["lease_expires_at"],
        claimed["run"]["lease_expires_at"]
    );
    let back = register(&api, json!({"actor_id": "builder"})).await;
    assert_eq!(back["engine"]["engine_id"], made["engine_id"]);
    assert_eq!(back["engine"]["status"], "active");
    engine
        .get("/v1/whoami")
        .await
        .refused(401, "engine_token_expired");
    whoami(&holder(&api, &back)).await;
    let told = owner
        .get("/v1/events?event_types=engine.deactivated")
        .await
        .expect(200);
    assert_eq!(told["events"].as_array().unwrap().len(), 1);
    assert_eq!(
        told["events"][0]["data"]["token_ids"],
        json!([made["token_id"]])
    );
}

/// Every way in which a token may not count, with its code, by both ways of showing it.
#[tokio::test]
async fn what_a_token_is_refused_with() {
    let api = Api::start();
    let owner = api.owner();
    let (room, other) = (owner.room("room").await, owner.room("other").await);
    owner.run(&room).await;
    let capability = |made: &Value| text(&made["token"], "capability_token_id");
    let revoked = register(&api, json!({"actor_id": "a"})).await;
    let body = json!({"token_id": capability(&revoked)});
    let reply = owner.post("/v1/capabilities/revoke", body).await;
    assert_eq!(reply.expect(200), json!({"ok": true}));
    let idle = register(
        &api,
        json!({"actor_id": "b", "scopes": {"rooms": ["*"], "action_types": ["run.lease.release"]}}),
    )
    .await;
    let roomless = register(
        &api,
        json!({"actor_id": "c", "scopes": {"action_types": ["run.claim"]}}),
    )
    .await;
    let narrow = register(&api, json!({"actor_id": "d", "rooms": [other]})).await;
    for (made, status, code) in [
        (
            &json!({"engine_token": "wrong"}),
            401,
            "engine_token_invalid",
        ),
        (
            &json!({"engine_token": narrow["engine_token"], "engine_id": idle["engine_id"]}),
            401,
            "engine_token_invalid",
        ),
        (&revoked, 403, "capability_token_revoked"),
        (&idle, 403, "engine_action_not_allowed"),
        (&roomless, 403, "engine_room_scope_required"),
        (&narrow, 403, "engine_room_not_allowed"),
    ] {
        let token = text(made, "engine_token");
        let mut headers = api.local().header("x-engine-token", &token);
        let mut body = json!({"room_id": room, "engine_token": token});
        if let Some(engine_id) = made["engine_id"].as_str() {
            headers = headers.header("x-engine-id", engine_id);
            body["engine_id"] = json!(engine_id);
        }
        let reply = claim(&headers, json!({"room_id": room})).await;
        reply.refused(status, code);
        claim(&api.local(), body).await.refused(status, code);
    }
    claim(&api.local(), json!({}))
        .await
        .refused(401, "missing_engine_token");
    // Of the rooms that it may, there is none with work.
    let nothing = claim(&holder(&api, &narrow), json!({})).await.expect(200);
    assert_eq!(nothing["claimed"], false);
}

#[tokio::test]
async fn keeping_and_giving_back_need_their_actions_and_rooms() {
    let api = Api::start();
    let owner = api.owner();
    let room = owner.room("room").await;
    let run = owner.run(&room).await;
    let only_claims =
        json!({"actor_id": "a", "scopes": {"rooms": ["*"], "action_types": ["run.claim"]}});
    let made = register(&api, only_claims).await;
    let engine = holder(&api, &made);
    let claimed = claim(&engine, json!({})).await.expect(200);
    let token = json!({"claim_token": claimed["run"]["claim_token"]});
    let elsewhere = register(&api, json!({"actor_id": "b", "rooms": ["room_other"]})).await;
    for lease in ["heartbeat", "release"] {
        let path = format!("/v1/runs/{run}/lease/{lease}");
        engine
            .post(&path, token.clone())
            .await
            .refused(403, "engine_action_not_allowed");
        holder(&api, &elsewhere)
            .post(&path, token.clone())
            .await
            .refused(403, "engine_room_not_allowed");
        // Leaving the token out is no way around it.
        api.local()
            .post(&path, token.clone())
            .await
            .refused(401, "missing_engine_token");
    }
}

/// Clients claim with a token while the owner revokes it: once the owner has been told that it is gone,
/// nothing more was claimed by it.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_is_claimed_by_a_token_that_is_revoked() {
    let api = Api::start();
    let owner = api.owner();
    let room = owner.room("room").await;
    for round in 0..6 {
        for _ in 0..40 {
            owner.run(&room).await;
        }
        let made = register(&api, json!({"actor_id": "builder"})).await;
        let engine = holder(&api, &made);
        let mut work = JoinSet::new();
        for _ in 0..16 {
            let engine = engine.clone();
            work.spawn(async move {
                let mut claims = 0;
                loop {
                    let reply = claim(&engine, json!({})).await;
                    if reply.status == 401 {
                        reply.refused(401, "engine_token_expired");
                        return claims;
                    }
                    if reply.expect(200)["claimed"] == true {
                        claims += 1;
                    }
                }
            });
        }
        let path = format!(
            "/v1/engines/{}/tokens/{}/revoke",
            text(&made, "engine_id"),
            text(&made, "token_id")
        );
        owner.post(&path, json!({})).await.expect(200);
        let at_the_end = api.head().await;
        let claims: usize = work.join_all().await.into_iter().sum();
        let later = owner
            .get(&format!(
                "/v1/events?event_types=run.claimed&after_position={at_the_end}"
            ))
            .await
            .expect(200);
        assert_eq!(
            later["events"],
            json!([]),
            "round {round}, after {claims} claims"
        );
    }
}
