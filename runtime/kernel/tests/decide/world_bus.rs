//! The part of the reference that the event bus is about.

use kernel::Event;
use kernel::broker::{IssuedTopicKey, Principal, TopicKey};
use std::collections::{BTreeMap, BTreeSet};

/// Locks, grants, and keys that are not revoked.
#[derive(Default)]
pub struct Bus {
    pub locked: BTreeSet<String>,
    pub granted: BTreeSet<(String, Principal)>,
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
        }
    }

    pub fn issued(&mut self, issued: IssuedTopicKey) {
        self.names.insert(issued.key.principal.to_string());
        let before = self.keys.insert(issued.key.key_id.clone(), issued.key);
        assert_eq!(before, None, "issued twice");
    }
}
