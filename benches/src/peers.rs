//! Other products, measured in the same rounds. Each is a script in `benches/peers` that starts its own server on this
//! machine and talks with us in lines of JSON; what is not installed is left out, and the notes say so.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

use crate::http::Address;
use crate::measure::Measurement;
use crate::options::Options;
use crate::product::{Product, Wire};
use crate::record::Record;

/// Where the scripts are, seen from the root of the repository.
const SCRIPTS: &str = "benches/peers";
const READY_WITHIN: Duration = Duration::from_secs(120);
const ANSWER_WITHIN: Duration = Duration::from_secs(300);
const ENDED_WITHIN: Duration = Duration::from_secs(60);

/// Those that live delivery is measured beside: the script, and how its server is spoken to.
const LIVE: [(&str, &str, [Spoken; 2]); 4] = [
    (
        "nchan",
        "nchan",
        [
            Some(("nchan SSE", Wire::NchanEvents)),
            Some(("nchan WebSocket", Wire::NchanSocket)),
        ],
    ),
    (
        "NATS",
        "nats",
        [
            Some(("NATS", Wire::Nats)),
            Some(("NATS JetStream", Wire::JetStream)),
        ],
    ),
    (
        "Redis",
        "redis",
        [
            Some(("Redis pub/sub", Wire::RedisPubSub)),
            Some(("Redis streams", Wire::RedisStreams)),
        ],
    ),
    (
        "mosquitto",
        "mosquitto",
        [Some(("mosquitto", Wire::Mqtt)), None],
    ),
];

