//! Under which name a run or a message goes down in the log, and who may use which.

use crate::support::{Api, Http, OWNER_TOKEN, Said, say, verb};
use serde_json::{Value, json};

/// The run as lists show it, and its first event.
async fn told(http: &Http, run_id: &Value) -> (Value, Value) {
    let run_id = run_id.as_str().unwrap();
    let runs = http.get("/v1/runs").await.expect(200);
    let listed = runs["runs"].as_array().unwrap();
    let run = listed.iter().find(|run| run["run_id"] == run_id).unwrap();
    let one = http.get(&format!("/v1/runs/{run_id}")).await.expect(200);
    assert_eq!(one["run"]["created_by_id"], run["created_by_id"]);
    let path = format!("/v1/events?run_id={run_id}&limit=1");
    let event = http.get(&path).await.expect(200)["events"][0].clone();
    (run.clone(), event)
}

#[tokio::test]
async fn a_run_shows_who_created_it() {
    let api = Api::start();
    let engine = api.engine("builder").await;
    let (owner, local) = (api.owner(), api.local());
    let room = owner.room("room").await;
    let codex = json!({"actor_type": "agent", "actor_id": "codex"});
    for (who, declared, actor, by_owner) in [
        (&local, json!({}), ("user", "anon"), false),
        (&local, json!({"actor_id": "ann"}), ("user", "ann"), false),
        (&local, codex.clone(), ("agent", "codex"), false),
        (&owner, json!({}), ("user", "owner"), true),
        (&owner, codex.clone(), ("user", "owner"), true),
        (&engine, codex, ("service", "builder"), false),
    ] {
        let mut body = declared.clone();
        body["room_id"] = json!(room);
        let made = who.post("/v1/runs", body).await.expect(201);
        let (run, event) = told(&local, &made["run_id"]).await;
        let named = |of: &Value, members: [&str; 2]| {
            members.map(|member| of[member].as_str().unwrap().to_owned())
        };
        let actor = [actor.0, actor.1];
        assert_eq!(named(&run, ["created_by_type", "created_by_id"]), actor);
        assert_eq!(named(&event, ["actor_type", "actor_id"]), actor);
        assert_eq!(run["by_owner"], by_owner, "{declared}");
    }
}

#[tokio::test]
async fn a_name_that_is_somebodys_needs_a_token() {
    let api = Api::start();
    let _engine = api.engine("builder").await;
    let local = api.local();
    let room = local.room("room").await;
    let messages = format!("/v1/threads/{}/messages", local.thread(&room).await);
    let head = api.head().await;
    for (kind, name) in [
        ("user", "owner"),
        ("agent", "Owner"),
        ("service", "builder"),
        ("agent", "builder"),
        ("service", "signalbox"),
        ("service", "dlp"),
    ] {
        let run = json!({"room_id": room, "actor_type": kind, "actor_id": name});
        let refused = local.post("/v1/runs", run).await;
        let refused = refused.refused(403, "actor_reserved");
        assert_eq!(refused["field"], "actor_id");
        let message = json!({"content_md": "x", "sender_type": kind, "sender_id": name});
        let refused = local.post(&messages, message).await;
        let refused = refused.refused(403, "actor_reserved");
        assert_eq!(refused["field"], "sender_id");
    }
    assert_eq!(api.head().await, head);
}

#[tokio::test]
async fn a_run_from_a_terminal_goes_by_the_name_of_its_user() {
    let api = Api::start();
    let run = |env: &[(&str, &str)], words: &[&str]| {
        let words = [&["run"], words, &["--", "sh", "-c", "echo ran"]].concat();
        let mut command = verb(&api, &words);
        command.env_remove("USER").env_remove("LOGNAME");
        Said::of(command.envs(env.iter().copied()).output().unwrap())
    };
    for (env, words, actor) in [
        (&[("USER", "ann")][..], &[][..], "ann"),
        (&[("LOGNAME", "cron")], &[], "cron"),
        (&[], &[], "anon"),
        (&[("USER", "ann")], &["--as", "reviewer"], "reviewer"),
        // A user of that name is no reason not to run.
        (&[("USER", "owner")], &[], "anon"),
        (
            &[("USER", "ann"), ("SIGNALBOX_TOKEN", OWNER_TOKEN)],
            &["--as", "reviewer"],
            "owner",
        ),
    ] {
        let said = run(env, words);
        assert_eq!((said.code, said.stdout.as_str()), (Some(0), "ran\n"));
        let newest = say(&api, &["runs", "list", "--limit", "1"]).list()[0].clone();
        assert_eq!(newest["created_by_id"], actor, "{env:?} {words:?}");
        let path = format!(
            "/v1/events?limit=200&run_id={}",
            newest["run_id"].as_str().unwrap()
        );
        let events = api.local().get(&path).await.expect(200);
        let events = events["events"].as_array().unwrap();
        let named = |kind: &str| {
            let event = events.iter().find(|event| event["event_type"] == kind);
            event.unwrap_or_else(|| panic!("{kind} in {events:?}"))["actor_id"].clone()
        };
        for kind in ["run.created", "run.claimed", "step.created", "tool.invoked"] {
            assert_eq!(named(kind), actor, "{kind}");
        }
    }
    let said = run(&[], &["--as", "owner"]);
    assert_eq!((said.code, said.stdout.as_str()), (Some(5), ""));
    assert!(said.stderr.contains("another name"), "{}", said.stderr);
}
