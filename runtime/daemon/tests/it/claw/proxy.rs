//! What a Centrifugo in front is answered.

use super::{agent, grant, start};
use crate::support::Http;
use serde_json::json;

async fn marks(http: &Http, path: &str, channel: &str) -> String {
    let mut marks = String::new();
    for user in ["", "bob", "eve", "friend", "app:shop", "no name"] {
        let asked =
            json!({"client": "c", "transport": "websocket", "channel": channel, "user": user});
        let answer = http.post(path, asked).await.expect(200);
        let allowed = answer == json!({"result": {}});
        let denied = json!({"error": {"code": 403, "message": "permission denied"}});
        assert!(allowed || answer == denied, "{answer}");
        marks.push(if allowed { '✔' } else { '✘' });
    }
    marks
}

#[tokio::test]
async fn a_centrifugo_in_front_asks_the_same() {
    let api = start("seed");
    let bob = agent(&api, "bob").await;
    grant(&bob, "friend", "agent.bob.x").await.expect(200);
    let local = api.local();
    for (channel, subscribe, publish) in [
        ("public.lobby", "✔✔✔✔✔✔", "✔✔✔✔✔✔"),
        ("agent.bob.public.a", "✔✔✔✔✔✔", "✘✔✘✘✘✘"),
        ("agent.bob.x", "✘✔✘✔✘✘", "✘✔✘✘✘✘"),
        ("app.shop.agent", "✘✔✔✔✔✘", "✘✘✘✘✔✘"),
        ("system.timer.hour", "✔✔✔✔✔✔", "✘✘✘✘✘✘"),
        ("general", "✘✘✘✘✘✘", "✘✘✘✘✘✘"),
    ] {
        assert_eq!(
            marks(&local, "/proxy/subscribe", channel).await,
            subscribe,
            "{channel}"
        );
        assert_eq!(
            marks(&local, "/proxy/publish", channel).await,
            publish,
            "{channel}"
        );
    }
    let refusal = local.post("/proxy/subscribe", json!({})).await;
    super::refused(&refusal, 400, "channel required");
}
