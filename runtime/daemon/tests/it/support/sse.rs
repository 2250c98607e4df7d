//! A reader of live streams, independent of the client that the daemon ships.

use super::http::Http;
use super::within;
use reqwest::Method;
use serde_json::Value;

/// One frame as it came.
#[derive(Clone, Debug)]
pub struct Frame {
    pub id: u64,
    pub event: String,
    pub data: Value,
}

/// An open live stream.
pub struct Live {
    response: reqwest::Response,
    pending: Vec<u8>,
    /// How much of it is known to hold no end of a frame.
    scanned: usize,
    /// Comments that came, without their colon.
    pub comments: Vec<String>,
}

impl Live {
    /// Opens a stream, optionally with `Last-Event-ID`.
    pub async fn open(http: &Http, path: &str, last_event_id: Option<u64>) -> Self {
        let mut request = http.request(Method::GET, path);
        if let Some(id) = last_event_id {
            request = request.header("last-event-id", id.to_string());
        }
        let response = within("a live stream opens", request.send()).await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        let kind = response.headers()["content-type"]
            .to_str()
            .unwrap()
            .to_owned();
        assert!(kind.starts_with("text/event-stream"), "{kind}");
        Self {
            response,
            pending: Vec::new(),
            scanned: 0,
            comments: Vec::new(),
        }
    }

    /// The next event; `None` when the stream ended.
    pub async fn next(&mut self) -> Option<Frame> {
        within("the next frame of a live stream", async {
            loop {
                let fresh = &self.pending[self.scanned..];
                if let Some(end) = fresh.windows(2).position(|window| window == b"\n\n") {
                    let block = self.pending.drain(..self.scanned + end + 2).collect();
                    self.scanned = 0;
                    match self.parse(&String::from_utf8(block).expect("UTF-8")) {
                        Some(frame) => return Some(frame),
                        None => continue,
                    }
                }
                self.scanned = self.pending.len().saturating_sub(1);
                match self.response.chunk().await {
                    Ok(Some(bytes)) => self.pending.extend_from_slice(&bytes),
                    Ok(None) | Err(_) => return None,
                }
            }
        })
        .await
    }

    /// The next `count` events.
    pub async fn take(&mut self, count: usize) -> Vec<Frame> {
        let mut frames = Vec::with_capacity(count);
        while frames.len() < count {
            frames.push(self.next().await.expect("the stream goes on"));
        }
        frames
    }

    /// Events until one satisfies `last`, that one included.
    pub async fn until(&mut self, mut last: impl FnMut(&Frame) -> bool) -> Vec<Frame> {
        let mut frames = Vec::new();
        loop {
            let frame = self.next().await.expect("the stream goes on");
            let over = last(&frame);
            frames.push(frame);
            if over {
                return frames;
            }
        }
    }

    fn parse(&mut self, block: &str) -> Option<Frame> {
        let (mut id, mut event, mut data) = (None, None, None);
        for line in block.lines() {
            match line.split_once(": ").or_else(|| line.split_once(':')) {
                Some(("", comment)) => self.comments.push(comment.trim().to_owned()),
                Some(("id", text)) => id = Some(text.parse().expect("a number")),
                Some(("event", text)) => event = Some(text.to_owned()),
                Some(("data", text)) => data = Some(serde_json::from_str(text).expect("JSON")),
                other => assert!(line.is_empty(), "unknown line {other:?}"),
            }
        }
        Some(Frame {
            id: id?,
            event: event?,
            data: data?,
        })
    }
}