/// A way to speak to a server, and its name in figures.
type Spoken = Option<(&'static str, Wire)>;

/// Those that are here.
#[derive(Default)]
pub struct Peers {
    pub queues: Vec<Peer>,
    pub restate: Option<Peer>,
    /// Spoken to without their scripts.
    pub live: Vec<Product>,
    /// The scripts behind those.
    servers: Vec<Peer>,
    /// Their data. Removed when they have ended.
    folder: Option<TempDir>,
}

pub struct Peer {
    /// As figures call it.
    pub name: &'static str,
    child: Child,
    questions: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
}

impl Peers {
    pub async fn start(options: &Options, record: &mut Record) -> Result<Self> {
        let mut peers = Self::default();
        let queues = options.wants(Measurement::Queue);
        let flows = options.wants(Measurement::Flow);
        let live = options.wants(Measurement::Live);
        if !options.peers || !(queues || flows || live) {
            return Ok(peers);
        }
        if (queues || flows) && !Path::new(SCRIPTS).join("node_modules").exists() {
            record.note(format!(
                "no peers were measured: run npm ci --prefix {SCRIPTS}"
            ));
            return Ok(peers);
        }
        // PostgreSQL runs as another user and must come as far as its own folder.
        let folder = tempfile::Builder::new()
            .prefix("peers-")
            .permissions(Permissions::from_mode(0o711))
            .tempdir_in(std::fs::canonicalize(&options.dir)?)?;
        let here = folder.path().to_owned();
        peers.folder = Some(folder);
        if queues {
            for (name, script) in [("BullMQ", "bullmq"), ("graphile-worker", "graphile-worker")] {
                peers
                    .queues
                    .extend(Peer::start(name, script, &here, record).await?);
            }
        }
        if flows {
            peers.restate = Peer::start("Restate", "restate", &here, record).await?;
        }
        for (name, script, wires) in LIVE.into_iter().filter(|_| live) {
            let Some(mut server) = Peer::start(name, script, &here, record).await? else {
                continue;
            };
            let address = server.address().await?;
            peers
                .live
                .extend(wires.into_iter().flatten().map(|(name, wire)| Product {
                    name,
                    wire,
                    address: address.clone(),
                }));
            peers.servers.push(server);
        }
        Ok(peers)
    }

    pub async fn stop(self) -> Result<()> {
        let all = self.queues.into_iter().chain(self.restate);
        for peer in all.chain(self.servers) {
            peer.stop().await?;
        }
        if let Some(folder) = self.folder {
            folder.close()?;
        }
        Ok(())
    }
}

impl Peer {
    async fn start(
        name: &'static str,
        script: &str,
        folder: &Path,
        record: &mut Record,
    ) -> Result<Option<Self>> {
        eprintln!("starting {name}");
        let started = timeout(
            READY_WITHIN,
            Self::begin(name, script, &folder.join(script)),
        )
        .await;
        let (peer, said) = started.with_context(|| format!("{name} did not become ready"))??;
        if let Some(settings) = said["ready"].as_str() {
            record.note(format!("peer: {settings}"));
            return Ok(Some(peer));
        }
        let reason = said["absent"].as_str();
        let reason = reason.with_context(|| format!("{name} cannot start: {said}"))?;
        eprintln!("{name} is left out: {reason}");
        record.note(format!("{name} was not measured: {reason}"));
        peer.stop().await?;
        Ok(None)
    }

    /// The peer, and its first line.
    async fn begin(name: &'static str, script: &str, data_dir: &Path) -> Result<(Self, Value)> {
        std::fs::create_dir(data_dir)?;
        let mut child = Command::new("node")
            .arg(Path::new(SCRIPTS).join(script).with_extension("mjs"))
            .arg(data_dir)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("node cannot be started")?;
        let stdout = child.stdout.take().context("no standard output")?;
        let mut peer = Self {
            name,
            questions: child.stdin.take().context("no standard input")?,
            child,
            answers: BufReader::new(stdout).lines(),
        };
        let said = peer.line().await?;
        Ok((peer, said))
    }

    /// Jobs a second, over all of them, with so many workers.
    pub async fn drain(&mut self, jobs: usize, workers: usize) -> Result<f64> {
        let answer = self
            .ask(&json!({ "jobs": jobs, "workers": workers }))
            .await?;
        let done = answer["jobs"].as_u64();
        if done != Some(jobs as u64) {
            bail!("{} ran {done:?} of {jobs} jobs", self.name);
        }
        let elapsed_ms = answer["elapsed_ms"].as_f64().context("no time")?;
        Ok(jobs as f64 * 1_000.0 / elapsed_ms)
    }

    /// Where its flow is asked for, and by which path.
    pub async fn flow(&mut self) -> Result<(Address, String)> {
        let answer = self.ask(&json!({})).await?;
        let text = |member: &str| answer[member].as_str().map(str::to_owned);
        let (host, path) = text("host").zip(text("path")).context("no address")?;
        Ok((Address { host, token: None }, path))
    }

    /// Where its server listens.
    async fn address(&mut self) -> Result<Address> {
        let answer = self.ask(&json!({})).await?;
        let host = answer["host"].as_str().context("no address")?.to_owned();
        Ok(Address { host, token: None })
    }

    async fn ask(&mut self, question: &Value) -> Result<Value> {
        let line = format!("{question}\n");
        self.questions.write_all(line.as_bytes()).await?;
        let answer = timeout(ANSWER_WITHIN, self.line()).await;
        let answer = answer.with_context(|| format!("{} does not answer", self.name))??;
        if let Some(error) = answer["error"].as_str() {
            bail!("{}: {error}", self.name);
        }
        Ok(answer)
    }

    async fn line(&mut self) -> Result<Value> {
        let line = self.answers.next_line().await?;
        let line = line.with_context(|| format!("{} has ended", self.name))?;
        serde_json::from_str(&line).with_context(|| format!("{} said {line:?}", self.name))
    }

    /// Ends its input, which ends it and its server.
    async fn stop(self) -> Result<()> {
        let Self {
            name,
            mut child,
            questions,
            ..
        } = self;
        drop(questions);
        let ended = timeout(ENDED_WITHIN, child.wait()).await;
        ended.with_context(|| format!("{name} did not end"))??;
        Ok(())
    }
}
