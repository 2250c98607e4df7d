//! From a durable message to everyone who watches: how late it is, and how many deliveries a second there can be.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use tokio::sync::{Notify, mpsc};
use tokio::task::{JoinHandle, spawn_local};
use tokio::time::sleep_until;

use super::append::{Target, message};
use crate::http::Client;
use crate::sse::Subscription;
use crate::stats::{Slice, nanos};
use crate::words::Words;

/// Messages a second while latency is measured with many subscribers: far below saturation.
const PACE_PER_SECOND: u32 = 100;
/// Publishers while saturation is measured.
const PUBLISHERS: u64 = 64;
/// The name of the event with which an overloaded server asks a subscriber to come back.
const RESUME: &[u8] = b"signalbox.resume";

/// What all subscribers of one slice share.
struct Shared {
    target: Target,
    /// Sequence number of the last message before the slice.
    base: u64,
    /// When message `base + 1 + index` was sent.
    sent: RefCell<Vec<Instant>>,
    latencies: RefCell<Vec<u64>>,
    deliveries: Cell<usize>,
    expected: Cell<usize>,
    all_delivered: Notify,
    /// Times a subscriber was asked to resume or lost its connection.
    resumed: Cell<usize>,
}

pub struct Saturated {
    pub deliveries_per_second: f64,
    pub resumed: usize,
}

/// Latency from sending the request to receiving the frame, over all subscribers and messages.
pub async fn latency(target: &Target, subscribers: usize, duration: Duration) -> Result<Slice> {
    let mut audience = Audience::gather(target, subscribers).await?;
    let mut client = Client::connect(&target.address).await?;
    let mut words = Words::seeded(7);
    let path = target.messages_path();
    let started = tokio::time::Instant::now();
    let mut count = 0;
    while started.elapsed() < duration {
        let body = message(&mut words);
        count += 1;
        audience.shared.expected.set(count * subscribers);
        audience.shared.sent.borrow_mut().push(Instant::now());
        client.post(&path, &body).await?;
        if subscribers == 1 {
            // Alone, the next message follows when this one has arrived: nothing waits behind anything.
            audience.wait().await?;
        } else {
            sleep_until(started + Duration::from_secs(1) * u32::try_from(count)? / PACE_PER_SECOND)
                .await;
        }
    }
    audience.wait().await?;
    let latencies = audience.shared.latencies.take();
    ensure!(
        latencies.len() == count * subscribers,
        "{} of {} frames",
        latencies.len(),
        count * subscribers
    );
    Ok(Slice::of(latencies, started.elapsed()))
}

/// Deliveries a second when `messages` are published as fast as the server takes them, until the last one has
/// arrived everywhere.
pub async fn saturated(target: &Target, subscribers: usize, messages: usize) -> Result<Saturated> {
    let mut audience = Audience::gather(target, subscribers).await?;
    audience.shared.expected.set(messages * subscribers);
    let left = Rc::new(Cell::new(messages));
    let mut publishers = Vec::new();
    for number in 0..PUBLISHERS {
        let client = Client::connect(&target.address).await?;
        publishers.push((client, number));
    }
    let started = Instant::now();
    let publishing: Vec<_> = publishers
        .into_iter()
        .map(|(client, number)| {
            spawn_local(publish(
                client,
                target.messages_path(),
                number,
                Rc::clone(&left),
            ))
        })
        .collect();
    for task in publishing {
        task.await??;
    }
    audience.wait().await?;
    let elapsed = started.elapsed();
    let deliveries = audience.shared.deliveries.get() as f64;
    Ok(Saturated {
        deliveries_per_second: deliveries / elapsed.as_secs_f64(),
        resumed: audience.shared.resumed.get(),
    })
}

async fn publish(mut client: Client, path: String, seed: u64, left: Rc<Cell<usize>>) -> Result<()> {
    let mut words = Words::seeded(seed);
    while let Some(rest) = left.get().checked_sub(1) {
        left.set(rest);
        client.post(&path, &message(&mut words)).await?;
    }
    Ok(())
}

/// Subscribers that all watch one room from its present end on. They leave when it is dropped.
struct Audience {
    shared: Rc<Shared>,
    tasks: Vec<JoinHandle<()>>,
    failures: mpsc::UnboundedReceiver<anyhow::Error>,
}

impl Audience {
    async fn gather(target: &Target, subscribers: usize) -> Result<Self> {
        let shared = Rc::new(Shared {
            target: target.clone(),
            base: target.head().await?,
            sent: RefCell::default(),
            latencies: RefCell::default(),
            deliveries: Cell::default(),
            expected: Cell::default(),
            all_delivered: Notify::new(),
            resumed: Cell::default(),
        });
        let (failed, failures) = mpsc::unbounded_channel();
        let mut tasks = Vec::with_capacity(subscribers);
        for _ in 0..subscribers {
            let subscription = Subscription::open(
                &target.address,
                &target.stream_path(&shared.base.to_string()),
                None,
            )
            .await?;
            let (shared, failed) = (Rc::clone(&shared), failed.clone());
            tasks.push(spawn_local(async move {
                if let Err(error) = watch(subscription, &shared).await {
                    // The audience outlives its members; when it has gone nobody asks any more.
                    failed.send(error).ok();
                }
            }));
        }
        Ok(Self {
            shared,
            tasks,
            failures,
        })
    }

    /// Until everything published so far has arrived everywhere.
    async fn wait(&mut self) -> Result<()> {
        while self.shared.deliveries.get() < self.shared.expected.get() {
            tokio::select! {
                () = self.shared.all_delivered.notified() => {}
                Some(error) = self.failures.recv() => return Err(error),
            }
        }
        Ok(())
    }
}

impl Drop for Audience {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

/// Reads one subscription for ever, resuming where it was when the server or the connection ends it.
async fn watch(mut subscription: Subscription, shared: &Shared) -> Result<()> {
    let mut last = shared.base;
    loop {
        let mut gap = None;
        let mut resume = false;
        let open = subscription
            .read(|frame| {
                resume |= frame.event == RESUME;
                let Some(id) = frame.id.filter(|_| frame.event != RESUME) else {
                    return;
                };
                if id != last + 1 {
                    gap = gap.or(Some((last, id)));
                }
                last = id;
                arrived(shared, id);
            })
            .await?;
        if let Some((before, after)) = gap {
            anyhow::bail!("after frame {before} came {after}: the stream has a gap or a duplicate");
        }
        if resume || !open {
            shared.resumed.set(shared.resumed.get() + 1);
            subscription = Subscription::open(
                &shared.target.address,
                &shared.target.stream_path(&last.to_string()),
                Some(last),
            )
            .await?;
        }
    }
}

fn arrived(shared: &Shared, id: u64) {
    if let Some(sent) = shared.sent.borrow().get((id - shared.base - 1) as usize) {
        shared.latencies.borrow_mut().push(nanos(sent.elapsed()));
    }
    shared.deliveries.set(shared.deliveries.get() + 1);
    if shared.deliveries.get() >= shared.expected.get() {
        shared.all_delivered.notify_one();
    }
}
