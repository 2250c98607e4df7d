//! Products that publish to subscribers, ours among them, each spoken to in its own protocol by the same client: raw
//! bytes on sockets of one thread, so that what the client costs is the same for all.
//!
//! A message carries a mark, which subscribers look for in whatever the protocol puts around it.

mod http;
mod mark;
mod mqtt;
mod nats;
mod redis;

use std::cell::RefCell;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use memchr::memmem;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::http::Address;
use mark::Marks;

pub use mark::Mark;
use redis::Entries;

/// Bytes that one read may bring; one such buffer serves all subscribers.
const READ_BYTES: usize = 256 * 1_024;
/// How long a product may take to accept a subscriber, or a message.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

thread_local! {
    static SCRATCH: RefCell<Vec<u8>> = RefCell::new(vec![0; READ_BYTES]);
}

/// How a product is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wire {
    /// Ours: `POST /ch/TOPIC`, Server-Sent Events of `GET /ch/TOPIC`.
    Channel,
    /// Ours: `POST /ch/TOPIC`, the Centrifugo protocol over a WebSocket.
    Centrifugo,
    NchanEvents,
    NchanSocket,
    RedisPubSub,
    RedisStreams,
    Nats,
    JetStream,
    Mqtt,
}

#[derive(Clone)]
pub struct Product {
    /// As figures call it.
    pub name: &'static str,
    pub wire: Wire,
    pub address: Address,
}

impl Product {
    pub fn events(address: &Address) -> Self {
        Self {
            name: "SSE",
            wire: Wire::Channel,
            address: address.clone(),
        }
    }

    pub fn sockets(address: &Address) -> Self {
        Self {
            name: "WebSocket",
            wire: Wire::Centrifugo,
            address: address.clone(),
        }
    }

    pub fn is_ours(&self) -> bool {
        matches!(self.wire, Wire::Channel | Wire::Centrifugo)
    }

    /// Whether each subscriber costs this product an object of its own, made one at a time.
    pub fn is_slow_to_gather(&self) -> bool {
        matches!(self.wire, Wire::JetStream | Wire::RedisStreams)
    }

    /// Makes what a topic needs before somebody subscribes to it.
    pub async fn prepare(&self, topic: &str) -> Result<()> {
        match self.wire {
            Wire::JetStream => nats::create_stream(self, topic).await,
            Wire::Channel
            | Wire::Centrifugo
            | Wire::NchanEvents
            | Wire::NchanSocket
            | Wire::RedisPubSub
            | Wire::RedisStreams
            | Wire::Nats
            | Wire::Mqtt => Ok(()),
        }
    }
}

/// One subscriber. It closes without ceremony, so that thousands of one slice hold no ports in the next.
pub struct Ear {
    stream: TcpStream,
    /// Of the last read, what may be the beginning of a mark.
    marks: Marks,
    /// Where each answer must be asked for.
    entries: Option<Entries>,
}

impl Ear {
    /// Subscribes from now on, and waits until the product says so.
    pub async fn open(product: &Product, topic: &str) -> Result<Self> {
        let stream = connect(product).await?;
        stream.set_zero_linger()?;
        let mut line = Line::over(stream);
        let opening = async {
            match product.wire {
                Wire::Channel => http::events(&mut line, product, &format!("/ch/{topic}")).await,
                Wire::NchanEvents => {
                    http::events(&mut line, product, &format!("/sub/{topic}")).await
                }
                Wire::Centrifugo => http::centrifugo(&mut line, product, topic).await,
                Wire::NchanSocket => {
                    http::upgrade(&mut line, product, &format!("/sub/{topic}")).await
                }
                Wire::RedisPubSub => redis::subscribe(&mut line, topic).await,
                Wire::RedisStreams => Ok(()),
                Wire::Nats => nats::subscribe(&mut line, topic).await,
                Wire::JetStream => nats::consume(&mut line, topic).await,
                Wire::Mqtt => mqtt::subscribe(&mut line, topic).await,
            }
        };
        let opened = timeout(ANSWER_WITHIN, opening).await;
        let in_words = || format!("{} takes no subscriber", product.name);
        opened.with_context(in_words)?.with_context(in_words)?;
        let entries = (product.wire == Wire::RedisStreams).then(|| Entries::of(topic));
        if let Some(entries) = &entries {
            line.say(&entries.ask()).await?;
        }
        Ok(Self {
            stream: line.stream,
            marks: Marks::default(),
            entries,
        })
    }

