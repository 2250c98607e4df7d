//! The part of the reference that the event bus is about.

use kernel::Event;
use kernel::broker::{ClaimStatus, IssuedTopicKey, Principal, TopicApp, TopicClaim, TopicKey};
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
    pub apps: BTreeMap<String, TopicApp>,
    pub public_keys: BTreeSet<(Principal, String)>,
    pub claims: BTreeMap<String, TopicClaim>,
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
        } else {
            self.fold_identity(event);
        }
    }

    fn fold_identity(&mut self, event: &Event) {
        if let Event::TopicAppCreated(data) = event {
            let app = TopicApp {
                name: data.app.clone(),
                owner: data.owner.clone(),
                deleted: false,
            };
            let before = self.apps.insert(data.app.clone(), app);
            assert!(before.is_none_or(|before| before.deleted), "made twice");
        } else if let Event::TopicAppDeleted(data) = event {
            let app = self.apps.get_mut(&data.app).unwrap();
            assert!(!app.deleted, "deleted twice");
            app.deleted = true;
        } else if let Event::TopicPublicKeyAdded(data) = event {
            let name = (data.principal.clone(), data.key_name.clone());
            self.public_keys.insert(name);
        } else if let Event::TopicPublicKeyRemoved(data) = event {
            let name = (data.principal.clone(), data.key_name.clone());
            assert!(self.public_keys.remove(&name), "was not there");
        } else if let Event::TopicClaimRequested(data) = event {
            let claim = TopicClaim {
                claim_id: data.claim_id.clone(),
                principal: data.principal.clone(),
                status: ClaimStatus::Pending,
                expires_at: data.expires_at,
            };
            let before = self.claims.insert(data.claim_id.clone(), claim);
            assert_eq!(before, None, "claimed twice");
        } else if let Event::TopicClaimConfirmed(data) = event {
            self.moved(&data.claim_id, ClaimStatus::Pending, ClaimStatus::Confirmed);
            self.claims.get_mut(&data.claim_id).unwrap().expires_at = data.expires_at;
        } else if let Event::TopicClaimRefused(data) = event {
            self.moved(&data.claim_id, ClaimStatus::Pending, ClaimStatus::Refused);
        } else if let Event::TopicClaimUsed(data) = event {
            self.moved(&data.claim_id, ClaimStatus::Confirmed, ClaimStatus::Used);
        }
    }

    fn moved(&mut self, claim_id: &str, from: ClaimStatus, to: ClaimStatus) {
        let claim = self.claims.get_mut(claim_id).unwrap();
        assert_eq!(claim.status, from, "{claim_id}");
        claim.status = to;
    }

    pub fn issued(&mut self, issued: IssuedTopicKey) {
        self.names.insert(issued.key.principal.to_string());
        let before = self.keys.insert(issued.key.key_id.clone(), issued.key);
        assert_eq!(before, None, "issued twice");
    }
}
