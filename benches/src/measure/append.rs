//! Durable messages over HTTP: every client waits for its answer before it sends the next.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde_json::{Value, json};
use tokio::task::spawn_local;

use crate::http::{Address, Client};
use crate::stats::{Slice, nanos};
use crate::words::Words;

/// A room with one thread, to post into.
#[derive(Clone)]
pub struct Target {
    pub address: Address,
    pub room_id: String,
    pub thread_id: String,
}

impl Target {
    pub async fn create(address: &Address, title: &str) -> Result<Self> {
        let mut client = Client::connect(address).await?;
        let room_id = client
            .create("/v1/rooms", &json!({ "title": title }), "room_id")
            .await?;
        let threads = format!("/v1/rooms/{room_id}/threads");
        let thread_id = client
            .create(&threads, &json!({ "title": title }), "thread_id")
            .await?;
        Ok(Self {
            address: address.clone(),
            room_id,
            thread_id,
        })
    }

    pub fn messages_path(&self) -> String {
        format!("/v1/threads/{}/messages", self.thread_id)
    }

    pub fn stream_path(&self, from: &str) -> String {
        format!("/v1/streams/rooms/{}?from_seq={from}", self.room_id)
    }

    /// The last sequence number of the room's stream.
    pub async fn head(&self) -> Result<u64> {
        let answer = Client::connect(&self.address)
            .await?
            .get(&format!("/v1/rooms/{}", self.room_id))
            .await?;
        let room = answer.get("room").unwrap_or(&answer);
        room.get("head_seq")
            .and_then(Value::as_u64)
            .with_context(|| format!("a room without head_seq: {answer}"))
    }
}

/// A message as the wire carries it.
pub fn message(words: &mut Words) -> String {
    // The vocabulary needs no escaping.
    format!("{{\"content_md\":\"{}\"}}", words.content())
}

pub async fn measure(target: &Target, clients: usize, duration: Duration) -> Result<Slice> {
    let mut connections = Vec::with_capacity(clients);
    for _ in 0..clients {
        connections.push(Client::connect(&target.address).await?);
    }
    let started = Instant::now();
    let end = started + duration;
    let tasks: Vec<_> = connections
        .into_iter()
        .enumerate()
        .map(|(number, client)| {
            spawn_local(post_until(
                client,
                target.messages_path(),
                number as u64,
                end,
            ))
        })
        .collect();
    let mut latencies = Vec::new();
    for task in tasks {
        latencies.extend(task.await??);
    }
    Ok(Slice::of(latencies, started.elapsed()))
}

async fn post_until(mut client: Client, path: String, seed: u64, end: Instant) -> Result<Vec<u64>> {
    let mut words = Words::seeded(seed);
    let mut latencies = Vec::new();
    while Instant::now() < end {
        let body = message(&mut words);
        let begun = Instant::now();
        client.post(&path, &body).await?;
        latencies.push(nanos(begun.elapsed()));
    }
    Ok(latencies)
}
