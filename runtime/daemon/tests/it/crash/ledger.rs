//! What must be true of the log after all that was told, and what is not.

use super::writers::{Expected, Held, Message, Told};
use crate::support::{Api, Http};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::{HashMap, HashSet};

/// Acknowledged messages of a round that are sent once more.
const REPEATED: usize = 5;

/// Follows the log from start to start.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    /// How far the log has been read.
    position: u64,
    /// The last sequence of every stream.
    heads: HashMap<String, u64>,
    event_ids: HashSet<String>,
    /// Keys of the messages in the log: each is there once.
    keys: HashSet<String>,
    completed: HashSet<String>,
    /// Every blob that was ever acknowledged.
    blobs: Vec<(String, usize)>,
    complaints: Vec<String>,
}

/// Events that were read in one go, by type and id, and by position.
#[derive(Default)]
struct Read {
    by_id: HashMap<(String, String), Value>,
    by_position: HashMap<u64, Value>,
}

impl Ledger {
    /// Everything that is wrong with the log after a restart, given what was told before.
    pub async fn complaints(&mut self, api: &Api, told: &Told) -> Vec<String> {
        let (owner, anybody) = (api.owner(), api.local());
        let read = self.read_on(&owner).await;
        for expected in &told.events {
            self.find(&read, expected);
        }
        for (message, id) in &told.messages {
            self.find_message(&read, message, id);
        }
        for shown in &told.shown {
            let found = read.by_position.get(&position(shown));
            if found != Some(shown) {
                self.complain(format!("was shown: {shown}, is in the log: {found:?}"));
            }
        }
        for (message, id) in told.messages.iter().rev().take(REPEATED) {
            let again = send_again(&owner, message).await;
            if again != *id {
                self.complain(format!("{}: answered {id}, then {again}", message.key));
            }
        }
        for message in &told.unanswered {
            self.resume(&owner, message).await;
        }
        for run_id in &told.ends_unanswered {
            let path = format!("/v1/runs/{run_id}/complete");
            let again = owner.post(&path, json!({})).await;
            if again.status != 200 && again.status != 409 {
                self.complain(format!("the end of {run_id}: {}", again.text));
            }
        }
        for held in &told.held {
            self.let_go(&owner, &anybody, held).await;
        }
        self.blobs.extend(told.blobs.iter().cloned());
        for (name, size) in &told.blobs {
            self.find_blob(&anybody, name, *size).await;
        }
        // What has just been sent again is there once as well.
        self.read_on(&owner).await;
        for key in told.unanswered.iter().map(|message| &message.key) {
            if !self.keys.contains(key) {
                self.complain(format!("{key}: not there after it was sent again"));
            }
        }
        for run_id in &told.ends_unanswered {
            if !self.completed.contains(run_id) {
                self.complain(format!("{run_id}: not ended after it was sent again"));
            }
        }
        std::mem::take(&mut self.complaints)
    }

    /// Every blob of all rounds that cannot be read as it was stored.
    pub async fn damaged_blobs(&mut self, api: &Api) -> Vec<String> {
        let http = api.local();
        for (name, size) in std::mem::take(&mut self.blobs) {
            self.find_blob(&http, &name, size).await;
        }
        std::mem::take(&mut self.complaints)
    }

    /// Events read so far.
    pub fn position(&self) -> u64 {
        self.position
    }

    fn complain(&mut self, what: String) {
        self.complaints.push(what);
    }

    /// Reads on to the end of the log: without a gap, without anything twice.
    async fn read_on(&mut self, owner: &Http) -> Read {
        let mut read = Read::default();
        loop {
            let path = format!("/v1/events?limit=200&after_position={}", self.position);
            let page = owner.get(&path).await.expect(200);
            let events = page["events"].as_array().unwrap();
            if events.is_empty() {
                return read;
            }
            for event in events {
                self.follow(event);
                let data = event["data"].as_object().unwrap();
                let event_type = text(event, "event_type");
                for member in [
                    "message_id",
                    "run_id",
                    "step_id",
                    "tool_call_id",
                    "artifact_id",
                ] {
                    if let Some(id) = data.get(member).and_then(Value::as_str) {
                        let key = (event_type.clone(), id.to_owned());
                        read.by_id.insert(key, event.clone());
                    }
                }
                read.by_position.insert(position(event), event.clone());
            }
        }
    }

