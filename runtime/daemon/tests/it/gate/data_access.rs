//! Labels of resources over HTTP, and what they let through.

use super::{decide, text};
use crate::support::history::secret;
use crate::support::{Api, Http, grep};
use serde_json::{Value, json};

async fn label(http: &Http, body: Value) -> Value {
    http.post("/v1/resources/labels", body).await.expect(201)["label"].take()
}

async fn access(http: &Http, body: Value) -> Value {
    http.post("/v1/data/access/requests", body)
        .await
        .expect(200)
}

fn plan(more: Value) -> Value {
    let mut body =
        json!({"action": "data.read", "resource_type": "document", "resource_id": "plan"});
    body.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    body
}

#[tokio::test]
async fn the_owner_labels_resources() {
    let api = Api::start();
    let (owner, local) = (api.owner(), api.local());
    let room = owner.room("room").await;
    let body = json!({"resource_type": " document ", "resource_id": "plan", "label": "restricted", "room_id": room, "purpose_tags": [" tax", "billing", "tax"]});
    for who in [&local, &api.engine("builder").await] {
        who.post("/v1/resources/labels", body.clone())
            .await
            .refused(403, "owner_only");
    }
    let first = label(&owner, body.clone()).await;
    assert_eq!(
        json!([
            first["workspace_id"],
            first["resource_type"],
            first["resource_id"],
            first["label"],
            first["room_id"],
            first["purpose_tags"],
            first["updated_by_id"]
        ]),
        json!([
            "ws_dev",
            "document",
            "plan",
            "restricted",
            room,
            ["billing", "tax"],
            "owner"
        ])
    );
    let head = api.head().await;
    assert_eq!(
        label(&owner, body).await,
        first,
        "what is so already is no event"
    );
    assert_eq!(api.head().await, head);
    let changed = label(
        &owner,
        json!({"resource_type": "document", "resource_id": "plan", "label": "public"}),
    )
    .await;
    assert_eq!(
        json!([
            changed["label"],
            changed["room_id"],
            changed["purpose_tags"],
            changed["created_at"]
        ]),
        json!(["public", null, [], first["created_at"]])
    );
    let event = owner
        .get("/v1/events?event_type=resource.labelled&order=desc&limit=1")
        .await
        .expect(200)["events"][0]
        .take();
    assert_eq!(event["event_id"], changed["last_event_id"]);
    assert_eq!(event["stream_type"], "workspace");
    assert_eq!(
        event["data"],
        json!({"resource_type": "document", "resource_id": "plan", "label": "public", "purpose_tags": []})
    );
    for number in 0..3 {
        label(&owner, json!({"resource_type": "table", "resource_id": format!("{number}"), "label": "internal"})).await;
    }
    let mut seen = Vec::new();
    let mut path = "/v1/resources/labels?limit=2".to_owned();
    loop {
        let page = local.get(&path).await.expect(200);
        let rows = page["labels"].as_array().unwrap();
        seen.extend(rows.iter().map(|row| text(row, "resource_id")));
        let Some(cursor) = page["next_cursor"].as_str() else {
            break;
        };
        path = format!("/v1/resources/labels?limit=2&cursor={cursor}");
    }
    assert_eq!(seen, ["2", "1", "0", "plan"]);
    let elsewhere = owner.workspace("ws_b");
    let none = elsewhere.get("/v1/resources/labels").await.expect(200);
    assert_eq!(none["labels"], json!([]));
}

#[tokio::test]
async fn what_is_wrong_is_told_by_its_name() {
    let api = Api::start();
    let owner = api.owner();
    let foreign = owner.clone().workspace("ws_b").room("elsewhere").await;
    let head = api.head().await;
    for (change, code, field) in [
        (
            json!({"resource_type": null}),
            "invalid_resource",
            "resource_type",
        ),
        (
            json!({"resource_type": "a:b"}),
            "invalid_resource",
            "resource_type",
        ),
        (
            json!({"resource_id": " "}),
            "invalid_resource",
            "resource_id",
        ),
        (json!({"label": null}), "invalid_label", "label"),
        (json!({"label": "secret"}), "invalid_label", "label"),
        (json!({"label": 7}), "invalid_body", "label"),
        (
            json!({"purpose_tags": "tax"}),
            "invalid_purpose_tags",
            "purpose_tags",
        ),
        (
            json!({"purpose_tags": ["tax", 1]}),
            "invalid_purpose_tags",
            "purpose_tags",
        ),
        (
            json!({"purpose_tags": vec!["x"; 65]}),
            "invalid_purpose_tags",
            "purpose_tags",
        ),
    ] {
        let mut body =
            json!({"resource_type": "document", "resource_id": "plan", "label": "public"});
        body.as_object_mut()
            .unwrap()
            .extend(change.as_object().unwrap().clone());
        owner
            .post("/v1/resources/labels", body)
            .await
            .bad(code, field);
    }
    let body = json!({"resource_type": "d", "resource_id": "p", "label": "restricted", "room_id": foreign});
    owner
        .post("/v1/resources/labels", body)
        .await
        .refused(404, "room_not_found");
    for (change, code, field) in [
        (json!({"action": null}), "invalid_action", "action"),
        (json!({"action": "data.delete"}), "invalid_action", "action"),
        (
            json!({"resource_type": null}),
            "invalid_resource",
            "resource_type",
        ),
        (
            json!({"resource_id": ""}),
            "invalid_resource",
            "resource_id",
        ),
        (
            json!({"purpose_tags": [""]}),
            "invalid_purpose_tags",
            "purpose_tags",
        ),
    ] {
        api.local()
            .post("/v1/data/access/requests", plan(change))
            .await
            .bad(code, field);
    }
    api.local()
        .post(
            "/v1/data/access/requests",
            plan(json!({"room_id": foreign})),
        )
        .await
        .refused(404, "room_not_found");
    assert_eq!(api.head().await, head, "a refusal leaves nothing behind");
}

