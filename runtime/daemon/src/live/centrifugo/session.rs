//! One client: a conversation from the first word to the last.

use super::channel;
use super::codec::{self, Fault, Line, Subscribe};
use super::hall::{Hall, Movement, Seat};
use super::outbox::{Goodbye, Outbox, Outgoing, outbox};
use super::timing::Timing;
use super::{CHANNELS_MAX, CONNECT, INBOX_FRAMES_MAX, MOVEMENTS_MAX, PING, PONG};
use crate::claw::{Bus, Denied, origin};
use crate::clock;
use crate::live::{Chunk, Subscription};
use crate::problem::Problem;
use crate::store::StoreError;
use futures_util::StreamExt;
use futures_util::future::{AbortHandle, Abortable, abortable};
use futures_util::stream::FuturesUnordered;
use kernel::broker::Timer;
use kernel::{Caller, Kind, Principal};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use std::pin::Pin;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

/// Where a transport puts what the client sends. The conversation ends when it is dropped.
pub type Inbox = mpsc::Sender<String>;

pub struct Session {
    bus: Bus,
    hall: Hall,
    /// Everybody must say who they are.
    token_required: bool,
    client: String,
    session: String,
    /// `None` until the client has connected.
    caller: Option<Caller>,
    outbox: Outbox,
    inbox: mpsc::Receiver<String>,
    /// What happens next on each channel.
    followed: FuturesUnordered<Followed>,
    /// Who comes and goes, where the client has asked for that.
    movements: mpsc::Receiver<Movement>,
    movements_in: mpsc::Sender<Movement>,
    held: HashMap<String, Held>,
    rights: watch::Receiver<u64>,
    closing: watch::Receiver<bool>,
}

/// What happens next on a channel, or that nobody waits for it any more.
type Followed = Abortable<Pin<Box<dyn Future<Output = Happened> + Send + Sync>>>;

/// A subscription; it ends when this is dropped.
struct Held {
    source: Source,
    _seat: Seat,
}

/// Who speaks on a channel.
enum Source {
    /// The log, from a place on.
    Log(AbortHandle),
    /// The clock.
    Clock(Timing),
}

impl Drop for Held {
    fn drop(&mut self) {
        match &self.source {
            Source::Log(leave) => leave.abort(),
            Source::Clock(_) => {}
        }
    }
}

/// What has happened on a channel, and who tells what happens next.
struct Happened {
    channel: String,
    subscription: Subscription,
    chunk: Result<Chunk, StoreError>,
}

impl Session {
    pub fn new(bus: Bus, hall: Hall, token_required: bool) -> (Self, Inbox, Outgoing) {
        let (send, inbox) = mpsc::channel(INBOX_FRAMES_MAX);
        let (movements_in, movements) = mpsc::channel(MOVEMENTS_MAX);
        let (outbox, outgoing) = outbox();
        let (rights, closing) = (bus.app().veil().changes(), hall.closing());
        let session = Self {
            bus,
            hall,
            token_required,
            client: clock::random_uuid(),
            session: clock::secret("session"),
            caller: None,
            outbox,
            inbox,
            followed: FuturesUnordered::new(),
            movements,
            movements_in,
            held: HashMap::new(),
            rights,
            closing,
        };
        (session, send, outgoing)
    }

    /// What the client names it by where each of its words comes by itself. It is a secret of the client's.
    pub fn id(&self) -> &str {
        &self.session
    }

    /// Talks until either side has enough.
    pub async fn run(mut self) {
        let goodbye = match self.talk().await {
            Err(goodbye) => goodbye,
            // The client has left: nobody hears it.
            Ok(()) => Goodbye::SHUTDOWN,
        };
        // Nothing more is told.
        self.held.clear();
        self.outbox.close(goodbye);
    }

