//! Requests and answers.

use super::error::ClientError;
use reqwest::{Method, RequestBuilder, Response, header};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::time::Duration;

/// Longest wait for a connection.
const CONNECT_WITHIN: Duration = Duration::from_secs(3);
/// Longest wait for an answer; a write waits for the disk.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);
/// Longest transfer of one blob.
const BLOB_WITHIN: Duration = Duration::from_secs(600);
/// Longest silence on a live stream; the server sends a comment every 15 s.
const SILENCE_MAX: Duration = Duration::from_secs(45);

/// One runtime, as one caller. Cheap to clone.
#[derive(Clone)]
pub struct Client {
    base: String,
    token: Option<String>,
    workspace_id: Option<String>,
    claim_token: Option<String>,
    idempotency_key: Option<String>,
    http: reqwest::Client,
}

impl Client {
    /// A client of the runtime at `base`, as the caller that `token` names.
    ///
    /// # Errors
    /// When the system offers no way to make connections.
    pub fn new(base: &str, token: Option<String>) -> Result<Self, ClientError> {
        let http = reqwest::Client::builder()
            // Proxies are for the world outside; the runtime is on this machine or named outright.
            .no_proxy()
            .connect_timeout(CONNECT_WITHIN)
            .read_timeout(SILENCE_MAX)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| ClientError::transport(base, &error))?;
        Ok(Self {
            base: base.trim_end_matches('/').to_owned(),
            token,
            workspace_id: None,
            claim_token: None,
            idempotency_key: None,
            http,
        })
    }

    /// The same client in another workspace.
    pub fn in_workspace(mut self, workspace_id: Option<String>) -> Self {
        self.workspace_id = workspace_id;
        self
    }

    /// The same client as the holder of a run: every request shows the claim token.
    pub fn holding(mut self, claim_token: String) -> Self {
        self.claim_token = Some(claim_token);
        self
    }

    /// The same client for one write that has its effect once, however often it is sent.
    pub fn idempotent(mut self, key: Option<String>) -> Self {
        self.idempotency_key = key;
        self
    }

    /// The address it talks to, without a slash at the end.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// # Errors
    /// Anything but a 2xx with a body of this shape.
    pub async fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, String)],
    ) -> Result<T, ClientError> {
        let request = self.request(Method::GET, &with_query(path, query));
        self.json(request.timeout(ANSWER_WITHIN)).await
    }

    /// Gets what is not JSON.
    ///
    /// # Errors
    /// Anything but a 2xx.
    pub async fn text(&self, path: &str) -> Result<String, ClientError> {
        let request = self.request(Method::GET, path).timeout(ANSWER_WITHIN);
        let text = self.send(request).await?.text().await;
        text.map_err(|error| ClientError::transport(&self.base, &error))
    }

    /// # Errors
    /// Anything but a 2xx with a body of this shape.
    pub async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, ClientError> {
        let request = self.request(Method::POST, path).json(body);
        self.json(request.timeout(ANSWER_WITHIN)).await
    }

    /// # Errors
    /// Anything but a 2xx with a body of this shape.
    pub async fn delete<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, ClientError> {
        let request = self.request(Method::DELETE, path).json(body);
        self.json(request.timeout(ANSWER_WITHIN)).await
    }

    /// Posts when only success matters.
    ///
    /// # Errors
    /// Anything but a 2xx.
    pub async fn tell(&self, path: &str, body: &impl Serialize) -> Result<(), ClientError> {
        let request = self.request(Method::POST, path).json(body);
        self.send(request.timeout(ANSWER_WITHIN)).await.map(drop)
    }

    /// Stores `body` of `size_bytes` as a blob and returns its name, `sha256:<hex>`.
    ///
    /// # Errors
    /// Anything but a 2xx.
    pub async fn put_blob(
        &self,
        body: impl Into<reqwest::Body>,
        size_bytes: u64,
    ) -> Result<String, ClientError> {
        let request = self
            .request(Method::PUT, "/v1/blobs")
            .header(header::CONTENT_LENGTH, size_bytes)
            .header(header::CONTENT_TYPE, "application/octet-stream")
            .body(body)
            .timeout(BLOB_WITHIN);
        let stored: super::wire::StoredBlob = self.json(request).await?;
        Ok(stored.blob)
    }

    /// Gets lines, as they are.
    ///
    /// # Errors
    /// Anything but a 2xx.
    pub async fn lines(
        &self,
        path: &str,
        query: &[(&str, String)],
    ) -> Result<Vec<String>, ClientError> {
        let text = self.text(&with_query(path, query)).await?;
        let lines = text.lines().filter(|line| !line.is_empty());
        Ok(lines.map(str::to_owned).collect())
    }

    /// Stores a file on the board.
    ///
    /// # Errors
    /// Anything but a 2xx.
    pub async fn put_file(
        &self,
        body: impl Into<reqwest::Body>,
    ) -> Result<super::wire::StoredFile, ClientError> {
        let request = self
            .request(Method::POST, "/files")
            .header(header::CONTENT_TYPE, "application/octet-stream")
            .body(body)
            .timeout(BLOB_WITHIN);
        self.json(request).await
    }

    /// Opens the content of a file of the board, `sha256:<hex>`; it is read piece by piece.
    ///
    /// # Errors
    /// Anything but a 2xx.
    pub async fn get_file(&self, hash: &str) -> Result<Content, ClientError> {
        let path = format!("/files/{}", segment(hash));
        let request = self.request(Method::GET, &path).timeout(BLOB_WITHIN);
        let response = self.send(request).await?;
        Ok(Content {
            base: self.base.clone(),
            response,
        })
    }

    /// Opens a live stream. `last_id` resumes after that event.
    pub(super) async fn open_stream(
        &self,
        path: &str,
        last_id: impl std::fmt::Display,
    ) -> Result<Response, ClientError> {
        let request = self
            .request(Method::GET, path)
            .header(header::ACCEPT, "text/event-stream")
            .header("last-event-id", last_id.to_string());
        self.send(request).await
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let mut request = self.http.request(method, format!("{}{path}", self.base));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        if let Some(workspace_id) = &self.workspace_id {
            request = request.header("x-workspace-id", workspace_id);
        }
        if let Some(claim_token) = &self.claim_token {
            request = request.header("x-claim-token", claim_token);
        }
        if let Some(key) = &self.idempotency_key {
            request = request.header("idempotency-key", key);
        }
        request
    }

    async fn json<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, ClientError> {
        let response = self.send(request).await?;
        let body = response.bytes().await;
        let body = body.map_err(|error| ClientError::transport(&self.base, &error))?;
        serde_json::from_slice(&body).map_err(|error| ClientError::Foreign {
            url: self.base.clone(),
            why: error.to_string(),
        })
    }

    async fn send(&self, request: RequestBuilder) -> Result<Response, ClientError> {
        let failed = |error: reqwest::Error| ClientError::transport(&self.base, &error);
        let response = request.send().await.map_err(failed)?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let body = response.bytes().await.map_err(failed)?;
        Err(ClientError::refused(&self.base, status.as_u16(), &body))
    }
}

