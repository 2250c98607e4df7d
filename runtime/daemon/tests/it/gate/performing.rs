//! Requests that Signalbox performs itself, against a site on this machine that the owner has named.

use super::{approval, decide, events, switch, text};
use crate::support::{Api, Http, Settings, Site, Watched, Worker, within};
use daemon::store::rebuild;
use serde_json::{Value, json};

const PATH: &str = "/v1/egress/requests";

/// An api that may reach the site, as the owner's configuration says.
fn api_for(site: &Site) -> Api {
    api_with(site, Settings::default())
}

pub fn api_with(site: &Site, settings: Settings) -> Api {
    let mut settings = settings;
    let hosts = format!("127.0.0.1:{}", site.port);
    settings
        .env
        .push(("SIGNALBOX_EGRESS_ALLOW_PRIVATE_HOSTS".to_owned(), hosts));
    Api::start_with(settings)
}

/// Asks for a request, has the owner approve it, and asks again: now it is performed.
pub async fn approved(api: &Api, http: &Http, body: &Value) -> Value {
    let asked = http.post(PATH, body.clone()).await.expect(201);
    assert_eq!(asked["decision"], "require_approval", "{asked}");
    assert_eq!(asked["request"]["progress"], Value::Null);
    let id = text(&asked, "approval_id");
    decide(api, &id, json!({"decision": "approve"})).await;
    http.post(PATH, body.clone()).await.expect(201)
}

fn get(url: String) -> Value {
    json!({"target_url": url, "perform": true})
}

#[tokio::test]
async fn what_the_owner_approved_is_sent_once_and_its_answer_is_kept() {
    let site = Site::open().await;
    let api = api_for(&site);
    let local = api.local();
    let body = json!({"target_url": site.url("/ok?q=1"), "method": "post", "perform": true,
        "headers": {"X-Trace": "a b"}, "payload": {"b": 1, "a": [true]}});
    let asked = local.post(PATH, body.clone()).await.expect(201);
    let id = text(&asked, "approval_id");
    assert_eq!(
        approval(&local, &id).await["payload"],
        json!({"method": "POST", "perform": true, "headers": {"x-trace": "a b"}, "payload": {"b": 1, "a": [true]}})
    );
    // The same, sent by whoever asks, is something else.
    let mut own = body.clone();
    own["perform"] = json!(false);
    decide(&api, &id, json!({"decision": "approve"})).await;
    let own = local.post(PATH, own).await.expect(201);
    assert_eq!(own["decision"], "require_approval");
    assert_eq!(own["request"], Value::Null);
    site.saw_nothing_more();

    let done = local.post(PATH, body.clone()).await.expect(201);
    assert_eq!(
        json!([
            done["decision"],
            done["request"]["progress"],
            done["request"]["outcome"]["http_status"]
        ]),
        json!(["allow", "performed", 200])
    );
    let sent = site.request().await;
    assert!(sent.starts_with("POST /ok?q=1 HTTP/1.1\r\n"), "{sent}");
    for line in [
        "x-trace: a b\r\n",
        "content-type: application/json\r\n",
        "user-agent: signalbox/",
    ] {
        assert!(sent.contains(line), "{sent}");
    }
    assert!(sent.ends_with("{\"a\":[true],\"b\":1}"), "{sent}");
    let outcome = &done["request"]["outcome"];
    assert_eq!(outcome["request_bytes"], 18);
    assert_eq!(outcome["response_bytes"], 12);
    assert_eq!(outcome["address"], format!("127.0.0.1:{}", site.port));
    assert_eq!(
        outcome["response_headers"]["content-type"],
        "application/json"
    );
    assert_eq!(outcome["response_headers"]["set-cookie"], Value::Null);
    let blob = text(outcome, "response_blob");
    let kept = local.get(&format!("/v1/blobs/{blob}")).await;
    assert_eq!(kept.text, "{\"shown\":\"\"}");
    let found = local
        .get(&format!("{PATH}/{}", text(&done, "egress_request_id")))
        .await
        .expect(200);
    assert_eq!(found["request"], done["request"]);

    // The approval is used up.
    let next = local.post(PATH, body).await.expect(201);
    assert_eq!(next["decision"], "require_approval");
    assert_eq!(approval(&local, &id).await["status"], "consumed");
    site.saw_nothing_more();
    let told = events(&api, "egress.request.started,egress.request.performed").await;
    assert_eq!(told.len(), 2);
    assert_eq!(told[1]["causation_id"], told[0]["event_id"]);
    assert_eq!(told[1]["data"]["response_blob"], blob.as_str());
    local
        .get(&format!("{PATH}/egr_none"))
        .await
        .refused(404, "egress_request_not_found");
}

