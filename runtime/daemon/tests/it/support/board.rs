//! What agents leave on the board: messages of every kind, and a task in every state.

use super::api::Api;
use serde_json::{Value, json};

/// Writes it.
pub async fn write(api: &Api, room: &str) {
    let local = api.local();
    for body in [
        json!({"text": "a message on the board"}),
        json!("words"),
        super::history::awkward(),
    ] {
        let message =
            json!({"from": "agent.ann", "type": "msg.agent", "body": body, "mood": "fine"});
        local.post("/ch/general", message).await.expect(201);
    }
    let said =
        json!({"from": "ann.human", "type": "msg.human", "body": {"text": "a message in a room"}});
    local
        .post(&format!("/ch/room.{room}"), said)
        .await
        .expect(201);
    let secret = json!({"from": "ann.human", "type": "x", "body": super::history::secret("sk-")});
    local.post("/ch/general", secret).await.expect(201);
    for ending in ["open", "claimed", "leased", "done", "abandoned"] {
        let asked = json!({"from": "agent.ann", "title": format!("to be {ending}"), "context": {"a": [1]}, "for": "agent.bob",
                           "ch": if ending == "open" { format!("room.{room}") } else { "jobs".to_owned() }});
        let asked = local.post("/tasks", asked).await.expect(201);
        let path = format!("/tasks/{}", asked["id"].as_str().unwrap());
        let verb = async |verb: &str, more: Value| {
            let mut body = json!({"from": "agent.bob"});
            body.as_object_mut()
                .unwrap()
                .extend(more.as_object().unwrap().clone());
            local
                .post(&format!("{path}/{verb}"), body)
                .await
                .expect(200);
        };
        verb("update", json!({"progress": 0.1})).await;
        verb("interrupt", json!({"reason": "late"})).await;
        if ending == "open" {
            continue;
        }
        let lease = if ending == "leased" {
            json!({"lease_s": 3_600})
        } else {
            json!({})
        };
        verb("claim", lease).await;
        match ending {
            "done" => verb("done", json!({"result": {"n": 1}, "files": ["sha256:ab"]})).await,
            "abandoned" => verb("abandon", json!({})).await,
            _ => {}
        }
    }
}
