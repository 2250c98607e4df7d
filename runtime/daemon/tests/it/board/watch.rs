//! A reader of the board's live streams, whose ids are texts.

use crate::support::{Http, within};
use reqwest::Method;
use serde_json::Value;

pub struct Watch {
    response: reqwest::Response,
    pending: String,
    /// What came that is no message.
    pub comments: Vec<String>,
}

impl Watch {
    /// Opens a stream and waits until the server says that it is open.
    pub async fn open(http: &Http, path: &str, last_event_id: Option<&str>) -> Self {
        let mut request = http.request(Method::GET, path);
        if let Some(id) = last_event_id {
            request = request.header("last-event-id", id);
        }
        let response = within("a live stream opens", request.send()).await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        let headers = response.headers();
        assert_eq!(headers["cache-control"], "no-cache");
        assert_eq!(headers["x-accel-buffering"], "no");
        assert_eq!(headers["access-control-allow-origin"], "*");
        Self {
            response,
            pending: String::new(),
            comments: Vec::new(),
        }
    }

    /// The next block, up to its end; `None` when the stream has ended.
    async fn block(&mut self, end: &str) -> Option<String> {
        within("the next part of a live stream", async {
            loop {
                if let Some(at) = self.pending.find(end) {
                    let block: String = self.pending.drain(..at + end.len()).collect();
                    return Some(block[..at].to_owned());
                }
                let bytes = self.response.chunk().await.ok()??;
                self.pending.push_str(std::str::from_utf8(&bytes).unwrap());
            }
        })
        .await
    }

    /// The next message of Server-Sent Events: exactly an id and a line of data.
    pub async fn next(&mut self) -> Value {
        self.next_until_broken_off().await.expect("it goes on")
    }

    /// The same, where the server may be gone at any moment; `None` when it is.
    pub async fn next_until_broken_off(&mut self) -> Option<Value> {
        loop {
            let block = self.block("\n\n").await?;
            if let Some(comment) = block.strip_prefix(": ") {
                self.comments.push(comment.to_owned());
                continue;
            }
            let (id, data) = block.split_once('\n').unwrap();
            let data = data.strip_prefix("data: ").unwrap();
            assert!(!data.contains('\n'), "{block}");
            let message: Value = serde_json::from_str(data).unwrap();
            assert_eq!(id.strip_prefix("id: ").unwrap(), message["id"], "{block}");
            return Some(message);
        }
    }

    /// The next message of lines of JSON.
    pub async fn next_line(&mut self) -> Value {
        loop {
            let line = self.block("\n").await.expect("it goes on");
            if !line.is_empty() {
                return serde_json::from_str(&line).unwrap();
            }
        }
    }

    pub async fn numbers(&mut self, count: usize) -> Vec<i64> {
        let mut numbers = Vec::new();
        while numbers.len() < count {
            numbers.push(self.next().await["body"]["n"].as_i64().unwrap());
        }
        numbers
    }
}
