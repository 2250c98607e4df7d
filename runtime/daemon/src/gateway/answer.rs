//! What is kept of an answer: its status, a few headers, and its body as a blob, all without the
//! secrets that the request was sent with.

use super::Order;
use crate::app::App;
use crate::clock;
use crate::effect::blob::{BlobError, Blobs};
use crate::effect::egress::{Answer, Secret, mask};
use crate::store::table;
use axum::http::{HeaderMap, header};
use kernel::event::{EgressOutcome, Sent};
use kernel::gate::egress::EndEgress;
use kernel::limits::TARGET_CHARS_MAX;
use std::collections::BTreeMap;

/// Headers that say what the body is and where to go on. Cookies and the like are secrets.
const KEPT: [header::HeaderName; 8] = [
    header::CONTENT_TYPE,
    header::CONTENT_LENGTH,
    header::CONTENT_ENCODING,
    header::DATE,
    header::ETAG,
    header::LAST_MODIFIED,
    header::LOCATION,
    header::RETRY_AFTER,
];

/// Keeps an answer, and says how the request ended.
pub async fn keep(
    app: &App,
    blobs: &Blobs,
    order: &Order,
    answer: Answer,
    secrets: &[Secret],
) -> EndEgress {
    let is_encoded = answer.headers.contains_key(header::CONTENT_ENCODING);
    let response_bytes = answer.body.len() as u64;
    let mut outcome = EgressOutcome {
        http_status: Some(answer.status),
        address: Some(answer.address.to_string()),
        response_bytes: Some(response_bytes),
        response_headers: Some(kept_headers(&answer.headers, secrets)),
        ..EgressOutcome::default()
    };
    let egress_request_id = order.egress_request_id.clone();
    let not_kept = |outcome, code: &str, message: String| EndEgress {
        egress_request_id: egress_request_id.clone(),
        outcome,
        failure: Some((code.to_owned(), message, Sent::Yes)),
    };
    if is_encoded && !secrets.is_empty() && response_bytes > 0 {
        let message = "The answer is encoded although it was not to be, so it could not be \
                       searched for the secret that was sent. Its body is not kept.";
        return not_kept(outcome, "response_encoded", message.to_owned());
    }
    let (body, masked) = mask(answer.body, secrets);
    outcome.masked = masked.then_some(true);
    if !body.is_empty() {
        match store(app, blobs, &order.workspace_id, &body).await {
            Ok(blob) => outcome.response_blob = Some(blob),
            Err(why) => {
                tracing::error!(why, "the answer to a request is not kept");
                let message = format!("The answer could not be kept: {why}.");
                return not_kept(outcome, "response_not_kept", message);
            }
        }
    }
    EndEgress {
        egress_request_id,
        outcome,
        failure: None,
    }
}

fn kept_headers(headers: &HeaderMap, secrets: &[Secret]) -> BTreeMap<String, String> {
    let kept = KEPT.iter().filter_map(|name| {
        let value = headers.get(name)?.as_bytes();
        let (value, _) = mask(value.to_vec(), secrets);
        let value = String::from_utf8_lossy(&value).into_owned();
        Some((name.to_string(), crate::cli::cut(&value, TARGET_CHARS_MAX)))
    });
    kept.collect()
}

async fn store(
    app: &App,
    blobs: &Blobs,
    workspace_id: &str,
    body: &[u8],
) -> Result<String, String> {
    let failed = |error: BlobError| match error {
        // The same disk holds the log.
        BlobError::NotDurable(_) => app.store.poison(&error.to_string()).to_string(),
        BlobError::TooLarge | BlobError::NoSpace | BlobError::Io(_) => error.to_string(),
    };
    let mut writer = blobs.writer().await.map_err(failed)?;
    writer.write(body).await.map_err(failed)?;
    let (blob, size_bytes) = writer.finish().await.map_err(failed)?;
    let blob = blob.to_string();
    let (name, workspace_id) = (blob.clone(), workspace_id.to_owned());
    let write = move |connection: &_| {
        table::blob::put(connection, &name, size_bytes, &workspace_id, clock::now())
    };
    let written = app.store.write(write).await;
    written.map(|()| blob).map_err(|error| error.to_string())
}
