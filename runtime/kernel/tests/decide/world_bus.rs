//! The part of the reference that the event bus is about.

use kernel::Event;
use kernel::broker::{IssuedTopicKey, Principal, TopicKey};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Locks, grants, and keys that are not revoked.
#[derive(Default)]
pub struct Bus {
    pub locked: BTreeSet<String>,
    pub granted: BTreeSet<(String, Principal)>,
    /// Advertised topics, with their schemas.
    pub advertised: BTreeMap<String, Option<Value>>,
    pub keys: BTreeMap<String, TopicKey>,
    pub names: BTreeSet<String>,
}

impl Bus {
    pub fn fold(&mut self, event: &Event) {
        if let Event::TopicLocked(data) = event {
            assert!(self.locked.insert(data.channel.clone()), "locked twice");
        } else if let Event::TopicUnlocked(data) = event {
            assert!(self.locked.remove(&data.channel), "was not locked");
        } else if let Event::TopicGranted(data) = event {
            let grant = (data.channel.clone(), data.principal.clone());
            assert!(self.granted.insert(grant), "granted twice");
        } else if let Event::TopicRevoked(data) = event {
            let grant = (data.channel.clone(), data.principal.clone());
            assert!(self.granted.remove(&grant), "was not granted");
        } else if let Event::TopicAdvertised(data) = event {
            let schema = data.schema.clone();
            self.advertised.insert(data.channel.clone(), schema);
        } else if let Event::TopicWithdrawn(data) = event {
            assert!(self.advertised.remove(&data.channel).is_some());
        }
    }

    pub fn issued(&mut self, issued: IssuedTopicKey) {
        self.names.insert(issued.key.principal.to_string());
        let before = self.keys.insert(issued.key.key_id.clone(), issued.key);
        assert_eq!(before, None, "issued twice");
    }
}
