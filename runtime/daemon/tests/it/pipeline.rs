//! The pipeline over HTTP: where things stand, in pages without gap or duplicate, and how many there
//! are.

use crate::support::{Api, Http};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const STAGES: [&str; 6] = [
    "1_inbox",
    "2_pending_approval",
    "3_execute_workspace",
    "4_review_evidence",
    "5_promoted",
    "6_demoted",
];

async fn envelope(http: &Http, query: &str) -> Value {
    let path = format!("/v1/pipeline/projection?format=envelope{query}");
    http.get(&path).await.expect(200)
}

/// Stage and item of every entity.
async fn board(http: &Http) -> BTreeMap<String, (String, Value)> {
    let mut board = BTreeMap::new();
    let found = envelope(http, "").await;
    for stage in STAGES {
        for item in found["stages"][stage].as_array().unwrap() {
            let id = item["entity_id"].as_str().unwrap().to_owned();
            let before = board.insert(id, (stage.to_owned(), item.clone()));
            assert_eq!(before, None, "in two stages at once");
        }
    }
    board
}

async fn run(http: &Http, body: Value, verbs: &[&str]) -> String {
    let made = http.post("/v1/runs", body).await.expect(201);
    let run = made["run_id"].as_str().unwrap().to_owned();
    for verb in verbs {
        let path = format!("/v1/runs/{run}/{verb}");
        http.post(&path, json!({})).await.expect(200);
    }
    run
}

async fn judge(http: &Http, value: f64, more: Value) -> String {
    let mut body = json!({"template_key": "quality", "template_version": "1", "metrics": [{"key": "a", "value": value}]});
    body.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    let made = http.post("/v1/scorecards", body).await.expect(201);
    made["scorecard_id"].as_str().unwrap().to_owned()
}

