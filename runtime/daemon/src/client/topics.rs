//! Topics as their listeners hear them, with a key or as nobody in particular: a session of the event bus over
//! HTTP that survives interruptions and goes on where it was.

use super::Backoff;
use super::error::{ClientError, Refusal};
use super::http::Client;
use futures_util::StreamExt;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::time::Duration;

/// Waits between attempts to connect again.
const RECONNECT_FIRST: Duration = Duration::from_millis(200);
const RECONNECT_MAX: Duration = Duration::from_secs(5);
/// Longest line: what one recovery brings fits.
const LINE_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Goodbyes after which coming back is useless; all others are passing.
const FINAL_CODES: std::ops::Range<u64> = 3_500..4_000;
/// From this code on, whoever is unsubscribed may subscribe again.
const RESUBSCRIBE_FROM: u64 = 2_500;

/// What a listener is told.
#[derive(Clone, Debug, PartialEq)]
pub enum Told {
    /// A message; without an offset where it is kept nowhere.
    Message {
        channel: String,
        offset: Option<u64>,
        data: Value,
    },
    /// More was said on a channel than could be caught up with: its history has all of it.
    Missed { channel: String },
}

struct Channel {
    name: String,
    /// Epoch and offset of what was last handed out.
    place: Option<(String, u64)>,
}

struct Connection {
    bytes: futures_util::stream::BoxStream<'static, reqwest::Result<bytes::Bytes>>,
    rest: Vec<u8>,
    /// The session, once it is known.
    session: String,
    /// Channels that are not subscribed yet.
    awaited: usize,
}

/// Listens to topics. Dropping it ends it.
pub struct TopicStream {
    client: Client,
    channels: Vec<Channel>,
    connection: Option<Connection>,
    ready: VecDeque<Told>,
    backoff: Backoff,
}

impl TopicStream {
    /// Listens to these channels; with `replay` from their beginning, else from now on.
    pub fn new(client: Client, channels: Vec<String>, replay: bool) -> Self {
        let channels = channels.into_iter().map(|name| Channel {
            name,
            place: replay.then(|| (String::new(), 0)),
        });
        Self {
            client,
            channels: channels.collect(),
            connection: None,
            ready: VecDeque::new(),
            backoff: Backoff::new(RECONNECT_FIRST, RECONNECT_MAX),
        }
    }

    /// Connects and subscribes: what is published after this will come.
    ///
    /// # Errors
    /// When the runtime does not answer, or lets the caller not listen.
    pub async fn connect(&mut self) -> Result<(), ClientError> {
        self.open().await?;
        while self.connection.as_ref().is_some_and(|it| it.awaited > 0) {
            self.receive().await?;
        }
        Ok(())
    }

    /// The next thing told. Waits for as long as it takes, through restarts of the runtime. Cancel-safe.
    ///
    /// # Errors
    /// Only when trying again is useless.
    pub async fn next(&mut self) -> Result<Told, ClientError> {
        loop {
            if let Some(told) = self.ready.pop_front() {
                return Ok(told);
            }
            match self.open().await {
                Ok(()) => self.receive().await?,
                Err(error) if error.is_transient() => {
                    tokio::time::sleep(self.backoff.failed()).await;
                }
                Err(error) => return Err(error),
            }
        }
    }

    async fn open(&mut self) -> Result<(), ClientError> {
        if self.connection.is_some() {
            return Ok(());
        }
        let subscribe = |(number, channel): (usize, &Channel)| {
            let mut asked = json!({"channel": channel.name});
            if let Some((epoch, offset)) = &channel.place {
                asked["recover"] = json!(true);
                asked["epoch"] = json!(epoch);
                asked["offset"] = json!(offset);
            }
            json!({"id": number + 2, "subscribe": asked}).to_string()
        };
        let subscribes: Vec<String> = self.channels.iter().enumerate().map(subscribe).collect();
        let response = self.client.open_session(&subscribes.join("\n")).await?;
        self.connection = Some(Connection {
            bytes: response.bytes_stream().boxed(),
            rest: Vec::new(),
            session: String::new(),
            awaited: self.channels.len(),
        });
        Ok(())
    }