/// A file as it arrives.
pub struct Content {
    base: String,
    response: Response,
}

impl Content {
    /// The next piece; `None` after the last.
    ///
    /// # Errors
    /// When the connection breaks before the end.
    pub async fn piece(&mut self) -> Result<Option<bytes::Bytes>, ClientError> {
        let piece = self.response.chunk().await;
        piece.map_err(|error| ClientError::transport(&self.base, &error))
    }
}

/// A text as one segment of a path, percent-encoded.
pub fn segment(text: &str) -> String {
    let Ok(mut url) = reqwest::Url::parse(super::URL_DEFAULT) else {
        return text.to_owned();
    };
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.clear().push(text);
    }
    url.path().trim_start_matches('/').to_owned()
}

/// `path` with its query, percent-encoded. Pairs with empty values are left out.
fn with_query(path: &str, query: &[(&str, String)]) -> String {
    let pairs: Vec<&(&str, String)> = query
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .collect();
    match serde_html_form::to_string(&pairs) {
        Ok(text) if !text.is_empty() => format!("{path}?{text}"),
        Ok(_) | Err(_) => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_encoded_and_empty_pairs_left_out() {
        let query = [("q", "a b&c=ü".to_owned()), ("limit", String::new())];
        assert_eq!(
            with_query("/v1/search", &query),
            "/v1/search?q=a+b%26c%3D%C3%BC"
        );
        assert_eq!(with_query("/v1/rooms", &[]), "/v1/rooms");
    }

    #[test]
    fn a_segment_stays_one() {
        for (text, expected) in [
            ("general", "general"),
            ("a b/c?d#e", "a%20b%2Fc%3Fd%23e"),
            ("50%", "50%25"),
            ("sha256:00", "sha256:00"),
            ("ü", "%C3%BC"),
        ] {
            assert_eq!(segment(text), expected);
        }
    }
}
