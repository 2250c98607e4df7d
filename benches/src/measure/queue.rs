//! Claim and complete over HTTP: each engine takes a run, ends it with its claim token, and takes the next, until none
//! waits. Meanwhile no run may be given to two engines; afterwards the log must tell of one owner and one end for each.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use serde_json::json;
use tokio::task::spawn_local;

use super::load;
use crate::http::{Address, Client};
use crate::scan;
use crate::sse::Subscription;
use crate::stats::{Slice, nanos};

/// The runs that one engine was given.
type Owned = Rc<RefCell<BTreeSet<String>>>;

/// Creates `runs` runs, and then measures how the engines work them off.
pub async fn measure(owner: &Address, engines: &[Address], runs: usize) -> Result<Slice> {
    let room = json!({ "title": "queue" });
    let room_id = Client::connect(owner)
        .await?
        .create("/v1/rooms", &room, "room_id")
        .await?;
    let body = json!({ "room_id": room_id, "title": "job" }).to_string();
    load::prepare(owner, runs, async move |client: &mut Client, _| {
        client.post("/v1/runs", &body).await?;
        Ok(())
    })
    .await?;

    let owned = Owned::default();
    let mut connections = Vec::with_capacity(engines.len());
    for engine in engines {
        connections.push(Client::connect(engine).await?);
    }
    let started = Instant::now();
    let tasks: Vec<_> = connections
        .into_iter()
        .map(|client| spawn_local(work_off(client, room_id.clone(), Rc::clone(&owned))))
        .collect();
    let mut latencies = Vec::with_capacity(runs);
    for task in tasks {
        latencies.extend(task.await??);
    }
    let slice = Slice::of(latencies, started.elapsed());

    let owned = owned.take();
    ensure!(
        owned.len() == runs,
        "{} of {runs} runs were claimed",
        owned.len()
    );
    check_log(owner, &room_id, &owned).await?;
    Ok(slice)
}

async fn work_off(mut engine: Client, room_id: String, owned: Owned) -> Result<Vec<u64>> {
    let claim = json!({ "room_id": room_id }).to_string();
    let mut latencies = Vec::new();
    loop {
        let begun = Instant::now();
        let answer = engine.post("/v1/runs/claim", &claim).await?;
        let Some(run_id) = scan::text(answer, "run_id").map(str::to_owned) else {
            return Ok(latencies);
        };
        let token = scan::text(answer, "claim_token").context("a claim without a token")?;
        let body = format!("{{\"claim_token\":\"{token}\"}}");
        engine
            .post(&format!("/v1/runs/{run_id}/complete"), &body)
            .await?;
        latencies.push(nanos(begun.elapsed()));
        ensure!(
            owned.borrow_mut().insert(run_id),
            "a run was given to two engines"
        );
    }
}

/// What the log tells of one run.
#[derive(Debug, Default, PartialEq, Eq)]
struct Told {
    claims: usize,
    ends: usize,
}

const ONCE: Told = Told { claims: 1, ends: 1 };

async fn check_log(owner: &Address, room_id: &str, runs: &BTreeSet<String>) -> Result<()> {
    let mut told: BTreeMap<String, Told> = BTreeMap::new();
    let path = format!("/v1/streams/rooms/{room_id}?from_seq=0");
    let mut subscription = Subscription::open(owner, &path, None).await?;
    let mut ended = 0;
    while ended < runs.len() {
        let open = subscription
            .read(|frame| {
                let Some(run_id) = scan::text(frame.data, "run_id") else {
                    return;
                };
                let told = told.entry(run_id.to_owned()).or_default();
                match frame.event {
                    b"run.claimed" => told.claims += 1,
                    b"run.completed" | b"run.failed" | b"run.cancelled" => {
                        told.ends += 1;
                        ended += 1;
                    }
                    _ => {}
                }
            })
            .await?;
        ensure!(open, "the stream ended after {ended} runs");
    }
    for run_id in runs {
        let told = told.get(run_id);
        ensure!(
            told == Some(&ONCE),
            "{run_id} should have one owner and one end, but the log tells of {told:?}"
        );
    }
    Ok(())
}
