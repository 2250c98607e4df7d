//! The part of the reference that is about requests that Signalbox performs, read from the log.

use crate::world::World;
use kernel::Event;
use kernel::gate::egress::{Performance, Progress};
use kernel::gate::policy::Decision;
use std::collections::BTreeMap;

impl World {
    /// Every request that was allowed and is, or was, to be performed, by its id.
    #[allow(
        clippy::wildcard_enum_match_arm,
        reason = "the others say nothing about it"
    )]
    pub fn performances(&self) -> BTreeMap<String, Performance> {
        let mut wished = BTreeMap::new();
        let mut all: BTreeMap<String, Performance> = BTreeMap::new();
        for entry in &self.log {
            let mut turn = |id: &str, from: &[Progress], to| {
                let known = all.get_mut(id).expect("allowed before");
                assert!(from.contains(&known.progress), "{known:?} -> {to:?}");
                known.progress = to;
                known.last_event_id = entry.id.clone();
            };
            match &entry.draft.event {
                Event::EgressRequested(data) if data.perform == Some(true) => {
                    wished.insert(data.egress_request_id.clone(), entry);
                }
                Event::EgressAllowed(data) => {
                    assert_eq!(data.0.decision, Decision::Allow);
                    let Some(wish) = wished.get(&data.0.egress_request_id) else {
                        continue;
                    };
                    let known = Performance {
                        egress_request_id: data.0.egress_request_id.clone(),
                        place: wish.draft.scope.clone(),
                        target_domain: data.0.target_domain.clone(),
                        progress: Progress::Pending,
                        correlation_id: wish
                            .draft
                            .correlation_id
                            .clone()
                            .unwrap_or(wish.id.clone()),
                        last_event_id: entry.id.clone(),
                    };
                    all.insert(known.egress_request_id.clone(), known);
                }
                Event::EgressStarted(data) => {
                    turn(
                        &data.egress_request_id,
                        &[Progress::Pending],
                        Progress::InFlight,
                    );
                }
                Event::EgressPerformed(data) => {
                    turn(
                        &data.egress_request_id,
                        &[Progress::InFlight],
                        Progress::Performed,
                    );
                }
                Event::EgressFailed(data) => {
                    let open = [Progress::Pending, Progress::InFlight];
                    turn(&data.egress_request_id, &open, Progress::Failed);
                }
                _ => {}
            }
        }
        all
    }
}