    async fn talk(&mut self) -> Result<(), Goodbye> {
        let mut deadline = Instant::now() + CONNECT;
        let mut next_ping = deadline;
        let mut awaits_pong = false;
        loop {
            let ring = self.next_ring();
            tokio::select! {
                biased;
                () = said(&mut self.closing) => return Err(Goodbye::SHUTDOWN),
                changed = self.rights.changed() => {
                    // The sender lives as long as the bus.
                    changed.map_err(|_| Goodbye::INTERNAL)?;
                    self.look_at_rights().await?;
                }
                frame = self.inbox.recv() => {
                    let Some(frame) = frame else { return Ok(()) };
                    let was_connected = self.caller.is_some();
                    for line in codec::lines(&frame)? {
                        awaits_pong &= !line.is_pong();
                        self.answer(line).await?;
                    }
                    if !was_connected && self.caller.is_some() {
                        next_ping = Instant::now() + PING;
                    }
                }
                Some(happened) = self.followed.next() => {
                    // Who left it is not told.
                    if let Ok(happened) = happened {
                        self.tell(happened).await?;
                    }
                }
                movement = self.movements.recv() => {
                    let Some(movement) = movement else { return Err(Goodbye::INTERNAL) };
                    self.look_again_at_rights().await?;
                    if self.held.contains_key(&movement.channel) {
                        self.outbox.send(codec::moved(&movement))?;
                    }
                }
                () = tokio::time::sleep_until(ring.unwrap_or(deadline)), if ring.is_some() => self.ring()?,
                () = tokio::time::sleep_until(deadline), if self.caller.is_none() => return Err(Goodbye::STALE),
                () = tokio::time::sleep_until(deadline), if awaits_pong => return Err(Goodbye::NO_PONG),
                () = tokio::time::sleep_until(next_ping), if self.caller.is_some() => {
                    self.outbox.send(codec::PING.to_owned())?;
                    let now = Instant::now();
                    (next_ping, deadline, awaits_pong) = (now + PING, now + PONG, true);
                }
            }
        }
    }

    /// Rights may have changed: ends every subscription that is not allowed any more.
    async fn look_at_rights(&mut self) -> Result<(), Goodbye> {
        let failed = |problem: Problem| {
            tracing::warn!(%problem, "rights could not be looked at");
            Goodbye::INTERNAL
        };
        if let Some(Caller::Agent(agent)) = &self.caller
            && !self.bus.is_live(agent).await.map_err(failed)?
        {
            return Err(Goodbye::INVALID_TOKEN);
        }
        let channels: Vec<String> = self.held.keys().cloned().collect();
        for channel in channels {
            let may_read = self.bus.may_read(self.principal(), &channel).await;
            if !may_read.map_err(failed)? {
                self.held.remove(&channel);
                let push = codec::unsubscribed(&channel, 2000, "permission revoked");
                self.outbox.send(push)?;
            }
        }
        Ok(())
    }

    /// The same, if they have changed since.
    async fn look_again_at_rights(&mut self) -> Result<(), Goodbye> {
        if self.rights.has_changed().unwrap_or(true) {
            self.rights.borrow_and_update();
            self.look_at_rights().await?;
        }
        Ok(())
    }

    /// When the clock is next to be asked for; `None` while the client listens to no timer.
    fn next_ring(&self) -> Option<Instant> {
        let now = clock::now();
        let timings = self.held.values().filter_map(|held| match &held.source {
            Source::Clock(timing) => Some(timing.wait(now)),
            Source::Log(_) => None,
        });
        timings.min().map(|wait| Instant::now() + wait)
    }

    /// Tells what the clock says.
    fn ring(&mut self) -> Result<(), Goodbye> {
        let now = clock::now();
        for (channel, held) in &mut self.held {
            if let Source::Clock(timing) = &mut held.source
                && let Some(data) = timing.told(now)
            {
                self.outbox.send(codec::said(channel, &data))?;
            }
        }
        Ok(())
    }

    /// Tells what has happened on a channel, to who may know it now.
    async fn tell(&mut self, happened: Happened) -> Result<(), Goodbye> {
        self.look_again_at_rights().await?;
        let Happened {
            channel,
            subscription,
            chunk,
        } = happened;
        // It may have been told of before its right was taken back.
        let Some(held) = self.held.get_mut(&channel) else {
            return Ok(());
        };
        match chunk {
            Ok(frames) => {
                for frame in &frames {
                    let push = codec::push(&channel, frame);
                    if !push.is_empty() {
                        self.outbox.send(push)?;
                    }
                }
                held.source = Source::Log(follow(&self.followed, channel, subscription));
                Ok(())
            }
            Err(error) => {
                tracing::warn!(%error, "a subscription ended early");
                self.held.remove(&channel);
                // It comes back, and misses nothing.
                let push = codec::unsubscribed(&channel, 2500, "insufficient state");
                self.outbox.send(push)
            }
        }
    }

