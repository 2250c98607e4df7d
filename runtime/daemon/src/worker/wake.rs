//! What wakes the worker: the log tells of new work and of cancels the moment they are durable.

use super::hold::Hold;
use crate::client::{Backoff, Client, ClientError, Cursor, EventStream, Feed, wire};
use crate::worker::limits::{RETRY_FIRST, RETRY_MAX};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use tokio::sync::Notify;

/// The runs that this worker holds, by id, so that a cancel finds its holder.
#[derive(Clone, Default)]
pub struct Holds {
    held: Arc<Mutex<HashMap<String, Weak<Hold>>>>,
}

impl Holds {
    pub fn add(&self, hold: &Arc<Hold>) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.retain(|_, hold| hold.strong_count() > 0);
        held.insert(hold.run_id().to_owned(), Arc::downgrade(hold));
    }

    fn cancel(&self, run_id: &str) {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(hold) = held.get(run_id).and_then(Weak::upgrade) {
            hold.request_cancel();
        }
    }
}

/// Follows the log and wakes `work` whenever there may be something to claim. Returns only when
/// the runtime refuses this caller for good.
pub async fn follow(client: Client, work: Arc<Notify>, holds: Holds) -> ClientError {
    let head = match head(&client).await {
        Ok(head) => head,
        Err(error) => return error,
    };
    let mut stream = EventStream::new(client, Feed::Workspace, head);
    // What came before the stream is found by looking once.
    work.notify_one();
    loop {
        let frame = match stream.next().await {
            Ok(frame) => frame,
            Err(error) => return error,
        };
        match frame.event.as_str() {
            "run.created" | "run.approved" | "run.lease.released" | "run.lease.expired" => {
                work.notify_one();
            }
            "run.cancel.requested" => {
                let event: Result<wire::Event, _> = serde_json::from_str(&frame.data);
                if let Ok(Some(run_id)) = event.map(|event| event.run_id) {
                    holds.cancel(&run_id);
                }
            }
            _ => {}
        }
    }
}

async fn head(client: &Client) -> Result<Cursor, ClientError> {
    let mut backoff = Backoff::new(RETRY_FIRST, RETRY_MAX);
    loop {
        match Feed::Workspace.head(client).await {
            Err(error) if error.is_transient() => tokio::time::sleep(backoff.failed()).await,
            outcome => return outcome,
        }
    }
}
