//! Runs, steps, tool calls and artifacts over HTTP: shapes, chains of causes, and who may do what.

use crate::support::{Api, Http, Scene};
use serde_json::{Value, json};

fn id(value: &Value, member: &str) -> String {
    value[member]
        .as_str()
        .unwrap_or_else(|| panic!("{member} in {value}"))
        .to_owned()
}

async fn run(http: &Http, run_id: &str) -> Value {
    http.get(&format!("/v1/runs/{run_id}")).await.expect(200)["run"].clone()
}

#[tokio::test]
async fn a_run_from_its_creation_to_its_end() {
    let api = Api::start();
    let local = api.local();
    let engine = api.engine("builder").await;
    let room = local.room("room").await;
    let thread = local.thread(&room).await;
    let body = json!({"room_id": room, "thread_id": thread, "title": "t", "goal": "g", "input": {"a": [1.50, 1e21, null]},
        "tags": ["x"], "correlation_id": "corr-1"});
    let run_id = id(&local.post("/v1/runs", body).await.expect(201), "run_id");
    let queued = run(&local, &run_id).await;
    let expected = json!({"status": "queued", "title": "t", "goal": "g", "tags": ["x"], "thread_id": thread, "attempt_no": 0,
        "observed": false, "by_owner": false, "created_by_type": "user", "created_by_id": "anon", "output": null, "error": null, "claimed_by_actor_id": null, "lease_expires_at": null,
        "cancel_requested_at": null, "started_at": null, "ended_at": null, "correlation_id": "corr-1", "input": {"a": [1.5, 1e21, null]}});
    for (member, value) in expected.as_object().unwrap() {
        assert_eq!(&queued[member], value, "{member}");
    }

    let claimed = engine.post("/v1/runs/claim", json!({})).await.expect(200);
    assert_eq!(claimed["claimed"], true);
    let token = id(&claimed["run"], "claim_token");
    assert_eq!(claimed["run"]["run_id"], run_id.as_str());
    assert_eq!(claimed["run"]["status"], "running");
    assert_eq!(claimed["run"]["attempt_no"], 1);
    assert_eq!(claimed["run"]["claimed_by_actor_id"], "builder");
    assert_eq!(claimed["run"]["execution"], json!({"kind": "noop"}));
    let nothing = engine.post("/v1/runs/claim", json!({})).await.expect(200);
    assert_eq!(nothing, json!({"claimed": false, "run": null}));

    let fenced = api.local().header("x-claim-token", &token);
    let beat = engine
        .post(
            &format!("/v1/runs/{run_id}/lease/heartbeat"),
            json!({"claim_token": token}),
        )
        .await
        .expect(200);
    assert_eq!(
        (&beat["ok"], &beat["cancel_requested"]),
        (&json!(true), &json!(false))
    );
    assert!(id(&beat, "lease_expires_at") > id(&beat, "lease_heartbeat_at"));
    let step = fenced
        .post(
            &format!("/v1/runs/{run_id}/steps"),
            json!({"kind": "command", "title": "s"}),
        )
        .await;
    let step = id(&step.expect(201), "step_id");
    let call = engine.post(&format!("/v1/steps/{step}/toolcalls"), json!({"tool_name": "shell.exec", "input": {"argv": ["ls"]}, "model_context": {"model": "m"}})).await;
    let call = id(&call.expect(201), "tool_call_id");
    for (offset, stream, text) in [
        (0, "stdout", "one\n"),
        (4, "stdout", "two\u{0}\n"),
        (0, "stderr", "oh"),
    ] {
        let output =
            json!({"stream": stream, "offset_bytes": offset, "text": text, "claim_token": token});
        let reply = local
            .post(&format!("/v1/toolcalls/{call}/output"), output)
            .await
            .expect(200);
        assert_eq!(reply, json!({"ok": true, "truncated": false}));
    }
    let artifact = json!({"kind": "report", "title": "r", "mime_type": "text/plain", "content": {"type": "text", "text": "hello"}, "metadata": {"m": 1}});
    let artifact = id(
        &fenced
            .post(&format!("/v1/steps/{step}/artifacts"), artifact)
            .await
            .expect(201),
        "artifact_id",
    );
    fenced
        .post(
            &format!("/v1/toolcalls/{call}/succeed"),
            json!({"output": {"exit_code": 0}}),
        )
        .await
        .expect(200);
    fenced
        .post(
            &format!("/v1/runs/{run_id}/complete"),
            json!({"summary": "fine", "output": [1]}),
        )
        .await
        .expect(200);

    let ended = run(&local, &run_id).await;
    assert_eq!(
        (&ended["status"], &ended["summary"], &ended["output"]),
        (&json!("succeeded"), &json!("fine"), &json!([1]))
    );
    assert!(
        ended["ended_at"].is_string() && ended["lease_expires_at"].is_null(),
        "{ended}"
    );
    let steps = local
        .get(&format!("/v1/runs/{run_id}/steps"))
        .await
        .expect(200);
    assert_eq!(
        (&steps["steps"][0]["status"], &steps["steps"][0]["output"]),
        (&json!("succeeded"), &json!({"exit_code": 0}))
    );
    let calls = local
        .get(&format!("/v1/toolcalls?run_id={run_id}"))
        .await
        .expect(200);
    assert_eq!(
        (
            &calls["tool_calls"][0]["status"],
            &calls["tool_calls"][0]["output_bytes"]
        ),
        (&json!("succeeded"), &json!(13))
    );
    assert_eq!(
        local
            .get(&format!("/v1/toolcalls/{call}"))
            .await
            .expect(200)["tool_call"],
        calls["tool_calls"][0]
    );
    let found = local
        .get(&format!("/v1/artifacts/{artifact}"))
        .await
        .expect(200)["artifact"]
        .clone();
    assert_eq!(
        (
            &found["size_bytes"],
            &found["content_type"],
            &found["content_text"]
        ),
        (&json!(5), &json!("text"), &json!("hello"))
    );
    for query in [
        format!("run_id={run_id}"),
        format!("step_id={step}"),
        format!("room_id={room}"),
        format!("run_id={run_id}&step_id={step}"),
    ] {
        let list = local
            .get(&format!("/v1/artifacts?{query}"))
            .await
            .expect(200);
        assert_eq!(list["artifacts"], json!([found]), "{query}");
    }
    let attempts = local
        .get(&format!("/v1/runs/{run_id}/attempts"))
        .await
        .expect(200);
    assert_eq!(attempts["attempts"].as_array().unwrap().len(), 1);
    assert_eq!(attempts["attempts"][0]["release_reason"], "run_completed");

    // One correlation, an unbroken chain of causes, and the token nowhere.
    let events = local
        .get(&format!("/v1/events?run_id={run_id}&limit=200"))
        .await
        .expect(200)["events"]
        .clone();
    let events = events.as_array().unwrap();
    let types: Vec<&str> = events
        .iter()
        .map(|event| event["event_type"].as_str().unwrap())
        .collect();
    assert_eq!(
        types,
        [
            "run.created",
            "run.claimed",
            "run.started",
            "step.created",
            "tool.invoked",
            "tool.output",
            "tool.output",
            "tool.output",
            "artifact.created",
            "tool.succeeded",
            "run.completed",
            "evidence.manifest.created"
        ]
    );
    assert!(
        events
            .iter()
            .all(|event| event["correlation_id"] == "corr-1")
    );
    assert!(events[0]["causation_id"].is_null());
    for (index, event) in events.iter().enumerate().skip(1) {
        let cause = events[..index]
            .iter()
            .find(|earlier| earlier["event_id"] == event["causation_id"]);
        assert!(
            cause.is_some(),
            "{event} has no cause among its run's events"
        );
    }
    assert_eq!(events[6]["data"]["text"], "two\u{fffd}\n");
    for path in [
        format!("/v1/runs/{run_id}"),
        "/v1/runs".into(),
        format!("/v1/runs/{run_id}/attempts"),
        "/v1/events?limit=200".into(),
        format!("/v1/runs/{run_id}/steps"),
        "/v1/toolcalls".into(),
        "/v1/artifacts".into(),
        "/v1/engines".into(),
    ] {
        assert!(
            !api.owner().get(&path).await.text.contains(&token),
            "{path} shows the token"
        );
    }
    let detail = local
        .get(&format!("/v1/events/{}", id(&events[4], "event_id")))
        .await
        .expect(200)["event"]
        .clone();
    assert_eq!(detail["model_context"], json!({"model": "m"}));
}

