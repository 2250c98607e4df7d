//! What is kept of a passphrase and of a session gives nothing away.

use super::{access, logout, renewal};
use crate::identity::text;
use crate::support::history::secret;
use crate::support::{Api, Live, Settings, grep};
use serde_json::{Value, json};
use std::path::PathBuf;

/// Neither the passphrase nor a token of a session is on the disk or in a log, at any level.
#[tokio::test]
async fn no_secret_of_a_session_is_on_the_disk() {
    let api = Api::start_with(Settings {
        args: vec!["--log-level".into(), "trace".into()],
        ..Default::default()
    });
    let local = api.local();
    let passphrase = "walnut-otter-42-canary";
    let mut secrets = vec![passphrase.to_owned()];
    let keep = |signed_in: &Value, secrets: &mut Vec<String>| {
        secrets.push(access(signed_in));
        secrets.push(text(&signed_in["session"], "refresh_token"));
    };
    let body = json!({"passphrase": passphrase});
    let made = api
        .owner()
        .post("/v1/auth/bootstrap-owner", body.clone())
        .await
        .expect(201);
    keep(&made, &mut secrets);
    let signed_in = local.post("/v1/auth/login", body).await.expect(200);
    keep(&signed_in, &mut secrets);
    let renewed = local
        .post("/v1/auth/refresh", renewal(&made))
        .await
        .expect(200);
    keep(&renewed, &mut secrets);
    let mut canary = |place: &str| {
        secrets.push(format!("walnut-otter-canary-{place}"));
        secrets[secrets.len() - 1].clone()
    };
    // What is wrong is seen by the api as well, and perhaps logged.
    let other = json!({"workspace_id": "ws_c", "passphrase": canary("refused"), "display_name": secret("sk-")});
    for (path, body, status) in [
        ("login", json!({"passphrase": canary("passphrase")}), 401),
        ("refresh", json!({"refresh_token": canary("refresh")}), 401),
        ("bootstrap-owner", other, 400),
    ] {
        let path = format!("/v1/auth/{path}");
        api.owner().post(&path, body).await.expect(status);
    }
    for header in ["x-bootstrap-token", "x-auth-bootstrap-token", "cookie"] {
        let value = format!("agentapp_access_token={}", canary(header));
        let body = json!({"workspace_id": "ws_c"});
        let who = local.clone().header(header, &value);
        who.post("/v1/auth/bootstrap-owner", body).await.expect(403);
    }
    secrets.push(secret("sk-"));
    let session = local.clone().bearer(&access(&signed_in));
    session.room("room").await;
    let cookie = format!("agentapp_access_token={}", access(&renewed));
    let by_cookie = local.header("cookie", &cookie);
    Live::open(&by_cookie, "/v1/streams/workspace", None).await;
    // Where people paste them by mistake, tokens are masked.
    for token in secrets.iter().filter(|secret| secret.contains("tk_")) {
        session.room(&format!("my token is {token} !")).await;
        session.get(&format!("/v1/search?q={token}")).await;
        session.get(&format!("/v1/rooms/{token}")).await;
    }
    logout(&session).await;
    let stderr = std::fs::read_to_string(&api.stderr).unwrap();
    let leaks = |data_dir: &std::path::Path| {
        for secret in &secrets {
            assert_eq!(grep(data_dir, secret), Vec::<PathBuf>::new(), "{secret:.8}");
            assert!(
                !stderr.contains(secret.as_str()),
                "{secret:.8} on standard error"
            );
        }
    };
    leaks(&api.data_dir);
    let stopped = api.stop().await;
    leaks(&stopped.data_dir);
}
