//! Its pages of rooms: threads, messages, search and the timeline.

use super::{PAGE, has, messages, page_allowed, signed_in};
use crate::auth;
use crate::identity::text;
use crate::support::Api;
use serde_json::json;

/// Work: rooms, threads, messages, search, and the timeline of all of it.
#[tokio::test]
async fn it_works_in_rooms() {
    let api = Api::start_with(page_allowed());
    let session = auth::bootstrap(&api).await;
    let web = signed_in(&api, &session);
    let body = json!({"title": "Board", "topic": "t", "room_mode": "default", "default_lang": "en", "tool_policy_ref": null, "mission_id": null});
    let room = text(&web.post("/v1/rooms", body).await.expect(201), "room_id");
    let rooms = web.get("/v1/rooms").await.expect(200);
    has(
        &rooms["rooms"][0],
        "room_id workspace_id mission_id title topic room_mode default_lang tool_policy_ref created_at updated_at",
    );
    let threads = format!("/v1/rooms/{room}/threads");
    let thread = json!({"title": "Thread", "status": "open"});
    let thread = text(&web.post(&threads, thread).await.expect(201), "thread_id");
    let listed = web.get(&format!("{threads}?limit=50")).await.expect(200);
    has(
        &listed["threads"][0],
        "thread_id workspace_id room_id title status created_at updated_at last_event_id",
    );
    web.post("/v1/rooms/room_none/threads", json!({"title": "x"}))
        .await
        .refused(404, "room_not_found");

    let messages_of = format!("/v1/threads/{thread}/messages");
    for number in 0..3 {
        let message = json!({"schema_version": "2.1", "sender_type": "user", "sender_id": "anon", "content_md": format!("walrus {number}"), "lang": "en"});
        let made = web.post(&messages_of, message).await.expect(201);
        assert!(text(&made, "message_id").starts_with("msg_"));
    }
    let odd = json!({"schema_version": "9", "content_md": "x", "lang": "en"});
    let told = web
        .post(&messages_of, odd)
        .await
        .refused(400, "invalid_schema_version");
    assert_eq!(told["reason_code"], "unsupported_version");
    let listed = web.get(&format!("{messages_of}?limit=2")).await.expect(200);
    let newest = &listed["messages"][0];
    assert_eq!(newest["content_md"], "walrus 2");
    has(
        newest,
        "message_id workspace_id room_id thread_id sender_type sender_id content_md lang parent_message_id run_id step_id labels created_at updated_at",
    );
    let before = text(newest, "created_at");
    web.get(&format!("{messages_of}?limit=2&before={before}"))
        .await
        .expect(200);
    web.get(&format!("{messages_of}?before=yesterday"))
        .await
        .bad("invalid_before", "before");

    let found = web
        .get(&format!(
            "/v1/search?q=WALRUS&room_id={room}&thread_id={thread}&doc_type=message&limit=20"
        ))
        .await
        .expect(200);
    assert_eq!(found["docs"].as_array().unwrap().len(), 3);
    has(
        &found["docs"][0],
        "doc_id workspace_id room_id thread_id doc_type content_text lang updated_at",
    );
    web.get("/v1/search?q=%20x").await.bad("q_too_short", "q");

    // The timeline: a stream from its own cursor, authorised by the cookie.
    let stream = format!("/v1/streams/rooms/{room}");
    let seen = messages(&api, &session, &format!("{stream}?from_seq=0"), 5).await;
    let types: Vec<&str> = seen
        .iter()
        .map(|event| event["event_type"].as_str().unwrap())
        .collect();
    assert_eq!(
        types,
        [
            "room.created",
            "thread.created",
            "message.created",
            "message.created",
            "message.created"
        ]
    );
    has(
        &seen[2],
        "event_id event_type event_version occurred_at recorded_at workspace_id mission_id room_id thread_id actor_type actor_id actor_principal_id zone run_id step_id stream_type stream_id stream_seq correlation_id causation_id data",
    );
    let rest = messages(&api, &session, &format!("{stream}?from_seq=3"), 2).await;
    assert_eq!(rest[0]["stream_seq"], 4);
    let cookie = api
        .local()
        .header("origin", PAGE)
        .header("cookie", "agentapp_access_token=atk_gone");
    cookie.get(&stream).await.refused(401, "invalid_session");

    // Unread: events of the room from a cursor.
    let unread = web
        .get(&format!(
            "/v1/events?stream_type=room&stream_id={room}&from_seq=2&limit=200"
        ))
        .await
        .expect(200);
    assert_eq!(unread["events"].as_array().unwrap().len(), 3);
}
