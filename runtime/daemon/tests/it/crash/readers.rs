//! Killed while hundreds listen: every reader comes back to where it was, and has heard each acknowledged message
//! once, in the one order of its topic.
//!
//! A publisher repeats what was not acknowledged with the same key, so in the end every message is acknowledged, and is
//! in the log once.

use crate::board::watch::Watch;
use crate::claw::client::Socket;
use crate::support::{Api, Http, OWNER_TOKEN, assert_sound, within};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

const READERS: usize = 200;
const TOPICS: [&str; 4] = [
    "public.alpha",
    "public.beta",
    "public.gamma",
    "public.delta",
];
/// Topics that one socket listens to.
const TOPICS_OF_A_SOCKET: usize = 2;
const PUBLISHERS: u64 = 6;
const KILLS: u64 = 3;
/// Messages that are acknowledged while all listen, before the kill.
const ACKNOWLEDGED: usize = 60;
/// The number of a message is its publisher's times this, plus its count.
const MESSAGES_MAX: u64 = 1_000_000;
/// The last message of each topic.
const LAST: u64 = u64::MAX >> 12;

/// What a reader has heard of one topic, and where it goes on.
#[derive(Clone, Debug, Default)]
struct Place {
    numbers: Vec<u64>,
    offset: u64,
    epoch: String,
    /// `Last-Event-ID`
    event_id: Option<String>,
}

type Places = BTreeMap<&'static str, Place>;

