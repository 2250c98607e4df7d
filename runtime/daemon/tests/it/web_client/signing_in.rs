//! Its way in, and its way out.

use super::{PAGE, has, page_allowed, signed_in};
use crate::support::{Api, OWNER_TOKEN};
use serde_json::json;

#[tokio::test]
async fn it_signs_in_and_stays_signed_in() {
    let api = Api::start_with(page_allowed());
    let page = api.local().header("origin", PAGE);
    let health = page.get("/health").await.expect(200);
    assert_eq!(health["ok"], true);
    assert!(health["ts"].as_str().unwrap().ends_with('Z'));
    // It tries to bootstrap with the token that its environment holds, and signs in when somebody has.
    let body = json!({"workspace_id": "ws_dev", "display_name": "Local Owner", "passphrase": "a generated passphrase"});
    page.post("/v1/auth/bootstrap-owner", body.clone())
        .await
        .refused(403, "bootstrap_forbidden");
    let trusted = page.clone().header("x-bootstrap-token", OWNER_TOKEN);
    let first = trusted
        .post("/v1/auth/bootstrap-owner", body.clone())
        .await
        .expect(201);
    has(
        &first["owner"],
        "owner_id workspace_id principal_id principal_type display_name",
    );
    has(
        &first["session"],
        "access_token access_expires_at refresh_token refresh_expires_at",
    );
    trusted
        .post("/v1/auth/bootstrap-owner", body.clone())
        .await
        .refused(409, "owner_already_exists");
    let again = page.post("/v1/auth/login", body).await.expect(200);
    // A 401 makes it renew its tokens once and send the request again.
    let stale = signed_in(&api, &first);
    let refresh = json!({"refresh_token": first["session"]["refresh_token"]});
    let renewed = page.post("/v1/auth/refresh", refresh).await.expect(200);
    stale.get("/v1/rooms").await.refused(401, "invalid_session");
    let fresh = signed_in(&api, &renewed);
    fresh.get("/v1/rooms").await.expect(200);
    let session = fresh.get("/v1/auth/session").await.expect(200);
    has(
        &session["session"],
        "session_id access_expires_at refresh_expires_at",
    );
    assert_eq!(session["owner"], again["owner"]);
    let reply = fresh
        .clone()
        .header("x-request-id", "web:0001")
        .get("/v1/rooms")
        .await;
    assert_eq!(reply.headers["x-request-id"], "web:0001");
    assert_eq!(reply.headers["x-workspace-id"], "ws_dev");
    assert_eq!(reply.headers["x-correlation-id"], "web:0001");
    let done = fresh.post("/v1/auth/logout", json!({})).await.expect(200);
    assert_eq!(done, json!({"ok": true, "revoked": true}));
    fresh.get("/v1/rooms").await.refused(401, "invalid_session");
}