    /// Calls `each` for every mark that has arrived, after waiting for at least some bytes. `false` at the end.
    pub async fn hear(&mut self, mut each: impl FnMut(Mark)) -> Result<bool> {
        loop {
            self.stream.readable().await?;
            let question = SCRATCH.with_borrow_mut(|scratch| {
                let read = match self.stream.try_read(&mut scratch[mark::KEPT_BYTES_MAX..]) {
                    Ok(read) => read,
                    Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
                        return anyhow::Ok(None);
                    }
                    Err(error) => return Err(error.into()),
                };
                if read == 0 {
                    return Ok(Some((false, None)));
                }
                let question = match &mut self.entries {
                    Some(entries) => {
                        let fresh = &scratch[mark::KEPT_BYTES_MAX..mark::KEPT_BYTES_MAX + read];
                        entries.take(fresh, &mut each)?
                    }
                    None => {
                        self.marks.take(scratch, read, &mut each);
                        None
                    }
                };
                Ok(Some((true, question)))
            })?;
            if let Some((is_open, question)) = question {
                if let Some(question) = question {
                    self.stream.write_all(&question).await?;
                }
                return Ok(is_open);
            }
        }
    }
}

/// One publisher, one message at a time.
pub struct Speaker {
    wire: Wire,
    topic: String,
    voice: Voice,
}

enum Voice {
    Http(crate::http::Client),
    Line(Line),
}

impl Speaker {
    pub async fn open(product: &Product, topic: &str) -> Result<Self> {
        let line = async || anyhow::Ok(Line::over(connect(product).await?));
        let voice = match product.wire {
            Wire::Channel | Wire::Centrifugo | Wire::NchanEvents | Wire::NchanSocket => {
                Voice::Http(crate::http::Client::connect(&product.address).await?)
            }
            Wire::Nats | Wire::JetStream => {
                let mut line = line().await?;
                nats::greet(&mut line).await?;
                Voice::Line(line)
            }
            Wire::Mqtt => {
                let mut line = line().await?;
                mqtt::greet(&mut line).await?;
                Voice::Line(line)
            }
            Wire::RedisPubSub | Wire::RedisStreams => Voice::Line(line().await?),
        };
        Ok(Self {
            wire: product.wire,
            topic: topic.to_owned(),
            voice,
        })
    }

    /// Publishes a message, and waits for as much of an acknowledgement as the product gives.
    pub async fn say(&mut self, text: &str) -> Result<()> {
        let topic = self.topic.as_str();
        let saying = async {
            match (self.wire, &mut self.voice) {
                (Wire::Channel | Wire::Centrifugo, Voice::Http(http)) => {
                    http::publish(http, topic, text).await
                }
                (_, Voice::Http(http)) => http.post(&format!("/pub/{topic}"), text).await.map(drop),
                (Wire::RedisPubSub, Voice::Line(line)) => redis::publish(line, topic, text).await,
                (Wire::RedisStreams, Voice::Line(line)) => redis::append(line, topic, text).await,
                (Wire::Nats, Voice::Line(line)) => nats::publish(line, topic, text).await,
                (Wire::JetStream, Voice::Line(line)) => nats::store(line, topic, text).await,
                (Wire::Mqtt, Voice::Line(line)) => mqtt::publish(line, topic, text).await,
                (wire, Voice::Line(_)) => bail!("{wire:?} is spoken over HTTP"),
            }
        };
        timeout(ANSWER_WITHIN, saying)
            .await
            .context("a message is not answered")?
    }
}

async fn connect(product: &Product) -> Result<TcpStream> {
    let stream = TcpStream::connect(&product.address.host).await;
    let stream = stream.with_context(|| format!("{} does not accept connections", product.name))?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// A connection on which one side asks and the other answers.
struct Line {
    stream: TcpStream,
    heard: Vec<u8>,
}

impl Line {
    fn over(stream: TcpStream) -> Self {
        Self {
            stream,
            heard: Vec::new(),
        }
    }

    async fn say(&mut self, bytes: &[u8]) -> Result<()> {
        self.stream.write_all(bytes).await?;
        Ok(())
    }

    /// Reads until the answer holds `sign`, and returns everything up to then. What comes after it is no message yet.
    async fn until(&mut self, sign: &[u8]) -> Result<Vec<u8>> {
        loop {
            if let Some(at) = memmem::find(&self.heard, sign) {
                let rest = self.heard.split_off(at + sign.len());
                return Ok(std::mem::replace(&mut self.heard, rest));
            }
            let read = self.stream.read_buf(&mut self.heard).await?;
            if read == 0 {
                bail!(
                    "it ended the conversation: {}",
                    String::from_utf8_lossy(&self.heard)
                );
            }
        }
    }

    /// Reads so many bytes.
    async fn exactly(&mut self, count: usize) -> Result<Vec<u8>> {
        while self.heard.len() < count {
            let read = self.stream.read_buf(&mut self.heard).await?;
            anyhow::ensure!(read > 0, "it ended the conversation");
        }
        let rest = self.heard.split_off(count);
        Ok(std::mem::replace(&mut self.heard, rest))
    }
}
