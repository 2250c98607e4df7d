//! What every handler can reach.

use super::identity::Identity;
use super::runtime::RuntimeLink;
use crate::app::App;
use crate::claw::Bus;
use crate::effect::blob::Blobs;
use crate::gateway::Gateway;
use crate::live::centrifugo::Hall;
use crate::problem::Problem;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// The running service. Cheap to clone.
#[derive(Clone)]
pub struct Server {
    inner: Arc<Inner>,
}

/// What a service is made of.
pub struct Parts {
    pub app: App,
    pub identity: Identity,
    pub bus: Bus,
    pub hall: Hall,
    pub runtime: RuntimeLink,
    pub gateway: Gateway,
    pub access: watch::Receiver<Access>,
    /// Where it listens.
    pub address: SocketAddr,
}

struct Inner {
    parts: Parts,
    blobs: Blobs,
    started: Instant,
    subscribers: Arc<AtomicUsize>,
}

/// An open live stream of the board; counted until it is dropped.
pub struct Subscriber(Arc<AtomicUsize>);

impl Drop for Subscriber {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Who may reach the service at all. Reloadable.
#[derive(Clone, Debug, Default)]
pub struct Access {
    /// Names besides the loopback ones that `Host` may have.
    pub allowed_hosts: Vec<String>,
    /// Pages of other origins that may call, with credentials.
    pub allowed_origins: Vec<String>,
    /// Development pages on loopback may call too.
    pub dev_mode: bool,
    /// Who claims a name on the event bus fetches the key by that name alone.
    pub claims_by_name: bool,
    /// The service is reachable from other machines: nobody is trusted without a token.
    pub token_required: bool,
}

impl Server {
    pub fn new(parts: Parts) -> Self {
        Self {
            inner: Arc::new(Inner {
                blobs: Blobs::new(parts.app.store.data_dir()),
                parts,
                started: Instant::now(),
                subscribers: Arc::default(),
            }),
        }
    }

    pub fn app(&self) -> &App {
        &self.inner.parts.app
    }

    pub fn blobs(&self) -> &Blobs {
        &self.inner.blobs
    }

    pub fn identity(&self) -> &Identity {
        &self.inner.parts.identity
    }

    /// The event bus.
    pub fn bus(&self) -> &Bus {
        &self.inner.parts.bus
    }

    /// Everybody with an open socket.
    pub fn hall(&self) -> &Hall {
        &self.inner.parts.hall
    }

    pub fn runtime(&self) -> &RuntimeLink {
        &self.inner.parts.runtime
    }

    /// Performs what the gate has allowed.
    pub fn gateway(&self) -> &Gateway {
        &self.inner.parts.gateway
    }

    pub fn access(&self) -> Access {
        self.inner.parts.access.borrow().clone()
    }

    /// Where the service listens.
    pub fn address(&self) -> SocketAddr {
        self.inner.parts.address
    }

    /// Since when it serves.
    pub fn uptime(&self) -> Duration {
        self.inner.started.elapsed()
    }

    /// Counts one more live stream of the board, for as long as it is kept.
    pub fn subscriber(&self) -> Subscriber {
        self.inner.subscribers.fetch_add(1, Ordering::Relaxed);
        Subscriber(self.inner.subscribers.clone())
    }

    pub fn subscribers(&self) -> usize {
        self.inner.subscribers.load(Ordering::Relaxed)
    }

    /// A row, or the contract's 404 for it.
    pub fn found<T>(
        row: Option<T>,
        code: &'static str,
        what: &str,
        id: &str,
    ) -> Result<T, Problem> {
        row.ok_or_else(|| kernel::Reject::not_found(code, what, id).into())
    }
}