#[tokio::test]
async fn runs_are_listed_by_their_newest_change() {
    let api = Api::start();
    let local = api.local();
    let (room, other) = (local.room("room").await, local.room("other").await);
    let (a, b, c) = (
        local.run(&room).await,
        local.run(&room).await,
        local.run(&other).await,
    );
    local
        .post(&format!("/v1/runs/{a}/start"), json!({}))
        .await
        .expect(200);
    let listed = async |query: &str| -> Vec<String> {
        let runs = local.get(&format!("/v1/runs?{query}")).await.expect(200)["runs"].clone();
        runs.as_array()
            .unwrap()
            .iter()
            .map(|run| id(run, "run_id"))
            .collect()
    };
    assert_eq!(listed("").await, [a.clone(), c.clone(), b.clone()]);
    assert_eq!(listed("limit=1").await, std::slice::from_ref(&a));
    assert_eq!(listed("status=queued").await, [c.clone(), b.clone()]);
    assert_eq!(listed(&format!("status=queued&room_id={room}")).await, [b]);
    assert_eq!(listed(&format!("room_id={other}")).await, [c]);
    assert_eq!(listed("status=running").await, [a]);
    for status in ["succeeded", "failed", "cancelled"] {
        assert_eq!(
            listed(&format!("status={status}")).await,
            Vec::<String>::new()
        );
    }
}

