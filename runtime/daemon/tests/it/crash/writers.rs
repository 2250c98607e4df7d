//! Clients that write at the same time, each keeping account of what it was told, until the api
//! is gone.

use super::dice::Dice;
use super::ending::Trigger;
use crate::support::{Api, Http, Live, Reply};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// Clients that post messages; one more makes runs, one is an engine, one uploads.
const POSTERS: usize = 5;
/// Piece of a blob's upload, bytes.
const PIECE_BYTES: usize = 16 * 1024;

/// A message as it is sent, and sent again.
#[derive(Clone, Debug)]
pub struct Message {
    pub path: String,
    pub key: String,
    /// Begins with the key: no other message does.
    pub content: String,
}

/// An event that the log must hold, told from others of its type by one member of its data.
#[derive(Clone, Debug)]
pub struct Expected {
    pub event_type: &'static str,
    pub member: &'static str,
    pub id: String,
}

/// A run that an engine holds.
#[derive(Clone, Debug)]
pub struct Held {
    pub run_id: String,
    pub claim_token: String,
    pub engine_token: String,
}

/// What the clients were told in one round.
#[derive(Clone, Debug, Default)]
pub struct Told {
    pub events: Vec<Expected>,
    /// Acknowledged, with the id that was answered.
    pub messages: Vec<(Message, String)>,
    /// Sent, and never answered.
    pub unanswered: Vec<Message>,
    /// Runs whose completion was never answered.
    pub ends_unanswered: Vec<String>,
    pub held: Vec<Held>,
    /// Name and size in bytes.
    pub blobs: Vec<(String, usize)>,
    /// Events as a live stream showed them.
    pub shown: Vec<Value>,
}

impl Told {
    fn add(&mut self, other: Self) {
        self.events.extend(other.events);
        self.messages.extend(other.messages);
        self.unanswered.extend(other.unanswered);
        self.ends_unanswered.extend(other.ends_unanswered);
        self.held.extend(other.held);
        self.blobs.extend(other.blobs);
        self.shown.extend(other.shown);
    }
}

/// Where the writers write.
#[derive(Clone, Debug)]
pub struct Place {
    pub room: String,
    pub threads: Vec<String>,
}

impl Place {
    pub async fn make(api: &Api) -> Self {
        let owner = api.owner();
        let room = owner.room("crashes").await;
        let mut threads = Vec::new();
        for _ in 0..3 {
            threads.push(owner.thread(&room).await);
        }
        Self { room, threads }
    }
}

/// The api does not answer any more.
struct Gone;

/// Writes from all sides until the api is gone.
pub async fn write(
    api: &Api,
    place: &Place,
    trigger: Trigger,
    round: u64,
    dice: &mut Dice,
) -> Told {
    let trigger = Arc::new(trigger);
    let path = format!("/v1/streams/workspace?from_position={}", api.head().await);
    let live = Live::open(&api.owner(), &path, None).await;
    let watching = tokio::spawn(watch(live));
    let mut writers = tokio::task::JoinSet::new();
    for number in 0..POSTERS + 3 {
        let writer = Writer {
            http: api.owner(),
            anybody: api.local(),
            place: place.clone(),
            trigger: trigger.clone(),
            dice: dice.split(),
            name: format!("r{round}w{number}"),
            count: 0,
            told: Told::default(),
        };
        writers.spawn(async move {
            match number.saturating_sub(POSTERS - 1) {
                0 => writer.post_messages().await,
                1 => writer.make_runs().await,
                2 => writer.claim_runs().await,
                _ => writer.upload_blobs().await,
            }
        });
    }
    let mut told = Told::default();
    while let Some(part) = writers.join_next().await {
        told.add(part.unwrap());
    }
    // It may have stopped of its own accord.
    trigger.kill();
    told.shown = watching.await.unwrap();
    told
}

async fn watch(mut live: Live) -> Vec<Value> {
    let mut shown = Vec::new();
    while let Some(frame) = live.next().await {
        shown.push(frame.data);
    }
    shown
}

struct Writer {
    http: Http,
    anybody: Http,
    place: Place,
    trigger: Arc<Trigger>,
    dice: Dice,
    name: String,
    count: u64,
    told: Told,
}

impl Writer {
    fn mark(&mut self) -> String {
        self.count += 1;
        format!("{}n{}", self.name, self.count)
    }

