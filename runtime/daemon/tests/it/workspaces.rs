//! Workspaces are closed to each other: what is in another one does not exist.

use crate::identity::{text, whoami};
use crate::support::{Api, Scene};
use serde_json::json;

#[tokio::test]
async fn workspaces_are_closed_to_each_other() {
    let api = Api::start();
    let owner = api.owner();
    let foreign = owner.clone().workspace("ws_b");
    let scene = Scene::set(&foreign).await;
    foreign.message(&scene.thread, "walrus in private").await;
    let artifact = json!({"kind": "k", "content": {"type": "text", "text": "walrus"}});
    let artifact = foreign
        .post(&format!("/v1/steps/{}/artifacts", scene.step), artifact)
        .await
        .expect(201);
    let event =
        foreign.get("/v1/events?limit=1").await.expect(200)["events"][0]["event_id"].clone();
    let engine_b = foreign
        .post("/v1/engines/register", json!({"actor_id": "b"}))
        .await
        .expect(201);
    let head = foreign
        .get("/v1/events?order=desc&limit=1")
        .await
        .expect(200)["events"][0]["position"]
        .clone();

    // A caller that may not be there at all.
    let local = api.local().workspace("ws_b");
    let engine = api.engine("a").await.workspace("ws_b");
    for caller in [&local, &engine] {
        for path in [
            "/v1/rooms",
            "/v1/whoami",
            "/v1/events",
            "/v1/streams/workspace",
            "/v1/search?q=walrus",
        ] {
            caller.get(path).await.refused(403, "workspace_forbidden");
        }
        caller
            .post("/v1/rooms", json!({"title": "t"}))
            .await
            .refused(403, "workspace_forbidden");
    }
    let token = text(&engine_b, "engine_token");
    api.local()
        .bearer(&token)
        .get("/v1/rooms")
        .await
        .refused(403, "workspace_forbidden");
    whoami(&api.local().bearer(&token).workspace("ws_b")).await;

    // From the default workspace, what is in another does not exist: neither to read nor to write.
    let (run, step, call) = (&scene.run, &scene.step, &scene.call);
    for (path, code) in [
        (format!("/v1/rooms/{}", scene.room), "room_not_found"),
        (
            format!("/v1/rooms/{}/threads", scene.room),
            "room_not_found",
        ),
        (
            format!("/v1/threads/{}/messages", scene.thread),
            "thread_not_found",
        ),
        (
            format!("/v1/streams/rooms/{}", scene.room),
            "room_not_found",
        ),
        (
            format!("/v1/events?room_id={}", scene.room),
            "room_not_found",
        ),
        (
            format!("/v1/events/{}", event.as_str().unwrap()),
            "event_not_found",
        ),
        (format!("/v1/runs?room_id={}", scene.room), "room_not_found"),
        (format!("/v1/runs/{run}"), "run_not_found"),
        (format!("/v1/runs/{run}/attempts"), "run_not_found"),
        (format!("/v1/runs/{run}/steps"), "run_not_found"),
        (format!("/v1/toolcalls/{call}"), "tool_call_not_found"),
        (
            format!("/v1/artifacts/{}", text(&artifact, "artifact_id")),
            "artifact_not_found",
        ),
        (
            format!(
                "/v1/audit/hash-chain/verify?stream_type=room&stream_id={}",
                scene.room
            ),
            "room_not_found",
        ),
        (
            "/v1/audit/hash-chain/verify?stream_type=workspace&stream_id=ws_b".to_owned(),
            "stream_not_found",
        ),
    ] {
        for caller in [&owner, &api.local()] {
            caller.get(&path).await.refused(404, code);
        }
    }
    let some = json!({"title": "t", "kind": "k", "tool_name": "t", "content_md": "c", "stream": "stdout", "offset_bytes": 0, "text": "x", "claim_token": "t"});
    for (path, code) in [
        (
            format!("/v1/rooms/{}/threads", scene.room),
            "room_not_found",
        ),
        (
            format!("/v1/threads/{}/messages", scene.thread),
            "thread_not_found",
        ),
        (format!("/v1/runs/{run}/start"), "run_not_found"),
        (format!("/v1/runs/{run}/complete"), "run_not_found"),
        (format!("/v1/runs/{run}/fail"), "run_not_found"),
        (format!("/v1/runs/{run}/cancel"), "run_not_found"),
        (format!("/v1/runs/{run}/steps"), "run_not_found"),
        (format!("/v1/runs/{run}/lease/heartbeat"), "run_not_found"),
        (format!("/v1/runs/{run}/lease/release"), "run_not_found"),
        (format!("/v1/steps/{step}/toolcalls"), "step_not_found"),
        (format!("/v1/steps/{step}/artifacts"), "step_not_found"),
        (
            format!("/v1/toolcalls/{call}/succeed"),
            "tool_call_not_found",
        ),
        (format!("/v1/toolcalls/{call}/fail"), "tool_call_not_found"),
        (
            format!("/v1/toolcalls/{call}/output"),
            "tool_call_not_found",
        ),
        (
            format!(
                "/v1/engines/{}/tokens/{}/revoke",
                text(&engine_b, "engine_id"),
                text(&engine_b, "token_id")
            ),
            "engine_not_found",
        ),
    ] {
        owner.post(&path, some.clone()).await.refused(404, code);
    }
    owner
        .post("/v1/runs", json!({"room_id": scene.room}))
        .await
        .refused(404, "room_not_found");
    let claim = api
        .engine("c")
        .await
        .post("/v1/runs/claim", json!({"room_id": scene.room}))
        .await;
    claim.refused(404, "room_not_found");
    // Lists and searches are empty, and the other workspace has not moved.
    for (path, member) in [
        ("/v1/rooms", "rooms"),
        ("/v1/runs", "runs"),
        ("/v1/search?q=walrus", "docs"),
        ("/v1/artifacts", "artifacts"),
        ("/v1/toolcalls", "tool_calls"),
        (&format!("/v1/toolcalls?run_id={run}"), "tool_calls"),
        (&format!("/v1/artifacts?run_id={run}"), "artifacts"),
        (&format!("/v1/events?run_id={run}"), "events"),
        ("/v1/events?stream_type=workspace&stream_id=ws_b", "events"),
        (
            &format!("/v1/events?stream_type=room&stream_id={}", scene.room),
            "events",
        ),
    ] {
        let reply = owner.get(path).await.expect(200);
        assert_eq!(reply[member], json!([]), "{path}");
    }
    owner
        .get(&format!(
            "/v1/engines/{}/tokens",
            text(&engine_b, "engine_id")
        ))
        .await
        .refused(404, "engine_not_found");
    let after = foreign
        .get("/v1/events?order=desc&limit=1")
        .await
        .expect(200)["events"][0]["position"]
        .clone();
    assert_eq!(after, head);
    for bad in ["a b", "a/b", &"x".repeat(129), "ws\u{e9}"] {
        assert_eq!(
            owner.clone().workspace(bad).get("/v1/rooms").await.status,
            400,
            "{bad:?}"
        );
    }
}

