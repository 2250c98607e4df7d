//! A long, mixed history: every event type, every end that a run can have, two workspaces, texts
//! that look like secrets, and JSON that is easy to get wrong.

use super::api::Api;
use super::http::Http;
use serde_json::{Value, json};

/// What came of it.
pub struct History {
    pub rooms: Vec<String>,
    pub threads: Vec<String>,
    pub foreign_room: String,
}

/// Put together at run time: no secret-like text in the source.
pub fn secret(prefix: &str) -> String {
    format!("{prefix}{}", "Zq7".repeat(12))
}

/// JSON that survives only if numbers, keys and escapes are treated exactly.
pub fn awkward() -> Value {
    json!({
        "10": 1, "2": 2, "01": 3, "b": 1.0, "a": -0.0, "é": "ü", "\u{ff5e}": 1, "\u{1f600}": 2, "": null,
        "numbers": [0.1, 1e21, 1e-7, 123456789012345680000.0, u64::MAX, i64::MIN, 5e-324, 1.7976931348623157e308, 4.35, 9007199254740993_u64],
        "texts": ["\u{2028}\u{7}\"\\/", "\u{10ffff}", "a\tb\r\nc", " "],
        "nested": [[[{"z": [3, null, {"y": true}]}]]],
    })
}

/// Writes the history. With `rounds` = 1 it has a bit more than 200 events.
pub async fn write(api: &Api, rounds: usize) -> History {
    let (owner, local) = (api.owner(), api.local());
    let mut history = History {
        rooms: Vec::new(),
        threads: Vec::new(),
        foreign_room: String::new(),
    };
    for round in 0..rounds {
        for (who, title) in [(&owner, "of the owner"), (&local, "of anybody")] {
            let room = who.room(&format!("{title} {round}")).await;
            history.threads.push(who.thread(&room).await);
            history.rooms.push(room);
        }
        let (room, thread) = (
            history.rooms[round * 2].clone(),
            history.threads[round * 2].clone(),
        );
        messages(api, &thread, round).await;
        for ending in [
            "complete", "fail", "release", "cancel", "asked", "observed", "start", "leave",
        ] {
            run(api, &room, ending).await;
        }
        engines(api, round).await;
        let foreign = owner.clone().workspace("ws_b");
        history.foreign_room = foreign.room("elsewhere").await;
        let thread = foreign.thread(&history.foreign_room).await;
        foreign.message(&thread, "in another workspace").await;
    }
    history
}

async fn messages(api: &Api, thread: &str, round: usize) {
    let path = format!("/v1/threads/{thread}/messages");
    for number in 0..20 {
        let sender_type = ["user", "agent", "service"][number % 3];
        let body = json!({"content_md": format!("message {number} of {round} \u{1f600}\r\n"), "sender_type": sender_type,
            "sender_id": format!("sender-{}", number % 4), "labels": ["a", "b"], "lang": "ko", "parent_message_id": "msg_x"});
        let keyed = api
            .local()
            .header("idempotency-key", &format!("{round}-{}", number / 2));
        keyed.post(&path, body).await.expect(201);
    }
    for prefix in ["sk-", "ghp_", "Bearer "] {
        let text = format!("before {} after", secret(prefix));
        api.local()
            .post(&path, json!({"content_md": text}))
            .await
            .expect(201);
    }
}