#[tokio::test]
async fn cancelling_asks_the_holder_to_stop() {
    let api = Api::start();
    let local = api.local();
    let engine = api.engine("builder").await;
    let room = local.room("room").await;
    let run_id = local.run(&room).await;
    let claimed = engine.post("/v1/runs/claim", json!({})).await.expect(200);
    let token = json!({"claim_token": claimed["run"]["claim_token"]});
    let cancel = format!("/v1/runs/{run_id}/cancel");
    local
        .post(&cancel, json!({"reason": "enough"}))
        .await
        .expect(200);
    assert_eq!(
        run(&local, &run_id).await["status"],
        "running",
        "its process may still live"
    );
    let beat = engine
        .post(&format!("/v1/runs/{run_id}/lease/heartbeat"), token.clone())
        .await
        .expect(200);
    assert_eq!(beat["cancel_requested"], true);
    engine
        .post(&format!("/v1/runs/{run_id}/fail"), token)
        .await
        .expect(200);
    assert_eq!(run(&local, &run_id).await["status"], "cancelled");
    local
        .post(&cancel, json!({}))
        .await
        .refused(409, "run_already_ended");
}

/// A command is handed out for the owner at once; that of whoever else waits for the owner.
#[tokio::test]
async fn a_command_of_somebody_else_is_not_handed_out() {
    let api = Api::start();
    let engine = api.engine("builder").await;
    let room = api.owner().room("room").await;
    let command = json!({"argv": ["true"], "cwd": "/tmp", "env": {}, "timeout_seconds": 5});
    for (who, expected) in [
        (api.owner(), json!("command")),
        (api.local(), Value::Null),
        (api.engine("other").await, Value::Null),
        // An engine that calls itself owner is still a service.
        (api.engine("owner").await, Value::Null),
    ] {
        let body = json!({"room_id": room, "input": {"command": command}});
        let created = who.post("/v1/runs", body).await.expect(201);
        assert_eq!(
            created["waiting_approval_id"].is_null(),
            expected == "command"
        );
        let claimed = engine.post("/v1/runs/claim", json!({})).await.expect(200);
        let execution = &claimed["run"]["execution"];
        assert_eq!(execution["kind"], expected);
        for member in ["argv", "cwd", "timeout_seconds"] {
            let told = &execution["command"][member];
            let due = if expected == "command" {
                &command[member]
            } else {
                &Value::Null
            };
            assert_eq!(told, due, "{member}");
        }
    }
}

#[tokio::test]
async fn an_observed_run_is_reported_by_whoever_runs_it() {
    let api = Api::start();
    let local = api.local();
    let room = local.room("room").await;
    let made = local
        .post("/v1/runs", json!({"room_id": room, "observed": true}))
        .await
        .expect(201);
    let (run_id, token) = (id(&made, "run_id"), id(&made, "claim_token"));
    assert!(made["lease_expires_at"].is_string());
    assert_eq!(run(&local, &run_id).await["status"], "running");
    assert_eq!(
        api.engine("e")
            .await
            .post("/v1/runs/claim", json!({}))
            .await
            .expect(200)["claimed"],
        false
    );
    let complete = format!("/v1/runs/{run_id}/complete");
    local
        .post(&complete, json!({}))
        .await
        .refused(409, "lease_token_mismatch");
    local
        .post(&complete, json!({"claim_token": token}))
        .await
        .expect(200);
}

