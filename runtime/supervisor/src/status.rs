//! What the supervisor says about the runtime, and what may be asked of it.
//!
//! These types travel: to the window as an event, to the api over its stdin, to browsers over HTTP.
//! They are pure data; every field is always present so that a reader never has to guess.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::clock;

/// A process of the runtime.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Component {
    /// Owns the database and the port.
    Api,
    /// Claims work over HTTP; runs only in embedded mode.
    Worker,
}

impl Component {
    /// Every component, in start order.
    pub const ALL: [Component; 2] = [Component::Api, Component::Worker];

    /// The name used on the command line, in log file names and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Component::Api => "api",
            Component::Worker => "worker",
        }
    }
}

impl std::fmt::Display for Component {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// Where work is executed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum RunnerMode {
    /// The supervisor runs a worker beside the api.
    #[default]
    Embedded,
    /// No worker is started; engines elsewhere claim over HTTP.
    External,
}

impl std::str::FromStr for RunnerMode {
    type Err = UnknownMode;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "embedded" => Ok(RunnerMode::Embedded),
            "external" => Ok(RunnerMode::External),
            other => Err(UnknownMode(other.to_owned())),
        }
    }
}

/// A runner mode that does not exist.
#[derive(Debug, thiserror::Error)]
#[error("unknown runner mode \"{0}\"; it is either \"embedded\" or \"external\"")]
pub struct UnknownMode(pub String);

/// The runtime as a whole, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Not yet healthy since the supervisor started or a person asked for another try.
    Starting,
    /// Every required component is healthy.
    Healthy,
    /// Was healthy; a required component is not at this moment.
    Degraded,
    /// A required component needs a person: it cannot start, or it crashed too often.
    Fatal,
    /// The api was stopped on purpose.
    Stopped,
}

/// The state of one component.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ComponentState {
    /// A first start is under way.
    Starting,
    /// It answers its probe.
    Healthy,
    /// It lives, but its probe says it cannot do its work, or it is slow to answer.
    Degraded,
    /// It ended; the next start is under way or waits for `next_restart_at`.
    Restarting,
    /// It ended too often without a healthy spell; only a person starts it again.
    CrashLooping,
    /// It said that it cannot start; only a person starts it again.
    Fatal,
    /// Not running, on purpose. While `pid` is set the process is still on its way out.
    Stopped,
    /// Not part of the current mode.
    Disabled,
}

/// The newest word about one component. Times are RFC 3339 UTC with milliseconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ComponentStatus {
    pub name: Component,
    /// Whether the runtime is healthy only if this component is.
    pub required: bool,
    /// Whether the current mode runs this component.
    pub enabled: bool,
    pub state: ComponentState,
    pub pid: Option<u32>,
    pub port: Option<u16>,
    pub version: Option<String>,
    /// Failed starts and crashes in a row; back to 0 after a healthy spell or a person's action.
    pub restart_attempts: u32,
    pub next_restart_at: Option<String>,
    pub last_started_at: Option<String>,
    pub last_exit_at: Option<String>,
    pub last_exit_code: Option<i32>,
    pub last_exit_signal: Option<i32>,
    pub last_error_code: Option<String>,
    pub last_error_message: Option<String>,
    /// The way out, in a sentence.
    pub last_error_hint: Option<String>,
    pub updated_at: String,
}

/// Both components.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Components {
    pub api: ComponentStatus,
    pub worker: ComponentStatus,
}

impl Components {
    /// The status of `component`.
    pub fn get(&self, component: Component) -> &ComponentStatus {
        match component {
            Component::Api => &self.api,
            Component::Worker => &self.worker,
        }
    }
}

/// The newest word about the runtime. Times are RFC 3339 UTC with milliseconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RuntimeStatus {
    pub phase: Phase,
    pub mode: RunnerMode,
    /// False only where an api runs without a supervisor and describes itself.
    pub supervised: bool,
    /// Where the api serves, for example `http://127.0.0.1:4242`; absent while it cannot.
    pub url: Option<String>,
    pub updated_at: String,
    /// Restarts of all components since the supervisor started; never reset.
    pub restart_attempts_total: u32,
    pub degraded_component: Option<Component>,
    pub fatal_component: Option<Component>,
    pub last_error_code: Option<String>,
    pub last_error_message: Option<String>,
    pub last_error_component: Option<Component>,
    pub last_error_at: Option<String>,
    pub components: Components,
}

impl RuntimeStatus {
    /// A runtime of which nothing has been started yet.
    pub fn not_started(mode: RunnerMode) -> Self {
        let now = rfc3339(clock::wall());
        let component = |name, enabled| ComponentStatus {
            name,
            required: enabled,
            enabled,
            state: if enabled {
                ComponentState::Starting
            } else {
                ComponentState::Disabled
            },
            pid: None,
            port: None,
            version: None,
            restart_attempts: 0,
            next_restart_at: None,
            last_started_at: None,
            last_exit_at: None,
            last_exit_code: None,
            last_exit_signal: None,
            last_error_code: None,
            last_error_message: None,
            last_error_hint: None,
            updated_at: now.clone(),
        };
        RuntimeStatus {
            phase: Phase::Starting,
            mode,
            supervised: true,
            url: None,
            updated_at: now.clone(),
            restart_attempts_total: 0,
            degraded_component: None,
            fatal_component: None,
            last_error_code: None,
            last_error_message: None,
            last_error_component: None,
            last_error_at: None,
            components: Components {
                api: component(Component::Api, true),
                worker: component(Component::Worker, mode == RunnerMode::Embedded),
            },
        }
    }

    /// A runtime that could not even begin to be supervised: told as an api that cannot start.
    pub fn cannot_start(mode: RunnerMode, code: &str, message: &str, hint: &str) -> Self {
        let mut status = Self::not_started(mode);
        let api = &mut status.components.api;
        api.state = ComponentState::Fatal;
        api.last_error_code = Some(code.to_owned());
        api.last_error_message = Some(message.to_owned());
        api.last_error_hint = Some(hint.to_owned());
        if status.components.worker.enabled {
            status.components.worker.state = ComponentState::Stopped;
        }
        status.phase = Phase::Fatal;
        status.fatal_component = Some(Component::Api);
        status.last_error_component = Some(Component::Api);
        status.last_error_code = Some(code.to_owned());
        status.last_error_message = Some(message.to_owned());
        status.last_error_at = Some(status.updated_at.clone());
        status
    }
}

/// What a person may ask of the runtime.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum RuntimeAction {
    /// End the process, if any, and start it anew at once.
    Restart { component: Component },
    /// End the process and leave it stopped. Stopping the api stops the worker too.
    Stop { component: Component },
    /// Start a stopped, fatal or crash looping component.
    Start { component: Component },
    /// Run with or without the embedded worker, from now on.
    SetMode { mode: RunnerMode },
    /// Leave fatal and crash looping, and do not wait for any backoff.
    Retry,
}

/// A moment as every status and diagnostics field writes it.
pub fn rfc3339(at: Timestamp) -> String {
    format!("{at:.3}")
}
