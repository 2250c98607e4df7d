//! The part of the reference that incidents, and the keys that open them, are about.

use crate::world::{Entry, World};
use kernel::event::{IncidentClosed, IncidentOpened};
use kernel::incidents::{Incident, StaleKind, StaleWork, Status};
use kernel::{Draft, Event, StreamKey, Timestamp};

impl World {
    pub fn incident_opened(&mut self, id: &str, draft: &Draft, data: &IncidentOpened) {
        assert_eq!(data.run_id, draft.scope.run_id, "where it happened");
        let incident = Incident {
            incident_id: data.incident_id.clone(),
            place: draft.scope.clone(),
            status: Status::Open,
            has_rca: false,
            learnings: 0,
            correlation_id: draft.correlation_id.clone().unwrap_or(id.to_owned()),
            last_event_id: id.to_owned(),
        };
        let before = self.incidents.insert(data.incident_id.clone(), incident);
        assert_eq!(before, None, "opened twice");
    }

    pub fn incident_closed(&mut self, id: &str, data: &IncidentClosed) {
        let incident = self.incident_mut(&data.incident_id, id);
        assert!(incident.has_rca && incident.learnings > 0, "{incident:?}");
        incident.status = Status::Closed;
    }

    /// An incident that something happens to: only while it is open.
    pub fn incident_mut(&mut self, incident_id: &str, event_id: &str) -> &mut Incident {
        let incident = self.incidents.get_mut(incident_id).unwrap();
        assert_eq!(incident.status, Status::Open, "{incident:?}");
        incident.last_event_id = event_id.to_owned();
        incident
    }

    /// What has not moved since `before`, and of which no incident says so.
    pub fn unmoved(&self, before: Timestamp) -> impl Iterator<Item = StaleWork> {
        let approvals = self.approvals.values();
        let approvals = approvals.filter(|approval| approval.status.is_waiting());
        let approvals = approvals.map(|approval| StaleWork {
            kind: StaleKind::Approval,
            id: approval.approval_id.clone(),
            title: None,
            place: approval.place.clone(),
            correlation_id: approval.correlation_id.clone(),
            last_event_id: approval.last_event_id.clone(),
        });
        let runs = self.runs.values();
        let runs = runs.filter(|run| {
            !run.status.has_ended() && !run.observed && run.waiting_approval_id.is_none()
        });
        let runs = runs.map(|run| StaleWork {
            kind: StaleKind::Run,
            id: run.run_id.clone(),
            title: run.title.clone(),
            place: run.scope(),
            correlation_id: run.correlation_id.clone(),
            last_event_id: run.last_event_id.clone(),
        });
        approvals.chain(runs).filter(move |work| {
            let last = self.log.iter().find(|entry| entry.id == work.last_event_id);
            let last = last.unwrap();
            let told = matches!(&last.draft.event, Event::IncidentOpened(told) if told.entity_id.as_ref() == Some(&work.id))
                || self.log.iter().any(|entry| {
                    matches!(&entry.draft.causation, kernel::Causation::Event(id) if *id == work.last_event_id)
                        && matches!(entry.draft.event, Event::IncidentOpened(_))
                });
            last.at < before && !told
        })
    }

    /// The event of a stream that has this key.
    pub fn with_key(&self, stream: &StreamKey, key: &str) -> Option<&Entry> {
        self.log.iter().find(|entry| {
            entry.draft.scope.stream() == *stream
                && entry.draft.idempotency_key.as_deref() == Some(key)
        })
    }

    /// The first incident of a workspace that was opened with this key.
    pub fn opened_with_key(&self, workspace_id: &str, key: &str) -> Option<String> {
        self.log.iter().find_map(|entry| {
            let draft = &entry.draft;
            let same = draft.scope.workspace_id == workspace_id
                && draft.idempotency_key.as_deref() == Some(key);
            if same && let Event::IncidentOpened(data) = &draft.event {
                return Some(data.incident_id.clone());
            }
            None
        })
    }
}