/// The api as readers and publishers see it: the number of its life, 0 when it is over, and its address.
#[derive(Clone, Debug)]
struct Life {
    number: u64,
    address: String,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sockets_miss_and_repeat_nothing_across_kills() {
    killed_under(|number, lives, here| {
        let topics = (0..TOPICS_OF_A_SOCKET).map(|more| TOPICS[(number + more) % TOPICS.len()]);
        listen(topics.collect(), lives, here)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn event_streams_miss_and_repeat_nothing_across_kills() {
    killed_under(|number, lives, here| watch_channel(TOPICS[number % TOPICS.len()], lives, here))
        .await;
}

/// Runs readers and publishers over several kills, and compares what they tell.
async fn killed_under<F>(
    reader: impl Fn(usize, watch::Receiver<Life>, mpsc::UnboundedSender<u64>) -> F,
) where
    F: Future<Output = Places> + Send + 'static,
{
    let mut api = Api::start();
    let life = |number: u64, api: &Api| Life {
        number,
        address: api.address().to_owned(),
    };
    let (live, lives) = watch::channel(life(1, &api));
    let (acknowledged, mut acknowledgements) = watch::channel(0);
    let (here, mut arrivals) = mpsc::unbounded_channel();
    let mut readers = JoinSet::new();
    for number in 0..READERS {
        readers.spawn(reader(number, lives.clone(), here.clone()));
    }
    drop(here);
    let mut publishers = JoinSet::new();
    let over = Arc::new(AtomicUsize::new(0));
    for number in 1..=PUBLISHERS {
        let publisher = Publisher {
            number,
            lives: lives.clone(),
            acknowledged: acknowledged.clone(),
            over: over.clone(),
        };
        publishers.spawn(publisher.publish());
    }
    for kill in 1..=KILLS {
        all_here(&mut arrivals, kill, &mut readers).await;
        let enough = *acknowledgements.borrow() + ACKNOWLEDGED;
        within(
            "acknowledgements",
            acknowledgements.wait_for(|count| *count >= enough),
        )
        .await
        .unwrap();
        let listen = api.address().to_owned();
        live.send_modify(|life| life.number = 0);
        api = Api::start_again_at(api.kill(), listen);
        // Said before anybody is back: everybody has something to catch up with.
        for topic in TOPICS {
            say(&api.local(), topic, kill, 0).await.expect("an answer");
        }
        live.send_replace(life(kill + 1, &api));
    }
    all_here(&mut arrivals, KILLS + 1, &mut readers).await;
    over.store(1, Ordering::Relaxed);
    let mut sent: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    while let Some(published) = publishers.join_next().await {
        for (topic, number) in published.unwrap() {
            sent.entry(topic).or_default().push(number);
        }
    }
    for topic in TOPICS {
        sent.entry(topic).or_default().extend(1..=KILLS);
        sent.entry(topic).or_default().push(LAST);
        say(&api.local(), topic, LAST, 0).await.expect("an answer");
    }
    let mut orders: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    while let Some(heard) = within("the last message", readers.join_next()).await {
        for (topic, place) in heard.unwrap() {
            let order = orders.entry(topic).or_insert_with(|| place.numbers.clone());
            assert_eq!(*order, place.numbers, "{topic}: one order for everybody");
        }
    }
    for (topic, mut numbers) in sent {
        let order = &orders[topic];
        for publisher in 1..=PUBLISHERS {
            let its = order
                .iter()
                .filter(|number| *number / MESSAGES_MAX == publisher);
            assert!(its.is_sorted(), "{topic}: as publisher {publisher} said it");
        }
        let mut heard = order.clone();
        heard.sort_unstable();
        numbers.sort_unstable();
        assert_eq!(heard, numbers, "{topic}: each acknowledged message once");
    }
    assert_sound(&api.stop().await.data_dir);
}

/// Waits until every reader says that it listens to this life of the api.
async fn all_here(
    arrivals: &mut mpsc::UnboundedReceiver<u64>,
    life: u64,
    readers: &mut JoinSet<Places>,
) {
    for _ in 0..READERS {
        let arrived = tokio::select! {
            arrived = within("a reader listens", arrivals.recv()) => arrived.expect("readers go on"),
            // None ends before the last message: this one has failed.
            ended = readers.join_next() => panic!("a reader has ended: {:?}", ended.unwrap().unwrap()),
        };
        assert_eq!(arrived, life, "readers come back once");
    }
}

struct Publisher {
    number: u64,
    lives: watch::Receiver<Life>,
    acknowledged: watch::Sender<usize>,
    over: Arc<AtomicUsize>,
}

impl Publisher {
    /// Says one thing after the other, on all topics in turn, each until it is acknowledged. What it has said.
    async fn publish(mut self) -> Vec<(&'static str, u64)> {
        let mut said = Vec::new();
        for count in 0..MESSAGES_MAX {
            if self.over.load(Ordering::Relaxed) > 0 {
                return said;
            }
            let topic = TOPICS[(self.number + count) as usize % TOPICS.len()];
            let number = self.number * MESSAGES_MAX + count;
            loop {
                let life = next_life(&mut self.lives, 0).await;
                let http = Http::new(&format!("http://{}", life.address));
                if say(&http, topic, number, self.number).await.is_some() {
                    break;
                }
                next_life(&mut self.lives, life.number).await;
            }
            said.push((topic, number));
            self.acknowledged.send_modify(|count| *count += 1);
        }
        panic!("numbers have run out");
    }
}

/// Publishes a number; `None` when the api is gone before it answers.
async fn say(http: &Http, topic: &str, number: u64, publisher: u64) -> Option<()> {
    let http = http.clone().bearer(OWNER_TOKEN);
    let http = http.header("idempotency-key", &format!("{publisher}-{number}"));
    let message = json!({"from": format!("agent.p{publisher}"), "type": "x", "body": number});
    let reply = http.try_post(&format!("/ch/{topic}"), message).await?;
    reply.expect(201);
    Some(())
}

/// The api after that of this number, once it lives.
async fn next_life(lives: &mut watch::Receiver<Life>, number: u64) -> Life {
    let life = lives.wait_for(|life| life.number > number);
    within("the api lives again", life).await.unwrap().clone()
}

/// A client of the Centrifugo protocol, until it has heard the last of each topic.
async fn listen(
    topics: Vec<&'static str>,
    mut lives: watch::Receiver<Life>,
    here: mpsc::UnboundedSender<u64>,
) -> Places {
    let places = topics.iter().map(|topic| (*topic, Place::default()));
    let mut places: Places = places.collect();
    let mut life = 0;
    loop {
        let next = next_life(&mut lives, life).await;
        life = next.number;
        let mut socket = Socket::open_at(&next.address).await;
        socket.ask("connect", json!({})).await;
        for (topic, place) in &mut places {
            take_up(&mut socket, topic, place).await;
        }
        here.send(life).ok();
        while !places.values().all(is_over) {
            let Ok(push) = socket.next_until_broken_off().await else {
                break;
            };
            let topic = push["channel"].as_str().expect("of a channel");
            hear(places.get_mut(topic).expect("asked for"), &push["pub"]);
        }
        if places.values().all(is_over) {
            return places;
        }
    }
}

/// Subscribes, and takes what was missed since.
async fn take_up(socket: &mut Socket, topic: &str, place: &mut Place) {
    let is_new = place.epoch.is_empty();
    let asked = if is_new {
        // Everything from the beginning: also what was said before it came.
        json!({"channel": topic, "flag": 1, "recover": true, "offset": 0})
    } else {
        json!({"channel": topic, "flag": 1, "recover": true, "offset": place.offset, "epoch": place.epoch})
    };
    let reply = socket.ask("subscribe", asked).await["subscribe"].clone();
    assert_eq!(reply["recovered"], true, "{topic} {place:?}: {reply}");
    let epoch = reply["epoch"].as_str().expect("an epoch");
    assert!(is_new || place.epoch == epoch, "the log stays the same");
    place.epoch = epoch.to_owned();
    let missed = reply["publications"].as_array().expect("what was missed");
    assert!(is_new || !missed.is_empty(), "something was missed");
    missed
        .iter()
        .for_each(|publication| hear(place, publication));
}

/// Takes a publication: the next of its topic.
fn hear(place: &mut Place, publication: &Value) {
    let offset = publication["offset"].as_u64().expect("an offset");
    assert_eq!(offset, place.offset + 1, "none missed, none twice");
    place.offset = offset;
    let number = publication["data"]["payload"].as_u64();
    place.numbers.push(number.expect("a number"));
}

fn is_over(place: &Place) -> bool {
    place.numbers.last() == Some(&LAST)
}

/// A reader of Server-Sent Events, until it has read the last of its channel.
async fn watch_channel(
    topic: &'static str,
    mut lives: watch::Receiver<Life>,
    here: mpsc::UnboundedSender<u64>,
) -> Places {
    let mut place = Place::default();
    let mut life = 0;
    loop {
        let next = next_life(&mut lives, life).await;
        life = next.number;
        let http = Http::new(&format!("http://{}", next.address));
        let last = place.event_id.as_deref().unwrap_or("0");
        let mut stream = Watch::open(&http, &format!("/ch/{topic}"), Some(last)).await;
        here.send(life).ok();
        while let Some(message) = stream.next_until_broken_off().await {
            place.event_id = message["id"].as_str().map(str::to_owned);
            let number = message["body"].as_u64();
            place.numbers.push(number.expect("a number"));
            if is_over(&place) {
                return BTreeMap::from([(topic, place)]);
            }
        }
    }
}
