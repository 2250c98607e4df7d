//! The life of a session: renewed, ended, and no longer than the token of the owner.

use super::{PASSPHRASE, access, bootstrap, forget, logout, renewal};
use crate::identity::{text, whoami};
use crate::sessions::Browser;
use crate::support::{Api, Live, OWNER_TOKEN, Settings, within};
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn a_refresh_token_is_good_once() {
    let api = Api::start();
    let local = api.local();
    let first = bootstrap(&api).await;
    let session = |signed_in: &Value| api.local().bearer(&access(signed_in));
    for missing in [json!({}), json!({"refresh_token": " "})] {
        local
            .post("/v1/auth/refresh", missing)
            .await
            .bad("missing_refresh_token", "refresh_token");
    }
    let id = async |signed_in: &Value| {
        let current = session(signed_in).get("/v1/auth/session").await.expect(200);
        text(&current["session"], "session_id")
    };
    let before = id(&first).await;
    let second = local
        .post("/v1/auth/refresh", renewal(&first))
        .await
        .expect(200);
    assert_eq!(second["owner"], first["owner"]);
    assert_eq!(
        id(&second).await,
        before,
        "the same session, with other tokens"
    );
    // Both old tokens are gone at once.
    session(&first)
        .get("/v1/whoami")
        .await
        .refused(401, "invalid_session");
    for wrong in [
        renewal(&first),
        json!({"refresh_token": "rtk_wrong"}),
        json!({"refresh_token": access(&second)}),
        json!({"refresh_token": OWNER_TOKEN}),
    ] {
        local
            .post("/v1/auth/refresh", wrong)
            .await
            .refused(401, "invalid_refresh_token");
    }
    whoami(&session(&second)).await;

    // Many at once: one gets the new tokens.
    let mut work = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let (local, body) = (api.local(), renewal(&second));
        work.spawn(async move { local.post("/v1/auth/refresh", body).await.status });
    }
    let mut statuses = work.join_all().await;
    statuses.sort_unstable();
    assert_eq!(statuses[0], 200, "{statuses:?}");
    assert!(
        statuses[1..].iter().all(|status| *status == 401),
        "{statuses:?}"
    );
}

#[tokio::test]
async fn a_session_ends_when_it_is_told_to() {
    let api = Api::start();
    let local = api.local();
    let made = bootstrap(&api).await;
    let session = local.clone().bearer(&access(&made));
    let right = json!({"passphrase": PASSPHRASE});
    let other = local
        .post("/v1/auth/login", right.clone())
        .await
        .expect(200);
    assert_eq!(logout(&session).await, json!({"ok": true, "revoked": true}));
    assert_eq!(
        logout(&session).await,
        json!({"ok": true, "revoked": false})
    );
    assert_eq!(logout(&local).await, json!({"ok": true, "revoked": false}));
    assert_eq!(
        logout(&local.clone().bearer(OWNER_TOKEN)).await,
        json!({"ok": true, "revoked": false})
    );
    session
        .get("/v1/rooms")
        .await
        .refused(401, "invalid_session");
    local
        .post("/v1/auth/refresh", renewal(&made))
        .await
        .refused(401, "invalid_refresh_token");
    let session = local.clone().bearer(&access(&other));
    assert_eq!(logout(&session).await["revoked"], true);

    // Forgetting the passphrase ends every session of the workspace.
    let third = local
        .post("/v1/auth/login", right.clone())
        .await
        .expect(200);
    forget(&local).await.refused(403, "owner_only");
    forget(&api.owner().workspace("ws_b"))
        .await
        .refused(404, "owner_not_found");
    forget(&local.clone().bearer(&access(&third)))
        .await
        .expect(200);
    let session = local.clone().bearer(&access(&third));
    session
        .get("/v1/rooms")
        .await
        .refused(401, "invalid_session");
    local
        .post("/v1/auth/refresh", renewal(&third))
        .await
        .refused(401, "invalid_refresh_token");
    local
        .post("/v1/auth/login", right)
        .await
        .refused(404, "owner_not_found");
    bootstrap(&api).await;
    forget(&api.owner()).await.expect(200);
    forget(&api.owner()).await.refused(404, "owner_not_found");
}

/// What only the owner may do, a session may; what an engine is, it stays beside one.
#[tokio::test]
async fn a_session_is_the_owner_and_an_engine_beside_it_is_an_engine() {
    let api = Api::start();
    let made = bootstrap(&api).await;
    let session = api.local().bearer(&access(&made));
    let engine = session
        .post("/v1/engines/register", json!({"actor_id": "builder"}))
        .await
        .expect(201);
    let both = session
        .clone()
        .header("x-engine-token", &text(&engine, "engine_token"));
    assert_eq!(whoami(&both).await["actor_id"], "builder");
    both.post("/v1/runs/claim", json!({})).await.expect(200);
    // Also when the session is over by then, as the contract has it.
    logout(&session).await;
    both.post("/v1/runs/claim", json!({})).await.expect(200);
    let wrong = session.header("x-engine-token", "engtok_wrong");
    wrong
        .get("/v1/rooms")
        .await
        .refused(401, "engine_token_invalid");
}