#[tokio::test]
async fn what_is_not_public_is_not_reached() {
    let site = Site::open().await;
    let api = Api::start();
    let local = api.local();
    for host in ["127.0.0.1", "localhost", "127.1", "[::ffff:127.0.0.1]"] {
        let body = get(format!("http://{host}:{}/ok", site.port));
        let done = approved(&api, &local, &body).await;
        let outcome = &done["request"]["outcome"];
        assert_eq!(
            json!([
                done["request"]["progress"],
                outcome["code"],
                outcome["sent"]
            ]),
            json!(["failed", "address_not_allowed", "no"]),
            "{done}"
        );
        assert!(text(outcome, "message").contains("egress.allow_private_hosts"));
    }
    site.saw_nothing_more();
    assert!(events(&api, "egress.request.started").await.is_empty());
}

#[tokio::test]
async fn only_the_hosts_that_the_owner_lists_are_reached() {
    let site = Site::open().await;
    let hosts = ("SIGNALBOX_EGRESS_ALLOW_HOSTS", "api.example.com");
    let settings = Settings {
        env: vec![(hosts.0.to_owned(), hosts.1.to_owned())],
        ..Settings::default()
    };
    let api = api_with(&site, settings);
    let done = approved(&api, &api.local(), &get(site.url("/ok"))).await;
    assert_eq!(done["request"]["outcome"]["code"], "host_not_allowed");
    site.saw_nothing_more();
}

/// By the trust of the operating system, which here is told to trust the site, or not.
#[tokio::test]
async fn over_tls_the_other_side_must_be_who_it_says() {
    let (site, certificate) = Site::open_tls().await;
    let folder = tempfile::tempdir().unwrap();
    let trusted = folder.path().join("trusted.pem");
    std::fs::write(&trusted, certificate).unwrap();
    let other = folder.path().join("other.pem");
    std::fs::write(&other, Site::open_tls().await.1).unwrap();
    for (trust, host, code) in [
        (&trusted, "localhost", Value::Null),
        // The certificate is for the name.
        (&trusted, "127.0.0.1", json!("tls_failed")),
        (&other, "localhost", json!("tls_failed")),
    ] {
        let variable = |name: &str, value: String| (name.to_owned(), value);
        let settings = Settings {
            env: vec![
                variable("SSL_CERT_FILE", trust.to_str().unwrap().to_owned()),
                variable("SIGNALBOX_EGRESS_ALLOW_PRIVATE_HOSTS", host.to_owned()),
            ],
            ..Settings::default()
        };
        let api = Api::start_with(settings);
        let body = get(format!("https://{host}:{}/ok", site.port));
        let done = approved(&api, &api.local(), &body).await;
        let outcome = &done["request"]["outcome"];
        assert_eq!(outcome["code"], code, "{done}");
        if code.is_null() {
            assert_eq!(outcome["http_status"], 200);
            assert!(site.request().await.starts_with("GET /ok HTTP/1.1"));
        } else {
            assert_eq!(outcome["sent"], "no");
        }
    }
    site.saw_nothing_more();
}

