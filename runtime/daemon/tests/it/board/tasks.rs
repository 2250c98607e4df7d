//! Tasks: every verb, who may, in which state, and what the channel is told.

use super::{id, messages, refused, task};
use crate::support::{Api, Http, Reply, eventually};
use serde_json::{Value, json};

async fn verb(http: &Http, task_id: &str, verb: &str, body: Value) -> Reply {
    http.post(&format!("/tasks/{task_id}/{verb}"), body).await
}

async fn row(http: &Http, task_id: &str) -> Value {
    http.get(&format!("/tasks/{task_id}")).await.expect(200)
}

#[tokio::test]
async fn a_task_from_creation_to_result() {
    let api = Api::start();
    let local = api.local();
    let asked = json!({"from": "agent.ann", "created_by": "eve", "title": "Sweep", "context": {"where": "hall"},
                       "for": "agent.bob", "ch": "jobs"});
    let created = local.post("/tasks", asked).await.expect(201);
    assert_eq!(created.as_object().unwrap().len(), 1);
    let task_id = id(&created);
    let open = row(&local, &task_id).await;
    let mut members: Vec<&String> = open.as_object().unwrap().keys().collect();
    // What this board says beyond the contract.
    let more = ["attempt", "lease_expires_at", "correlation_id"];
    members.retain(|member| !more.contains(&member.as_str()));
    let mut expected = vec![
        "id",
        "created_at",
        "updated_at",
        "created_by",
        "assigned_to",
        "claimed_by",
        "claimed_at",
        "status",
        "title",
        "context",
        "result",
        "files",
        "ch",
    ];
    members.sort();
    expected.sort();
    assert_eq!(members, expected);
    assert_eq!(open["created_by"], "agent.ann");
    assert_eq!(open["assigned_to"], "agent.bob");
    assert_eq!(open["context"], json!({"where": "hall"}));
    assert_eq!(open["files"], json!([]));
    assert_eq!(open["created_at"], open["updated_at"]);
    for absent in ["claimed_by", "claimed_at", "result"] {
        assert_eq!(open[absent], Value::Null, "{absent}");
    }

    let claimed = verb(&local, &task_id, "claim", json!({"from": "agent.carl"}))
        .await
        .expect(200);
    assert_eq!(claimed["id"], *task_id);
    assert_eq!(claimed["status"], "claimed");
    assert_eq!(claimed["claimed-by"], "agent.carl");
    assert_eq!(
        claimed.get("lease_expires_at"),
        None,
        "no lease unless it is asked for"
    );
    let held = row(&local, &task_id).await;
    assert_eq!(
        (&held["status"], &held["claimed_by"]),
        (&json!("claimed"), &json!("agent.carl"))
    );
    assert!(held["claimed_at"].is_number());

    let update = json!({"from": "agent.carl", "progress": 0.5, "note": "half"});
    assert_eq!(
        verb(&local, &task_id, "update", update).await.expect(200),
        json!({"id": task_id})
    );
    let done = json!({"from": "agent.carl", "result": {"a": 1}, "files": ["sha256:ab"]});
    let done = verb(&local, &task_id, "done", done).await.expect(200);
    assert_eq!(done, json!({"id": task_id, "status": "done"}));
    let ended = row(&local, &task_id).await;
    // The result is JSON in a text; what else is JSON is not.
    assert_eq!(ended["result"], "{\"a\":1}");
    assert_eq!(ended["files"], json!(["sha256:ab"]));
    assert_eq!(
        (&ended["status"], &ended["claimed_by"]),
        (&json!("done"), &json!("agent.carl"))
    );

    let told = messages(&local.get("/ch/jobs/history?type=task.*").await);
    let told: Vec<Value> = told
        .iter()
        .map(|message| {
            json!([
                message["type"],
                message["from"],
                message["body"],
                message["files"]
            ])
        })
        .collect();
    assert_eq!(
        told,
        [
            json!(["task.created", "agent.ann", {"task-id": task_id, "title": "Sweep", "for": "agent.bob"}, []]),
            json!(["task.claimed", "agent.carl", {"task-id": task_id, "title": "Sweep"}, []]),
            json!(["task.updated", "agent.carl", {"task-id": task_id, "progress": 0.5, "note": "half"}, []]),
            json!(["task.done", "agent.carl", {"task-id": task_id, "title": "Sweep"}, ["sha256:ab"]]),
        ]
    );
}

