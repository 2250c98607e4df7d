//! From a publisher to everybody who listens, over any product's protocol: how late a message is, and how many
//! deliveries a second there can be. Each subscriber checks that it hears every message once, and each publisher's in
//! their order.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use tokio::sync::{Notify, mpsc};
use tokio::task::{JoinHandle, spawn_local};
use tokio::time::{sleep, sleep_until, timeout};

use crate::product::{Ear, Mark, Product, Speaker};
use crate::stats::{Slice, nanos};
use crate::words::Words;

/// Publishers while saturation is measured, each waiting for its acknowledgement.
pub const PUBLISHERS: usize = 64;
/// Subscribers that are opened at once while an audience gathers.
const OPENED_AT_ONCE: usize = 64;
/// Without any delivery for so long, what is still missing is lost.
const PATIENCE: Duration = Duration::from_secs(5);
/// After an audience has left: servers clean up, which is not the next one's time.
const LEAVING: Duration = Duration::from_millis(200);

thread_local! {
    static TOPICS: Cell<u64> = const { Cell::new(0) };
}

/// What all subscribers of one slice share.
struct Shared {
    /// When the first publisher's messages were sent, by their count.
    sent: RefCell<Vec<Instant>>,
    latencies: RefCell<Vec<u64>>,
    deliveries: Cell<usize>,
    expected: Cell<usize>,
    all_delivered: Notify,
    lost: Cell<usize>,
}

/// What a slice showed, and how many deliveries were lost in it.
pub struct Measured<T> {
    pub value: T,
    pub lost: usize,
}

/// Latency from sending a message to hearing it, over all subscribers and messages; `per_second` messages, or with one
/// subscriber each when the last has arrived.
pub async fn latency(
    product: &Product,
    subscribers: usize,
    per_second: u32,
    duration: Duration,
) -> Result<Measured<Slice>> {
    let topic = new_topic(product);
    let mut audience = Audience::gather(product, &topic, subscribers, 1).await?;
    let measured = audience.listen(per_second, duration).await;
    audience.leave().await;
    measured
}

/// Deliveries a second when `messages` are published as fast as the product takes them, until the last has arrived
/// everywhere.
pub async fn saturated(
    product: &Product,
    subscribers: usize,
    messages: usize,
) -> Result<Measured<f64>> {
    let topic = new_topic(product);
    let mut audience = Audience::gather(product, &topic, subscribers, PUBLISHERS).await?;
    audience.shared.expected.set(messages * subscribers);
    let left = Rc::new(Cell::new(messages));
    let mut speakers = Vec::new();
    for _ in 0..PUBLISHERS {
        speakers.push(Speaker::open(product, &topic).await?);
    }
    let started = Instant::now();
    let publishing: Vec<_> = speakers
        .into_iter()
        .enumerate()
        .map(|(number, speaker)| spawn_local(publish(speaker, number, Rc::clone(&left))))
        .collect();
    for task in publishing {
        task.await??;
    }
    let ended = audience.wait().await?;
    let elapsed = ended.duration_since(started);
    let deliveries = audience.shared.deliveries.get() as f64;
    let lost = audience.check()?;
    audience.leave().await;
    Ok(Measured {
        value: deliveries / elapsed.as_secs_f64(),
        lost,
    })
}

async fn publish(mut speaker: Speaker, publisher: usize, left: Rc<Cell<usize>>) -> Result<()> {
    let mut words = Words::seeded(publisher as u64);
    let mut count = 0;
    while let Some(rest) = left.get().checked_sub(1) {
        left.set(rest);
        let mark = Mark { publisher, count };
        speaker.say(&mark.put_before(&words.content())).await?;
        count += 1;
    }
    Ok(())
}

/// A topic that nobody has used. Ours must be open to callers without a token.
fn new_topic(product: &Product) -> String {
    let number = TOPICS.get() + 1;
    TOPICS.set(number);
    let place = if product.is_ours() { "public." } else { "" };
    format!("{place}bench{number}")
}

/// Subscribers that all listen to one topic, from before its first message. They leave when it is dropped.
pub struct Audience {
    product: Product,
    topic: String,
    subscribers: usize,
    shared: Rc<Shared>,
    tasks: Vec<JoinHandle<()>>,
    failures: mpsc::UnboundedReceiver<anyhow::Error>,
    words: Words,
    /// Messages that the first publisher has sent.
    count: u32,
}

impl Audience {
    pub async fn gather(
        product: &Product,
        topic: &str,
        subscribers: usize,
        publishers: usize,
    ) -> Result<Self> {
        product.prepare(topic).await?;
        let shared = Rc::new(Shared {
            sent: RefCell::default(),
            latencies: RefCell::default(),
            deliveries: Cell::default(),
            expected: Cell::default(),
            all_delivered: Notify::new(),
            lost: Cell::default(),
        });
        let (failed, failures) = mpsc::unbounded_channel();
        let mut tasks = Vec::with_capacity(subscribers);
        for ear in open_all(product, topic, subscribers).await? {
            let (shared, failed) = (Rc::clone(&shared), failed.clone());
            tasks.push(spawn_local(async move {
                if let Err(error) = listen(ear, publishers, &shared).await {
                    // The audience outlives its members; when it has gone nobody asks any more.
                    failed.send(error).ok();
                }
            }));
        }
        Ok(Self {
            product: product.clone(),
            topic: topic.to_owned(),
            subscribers,
            shared,
            tasks,
            failures,
            words: Words::seeded(7),
            count: 0,
        })
    }

