//! Its pages of runs, and its inbox.

use super::{has, page_allowed, signed_in};
use crate::auth;
use crate::identity::text;
use crate::support::{Api, Http};
use serde_json::{Value, json};

/// The inspector and the approval inbox: a run from queued to its end, and what the owner is asked.
#[tokio::test]
async fn it_follows_runs_and_decides() {
    let api = Api::start_with(page_allowed());
    let session = auth::bootstrap(&api).await;
    let web = signed_in(&api, &session);
    let room = web.room("room").await;
    let run = json!({"room_id": room, "title": "t", "goal": "g", "input": {"a": 1}, "tags": ["x"], "correlation_id": "web-run"});
    let run = text(&web.post("/v1/runs", run).await.expect(201), "run_id");
    web.post("/v1/runs", json!({}))
        .await
        .bad("missing_room_id", "room_id");
    let ok = json!({"ok": true});
    let start = format!("/v1/runs/{run}/start");
    assert_eq!(web.post(&start, json!({})).await.expect(200), ok);
    web.post(&start, json!({}))
        .await
        .refused(409, "run_not_queued");
    let steps = format!("/v1/runs/{run}/steps");
    web.post(&steps, json!({}))
        .await
        .bad("missing_kind", "kind");
    let step = json!({"kind": "task", "title": "s", "input": {}});
    let step = text(&web.post(&steps, step).await.expect(201), "step_id");
    let calls = format!("/v1/steps/{step}/toolcalls");
    web.post(&calls, json!({}))
        .await
        .bad("missing_tool_name", "tool_name");
    let call = json!({"tool_name": "look", "title": "c", "input": {"q": 1}, "actor_type": "user", "actor_id": "anon"});
    let call = text(&web.post(&calls, call).await.expect(201), "tool_call_id");
    let refused = json!({"tool_name": "external_write"});
    let refused = web.post(&calls, refused).await.expect(200);
    has(&refused, "decision reason_code reason");
    let path = format!("/v1/toolcalls/{call}");
    assert_eq!(
        web.post(&format!("{path}/succeed"), json!({"output": {"n": 1}}))
            .await
            .expect(200),
        ok
    );
    web.post(&format!("{path}/fail"), json!({"message": "m"}))
        .await
        .refused(409, "tool_call_not_running");
    let one = web.get(&path).await.expect(200);
    let members = "tool_call_id workspace_id room_id thread_id run_id step_id tool_name title status input output error started_at ended_at updated_at correlation_id last_event_id";
    has(&one["tool_call"], members);
    let listed = web
        .get(&format!(
            "/v1/toolcalls?run_id={run}&step_id={step}&limit=50"
        ))
        .await
        .expect(200);
    has(&listed["tool_calls"][0], members);
    let artifacts = format!("/v1/steps/{step}/artifacts");
    web.post(&artifacts, json!({}))
        .await
        .bad("missing_kind", "kind");
    let artifact = json!({"kind": "report", "title": "a", "mime_type": "text/plain", "content": {"type": "text", "text": "hello"}, "metadata": {}});
    let artifact = text(
        &web.post(&artifacts, artifact).await.expect(201),
        "artifact_id",
    );
    let members = "artifact_id workspace_id room_id thread_id run_id step_id kind title mime_type size_bytes sha256 content_type content_text content_json content_uri metadata created_at updated_at correlation_id last_event_id";
    let one = web
        .get(&format!("/v1/artifacts/{artifact}"))
        .await
        .expect(200);
    has(&one["artifact"], members);
    let listed = web
        .get(&format!(
            "/v1/artifacts?room_id={room}&run_id={run}&step_id={step}&limit=50"
        ))
        .await
        .expect(200);
    has(&listed["artifacts"][0], members);
    assert_eq!(
        web.post(
            &format!("/v1/runs/{run}/complete"),
            json!({"summary": "s", "output": {}})
        )
        .await
        .expect(200),
        ok
    );
    web.post(
        &format!("/v1/runs/{run}/fail"),
        json!({"message": "m", "error": {}}),
    )
    .await
    .refused(409, "run_already_ended");
    let failing = web.run(&room).await;
    web.post(&format!("/v1/runs/{failing}/start"), json!({}))
        .await
        .expect(200);
    assert_eq!(
        web.post(&format!("/v1/runs/{failing}/fail"), json!({"message": "m"}))
            .await
            .expect(200),
        ok
    );
    let one = web.get(&format!("/v1/runs/{run}")).await.expect(200);
    has(
        &one["run"],
        "run_id workspace_id room_id thread_id status title goal input output error tags claimed_by_actor_id lease_expires_at lease_heartbeat_at created_at started_at ended_at updated_at correlation_id last_event_id",
    );
    assert!(
        one["run"].get("claim_token").is_none_or(Value::is_null),
        "never shown"
    );
    let listed = web
        .get(&format!("/v1/runs?room_id={room}&status=failed&limit=50"))
        .await
        .expect(200);
    assert_eq!(listed["runs"][0]["run_id"], failing.as_str());
    let steps = web.get(&steps).await.expect(200);
    has(
        &steps["steps"][0],
        "step_id run_id kind title status input output created_at updated_at",
    );
    attempts(&api, &web, &room).await;

    // Events of the run, by its correlation, and one with everything.
    let events = web
        .get(&format!("/v1/events?run_id={run}&limit=200"))
        .await
        .expect(200);
    let all = events["events"].as_array().unwrap().clone();
    assert!(all.iter().all(|event| event["run_id"] == run.as_str()));
    let by_correlation = web
        .get("/v1/events?correlation_id=web-run&limit=200")
        .await
        .expect(200);
    assert!(by_correlation["events"].as_array().unwrap().len() >= 7);
    let types = "event_types=run.created,run.started&event_types=run.completed";
    let some = web
        .get(&format!("/v1/events?run_id={run}&{types}"))
        .await
        .expect(200);
    assert_eq!(some["events"].as_array().unwrap().len(), 3);
    let detail = web
        .get(&format!("/v1/events/{}", text(&all[0], "event_id")))
        .await
        .expect(200);
    has(
        &detail["event"],
        "policy_context model_context display idempotency_key redaction_level contains_secrets",
    );
    web.get(&format!("/v1/events?stream_type=room&run_id={run}"))
        .await
        .refused(400, "stream_type_and_stream_id_required_together");
    let report = web
        .get(&format!(
            "/v1/audit/hash-chain/verify?stream_type=room&stream_id={room}&limit=2000"
        ))
        .await
        .expect(200);
    has(
        &report,
        "stream_type stream_id checked valid first_mismatch last_event_hash",
    );
    assert_eq!(
        json!([report["valid"], report["first_mismatch"]]),
        json!([true, null])
    );
    inbox(&api, &web, &room).await;
}