    /// Takes one line, if a whole one is there, or else what comes next; or gives the connection up.
    async fn receive(&mut self) -> Result<(), ClientError> {
        let Some(connection) = &mut self.connection else {
            return Ok(());
        };
        if let Some(end) = connection.rest.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = connection.rest.drain(..=end).collect();
            return match serde_json::from_slice(&line) {
                Ok(line) => self.take(&line),
                Err(error) => Err(ClientError::Foreign {
                    url: self.client.base().to_owned(),
                    why: error.to_string(),
                }),
            };
        }
        match connection.bytes.next().await {
            Some(Ok(piece)) if connection.rest.len() + piece.len() <= LINE_BYTES_MAX => {
                connection.rest.extend_from_slice(&piece);
            }
            Some(Ok(_) | Err(_)) | None => {
                self.connection = None;
                tokio::time::sleep(self.backoff.failed()).await;
            }
        }
        Ok(())
    }

    fn take(&mut self, line: &Value) -> Result<(), ClientError> {
        if line.as_object().is_some_and(serde_json::Map::is_empty) {
            self.answer_ping();
            return Ok(());
        }
        let place = line["id"].as_u64().and_then(|id| usize::try_from(id).ok());
        let place = place.and_then(|id| id.checked_sub(2));
        if let Some(error) = line.get("error") {
            let channel = place.and_then(|place| self.channels.get(place));
            let name = channel.map_or("", |channel| channel.name.as_str());
            let code = error["code"].as_u64().unwrap_or_default();
            let message = error["message"].as_str().unwrap_or("refused");
            return Err(refused(code == 103, &format!("{name}: {message}")));
        }
        if let Some(session) = line["connect"]["session"].as_str() {
            if let Some(connection) = &mut self.connection {
                connection.session = session.to_owned();
            }
        } else if let (Some(place), Some(result)) = (place, line.get("subscribe")) {
            self.subscribed(place, result);
        } else if let Some(push) = line.get("push") {
            return self.pushed(push);
        }
        Ok(())
    }

    fn subscribed(&mut self, place: usize, result: &Value) {
        self.backoff.succeeded();
        if let Some(connection) = &mut self.connection {
            connection.awaited = connection.awaited.saturating_sub(1);
        }
        let Some(channel) = self.channels.get_mut(place) else {
            return;
        };
        let epoch = result["epoch"].as_str().unwrap_or_default().to_owned();
        let offset = result["offset"].as_u64().unwrap_or_default();
        channel.place = (result["recoverable"] == true).then_some((epoch, offset));
        if result["was_recovering"] == true && result["recovered"] != true {
            self.ready.push_back(Told::Missed {
                channel: channel.name.clone(),
            });
        }
        let name = channel.name.clone();
        let publications = result["publications"].as_array();
        for publication in publications.into_iter().flatten() {
            self.published(&name, publication);
        }
    }

    fn published(&mut self, name: &str, publication: &Value) {
        let Some(channel) = self.channels.iter_mut().find(|it| it.name == name) else {
            return;
        };
        let offset = publication["offset"].as_u64();
        if let (Some(offset), Some((_, last))) = (offset, &mut channel.place) {
            *last = offset;
        }
        self.ready.push_back(Told::Message {
            channel: name.to_owned(),
            offset,
            data: publication["data"].clone(),
        });
    }

    fn pushed(&mut self, push: &Value) -> Result<(), ClientError> {
        let name = push["channel"].as_str().unwrap_or_default();
        if let Some(publication) = push.get("pub") {
            self.published(name, publication);
        } else if let Some(end) = push.get("unsubscribe") {
            if end["code"].as_u64() < Some(RESUBSCRIBE_FROM) {
                let reason = end["reason"].as_str().unwrap_or("unsubscribed");
                return Err(refused(true, &format!("{name}: {reason}")));
            }
            // All of them anew, each from its place.
            self.connection = None;
        } else if let Some(end) = push.get("disconnect") {
            self.connection = None;
            if end["code"]
                .as_u64()
                .is_some_and(|code| FINAL_CODES.contains(&code))
            {
                let reason = end["reason"].as_str().unwrap_or("disconnected");
                return Err(refused(true, reason));
            }
        }
        Ok(())
    }

    /// Beside the stream: one that is not answered ends, and is taken up again.
    fn answer_ping(&self) {
        let Some(connection) = &self.connection else {
            return;
        };
        let body = json!({"session": connection.session, "node": "", "data": "{}"});
        let client = self.client.clone();
        tokio::spawn(async move { client.tell("/emulation", &body).await });
    }
}

fn refused(is_forbidden: bool, message: &str) -> ClientError {
    let (status, code) = match is_forbidden {
        true => (403, "topic_forbidden"),
        false => (400, "topic_refused"),
    };
    ClientError::Refused(Refusal {
        status,
        code: code.to_owned(),
        message: message.to_owned(),
        hint: Some(
            "Set SIGNALBOX_TOKEN to the key of an agent who may listen; `signalbox request` asks to be let in."
                .to_owned(),
        ),
        field: None,
    })
}
