//! Alive, and able to work: two different questions.

use super::server::Server;
use crate::clock;
use crate::problem::Problem;
use crate::store::table::probe;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Debug, Serialize, ToSchema)]
pub struct Health {
    ok: bool,
    ts: String,
    version: &'static str,
    pid: u32,
}

/// Liveness: the process answers.
#[utoipa::path(get, path = "/health", operation_id = "getHealth", tag = "runtime", responses((status = 200, body = Health)))]
pub async fn health() -> Json<Health> {
    let ts = clock::now().to_string();
    Json(Health {
        ok: true,
        ts,
        version: env!("CARGO_PKG_VERSION"),
        pid: std::process::id(),
    })
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Readiness {
    ready: bool,
    code: Option<String>,
    message: Option<String>,
    hint: Option<String>,
}

/// Readiness: a durable write and a read of it have just worked.
#[utoipa::path(get, path = "/ready", operation_id = "getReadiness", tag = "runtime",
    responses((status = 200, body = Readiness), (status = 503, description = "It cannot work now; says why", body = Readiness)))]
pub async fn ready(State(server): State<Server>) -> Response {
    match probe_data_path(&server).await {
        Ok(()) => Json(Readiness {
            ready: true,
            code: None,
            message: None,
            hint: None,
        })
        .into_response(),
        Err(problem) => {
            let body = problem.body();
            let readiness = Readiness {
                ready: false,
                code: Some(body.error),
                message: Some(body.message),
                hint: body.hint,
            };
            (StatusCode::SERVICE_UNAVAILABLE, Json(readiness)).into_response()
        }
    }
}

async fn probe_data_path(server: &Server) -> Result<(), Problem> {
    let written = server.app().store.write(probe::write).await?;
    let read = server.app().read(|reader| reader.probe()).await?;
    // Another probe may have written since; an older value would mean that the read is stale.
    if read < written {
        return Err(Problem::Storage(crate::store::StoreError::Other(
            "a read did not see the last write".to_owned(),
        )));
    }
    Ok(())
}
