//! Which topics are hidden from those without a token, for whoever reads the log as it grows.

use super::append::Published;
use super::event_json::Frame;
use kernel::broker::{Rules, Topic, may_read};
use serde::Deserialize;
use std::collections::HashSet;
use std::sync::{Arc, PoisonError, RwLock};
use tokio::sync::watch;

/// The rules in force and every lock, as of the last commit. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Veil(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    state: RwLock<State>,
    /// Counts the commits by which somebody's rights may have changed.
    changes: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct State {
    rules: Rules,
    locked: HashSet<String>,
}

/// What the types of events about topics begin with.
const OF_TOPICS: &str = "topic.";

impl Default for Veil {
    fn default() -> Self {
        Self(Arc::new(Inner {
            state: RwLock::default(),
            changes: watch::Sender::new(0),
        }))
    }
}

impl Veil {
    /// Puts these rules in force.
    pub fn rule_by(&self, rules: Rules) {
        let mut state = self.0.state.write().unwrap_or_else(PoisonError::into_inner);
        state.rules = rules;
    }

    /// Starts with these.
    pub fn begin(&self, rules: Rules, locked: Vec<String>) {
        let mut state = self.0.state.write().unwrap_or_else(PoisonError::into_inner);
        state.rules = rules;
        state.locked = locked.into_iter().collect();
    }

    pub fn rules(&self) -> Rules {
        self.0
            .state
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .rules
    }

    /// Whether the channel of this name is a topic that nobody reads without a token.
    pub fn hides(&self, channel: &str) -> bool {
        let Ok(topic) = Topic::parse(channel) else {
            return false;
        };
        let state = self.0.state.read().unwrap_or_else(PoisonError::into_inner);
        !may_read(
            state.rules,
            &topic,
            None,
            state.locked.contains(channel),
            false,
        )
    }

    /// Whether the event of this frame is on such a topic.
    pub fn hides_frame(&self, frame: &Frame) -> bool {
        frame
            .channel
            .as_deref()
            .is_some_and(|(_, channel)| self.hides(channel))
    }

    /// Tells when rights may have changed: before what is committed next is told to anybody.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.0.changes.subscribe()
    }

    /// Takes in a commit. Called by the writer, in log order, before anybody else is told.
    pub fn follow(&self, published: &[Published]) {
        let mut about_topics = published
            .iter()
            .filter(|one| one.frame.event_type.starts_with(OF_TOPICS))
            .peekable();
        if about_topics.peek().is_none() {
            return;
        }
        for one in about_topics {
            self.take_in(&one.frame);
        }
        self.0.changes.send_modify(|count| *count += 1);
    }

    fn take_in(&self, frame: &Frame) {
        #[derive(Deserialize)]
        struct Logged {
            data: Data,
        }
        #[derive(Deserialize)]
        struct Data {
            channel: String,
        }
        let locks = match &*frame.event_type {
            "topic.locked" => true,
            "topic.unlocked" => false,
            _ => return,
        };
        let Ok(logged) = serde_json::from_slice::<Logged>(&frame.json) else {
            return;
        };
        let mut state = self.0.state.write().unwrap_or_else(PoisonError::into_inner);
        if locks {
            state.locked.insert(logged.data.channel);
        } else {
            state.locked.remove(&logged.data.channel);
        }
    }
}
