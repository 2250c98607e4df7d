//! The numbers of supervision. Each has a unit and a reason.

use std::time::Duration;

use crate::status::Component;

/// When to wait, how long, and when to give up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Wait before the first restart; doubles with each further one.
    pub backoff_first: Duration,
    /// The longest wait between restarts.
    pub backoff_max: Duration,
    /// Restarts in a row without a healthy spell; the next failure is a crash loop.
    pub restarts_max: u32,
    /// Healthy for this long without a break: earlier failures are forgotten.
    pub healthy_spell: Duration,
    /// From spawn to ready line. A large database takes a while to open after a crash.
    pub start_deadline: Duration,
    /// How often the api is asked.
    pub api_probe_every: Duration,
    /// How often the worker's sign of life is looked at; twice the time between two signs.
    pub worker_probe_every: Duration,
    /// How long the api may take to answer a probe.
    pub probe_time_limit: Duration,
    /// From this many missed probes in a row on, the component is shown as degraded.
    pub missed_probes_degraded: u32,
    /// This many missed probes in a row mean that the component hangs.
    pub missed_probes_max: u32,
    /// From the polite request to end until force.
    pub stop_grace: Duration,
    /// The same for a child that hangs and will hardly listen.
    pub hung_grace: Duration,
    /// A gap between expected and real time that only sleep explains.
    pub sleep_gap: Duration,
    /// After waking up, silence is forgiven for this long.
    pub wake_grace: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Policy {
            backoff_first: Duration::from_secs(1),
            backoff_max: Duration::from_secs(30),
            restarts_max: 5,
            healthy_spell: Duration::from_secs(60),
            start_deadline: Duration::from_secs(60),
            api_probe_every: Duration::from_secs(2),
            worker_probe_every: Duration::from_secs(4),
            probe_time_limit: Duration::from_millis(1_500),
            missed_probes_degraded: 2,
            missed_probes_max: 3,
            stop_grace: Duration::from_secs(5),
            hung_grace: Duration::from_secs(1),
            sleep_gap: Duration::from_secs(10),
            wake_grace: Duration::from_secs(60),
        }
    }
}

impl Policy {
    /// The wait before restart number `attempt`, counted from 1.
    pub fn backoff(&self, attempt: u32) -> Duration {
        let doublings = attempt.saturating_sub(1).min(31);
        self.backoff_first
            .saturating_mul(1 << doublings)
            .min(self.backoff_max)
    }

    /// Time between two probes of `component`.
    pub fn probe_every(&self, component: Component) -> Duration {
        match component {
            Component::Api => self.api_probe_every,
            Component::Worker => self.worker_probe_every,
        }
    }
}

/// Whether a process that reports `code` is better off started anew.
///
/// Poisoned storage stays poisoned for as long as the process lives; a full disk would still be full.
pub(super) fn restart_helps(code: &str) -> bool {
    code == "storage_poisoned"
}