async fn attempts(api: &Api, web: &Http, room: &str) {
    let run = web.run(room).await;
    let engine = api.engine("builder").await;
    let claimed = engine
        .post("/v1/runs/claim", json!({"room_id": room}))
        .await
        .expect(200);
    assert_eq!(claimed["run"]["run_id"], run.as_str());
    let listed = web
        .get(&format!("/v1/runs/{run}/attempts"))
        .await
        .expect(200);
    has(
        &listed["attempts"][0],
        "run_attempt_id run_id workspace_id room_id attempt_no claimed_by_actor_id actor_principal_id engine_id claimed_at released_at release_reason created_at updated_at",
    );
}

/// What agents ask, listed by tab, decided with a reason.
async fn inbox(api: &Api, web: &Http, room: &str) {
    let agent = api.local();
    let mut asked = Vec::new();
    for number in 0..3 {
        let body = json!({"action": "external.write", "title": "t", "request": {"purpose": "p", "risks": []}, "context": {"n": number}, "room_id": room,
            "scope": {"type": "room", "room_id": room}, "correlation_id": format!("ask-{number}"), "payload": number});
        asked.push(text(
            &agent.post("/v1/approvals", body).await.expect(201),
            "approval_id",
        ));
    }
    agent
        .post("/v1/approvals", json!({}))
        .await
        .bad("missing_action", "action");
    for (approval, decision, status) in [
        (&asked[0], "approve", "approved"),
        (&asked[1], "deny", "denied"),
        (&asked[2], "hold", "held"),
    ] {
        let path = format!("/v1/approvals/{approval}");
        let body = json!({"decision": decision, "reason": "because", "actor_type": "user", "actor_id": "ceo"});
        agent
            .post(&format!("{path}/decide"), body.clone())
            .await
            .refused(403, "owner_only");
        let done = web.post(&format!("{path}/decide"), body).await.expect(200);
        assert_eq!(done, json!({"ok": true}));
        let one = web.get(&path).await.expect(200);
        has(
            &one["approval"],
            "approval_id workspace_id room_id thread_id run_id step_id action status title request context scope expires_at requested_by_type requested_by_id requested_at decided_by_type decided_by_id decided_at decision decision_reason correlation_id created_at updated_at last_event_id",
        );
        assert_eq!(one["approval"]["status"], status);
        assert_eq!(one["approval"]["decided_by_id"], "owner");
        let tab = web
            .get(&format!(
                "/v1/approvals?status={status}&room_id={room}&limit=100"
            ))
            .await
            .expect(200);
        assert_eq!(tab["approvals"][0]["approval_id"], approval.as_str());
    }
    web.get("/v1/approvals?status=other")
        .await
        .bad("invalid_status", "status");
    web.get("/v1/approvals/appr_none")
        .await
        .refused(404, "approval_not_found");
    web.post(
        "/v1/approvals/appr_none/decide",
        json!({"decision": "approve"}),
    )
    .await
    .refused(404, "approval_not_found");
    let evaluated = json!({"action": "external.write", "room_id": room, "payload": 0, "actor_type": "user", "actor_id": "anon"});
    let evaluated = web.post("/v1/policy/evaluate", evaluated).await.expect(200);
    assert_eq!(evaluated["decision"], "allow");
    has(&evaluated, "decision reason_code reason");
}