#[tokio::test]
async fn a_task_that_is_given_back() {
    let api = Api::start();
    let local = api.local();
    let task_id = task(&local, json!({"for": "agent.bob"})).await;
    verb(&local, &task_id, "claim", json!({"from": "carl"}))
        .await
        .expect(200);
    let asked = verb(
        &local,
        &task_id,
        "interrupt",
        json!({"from": "ann", "reason": "late"}),
    )
    .await;
    assert_eq!(asked.expect(200), json!({"id": task_id, "signalled": true}));
    let before = row(&local, &task_id).await;
    verb(&local, &task_id, "interrupt", json!({"from": "ann"}))
        .await
        .expect(200);
    assert_eq!(
        row(&local, &task_id).await,
        before,
        "a signal changes nothing"
    );
    let back = verb(&local, &task_id, "abandon", json!({"from": "carl"}))
        .await
        .expect(200);
    assert_eq!(back, json!({"id": task_id, "status": "open"}));
    let open = row(&local, &task_id).await;
    assert_eq!(open["assigned_to"], "agent.bob");
    assert_eq!(
        (&open["claimed_by"], &open["claimed_at"]),
        (&Value::Null, &Value::Null)
    );
    let told = messages(&local.get("/ch/tasks/history").await);
    let bodies: Vec<(&Value, &Value)> =
        told[2..].iter().map(|m| (&m["type"], &m["body"])).collect();
    let body = |reason: Value| json!({"task-id": task_id, "title": "Sweep", "reason": reason});
    assert_eq!(bodies[0], (&json!("task.interrupt"), &body(json!("late"))));
    assert_eq!(bodies[1], (&json!("task.interrupt"), &body(Value::Null)));
    assert_eq!(
        bodies[2],
        (
            &json!("task.abandoned"),
            &json!({"task-id": task_id, "title": "Sweep"})
        )
    );
}

/// The order of the checks: a claim looks at its sender first, all others at their task.
#[tokio::test]
async fn refusals_have_the_order_and_the_words_of_the_contract() {
    let api = Api::start();
    let local = api.local();
    let create = |body: Value| local.post("/tasks", body);
    refused(
        &create(json!({})).await,
        400,
        "missing :from or :created_by",
    );
    refused(
        &create(json!({"title": "x"})).await,
        400,
        "missing :from or :created_by",
    );
    refused(&create(json!({"from": "a"})).await, 400, "missing :title");
    create(json!({"created_by": "a", "title": "x"}))
        .await
        .expect(201);

    let task_id = task(&local, json!({})).await;
    refused(
        &verb(&local, "none", "claim", json!({})).await,
        400,
        "missing :from",
    );
    refused(
        &verb(&local, "none", "claim", json!({"from": "a"})).await,
        404,
        "task not found",
    );
    for other in ["update", "done", "abandon", "interrupt", "heartbeat"] {
        refused(
            &verb(&local, "none", other, json!({})).await,
            404,
            "task not found",
        );
        refused(
            &verb(&local, &task_id, other, json!({})).await,
            400,
            "missing :from",
        );
        let broken = local
            .post_text(&format!("/tasks/{task_id}/{other}"), "{")
            .await;
        refused(&broken, 400, "invalid JSON body");
    }
    refused(&local.get("/tasks/none").await, 404, "task not found");
    let from = |name: &str| json!({"from": name});
    let open = |what: &str| format!("task must be claimed to {what}, currently: open");
    refused(
        &verb(&local, &task_id, "done", from("a")).await,
        409,
        &open("mark done"),
    );
    refused(
        &verb(&local, &task_id, "abandon", from("a")).await,
        409,
        &open("abandon"),
    );
    verb(&local, &task_id, "claim", from("a")).await.expect(200);
    for who in ["a", "b"] {
        refused(
            &verb(&local, &task_id, "claim", from(who)).await,
            409,
            "task is claimed, not open",
        );
    }
    let not_yours = [
        "only the claiming agent can mark this task done",
        "only the claiming agent can abandon this task",
    ];
    refused(
        &verb(&local, &task_id, "done", from("b")).await,
        403,
        not_yours[0],
    );
    refused(
        &verb(&local, &task_id, "abandon", from("b")).await,
        403,
        not_yours[1],
    );
    verb(&local, &task_id, "done", from("a")).await.expect(200);
    refused(
        &verb(&local, &task_id, "claim", from("b")).await,
        409,
        "task is done, not open",
    );
    refused(
        &verb(&local, &task_id, "done", from("b")).await,
        403,
        not_yours[0],
    );
    let done = "task must be claimed to mark done, currently: done";
    refused(&verb(&local, &task_id, "done", from("a")).await, 409, done);
    // Anybody may tell and ask, whatever the state.
    verb(
        &local,
        &task_id,
        "update",
        json!({"from": "b", "task-id": "mine"}),
    )
    .await
    .expect(200);
    verb(&local, &task_id, "interrupt", from("b"))
        .await
        .expect(200);
    let told = messages(&local.get("/ch/tasks/history?type=task.updated").await);
    assert_eq!(
        told[0]["body"],
        json!({"task-id": "mine"}),
        "what is posted wins"
    );
    assert_eq!(
        row(&local, &task_id).await["result"],
        "{}",
        "a result by default"
    );
}

