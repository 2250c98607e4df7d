//! Carries out what the machine decides: processes, pipes, probes and timers.
//!
//! Everything runs on one thread that lives as long as any child. On Linux a child asks the kernel to be
//! killed when the *thread* that spawned it ends, so no child is ever spawned from a thread pool.

mod child;
mod pipe;
mod probe;
mod process;
mod remembered;

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Instant;

use tokio::sync::{mpsc, watch};

use self::child::{Child, Launch};
use crate::clock::Clock;
use crate::credentials::OwnerCredential;
use crate::data_dir;
use crate::machine::{Effect, Failure, Input, Machine, Policy};
use crate::status::{Component, RunnerMode, RuntimeAction, RuntimeStatus};

/// What to supervise.
#[derive(Debug, Clone)]
pub struct Config {
    /// The `signalbox` program; see [`sibling_program`].
    pub program: PathBuf,
    pub data_dir: PathBuf,
    /// Where the api listens; `None` leaves it to the api's own settings. Port 0 takes any free port
    /// and keeps it over restarts.
    pub listen: Option<SocketAddr>,
    /// From a flag or the environment; goes before what a person chose earlier.
    pub mode: Option<RunnerMode>,
    /// From the config file; what a person chose earlier goes before it.
    pub mode_in_file: Option<RunnerMode>,
    /// The token is given to the api by environment and used to register the worker; where it lies is
    /// told to the api for its diagnostics.
    pub owner: OwnerCredential,
    /// Further arguments for the api.
    pub api_args: Vec<String>,
    pub policy: Policy,
}

impl Config {
    /// The mode to start in: flag or environment, then what a person chose last, then the config
    /// file, then the default.
    pub fn runner_mode(&self) -> RunnerMode {
        self.mode
            .or_else(|| remembered::mode(&self.data_dir))
            .or(self.mode_in_file)
            .unwrap_or_default()
    }
}

/// Where the `signalbox` program lies beside the running one.
///
/// # Errors
/// When the path of the running program is unknown.
pub fn sibling_program() -> io::Result<PathBuf> {
    let name = format!("signalbox{}", std::env::consts::EXE_SUFFIX);
    Ok(std::env::current_exe()?.with_file_name(name))
}

/// The supervisor.
#[derive(Debug)]
pub struct Supervisor;

impl Supervisor {
    /// Starts supervising on a thread of its own and returns at once.
    ///
    /// Whatever goes wrong with the children shows in the status, not here.
    ///
    /// # Errors
    /// When the data directory cannot be made, or the thread or its runtime cannot be started.
    pub fn start(mut config: Config) -> io::Result<Handle> {
        config.data_dir = data_dir::prepare(&config.data_dir)?;
        let mode = config.runner_mode();
        let clock = Clock::start();
        let machine = Machine::new(config.policy.clone(), mode, clock.now());
        let (status_out, status) = watch::channel(machine.status(clock.now()));
        let (wishes, wished) = mpsc::unbounded_channel();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let thread = std::thread::Builder::new()
            .name("supervisor".to_owned())
            .spawn(move || {
                let driver = Driver::new(config, clock, machine, status_out);
                runtime.block_on(tokio::task::LocalSet::new().run_until(driver.run(wished)));
            })?;
        Ok(Handle {
            wishes,
            status,
            thread: Arc::new(Mutex::new(Some(thread))),
        })
    }
}

/// The way to talk to a running supervisor. When the last handle is dropped, everything is ended.
#[derive(Debug, Clone)]
pub struct Handle {
    wishes: mpsc::UnboundedSender<Wish>,
    status: watch::Receiver<RuntimeStatus>,
    thread: Arc<Mutex<Option<JoinHandle<()>>>>,
}

impl Handle {
    /// The newest status.
    pub fn status(&self) -> RuntimeStatus {
        self.status.borrow().clone()
    }

    /// Every further status. The channel closes when the supervisor has ended.
    pub fn subscribe(&self) -> watch::Receiver<RuntimeStatus> {
        self.status.clone()
    }

    /// Asks for something; what comes of it shows in the status.
    pub fn act(&self, action: RuntimeAction) {
        // A supervisor that has ended has nothing to act on any more.
        self.wishes.send(Wish::Act(action)).ok();
    }

    /// Ends the worker, then the api, and returns when both are gone.
    ///
    /// Blocks for the grace of both at most; call it where blocking is allowed. Further calls, from any
    /// thread, wait for the same end.
    pub fn shutdown(&self) {
        self.wishes.send(Wish::Shutdown).ok();
        let mut thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(thread) = thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the supervisor's thread panicked");
        }
    }
}

/// What comes from outside.
#[derive(Debug)]
enum Wish {
    Act(RuntimeAction),
    Shutdown,
}

/// The hands of the machine.
struct Driver {
    config: Config,
    clock: Clock,
    machine: Machine,
    status: watch::Sender<RuntimeStatus>,
    wake: Option<Instant>,
    children: BTreeMap<Component, Child>,
    events: mpsc::UnboundedSender<Input>,
    happened: mpsc::UnboundedReceiver<Input>,
    http: reqwest::Client,
    /// The port that a port of 0 turned into; taken again, so that open pages find the api.
    learned: Option<SocketAddr>,
}

impl Driver {
    fn new(
        config: Config,
        clock: Clock,
        machine: Machine,
        status: watch::Sender<RuntimeStatus>,
    ) -> Self {
        let (events, happened) = mpsc::unbounded_channel();
        Driver {
            config,
            clock,
            machine,
            status,
            wake: None,
            children: BTreeMap::new(),
            events,
            happened,
            http: probe::client(),
            learned: None,
        }
    }