async fn run(api: &Api, room: &str, ending: &str) {
    let (local, engine) = (api.local(), api.engine("historian").await);
    let observed = ending == "observed";
    let body = json!({"room_id": room, "title": ending, "goal": "g", "input": awkward(), "tags": ["t"], "observed": observed});
    let made = local.post("/v1/runs", body).await.expect(201);
    let run_id = made["run_id"].as_str().unwrap().to_owned();
    let (post, token) = match ending {
        "cancel" => {
            local
                .post(
                    &format!("/v1/runs/{run_id}/cancel"),
                    json!({"reason": "no"}),
                )
                .await
                .expect(200);
            return;
        }
        "start" => {
            local
                .post(&format!("/v1/runs/{run_id}/start"), json!({}))
                .await
                .expect(200);
            (local.clone(), Value::Null)
        }
        "observed" => (local.clone(), made["claim_token"].clone()),
        _ => {
            let claimed = engine
                .post("/v1/runs/claim", json!({"room_id": room}))
                .await
                .expect(200);
            assert_eq!(
                claimed["run"]["run_id"],
                run_id.as_str(),
                "nothing else waits"
            );
            (engine.clone(), claimed["run"]["claim_token"].clone())
        }
    };
    let step = work(&post, &run_id, &token).await;
    let fenced = json!({"claim_token": token, "message": "m", "error": {"code": 1}, "output": awkward(), "summary": "s"});
    match ending {
        "release" => {
            post.post(&format!("/v1/runs/{run_id}/lease/release"), fenced.clone())
                .await
                .expect(200);
            let claimed = engine
                .post("/v1/runs/claim", json!({"room_id": room}))
                .await
                .expect(200);
            let fenced = json!({"claim_token": claimed["run"]["claim_token"]});
            post.post(&format!("/v1/runs/{run_id}/complete"), fenced)
                .await
                .expect(200);
        }
        "asked" => {
            local
                .post(&format!("/v1/runs/{run_id}/cancel"), json!({}))
                .await
                .expect(200);
            post.post(&format!("/v1/runs/{run_id}/fail"), fenced)
                .await
                .expect(200);
        }
        "leave" => {}
        "fail" => drop(
            post.post(&format!("/v1/runs/{run_id}/fail"), fenced)
                .await
                .expect(200),
        ),
        _ => {
            post.post(&format!("/v1/runs/{run_id}/complete"), fenced)
                .await
                .expect(200);
            // An artifact may come after the end.
            let late = json!({"kind": "late", "content": {"type": "uri", "uri": "file:///tmp/x"}});
            post.post(&format!("/v1/steps/{step}/artifacts"), late)
                .await
                .expect(201);
        }
    }
}

/// A step with tool calls that succeed, fail and stay open, output, and artifacts of every kind.
async fn work(http: &Http, run_id: &str, token: &Value) -> String {
    let fence = |mut body: Value| {
        body["claim_token"] = token.clone();
        body
    };
    let step = http
        .post(
            &format!("/v1/runs/{run_id}/steps"),
            fence(json!({"kind": "command", "title": "s", "input": awkward()})),
        )
        .await;
    let step = step.expect(201)["step_id"].as_str().unwrap().to_owned();
    for (ending, body) in [
        ("succeed", json!({"output": awkward()})),
        ("fail", json!({"message": "m"})),
        ("", json!({})),
    ] {
        let invoke = json!({"tool_name": "shell.exec", "input": {"argv": ["ls", secret("sk-")]}, "model_context": {"model": "m", "key": secret("ghp_")}});
        let call = http
            .post(&format!("/v1/steps/{step}/toolcalls"), fence(invoke))
            .await
            .expect(201);
        let path = format!("/v1/toolcalls/{}", call["tool_call_id"].as_str().unwrap());
        let output = json!({"stream": "stderr", "offset_bytes": 0, "text": "printed\u{0}\n"});
        http.post(&format!("{path}/output"), fence(output))
            .await
            .expect(200);
        if !ending.is_empty() {
            http.post(&format!("{path}/{ending}"), fence(body))
                .await
                .expect(200);
        }
    }
    let blob = http.put("/v1/blobs", "the same content").await.expect(201)["blob"].clone();
    for content in [
        json!({"type": "text", "text": "hello"}),
        json!({"type": "json", "json": awkward()}),
        json!({"type": "uri", "uri": "file:///tmp/x"}),
        json!({"type": "blob", "blob": blob}),
        json!({"type": "none"}),
    ] {
        let artifact = json!({"kind": "report", "title": "a", "mime_type": "text/plain", "content": content, "metadata": awkward()});
        http.post(&format!("/v1/steps/{step}/artifacts"), fence(artifact))
            .await
            .expect(201);
    }
    step
}

async fn engines(api: &Api, round: usize) {
    let owner = api.owner();
    for (actor, rotate) in [("rotated", false), ("rotated", true), ("named", false)] {
        let body = json!({"actor_id": format!("{actor}-{round}"), "rotate": rotate, "display_name": "An engine"});
        let made = owner.post("/v1/engines/register", body).await.expect(201);
        if actor == "named" {
            let path = format!(
                "/v1/engines/{}/tokens/{}/revoke",
                made["engine_id"].as_str().unwrap(),
                made["token_id"].as_str().unwrap()
            );
            owner.post(&path, json!({"reason": "r"})).await.expect(200);
        }
    }
}