    async fn post_messages(mut self) -> Told {
        loop {
            let key = self.mark();
            let length = match self.dice.below(20) {
                0 => 60_000,
                1..4 => 5_000,
                _ => self.dice.below(500),
            };
            let message = Message {
                path: format!(
                    "/v1/threads/{}/messages",
                    self.dice.pick(&self.place.threads)
                ),
                content: format!("{key} {}", "x".repeat(length as usize)),
                key,
            };
            // Half of them without the owner's token: local callers are promised the same.
            let http = if self.dice.one_in(2) {
                self.http.clone()
            } else {
                self.anybody.clone()
            };
            let keyed = http.header("idempotency-key", &message.key);
            let body = json!({"content_md": message.content});
            let request = keyed.request(Method::POST, &message.path);
            match self.send(request.body(body.to_string()), 201).await {
                Ok(reply) => {
                    let id = text(&reply, "message_id");
                    self.told.messages.push((message, id));
                }
                Err(Gone) => {
                    self.told.unanswered.push(message);
                    return self.told;
                }
            }
        }
    }

    async fn make_runs(mut self) -> Told {
        while self.make_run().await.is_ok() {}
        self.told
    }

    /// A run from its creation to its end, as somebody reports it who needs no lease.
    async fn make_run(&mut self) -> Result<(), Gone> {
        let title = self.mark();
        let body =
            json!({"room_id": self.place.room, "title": title, "input": {"a": [1.0, title]}});
        let run = self
            .create("/v1/runs", body, "run.created", "run_id")
            .await?;
        let path = format!("/v1/runs/{run}");
        self.report(
            &format!("{path}/start"),
            json!({}),
            "run.started",
            "run_id",
            &run,
        )
        .await?;
        let body = json!({"kind": "task", "title": title});
        let step = self
            .create(&format!("{path}/steps"), body, "step.created", "step_id")
            .await?;
        let calls = format!("/v1/steps/{step}/toolcalls");
        let body = json!({"tool_name": "t", "input": {"title": title}});
        let call = self
            .create(&calls, body, "tool.invoked", "tool_call_id")
            .await?;
        let output = json!({"stream": "stdout", "offset_bytes": 0, "text": format!("{title}\n")});
        let path = format!("/v1/toolcalls/{call}");
        self.report(
            &format!("{path}/output"),
            output,
            "tool.output",
            "tool_call_id",
            &call,
        )
        .await?;
        let (ending, event) = *self
            .dice
            .pick(&[("succeed", "tool.succeeded"), ("fail", "tool.failed")]);
        self.report(
            &format!("{path}/{ending}"),
            json!({}),
            event,
            "tool_call_id",
            &call,
        )
        .await?;
        let artifact = json!({"kind": "k", "content": {"type": "text", "text": title}});
        let artifacts = format!("/v1/steps/{step}/artifacts");
        self.create(&artifacts, artifact, "artifact.created", "artifact_id")
            .await?;
        let body = json!({"summary": title});
        let path = format!("/v1/runs/{run}/complete");
        let end = self
            .report(&path, body, "run.completed", "run_id", &run)
            .await;
        if end.is_err() {
            self.told.ends_unanswered.push(run);
        }
        end
    }

    async fn claim_runs(mut self) -> Told {
        self.claim_until_gone().await.ok();
        self.told
    }

    /// An engine that is made in this round, claims what it is offered, and keeps some of it.
    async fn claim_until_gone(&mut self) -> Result<(), Gone> {
        let body = json!({"title": self.name});
        let room = self.create_in_scope("/v1/rooms", body, "room_id").await?;
        let body = json!({"actor_id": self.name});
        let engine = self.post("/v1/engines/register", body, 201).await?;
        let engine_token = text(&engine, "engine_token");
        let owner = self.http.clone();
        for number in 0_u64.. {
            self.http = owner.clone();
            let body = json!({"room_id": room});
            self.create("/v1/runs", body.clone(), "run.created", "run_id")
                .await?;
            self.http = self.anybody.clone().bearer(&engine_token);
            let claimed = self.post("/v1/runs/claim", body, 200).await?;
            let held = Held {
                // Another one that it has kept, if that took longer than a lease.
                run_id: text(&claimed["run"], "run_id"),
                claim_token: text(&claimed["run"], "claim_token"),
                engine_token: engine_token.clone(),
            };
            self.expect("run.claimed", "run_id", &held.run_id);
            self.told.held.push(held.clone());
            if number % 2 == 1 {
                let path = format!("/v1/runs/{}/complete", held.run_id);
                let body = json!({"claim_token": held.claim_token});
                // Once it is on its way it may be held no longer.
                self.told.held.pop();
                let end = self.report(&path, body, "run.completed", "run_id", &held.run_id);
                end.await?;
            }
        }
        Ok(())
    }