/// To know the name of a blob is not to know its content, and to attach it would be to read it.
#[tokio::test]
async fn a_blob_is_readable_where_it_was_brought_or_attached() {
    let api = Api::start();
    let (owner, local) = (api.owner(), api.local());
    let foreign = owner.clone().workspace("ws_b");
    let made = foreign
        .post("/v1/engines/register", json!({"actor_id": "b"}))
        .await;
    let engine_b = local
        .clone()
        .bearer(&text(&made.expect(201), "engine_token"));
    let engine_b = engine_b.workspace("ws_b");
    let stored = engine_b.put("/v1/blobs", "only theirs").await.expect(201);
    let path = format!("/v1/blobs/{}", text(&stored, "blob"));
    for reader in [&engine_b, &foreign, &owner] {
        assert_eq!(reader.get(&path).await.text, "only theirs");
    }
    let unknown = format!("/v1/blobs/sha256:{}", "0".repeat(64));
    let refused = local.get(&path).await.refused(404, "blob_not_found");
    let other = local.get(&unknown).await.refused(404, "blob_not_found");
    assert_eq!(
        refused["hint"], other["hint"],
        "it does not say that it is there"
    );

    // Nor does attaching it help: here it is not there.
    let scene = Scene::set(&local).await;
    let artifacts = format!("/v1/steps/{}/artifacts", scene.step);
    let artifact = json!({"kind": "k", "content": {"type": "blob", "blob": stored["blob"]}});
    local
        .post(&artifacts, artifact.clone())
        .await
        .bad("blob_not_found", "content.blob");
    local.get(&path).await.refused(404, "blob_not_found");

    // What the owner attaches here may be read here; and so may what somebody brings again.
    owner.post(&artifacts, artifact).await.expect(201);
    assert_eq!(local.get(&path).await.text, "only theirs");
    let theirs = engine_b.put("/v1/blobs", "the same").await.expect(201);
    let path = format!("/v1/blobs/{}", text(&theirs, "blob"));
    local.get(&path).await.refused(404, "blob_not_found");
    local.put("/v1/blobs", "the same").await.expect(201);
    assert_eq!(local.get(&path).await.text, "the same");
}
