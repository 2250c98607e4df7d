//! A secret that somebody sends is masked before it is stored, hashed, indexed, shown or logged:
//! afterwards its clear text is nowhere below the data directory.

use crate::support::history::secret;
use crate::support::{Api, Live, OWNER_TOKEN, Scene, grep};
use serde_json::{Value, json};

/// One canary for each place, so that a leak names its place.
struct Canaries {
    planted: Vec<(&'static str, String)>,
}

impl Canaries {
    fn plant(&mut self, place: &'static str) -> String {
        let prefixes = ["sk-", "ghp_", "sk-ant-", "gho_"];
        let number = self.planted.len();
        let canary = format!("{}{number:03}", secret(prefixes[number % prefixes.len()]));
        self.planted.push((place, canary.clone()));
        canary
    }
}

#[tokio::test]
async fn no_planted_secret_is_anywhere_on_the_disk() {
    let api = Api::start_with(crate::support::Settings {
        args: vec!["--log-level".into(), "trace".into()],
        ..Default::default()
    });
    let owner = api.owner();
    let Scene {
        room,
        thread,
        run,
        step,
        call,
    } = Scene::set(&owner).await;
    let mut live = Live::open(&owner, "/v1/streams/workspace?from_position=latest", None).await;
    let mut canaries = Canaries {
        planted: Vec::new(),
    };
    let mut c = |place: &'static str| canaries.plant(place);

    // Accepted or refused, each of these has been seen by the api.
    let room_body = json!({"title": format!("a {} b", c("room title")), "topic": c("topic"), "room_mode": c("room mode"),
        "tool_policy_ref": c("tool policy"), "default_lang": c("lang")});
    owner.post("/v1/rooms", room_body).await.expect(201);
    // Identifiers are compared and shown as they are: a secret in one is refused.
    let refused = json!({"title": "t", "mission_id": c("mission id")});
    owner
        .post("/v1/rooms", refused)
        .await
        .bad("secret_in_identifier", "mission_id");
    owner
        .post(
            &format!("/v1/rooms/{room}/threads"),
            json!({"title": c("thread title"), "status": c("thread status")}),
        )
        .await
        .expect(201);
    let messages = format!("/v1/threads/{thread}/messages");
    let message = json!({"content_md": format!("x {} y", c("content")), "sender_type": c("sender type"),
        "lang": c("message lang"), "parent_message_id": c("parent"), "labels": ["ok", c("label")]});
    owner.post(&messages, message).await.expect(201);
    let refused = json!({"content_md": "x", "sender_id": c("sender id")});
    owner
        .post(&messages, refused)
        .await
        .bad("secret_in_identifier", "sender_id");
    let keyed = owner
        .clone()
        .header("idempotency-key", &c("idempotency key"));
    let keyed = keyed.post(&messages, json!({"content_md": "x"})).await;
    keyed.bad("secret_in_identifier", "Idempotency-Key");
    let key = c("json key");
    let body = json!({"room_id": room, "title": c("run title"), "goal": c("goal"), "tags": [c("tag")],
        "input": {key: 1, "deep": [[[[{"a": c("deep")}]]]], "text": format!("Bearer {}", c("bearer"))}});
    owner.post("/v1/runs", body).await.expect(201);
    let refused = json!({"room_id": room, "correlation_id": c("correlation id")});
    owner
        .post("/v1/runs", refused)
        .await
        .bad("secret_in_identifier", "correlation_id");
    let correlated = owner
        .clone()
        .header("x-correlation-id", &c("x-correlation-id"));
    correlated
        .post("/v1/runs", json!({"room_id": room}))
        .await
        .expect(201);
    owner
        .post(
            &format!("/v1/runs/{run}/steps"),
            json!({"kind": c("step kind"), "title": c("step title"), "input": [c("step input")]}),
        )
        .await
        .expect(201);
    let invoke = json!({"tool_name": c("tool name"), "title": c("tool title"), "input": {"argv": [c("argv")]}, "model_context": {"prompt": c("model context"), "k": {c("context key"): 1}}});
    owner
        .post(&format!("/v1/steps/{step}/toolcalls"), invoke)
        .await
        .expect(201);
    owner
        .post(
            &format!("/v1/toolcalls/{call}/output"),
            json!({"stream": "stdout", "offset_bytes": 0, "text": format!("$ {}\n", c("output"))}),
        )
        .await
        .expect(200);
    for (content, sha) in [
        (
            json!({"type": "text", "text": c("artifact text")}),
            Value::Null,
        ),
        (
            json!({"type": "json", "json": {"a": c("artifact json")}}),
            Value::Null,
        ),
        (
            json!({"type": "uri", "uri": format!("https://user:{}@example.org", c("artifact uri"))}),
            Value::Null,
        ),
        (json!({"type": "blob", "blob": c("blob name")}), Value::Null),
        (json!({"type": "none"}), json!(c("artifact sha256"))),
    ] {
        let artifact = json!({"kind": c("artifact kind"), "title": c("artifact title"), "mime_type": c("mime type"), "metadata": {"m": c("metadata")}, "content": content.clone(), "sha256": sha.clone()});
        let stored = content["type"] != "blob" && sha.is_null();
        let reply = owner
            .post(&format!("/v1/steps/{step}/artifacts"), artifact)
            .await;
        reply.expect(if stored { 201 } else { 400 });
    }
    owner.post(&format!("/v1/toolcalls/{call}/fail"), json!({"message": c("tool message"), "error": {"e": c("tool error")}, "output": c("tool output")})).await.expect(200);
    owner
        .post(
            &format!("/v1/runs/{run}/fail"),
            json!({"message": c("run message"), "error": {"code": c("run error"), "all": [c("errors")]}}),
        )
        .await
        .expect(200);
    // The failure has opened an incident, which repeats what it said.
    let incident = format!("/v1/incidents/{}", run.replace("run_", "inc_"));
    let rca = json!({"summary": c("cause"), "analysis": [c("analysis")]});
    owner
        .post(&format!("{incident}/rca"), rca)
        .await
        .expect(200);
    let learning = json!({"note": c("learning"), "tags": [c("learning tag")]});
    owner
        .post(&format!("{incident}/learning"), learning)
        .await
        .expect(201);
    owner
        .post(
            &format!("{incident}/close"),
            json!({"reason": c("closing")}),
        )
        .await
        .expect(200);
    let opened = json!({"summary": format!("{} {}", "x".repeat(270), c("incident summary")), "details": {"d": c("details")},
        "category": c("category"), "entity_type": c("entity type"), "entity_id": c("entity id")});
    owner.post("/v1/incidents", opened).await.expect(201);
    owner
        .post(
            "/v1/incidents",
            json!({"title": c("incident title"), "idempotency_key": c("incident key")}),
        )
        .await
        .bad("invalid_idempotency_key", "idempotency_key");
    let second = owner.run(&room).await;
    owner
        .post(
            &format!("/v1/runs/{second}/cancel"),
            json!({"reason": c("cancel reason")}),
        )
        .await
        .expect(200);
    let third = owner.run(&room).await;
    owner
        .post(&format!("/v1/runs/{third}/start"), json!({}))
        .await
        .expect(200);
    owner
        .post(
            &format!("/v1/runs/{third}/complete"),
            json!({"summary": c("summary"), "output": {"o": c("run output")}}),
        )
        .await
        .expect(200);
    let refused = json!({"actor_id": c("engine actor")});
    owner
        .post("/v1/engines/register", refused)
        .await
        .bad("secret_in_identifier", "actor_id");
    let refused = json!({"actor_id": "rooms", "rooms": [c("engine rooms")]});
    owner
        .post("/v1/engines/register", refused)
        .await
        .bad("secret_in_identifier", "rooms");
    let engine = owner
        .post(
            "/v1/engines/register",
            json!({"actor_id": "e", "display_name": c("engine name")}),
        )
        .await;
    let named = owner
        .post("/v1/engines/register", json!({"actor_id": "plain"}))
        .await
        .expect(201);
    let revoke = format!(
        "/v1/engines/{}/tokens/{}/revoke",
        named["engine_id"].as_str().unwrap(),
        named["token_id"].as_str().unwrap()
    );
    owner
        .post(&revoke, json!({"reason": c("revoke reason")}))
        .await
        .expect(200);
    let sent = json!({"target_url": "https://a.test/", "method": "POST", "perform": true, "payload": [c("sent payload")],
        "headers": {"x-note": c("sent header")}});
    let refused = owner.post("/v1/egress/requests", sent).await;
    refused.bad("secret_in_request", "headers.x-note");
    // Not events, but seen by the api and perhaps logged.
    for path in [
        format!("/v1/search?q={}", c("search")),
        format!("/v1/events?actor_id={}", c("filter")),
        format!("/v1/rooms/{}", c("path")),
        format!("/v1/nothing/{}", c("unknown path")),
        format!("/v1/rooms?limit={}", c("limit")),
    ] {
        owner.get(&path).await;
    }
    api.local()
        .bearer(&c("bearer token"))
        .get("/v1/rooms")
        .await
        .expect(401);
    api.local()
        .header("x-engine-token", &c("engine token"))
        .get("/v1/rooms")
        .await
        .expect(401);
    owner
        .clone()
        .header("x-request-id", &c("request id"))
        .get("/v1/rooms")
        .await;
    owner
        .clone()
        .header("user-agent", &c("user agent"))
        .get("/v1/rooms")
        .await;
    owner
        .post_text("/v1/rooms", format!("{{\"title\": \"{}", c("broken body")))
        .await
        .expect(400);
    owner
        .post("/v1/session", json!({"code": c("session code")}))
        .await
        .expect(401);
    owner
        .clone()
        .workspace(&c("workspace"))
        .post("/v1/rooms", json!({"title": "t"}))
        .await;
    let issued = [
        engine.expect(201)["engine_token"].clone(),
        named["engine_token"].clone(),
    ];

    // Our own, where people paste them by mistake.
    for token in issued
        .iter()
        .map(|token| token.as_str().unwrap())
        .chain([OWNER_TOKEN])
    {
        owner
            .post(&messages, json!({"content_md": format!("try {token} !")}))
            .await
            .expect(201);
        let input = json!({"room_id": room, "input": {"env": {"TOKEN": token}, token: [token]}});
        owner.post("/v1/runs", input).await.expect(201);
        for path in [
            format!("/v1/rooms?token={token}"),
            format!("/v1/search?q={token}"),
            format!("/v1/rooms/{token}"),
        ] {
            owner.get(&path).await;
        }
        let asked = owner.clone().header("x-request-id", token);
        asked.header("cookie", token).get("/v1/rooms").await;
    }
    // What somebody stores as a file is theirs, and is kept as it is; it goes nowhere else.
    let stored = c("blob");
    owner
        .put("/v1/blobs", format!("KEY={stored}"))
        .await
        .expect(201);

    // The live stream is masked as well.
    let seen = live
        .until(|frame| {
            frame.data["data"]["reason"]
                .as_str()
                .is_some_and(|reason| reason.contains("[redacted]"))
        })
        .await;
    let seen = format!("{seen:?}");
    for (place, canary) in &canaries.planted {
        assert!(
            !seen.contains(canary.as_str()),
            "the live stream shows the {place}"
        );
    }
    let stderr = std::fs::read_to_string(&api.stderr).unwrap();
    let leaks = |data_dir: &std::path::Path, when: &str| {
        for (place, canary) in &canaries.planted {
            let mut found = grep(data_dir, canary);
            if *place == "blob" {
                assert_eq!(found.len(), 1, "{found:?} {when}");
                found.retain(|path| !path.starts_with(data_dir.join("blobs")));
            }
            assert_eq!(found, Vec::<std::path::PathBuf>::new(), "{place} {when}");
            assert!(
                !stderr.contains(canary.as_str()),
                "{place} on standard error"
            );
        }
        // Our own secrets neither.
        for token in issued
            .iter()
            .map(|token| token.as_str().unwrap())
            .chain([OWNER_TOKEN])
        {
            assert_eq!(
                grep(data_dir, token),
                Vec::<std::path::PathBuf>::new(),
                "a token {when}"
            );
        }
    };
    leaks(&api.data_dir, "while it runs");
    let stopped = api.stop().await;
    leaks(&stopped.data_dir, "after it stopped");
    assert!(canaries.planted.len() > 60);
}

#[tokio::test]
async fn a_masked_event_says_so_and_is_reported() {
    let api = Api::start();
    let local = api.local();
    let room = local.room("room").await;
    let thread = local.thread(&room).await;
    let (one, two) = (secret("sk-"), secret("ghp_"));
    local
        .message(&thread, &format!("a {one} b {two} c {one}"))
        .await;
    let events = local
        .get(&format!("/v1/events?room_id={room}&after_position=2"))
        .await
        .expect(200)["events"]
        .clone();
    assert_eq!(events.as_array().unwrap().len(), 3);
    let (source, marker, leak) = (&events[0], &events[1], &events[2]);
    assert_eq!(
        source["data"]["content_md"],
        "a [redacted] b [redacted] c [redacted]"
    );
    assert_eq!(
        (&source["contains_secrets"], &source["redaction_level"]),
        (&json!(true), &json!("partial"))
    );
    assert_eq!(marker["event_type"], "event.redacted");
    assert_eq!(
        marker["data"],
        json!({"target_event_id": source["event_id"], "reason": "dlp_secret_detected", "intended_redaction_level": "partial"})
    );
    assert_eq!(leak["event_type"], "secret.leaked.detected");
    assert_eq!(leak["contains_secrets"], true);
    let preview = |secret: &str| format!("{}...{}", &secret[..4], &secret[secret.len() - 4..]);
    assert_eq!(
        leak["data"],
        json!({"source_event_id": source["event_id"], "source_event_type": "message.created", "scanner_version": "dlp_v1", "match_count": 2,
            "rule_ids": ["github_pat", "openai_api_key"], "matches": [
                {"rule_id": "openai_api_key", "match_preview": preview(&one)}, {"rule_id": "github_pat", "match_preview": preview(&two)}]})
    );
    for event in [marker, leak] {
        assert_eq!(
            (&event["actor_type"], &event["actor_id"]),
            (&json!("service"), &json!("dlp"))
        );
        assert_eq!(event["causation_id"], source["event_id"]);
        assert_eq!(event["correlation_id"], source["correlation_id"]);
    }
    let log = local.get("/v1/audit/redactions").await.expect(200)["redactions"].clone();
    let actions: Vec<&str> = log
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["action"].as_str().unwrap())
        .collect();
    assert_eq!(
        actions
            .iter()
            .filter(|action| **action == "shadow_flagged")
            .count(),
        2,
        "{log}"
    );
    assert_eq!(
        actions
            .iter()
            .filter(|action| **action == "event_emitted")
            .count(),
        1,
        "{log}"
    );
    let path = format!(
        "/v1/audit/redactions?event_id={}",
        source["event_id"].as_str().unwrap()
    );
    let of_one = local.get(&path).await.expect(200)["redactions"].clone();
    assert!(of_one.as_array().unwrap().len() >= 2, "{of_one}");
    // What was masked cannot be found; what stood beside it can.
    let found = local
        .get(&format!("/v1/search?q={}", &one[3..]))
        .await
        .expect(200);
    assert_eq!(found["docs"], json!([]));
    let list = local
        .get(&format!("/v1/threads/{thread}/messages"))
        .await
        .expect(200);
    assert_eq!(
        list["messages"][0]["content_md"],
        "a [redacted] b [redacted] c [redacted]"
    );
}

