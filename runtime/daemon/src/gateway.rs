//! Performs the requests that the gate has allowed: from their start to their end in the log, and
//! the effect between the two outside of the writer. Each is sent at most once.

mod answer;
mod order;

pub use order::Order;

use crate::app::{App, Origin};
use crate::config::EgressSettings;
use crate::effect::blob::Blobs;
use crate::effect::egress::{self, Failure, Limits, Secret};
use crate::live::{Cursor, FeedKey, Subscription};
use kernel::event::{EgressOutcome, Sent};
use kernel::gate::egress::{EndEgress, StartEgress};
use kernel::limits::{
    EGRESS_AT_ONCE_MAX, EGRESS_CONNECT_MS, EGRESS_OPEN_MAX, EGRESS_RESPONSE_BYTES_MAX, EXPIRIES_MAX,
};
use kernel::{Answer, Command};
use order::Prepared;
use std::sync::Arc;
use std::time::Duration;
use supervisor::credentials::Secrets;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// Waits between attempts to write down what came of a request.
const RETRY_EVERY: Duration = Duration::from_secs(1);
/// Attempts to write it down; the next start says that the outcome is not known.
const RETRIES_MAX: usize = 30;
/// The event that stops everything.
const KILL_SWITCH_CHANGED: &str = "policy.kill_switch.changed";

/// Performs requests. Cheap to clone.
#[derive(Clone)]
pub struct Gateway {
    inner: Arc<Inner>,
}

struct Inner {
    app: App,
    blobs: Blobs,
    settings: watch::Receiver<EgressSettings>,
    /// Requests that are performed or wait for their turn.
    open: Arc<Semaphore>,
    turns: Semaphore,
}

/// The right to have one request performed.
pub struct Place(OwnedSemaphorePermit);

impl Gateway {
    pub fn new(app: &App, settings: watch::Receiver<EgressSettings>) -> Self {
        Self {
            inner: Arc::new(Inner {
                app: app.clone(),
                blobs: Blobs::new(app.store.data_dir()),
                settings,
                open: Arc::new(Semaphore::new(EGRESS_OPEN_MAX)),
                turns: Semaphore::new(EGRESS_AT_ONCE_MAX),
            }),
        }
    }

    /// Ends what the process before this one left open. Before serving: nothing is under way.
    pub async fn settle(&self) {
        loop {
            let origin = Origin::system();
            let settled = self.inner.app.submit(&origin, Command::InterruptEgress);
            match settled.await.map(|committed| committed.answer) {
                Ok(Answer::Expired { runs }) if runs >= EXPIRIES_MAX as usize => {}
                Ok(_) => return,
                Err(problem) => {
                    tracing::error!(%problem, "requests of before could not be ended");
                    return;
                }
            }
        }
    }

    /// A place for one more request, asked for before the gate is: what it allows must be sent.
    pub fn place(&self) -> Option<Place> {
        let permit = self.inner.open.clone().try_acquire_owned();
        permit.ok().map(Place)
    }

    /// Performs a request that was allowed. It goes on when nobody waits for it any more.
    pub fn perform(&self, order: Order, place: Place) -> JoinHandle<()> {
        let inner = self.inner.clone();
        tokio::spawn(async move {
            inner.perform(&order).await;
            drop(place.0);
        })
    }
}

