//! The rest of a body that nobody read: a request may be refused, or done, before its body is.
//! Closing the connection on a sender that still writes would lose the answer, and the next request
//! on the connection with it; so the rest is read on for a while, and thrown away.

use axum::body::{Body, BodyDataStream, Bytes, HttpBody};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use futures_util::{Stream, StreamExt};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

/// What is still read of a body, bytes.
const BYTES_MAX: usize = 8 * 1024 * 1024;
/// How long it may take.
const WITHIN: Duration = Duration::from_secs(10);

/// Answers when the body is read or its sender has been heard long enough.
pub async fn read_on(request: Request, next: Next) -> Response {
    if request.body().is_end_stream() {
        return next.run(request).await;
    }
    let left = Arc::new(Mutex::new(None));
    let request = request.map(|body| {
        Body::from_stream(Lent {
            chunks: Some(body.into_data_stream()),
            left: left.clone(),
        })
    });
    let response = next.run(request).await;
    let rest = left.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(rest) = rest {
        // Who does not come to an end is not waited for: the connection closes.
        let _ = tokio::time::timeout(WITHIN, discard(rest)).await;
    }
    response
}

async fn discard(mut chunks: BodyDataStream) {
    let mut left = BYTES_MAX;
    while let Some(Ok(chunk)) = chunks.next().await {
        match left.checked_sub(chunk.len()) {
            Some(rest) => left = rest,
            None => return,
        }
    }
}

/// A body that is given back when its reader lets go of it.
struct Lent {
    chunks: Option<BodyDataStream>,
    left: Arc<Mutex<Option<BodyDataStream>>>,
}

impl Stream for Lent {
    type Item = Result<Bytes, axum::Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match &mut self.chunks {
            Some(chunks) => chunks.poll_next_unpin(context),
            None => Poll::Ready(None),
        }
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        *self.left.lock().unwrap_or_else(PoisonError::into_inner) = self.chunks.take();
    }
}
