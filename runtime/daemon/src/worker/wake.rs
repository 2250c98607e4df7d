//! What wakes the worker: the log tells of new work, of cancels and of the kill switch the moment
//! they are durable.

use super::hold::Hold;
use crate::client::{Backoff, Client, ClientError, Cursor, EventStream, Feed, wire};
use crate::worker::limits::{RETRY_FIRST, RETRY_MAX};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use tokio::sync::Notify;

/// The runs that this worker holds, by id, so that a cancel finds its holder.
#[derive(Clone, Default)]
pub struct Holds {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    held: HashMap<String, Weak<Hold>>,
    /// Position in the log where the kill switch was last turned on. The answer to a claim may
    /// come later than the event that stops what it claimed.
    stopped_at: Option<u64>,
}

impl Holds {
    pub fn add(&self, hold: &Arc<Hold>) {
        let mut state = self.lock();
        state.held.retain(|_, hold| hold.strong_count() > 0);
        let held = Arc::downgrade(hold);
        state.held.insert(hold.run_id().to_owned(), held);
        if let Some(position) = state.stopped_at {
            hold.kill_switch_on(position);
        }
    }

    fn cancel(&self, run_id: &str) {
        if let Some(hold) = self.lock().held.get(run_id).and_then(Weak::upgrade) {
            hold.request_cancel();
        }
    }

    fn stop_all(&self, position: u64) {
        let mut state = self.lock();
        state.stopped_at = Some(position);
        for hold in state.held.values().filter_map(Weak::upgrade) {
            hold.kill_switch_on(position);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
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
            "policy.kill_switch.changed" => {
                let event: Result<wire::Event, _> = serde_json::from_str(&frame.data);
                match event {
                    Ok(event) if event.data["enabled"] == true => holds.stop_all(event.position),
                    Ok(_) => {}
                    Err(error) => {
                        tracing::error!(%error, "a change of the kill switch is not read")
                    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::worker::hold::Standing;
    use tokio::time::Instant;

    fn claimed(client: &Client, run_id: &str, position: Option<u64>) -> Arc<Hold> {
        let token = "token".to_owned();
        let asked_at = Instant::now();
        let hold = Hold::new(client, run_id.to_owned(), token, position, asked_at);
        Arc::new(hold)
    }

    /// Events come late and answers come late; who is stopped depends on neither.
    #[tokio::test]
    async fn the_kill_switch_stops_what_was_claimed_before_it() -> Result<(), ClientError> {
        let client = Client::new("http://127.0.0.1:1", None)?;
        let holds = Holds::default();
        let early = claimed(&client, "run_1", Some(3));
        let cancelled = claimed(&client, "run_2", Some(4));
        let later = claimed(&client, "run_3", Some(12));
        let observed = claimed(&client, "run_4", None);
        for hold in [&early, &cancelled, &later, &observed] {
            holds.add(hold);
        }
        holds.cancel("run_2");
        holds.stop_all(7);
        // Its claim was answered only after the event.
        let late_answer = claimed(&client, "run_5", Some(6));
        holds.add(&late_answer);
        let next = claimed(&client, "run_6", Some(9));
        holds.add(&next);
        for (hold, standing) in [
            (&early, Standing::KillSwitch),
            (&cancelled, Standing::KillSwitch),
            (&late_answer, Standing::KillSwitch),
            (&later, Standing::Held),
            (&next, Standing::Held),
            (&observed, Standing::Held),
        ] {
            assert_eq!(*hold.standing().borrow(), standing, "{}", hold.run_id());
        }
        Ok(())
    }
}
