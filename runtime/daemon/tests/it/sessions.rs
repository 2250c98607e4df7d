//! Browser sessions: a one-time code is changed for a cookie and its proof, and neither is enough alone.

use crate::auth;
use crate::identity::{text, whoami};
use crate::support::{Api, Http, OWNER_TOKEN, Settings, grep};
use daemon::api::Identity;
use serde_json::json;
use std::path::PathBuf;

/// The two secrets of a browser's session.
pub struct Browser {
    /// `NAME=SECRET`.
    pub cookie: String,
    pub proof: String,
}

impl Browser {
    /// Signs in with a new code.
    pub async fn of_owner(api: &Api) -> Self {
        let made = api.owner().post("/v1/session/codes", json!({})).await;
        Self::with_code(&api.local(), &text(&made.expect(201), "code")).await
    }

    async fn with_code(local: &Http, code: &str) -> Self {
        let opened = local.post("/v1/session", json!({"code": code})).await;
        let proof = text(&opened.expect(201), "proof");
        assert_eq!(opened.headers["cache-control"], "no-store");
        let cookie = opened.headers["set-cookie"].to_str().unwrap();
        assert!(!cookie.contains(&proof), "{cookie}");
        let (pair, flags) = cookie.split_once(';').unwrap();
        let mut flags: Vec<&str> = flags.split(';').map(str::trim).collect();
        flags.sort_unstable();
        assert_eq!(
            flags,
            ["HttpOnly", "Max-Age=2592000", "Path=/", "SameSite=Strict"]
        );
        Self {
            cookie: pair.to_owned(),
            proof,
        }
    }

    /// The requests of its page.
    pub fn http(&self, api: &Api) -> Http {
        let http = api.local().header("cookie", &self.cookie);
        http.header("x-session-proof", &self.proof)
    }

    fn secret(&self) -> &str {
        self.cookie.split_once('=').unwrap().1
    }
}

async fn is_owner(http: &Http) -> bool {
    whoami(http).await["is_owner"] == true
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
    let browser = Browser::with_code(&api.local(), &code).await;
    let port = api.address().rsplit(':').next().unwrap().to_owned();
    let name = format!("signalbox_session_{port}=session_");
    assert!(browser.cookie.starts_with(&name), "{}", browser.cookie);
    assert!(browser.proof.starts_with("proof_"), "{}", browser.proof);
    api.local()
        .post("/v1/session", json!({"code": code}))
        .await
        .refused(401, "code_invalid");

    assert!(is_owner(&browser.http(&api)).await);
    let among = api
        .local()
        .header("cookie", &format!("a=b; {}; c", browser.cookie))
        .header("x-session-proof", &browser.proof);
    assert!(is_owner(&among).await);
    // A cookie that opens nothing leaves a caller without a token, who may do little.
    for wrong in [
        format!("{}x", browser.cookie),
        browser.cookie.replace("session_", "sessionx_"),
        browser.cookie.replace(&port, "1"),
    ] {
        let caller = api.local().header("cookie", &wrong);
        let caller = caller.header("x-session-proof", &browser.proof);
        assert!(!is_owner(&caller).await, "{wrong}");
    }
    // The session survives a restart of the api on the same port, and is no secret on disk.
    let listen = api.address().to_owned();
    let stopped = api.kill();
    let again = Api::start_with(Settings {
        data_dir: Some(stopped.data_dir.clone()),
        listen: Some(listen),
        ..Default::default()
    });
    assert!(is_owner(&browser.http(&again)).await);
    let cookie_alone = again.local().header("cookie", &browser.cookie);
    assert!(!is_owner(&cookie_alone).await);
    for secret in [browser.secret(), &browser.proof] {
        assert_eq!(grep(&stopped.data_dir, secret), Vec::<PathBuf>::new());
    }
}

