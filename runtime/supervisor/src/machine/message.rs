//! What goes into the machine and what comes out.

use std::time::Duration;

use jiff::Timestamp;

use super::failure::Failure;
use super::part::ChildId;
use crate::status::{Component, RunnerMode, RuntimeAction, RuntimeStatus};

/// A moment on both clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// Since the supervisor started, on a clock that never goes back. Deadlines use this one.
    pub monotonic: Duration,
    /// What a wall clock shows. Statuses use this one.
    pub wall: Timestamp,
}

/// What can happen. Anything about a child that is not the current one is ignored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// The moment asked for with [`Effect::WakeAt`] has come.
    Tick,
    /// The child is a process now.
    Spawned {
        component: Component,
        child: ChildId,
        pid: u32,
    },
    /// The child never became a process.
    SpawnFailed {
        component: Component,
        child: ChildId,
        failure: Failure,
    },
    /// The child printed its ready line.
    Ready {
        component: Component,
        child: ChildId,
        url: Option<String>,
        version: Option<String>,
    },
    /// The child printed that it cannot start; it is about to end.
    StartFailed {
        component: Component,
        child: ChildId,
        failure: Failure,
    },
    /// The child is gone.
    Exited {
        component: Component,
        child: ChildId,
        code: Option<i32>,
        signal: Option<i32>,
        /// The end of what it wrote to stderr.
        last_words: Option<String>,
    },
    /// The answer to [`Effect::Probe`].
    Probed {
        component: Component,
        child: ChildId,
        answer: ProbeAnswer,
    },
    /// A person asks for something.
    Act(RuntimeAction),
    /// End everything for good.
    Shutdown,
}

/// What a probe brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProbeAnswer {
    /// It can do its work.
    Ready,
    /// It answers that it cannot do its work.
    NotReady {
        code: String,
        message: String,
        hint: Option<String>,
    },
    /// No answer in time.
    Missed,
}

/// What is to be done, in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Start the child. Answer with `Spawned` or `SpawnFailed`.
    Spawn {
        component: Component,
        child: ChildId,
    },
    /// End the child: gently, and by force after `grace`. Answer with `Exited`, also when the child
    /// never came to be.
    Kill {
        component: Component,
        child: ChildId,
        grace: Duration,
    },
    /// Ask the child whether it can do its work. Answer with `Probed`.
    Probe {
        component: Component,
        child: ChildId,
    },
    /// Send `Tick` at this moment of the monotonic clock. Replaces an earlier wish.
    WakeAt(Duration),
    /// Remember the mode a person chose.
    RememberMode(RunnerMode),
    /// The status changed.
    Publish(Box<RuntimeStatus>),
}
