//! The first passphrase of a workspace, and signing in with it.

use super::{PASSPHRASE, access, bootstrap, seconds_until};
use crate::identity::{text, whoami};
use crate::sessions::Browser;
use crate::support::{Api, OWNER_TOKEN};
use serde_json::{Value, json};

#[tokio::test]
async fn the_first_passphrase_needs_the_owner() {
    let api = Api::start();
    let body = json!({"passphrase": PASSPHRASE});
    let engine = api.engine("builder").await;
    let path = "/v1/auth/bootstrap-owner";
    for (who, why) in [
        (api.local(), "being on this machine"),
        (engine, "an engine"),
        (
            api.local().header("x-bootstrap-token", "sbo_wrong"),
            "a wrong token",
        ),
        (api.local().header("x-bootstrap-token", ""), "no token"),
        (api.local().bearer("sbo_wrong"), "a wrong bearer"),
        (api.local().bearer("atk_wrong"), "a session that is none"),
        (
            api.local().header("authorization", "Basic x"),
            "another scheme",
        ),
        (
            api.local().header("cookie", "agentapp_access_token=atk_x"),
            "a cookie",
        ),
        (
            api.local().header("x-forwarded-for", "127.0.0.1"),
            "an address",
        ),
    ] {
        let reply = who.post(path, body.clone()).await;
        reply.refused(403, "bootstrap_forbidden");
        // Who is not trusted learns nothing of the body either.
        let reply = who.post(path, json!({})).await;
        assert_eq!(reply.status, 403, "{why}");
    }
    let owner = api.owner();
    for (passphrase, code) in [
        (Value::Null, "missing_passphrase"),
        (json!(""), "missing_passphrase"),
        (json!("        "), "missing_passphrase"),
        (json!("1234567"), "passphrase_too_short"),
        (json!("x".repeat(1_025)), "field_too_long"),
        (json!(7), "invalid_body"),
    ] {
        let reply = owner.post(path, json!({"passphrase": passphrase})).await;
        reply.bad(code, "passphrase");
    }
    let odd = json!({"workspace_id": "a b", "passphrase": PASSPHRASE});
    owner
        .post(path, odd)
        .await
        .bad("invalid_workspace_id", "workspace_id");

    let made = bootstrap(&api).await;
    let principal = text(&whoami(&owner).await, "principal_id");
    let shown = &made["owner"];
    assert!(text(shown, "owner_id").starts_with("own_"));
    assert_eq!(
        json!([
            shown["workspace_id"],
            shown["principal_id"],
            shown["principal_type"],
            shown["display_name"]
        ]),
        json!(["ws_dev", principal, "user", "Local Owner"])
    );
    let session = &made["session"];
    assert!(text(session, "access_token").starts_with("atk_"));
    assert!(text(session, "refresh_token").starts_with("rtk_"));
    assert!((3_500..=3_600).contains(&seconds_until(&session["access_expires_at"])));
    let days = seconds_until(&session["refresh_expires_at"]) / 3_600;
    assert!((719..=720).contains(&days), "{session}");

    // Once, whoever asks, and before anything else is looked at.
    for who in [api.owner(), api.local()] {
        for body in [body.clone(), json!({})] {
            who.post(path, body)
                .await
                .refused(409, "owner_already_exists");
        }
    }
    // Each way to show the owner's token, and a session of the owner, each in a workspace of its own.
    let browser = Browser::of_owner(&api).await;
    for (number, who) in [
        api.local().header("x-auth-bootstrap-token", OWNER_TOKEN),
        api.owner(),
        browser.http(&api),
    ]
    .into_iter()
    .enumerate()
    {
        let body = json!({"workspace_id": format!("ws_{number}"), "passphrase": PASSPHRASE, "display_name": " Ann "});
        let made = who.post(path, body).await.expect(201);
        assert_eq!(made["owner"]["display_name"], "Ann");
    }
    // A session reaches its own workspace only.
    let body = json!({"workspace_id": "ws_other", "passphrase": PASSPHRASE});
    let session = api.local().bearer(&access(&made));
    session
        .post(path, body)
        .await
        .refused(403, "bootstrap_forbidden");
}