impl Inner {
    async fn perform(&self, order: &Order) {
        // The semaphore is never closed.
        let _turn = self.turns.acquire().await;
        let settings = self.settings.borrow().clone();
        let begin = Instant::now();
        let prepared = match self.prepare(order, &settings).await {
            Ok(prepared) => prepared,
            Err(failure) => return self.failed(order, failure, begin).await,
        };
        // From before the start on, so that no turn of the switch falls between the two.
        let feed = FeedKey::Workspace(order.workspace_id.clone());
        let changes = self.app.watch(&Origin::system(), feed, Cursor::Latest);
        let start = Command::StartEgress(StartEgress {
            egress_request_id: order.egress_request_id.clone(),
        });
        let started = match self.app.submit(&Origin::system(), start).await {
            Ok(started) if started.answer == Answer::Done => started.position,
            // The switch was turned on after the allow; the kernel has ended it.
            Ok(_) => return,
            Err(problem) => {
                tracing::error!(%problem, "a request was not begun");
                let why = "The start of the request could not be written down, so it was not sent.";
                let failure = Failure::new("not_started", Sent::No, why);
                return self.failed(order, failure, begin).await;
            }
        };
        let limits = Limits {
            connect: Duration::from_millis(EGRESS_CONNECT_MS),
            total: Duration::from_secs(u64::from(settings.timeout_seconds)),
            response_bytes: EGRESS_RESPONSE_BYTES_MAX,
        };
        let Prepared {
            request,
            addresses,
            secrets,
        } = prepared;
        let request_bytes = request.body.len() as u64;
        let sent = tokio::select! {
            biased;
            failure = broken_off(changes, started) => Err(failure),
            answer = egress::send(request, &addresses, limits) => answer,
        };
        match sent {
            Ok(answer) => {
                let ended = self.keep(order, answer, &secrets).await;
                let outcome = EgressOutcome {
                    request_bytes: Some(request_bytes),
                    duration_ms: Some(elapsed_ms(begin)),
                    ..ended.outcome
                };
                self.end(EndEgress { outcome, ..ended }).await;
            }
            Err(failure) => self.failed(order, failure, begin).await,
        }
    }

    /// Everything that must hold before anything is sent.
    async fn prepare(&self, order: &Order, settings: &EgressSettings) -> Result<Prepared, Failure> {
        let data_dir = self.app.store.data_dir().to_owned();
        let named = order.clone();
        // A keyring may be slow to answer.
        let found = tokio::task::spawn_blocking(move || {
            let secrets = Secrets::open(&data_dir)?;
            named.secrets(&secrets)
        });
        let found = found.await.map_err(|_| order::no_secrets())??;
        order.prepare(settings, found).await
    }

    async fn failed(&self, order: &Order, failure: Failure, begin: Instant) {
        let Failure {
            code,
            message,
            sent,
            http_status,
            address,
        } = failure;
        tracing::info!(order.egress_request_id, code, "a request failed");
        self.end(EndEgress {
            egress_request_id: order.egress_request_id.clone(),
            outcome: EgressOutcome {
                http_status,
                address,
                duration_ms: Some(elapsed_ms(begin)),
                ..EgressOutcome::default()
            },
            failure: Some((code.to_owned(), message, sent)),
        })
        .await;
    }

    /// Writes down what came of it. A disk that is full now may have space in a moment.
    async fn end(&self, end: EndEgress) {
        for attempt in 1..=RETRIES_MAX {
            let command = Command::EndEgress(end.clone());
            match self.app.submit(&Origin::system(), command).await {
                Ok(_) => return,
                Err(problem) => {
                    tracing::error!(%problem, attempt, "the end of a request is not written down");
                    tokio::time::sleep(RETRY_EVERY).await;
                }
            }
        }
    }

    async fn keep(&self, order: &Order, answer: egress::Answer, secrets: &[Secret]) -> EndEgress {
        answer::keep(&self.app, &self.blobs, order, answer, secrets).await
    }
}

fn elapsed_ms(begin: Instant) -> u64 {
    u64::try_from(begin.elapsed().as_millis()).unwrap_or(u64::MAX)
}

/// Completes when the kill switch is turned on after this position of the log, or when nobody can
/// say any more that it was not.
async fn broken_off(mut changes: Subscription, after: u64) -> Failure {
    loop {
        let Ok(frames) = changes.next().await else {
            let message = "The log cannot be followed any more, so the request was broken off. \
                           Whether it had its effect is not known.";
            return Failure::new("outcome_unknown", Sent::Unknown, message);
        };
        let turned_on = frames.iter().any(|frame| {
            let is_change =
                frame.position > after && frame.event_type.as_ref() == KILL_SWITCH_CHANGED;
            is_change && is_on(&frame.json)
        });
        if turned_on {
            let message = "The owner turned the kill switch on while the request was under way; \
                           it was broken off. Whether it had its effect is not known.";
            return Failure::new("kill_switch", Sent::Unknown, message);
        }
    }
}

fn is_on(event: &[u8]) -> bool {
    let event: Result<serde_json::Value, _> = serde_json::from_slice(event);
    event.is_ok_and(|event| event["data"]["enabled"] == true)
}