#[tokio::test]
async fn lists_are_narrowed() {
    let api = Api::start();
    let local = api.local();
    let free = task(&local, json!({"title": "free"})).await;
    let meant = task(&local, json!({"title": "meant", "for": "bob"})).await;
    let taken = task(&local, json!({"title": "taken", "for": "ann"})).await;
    verb(&local, &taken, "claim", json!({"from": "bob"}))
        .await
        .expect(200);
    let ended = task(&local, json!({"title": "ended"})).await;
    verb(&local, &ended, "claim", json!({"from": "carl"}))
        .await
        .expect(200);
    verb(&local, &ended, "done", json!({"from": "carl"}))
        .await
        .expect(200);
    for (query, expected) in [
        ("", vec![&ended, &taken, &meant, &free]),
        ("?", vec![&ended, &taken, &meant, &free]),
        ("?status=open", vec![&meant, &free]),
        ("?status=open&", vec![&meant, &free]),
        ("?status=claimed", vec![&taken]),
        ("?status=done", vec![&ended]),
        ("?status=abandoned", vec![]),
        ("?for=bob", vec![&taken, &meant]),
        ("?for=ann", vec![&taken]),
        ("?status=open&for=bob", vec![&meant]),
        ("?for=nobody", vec![]),
    ] {
        let found = local.get(&format!("/tasks{query}")).await.expect(200);
        let found: Vec<String> = found.as_array().unwrap().iter().map(id).collect();
        assert_eq!(Vec::from_iter(&found), expected, "{query}");
    }
    let odd = local.get("/tasks?status=lost").await;
    refused(&odd, 400, "\"status\" must be open, claimed or done.");
}

#[tokio::test]
async fn sixty_four_claim_and_one_has_it() {
    let api = Api::start();
    let local = api.local();
    // Also when all of them go by the same name.
    for names in [64, 1] {
        let task_id = task(&local, json!({})).await;
        let mut racing = Vec::new();
        for n in 0..64 {
            let (http, path) = (local.clone(), format!("/tasks/{task_id}/claim"));
            let body = json!({"from": format!("agent.{}", n % names)});
            racing.push(tokio::spawn(async move { http.post(&path, body).await }));
        }
        let (mut won, mut lost) = (Vec::new(), 0);
        for one in racing {
            let reply = one.await.unwrap();
            if reply.status == 200 {
                won.push(reply.expect(200)["claimed-by"].clone());
            } else {
                refused(&reply, 409, "task is claimed, not open");
                lost += 1;
            }
        }
        assert_eq!((won.len(), lost), (1, 63));
        assert_eq!(row(&local, &task_id).await["claimed_by"], won[0]);
        let claims = messages(&local.get("/ch/tasks/history?type=task.claimed").await);
        let claims = claims
            .iter()
            .filter(|message| message["body"]["task-id"] == *task_id);
        assert_eq!(claims.count(), 1);
    }
}

