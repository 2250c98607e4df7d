//! The life of an incident, alone and with many at once.

use super::{events, get, ids, open, understand};
use crate::support::{Api, say, say_as_owner};
use serde_json::{Value, json};
use tokio::task::JoinSet;

#[tokio::test]
async fn an_incident_from_its_opening_to_its_end() {
    let api = Api::start();
    let (owner, local, engine) = (api.owner(), api.local(), api.engine("builder").await);
    let room = local.room("room").await;
    let thread = local.thread(&room).await;
    let body = json!({"room_id": room, "thread_id": thread, "correlation_id": "night"});
    let run = local.post("/v1/runs", body).await.expect(201)["run_id"].clone();
    let id = open(
        &local,
        json!({"title": "Backups are empty", "summary": "All of them, since Monday", "severity": "high", "category": "data_loss",
            "details": {"since": "monday"}, "entity_type": "backup", "entity_id": "b1", "run_id": run, "actor_type": "agent", "actor_id": "ann"}),
    )
    .await;
    assert!(id.starts_with("inc_"), "{id}");
    let found = get(&local, &id).await;
    assert_eq!(found["learning"], json!([]));
    for (member, expected) in [
        ("incident_id", json!(id)),
        ("workspace_id", json!("ws_dev")),
        ("room_id", json!(room)),
        ("thread_id", json!(thread)),
        ("run_id", run.clone()),
        ("status", json!("open")),
        ("title", json!("Backups are empty")),
        ("summary", json!("All of them, since Monday")),
        ("severity", json!("high")),
        ("category", json!("data_loss")),
        ("entity_type", json!("backup")),
        ("entity_id", json!("b1")),
        ("details", json!({"since": "monday"})),
        ("rca", Value::Null),
        ("rca_updated_at", Value::Null),
        ("learning_count", json!(0)),
        ("closed_reason", Value::Null),
        ("closed_at", Value::Null),
        ("automatic", json!(false)),
        ("created_by_type", json!("agent")),
        ("created_by_id", json!("ann")),
        ("correlation_id", json!("night")),
    ] {
        assert_eq!(found["incident"][member], expected, "{member}");
    }

    let path = format!("/v1/incidents/{id}");
    let rca = json!({"summary": "The disk was full", "analysis": {"disk": "full"}});
    let done = engine.post(&format!("{path}/rca"), rca.clone()).await;
    assert_eq!(done.expect(200), json!({"ok": true}));
    let learning =
        json!({"note": "Look at the alarm", "tags": ["disk", "alarm"], "actor_id": "bob"});
    let learned = local.post(&format!("{path}/learning"), learning).await;
    let learning_id = learned.expect(201)["learning_id"].clone();
    assert!(learning_id.as_str().unwrap().starts_with("learn_"));
    let closed = owner
        .post(&format!("{path}/close"), json!({"reason": "understood"}))
        .await;
    assert_eq!(closed.expect(200), json!({"ok": true}));

    let found = get(&local, &id).await;
    let incident = &found["incident"];
    assert_eq!(
        json!([
            incident["status"],
            incident["rca"],
            incident["learning_count"],
            incident["closed_reason"]
        ]),
        json!(["closed", rca, 1, "understood"])
    );
    assert_eq!(incident["closed_at"], incident["updated_at"]);
    assert!(incident["rca_updated_at"].is_string());
    let learning = &found["learning"][0];
    for (member, expected) in [
        ("learning_id", learning_id),
        ("incident_id", json!(id)),
        ("workspace_id", json!("ws_dev")),
        ("room_id", json!(room)),
        ("run_id", run),
        ("note", json!("Look at the alarm")),
        ("tags", json!(["disk", "alarm"])),
        ("created_by_type", json!("user")),
        ("created_by_id", json!("bob")),
    ] {
        assert_eq!(learning[member], expected, "{member}");
    }

    // One story, in the room's own stream, each event caused by the one before it.
    let types = "incident.opened,incident.rca.updated,incident.learning.logged,incident.closed";
    let story = events(&api, types).await;
    let told: Vec<&Value> = story.iter().map(|event| &event["event_type"]).collect();
    assert_eq!(told, types.split(',').collect::<Vec<_>>());
    for pair in story.windows(2) {
        assert_eq!(pair[1]["causation_id"], pair[0]["event_id"]);
    }
    for event in &story {
        assert_eq!(
            json!([
                event["stream_type"],
                event["stream_id"],
                event["correlation_id"]
            ]),
            json!(["room", room, "night"])
        );
    }
    assert_eq!(incident["last_event_id"], story[3]["event_id"]);
    assert_eq!(learning["last_event_id"], story[2]["event_id"]);
    let actors: Vec<&Value> = story.iter().map(|event| &event["actor_id"]).collect();
    assert_eq!(actors, ["ann", "builder", "bob", "owner"]);
}