/// Engines that end and come back, agents in and out of quarantine, capabilities and what became of them.
pub async fn authority(api: &Api) {
    let (owner, local) = (api.owner(), api.local());
    let text = |value: &Value, member: &str| value[member].as_str().unwrap().to_owned();
    let me = text(&owner.get("/v1/whoami").await.expect(200), "principal_id");
    for ending in ["stays", "comes back"] {
        let body = json!({"actor_id": ending, "metadata": awkward(), "token_label": "l"});
        let engine = owner
            .post("/v1/engines/register", body.clone())
            .await
            .expect(201);
        let path = format!("/v1/engines/{}/deactivate", text(&engine, "engine_id"));
        owner.post(&path, json!({"reason": "r"})).await.expect(200);
        if ending == "comes back" {
            owner.post("/v1/engines/register", body).await.expect(201);
        }
    }
    let mut holders = Vec::new();
    for state in ["free", "in", "out"] {
        let body = json!({"display_name": format!("{state} {}", secret("sk-"))});
        let agent = local.post("/v1/agents", body).await.expect(201);
        let path = format!("/v1/agents/{}", text(&agent, "agent_id"));
        for turn in ["quarantine", "unquarantine"].iter().take(match state {
            "free" => 0,
            "in" => 1,
            _ => 2,
        }) {
            owner
                .post(&format!("{path}/{turn}"), json!({}))
                .await
                .expect(200);
        }
        holders.push(text(&agent, "principal_id"));
    }
    let mut parent = Value::Null;
    for (granter, holder) in [(&me, &holders[0]), (&holders[0], &holders[1])] {
        let scopes = json!({"rooms": ["*"], "tools": ["b", "a"], "egress_domains": ["*.a.test"], "data_access": {"read": ["x"]}});
        let body = json!({"issued_to_principal_id": holder, "granted_by_principal_id": granter, "parent_token_id": parent,
            "scopes": scopes, "valid_until": "2100-01-01T00:00:00Z"});
        let granted = owner.post("/v1/capabilities/grant", body).await.expect(201);
        parent = granted["token_id"].clone();
    }
    owner
        .post("/v1/capabilities/revoke", json!({"token_id": parent}))
        .await
        .expect(200);
}

/// Incidents that are open, understood and closed; of a room and of the workspace.
pub async fn incidents(api: &Api, room: &str) {
    let (owner, local) = (api.owner(), api.local());
    for (number, place) in [json!(room), Value::Null, json!(room)]
        .into_iter()
        .enumerate()
    {
        let body = json!({"title": "incident", "summary": secret("sk-"), "severity": "high", "category": "c", "details": awkward(),
            "entity_type": "t", "entity_id": "e", "room_id": place, "idempotency_key": format!("history-{number}")});
        let opened = local.post("/v1/incidents", body).await.expect(201);
        let path = format!("/v1/incidents/{}", opened["incident_id"].as_str().unwrap());
        if number == 0 {
            continue;
        }
        for summary in ["at first", "at last"] {
            let rca = json!({"summary": summary, "analysis": awkward()});
            local.post(&format!("{path}/rca"), rca).await.expect(200);
            let learning = json!({"note": summary, "tags": ["a", "b"], "actor_id": "ann"});
            local
                .post(&format!("{path}/learning"), learning)
                .await
                .expect(201);
        }
        if number == 1 {
            owner
                .post(&format!("{path}/close"), json!({"reason": "done"}))
                .await
                .expect(200);
        }
    }
}

