//! Experiments and scorecards over HTTP.

use crate::support::{Api, Http};
use serde_json::{Value, json};

fn plan() -> Value {
    json!({"title": "t", "hypothesis": "h", "budget_cap_units": 10, "risk_tier": "low"})
}

fn with(mut body: Value, member: &str, value: Value) -> Value {
    body[member] = value;
    body
}

async fn experiment(http: &Http, body: Value) -> String {
    let made = http.post("/v1/experiments", body).await.expect(201);
    made["experiment_id"].as_str().unwrap().to_owned()
}

fn judgement() -> Value {
    json!({"template_key": "quality", "template_version": "1", "metrics": [{"key": "a", "value": 0.8}]})
}

#[tokio::test]
async fn an_experiment_lives_from_its_creation_to_its_end() {
    let api = Api::start();
    let local = api.local();
    let room = local.room("room").await;
    let body = json!({"title": " t ", "hypothesis": "h", "success_criteria": ["a"], "stop_conditions": {"b": 1},
        "budget_cap_units": 10, "risk_tier": "low", "metadata": {"c": 1.5}, "room_id": room, "actor_id": "ann"});
    let id = experiment(&local, body).await;
    assert!(id.starts_with("exp_"));
    let path = format!("/v1/experiments/{id}");
    let row = local.get(&path).await.expect(200)["experiment"].clone();
    for (member, value) in [
        ("workspace_id", json!("ws_dev")),
        ("room_id", json!(room)),
        ("status", json!("open")),
        ("title", json!("t")),
        ("success_criteria", json!(["a"])),
        ("stop_conditions", json!({"b": 1})),
        ("budget_cap_units", json!(10)),
        ("metadata", json!({"c": 1.5})),
        ("active_run_count", json!(0)),
        ("created_by_id", json!("ann")),
        ("closed_at", json!(null)),
    ] {
        assert_eq!(row[member], value, "{member}");
    }
    let change = json!({"title": "u", "budget_cap_units": 0.5, "risk_tier": "high", "actor_type": "agent", "actor_id": "bot"});
    let update = format!("{path}/update");
    local.post(&update, change).await.expect(200);
    let row = local.get(&path).await.expect(200)["experiment"].clone();
    assert_eq!(
        json!([
            row["title"],
            row["budget_cap_units"],
            row["risk_tier"],
            row["hypothesis"]
        ]),
        json!(["u", 0.5, "high", "h"])
    );
    let run = json!({"room_id": room, "experiment_id": id});
    let run = local.post("/v1/runs", run).await.expect(201)["run_id"].clone();
    let one = format!("/v1/runs/{}", run.as_str().unwrap());
    let row = local.get(&one).await.expect(200);
    assert_eq!(row["run"]["experiment_id"], id.as_str());
    local.run(&room).await;
    for list in [
        format!("/v1/runs?experiment_id={id}"),
        format!("/v1/runs?experiment_id={id}&room_id={room}&status=queued"),
    ] {
        let runs = local.get(&list).await.expect(200);
        assert_eq!(runs["runs"].as_array().unwrap().len(), 1, "{list}");
        assert_eq!(runs["runs"][0]["run_id"], run);
    }
    let close = format!("{path}/close");
    let reply = local.post(&close, json!({"reason": "r"})).await;
    reply.refused(409, "experiment_has_active_runs");
    let forced = json!({"reason": "r", "force": true, "actor_id": "ann"});
    let closed = local.post(&close, forced).await.expect(200);
    assert_eq!(
        closed,
        json!({"ok": true, "status": "stopped", "active_run_count": 1})
    );
    let row = local.get(&path).await.expect(200)["experiment"].clone();
    assert_eq!(
        json!([row["status"], row["close_reason"], row["active_run_count"]]),
        json!(["stopped", "r", 1])
    );
    local
        .post(&close, json!({}))
        .await
        .refused(409, "experiment_not_open");
    local
        .post(&update, json!({"title": "v"}))
        .await
        .refused(409, "experiment_not_open");
    let run = json!({"room_id": room, "experiment_id": id});
    local
        .post("/v1/runs", run)
        .await
        .refused(409, "experiment_not_open");
    let log = local.get(&format!("/v1/events?room_id={room}")).await;
    let story: Vec<String> = log.expect(200)["events"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|event| event["event_type"].as_str().unwrap().starts_with("exp"))
        .map(|event| {
            let text = |member: &str| event[member].as_str().unwrap().to_owned();
            format!("{} {}", text("event_type"), text("actor_id"))
        })
        .collect();
    assert_eq!(
        story,
        [
            "experiment.created ann",
            "experiment.updated bot",
            "experiment.closed ann"
        ]
    );
}