#[tokio::test]
async fn labels_decide() {
    let api = Api::start();
    let (owner, local) = (api.owner(), api.local());
    let (room, other) = (owner.room("room").await, owner.room("other").await);
    assert_eq!(
        access(&local, plan(json!({}))).await,
        json!({"decision": "allow", "reason_code": "default_allow", "reason": "Nothing stands against it.", "enforcement_mode": "enforce",
            "blocked": false, "approval_id": null, "resolved_label": "internal", "resolved_room_id": null, "resolved_purpose_tags": []})
    );
    label(
        &owner,
        plan(json!({"label": "restricted", "room_id": room})),
    )
    .await;
    let denied = access(&local, plan(json!({"room_id": other}))).await;
    assert_eq!(
        json!([
            denied["decision"],
            denied["reason_code"],
            denied["blocked"],
            denied["resolved_label"],
            denied["resolved_room_id"]
        ]),
        json!([
            "deny",
            "data_access_restricted_room_mismatch",
            true,
            "restricted",
            room
        ])
    );
    let events = local
        .get(&format!("/v1/events?room_id={other}&order=desc&limit=2"))
        .await
        .expect(200)["events"]
        .take();
    assert_eq!(events[0]["event_type"], "data.access.denied");
    assert_eq!(events[1]["event_type"], "policy.denied");
    assert_eq!(events[1]["data"]["category"], "data_access");
    assert_eq!(events[0]["causation_id"], events[1]["event_id"]);
    assert_eq!(
        access(&local, plan(json!({"room_id": room}))).await["decision"],
        "allow"
    );

    label(
        &owner,
        plan(json!({"label": "sensitive_pii", "purpose_tags": ["payroll"]})),
    )
    .await;
    let ads = plan(json!({"purpose_tags": ["ads"], "room_id": room}));
    let asked = access(&local, ads.clone()).await;
    assert_eq!(
        json!([
            asked["decision"],
            asked["reason_code"],
            asked["resolved_purpose_tags"]
        ]),
        json!([
            "require_approval",
            "data_access_purpose_hint_mismatch",
            ["payroll"]
        ])
    );
    let approval = text(&asked, "approval_id");
    let again = access(&local, ads.clone()).await;
    assert_eq!(again["approval_id"], asked["approval_id"], "one card");
    let card = owner
        .get(&format!("/v1/approvals/{approval}"))
        .await
        .expect(200);
    assert_eq!(
        json!([
            card["approval"]["action"],
            card["approval"]["target"],
            card["approval"]["title"]
        ]),
        json!(["data.read", "document:plan", "Read document:plan"])
    );
    decide(&api, &approval, json!({"decision": "approve"})).await;
    // It is of this reading, for this purpose, and for nothing else.
    for change in [
        json!({"action": "data.write"}),
        json!({"purpose_tags": ["news"]}),
        json!({"resource_id": "plan2"}),
    ] {
        let mut body = ads.clone();
        body.as_object_mut()
            .unwrap()
            .extend(change.as_object().unwrap().clone());
        let answer = access(&local, body).await;
        assert_ne!(answer["reason_code"], "approval_allows_action", "{change}");
    }
    let allowed = access(&local, ads.clone()).await;
    assert_eq!(
        json!([
            allowed["decision"],
            allowed["reason_code"],
            allowed["approval_id"]
        ]),
        json!(["allow", "approval_allows_action", approval])
    );
    assert_eq!(
        access(&local, ads.clone()).await["decision"],
        "require_approval",
        "used up"
    );
    let mut justified = ads;
    justified["justification"] = json!("the audit of 2026");
    assert_eq!(access(&local, justified).await["decision"], "allow");
    let event = local
        .get("/v1/events?event_type=data.access.justified&order=desc&limit=1")
        .await
        .expect(200)["events"][0]
        .take();
    assert_eq!(event["data"]["justification"], "the audit of 2026");

    let switch = json!({"enabled": true});
    owner
        .post("/v1/policy/kill-switch", switch)
        .await
        .expect(200);
    let write = access(&local, plan(json!({"action": "data_write"}))).await;
    assert_eq!(write["reason_code"], "kill_switch_active");
    assert_eq!(access(&local, plan(json!({}))).await["decision"], "allow");
}

/// Names and purposes are kept as they are, so a secret in one is refused; a reason is masked.
#[tokio::test]
async fn no_secret_is_kept_of_a_label_or_an_access() {
    let api = Api::start();
    let (owner, local) = (api.owner(), api.local());
    let canary = secret("sk-");
    label(
        &owner,
        plan(json!({"label": "confidential", "purpose_tags": ["tax"]})),
    )
    .await;
    for change in [
        json!({"resource_type": canary}),
        json!({"resource_id": canary}),
        json!({"purpose_tags": [canary]}),
    ] {
        let mut body = plan(json!({"label": "public"}));
        body.as_object_mut()
            .unwrap()
            .extend(change.as_object().unwrap().clone());
        for path in ["/v1/resources/labels", "/v1/data/access/requests"] {
            owner.post(path, body.clone()).await.expect(400);
        }
    }
    let reason =
        plan(json!({"purpose_tags": ["ads"], "justification": format!("I have {canary}")}));
    assert_eq!(access(&local, reason).await["decision"], "allow");
    let path = "/v1/events?event_type=data.access.justified";
    let events = local.get(path).await.expect(200);
    assert_eq!(
        events["events"][0]["data"]["justification"],
        "I have [redacted]"
    );
    let leaks = grep(&api.data_dir, &canary);
    assert_eq!(leaks, Vec::<std::path::PathBuf>::new());
}
