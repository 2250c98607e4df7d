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

struct Inner {
    app: App,
    blobs: Blobs,
    identity: Identity,
    bus: Bus,
    hall: Hall,
    runtime: RuntimeLink,
    gateway: Gateway,
    access: watch::Receiver<Access>,
    address: SocketAddr,
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
    /// The service is reachable from other machines: nobody is trusted without a token.
    pub token_required: bool,
}

impl Server {
    pub fn new(
        app: App,
        identity: Identity,
        bus: Bus,
        hall: Hall,
        runtime: RuntimeLink,
        gateway: Gateway,
        access: watch::Receiver<Access>,
        address: SocketAddr,
    ) -> Self {
        let blobs = Blobs::new(app.store.data_dir());
        Self {
            inner: Arc::new(Inner {
                app,
                blobs,
                identity,
                bus,
                hall,
                runtime,
                gateway,
                access,
                address,
                started: Instant::now(),
                subscribers: Arc::default(),
            }),
        }
    }

    pub fn app(&self) -> &App {
        &self.inner.app
    }

    pub fn blobs(&self) -> &Blobs {
        &self.inner.blobs
    }

    pub fn identity(&self) -> &Identity {
        &self.inner.identity
    }

    /// The event bus.
    pub fn bus(&self) -> &Bus {
        &self.inner.bus
    }

    /// Everybody with an open socket.
    pub fn hall(&self) -> &Hall {
        &self.inner.hall
    }

    pub fn runtime(&self) -> &RuntimeLink {
        &self.inner.runtime
    }

    /// Performs what the gate has allowed.
    pub fn gateway(&self) -> &Gateway {
        &self.inner.gateway
    }

    pub fn access(&self) -> Access {
        self.inner.access.borrow().clone()
    }

    /// Where the service listens.
    pub fn address(&self) -> SocketAddr {
        self.inner.address
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