#[tokio::test]
async fn how_the_other_side_can_behave() {
    let site = Site::open().await;
    let settings = Settings {
        env: vec![(
            "SIGNALBOX_EGRESS_TIMEOUT_SECONDS".to_owned(),
            "1".to_owned(),
        )],
        ..Settings::default()
    };
    let api = api_with(&site, settings);
    let local = api.local();
    for (path, progress, code, sent, status) in [
        // Where it leads to was approved by nobody.
        (
            "/elsewhere",
            "performed",
            Value::Null,
            Value::Null,
            json!(302),
        ),
        (
            "/big",
            "failed",
            json!("response_too_large"),
            json!("yes"),
            json!(200),
        ),
        (
            "/silent",
            "failed",
            json!("timed_out"),
            json!("unknown"),
            Value::Null,
        ),
        (
            "/broken",
            "failed",
            json!("connection_broken"),
            json!("unknown"),
            Value::Null,
        ),
    ] {
        let done = approved(&api, &local, &get(site.url(path))).await;
        let outcome = &done["request"]["outcome"];
        assert_eq!(
            json!([
                done["request"]["progress"],
                outcome["code"],
                outcome["sent"],
                outcome["http_status"]
            ]),
            json!([progress, code, sent, status]),
            "{path}: {done}"
        );
        assert!(site.request().await.contains(path));
        site.saw_nothing_more();
    }
    let redirect = events(&api, "egress.request.performed").await;
    assert_eq!(
        redirect[0]["data"]["response_headers"]["location"],
        site.url("/ok")
    );
}

#[tokio::test]
async fn the_kill_switch_breaks_off_what_is_under_way() {
    let site = Site::open().await;
    let api = api_for(&site);
    let local = api.local();
    let body = get(site.url("/silent"));
    let asked = local.post(PATH, body.clone()).await.expect(201);
    decide(
        &api,
        &text(&asked, "approval_id"),
        json!({"decision": "approve"}),
    )
    .await;
    let waiting = local.post(PATH, body.clone());
    let pull = async {
        site.request().await;
        switch(&api, true).await;
    };
    let (done, ()) = tokio::join!(waiting, pull);
    let done = done.expect(201);
    let outcome = &done["request"]["outcome"];
    assert_eq!(
        json!([
            done["request"]["progress"],
            outcome["code"],
            outcome["sent"]
        ]),
        json!(["failed", "kill_switch", "unknown"]),
        "{done}"
    );
    let denied = local.post(PATH, body).await.expect(201);
    assert_eq!(denied["reason_code"], "kill_switch_active");
    site.saw_nothing_more();
}

#[tokio::test]
async fn a_request_under_way_when_the_process_dies_is_unknown_and_not_sent_again() {
    let site = Site::open().await;
    let api = api_for(&site);
    let local = api.local();
    let body = get(site.url("/silent"));
    let asked = local.post(PATH, body.clone()).await.expect(201);
    decide(
        &api,
        &text(&asked, "approval_id"),
        json!({"decision": "approve"}),
    )
    .await;
    let waiting = tokio::spawn({
        let local = local.clone();
        async move { local.try_post(PATH, body).await.is_none() }
    });
    site.request().await;
    let stopped = api.kill();
    assert!(within("the caller hears of it", waiting).await.unwrap());
    let api = Api::start_again(stopped);
    let page = api.local().get(PATH).await.expect(200);
    let row = &page["requests"][0];
    assert_eq!(
        json!([
            row["progress"],
            row["outcome"]["code"],
            row["outcome"]["sent"]
        ]),
        json!(["failed", "outcome_unknown", "unknown"]),
        "{page}"
    );
    site.saw_nothing_more();
    let ended = events(&api, "egress.request.failed").await;
    assert_eq!(ended.len(), 1);
    let body = get(site.url("/ok"));
    approved(&api, &api.local(), &body).await;
    let stopped = api.stop().await;
    let report = rebuild::run(&stopped.data_dir, &mut |_| {}).unwrap();
    assert!(report.unchanged(), "{report:?}");
}