/// Two at once: one passphrase counts.
#[tokio::test(flavor = "multi_thread")]
async fn one_passphrase_is_the_first() {
    let api = Api::start();
    let mut work = tokio::task::JoinSet::new();
    for number in 0..6 {
        let owner = api.owner();
        work.spawn(async move {
            let body = json!({"passphrase": format!("passphrase {number}")});
            (
                number,
                owner.post("/v1/auth/bootstrap-owner", body).await.status,
            )
        });
    }
    let answers = work.join_all().await;
    let made: Vec<_> = answers
        .iter()
        .filter(|(_, status)| *status == 201)
        .collect();
    assert_eq!(made.len(), 1, "{answers:?}");
    assert!(
        answers
            .iter()
            .all(|(_, status)| [201, 409].contains(status))
    );
    let body = json!({"passphrase": format!("passphrase {}", made[0].0)});
    api.local().post("/v1/auth/login", body).await.expect(200);
}

#[tokio::test]
async fn a_passphrase_opens_a_session() {
    let api = Api::start();
    let local = api.local();
    let right = json!({"passphrase": PASSPHRASE});
    local
        .post("/v1/auth/login", right.clone())
        .await
        .refused(404, "owner_not_found");
    let made = bootstrap(&api).await;
    let elsewhere = json!({"workspace_id": "ws_b", "passphrase": PASSPHRASE});
    local
        .post("/v1/auth/login", elsewhere)
        .await
        .refused(404, "owner_not_found");
    for wrong in [
        json!({}),
        json!({"passphrase": ""}),
        json!({"passphrase": format!("{PASSPHRASE} ")}),
    ] {
        local
            .post("/v1/auth/login", wrong)
            .await
            .refused(401, "invalid_credentials");
    }
    // Whatever else the request shows does not count.
    let stale = local.clone().bearer("atk_gone");
    let signed_in = stale.post("/v1/auth/login", right).await.expect(200);
    assert_eq!(signed_in["owner"], made["owner"]);
    assert_ne!(
        access(&signed_in),
        access(&made),
        "each sign-in is a session of its own"
    );

    let session = local.clone().bearer(&access(&signed_in));
    let me = whoami(&session).await;
    assert_eq!(
        json!([me["actor_id"], me["is_owner"], me["workspace_id"]]),
        json!(["owner", true, "ws_dev"])
    );
    let current = session.get("/v1/auth/session").await.expect(200);
    assert_eq!(current["owner"], made["owner"]);
    let shown = current["session"].as_object().unwrap();
    assert_eq!(
        shown["access_expires_at"],
        signed_in["session"]["access_expires_at"]
    );
    assert_eq!(
        shown["refresh_expires_at"],
        signed_in["session"]["refresh_expires_at"]
    );
    let id = shown["session_id"].as_str().unwrap();
    assert!(uuid::Uuid::try_parse(id).is_ok(), "{id}");
    assert_eq!(shown.len(), 3, "no secret: {current}");
    // The workspace of the session, whatever the header says.
    let reply = session.clone().workspace("ws_b").get("/v1/whoami").await;
    assert_eq!(reply.expect(200)["workspace_id"], "ws_dev");
    assert_eq!(reply.headers["x-workspace-id"], "ws_dev");
    local
        .get("/v1/auth/session")
        .await
        .refused(401, "missing_bearer_token");
    for who in [
        local.clone().bearer("atk_wrong"),
        local.clone().bearer(OWNER_TOKEN),
    ] {
        who.get("/v1/auth/session")
            .await
            .refused(401, "invalid_session");
    }
    // A session that is over is not silently nobody.
    for path in [
        "/v1/rooms",
        "/v1/whoami",
        "/v1/streams/workspace",
        "/v1/approvals",
    ] {
        let who = local.clone().bearer("atk_wrong");
        who.get(path).await.refused(401, "invalid_session");
    }
    // A refresh token is none to act with.
    let refresh = text(&signed_in["session"], "refresh_token");
    let reply = local.clone().bearer(&refresh).get("/v1/rooms").await;
    reply.refused(401, "invalid_token");
    for wrong in ["atk_wrong", &refresh] {
        let cookie = format!("a=b; agentapp_access_token={wrong}");
        let stream = local.clone().header("cookie", &cookie);
        stream
            .get("/v1/streams/workspace")
            .await
            .refused(401, "invalid_session");
    }
}