    async fn answer(&mut self, line: Line) -> Result<(), Goodbye> {
        if line.is_pong() {
            return match self.caller {
                Some(_) => Ok(()),
                None => Err(Goodbye::BAD_REQUEST),
            };
        }
        if let Some(connect) = line.connect {
            if self.caller.is_some() {
                return Err(Goodbye::BAD_REQUEST);
            }
            let answer = self.connect(&connect.token).await?;
            return self
                .outbox
                .send(codec::reply(line.id, "connect", Ok(answer)));
        }
        if self.caller.is_none() {
            return Err(Goodbye::BAD_REQUEST);
        }
        if line.send.is_some() {
            return Ok(());
        }
        let (method, answer) = if let Some(asked) = line.subscribe {
            return self.subscribe(line.id, asked).await;
        } else if let Some(asked) = line.unsubscribe {
            self.held.remove(&asked.channel);
            ("unsubscribe", Ok(json!({})))
        } else if let Some(asked) = line.publish {
            ("publish", self.publish(&asked.channel, asked.data).await)
        } else if let Some(asked) = line.history {
            let answer = match self.readable(&asked.channel).await {
                Ok(()) => channel::history(&self.bus, &asked).await,
                Err(fault) => Err(fault),
            };
            ("history", answer)
        } else if let Some(asked) = line.presence {
            let present = self.present(&asked.channel).await;
            (
                "presence",
                present.map(|present| json!({"presence": seats(present)})),
            )
        } else if let Some(asked) = line.presence_stats {
            (
                "presence_stats",
                self.present(&asked.channel).await.map(counts),
            )
        } else if let Some(asked) = line.refresh {
            ("refresh", Ok(self.refresh(&asked.token).await?))
        } else if line.sub_refresh.is_some() {
            // Subscriptions do not expire.
            ("sub_refresh", Ok(json!({})))
        } else if line.rpc.is_some() {
            ("rpc", Err(Fault::NOT_AVAILABLE))
        } else {
            ("error", Err(Fault::NO_METHOD))
        };
        self.outbox.send(codec::reply(line.id, method, answer))
    }

    async fn connect(&mut self, token: &str) -> Result<Value, Goodbye> {
        let caller = self.shown(token).await?;
        self.caller = Some(caller);
        Ok(json!({
            "client": self.client, "version": env!("CARGO_PKG_VERSION"), "ping": PING.as_secs(), "pong": true,
            "session": self.session, "node": "signalbox",
        }))
    }

    /// Who shows this token; nobody in particular without one.
    async fn shown(&self, token: &str) -> Result<Caller, Goodbye> {
        if token.is_empty() {
            return match self.token_required {
                true => Err(Goodbye::INVALID_TOKEN),
                false => Ok(Caller::Local),
            };
        }
        match self.bus.agent(token).await {
            Ok(agent) => Ok(Caller::Agent(agent)),
            Err(Problem::Rejected(_)) => Err(Goodbye::INVALID_TOKEN),
            Err(_) => Err(Goodbye::INTERNAL),
        }
    }

    /// Keys do not expire: a fresh one must be of the same principal.
    async fn refresh(&mut self, token: &str) -> Result<Value, Goodbye> {
        let before = self.principal();
        self.caller = Some(self.shown(token).await?);
        if self.principal() != before {
            return Err(Goodbye::INVALID_TOKEN);
        }
        Ok(json!({"client": self.client, "version": env!("CARGO_PKG_VERSION")}))
    }

    fn principal(&self) -> Option<Principal> {
        match &self.caller {
            Some(Caller::Agent(agent)) => Some(agent.principal.clone()),
            Some(Caller::Owner | Caller::Engine(_) | Caller::Local | Caller::System) | None => None,
        }
    }

    fn user(&self) -> String {
        self.principal()
            .map(|principal| principal.to_string())
            .unwrap_or_default()
    }

