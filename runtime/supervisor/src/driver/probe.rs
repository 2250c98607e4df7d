//! Questions to a running child over HTTP.

use std::time::Duration;

use reqwest::{Client, StatusCode};
use serde::Deserialize;
use serde_json::json;

use crate::credentials::OwnerToken;
use crate::machine::{Failure, ProbeAnswer};

/// How long the api may take to register the worker.
const REGISTER_TIME_LIMIT: Duration = Duration::from_secs(10);
/// The name under which the embedded worker claims work.
const WORKER_ACTOR: &str = "embedded_worker";

/// A client for loopback only: no proxy, and a new connection each time, so that a probe also proves
/// that the api still accepts connections.
pub(super) fn client() -> Client {
    Client::builder()
        .no_proxy()
        .pool_max_idle_per_host(0)
        .build()
        .unwrap_or_default()
}

/// What `GET /ready` answers.
#[derive(Debug, Deserialize)]
struct ReadyAnswer {
    ready: bool,
    code: Option<String>,
    message: Option<String>,
    hint: Option<String>,
}

/// Asks the api whether it can do its work; it proves that with a durable write and a read.
pub(super) async fn ask(http: &Client, url: &str, limit: Duration) -> ProbeAnswer {
    let asked = http.get(format!("{url}/ready")).timeout(limit).send().await;
    let Ok(answer) = asked else {
        return ProbeAnswer::Missed;
    };
    let status = answer.status();
    match answer.json::<ReadyAnswer>().await {
        Ok(answer) if answer.ready && status == StatusCode::OK => ProbeAnswer::Ready,
        Ok(answer) => ProbeAnswer::NotReady {
            code: answer.code.unwrap_or_else(|| "not_ready".to_owned()),
            message: answer
                .message
                .unwrap_or_else(|| "The api says that it is not ready.".into()),
            hint: answer.hint,
        },
        Err(error) if error.is_timeout() => ProbeAnswer::Missed,
        Err(_) => ProbeAnswer::NotReady {
            code: "unexpected_answer".to_owned(),
            message: format!("The api answered its probe with {status} and no readable body."),
            hint: None,
        },
    }
}

/// A token with which the worker may claim work. Older tokens of the same worker stop working.
pub(super) async fn register_worker(
    http: &Client,
    url: &str,
    owner: &OwnerToken,
) -> Result<String, Failure> {
    #[derive(Deserialize)]
    struct Registered {
        engine_token: String,
    }
    let register = async {
        http.post(format!("{url}/v1/engines/register"))
            .timeout(REGISTER_TIME_LIMIT)
            .bearer_auth(owner.expose())
            .json(&json!({ "actor_id": WORKER_ACTOR, "rotate": true }))
            .send()
            .await?
            .error_for_status()?
            .json::<Registered>()
            .await
    };
    match register.await {
        Ok(registered) => Ok(registered.engine_token),
        Err(error) => Err(Failure {
            code: "registration_failed".to_owned(),
            message: format!("The api did not register the worker: {error}"),
            hint: None,
            fatal: false,
        }),
    }
}
