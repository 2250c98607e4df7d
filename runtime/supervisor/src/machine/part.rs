//! One component: where it is in its life, and what is remembered about it.

use std::time::Duration;

use jiff::Timestamp;

use super::Now;
use super::failure::Failure;

/// Tells the children of one component apart; counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChildId(pub u64);

/// Where a component is in its life.
#[derive(Debug)]
pub(super) enum Life {
    /// No child, and none will come by itself.
    Resting(Rest),
    /// No child; one is started at `until`, as soon as the gate is open.
    Waiting {
        until: Duration,
        until_wall: Timestamp,
    },
    /// Exactly one child.
    Alive {
        child: ChildId,
        pid: Option<u32>,
        stage: Stage,
    },
}

/// Why nothing runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rest {
    /// Not part of the mode.
    Disabled,
    /// Ended on purpose.
    Stopped,
    /// Cannot start.
    Fatal,
    /// Ended too often.
    CrashLooping,
}

/// How far a child has come.
#[derive(Debug)]
pub(super) enum Stage {
    /// Spawned, or about to be; not ready yet.
    Starting { deadline: Duration },
    /// Printed its ready line.
    Running(Running),
    /// Asked to end; `next` follows when it is gone.
    Ending { next: Next },
}

impl Stage {
    /// If the child is about to end, another one follows at once.
    pub(super) fn start_after_end(&mut self) {
        if let Stage::Ending { next } = self {
            *next = Next::START;
        }
    }
}

/// What follows the end of a child.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    Rest(Rest),
    /// Another child; the wait begins when this one is gone.
    StartAfter(Duration),
}

impl Next {
    pub(super) const START: Next = Next::StartAfter(Duration::ZERO);

    pub(super) fn into_life(self, now: Now) -> Life {
        match self {
            Next::Rest(rest) => Life::Resting(rest),
            Next::StartAfter(delay) => Life::waiting(now, delay),
        }
    }
}

impl Life {
    pub(super) fn waiting(now: Now, delay: Duration) -> Life {
        let until_wall = now.wall.checked_add(delay).unwrap_or(now.wall);
        Life::Waiting {
            until: now.monotonic + delay,
            until_wall,
        }
    }
}

/// What probes have shown about a running child.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Health {
    /// No answer yet.
    Unproven,
    Healthy {
        since: Duration,
    },
    Degraded,
}

/// A child that printed its ready line.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) health: Health,
    missed: u32,
    /// When to ask next; `None` while an answer is awaited.
    probe_at: Option<Duration>,
}

impl Running {
    /// The ready line came; the first probe is under way.
    pub(super) fn new() -> Self {
        Running {
            health: Health::Unproven,
            missed: 0,
            probe_at: None,
        }
    }

    pub(super) fn schedule(&mut self, at: Duration) {
        self.probe_at = Some(at);
    }

    /// It can do its work. Returns for how long it has been able to without a break.
    pub(super) fn prove(&mut self, now: Duration) -> Duration {
        self.missed = 0;
        match self.health {
            Health::Healthy { since } => now.saturating_sub(since),
            Health::Unproven | Health::Degraded => {
                self.health = Health::Healthy { since: now };
                Duration::ZERO
            }
        }
    }

    /// It answers, but cannot do its work.
    pub(super) fn degrade(&mut self) {
        self.missed = 0;
        self.health = Health::Degraded;
    }

    /// It does not answer. Returns how often in a row.
    pub(super) fn miss(&mut self) -> u32 {
        self.missed += 1;
        self.missed
    }

    /// It has not answered for a while.
    pub(super) fn slow(&mut self) {
        self.health = Health::Degraded;
    }

    pub(super) fn forgive(&mut self) {
        self.missed = 0;
    }
}

/// One component.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) life: Life,
    children: u64,
    /// Failures in a row.
    pub(super) attempts: u32,
    /// Not yet healthy since it was last started from rest.
    pub(super) fresh: bool,
    /// Whether what it depends on lets it start.
    pub(super) gate_open: bool,
    pub(super) error: Option<Failure>,
    pub(super) version: Option<String>,
    pub(super) started_at: Option<Timestamp>,
    pub(super) exit_at: Option<Timestamp>,
    pub(super) exit_code: Option<i32>,
    pub(super) exit_signal: Option<i32>,
}