/// It would trade an hour in one workspace for a month in all of them.
#[tokio::test]
async fn a_session_of_a_passphrase_opens_no_browser() {
    let api = Api::start();
    let made = bootstrap(&api).await;
    let session = api.local().bearer(&access(&made));
    session
        .post("/v1/session/codes", json!({}))
        .await
        .refused(403, "owner_only");
    let page = Browser::of_owner(&api).await.http(&api);
    page.post("/v1/session/codes", json!({})).await.expect(201);
}

/// Sessions survive a restart; the owner's token is the root of all of them.
#[tokio::test]
async fn another_owner_token_ends_every_session() {
    let api = Api::start();
    let made = bootstrap(&api).await;
    let browser = Browser::of_owner(&api).await;
    let listen = Some(api.address().to_owned());
    let stopped = api.stop().await;
    let start = |token: &str| {
        Api::start_with(Settings {
            data_dir: Some(stopped.data_dir.clone()),
            listen: listen.clone(),
            env: vec![("SIGNALBOX_OWNER_TOKEN".into(), token.into())],
            ..Default::default()
        })
    };
    let again = start(OWNER_TOKEN);
    whoami(&again.local().bearer(&access(&made))).await;
    assert_eq!(whoami(&browser.http(&again)).await["is_owner"], true);
    again.stop().await;

    let renewed = start("sbo_another_0123456789abcdef0123456789");
    let local = renewed.local();
    local
        .clone()
        .bearer(&access(&made))
        .get("/v1/whoami")
        .await
        .refused(401, "invalid_session");
    local
        .post("/v1/auth/refresh", renewal(&made))
        .await
        .refused(401, "invalid_refresh_token");
    assert_eq!(whoami(&browser.http(&renewed)).await["is_owner"], false);
    // The passphrase is the owner's own, not the token's: it opens a new session.
    let right = json!({"passphrase": PASSPHRASE});
    local.post("/v1/auth/login", right).await.expect(200);
}

/// Every server of this machine is shown the cookie that a stream is opened with: it reads a stream, and
/// is not looked at otherwise.
#[tokio::test]
async fn the_cookie_of_a_stream_reads_a_stream_and_nothing_else() {
    let api = Api::start();
    let made = bootstrap(&api).await;
    let cookie = format!("agentapp_access_token={}", access(&made));
    let by_cookie = api.local().header("cookie", &cookie);
    let room = api.local().room("room").await;
    for path in [
        "/v1/streams/workspace".to_owned(),
        format!("/v1/streams/rooms/{room}"),
    ] {
        let request = by_cookie.request(Method::GET, &path);
        let mut response = within("the stream opens", request.send()).await.unwrap();
        let mut text = String::new();
        while !text.contains("data:") {
            let chunk = within("a frame", response.chunk()).await.unwrap();
            text.push_str(std::str::from_utf8(&chunk.expect("it goes on")).unwrap());
        }
        // Anybody on this machine may read it; that frames have no type says that the session counts.
        assert!(!text.contains("event:"), "{text}");
    }
    assert_eq!(whoami(&by_cookie).await["is_owner"], false);
    for (path, body) in [
        ("/v1/session/codes", json!({})),
        ("/v1/policy/kill-switch", json!({"enabled": true})),
        ("/v1/engines/register", json!({"actor_id": "mine"})),
    ] {
        let reply = by_cookie.post(path, body).await;
        reply.refused(403, "owner_only");
    }
    forget(&by_cookie).await.refused(403, "owner_only");
    let body = json!({"workspace_id": "ws_dev", "passphrase": PASSPHRASE});
    let reply = by_cookie.post("/v1/auth/bootstrap-owner", body).await;
    reply.refused(409, "owner_already_exists");
    by_cookie
        .get("/v1/auth/session")
        .await
        .refused(401, "missing_bearer_token");
    assert_eq!(logout(&by_cookie).await["revoked"], false);
    whoami(&api.local().bearer(&access(&made))).await;
}

/// A live stream is no longer good than the session that opened it.
#[tokio::test]
async fn a_stream_ends_with_its_session() {
    let api = Api::start();
    let made = bootstrap(&api).await;
    let session = api.local().bearer(&access(&made));
    let mut live = Live::open(&session, "/v1/streams/workspace", None).await;
    logout(&session).await;
    // It is looked at every 15 seconds; what it waits for here is the end itself.
    while live.next().await.is_some() {}
    assert!(!live.comments.is_empty());
}
