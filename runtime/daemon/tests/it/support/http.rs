//! A client that speaks as somebody, and a socket for requests that no client would send.

use super::{DEADLINE, within};
use reqwest::Method;
use reqwest::header::HeaderMap;
use serde_json::Value;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Who asks, and where.
#[derive(Clone, Debug)]
pub struct Http {
    client: reqwest::Client,
    url: String,
    headers: Vec<(String, String)>,
}

/// An answer, read to its end.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Http {
    pub fn new(url: &str) -> Self {
        // One pool per runtime: connections die with the runtime of the test that opened them.
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        Self {
            client,
            url: url.to_owned(),
            headers: Vec::new(),
        }
    }

    /// The same caller of another address.
    pub fn at(mut self, url: &str) -> Self {
        self.url = url.to_owned();
        self
    }

    pub fn bearer(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    pub fn workspace(self, workspace_id: &str) -> Self {
        self.header("x-workspace-id", workspace_id)
    }

    /// With one more header on every request.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let mut request = self.client.request(method, format!("{}{path}", self.url));
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        request
    }

    pub async fn get(&self, path: &str) -> Reply {
        Reply::of(self.request(Method::GET, path)).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Reply {
        self.post_text(path, body.to_string()).await
    }

    /// Posts a body as it is, also one that is no JSON.
    pub async fn post_text(&self, path: &str, body: impl Into<reqwest::Body>) -> Reply {
        Reply::of(self.request(Method::POST, path).body(body)).await
    }

    pub async fn put(&self, path: &str, body: impl Into<reqwest::Body>) -> Reply {
        Reply::of(self.request(Method::PUT, path).body(body)).await
    }

    /// The same, where the server may be gone at any moment.
    pub async fn try_post(&self, path: &str, body: Value) -> Option<Reply> {
        let request = self.request(Method::POST, path).body(body.to_string());
        Reply::try_of(request).await
    }

    /// Creates a room and returns its id.
    pub async fn room(&self, title: &str) -> String {
        let reply = self
            .post("/v1/rooms", serde_json::json!({"title": title}))
            .await;
        reply.expect(201)["room_id"].as_str().unwrap().to_owned()
    }

    /// Creates a thread and returns its id.
    pub async fn thread(&self, room_id: &str) -> String {
        let path = format!("/v1/rooms/{room_id}/threads");
        let reply = self
            .post(&path, serde_json::json!({"title": "thread"}))
            .await;
        reply.expect(201)["thread_id"].as_str().unwrap().to_owned()
    }

    /// Posts a message and returns its id.
    pub async fn message(&self, thread_id: &str, text: &str) -> String {
        let path = format!("/v1/threads/{thread_id}/messages");
        let reply = self
            .post(&path, serde_json::json!({"content_md": text}))
            .await;
        reply.expect(201)["message_id"].as_str().unwrap().to_owned()
    }

    /// Creates a run and returns its id.
    pub async fn run(&self, room_id: &str) -> String {
        let reply = self
            .post("/v1/runs", serde_json::json!({"room_id": room_id}))
            .await;
        reply.expect(201)["run_id"].as_str().unwrap().to_owned()
    }
}

impl Reply {
    pub async fn of(request: reqwest::RequestBuilder) -> Self {
        let work = async {
            let response = request.send().await.expect("an answer");
            let (status, headers) = (response.status().as_u16(), response.headers().clone());
            let text = response.text().await.expect("a whole answer");
            Self {
                status,
                headers,
                text,
            }
        };
        within("an answer", work).await
    }

    /// `None` when the server is gone before the answer is whole.
    pub async fn try_of(request: reqwest::RequestBuilder) -> Option<Self> {
        let response = request.timeout(DEADLINE).send().await.ok()?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Some(Self {
            status,
            headers,
            text: response.text().await.ok()?,
        })
    }

    /// The body, after asserting the status.
    #[track_caller]
    pub fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        if self.text.is_empty() {
            return Value::Null;
        }
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {}", self.text))
    }

    /// Asserts a refusal: status and code, in the shape that every error has.
    #[track_caller]
    pub fn refused(&self, status: u16, code: &str) -> Value {
        let body = self.expect(status);
        assert_eq!(body["error"], code, "{}", self.text);
        assert!(
            body["message"]
                .as_str()
                .is_some_and(|text| text.ends_with('.')),
            "{body}"
        );
        for member in ["hint", "field"] {
            assert!(body[member].is_string() || body[member].is_null(), "{body}");
        }
        body
    }

    /// Asserts a 400 that names the member at fault.
    #[track_caller]
    pub fn bad(&self, code: &str, field: &str) {
        let body = self.refused(400, code);
        assert_eq!(body["field"], field, "{body}");
    }
}

/// Sends exactly these bytes and reads until the server closes, or until the answer is whole.
/// Returns the status and everything that came.
pub async fn raw(address: &str, bytes: &[u8]) -> (u16, String) {
    let work = async {
        let mut stream = TcpStream::connect(address).await.unwrap();
        // A server that has heard enough may close while we still write.
        stream.write_all(bytes).await.ok();
        let mut answer = Vec::new();
        let mut buffer = vec![0; 65_536];
        loop {
            match stream.read(&mut buffer).await {
                Ok(0) | Err(_) => break,
                Ok(count) => answer.extend_from_slice(&buffer[..count]),
            }
            if is_whole(&answer) {
                break;
            }
        }
        let text = String::from_utf8_lossy(&answer).into_owned();
        let status = text
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok())
            .unwrap_or(0);
        (status, text)
    };
    within("an answer on a raw socket", work).await
}

fn is_whole(answer: &[u8]) -> bool {
    let Some(end) = answer.windows(4).position(|window| window == b"\r\n\r\n") else {
        return false;
    };
    let head = String::from_utf8_lossy(&answer[..end]).to_lowercase();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length:"))
        .and_then(|length| length.trim().parse::<usize>().ok());
    length.is_some_and(|length| answer.len() >= end + 4 + length)
}
