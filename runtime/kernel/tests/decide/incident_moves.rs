//! Moves that incidents are about. That one is closed once, and only when it is understood, the
//! reference asserts of every event.

use crate::properties::Play;
use crate::script::caller;
use kernel::incidents::{CloseIncident, LogLearning, OpenIncident, ReportStale, UpdateRca};
use kernel::{Answer, Caller, Command};
use proptest::prelude::*;
use proptest::sample::Index;

/// What becomes of incidents. Indexes choose among what there is by then.
#[derive(Clone, Debug)]
pub enum IncidentMove {
    Open { key: &'static str },
    Rca(Index),
    Learn(Index),
    Close(Index),
    Stale { millis: i64 },
}

pub fn incident_moves() -> impl Strategy<Value = IncidentMove> {
    let any = any::<Index>;
    prop_oneof![
        2 => prop::sample::select(vec!["k", "l"]).prop_map(|key| IncidentMove::Open { key }),
        2 => any().prop_map(IncidentMove::Rca),
        2 => any().prop_map(IncidentMove::Learn),
        2 => any().prop_map(IncidentMove::Close),
        1 => (0..40_000i64).prop_map(|millis| IncidentMove::Stale { millis }),
    ]
}

impl Play {
    pub fn incident(&mut self, turn: &IncidentMove, caller: &Caller, workspace_id: &str) {
        let incidents: Vec<String> = self.world.incidents.keys().cloned().collect();
        let nth = |index: &Index| (!incidents.is_empty()).then(|| index.get(&incidents).clone());
        let (owner, system) = (self::caller("owner").0, self::caller("system").0);
        let (who, command) = match turn {
            IncidentMove::Open { key } => return self.open(key, caller, workspace_id),
            IncidentMove::Stale { millis } => {
                let before = self.world.now.plus_millis(-millis);
                (&system, Some(Command::ReportStale(ReportStale { before })))
            }
            IncidentMove::Rca(index) => {
                let rca = nth(index).map(|incident_id| UpdateRca {
                    incident_id,
                    summary: Some("why".to_owned()),
                    ..Default::default()
                });
                (caller, rca.map(Command::UpdateRca))
            }
            IncidentMove::Learn(index) => {
                let learning_id = self.name("l");
                let learning = nth(index).map(|incident_id| LogLearning {
                    learning_id,
                    incident_id,
                    note: Some("what".to_owned()),
                    ..Default::default()
                });
                (caller, learning.map(Command::LogLearning))
            }
            IncidentMove::Close(index) => {
                let closing = nth(index).map(|incident_id| CloseIncident {
                    incident_id,
                    reason: None,
                });
                (&owner, closing.map(Command::CloseIncident))
            }
        };
        if let Some(command) = command {
            // What is closed, or not understood yet, is refused.
            self.submit_twice(who, workspace_id, command).ok();
        }
    }

    fn open(&mut self, key: &str, caller: &Caller, workspace_id: &str) {
        let incident_id = self.name("i");
        let first = self.world.opened_with_key(workspace_id, key);
        let command = Command::OpenIncident(OpenIncident {
            incident_id: incident_id.clone(),
            title: Some("title".to_owned()),
            room_id: Some(["r1", "r2"][self.world.log.len() % 2].to_owned()),
            idempotency_key: Some(key.to_owned()),
            ..Default::default()
        });
        let accepted = self.submit_twice(caller, workspace_id, command).unwrap();
        match first {
            Some(first) => assert_eq!(accepted.answer, Answer::Existing(first)),
            None => assert_eq!(accepted.answer, Answer::Created(incident_id)),
        }
    }
}