#[tokio::test]
async fn what_is_wrong_with_an_experiment_is_named() {
    let api = Api::start();
    let (owner, local) = (api.owner(), api.local());
    let room = local.room("room").await;
    let other = local.room("other").await;
    for (member, value, code) in [
        ("title", json!(null), "missing_title"),
        ("hypothesis", json!(" "), "missing_hypothesis"),
        ("budget_cap_units", json!(-1), "invalid_budget_cap_units"),
        ("budget_cap_units", json!("1"), "invalid_budget_cap_units"),
        ("budget_cap_units", json!(null), "invalid_budget_cap_units"),
        ("risk_tier", json!("extreme"), "invalid_risk_tier"),
        ("risk_tier", json!(null), "invalid_risk_tier"),
    ] {
        let reply = local
            .post("/v1/experiments", with(plan(), member, value))
            .await;
        reply.bad(code, member);
    }
    let body = with(plan(), "room_id", json!("room_nowhere"));
    let reply = local.post("/v1/experiments", body).await;
    reply.refused(404, "room_not_found");
    let body = with(plan(), "actor_id", json!("owner"));
    let reply = local.post("/v1/experiments", body).await;
    reply.refused(403, "actor_reserved");

    let foreign = owner.clone().workspace("ws_b");
    let elsewhere = experiment(&foreign, plan()).await;
    for id in [elsewhere.as_str(), "exp_nowhere"] {
        let path = format!("/v1/experiments/{id}");
        local.get(&path).await.refused(404, "experiment_not_found");
        for (verb, body) in [("update", json!({"title": "t"})), ("close", json!({}))] {
            let reply = local.post(&format!("{path}/{verb}"), body).await;
            reply.refused(404, "experiment_not_found");
        }
        let run = json!({"room_id": room, "experiment_id": id});
        let reply = local.post("/v1/runs", run).await;
        reply.refused(404, "experiment_not_found");
        let reply = local.get(&format!("/v1/runs?experiment_id={id}")).await;
        reply.refused(404, "experiment_not_found");
    }
    let id = experiment(&local, with(plan(), "room_id", json!(other))).await;
    let run = json!({"room_id": room, "experiment_id": id});
    let reply = local.post("/v1/runs", run).await;
    reply.bad("experiment_room_mismatch", "experiment_id");
    let path = format!("/v1/experiments/{id}/update");
    local
        .post(&path, json!({}))
        .await
        .bad("empty_update", "body");
}

#[tokio::test]
async fn experiments_are_listed_newest_change_first() {
    let api = Api::start();
    let (owner, local) = (api.owner(), api.local());
    let room = local.room("room").await;
    let mut made = Vec::new();
    for number in 0..5 {
        let body = with(plan(), "title", json!(number.to_string()));
        let body = match number % 2 {
            0 => with(body, "room_id", json!(room)),
            _ => body,
        };
        made.push(experiment(&local, body).await);
    }
    experiment(&owner.clone().workspace("ws_b"), plan()).await;
    let close = format!("/v1/experiments/{}/close", made[0]);
    local.post(&close, json!({})).await.expect(200);
    let listed = async |query: &str| -> Vec<String> {
        let reply = local.get(&format!("/v1/experiments?{query}")).await;
        let list = reply.expect(200)["experiments"].clone();
        let title = |row: &Value| row["title"].as_str().unwrap().to_owned();
        list.as_array().unwrap().iter().map(title).collect()
    };
    assert_eq!(listed("").await, ["0", "4", "3", "2", "1"]);
    assert_eq!(listed("status=open").await, ["4", "3", "2", "1"]);
    assert_eq!(listed("status=closed").await, ["0"]);
    assert_eq!(listed(&format!("room_id={room}")).await, ["0", "4", "2"]);
    let both = format!("room_id={room}&status=open");
    assert_eq!(listed(&both).await, ["4", "2"]);
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = format!("/v1/experiments?limit=2{cursor}");
        let page = local.get(&path).await.expect(200);
        let rows = page["experiments"].as_array().unwrap();
        seen.extend(rows.iter().map(|row| row["title"].clone()));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(json!(seen), json!(["0", "4", "3", "2", "1"]));
    let reply = local.get("/v1/experiments?status=over").await;
    reply.bad("invalid_status", "status");
    let reply = local.get("/v1/experiments?room_id=nowhere").await;
    reply.refused(404, "room_not_found");
}