    fn follow(&mut self, event: &Value) {
        if position(event) != self.position + 1 {
            self.complain(format!("after position {}: {event}", self.position));
        }
        self.position = position(event);
        let stream = format!("{}/{}", event["stream_type"], event["stream_id"]);
        let seq = event["stream_seq"].as_u64().unwrap();
        let last = self.heads.insert(stream, seq).unwrap_or(0);
        if seq != last + 1 {
            self.complain(format!("after sequence {last} of its stream: {event}"));
        }
        if !self.event_ids.insert(text(event, "event_id")) {
            self.complain(format!("an event id for the second time: {event}"));
        }
        let data = &event["data"];
        let new = match event["event_type"].as_str().unwrap() {
            "message.created" => {
                let content = text(data, "content_md");
                let key = content.split(' ').next().unwrap_or_default().to_owned();
                self.keys.insert(key)
            }
            "run.completed" => self.completed.insert(text(data, "run_id")),
            _ => true,
        };
        if !new {
            self.complain(format!("twice: {event}"));
        }
    }

    fn find(&mut self, read: &Read, expected: &Expected) {
        let key = (expected.event_type.to_owned(), expected.id.clone());
        match read.by_id.get(&key) {
            Some(event) if event["data"][expected.member] == expected.id.as_str() => {}
            found => self.complain(format!("lost: {expected:?}, found {found:?}")),
        }
    }

    fn find_message(&mut self, read: &Read, message: &Message, id: &str) {
        let key = ("message.created".to_owned(), id.to_owned());
        match read.by_id.get(&key) {
            Some(event) if event["data"]["content_md"] == message.content.as_str() => {}
            Some(event) => self.complain(format!("{id} is not as it was sent: {event}")),
            None => self.complain(format!("lost: {id}, {}", message.key)),
        }
    }

    /// Sends what was never answered again, twice: whether it was stored or not, it is now.
    async fn resume(&mut self, owner: &Http, message: &Message) {
        let first = send_again(owner, message).await;
        let second = send_again(owner, message).await;
        if first != second {
            self.complain(format!("{}: {first}, then {second}", message.key));
        }
    }

    /// A lease that was granted is still good, unless its time has run out meanwhile.
    async fn let_go(&mut self, owner: &Http, anybody: &Http, held: &Held) {
        let engine = anybody.clone().bearer(&held.engine_token);
        let path = format!("/v1/runs/{}/complete", held.run_id);
        let body = json!({"claim_token": held.claim_token});
        let reply = engine.post(&path, body).await;
        if reply.status == 200 {
            return;
        }
        let path = format!(
            "/v1/events?event_type=run.lease.expired&run_id={}",
            held.run_id
        );
        let expiries = owner.get(&path).await.expect(200);
        if expiries["events"][0].is_null() {
            self.complain(format!("the lease of {}: {}", held.run_id, reply.text));
        }
    }

    async fn find_blob(&mut self, http: &Http, name: &str, size: usize) {
        let path = format!("/v1/blobs/{name}");
        let response = http.request(Method::GET, &path).send().await.unwrap();
        let status = response.status();
        let content = response.bytes().await.unwrap_or_default();
        let found = format!("sha256:{}", hex::encode(Sha256::digest(&content)));
        if status != 200 || found != name || content.len() != size {
            self.complain(format!("blob {name} of {size} bytes: {status}, {found}"));
        }
    }
}

/// The id that a message is answered with when it is sent once more; or why there is none.
async fn send_again(owner: &Http, message: &Message) -> String {
    let keyed = owner.clone().header("idempotency-key", &message.key);
    let body = json!({"content_md": message.content});
    let reply = keyed.post(&message.path, body).await;
    if reply.status != 201 {
        return reply.text;
    }
    text(&reply.expect(201), "message_id")
}

fn position(event: &Value) -> u64 {
    event["position"].as_u64().unwrap()
}

fn text(value: &Value, member: &str) -> String {
    value[member].as_str().unwrap_or_default().to_owned()
}
