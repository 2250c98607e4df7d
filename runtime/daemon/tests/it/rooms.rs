//! Rooms, threads, messages and search over HTTP.

use crate::support::Api;
use serde_json::json;

#[tokio::test]
async fn a_room_with_its_defaults() {
    let api = Api::start();
    let owner = api.owner();
    let id = owner.room("  Release  ").await;
    let room = owner.get(&format!("/v1/rooms/{id}")).await.expect(200)["room"].clone();
    assert_eq!(room["title"], "Release", "titles are trimmed");
    assert_eq!(room["topic"], json!(null));
}