    async fn upload_blobs(mut self) -> Told {
        self.upload_until_gone().await.ok();
        self.told
    }

    async fn upload_until_gone(&mut self) -> Result<(), Gone> {
        let body = json!({"room_id": self.place.room});
        let run = self
            .create("/v1/runs", body, "run.created", "run_id")
            .await?;
        self.report(
            &format!("/v1/runs/{run}/start"),
            json!({}),
            "run.started",
            "run_id",
            &run,
        )
        .await?;
        let body = json!({"kind": "uploads"});
        let steps = format!("/v1/runs/{run}/steps");
        let step = self.create(&steps, body, "step.created", "step_id").await?;
        for number in 0_u64.. {
            let size = match number % 8 {
                3 => 0,
                6 => 300_000,
                _ => 1 + self.dice.below(60_000),
            };
            let content = self.dice.bytes(size as usize);
            let name = format!("sha256:{}", hex::encode(Sha256::digest(&content)));
            let pieces: Vec<Vec<u8>> = content.chunks(PIECE_BYTES).map(<[u8]>::to_vec).collect();
            let trigger = self.trigger.clone();
            let pieces = pieces.into_iter().map(move |piece| {
                trigger.piece_sent();
                Ok::<_, std::io::Error>(piece)
            });
            let body = reqwest::Body::wrap_stream(futures_util::stream::iter(pieces));
            let request = self.http.request(Method::PUT, "/v1/blobs").body(body);
            let reply = self.send(request, 201).await?;
            assert_eq!(reply["blob"], name.as_str());
            self.told.blobs.push((name.clone(), content.len()));
            let artifact = json!({"kind": "upload", "content": {"type": "blob", "blob": name}});
            let artifacts = format!("/v1/steps/{step}/artifacts");
            self.create(&artifacts, artifact, "artifact.created", "artifact_id")
                .await?;
        }
        Ok(())
    }

    fn expect(&mut self, event_type: &'static str, member: &'static str, id: &str) {
        self.told.events.push(Expected {
            event_type,
            member,
            id: id.to_owned(),
        });
    }

    /// Makes something and returns its id, which the event's data repeat.
    async fn create(
        &mut self,
        path: &str,
        body: Value,
        event_type: &'static str,
        member: &'static str,
    ) -> Result<String, Gone> {
        let id = self.create_in_scope(path, body, member).await?;
        self.expect(event_type, member, &id);
        Ok(id)
    }

    async fn create_in_scope(
        &mut self,
        path: &str,
        body: Value,
        member: &'static str,
    ) -> Result<String, Gone> {
        let reply = self.post(path, body, 201).await?;
        Ok(text(&reply, member))
    }

    /// Tells what became of something.
    async fn report(
        &mut self,
        path: &str,
        body: Value,
        event_type: &'static str,
        member: &'static str,
        id: &str,
    ) -> Result<(), Gone> {
        self.post(path, body, 200).await?;
        self.expect(event_type, member, id);
        Ok(())
    }

    async fn post(&mut self, path: &str, body: Value, status: u16) -> Result<Value, Gone> {
        let request = self.http.request(Method::POST, path);
        self.send(request.body(body.to_string()), status).await
    }

    async fn send(&mut self, request: reqwest::RequestBuilder, status: u16) -> Result<Value, Gone> {
        let is_last = self.trigger.is_last_sent();
        let kill = async {
            if is_last {
                self.trigger.kill();
            }
        };
        let (reply, ()) = tokio::join!(biased; Reply::try_of(request), kill);
        match reply {
            // It says so when it is asked to stop, and closes.
            Some(reply) if reply.status == 503 => {
                reply.refused(503, "shutting_down");
            }
            Some(reply) => {
                self.trigger.acknowledged();
                return Ok(reply.expect(status));
            }
            None => {}
        }
        self.trigger.refused();
        Err(Gone)
    }
}

fn text(value: &Value, member: &str) -> String {
    value[member].as_str().unwrap().to_owned()
}
