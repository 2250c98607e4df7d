//! What its pages about agents ask of the log.

use super::{has, page_allowed, signed_in};
use crate::auth;
use crate::identity::text;
use crate::support::Api;
use serde_json::{Value, json};

/// What the pages about agents ask of the log.
#[tokio::test]
async fn it_asks_the_log_about_agents_and_principals() {
    let api = Api::start_with(page_allowed());
    let session = auth::bootstrap(&api).await;
    let web = signed_in(&api, &session);
    let room = web.room("room").await;
    web.message(
        &web.thread(&room).await,
        &format!("key sk-{}", "Zq7".repeat(12)),
    )
    .await;
    let legacy = json!({"actor_type": "service", "actor_id": "builder"});
    let ensured = web
        .post("/v1/principals/legacy/ensure", legacy)
        .await
        .expect(200);
    has(
        &ensured["principal"],
        "principal_id principal_type legacy_actor_type legacy_actor_id created_at",
    );
    let builder = text(&ensured["principal"], "principal_id");
    let engine = api.engine("builder").await;
    engine.room("by the engine").await;
    // An event that names the principal although somebody else caused it.
    let egress = json!({"target_url": "https://a.test/", "principal_id": builder});
    web.post("/v1/egress/requests", egress).await.expect(201);
    let of = |path: String| {
        let web = web.clone();
        async move {
            let page = web.get(&path).await.expect(200);
            let types = page["events"].as_array().unwrap().iter();
            types
                .map(|event| text(event, "event_type"))
                .collect::<Vec<_>>()
        }
    };
    assert_eq!(
        of(format!(
            "/v1/events?subject_principal_id={builder}&limit=200"
        ))
        .await,
        [
            "engine.registered",
            "agent.capability.granted",
            "room.created",
            "egress.requested"
        ]
    );
    assert_eq!(
        of(format!(
            "/v1/events?subject_principal_id={builder}&event_types=egress.requested"
        ))
        .await,
        ["egress.requested"]
    );
    for path in [
        "/v1/events?subject_principal_id=nobody",
        "/v1/events?subject_agent_id=agt_none",
    ] {
        assert_eq!(of(path.to_owned()).await, Vec::<String>::new(), "{path}");
    }
    let all = web.get("/v1/events?limit=200").await.expect(200)["events"].take();
    let all = all.as_array().unwrap();
    let middle = text(&all[all.len() / 2], "recorded_at");
    let page = web
        .get(&format!("/v1/events?before_recorded_at={middle}&limit=200"))
        .await
        .expect(200);
    let expected: Vec<&Value> = all
        .iter()
        .filter(|event| text(event, "recorded_at") < middle)
        .collect();
    let found: Vec<&Value> = page["events"].as_array().unwrap().iter().collect();
    assert_eq!(found, expected);
    web.get("/v1/events?before_recorded_at=soon")
        .await
        .bad("invalid_before_recorded_at", "before_recorded_at");

    let redactions = "/v1/audit/redactions";
    let count = |path: String| {
        let web = web.clone();
        async move {
            let page = web.get(&path).await.expect(200);
            page["redactions"].as_array().unwrap().len()
        }
    };
    assert_eq!(count(redactions.to_owned()).await, 2);
    for (filter, rows) in [
        ("action=shadow_flagged", 1),
        ("action=event_emitted", 1),
        ("rule_id=openai_api_key", 1),
        ("rule_id=github_pat", 0),
        ("stream_type=workspace", 0),
        (&*format!("stream_type=room&stream_id={room}"), 2),
        ("stream_id=room_none", 0),
    ] {
        assert_eq!(
            count(format!("{redactions}?{filter}")).await,
            rows,
            "{filter}"
        );
    }
    let path = format!("{redactions}?action=masked");
    web.get(&path).await.bad("invalid_action", "action");
    let path = format!("{redactions}?stream_type=thread");
    web.get(&path)
        .await
        .bad("invalid_stream_type", "stream_type");
    let registry = web.get("/v1/action-registry").await.expect(200);
    has(
        &registry["actions"][0],
        "action_type reversible zone_required requires_pre_approval post_review_required metadata created_at updated_at",
    );
}
