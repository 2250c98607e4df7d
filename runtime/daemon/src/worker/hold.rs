//! Holding a run: the lease is kept alive, every report shows its token, and the moment it is
//! somebody else's, nothing more is reported.

use super::limits::{HEARTBEAT_EVERY, LEASE, RETRY_FIRST, RETRY_MAX};
use crate::client::{Backoff, Client, ClientError, wire};
use serde_json::json;
use std::future::Future;
use std::sync::{Mutex, PoisonError};
use tokio::sync::watch;
use tokio::time::Instant;

/// Refusals that say that the attempt is over, whatever it was about to report.
const LOST_CODES: [&str; 6] = [
    "lease_token_mismatch",
    "lease_expired",
    "run_not_running",
    "run_already_ended",
    "run_not_found",
    "tool_call_not_running",
];

/// How a holder stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    Held,
    /// Somebody asked for the run to stop; it is still held.
    CancelRequested,
    /// The owner has turned the kill switch on since the run was claimed; it is still held.
    KillSwitch,
    /// It is not ours any more, for this reason.
    Lost(String),
}

/// A report that was not taken.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The run is not ours any more: stop.
    #[error("the run is no longer held: {0}")]
    Lost(String),
    /// This report is not acceptable; others may be.
    #[error(transparent)]
    Refused(ClientError),
    /// The gate does not allow what was about to be done.
    #[error("{}", .0.reason)]
    Denied(wire::Ruling),
}

/// A run that this process holds.
pub struct Hold {
    client: Client,
    run_id: String,
    /// Position in the log of the claim: a kill switch that is turned on after it stops this
    /// holder. `None` for what is only observed, which is not ours to stop.
    claimed_at: Option<u64>,
    standing: watch::Sender<Standing>,
    /// Until then nobody else can have the run.
    live_until: Mutex<Instant>,
}

impl Hold {
    /// A run whose lease was granted at, or after, `asked_at`, and at this position of the log.
    pub fn new(
        client: &Client,
        run_id: String,
        claim_token: String,
        claimed_at: Option<u64>,
        asked_at: Instant,
    ) -> Self {
        Self {
            client: client.clone().holding(claim_token),
            run_id,
            claimed_at,
            standing: watch::Sender::new(Standing::Held),
            live_until: Mutex::new(asked_at + LEASE),
        }
    }

    pub fn run_id(&self) -> &str {
        &self.run_id
    }

    /// How it stands, now and later.
    pub fn standing(&self) -> watch::Receiver<Standing> {
        self.standing.subscribe()
    }

    /// Somebody asked for the run to stop.
    pub fn request_cancel(&self) {
        self.standing.send_if_modified(|standing| {
            let held = *standing == Standing::Held;
            if held {
                *standing = Standing::CancelRequested;
            }
            held
        });
    }

    /// The kill switch was turned on at this position of the log, or is on while the run is held.
    pub fn kill_switch_on(&self, at_position: u64) {
        if self.claimed_at.is_none_or(|claimed| at_position <= claimed) {
            return;
        }
        self.standing.send_if_modified(|standing| {
            let held = matches!(standing, Standing::Held | Standing::CancelRequested);
            if held {
                *standing = Standing::KillSwitch;
            }
            held
        });
    }

    fn lose(&self, why: &str) -> ReportError {
        self.standing.send_if_modified(|standing| {
            let held = !matches!(standing, Standing::Lost(_));
            if held {
                *standing = Standing::Lost(why.to_owned());
            }
            held
        });
        ReportError::Lost(why.to_owned())
    }

    /// Extends the lease for as long as it can be extended. Returns when it is lost.
    pub async fn keep(&self) {
        let path = format!("/v1/runs/{}/lease/heartbeat", self.run_id);
        let nothing = json!({});
        loop {
            tokio::time::sleep(HEARTBEAT_EVERY).await;
            let asked_at = Instant::now();
            let beat = self.persist_plain(|| self.client.post(&path, &nothing));
            let beat: Result<wire::Heartbeat, ReportError> = beat.await;
            match beat {
                Ok(beat) => {
                    self.extended(asked_at);
                    if beat.cancel_requested {
                        self.request_cancel();
                    }
                    // For when the event of the change was not heard, or not yet.
                    if beat.kill_switch {
                        self.kill_switch_on(u64::MAX);
                    }
                }
                Err(ReportError::Lost(_)) => return,
                Err(error @ (ReportError::Refused(_) | ReportError::Denied(_))) => {
                    self.lose(&error.to_string());
                    return;
                }
            }
        }
    }

    fn extended(&self, asked_at: Instant) {
        let mut until = self
            .live_until
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *until = (*until).max(asked_at + LEASE);
    }

    fn is_live(&self) -> bool {
        let until = self
            .live_until
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        Instant::now() < *until
    }

    /// Repeats a request through interruptions, for as long as the lease could live. After one
    /// that may have arrived, `arrived` is asked first: what is in the log is not written twice.
    pub(super) async fn persist<T, F, A>(
        &self,
        mut request: impl FnMut() -> F,
        mut arrived: impl FnMut() -> A,
    ) -> Result<T, ReportError>
    where
        F: Future<Output = Result<T, ClientError>>,
        A: Future<Output = Result<Option<T>, ClientError>>,
    {
        let mut backoff = Backoff::new(RETRY_FIRST, RETRY_MAX);
        let mut may_have_arrived = false;
        loop {
            if let Standing::Lost(why) = &*self.standing.borrow() {
                return Err(ReportError::Lost(why.clone()));
            }
            let earlier = match may_have_arrived {
                true => arrived().await,
                false => Ok(None),
            };
            let outcome = match earlier {
                Ok(Some(answer)) => return Ok(answer),
                Ok(None) => {
                    may_have_arrived = false;
                    request().await
                }
                Err(error) => Err(error),
            };
            let error = match outcome {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            if LOST_CODES.contains(&error.code().unwrap_or_default()) || is_unauthorized(&error) {
                return Err(self.lose(&error.to_string()));
            }
            if !error.is_transient() {
                return Err(ReportError::Refused(error));
            }
            if !self.is_live() {
                return Err(self.lose("the runtime did not answer while the lease lived"));
            }
            may_have_arrived |= matches!(error, ClientError::Interrupted { .. });
            tokio::time::sleep(backoff.failed()).await;
        }
    }

    /// The same for a request that does no harm when it arrives twice.
    pub(super) async fn persist_plain<T, F>(
        &self,
        request: impl FnMut() -> F,
    ) -> Result<T, ReportError>
    where
        F: Future<Output = Result<T, ClientError>>,
    {
        self.persist(request, || async { Ok(None) }).await
    }

    pub(super) fn client(&self) -> &Client {
        &self.client
    }
}

fn is_unauthorized(error: &ClientError) -> bool {
    matches!(error, ClientError::Refused(refusal) if refusal.status == 401)
}
