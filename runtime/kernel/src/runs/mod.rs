//! Runs: units of work. A run is queued, running under a lease or a reporter, and ends exactly once.

mod admission;
mod artifact;
mod command_line;
mod end;
mod lease;
mod run;
mod step;
mod tool_call;
mod waiting;

pub use admission::command_binding;
pub use artifact::{CreateArtifact, create_artifact};
pub use command_line::{CommandLine, command_line, names_command, repeatable};
pub use end::{CancelRun, EndRun, Outcome, cancel_run, end_run};
pub use lease::{
    ClaimRun, ExtendLease, ReleaseRun, WAITING_FOR_APPROVAL, claim_run, expire_leases,
    extend_lease, release_run,
};
pub use run::{CreateRun, StartRun, create_run, find_run, may_grow, start_run};
pub use step::{CreateStep, create_step};
pub use tool_call::{
    AddToolOutput, EndTool, InvokeTool, ToolOutcome, add_tool_output, end_tool, invoke_tool,
};
pub use waiting::{decide_approval, expire_approvals, revoke_approval};