#[tokio::test]
async fn a_claim_with_a_lease_comes_back() {
    let api = Api::start();
    let local = api.local();
    let task_id = task(&local, json!({})).await;
    let asked = json!({"from": "bob", "lease_s": 1});
    let claim = verb(&local, &task_id, "claim", asked).await.expect(200);
    assert_eq!(claim["attempt"], 1);
    let first = claim["lease_expires_at"].as_f64().unwrap();
    let beat = verb(
        &local,
        &task_id,
        "heartbeat",
        json!({"from": "bob", "attempt": 1}),
    )
    .await;
    assert!(beat.expect(200)["lease_expires_at"].as_f64().unwrap() >= first);
    // Its holder falls silent.
    eventually("the task is open again", async || {
        (row(&local, &task_id).await["status"] == "open").then_some(())
    })
    .await;
    let told = messages(&local.get("/ch/tasks/history?type=task.abandoned").await);
    let body =
        json!({"task-id": task_id, "title": "Sweep", "reason": "lease_expired", "holder": "bob"});
    assert_eq!(
        (&told[0]["from"], &told[0]["body"]),
        (&json!("signalbox"), &body)
    );
    let late = verb(&local, &task_id, "done", json!({"from": "bob"})).await;
    refused(
        &late,
        409,
        "task must be claimed to mark done, currently: open",
    );
    // The same agent again: the claim of before ends nothing.
    let again = verb(
        &local,
        &task_id,
        "claim",
        json!({"from": "bob", "lease_s": 60}),
    )
    .await;
    assert_eq!(again.expect(200)["attempt"], 2);
    let old = verb(
        &local,
        &task_id,
        "done",
        json!({"from": "bob", "attempt": 1}),
    )
    .await;
    refused(
        &old,
        409,
        "claim 1 of this task is over: its present claim is 2",
    );
    verb(
        &local,
        &task_id,
        "done",
        json!({"from": "bob", "attempt": 2}),
    )
    .await
    .expect(200);
    assert_eq!(row(&local, &task_id).await["lease_expires_at"], Value::Null);
}

#[tokio::test]
async fn leases_that_cannot_be() {
    let api = Api::start();
    let local = api.local();
    let task_id = task(&local, json!({})).await;
    for odd in [json!(0), json!(604_801), json!(u64::MAX)] {
        let refusal = verb(
            &local,
            &task_id,
            "claim",
            json!({"from": "a", "lease_s": odd}),
        )
        .await;
        let sentence = "\"lease_s\" must be a whole number of seconds from 1 to 604800. Leave it out to hold the task until it is done.";
        refused(&refusal, 400, sentence);
    }
    for odd in [json!("1"), json!(1.5), json!(-1)] {
        let refusal = verb(
            &local,
            &task_id,
            "claim",
            json!({"from": "a", "lease_s": odd}),
        )
        .await;
        refused(&refusal, 400, "\"lease_s\" must be a whole number.");
    }
    verb(&local, &task_id, "claim", json!({"from": "a"}))
        .await
        .expect(200);
    let beat = verb(&local, &task_id, "heartbeat", json!({"from": "a"}))
        .await
        .expect(409);
    assert!(
        beat["error"].as_str().unwrap().contains("lease_s"),
        "{beat}"
    );
    let other = verb(&local, &task_id, "heartbeat", json!({"from": "b"})).await;
    refused(&other, 403, "only the claiming agent can extend its lease");
}

#[tokio::test]
async fn a_key_asks_for_one_task() {
    let api = Api::start();
    let local = api.local();
    let asked = json!({"from": "a", "title": "x", "idempotency_key": "k"});
    let first = local.post("/tasks", asked.clone()).await.expect(201);
    assert_eq!(local.post("/tasks", asked).await.expect(201), first);
    assert_eq!(
        local
            .get("/tasks")
            .await
            .expect(200)
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

/// What is held survives the process, and so does its lease.
#[tokio::test]
async fn claims_survive_a_kill() {
    let api = Api::start();
    let local = api.local();
    let task_id = task(&local, json!({})).await;
    verb(
        &local,
        &task_id,
        "claim",
        json!({"from": "bob", "lease_s": 600}),
    )
    .await
    .expect(200);
    let before = row(&local, &task_id).await;
    let api = Api::start_again(api.kill());
    assert_eq!(row(&api.local(), &task_id).await, before);
}