impl Part {
    pub(super) fn new(life: Life) -> Self {
        Part {
            life,
            children: 0,
            attempts: 0,
            fresh: true,
            gate_open: false,
            error: None,
            version: None,
            started_at: None,
            exit_at: None,
            exit_code: None,
            exit_signal: None,
        }
    }

    /// Whether a child exists or is about to.
    pub(super) fn is_alive(&self) -> bool {
        matches!(self.life, Life::Alive { .. })
    }

    /// The stage of `child`, if that is the current child.
    pub(super) fn stage(&mut self, child: ChildId) -> Option<&mut Stage> {
        match &mut self.life {
            Life::Alive {
                child: current,
                stage,
                ..
            } if *current == child => Some(stage),
            Life::Alive { .. } | Life::Waiting { .. } | Life::Resting(_) => None,
        }
    }

    /// What follows the end of the child, if it was asked to end.
    pub(super) fn ending(&self) -> Option<Next> {
        match self.life {
            Life::Alive {
                stage: Stage::Ending { next },
                ..
            } => Some(next),
            Life::Alive { .. } | Life::Waiting { .. } | Life::Resting(_) => None,
        }
    }

    /// Why nothing runs, or will run once the child is gone.
    pub(super) fn rest(&self) -> Option<Rest> {
        match (&self.life, self.ending()) {
            (_, Some(Next::Rest(rest))) => Some(rest),
            (Life::Resting(rest), _) => Some(*rest),
            (Life::Waiting { .. } | Life::Alive { .. }, _) => None,
        }
    }

    pub(super) fn pid(&self) -> Option<u32> {
        match self.life {
            Life::Alive { pid, .. } => pid,
            Life::Waiting { .. } | Life::Resting(_) => None,
        }
    }

    pub(super) fn start_is_due(&self, now: Duration) -> bool {
        matches!(self.life, Life::Waiting { until, .. } if self.gate_open && until <= now)
    }

    /// Becomes a new child.
    pub(super) fn start(&mut self, deadline: Duration) -> ChildId {
        self.children += 1;
        let child = ChildId(self.children);
        self.life = Life::Alive {
            child,
            pid: None,
            stage: Stage::Starting { deadline },
        };
        child
    }

    pub(super) fn spawned(&mut self, spawned: ChildId, process: u32, now: Now) {
        if let Life::Alive { child, pid, .. } = &mut self.life
            && *child == spawned
        {
            *pid = Some(process);
            self.started_at = Some(now.wall);
        }
    }

    /// The child whose probe is due, if any; the probe counts as under way from now on.
    pub(super) fn probe_is_due(&mut self, now: Duration) -> Option<ChildId> {
        if let Life::Alive {
            child,
            stage: Stage::Running(running),
            ..
        } = &mut self.life
            && running.probe_at.is_some_and(|at| at <= now)
        {
            running.probe_at = None;
            return Some(*child);
        }
        None
    }

    pub(super) fn note_exit(&mut self, now: Now, code: Option<i32>, signal: Option<i32>) {
        self.exit_at = Some(now.wall);
        self.exit_code = code;
        self.exit_signal = signal;
    }

    /// The machine slept: deadlines start anew.
    pub(super) fn forgive(&mut self, start_deadline: Duration) {
        if let Life::Alive { stage, .. } = &mut self.life {
            match stage {
                Stage::Starting { deadline } => *deadline = start_deadline,
                Stage::Running(running) => running.forgive(),
                Stage::Ending { .. } => {}
            }
        }
    }

    /// When something is to be done about it next, by time alone.
    pub(super) fn due(&self) -> Option<Duration> {
        match &self.life {
            // A closed gate opens by an event, not by time.
            Life::Waiting { until, .. } => self.gate_open.then_some(*until),
            Life::Alive {
                stage: Stage::Starting { deadline },
                ..
            } => Some(*deadline),
            Life::Alive {
                stage: Stage::Running(running),
                ..
            } => running.probe_at,
            Life::Alive {
                stage: Stage::Ending { .. },
                ..
            }
            | Life::Resting(_) => None,
        }
    }
}