/// What another server on this machine is shown, when the owner's browser opens a page of it.
#[tokio::test]
async fn a_cookie_is_nobody_without_its_own_proof() {
    let api = Api::start();
    let browser = Browser::of_owner(&api).await;
    let other = Browser::of_owner(&api).await;
    let stolen = api.local().header("cookie", &browser.cookie);
    let with = |proof: &str| stolen.clone().header("x-session-proof", proof);
    let moved = &browser.proof[1..];
    for (caller, why) in [
        (stolen.clone(), "no proof"),
        (with(""), "an empty one"),
        (with("proof_wrong"), "a guess"),
        (with(&other.proof), "that of another session"),
        (with(browser.secret()), "the cookie once more"),
        (with(moved), "a part"),
        (
            api.local().header("x-session-proof", &browser.proof),
            "a proof alone",
        ),
        (
            api.local().header(
                "cookie",
                &format!("{}; x-session-proof={}", browser.cookie, browser.proof),
            ),
            "a proof where every server is shown it",
        ),
    ] {
        assert!(!is_owner(&caller).await, "{why}");
        caller
            .post("/v1/session/codes", json!({}))
            .await
            .refused(403, "owner_only");
        caller
            .post("/v1/policy/kill-switch", json!({"enabled": true}))
            .await
            .refused(403, "owner_only");
        caller
            .post(
                "/v1/auth/bootstrap-owner",
                json!({"passphrase": auth::PASSPHRASE}),
            )
            .await
            .refused(403, "bootstrap_forbidden");
        assert_eq!(auth::logout(&caller).await["revoked"], false, "{why}");
    }
    // Neither half is an access token, nor are both together.
    for token in [
        browser.secret().to_owned(),
        format!("{}{}", browser.secret(), browser.proof),
    ] {
        let bearer = api.local().bearer(&token);
        assert_eq!(bearer.get("/v1/whoami").await.status, 401);
        let cookie = format!("agentapp_access_token={token}");
        let stream = api.local().header("cookie", &cookie);
        stream
            .get("/v1/streams/workspace")
            .await
            .refused(401, "invalid_session");
    }
    assert!(is_owner(&browser.http(&api)).await);
    assert_eq!(auth::logout(&browser.http(&api)).await["revoked"], true);
    assert!(!is_owner(&browser.http(&api)).await);
}

/// Where every request needs a token, a cookie without its proof is none.
#[tokio::test]
async fn a_cookie_alone_is_no_token() {
    let api = Api::start_with(Settings {
        args: vec!["--public".into()],
        listen: Some("0.0.0.0:0".into()),
        ..Default::default()
    });
    let port = api.address().rsplit(':').next().unwrap();
    let local = Http::new(&format!("http://127.0.0.1:{port}"));
    let owner = local.clone().bearer(OWNER_TOKEN);
    let made = owner.post("/v1/session/codes", json!({})).await.expect(201);
    let browser = Browser::with_code(&local, &text(&made, "code")).await;
    let stolen = local.header("cookie", &browser.cookie);
    let reply = stolen.get("/v1/whoami").await;
    reply.refused(401, "missing_token");
    let page = stolen.header("x-session-proof", &browser.proof);
    assert!(is_owner(&page).await);
}

/// A page that has its token by other means has no cookies here, whatever its browser sends along.
#[tokio::test]
async fn cookies_of_a_page_without_credentials_count_for_nothing() {
    let api = Api::start();
    let browser = Browser::of_owner(&api).await;
    let window = browser.http(&api).header("origin", "tauri://localhost");
    assert!(!is_owner(&window).await);
    assert!(is_owner(&window.bearer(OWNER_TOKEN)).await);
    assert!(is_owner(&browser.http(&api)).await);
}

/// A session of a version that kept no proof ends with the update: nothing opens it.
#[tokio::test]
async fn a_session_of_before_proofs_opens_nothing() {
    let api = Api::start();
    let browser = Browser::of_owner(&api).await;
    let listen = Some(api.address().to_owned());
    let stopped = api.stop().await;
    let database = rusqlite::Connection::open(stopped.data_dir.join("signalbox.db")).unwrap();
    let before = Identity::of_owner(OWNER_TOKEN).session_digest(browser.secret());
    let changed = database.execute("UPDATE session SET access_digest = ?1", [before]);
    assert_eq!(changed.unwrap(), 1);
    drop(database);
    let again = Api::start_with(Settings {
        data_dir: Some(stopped.data_dir.clone()),
        listen,
        ..Default::default()
    });
    let (secret, name) = (browser.secret(), browser.cookie.split('=').next().unwrap());
    assert!(!is_owner(&browser.http(&again)).await);
    // Nor when it is cut in two, nor as the other kind of session.
    let (head, tail) = secret.split_at(secret.len() / 2);
    for (cookie, proof) in [
        (browser.cookie.clone(), ""),
        (format!("{name}={head}"), tail),
        (format!("agentapp_access_token={secret}"), tail),
    ] {
        let caller = again.local().header("cookie", &cookie);
        assert!(!is_owner(&caller.header("x-session-proof", proof)).await);
    }
    let stream = again
        .local()
        .header("cookie", &format!("agentapp_access_token={secret}"));
    stream
        .get("/v1/streams/workspace")
        .await
        .refused(401, "invalid_session");
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
    assert_eq!(statuses[0], 201);
    assert!(
        statuses[1..].iter().all(|status| *status == 401),
        "{statuses:?}"
    );
}