    /// Publishes for as long as that, and returns how late it was heard.
    pub async fn listen(&mut self, per_second: u32, duration: Duration) -> Result<Measured<Slice>> {
        let mut speaker = Speaker::open(&self.product, &self.topic).await?;
        let started = tokio::time::Instant::now();
        let mut said = 0;
        while said == 0 || started.elapsed() < duration {
            let mark = Mark {
                publisher: 0,
                count: self.count,
            };
            let message = mark.put_before(&self.words.content());
            self.count += 1;
            said += 1;
            let expected = self.shared.expected.get() + self.subscribers;
            self.shared.expected.set(expected);
            self.shared.sent.borrow_mut().push(Instant::now());
            speaker.say(&message).await?;
            if self.subscribers == 1 {
                // Alone, the next message follows when this one has arrived: nothing waits behind anything.
                self.wait().await?;
            } else {
                sleep_until(started + Duration::from_secs(1) * said / per_second).await;
            }
        }
        self.wait().await?;
        let latencies = self.shared.latencies.take();
        let lost = self.check()?;
        Ok(Measured {
            value: Slice::of(latencies, started.elapsed()),
            lost,
        })
    }

    /// Until everything published so far has arrived everywhere, or nothing more does. When that was.
    async fn wait(&mut self) -> Result<Instant> {
        loop {
            let before = self.shared.deliveries.get();
            if before + self.shared.lost.get() >= self.shared.expected.get() {
                return Ok(Instant::now());
            }
            let delivered = self.shared.all_delivered.notified();
            tokio::select! {
                waited = timeout(PATIENCE, delivered) => {
                    if waited.is_err() && self.shared.deliveries.get() == before {
                        let missing = self.shared.expected.get() - before;
                        self.shared.lost.set(missing);
                    }
                }
                Some(error) = self.failures.recv() => {
                    return Err(error.context(format!("a subscriber of {}", self.product.name)));
                }
            }
        }
    }

    /// How many deliveries were lost; an error where none may be.
    fn check(&self) -> Result<usize> {
        let lost = self.shared.lost.get();
        ensure!(
            lost == 0 || !self.product.is_ours(),
            "{lost} deliveries were lost over {}",
            self.product.name
        );
        Ok(lost)
    }

    pub async fn leave(self) {
        drop(self);
        sleep(LEAVING).await;
    }
}

impl Drop for Audience {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

/// Opens many subscribers, some at once.
pub async fn open_all(product: &Product, topic: &str, count: usize) -> Result<Vec<Ear>> {
    let left = Rc::new(Cell::new(count));
    let opening: Vec<_> = (0..OPENED_AT_ONCE.min(count))
        .map(|_| {
            let (product, topic, left) = (product.clone(), topic.to_owned(), Rc::clone(&left));
            spawn_local(async move {
                let mut ears = Vec::new();
                while let Some(rest) = left.get().checked_sub(1) {
                    left.set(rest);
                    ears.push(Ear::open(&product, &topic).await?);
                }
                anyhow::Ok(ears)
            })
        })
        .collect();
    let mut ears = Vec::with_capacity(count);
    for task in opening {
        ears.extend(task.await??);
    }
    Ok(ears)
}

/// Listens for ever.
async fn listen(mut ear: Ear, publishers: usize, shared: &Shared) -> Result<()> {
    let mut next = vec![0; publishers];
    loop {
        let mut wrong = None;
        let open = ear
            .hear(|mark| match next.get_mut(mark.publisher) {
                Some(next) if mark.count >= *next => {
                    let skipped = (mark.count - *next) as usize;
                    shared.lost.set(shared.lost.get() + skipped);
                    *next = mark.count + 1;
                    heard(shared, mark);
                }
                Some(_) | None => wrong = wrong.or(Some(mark)),
            })
            .await
            .context("the connection broke")?;
        if let Some(mark) = wrong {
            bail!("{mark:?} came twice, late, or from nobody");
        }
        ensure!(open, "the server ended the connection");
    }
}

fn heard(shared: &Shared, mark: Mark) {
    if let Some(sent) = shared.sent.borrow().get(mark.count as usize) {
        shared.latencies.borrow_mut().push(nanos(sent.elapsed()));
    }
    shared.deliveries.set(shared.deliveries.get() + 1);
    if shared.deliveries.get() + shared.lost.get() >= shared.expected.get() {
        shared.all_delivered.notify_one();
    }
}