/// What belongs to no room is in the stream of its workspace; a secret in it is masked everywhere.
#[tokio::test]
async fn an_incident_of_the_workspace_and_its_secrets() {
    let api = Api::start();
    let local = api.local();
    let secret = crate::support::history::secret("sk-");
    let body = json!({"summary": format!("The key {secret} leaked\nat night"), "severity": "warning", "details": {"key": secret}});
    let id = open(&local, body).await;
    let found = get(&local, &id).await["incident"].clone();
    assert_eq!(
        json!([
            found["title"],
            found["severity"],
            found["details"],
            found["room_id"]
        ]),
        json!(["The key [redacted] leaked", "low", {"key": "[redacted]"}, null])
    );
    let opened = events(&api, "incident.opened").await.remove(0);
    assert_eq!(
        json!([
            opened["stream_type"],
            opened["stream_id"],
            opened["contains_secrets"]
        ]),
        json!(["workspace", "ws_dev", true])
    );
    let docs = local.get("/v1/search?q=leaked&doc_type=incident").await;
    let docs = docs.expect(200)["docs"].clone();
    assert_eq!(
        json!([docs[0]["doc_id"], docs[0]["doc_type"]]),
        json!([id, "incident"])
    );
    let text = docs[0]["content_text"].as_str().unwrap();
    assert!(
        text.contains("at night") && !text.contains(&secret),
        "{text}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_open_one_incident_with_one_key() {
    const CLIENTS: usize = 64;
    let api = Api::start();
    let local = api.local();
    let rooms = [local.room("a").await, local.room("b").await];
    for round in 0..4 {
        let mut work = JoinSet::new();
        for client in 0..CLIENTS {
            let http = local.clone();
            // In different streams, and half of them in none of a room.
            let room = (client % 4 < 2).then(|| rooms[client % 2].clone());
            let body = json!({"title": format!("by {client}"), "room_id": room, "idempotency_key": format!("key-{round}")});
            work.spawn(async move { http.post("/v1/incidents", body).await });
        }
        let replies = work.join_all().await;
        let first: Vec<&str> = replies
            .iter()
            .filter(|reply| reply.status == 201)
            .map(|reply| reply.text.as_str())
            .collect();
        assert_eq!(first.len(), 1, "{first:?}");
        let created: Value = serde_json::from_str(first[0]).unwrap();
        for reply in replies.iter().filter(|reply| reply.status != 201) {
            let answer = reply.expect(200);
            let expected = json!({"incident_id": created["incident_id"], "deduped": true});
            assert_eq!(answer, expected);
        }
    }
    assert_eq!(ids(&local, "limit=200").await.len(), 4);
    assert_eq!(events(&api, "incident.opened").await.len(), 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_of_many_closes_it() {
    let api = Api::start();
    let owner = api.owner();
    let id = open(&api.local(), json!({"title": "x"})).await;
    understand(&api.local(), &id).await;
    let mut work = JoinSet::new();
    for client in 0..16 {
        let (http, path) = (owner.clone(), format!("/v1/incidents/{id}/close"));
        let body = json!({"reason": format!("by {client}")});
        work.spawn(async move { http.post(&path, body).await });
    }
    let replies = work.join_all().await;
    let (won, lost): (Vec<_>, Vec<_>) = replies.iter().partition(|reply| reply.status == 200);
    assert_eq!(won.len(), 1);
    for reply in lost {
        reply.refused(409, "incident_already_closed");
    }
    let closed = events(&api, "incident.closed").await;
    assert_eq!(closed.len(), 1);
    assert_eq!(
        get(&owner, &id).await["incident"]["closed_reason"],
        closed[0]["data"]["reason"]
    );
}

#[tokio::test]
async fn the_verbs_of_incidents() {
    let api = Api::start();
    api.local().room("Nightly").await;
    let open = [
        "incidents",
        "open",
        "Backups are empty",
        "--severity",
        "high",
        "--room",
        "nightly",
        "--idempotency-key",
        "k",
    ];
    let opened = say(&api, &open).json()["incident_id"].clone();
    assert_eq!(
        say(&api, &open).json()["incident_id"],
        opened,
        "the same key"
    );
    let id = opened.as_str().unwrap();
    for words in [
        vec!["incidents"],
        vec![
            "incidents",
            "list",
            "--severity",
            "high",
            "--room",
            "Nightly",
        ],
        vec!["incidents", "list", "--status", "all"],
    ] {
        let listed = say(&api, &words).list();
        assert_eq!(listed[0]["incident_id"], id, "{words:?}");
    }
    let closing = ["incidents", "close", id, "--reason", "done"];
    assert_eq!(say_as_owner(&api, &closing).code, Some(6), "no cause yet");
    let rca = [
        "incidents",
        "rca",
        id,
        "The disk was full",
        "--analysis",
        "Nobody looked",
    ];
    assert_eq!(say(&api, &rca).code, Some(0));
    let learn = [
        "incidents",
        "learn",
        id,
        "Look at the alarm",
        "--tag",
        "disk",
    ];
    assert!(say(&api, &learn).json()["learning_id"].is_string());
    let shown = say(&api, &["incidents", "show", id]).json();
    assert_eq!(
        json!([shown["incident"]["rca"], shown["learning"][0]["tags"]]),
        json!([{"summary": "The disk was full", "analysis": "Nobody looked"}, ["disk"]])
    );
    assert_eq!(say_as_owner(&api, &closing).code, Some(0));
    assert!(say(&api, &["incidents"]).list().is_empty());
    let gone = say(&api, &["incidents", "show", "inc_none"]);
    assert_eq!(gone.code, Some(4));
}