    async fn run(mut self, mut wished: mpsc::UnboundedReceiver<Wish>) {
        tracing::info!(program = %self.config.program.display(), "supervision started");
        self.input(Input::Tick);
        let mut ending = false;
        while !self.machine.is_down() {
            let wake = self.wake;
            let woken = async move {
                match wake {
                    Some(at) => tokio::time::sleep_until(at.into()).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                wish = wished.recv(), if !ending => match wish {
                    Some(Wish::Act(action)) => self.input(Input::Act(action)),
                    Some(Wish::Shutdown) | None => {
                        ending = true;
                        self.input(Input::Shutdown);
                    }
                },
                Some(input) = self.happened.recv() => self.observe(input),
                () = woken => {
                    self.wake = None;
                    self.input(Input::Tick);
                }
            }
        }
        tracing::info!("supervision ended");
    }

    /// An input from a child, with what only the driver knows about it.
    fn observe(&mut self, input: Input) {
        let input = match input {
            Input::Ready {
                component: Component::Api,
                child,
                url,
                version,
            } => {
                if self.takes_any_port() {
                    let served = url.as_deref().and_then(|url| url.strip_prefix("http://"));
                    self.learned =
                        served.and_then(|address| address.trim_end_matches('/').parse().ok());
                }
                Input::Ready {
                    component: Component::Api,
                    child,
                    url,
                    version,
                }
            }
            Input::StartFailed {
                component,
                child,
                failure,
            } => {
                let failure = self.forget_learned(component, failure);
                Input::StartFailed {
                    component,
                    child,
                    failure,
                }
            }
            other @ (Input::Tick
            | Input::Spawned { .. }
            | Input::SpawnFailed { .. }
            | Input::Ready { .. }
            | Input::Exited { .. }
            | Input::Probed { .. }
            | Input::Act(_)
            | Input::Shutdown) => other,
        };
        self.input(input);
    }

    /// Nobody asked for the learned port: if it is taken, any other will do.
    fn forget_learned(&mut self, component: Component, mut failure: Failure) -> Failure {
        let taken = component == Component::Api && failure.code == "port_in_use";
        if taken && self.learned.take().is_some() {
            failure.fatal = false;
        }
        failure
    }

    fn takes_any_port(&self) -> bool {
        self.config.listen.is_some_and(|listen| listen.port() == 0)
    }

    fn input(&mut self, input: Input) {
        let exited = match &input {
            Input::Exited {
                component, child, ..
            }
            | Input::SpawnFailed {
                component, child, ..
            } => Some((*component, *child)),
            Input::Tick
            | Input::Spawned { .. }
            | Input::Ready { .. }
            | Input::StartFailed { .. }
            | Input::Probed { .. }
            | Input::Act(_)
            | Input::Shutdown => None,
        };
        if let Some((component, child)) = exited
            && self
                .children
                .get(&component)
                .is_some_and(|current| current.id == child)
        {
            self.children.remove(&component);
        }
        for effect in self.machine.handle(self.clock.now(), input) {
            self.perform(effect);
        }
    }

    fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::Spawn { component, child } => {
                tracing::info!(%component, "starting");
                let launch = self.launch(component);
                let child = Child::launch(component, child, launch, self.events.clone());
                self.children.insert(component, child);
            }
            Effect::Kill {
                component,
                child,
                grace,
            } => {
                if let Some(current) = self.children.get(&component).filter(|c| c.id == child) {
                    tracing::info!(%component, ?grace, "ending");
                    current.kill(grace);
                }
            }
            Effect::Probe { component, child } => {
                if let Some(current) = self.children.get(&component).filter(|c| c.id == child) {
                    self.probe(current);
                }
            }
            Effect::WakeAt(at) => self.wake = Some(self.clock.instant(at)),
            Effect::RememberMode(mode) => remembered::set_mode(&self.config.data_dir, mode),
            Effect::Publish(status) => self.publish(*status),
        }
    }

    fn launch(&self, component: Component) -> Launch {
        Launch {
            config: self.config.clone(),
            listen: self.learned.or(self.config.listen),
            url: self
                .machine
                .url()
                .filter(|_| component == Component::Worker)
                .map(str::to_owned),
            http: self.http.clone(),
            status: self.status.subscribe(),
        }
    }

    fn probe(&self, child: &Child) {
        let (component, id, events) = (child.component, child.id, self.events.clone());
        let url = match component {
            Component::Api => self.machine.url().map(str::to_owned),
            Component::Worker => None,
        };
        let (http, signs) = (self.http.clone(), child.signs_of_life.clone());
        let limit = self.config.policy.probe_time_limit;
        tokio::task::spawn_local(async move {
            let answer = match url {
                Some(url) => probe::ask(&http, &url, limit).await,
                None => signs.since_last_look(),
            };
            events
                .send(Input::Probed {
                    component,
                    child: id,
                    answer,
                })
                .ok();
        });
    }

    fn publish(&self, status: RuntimeStatus) {
        let before = self.status.borrow().clone();
        for component in Component::ALL {
            let (old, new) = (
                before.components.get(component),
                status.components.get(component),
            );
            if old.state != new.state {
                tracing::info!(
                    %component,
                    state = ?new.state,
                    pid = new.pid,
                    attempts = new.restart_attempts,
                    error = new.last_error_message.as_deref(),
                    "component changed"
                );
            }
        }
        if before.phase != status.phase {
            tracing::info!(phase = ?status.phase, url = status.url, "phase changed");
        }
        self.status.send_replace(status);
    }
}
