//! The protocol of live sockets where no socket can be: long answers, and requests for what the client says.

use super::{key, publish};
use crate::support::{Api, Http, within};
use reqwest::Method;
use serde_json::{Value, json};

struct Talk {
    response: reqwest::Response,
    pending: String,
    end: &'static str,
}

impl Talk {
    async fn of(request: reqwest::RequestBuilder, end: &'static str) -> Self {
        let response = within("a long answer begins", request.send())
            .await
            .unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["cache-control"], "no-cache");
        Self {
            response,
            pending: String::new(),
            end,
        }
    }

    async fn next(&mut self) -> Value {
        within("the next part of a long answer", async {
            loop {
                if let Some(at) = self.pending.find(self.end) {
                    let block: String = self.pending.drain(..at + self.end.len()).collect();
                    let json = block.trim().trim_start_matches("data: ");
                    return serde_json::from_str(json).unwrap();
                }
                let bytes = self.response.chunk().await.unwrap().expect("it goes on");
                self.pending.push_str(std::str::from_utf8(&bytes).unwrap());
            }
        })
        .await
    }
}

async fn say(http: &Http, connect: &Value, lines: &[Value]) -> u16 {
    let lines: Vec<String> = lines.iter().map(Value::to_string).collect();
    let body =
        json!({"session": connect["session"], "node": connect["node"], "data": lines.join("\n")});
    http.post("/emulation", body).await.status
}

#[tokio::test]
async fn sessions_without_a_socket() {
    let api = Api::start();
    let token = key(&api, "bob").await;
    let bob = api.local().bearer(&token);
    let local = api.local();
    let connect = json!({"id": 1, "connect": {"token": token}}).to_string();
    let lines = local
        .request(Method::POST, "/connection/http_stream")
        .body(connect.clone());
    let query = serde_html_form::to_string([("cf_connect", &connect)]).unwrap();
    let events = local.request(Method::GET, &format!("/connection/sse?{query}"));
    for (request, end) in [(lines, "\n"), (events, "\n\n")] {
        let mut talk = Talk::of(request, end).await;
        let connected = talk.next().await;
        let connect = &connected["connect"];
        assert_eq!(
            (&connected["id"], &connect["ping"]),
            (&json!(1), &json!(25))
        );
        let subscribe = json!({"id": 2, "subscribe": {"channel": "agent.bob.x"}});
        let stats = json!({"id": 3, "presence_stats": {"channel": "agent.bob.x"}});
        assert_eq!(say(&local, connect, &[subscribe, stats]).await, 204);
        assert_eq!(talk.next().await["subscribe"]["recoverable"], true);
        assert_eq!(talk.next().await["presence_stats"]["num_clients"], 1);
        publish(&bob, "agent.bob.x", json!("hello"))
            .await
            .expect(200);
        let push = talk.next().await;
        assert_eq!(push["push"]["pub"]["data"]["payload"], "hello");
        // A second connect is no conversation.
        let again = json!({"id": 4, "connect": {}});
        assert_eq!(say(&local, connect, &[again]).await, 204);
        assert_eq!(talk.next().await["push"]["disconnect"]["code"], 3501);
        assert_eq!(
            within("its end", talk.response.chunk()).await.unwrap(),
            None
        );
        assert_eq!(say(&local, connect, &[json!({})]).await, 404, "it is over");
    }
    let unknown = json!({"connect": {"session": "session_x", "node": "n"}});
    assert_eq!(say(&local, &unknown["connect"], &[json!({})]).await, 404);
    let nothing = local.post("/emulation", json!({})).await;
    super::refused(&nothing, 400, "session required");
    let large = "x".repeat(64 * 1024 + 1);
    let refusal = local.post_text("/connection/http_stream", large).await;
    assert_eq!(refusal.status, 413, "{}", refusal.text);
}