/// What would be kept of such a command is not what was meant: it is refused before anything is.
#[tokio::test]
async fn a_command_that_holds_a_secret_is_refused() {
    let api = Api::start();
    let owner = api.owner();
    let room = owner.room("room").await;
    let head = api.head().await;
    let canary = secret("sk-");
    for (command, field) in [
        (json!({"argv": ["echo", canary]}), "argv[1]"),
        (json!({"argv": ["env"], "env": {"KEY": canary}}), "env.KEY"),
        (json!({"argv": ["echo", "[redacted]"]}), "argv[1]"),
    ] {
        let run = json!({"room_id": room, "input": {"command": command}});
        let reply = owner.post("/v1/runs", run).await;
        let told = reply.refused(400, "secret_in_command");
        assert_eq!(told["field"], format!("input.command.{field}"));
        assert!(told["hint"].as_str().unwrap().contains("keyring"), "{told}");
        assert!(!reply.text.contains(&canary));
        assert_eq!(api.head().await, head, "{field} left an event");
    }
    assert_eq!(
        grep(&api.data_dir, &canary),
        Vec::<std::path::PathBuf>::new()
    );
}

/// The very first thing that happens on a new machine; it must not look like a leak.
#[tokio::test]
async fn an_engine_that_registers_is_no_leak() {
    let api = Api::start();
    let engine = json!({"actor_id": "builder"});
    api.owner()
        .post("/v1/engines/register", engine)
        .await
        .expect(201);
    let events = api.owner().get("/v1/events").await.expect(200);
    let types: Vec<&str> = events["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["event_type"].as_str().unwrap())
        .collect();
    let expected = [
        "engine.registered",
        "agent.capability.granted",
        "engine.token.issued",
    ];
    assert_eq!(types, expected);
    api.stop().await;
}