    async fn readable(&self, channel: &str) -> Result<(), Fault> {
        match self.bus.may_read(self.principal(), channel).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(Fault::FORBIDDEN),
            Err(_) => Err(Fault::INTERNAL),
        }
    }

    async fn subscribe(&mut self, id: u32, asked: Subscribe) -> Result<(), Goodbye> {
        match self.beginning(&asked).await {
            Ok(beginning) => {
                let reply = codec::reply(id, "subscribe", Ok(beginning.answer));
                self.outbox.send(reply)?;
                self.hold(asked, beginning.top);
                Ok(())
            }
            Err(fault) => self.outbox.send(codec::reply(id, "subscribe", Err(fault))),
        }
    }

    async fn beginning(&self, asked: &Subscribe) -> Result<channel::Beginning, Fault> {
        if asked.tf.is_some() || asked.kind > 0 {
            return Err(Fault::NOT_AVAILABLE);
        }
        if self.held.contains_key(&asked.channel) {
            return Err(Fault::SUBSCRIBED);
        }
        if self.held.len() >= CHANNELS_MAX {
            return Err(Fault::LIMIT);
        }
        // Rights are a matter of keys and grants: no token of a subscription opens anything.
        if !asked.token.is_empty() {
            return Err(Fault::FORBIDDEN);
        }
        self.readable(&asked.channel).await?;
        match Timer::of_channel(&asked.channel) {
            // What the clock has said is past: there is no place to come back to.
            Some(_) => Ok(channel::Beginning {
                top: 0,
                answer: json!({}),
            }),
            None => channel::begin(&self.bus, asked).await,
        }
    }

    /// Follows a channel from a place on.
    fn hold(&mut self, asked: Subscribe, after: u64) {
        let channel = asked.channel;
        let source = match Timer::of_channel(&channel) {
            Some(timer) => Source::Clock(Timing::since(timer, clock::now())),
            None => {
                let subscription = self.bus.app().watch_topic(&channel, after);
                Source::Log(follow(&self.followed, channel.clone(), subscription))
            }
        };
        let movements = asked.join_leave.then(|| self.movements_in.clone());
        let user = self.user();
        let held = Held {
            source,
            _seat: self.hall.sit(&channel, &self.client, &user, movements),
        };
        self.held.insert(channel, held);
    }

    async fn publish(&self, channel: &str, data: Value) -> Result<Value, Fault> {
        let caller = self.caller.clone().unwrap_or(Caller::Local);
        let said = self.bus.publish(&origin(caller), channel, data).await;
        match said {
            Ok(_) => Ok(json!({})),
            Err(Denied::TooOften(_)) => Err(Fault::TOO_MANY),
            Err(Denied::Unlike(_)) => Err(Fault::BAD_REQUEST),
            Err(Denied::Problem(Problem::Rejected(reject))) => Err(match reject.kind {
                Kind::Forbidden => Fault::FORBIDDEN,
                Kind::Unauthorized => Fault::UNAUTHORIZED,
                Kind::TooLarge => Fault::LIMIT,
                Kind::Exhausted => Fault::TOO_MANY,
                Kind::Invalid | Kind::NotFound | Kind::Conflict => Fault::BAD_REQUEST,
            }),
            Err(Denied::Problem(_)) => Err(Fault::INTERNAL),
        }
    }

    async fn present(&self, channel: &str) -> Result<BTreeMap<String, String>, Fault> {
        self.readable(channel).await?;
        Ok(self.hall.present(channel))
    }
}

/// Waits for what happens next on a channel; until the handle that is returned is used, or the session ends.
fn follow(
    followed: &FuturesUnordered<Followed>,
    channel: String,
    mut subscription: Subscription,
) -> AbortHandle {
    let happens: Pin<Box<dyn Future<Output = Happened> + Send + Sync>> = Box::pin(async move {
        let chunk = subscription.next().await;
        Happened {
            channel,
            subscription,
            chunk,
        }
    });
    let (happens, leave) = abortable(happens);
    followed.push(happens);
    leave
}

/// Waits until this process ends.
async fn said(closing: &mut watch::Receiver<bool>) {
    if closing.wait_for(|closing| *closing).await.is_err() {
        std::future::pending().await
    }
}

fn seats(present: BTreeMap<String, String>) -> Value {
    let seat = |(client, user): (String, String)| {
        let seat = json!({"user": user, "client": client});
        (client, seat)
    };
    Value::Object(present.into_iter().map(seat).collect())
}

fn counts(present: BTreeMap<String, String>) -> Value {
    let users: std::collections::BTreeSet<&String> = present.values().collect();
    json!({"num_clients": present.len(), "num_users": users.len()})
}
