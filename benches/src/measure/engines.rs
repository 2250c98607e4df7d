//! Engines: those who may claim runs.

use anyhow::Result;
use serde_json::json;

use crate::http::{Address, Client};

/// Registers so many engines, each with a token of its own.
pub async fn register(owner: &Address, count: usize) -> Result<Vec<Address>> {
    let mut client = Client::connect(owner).await?;
    let mut engines = Vec::with_capacity(count);
    for number in 1..=count {
        let body = json!({ "actor_id": format!("bench-{number}") });
        let token = client
            .create("/v1/engines/register", &body, "engine_token")
            .await?;
        engines.push(owner.asked_by(Some(token)));
    }
    Ok(engines)
}
