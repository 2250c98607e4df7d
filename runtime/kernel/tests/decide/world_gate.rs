//! The part of the reference that approvals are about.

use crate::world::World;
use kernel::event::{
    ApprovalConsumed, ApprovalDecided, ApprovalExpired, ApprovalJoined, ApprovalRequested,
    ResourceLabelled,
};
use kernel::gate::approval::{Approval, Status, Verdict};
use kernel::gate::label::{ResourceLabel, ResourceName};
use kernel::gate::policy::Posture;
use kernel::gate::question::Binding;
use kernel::{Draft, Scope};

impl World {
    pub fn requested(&mut self, id: &str, draft: &Draft, data: &ApprovalRequested) {
        let approval = Approval {
            approval_id: data.approval_id.clone(),
            binding: Binding {
                action: data.action.clone(),
                target: data.target.clone(),
                payload_digest: data.payload_digest.clone(),
            },
            place: draft.scope.clone(),
            reach: data.scope.clone(),
            requester: draft.actor.clone(),
            status: Status::Pending,
            expires_at: data.expires_at,
            correlation_id: draft.correlation_id.clone().unwrap_or(id.to_owned()),
            last_event_id: id.to_owned(),
        };
        let waiters = vec![draft.actor.clone()];
        self.waiters.insert(data.approval_id.clone(), waiters);
        let before = self.approvals.insert(data.approval_id.clone(), approval);
        assert_eq!(before, None, "requested twice");
    }

    pub fn joined(&mut self, id: &str, draft: &Draft, data: &ApprovalJoined) {
        let waiters = self.waiters.get_mut(&data.approval_id).unwrap();
        assert!(!waiters.contains(&draft.actor), "joined twice: {waiters:?}");
        waiters.push(draft.actor.clone());
        self.approval_mut(&data.approval_id, id);
    }

    pub fn decided(&mut self, id: &str, data: &ApprovalDecided) {
        let approval = self.approval_mut(&data.approval_id, id);
        assert!(approval.status.is_waiting(), "decided twice: {approval:?}");
        approval.status = match data.decision {
            Verdict::Approve => Status::Approved,
            Verdict::Deny => Status::Denied,
            Verdict::Hold => Status::Held,
        };
        approval.reach = data.scope.clone();
        approval.expires_at = data.expires_at;
    }

    pub fn consumed(&mut self, id: &str, data: &ApprovalConsumed) {
        let approval = self.approval_mut(&data.approval_id, id);
        assert_eq!(approval.status, Status::Approved, "{approval:?}");
        approval.status = Status::Consumed {
            run_id: data.run_id.clone(),
        };
    }

    pub fn expired(&mut self, id: &str, data: &ApprovalExpired) {
        let approval = self.approval_mut(&data.approval_id, id);
        assert_eq!(approval.status.as_str(), data.was, "{approval:?}");
        approval.status = Status::Expired;
    }

    fn approval_mut(&mut self, approval_id: &str, event_id: &str) -> &mut Approval {
        let approval = self.approvals.get_mut(approval_id).unwrap();
        approval.last_event_id = event_id.to_owned();
        approval
    }

    pub fn labelled(&mut self, scope: &Scope, data: &ResourceLabelled) {
        let resource = ResourceName {
            resource_type: data.resource_type.clone(),
            resource_id: data.resource_id.clone(),
        };
        let label = ResourceLabel {
            label: data.label,
            room_id: data.room_id.clone(),
            purpose_tags: data.purpose_tags.clone(),
        };
        let before = self
            .labels
            .insert((scope.workspace_id.clone(), resource), label.clone());
        assert_ne!(before, Some(label), "labelled twice");
    }

    pub fn posture_mut(&mut self, scope: &Scope) -> &mut Posture {
        let workspace_id = scope.workspace_id.clone();
        self.postures.entry(workspace_id).or_default()
    }
}