#[tokio::test]
async fn what_cannot_be_sent_is_refused_before_anybody_is_asked() {
    let api = Api::start();
    let local = api.local();
    let url = "https://a.test/";
    for (body, status, code, field) in [
        (
            json!({"target_url": url, "perform": true, "payload": "x"}),
            400,
            "invalid_payload",
            "payload",
        ),
        (
            json!({"target_url": url, "perform": true, "method": "POST", "payload": "x".repeat(600_000)}),
            413,
            "payload_too_large",
            "payload",
        ),
        (
            json!({"target_url": url, "perform": true, "headers": {"host": "b.test"}}),
            400,
            "invalid_headers",
            "headers.host",
        ),
        (
            json!({"target_url": url, "perform": true, "headers": {"authorization": "Basic eA=="}}),
            400,
            "secret_in_request",
            "headers.authorization",
        ),
        (
            json!({"target_url": "https://a.test/é", "perform": true}),
            400,
            "invalid_target_url",
            "target_url",
        ),
    ] {
        let told = local.post(PATH, body).await.refused(status, code);
        assert_eq!(told["field"], field);
    }
    assert_eq!(api.head().await, 0);
}

#[tokio::test]
async fn a_request_of_a_run_is_performed_and_the_run_ends_as_it_does() {
    let site = Site::open().await;
    let api = api_for(&site);
    let _worker = Worker::start(&api).await;
    let local = api.local();
    for (path, end) in [("/ok", "run.completed"), ("/broken", "run.failed")] {
        let room_id = local.room("runs").await;
        let egress =
            json!({"target_url": site.url(path), "perform": true, "action": "external.write"});
        let policy = json!({"zone": "supervised"});
        let input = json!({"runtime": {"egress": egress, "policy": policy}});
        let body = json!({"room_id": room_id, "input": input});
        let created = local.post("/v1/runs", body).await.expect(201);
        let run_id = text(&created, "run_id");
        let mut run = Watched::of(&api, &room_id, &run_id).await;
        let waits = run.until("run.waiting").await;
        site.saw_nothing_more();
        decide(
            &api,
            &text(&waits, "approval_id"),
            json!({"decision": "approve"}),
        )
        .await;
        let ended = run.until(end).await;
        assert!(site.request().await.contains(path));
        if end == "run.completed" {
            assert_eq!(ended["output"]["http_status"], 200);
            let blob = text(&ended["output"], "response_blob");
            let artifacts = local.get(&format!("/v1/artifacts?run_id={run_id}")).await;
            let artifact = &artifacts.expect(200)["artifacts"][0];
            assert_eq!(artifact["kind"], "egress.response");
            assert_eq!(artifact["content_blob"], blob.as_str());
        } else {
            assert_eq!(ended["error"]["code"], "connection_broken");
            assert_eq!(ended["error"]["sent"], "unknown");
        }
    }
    site.saw_nothing_more();
}

/// The request is performed by the runtime, and asked for by one attempt: the next one finds it.
#[tokio::test]
async fn a_worker_that_ends_meanwhile_does_not_have_it_sent_twice() {
    let site = Site::open().await;
    let api = api_for(&site);
    let worker = Worker::start(&api).await;
    let local = api.local();
    let room_id = local.room("runs").await;
    let egress = json!({"target_url": site.url("/silent"), "perform": true});
    let input = json!({"runtime": {"egress": egress, "policy": {"zone": "supervised"}}});
    let body = json!({"room_id": room_id, "input": input});
    let run_id = text(&local.post("/v1/runs", body).await.expect(201), "run_id");
    let mut run = Watched::of(&api, &room_id, &run_id).await;
    let waits = run.until("run.waiting").await;
    decide(
        &api,
        &text(&waits, "approval_id"),
        json!({"decision": "approve"}),
    )
    .await;
    site.request().await;
    assert_eq!(worker.stop().await, Some(0));
    run.until("run.lease.released").await;
    let _next = Worker::start(&api).await;
    run.until("run.claimed").await;
    switch(&api, true).await;
    let ended = run.until("run.failed").await;
    assert_eq!(ended["error"]["code"], "kill_switch", "{ended}");
    site.saw_nothing_more();
    let page = local
        .get(&format!("{PATH}?run_id={run_id}"))
        .await
        .expect(200);
    let asked = page["requests"].as_array().unwrap();
    assert_eq!(asked.len(), 2, "one that waited, one that was sent");
}
