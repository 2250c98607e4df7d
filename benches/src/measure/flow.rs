//! A run of three steps over HTTP: created, claimed, three steps each with a tool call that is invoked and succeeds,
//! completed. Twelve requests, each durable before it is answered. The peer's handler of three durable steps is one
//! request.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use memchr::memmem;
use serde_json::json;

use super::load;
use crate::http::{Address, Client};
use crate::scan;
use crate::stats::Slice;

const STEPS: usize = 3;

/// Each engine repeats such runs. One room for all: whoever claims may get the run that another has created.
pub async fn measure(owner: &Address, engines: &[Address], duration: Duration) -> Result<Slice> {
    let room = json!({ "title": "flow" });
    let room_id = Client::connect(owner)
        .await?
        .create("/v1/rooms", &room, "room_id")
        .await?;
    let create = json!({ "room_id": room_id, "title": "three steps" }).to_string();
    let claim = json!({ "room_id": room_id }).to_string();
    let flow = async move |client: &mut Client| {
        client.post("/v1/runs", &create).await?;
        let (run_id, token) = claimed(client, &claim).await?;
        for number in 1..=STEPS {
            step(client, &run_id, &token, number).await?;
        }
        let body = format!("{{\"claim_token\":\"{token}\"}}");
        client
            .post(&format!("/v1/runs/{run_id}/complete"), &body)
            .await?;
        Ok(())
    };
    load::repeat_as(engines, duration, flow).await
}

/// Takes a run: its id and the claim token.
pub async fn claimed(client: &mut Client, claim: &str) -> Result<(String, String)> {
    let answer = client.post("/v1/runs/claim", claim).await?;
    let text = |member| scan::text(answer, member).map(str::to_owned);
    text("run_id")
        .zip(text("claim_token"))
        .context("no run was queued")
}

/// A step with a tool call that succeeds.
pub async fn step(client: &mut Client, run_id: &str, token: &str, number: usize) -> Result<()> {
    let body =
        format!("{{\"claim_token\":\"{token}\",\"kind\":\"work\",\"title\":\"step {number}\"}}");
    let path = format!("/v1/runs/{run_id}/steps");
    let answer = client.post(&path, &body).await?;
    let step_id = scan::text(answer, "step_id").context("a step without an id")?;
    let path = format!("/v1/steps/{step_id}/toolcalls");
    let body = format!(
        "{{\"claim_token\":\"{token}\",\"tool_name\":\"compute\",\"input\":{{\"number\":{number}}}}}"
    );
    let answer = client.post(&path, &body).await?;
    let call_id = scan::text(answer, "tool_call_id").context("a tool call without an id")?;
    let path = format!("/v1/toolcalls/{call_id}/succeed");
    let body = format!("{{\"claim_token\":\"{token}\",\"output\":{{\"output\":{number}}}}}");
    client.post(&path, &body).await?;
    Ok(())
}

/// The same on a peer that is asked for a whole flow in one request.
pub async fn measure_peer(
    peer: &Address,
    path: &str,
    clients: usize,
    duration: Duration,
) -> Result<Slice> {
    let path = path.to_owned();
    let flow = async move |client: &mut Client| {
        let answer = client.post(&path, "{}").await?;
        let done = memmem::find(answer, b"\"done\":true").is_some();
        ensure!(done, "{}", String::from_utf8_lossy(answer));
        Ok(())
    };
    load::repeat(peer, clients, duration, flow).await
}