#[tokio::test]
async fn a_scorecard_is_recorded_and_listed() {
    let api = Api::start();
    let (owner, local) = (api.owner(), api.local());
    let room = local.room("room").await;
    let id = experiment(&local, plan()).await;
    let run = json!({"room_id": room, "experiment_id": id});
    let run = local.post("/v1/runs", run).await.expect(201)["run_id"].clone();
    let run = run.as_str().unwrap();
    for verb in ["start", "complete"] {
        let path = format!("/v1/runs/{run}/{verb}");
        local.post(&path, json!({})).await.expect(200);
    }
    let evidence = run.replace("run_", "evd_");
    let body = json!({"template_key": "quality", "template_version": "2", "evidence_id": evidence, "requires_evidence": true,
        "metrics": [{"key": "a", "value": 1, "weight": 3}, {"key": "b", "value": 0.0}], "rationale": "because",
        "metadata": {"c": 1}, "agent_id": "agt_1", "actor_type": "agent", "actor_id": "judge"});
    let made = local.post("/v1/scorecards", body).await.expect(201);
    let scorecard = made["scorecard_id"].as_str().unwrap();
    assert!(scorecard.starts_with("scd_"));
    let path = format!("/v1/scorecards/{scorecard}");
    let row = local.get(&path).await.expect(200)["scorecard"].clone();
    for (member, value) in [
        ("run_id", json!(run)),
        ("experiment_id", json!(id)),
        ("evidence_id", json!(evidence)),
        ("agent_id", json!("agt_1")),
        ("score", json!(0.75)),
        ("decision", json!("pass")),
        ("rationale", json!("because")),
        ("recorded_by_type", json!("agent")),
        ("recorded_by_id", json!("judge")),
    ] {
        assert_eq!(row[member], value, "{member}");
    }
    let events = local.get("/v1/events?event_types=scorecard.recorded").await;
    let event = events.expect(200)["events"][0].clone();
    assert_eq!(event["stream_type"], "workspace");
    assert_eq!(event["data"]["metrics_hash"], row["metrics_hash"]);

    let weak = with(judgement(), "metrics", json!([{"key": "a", "value": 0.1}]));
    local.post("/v1/scorecards", weak).await.expect(201);
    let listed = async |query: &str| {
        let reply = local.get(&format!("/v1/scorecards?{query}")).await;
        reply.expect(200)["scorecards"].as_array().unwrap().len()
    };
    for (query, count) in [
        (String::new(), 2),
        (format!("run_id={run}"), 1),
        (format!("experiment_id={id}"), 1),
        (format!("run_id={run}&experiment_id=exp_nowhere"), 0),
        ("run_id=run_nowhere".to_owned(), 0),
        ("agent_id=agt_1".to_owned(), 1),
        ("decision=fail".to_owned(), 1),
        ("decision=pass&agent_id=agt_1".to_owned(), 1),
        ("decision=warn".to_owned(), 0),
        ("limit=1".to_owned(), 1),
    ] {
        assert_eq!(listed(&query).await, count, "{query}");
    }
    let first = local.get("/v1/scorecards?limit=1").await.expect(200);
    let next = first["next_cursor"].as_str().unwrap();
    let second = local.get(&format!("/v1/scorecards?cursor={next}")).await;
    assert_eq!(
        second.expect(200)["scorecards"][0]["scorecard_id"],
        scorecard
    );
    let reply = local.get("/v1/scorecards?decision=good").await;
    reply.bad("invalid_decision", "decision");

    let foreign = owner.clone().workspace("ws_b");
    foreign.get(&path).await.refused(404, "scorecard_not_found");
    let none = foreign.get("/v1/scorecards").await.expect(200);
    assert_eq!(none["scorecards"], json!([]));
}

#[tokio::test]
async fn what_is_wrong_with_a_scorecard_is_named() {
    let api = Api::start();
    let local = api.local();
    let room = local.room("room").await;
    let id = experiment(&local, plan()).await;
    let (one, other) = (local.run(&room).await, local.run(&room).await);
    let cancel = format!("/v1/runs/{one}/cancel");
    local.post(&cancel, json!({})).await.expect(200);
    let evidence = one.replace("run_", "evd_");
    for (member, value, status, code) in [
        ("template_key", json!(null), 400, "missing_template_key"),
        (
            "template_version",
            json!(" "),
            400,
            "missing_template_version",
        ),
        ("metrics", json!([]), 400, "invalid_metrics"),
        (
            "requires_evidence",
            json!(true),
            400,
            "missing_evidence_for_template",
        ),
        (
            "evidence_id",
            json!("evd_nowhere"),
            404,
            "evidence_not_found",
        ),
        ("run_id", json!("run_nowhere"), 404, "run_not_found"),
        (
            "experiment_id",
            json!("exp_nowhere"),
            404,
            "experiment_not_found",
        ),
        ("principal_id", json!("nobody"), 404, "principal_not_found"),
        ("actor_id", json!("owner"), 403, "actor_reserved"),
    ] {
        let body = with(judgement(), member, value);
        local
            .post("/v1/scorecards", body)
            .await
            .refused(status, code);
    }
    let body = with(
        with(judgement(), "evidence_id", json!(evidence)),
        "run_id",
        json!(other),
    );
    let reply = local.post("/v1/scorecards", body).await;
    reply.bad("evidence_run_mismatch", "evidence_id");
    let body = with(
        with(judgement(), "experiment_id", json!(id)),
        "run_id",
        json!(one),
    );
    let reply = local.post("/v1/scorecards", body).await;
    reply.bad("experiment_run_mismatch", "experiment_id");
}
