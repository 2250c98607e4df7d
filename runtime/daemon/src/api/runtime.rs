//! The runtime about itself: its supervisor's status, requests to the supervisor, diagnostics.

use super::body::Body;
use super::identity::require_owner;
use super::problem::refuse;
use super::server::Server;
use crate::app::Origin;
use crate::clock;
use crate::problem::{Problem, ProblemBody};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use kernel::Kind;
use std::net::SocketAddr;
use supervisor::credentials::KeyringState;
use supervisor::diagnostics::{self, Diagnostics, Sources};
use supervisor::status::{
    Component, ComponentState, ComponentStatus, Components, Phase, RunnerMode, RuntimeAction,
    RuntimeStatus,
};
use tokio::sync::{mpsc, watch};

/// Requests to the supervisor that wait to be written; more are refused.
pub const RUNTIME_ACTIONS_MAX: usize = 16;

/// The line between the api and whoever supervises it.
pub struct RuntimeLink {
    /// The supervisor's newest word; `None` when nobody supervises.
    pub status: watch::Receiver<Option<RuntimeStatus>>,
    /// Requests to the supervisor; `None` when nobody supervises.
    pub actions: Option<mpsc::Sender<RuntimeAction>>,
    /// Where the owner's token lies.
    pub keyring: watch::Receiver<KeyringState>,
    pub started_at: String,
    /// The supervising process.
    pub parent_pid: Option<u32>,
}

impl RuntimeLink {
    /// The supervisor's word, or what an api alone can say of itself.
    fn status(&self, address: SocketAddr) -> RuntimeStatus {
        self.status
            .borrow()
            .clone()
            .unwrap_or_else(|| self.alone(address))
    }

    fn alone(&self, address: SocketAddr) -> RuntimeStatus {
        let now = clock::now().to_string();
        let component = |name, state, pid, port| ComponentStatus {
            name,
            required: name == Component::Api,
            enabled: name == Component::Api,
            state,
            pid,
            port,
            version: pid.map(|_| env!("CARGO_PKG_VERSION").to_owned()),
            restart_attempts: 0,
            next_restart_at: None,
            last_started_at: pid.map(|_| self.started_at.clone()),
            last_exit_at: None,
            last_exit_code: None,
            last_exit_signal: None,
            last_error_code: None,
            last_error_message: None,
            last_error_hint: None,
            updated_at: now.clone(),
        };
        RuntimeStatus {
            phase: Phase::Healthy,
            mode: RunnerMode::External,
            supervised: false,
            url: Some(format!("http://{address}")),
            updated_at: now.clone(),
            restart_attempts_total: 0,
            degraded_component: None,
            fatal_component: None,
            last_error_code: None,
            last_error_message: None,
            last_error_component: None,
            last_error_at: None,
            components: Components {
                api: component(
                    Component::Api,
                    ComponentState::Healthy,
                    Some(std::process::id()),
                    Some(address.port()),
                ),
                worker: component(Component::Worker, ComponentState::Disabled, None, None),
            },
        }
    }
}

/// The state of the runtime and of each of its processes.
#[utoipa::path(get, path = "/v1/runtime", operation_id = "getRuntimeStatus", tag = "runtime", responses((status = 200, body = RuntimeStatus)))]
pub async fn status(State(server): State<Server>, _: Origin) -> Json<RuntimeStatus> {
    Json(server.runtime().status(server.address()))
}

/// Asks the supervisor to restart, stop or start a part, or to switch the runner mode. Owner only.
#[utoipa::path(post, path = "/v1/runtime/actions", operation_id = "requestRuntimeAction", tag = "runtime", request_body = RuntimeAction,
    responses((status = 202, description = "Passed on; watch the status"), (status = 403, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub async fn act(
    State(server): State<Server>,
    origin: Origin,
    Body(action): Body<RuntimeAction>,
) -> Result<StatusCode, Problem> {
    require_owner(&origin)?;
    let Some(actions) = &server.runtime().actions else {
        return Err(refuse(
            Kind::Conflict,
            "not_supervised",
            "This api was started by hand; nobody supervises it.",
            "Start it with `signalbox up` or from the desktop app to restart and switch parts from here.",
        ));
    };
    actions.try_send(action).map_err(|_| Problem::Busy)?;
    Ok(StatusCode::ACCEPTED)
}

/// Everything that helps to find out what is wrong; redacted. Owner only, for it names paths.
#[utoipa::path(get, path = "/v1/diagnostics", operation_id = "getDiagnostics", tag = "runtime", responses((status = 200, body = Diagnostics), (status = 403, body = ProblemBody)))]
pub async fn diagnostics(
    State(server): State<Server>,
    origin: Origin,
) -> Result<Json<Diagnostics>, Problem> {
    require_owner(&origin)?;
    let link = server.runtime();
    let runtime = link.status(server.address());
    let keyring = link.keyring.borrow().clone();
    let (port, supervisor_pid) = (server.address().port(), link.parent_pid);
    let report = server.app().read(move |reader| {
        let database = reader.facts()?;
        let data_dir = reader.data_dir();
        Ok(diagnostics::collect(Sources {
            app_version: env!("CARGO_PKG_VERSION"),
            data_dir: &data_dir,
            port: Some(port),
            runtime,
            keyring,
            supervisor_pid,
            database: Some(database),
        }))
    });
    Ok(Json(report.await?))
}
