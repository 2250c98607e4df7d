//! Up to where the owner has read: kept by the runtime, told to nobody else.

use crate::support::{Api, Scene};
use serde_json::{Value, json};

const NOTIFICATIONS: &str = "/v1/notifications/cursor";

async fn unread(api: &Api, room: &str) -> (Value, Value) {
    let rooms = api.owner().get("/v1/rooms").await.expect(200)["rooms"].clone();
    let rooms = rooms.as_array().unwrap();
    let row = rooms.iter().find(|row| row["room_id"] == room).unwrap();
    (row["read_seq"].clone(), row["unread"].clone())
}

#[tokio::test]
async fn what_was_read_of_a_room_is_remembered_and_never_goes_back() {
    let api = Api::start();
    let (owner, local) = (api.owner(), api.local());
    let room = local.room("Greenhouse").await;
    let thread = local.thread(&room).await;
    for text in ["one", "two", "three"] {
        local.message(&thread, text).await;
    }
    assert_eq!(unread(&api, &room).await, (json!(0), json!(5)));
    let path = format!("/v1/rooms/{room}/read");
    let read = owner.post(&path, json!({"seq": 3})).await.expect(200);
    assert_eq!(read, json!({"room_id": room, "read_seq": 3, "unread": 2}));
    let back = owner.post(&path, json!({"seq": 1})).await.expect(200);
    assert_eq!(back["read_seq"], 3);
    // What has not happened yet cannot have been read.
    let ahead = owner
        .post(&path, json!({"seq": u64::MAX}))
        .await
        .expect(200);
    assert_eq!(ahead, json!({"room_id": room, "read_seq": 5, "unread": 0}));
    local.message(&thread, "four").await;
    assert_eq!(unread(&api, &room).await, (json!(5), json!(1)));
    let api = Api::start_again(api.stop().await);
    assert_eq!(unread(&api, &room).await, (json!(5), json!(1)));
}

#[tokio::test]
async fn output_is_not_counted_and_counting_ends_at_a_hundred() {
    let api = Api::start();
    let local = api.local();
    let Scene {
        room, thread, call, ..
    } = Scene::set(&local).await;
    let (_, before) = unread(&api, &room).await;
    let output = json!({"stream": "stdout", "offset_bytes": 0, "text": "line\n"});
    let path = format!("/v1/toolcalls/{call}/output");
    local.post(&path, output).await.expect(200);
    assert_eq!(unread(&api, &room).await.1, before);
    for number in 0..101 {
        local.message(&thread, &number.to_string()).await;
    }
    assert_eq!(unread(&api, &room).await.1, 100);
}

#[tokio::test]
async fn the_place_in_the_notifications() {
    let api = Api::start();
    let owner = api.owner();
    assert_eq!(
        owner.get(NOTIFICATIONS).await.expect(200),
        json!({"position": 0})
    );
    owner.room("one").await;
    owner.room("two").await;
    for (asked, stands) in [(1, 1), (0, 1), (2, 2), (u64::MAX, 2)] {
        let body = json!({ "position": asked }).to_string();
        let answer = owner.put(NOTIFICATIONS, body).await.expect(200);
        assert_eq!(answer, json!({"position": stands}), "{asked}");
    }
    let other = owner.workspace("ws_other");
    assert_eq!(
        other.get(NOTIFICATIONS).await.expect(200),
        json!({"position": 0})
    );
}

#[tokio::test]
async fn cursors_are_the_owners_and_need_a_number() {
    let api = Api::start();
    let (owner, local) = (api.owner(), api.local());
    let room = local.room("Greenhouse").await;
    let rooms = local.get("/v1/rooms").await.expect(200)["rooms"].clone();
    assert_eq!(rooms[0].get("read_seq"), None);
    assert_eq!(rooms[0].get("unread"), None);
    let path = format!("/v1/rooms/{room}/read");
    for refused in [
        local.post(&path, json!({"seq": 1})).await,
        local.get(NOTIFICATIONS).await,
        local.put(NOTIFICATIONS, "{\"position\":1}").await,
    ] {
        refused.refused(403, "owner_only");
    }
    owner
        .post(&path, json!({}))
        .await
        .refused(400, "missing_place");
    owner
        .put(NOTIFICATIONS, "{}")
        .await
        .refused(400, "missing_place");
    owner
        .post(&path, json!({"seq": -1}))
        .await
        .refused(400, "invalid_body");
    owner
        .post("/v1/rooms/room_none/read", json!({"seq": 1}))
        .await
        .refused(404, "room_not_found");
}