#[tokio::test]
async fn live_output_is_cut_at_its_budget_and_says_so() {
    let api = Api::start();
    let local = api.local();
    let Scene { call, .. } = Scene::set(&local).await;
    let path = format!("/v1/toolcalls/{call}/output");
    let mut truncated = 0;
    for chunk in 0..66 {
        let body =
            json!({"stream": "stdout", "offset_bytes": chunk * 16_384, "text": "x".repeat(16_384)});
        let reply = local.post(&path, body).await.expect(200);
        truncated += u32::from(reply["truncated"] == true);
    }
    assert_eq!(truncated, 2, "64 chunks of 16 KiB are the megabyte");
    let kept = local
        .get(&format!("/v1/toolcalls/{call}"))
        .await
        .expect(200);
    assert_eq!(kept["tool_call"]["output_bytes"], 1_048_576);
}

/// What the owner has asked for is reported by nobody else, while it waits and while it runs.
#[tokio::test]
async fn nobody_reports_the_run_of_somebody_else() {
    let api = Api::start();
    let (owner, local, engine) = (api.owner(), api.local(), api.engine("builder").await);
    let room = local.room("room").await;
    let body = json!({"room_id": room, "input": {"command": {"argv": ["make", "deploy"]}}});
    let made = owner.post("/v1/runs", body).await.expect(201);
    let run = format!("/v1/runs/{}", made["run_id"].as_str().unwrap());
    let end = json!({"summary": "The command succeeded.", "output": {"exit_code": 0}});
    for who in [&local, &engine] {
        for verb in ["start", "cancel"] {
            let refusal = who.post(&format!("{run}/{verb}"), json!({})).await;
            refusal.refused(403, "run_of_another");
        }
    }
    owner
        .post(&format!("{run}/start"), json!({}))
        .await
        .expect(200);
    for who in [&local, &engine] {
        for (verb, body) in [
            ("steps", json!({"kind": "command"})),
            ("complete", end.clone()),
            ("fail", json!({"message": "no"})),
            ("cancel", json!({})),
        ] {
            let refusal = who.post(&format!("{run}/{verb}"), body).await;
            refusal.refused(403, "run_of_another");
        }
    }
    owner
        .post(&format!("{run}/complete"), end)
        .await
        .expect(200);

    // An engine's own is that engine's; what came without a token is anybody's on this machine.
    let made = engine
        .post("/v1/runs", json!({"room_id": room}))
        .await
        .expect(201);
    let run = format!("/v1/runs/{}", made["run_id"].as_str().unwrap());
    let other = api.engine("painter").await;
    for who in [&local, &other] {
        let refusal = who.post(&format!("{run}/start"), json!({})).await;
        refusal.refused(403, "run_of_another");
    }
    engine
        .post(&format!("{run}/start"), json!({}))
        .await
        .expect(200);
    let made = local.run(&room).await;
    local
        .post(&format!("/v1/runs/{made}/start"), json!({}))
        .await
        .expect(200);
}

#[tokio::test]
async fn runs_are_paged_newest_change_first() {
    let api = Api::start();
    let local = api.local();
    let room = local.room("room").await;
    let mut made = Vec::new();
    for _ in 0..3 {
        made.push(local.run(&room).await);
    }
    local
        .post(&format!("/v1/runs/{}/start", made[0]), json!({}))
        .await
        .expect(200);
    let mut seen = Vec::new();
    let mut cursor = String::new();
    for _ in 0..4 {
        let page = local
            .get(&format!("/v1/runs?limit=1{cursor}"))
            .await
            .expect(200);
        let ids = page["runs"].as_array().unwrap().iter();
        seen.extend(ids.map(|run| run["run_id"].as_str().unwrap().to_owned()));
        let Some(next) = page["next_cursor"].as_str() else {
            break;
        };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(seen, [&made[0], &made[2], &made[1]].map(Clone::clone));
}
