//! Browser sessions: a one-time code is changed for a cookie.

use crate::identity::{text, whoami};
use crate::support::{Api, Settings, grep};
use serde_json::json;
use std::path::PathBuf;

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
    let again = Api::start_with(Settings {
        data_dir: Some(stopped.data_dir.clone()),
        listen: Some(listen),
        ..Default::default()
    });
    let session = again.local().header("cookie", pair);
    assert_eq!(whoami(&session).await["is_owner"], true);
    assert_eq!(grep(&stopped.data_dir, &secret), Vec::<PathBuf>::new());
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
