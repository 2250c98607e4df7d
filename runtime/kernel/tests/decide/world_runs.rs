//! The part of the reference that runs are about.

use crate::world::World;
use kernel::state::{Run, RunStatus, ToolCall};

impl World {
    pub fn run_mut(&mut self, run_id: &str) -> &mut Run {
        self.runs.get_mut(run_id).unwrap()
    }

    pub fn call_mut(&mut self, tool_call_id: &str) -> &mut ToolCall {
        self.calls.get_mut(tool_call_id).unwrap()
    }

    pub fn turn(&mut self, run_id: &str, status: RunStatus) {
        let run = self.run_mut(run_id);
        assert!(!run.status.has_ended(), "{run_id} ended before");
        run.status = status;
        if status.has_ended() {
            run.waiting_approval_id = None;
        }
    }

    pub fn end_call(&mut self, tool_call_id: &str, event_id: &str) {
        let call = self.call_mut(tool_call_id);
        assert!(call.is_running, "{tool_call_id} ended before");
        call.is_running = false;
        call.last_event_id = event_id.to_owned();
    }
}