async fn experiment(http: &Http) -> String {
    let body = json!({"title": "t", "hypothesis": "h", "budget_cap_units": 1, "risk_tier": "low"});
    let made = http.post("/v1/experiments", body).await.expect(201);
    made["experiment_id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn everything_is_in_its_stage() {
    let api = Api::start();
    let (owner, local) = (api.owner(), api.local());
    let room = local.room("room").await;
    let plain = json!({"room_id": room, "title": "work"});
    let queued = run(&local, plain.clone(), &[]).await;
    let running = run(&local, plain.clone(), &["start"]).await;
    let done = run(&local, plain.clone(), &["start", "complete"]).await;
    let failed = run(&local, plain.clone(), &["start", "fail"]).await;
    let cancelled = run(&local, plain.clone(), &["cancel"]).await;
    let mut judged = [(); 3].map(|()| String::new());
    for (run_id, score) in judged.iter_mut().zip([0.9, 0.6, 0.1]) {
        *run_id = run(&local, plain.clone(), &["start", "complete"]).await;
        judge(&local, score, json!({"run_id": run_id})).await;
    }
    let [good, weak, bad] = judged;
    // Passed before it was done.
    let early = run(&local, plain.clone(), &["start"]).await;
    judge(&local, 1.0, json!({"run_id": early})).await;
    let waiting =
        json!({"room_id": room, "input": {"command": {"argv": ["true"]}}, "goal": "to be true"});
    let waiting = local.post("/v1/runs", waiting).await.expect(201);
    let (asks, waiting) = (
        waiting["waiting_approval_id"].as_str().unwrap().to_owned(),
        waiting["run_id"].as_str().unwrap().to_owned(),
    );
    let asked = json!({"action": "external.write", "target": "x"});
    let asked = local.post("/v1/approvals", asked).await.expect(201);
    let asked = asked["approval_id"].as_str().unwrap().to_owned();
    let open = experiment(&local).await;
    let alone = judge(&local, 0.6, json!({})).await;
    let alone_bad = judge(&local, 0.1, json!({})).await;
    let board_now = board(&local).await;
    for (id, stage, status) in [
        (&queued, "3_execute_workspace", "queued"),
        (&running, "3_execute_workspace", "running"),
        (&done, "4_review_evidence", "succeeded"),
        (&failed, "6_demoted", "failed"),
        (&cancelled, "6_demoted", "cancelled"),
        (&good, "5_promoted", "succeeded"),
        (&weak, "4_review_evidence", "succeeded"),
        (&bad, "6_demoted", "succeeded"),
        (&early, "4_review_evidence", "running"),
        (&waiting, "2_pending_approval", "queued"),
        (&asks, "2_pending_approval", "pending"),
        (&asked, "2_pending_approval", "pending"),
        (&open, "1_inbox", "open"),
        (&alone, "1_inbox", "warn"),
        (&alone_bad, "6_demoted", "fail"),
    ] {
        let (there, item) = &board_now[id.as_str()];
        assert_eq!(
            (there.as_str(), item["status"].as_str().unwrap()),
            (stage, status),
            "{item}"
        );
    }
    let item = |id: &str| &board_now[id].1;
    assert_eq!(
        item(&early)["diagnostics"],
        json!(["ghost_evidence_or_mismatch"])
    );
    assert_eq!(item(&alone)["diagnostics"], json!(["unmatched_state"]));
    assert!(item(&good).get("diagnostics").is_none());
    assert_eq!(item(&queued)["title"], "work");
    assert_eq!(item(&waiting)["title"], "to be true");
    assert_eq!(item(&good)["entity_type"], "run");
    let links = &item(&good)["links"];
    assert_eq!(links["run_id"], good.as_str());
    assert_eq!(links["evidence_id"], good.replace("run_", "evd_"));
    assert!(links["scorecard_id"].as_str().unwrap().starts_with("scd_"));
    assert_eq!(links["incident_id"], json!(null));
    assert_eq!(item(&waiting)["links"]["approval_id"], asks.as_str());
    assert_eq!(item(&asks)["links"]["run_id"], waiting.as_str());

    // What is decided is no item any more, and its run goes on.
    let held = json!({"decision": "hold"});
    let path = format!("/v1/approvals/{asked}/decide");
    owner.post(&path, held).await.expect(200);
    let path = format!("/v1/approvals/{asks}/decide");
    let approve = json!({"decision": "approve"});
    owner.post(&path, approve).await.expect(200);
    let board_now = board(&local).await;
    assert_eq!(board_now[&asked].1["status"], "held");
    assert!(!board_now.contains_key(&asks));
    assert_eq!(board_now[&waiting].0, "3_execute_workspace");
    assert_eq!(board_now[&waiting].1["links"]["approval_id"], json!(null));
}

/// An experiment is where its newest run is, and takes what has ended along when it is over.
#[tokio::test]
async fn experiments_stand_where_their_newest_run_does() {
    let api = Api::start();
    let local = api.local();
    let room = local.room("room").await;
    let id = experiment(&local).await;
    let of_it = json!({"room_id": room, "experiment_id": id});
    let stage = async || board(&local).await[&id].0.clone();
    assert_eq!(stage().await, "1_inbox");
    let first = run(&local, of_it.clone(), &["start"]).await;
    assert_eq!(stage().await, "3_execute_workspace");
    let path = format!("/v1/runs/{first}/fail");
    local.post(&path, json!({})).await.expect(200);
    assert_eq!(stage().await, "6_demoted");
    let second = run(&local, of_it.clone(), &["start", "complete"]).await;
    assert_eq!(stage().await, "4_review_evidence");
    judge(&local, 0.0, json!({"run_id": first})).await;
    assert_eq!(stage().await, "4_review_evidence", "of an earlier run");
    judge(&local, 1.0, json!({"run_id": second})).await;
    assert_eq!(stage().await, "5_promoted");
    assert_eq!(
        board(&local).await[&id].1["links"]["run_id"],
        second.as_str()
    );
    judge(&local, 0.0, json!({"experiment_id": id})).await;
    assert_eq!(stage().await, "6_demoted");
    let third = run(&local, of_it.clone(), &["start"]).await;
    let path = format!("/v1/experiments/{id}/close");
    local.post(&path, json!({"force": true})).await.expect(200);
    let left = board(&local).await;
    assert_eq!(
        left.keys().collect::<Vec<_>>(),
        [&third],
        "it still goes on"
    );
    let path = format!("/v1/runs/{third}/complete");
    local.post(&path, json!({})).await.expect(200);
    assert!(board(&local).await.is_empty());
    judge(&local, 1.0, json!({"run_id": third})).await;
    assert!(board(&local).await.is_empty(), "over is over");
}

/// An incident of a run takes it out of the way until it is closed.
#[tokio::test]
async fn an_open_incident_demotes_its_run() {
    let api = Api::start();
    let (owner, local) = (api.owner(), api.local());
    let room = local.room("room").await;
    let done = run(&local, json!({"room_id": room}), &["start", "complete"]).await;
    judge(&local, 1.0, json!({"run_id": done})).await;
    assert_eq!(board(&local).await[&done].0, "5_promoted");
    let body = json!({"title": "it broke", "run_id": done});
    let opened = local.post("/v1/incidents", body).await.expect(201);
    let incident = opened["incident_id"].as_str().unwrap();
    let (stage, item) = board(&local).await[&done].clone();
    assert_eq!(stage, "6_demoted");
    assert_eq!(item["links"]["incident_id"], incident);
    let path = format!("/v1/incidents/{incident}");
    let rca = json!({"summary": "because"});
    local.post(&format!("{path}/rca"), rca).await.expect(200);
    let learning = json!({"note": "never again"});
    let reply = local.post(&format!("{path}/learning"), learning).await;
    reply.expect(201);
    let reply = owner.post(&format!("{path}/close"), json!({})).await;
    reply.expect(200);
    let (stage, item) = board(&local).await[&done].clone();
    assert_eq!(stage, "5_promoted");
    assert_eq!(item["links"]["incident_id"], incident);
}

#[tokio::test]
async fn what_people_and_tools_say_moves_nothing() {
    let api = Api::start();
    let local = api.local();
    let room = local.room("room").await;
    let run_id = run(&local, json!({"room_id": room}), &["start"]).await;
    let before = board(&local).await;
    let thread = local.thread(&room).await;
    local.message(&thread, "hello").await;
    let step = json!({"kind": "task"});
    let step = local.post(&format!("/v1/runs/{run_id}/steps"), step).await;
    let path = format!(
        "/v1/steps/{}/toolcalls",
        step.expect(201)["step_id"].as_str().unwrap()
    );
    let call = local
        .post(&path, json!({"tool_name": "t"}))
        .await
        .expect(201);
    let path = format!(
        "/v1/toolcalls/{}/output",
        call["tool_call_id"].as_str().unwrap()
    );
    let output = json!({"stream": "stdout", "offset_bytes": 0, "text": "x"});
    local.post(&path, output).await.expect(200);
    assert_eq!(board(&local).await, before);
}

#[tokio::test]
async fn pages_have_no_gap_and_no_duplicate() {
    let api = Api::start();
    let local = api.local();
    let room = local.room("room").await;
    let id = experiment(&local).await;
    for number in 0..23 {
        let endings: [&[&str]; 4] = [&[], &["start"], &["start", "complete"], &["cancel"]];
        let ending = endings[number % 4];
        let body = match number % 2 {
            // Item and experiment change by the same event.
            0 => json!({"room_id": room, "experiment_id": id}),
            _ => json!({"room_id": room}),
        };
        run(&local, body, ending).await;
    }
    let all = envelope(&local, "").await;
    assert_eq!(all["meta"]["truncated"], false);
    assert_eq!(all["meta"]["next_cursor"], json!(null));
    let ids = |page: &Value| -> Vec<String> {
        let items = STAGES
            .iter()
            .flat_map(|stage| page["stages"][stage].as_array().unwrap());
        items
            .map(|item| item["entity_id"].as_str().unwrap().to_owned())
            .collect()
    };
    let mut expected = ids(&all);
    expected.sort();
    assert_eq!(expected.len(), 24);
    for limit in [1, 2, 5, 23] {
        for exact in [true, false] {
            let (mut seen, mut cursor, mut last_time) = (Vec::new(), String::new(), None);
            loop {
                let page = envelope(&local, &format!("&limit={limit}{cursor}")).await;
                let meta = &page["meta"];
                let here = ids(&page);
                assert!(here.len() <= limit, "{limit}");
                let total: u64 = STAGES
                    .iter()
                    .map(|stage| meta["stage_stats"][stage]["total"].as_u64().unwrap())
                    .sum();
                assert_eq!(total, 24, "true totals on every page");
                seen.extend(here);
                let next = &meta["next_cursor"];
                assert_eq!(meta["truncated"], !next.is_null());
                if next.is_null() {
                    break;
                }
                let text = |member: &str| next[member].as_str().unwrap();
                assert!(
                    last_time
                        .as_deref()
                        .is_none_or(|last| text("updated_at") <= last)
                );
                last_time = Some(text("updated_at").to_owned());
                cursor = format!(
                    "&cursor_updated_at={}&cursor_entity_type={}&cursor_entity_id={}",
                    text("updated_at"),
                    text("entity_type"),
                    text("entity_id")
                );
                if exact {
                    cursor += &format!("&cursor_position={}", next["position"]);
                }
            }
            let count = seen.len();
            seen.sort();
            seen.dedup();
            assert_eq!(count, seen.len(), "no duplicate at {limit}");
            assert_eq!(seen, expected, "no gap at {limit}");
        }
    }
}

/// What changes while somebody pages moves to the top, and takes nothing else away.
#[tokio::test]
async fn a_change_between_pages_hides_nothing_else() {
    let api = Api::start();
    let local = api.local();
    let room = local.room("room").await;
    let mut runs = Vec::new();
    for _ in 0..6 {
        runs.push(run(&local, json!({"room_id": room}), &[]).await);
    }
    for exact in [true, false] {
        let first = envelope(&local, "&limit=2").await;
        let next = &first["meta"]["next_cursor"];
        let last = next["entity_id"].as_str().unwrap().to_owned();
        // The very item that the cursor names.
        let path = format!("/v1/runs/{last}/start");
        local.post(&path, json!({})).await.expect(200);
        let mut cursor = format!(
            "&cursor_updated_at={}&cursor_entity_type=run&cursor_entity_id={last}",
            next["updated_at"].as_str().unwrap()
        );
        if exact {
            cursor += &format!("&cursor_position={}", next["position"]);
        }
        let rest = envelope(&local, &cursor).await;
        let mut seen: Vec<Value> = Vec::new();
        for page in [&first, &rest] {
            for stage in STAGES {
                let items = page["stages"][stage].as_array().unwrap();
                seen.extend(items.iter().map(|item| item["entity_id"].clone()));
            }
        }
        for run in &runs {
            assert!(seen.contains(&json!(run)), "{run} {exact}");
        }
    }
}

#[tokio::test]
async fn a_board_has_the_newest_of_every_stage_and_the_totals() {
    let api = Api::start();
    let local = api.local();
    let room = local.room("room").await;
    for _ in 0..2 {
        run(&local, json!({"room_id": room}), &["cancel"]).await;
    }
    let mut newest = String::new();
    for _ in 0..5 {
        newest = run(&local, json!({"room_id": room}), &[]).await;
    }
    let found = envelope(&local, "&per_stage=3").await;
    let stats = &found["meta"]["stage_stats"];
    let full = json!({"returned": 3, "total": 5, "truncated": true});
    assert_eq!(stats["3_execute_workspace"], full);
    let whole = json!({"returned": 2, "total": 2, "truncated": false});
    assert_eq!(stats["6_demoted"], whole);
    let none = json!({"returned": 0, "total": 0, "truncated": false});
    assert_eq!(stats["1_inbox"], none);
    assert_eq!(found["meta"]["truncated"], true);
    assert_eq!(found["meta"]["next_cursor"], json!(null));
    let first = &found["stages"]["3_execute_workspace"][0];
    assert_eq!(first["entity_id"], newest.as_str());
    assert_eq!(found["meta"]["watermark_event_id"], first["last_event_id"]);
    let clamped = envelope(&local, "&per_stage=0").await;
    assert_eq!(clamped["meta"]["stage_stats"]["6_demoted"]["returned"], 1);
    let page = envelope(&local, "&limit=6").await;
    assert_eq!(
        page["meta"]["stage_stats"]["3_execute_workspace"]["returned"],
        5
    );
    let cut = json!({"returned": 1, "total": 2, "truncated": true});
    assert_eq!(page["meta"]["stage_stats"]["6_demoted"], cut);
}

#[tokio::test]
async fn both_formats_say_what_they_are() {
    let api = Api::start();
    let local = api.local();
    let empty = envelope(&local, "").await;
    assert_eq!(empty["meta"]["watermark_event_id"], json!(null));
    assert_eq!(empty["meta"]["schema_version"], "2.1");
    assert_eq!(empty["meta"]["workspace_id"], "ws_dev");
    assert_eq!(empty["meta"]["limit"], 200);
    for stage in STAGES {
        assert_eq!(empty["stages"][stage], json!([]));
    }
    let room = local.room("room").await;
    let run_id = run(&local, json!({"room_id": room}), &[]).await;
    for path in ["", "?format=flat", "?per_stage=5"] {
        let flat = local.get(&format!("/v1/pipeline/projection{path}")).await;
        let flat = flat.expect(200);
        assert_eq!(flat.as_object().unwrap().len(), 8, "{flat}");
        assert_eq!(flat["schema_version"], "2.1");
        assert!(flat["generated_at"].is_string());
        assert_eq!(flat["3_execute_workspace"][0]["entity_id"], run_id.as_str());
        assert_eq!(flat["5_promoted"], json!([]));
    }
}

#[tokio::test]
async fn a_cursor_is_whole_or_refused() {
    let api = Api::start();
    let local = api.local();
    let get = async |query: &str| local.get(&format!("/v1/pipeline/projection?{query}")).await;
    let (time, entity, id) = (
        "cursor_updated_at=2026-01-01T00:00:00Z",
        "cursor_entity_type=run",
        "cursor_entity_id=run_1",
    );
    get(&format!("{time}&{entity}&{id}")).await.expect(200);
    for (query, field) in [
        (time.to_owned(), "cursor_entity_type"),
        (entity.to_owned(), "cursor_updated_at"),
        (id.to_owned(), "cursor_updated_at"),
        (format!("{time}&{entity}"), "cursor_entity_id"),
        (format!("{time}&{id}"), "cursor_entity_type"),
        (format!("{entity}&{id}"), "cursor_updated_at"),
        ("cursor_position=1".to_owned(), "cursor_updated_at"),
        (
            format!("{time}&{entity}&cursor_entity_id="),
            "cursor_entity_id",
        ),
    ] {
        get(&query).await.bad("missing_required_field", field);
    }
    let odd = format!("{entity}&{id}&cursor_updated_at=yesterday");
    get(&odd)
        .await
        .bad("invalid_parameter", "cursor_updated_at");
    let odd = format!("{time}&{id}&cursor_entity_type=message");
    get(&odd)
        .await
        .bad("invalid_parameter", "cursor_entity_type");
    let odd = format!("{time}&{entity}&{id}&cursor_position=x");
    get(&odd).await.bad("invalid_parameter", "cursor_position");
    let both = format!("{time}&{entity}&{id}&per_stage=5");
    get(&both)
        .await
        .bad("invalid_payload_combination", "per_stage");
    get("format=tree").await.bad("invalid_parameter", "format");
    get("per_stage=x")
        .await
        .bad("invalid_parameter", "per_stage");
}

#[tokio::test]
async fn a_pipeline_is_of_its_workspace() {
    let api = Api::start();
    let (owner, local) = (api.owner(), api.local());
    let foreign = owner.clone().workspace("ws_b");
    let room = foreign.room("elsewhere").await;
    run(&foreign, json!({"room_id": room}), &[]).await;
    assert!(board(&local).await.is_empty());
    assert!(board(&owner).await.is_empty());
    assert_eq!(board(&foreign).await.len(), 1);
    let found = envelope(&foreign, "").await;
    assert_eq!(found["meta"]["workspace_id"], "ws_b");
    let reply = local.workspace("ws_b").get("/v1/pipeline/projection").await;
    reply.refused(403, "workspace_forbidden");
}