/// Everything that can become of an approval, and every setting of the gate.
pub async fn gate(api: &Api, room: &str) {
    let (owner, local) = (api.owner(), api.local());
    let id = |reply: Value, member: &str| reply[member].as_str().unwrap().to_owned();
    let ask = async |name: &str, more: Value| {
        let mut body = json!({"action": "external.write", "target": name, "payload": awkward(), "room_id": room,
            "request": {"key": secret("sk-")}, "context": awkward(), "title": name});
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        let asked = local.post("/v1/approvals", body.clone()).await.expect(201);
        body["actor_id"] = json!("another");
        local.post("/v1/approvals", body).await.expect(201);
        id(asked, "approval_id")
    };
    for (name, decision) in [
        ("waits", json!(null)),
        ("held", json!({"decision": "hold", "reason": "later"})),
        (
            "denied",
            json!({"decision": "deny", "reason": secret("ghp_")}),
        ),
        ("once", json!({"decision": "approve"})),
        (
            "room",
            json!({"decision": "approve", "scope": {"type": "room"}}),
        ),
        (
            "workspace",
            json!({"decision": "approve", "scope": {"type": "workspace"}}),
        ),
        (
            "pattern",
            json!({"decision": "approve", "scope": {"type": "template", "target": "pat*"}}),
        ),
        ("revoked", json!({"decision": "approve"})),
    ] {
        let approval = ask(name, json!({})).await;
        let path = format!("/v1/approvals/{approval}");
        if !decision.is_null() {
            owner
                .post(&format!("{path}/decide"), decision)
                .await
                .expect(200);
        }
        if name == "revoked" {
            owner
                .post(&format!("{path}/revoke"), json!({}))
                .await
                .expect(200);
        }
        let use_it = json!({"action": "external.write", "target": name, "payload": awkward(), "room_id": room});
        local.post("/v1/policy/evaluate", use_it).await.expect(200);
    }
    for enabled in [true, false] {
        let body = json!({"enabled": enabled, "reason": "because"});
        owner.post("/v1/policy/kill-switch", body).await.expect(200);
        let body = json!({"target_url": "https://a.test/", "room_id": room, "context": awkward(), "zone": "sandbox"});
        local.post("/v1/egress/requests", body).await.expect(201);
    }
    for mode in ["shadow", "enforce"] {
        owner
            .post("/v1/policy/mode", json!({"mode": mode}))
            .await
            .expect(200);
    }
    labels(api, room).await;
    let engine = api.engine("waiter").await;
    for ending in ["approve", "deny", "cancel", "leave"] {
        let command = json!({"argv": ["true", ending]});
        let body = json!({"room_id": room, "input": {"command": command}});
        let run = local.post("/v1/runs", body).await.expect(201);
        let (run_id, approval) = (id(run.clone(), "run_id"), id(run, "waiting_approval_id"));
        match ending {
            "leave" => {}
            "cancel" => {
                local
                    .post(&format!("/v1/runs/{run_id}/cancel"), json!({}))
                    .await
                    .expect(200);
            }
            decision => {
                let path = format!("/v1/approvals/{approval}/decide");
                owner
                    .post(&path, json!({"decision": decision}))
                    .await
                    .expect(200);
            }
        }
    }
    let claimed = engine
        .post("/v1/runs/claim", json!({"room_id": room}))
        .await
        .expect(200);
    assert_eq!(claimed["run"]["execution"]["kind"], "command");
    let body = json!({"room_id": room, "input": {}});
    let run_id = id(local.post("/v1/runs", body).await.expect(201), "run_id");
    let claimed = engine
        .post("/v1/runs/claim", json!({"room_id": room}))
        .await
        .expect(200);
    let body = json!({"target_url": "https://a.test/wait", "run_id": run_id});
    let asked = engine.post("/v1/egress/requests", body).await.expect(201);
    let body = json!({"claim_token": claimed["run"]["claim_token"], "waiting_approval_id": asked["approval_id"]});
    engine
        .post(&format!("/v1/runs/{run_id}/lease/release"), body)
        .await
        .expect(200);
}

/// Labels that come, change and are asked for.
async fn labels(api: &Api, room: &str) {
    let (owner, local) = (api.owner(), api.local());
    for (resource, label) in [
        ("plan", json!({"label": "public"})),
        ("plan", json!({"label": "restricted", "room_id": room})),
        (
            "people",
            json!({"label": "sensitive_pii", "purpose_tags": ["payroll", "tax"]}),
        ),
    ] {
        let mut body = json!({"resource_type": "document", "resource_id": resource});
        body.as_object_mut()
            .unwrap()
            .extend(label.as_object().unwrap().clone());
        owner.post("/v1/resources/labels", body).await.expect(201);
    }
    for (resource, more) in [
        ("plan", json!({})),
        ("plan", json!({"room_id": room})),
        ("people", json!({"purpose_tags": ["ads"]})),
        (
            "people",
            json!({"purpose_tags": ["ads"], "justification": secret("sk-")}),
        ),
    ] {
        let mut body =
            json!({"action": "data_read", "resource_type": "document", "resource_id": resource});
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        local
            .post("/v1/data/access/requests", body)
            .await
            .expect(200);
    }
}
