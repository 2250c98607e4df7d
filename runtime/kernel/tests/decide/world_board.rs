//! The part of the reference that the board is about. What may follow on what is asserted of every event.

use crate::world::World;
use kernel::board::{Presence, Task, TaskLease, TaskState, TaskStatus};
use kernel::event::TaskCreated;
use kernel::{Draft, Event};
use std::collections::BTreeMap;

/// Tasks, the leases on them, and who is there.
#[derive(Default)]
pub struct Board {
    pub tasks: BTreeMap<String, Task>,
    pub leases: BTreeMap<String, TaskLease>,
    pub present: BTreeMap<String, Presence>,
}

impl World {
    pub fn task_created(&mut self, id: &str, draft: &Draft, data: &TaskCreated) {
        let task = Task {
            task_id: data.task_id.clone(),
            place: draft.scope.clone(),
            title: data.title.clone(),
            state: TaskState::Open,
            attempt: 0,
            correlation_id: draft.correlation_id.clone().unwrap_or(id.to_owned()),
            last_event_id: id.to_owned(),
        };
        let before = self.board.tasks.insert(data.task_id.clone(), task);
        assert_eq!(before, None, "created twice");
    }

    /// A later event of a task.
    pub fn task_changed(&mut self, id: &str, draft: &Draft) {
        let task_id = draft.event.data()["task_id"].as_str().unwrap().to_owned();
        let task = self.board.tasks.get_mut(&task_id).unwrap();
        assert_eq!(draft.scope, task.place, "a task stays on its channel");
        task.last_event_id = id.to_owned();
        let who = draft.actor.actor_id.clone();
        let status = task.state.status();
        if let Event::TaskClaimed(data) = &draft.event {
            assert_eq!(status, TaskStatus::Open, "claimed once");
            assert_eq!(data.attempt, task.attempt + 1, "claims are counted");
            task.attempt = data.attempt;
            task.state = TaskState::Claimed { by: who };
        } else if let Event::TaskDone(_) = &draft.event {
            assert_eq!(task.state, TaskState::Claimed { by: who.clone() });
            task.state = TaskState::Done { by: who };
        } else if let Event::TaskAbandoned(_) = &draft.event {
            assert_eq!(task.state, TaskState::Claimed { by: who });
            task.state = TaskState::Open;
        } else if let Event::TaskLeaseExpired(data) = &draft.event {
            let holder = data.holder.clone();
            assert_eq!(task.state, TaskState::Claimed { by: holder });
            task.state = TaskState::Open;
        }
    }
}
