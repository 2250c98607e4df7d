//! The supervisor's mind: what to do about each thing that happens, and nothing but that.
//!
//! Pure: no clock, no process, no network. Time is an argument, what is to be done comes back as
//! [`Effect`]s. The rules it keeps, whatever happens in whatever order:
//!
//! * a component never has two living children;
//! * a child that ends by itself is not started again before its backoff has passed;
//! * too many ends without a healthy spell stop the loop, until a person acts;
//! * the worker runs only in embedded mode and is only started while the api is healthy;
//! * a laptop that slept is not a child that hangs.

mod action;
mod failure;
mod message;
mod observation;
mod part;
mod policy;
mod view;

use std::time::Duration;

use jiff::Timestamp;

pub use self::failure::Failure;
pub use self::message::{Effect, Input, Now, ProbeAnswer};
pub use self::part::ChildId;
use self::part::{Life, Next, Part, Rest, Stage};
pub use self::policy::Policy;
use crate::status::{Component, ComponentState, Phase, RunnerMode, RuntimeStatus};

/// An error that happened last, for the status of the whole.
#[derive(Debug)]
struct LastError {
    component: Component,
    code: String,
    message: String,
    at: Timestamp,
}

/// The state of the runtime.
#[derive(Debug)]
pub struct Machine {
    policy: Policy,
    mode: RunnerMode,
    api: Part,
    worker: Part,
    url: Option<String>,
    /// Whether the whole was healthy since the last fresh start.
    was_healthy: bool,
    shutting_down: bool,
    restarts_total: u32,
    last_error: Option<LastError>,
    last_seen: Now,
    wake_at: Option<Duration>,
    /// Until then a missed probe says nothing: the machine has just woken up.
    quiet_until: Duration,
    published: Option<RuntimeStatus>,
}

impl Machine {
    /// A runtime that is to be started at once; the first `Tick` begins it.
    pub fn new(policy: Policy, mode: RunnerMode, now: Now) -> Self {
        let worker = match mode {
            RunnerMode::Embedded => Life::waiting(now, Duration::ZERO),
            RunnerMode::External => Life::Resting(Rest::Disabled),
        };
        Machine {
            policy,
            mode,
            api: Part::new(Life::waiting(now, Duration::ZERO)),
            worker: Part::new(worker),
            url: None,
            was_healthy: false,
            shutting_down: false,
            restarts_total: 0,
            last_error: None,
            last_seen: now,
            wake_at: None,
            quiet_until: Duration::ZERO,
            published: None,
        }
    }

    /// Takes one input and says what is to be done.
    pub fn handle(&mut self, now: Now, input: Input) -> Vec<Effect> {
        let mut effects = Vec::new();
        self.notice_sleep(now);
        match input {
            Input::Tick => {}
            Input::Act(action) => self.act(now, action, &mut effects),
            Input::Shutdown => self.shutting_down = true,
            Input::Spawned {
                component,
                child,
                pid,
            } => {
                self.part_mut(component).spawned(child, pid, now);
            }
            Input::SpawnFailed {
                component,
                child,
                failure,
            } => {
                self.ended(now, component, child, failure, &mut effects);
            }
            Input::Ready {
                component,
                child,
                url,
                version,
            } => {
                self.ready(component, child, url, version, &mut effects);
            }
            Input::StartFailed {
                component,
                child,
                failure,
            } => {
                if let Some(Stage::Starting { .. }) = self.part_mut(component).stage(child) {
                    let grace = self.policy.stop_grace;
                    self.fail(now, component, failure, Some(grace), &mut effects);
                }
            }
            Input::Exited {
                component,
                child,
                code,
                signal,
                last_words,
            } => {
                if self.part_mut(component).stage(child).is_some() {
                    self.part_mut(component).note_exit(now, code, signal);
                    let failure = Failure::exit(component, code, signal, last_words);
                    self.ended(now, component, child, failure, &mut effects);
                }
            }
            Input::Probed {
                component,
                child,
                answer,
            } => {
                self.probed(now, component, child, answer, &mut effects);
            }
        }
        self.settle(now, &mut effects);
        effects
    }

    /// The newest status.
    pub fn status(&self, now: Now) -> RuntimeStatus {
        view::status(self, now)
    }

    /// Where the api serves, or served last while it is coming back.
    pub fn url(&self) -> Option<&str> {
        self.url.as_deref()
    }

    /// Whether the shutdown is complete: no child lives.
    pub fn is_down(&self) -> bool {
        self.shutting_down && !self.api.is_alive() && !self.worker.is_alive()
    }

    fn part(&self, component: Component) -> &Part {
        match component {
            Component::Api => &self.api,
            Component::Worker => &self.worker,
        }
    }

    fn part_mut(&mut self, component: Component) -> &mut Part {
        match component {
            Component::Api => &mut self.api,
            Component::Worker => &mut self.worker,
        }
    }

    /// After a gap that no schedule explains, every deadline starts anew and silence is forgiven.
    fn notice_sleep(&mut self, now: Now) {
        let limit = self.policy.sleep_gap;
        let overslept = self
            .wake_at
            .is_some_and(|wake| now.monotonic > wake + limit);
        // Some systems stop the monotonic clock in sleep; then only the wall clock jumps.
        let monotonic = now.monotonic.saturating_sub(self.last_seen.monotonic);
        let wall = Duration::try_from(now.wall.duration_since(self.last_seen.wall));
        let skipped = wall.is_ok_and(|wall| wall > monotonic + limit);
        if overslept || skipped {
            self.quiet_until = now.monotonic + self.policy.wake_grace;
            let deadline = now.monotonic + self.policy.start_deadline;
            self.api.forgive(deadline);
            self.worker.forgive(deadline);
        }
        self.last_seen = now;
    }

    /// Leads a component to `next`, through the end of its child if it has one.
    fn end(
        &mut self,
        component: Component,
        next: Next,
        grace: Duration,
        effects: &mut Vec<Effect>,
    ) {
        let now = self.last_seen;
        let part = self.part_mut(component);
        match &mut part.life {
            Life::Alive {
                stage: Stage::Ending { next: planned },
                ..
            } => *planned = next,
            Life::Alive { child, stage, .. } => {
                *stage = Stage::Ending { next };
                effects.push(Effect::Kill {
                    component,
                    child: *child,
                    grace,
                });
            }
            Life::Resting(_) | Life::Waiting { .. } => part.life = next.into_life(now),
        }
    }

    /// What follows from the state alone, whatever brought it about.
    fn settle(&mut self, now: Now, effects: &mut Vec<Effect>) {
        if self.shutting_down {
            self.settle_shutdown(effects);
        } else {
            for component in Component::ALL {
                self.settle_start_deadline(now, component, effects);
            }
            self.settle_dependency(effects);
            for component in Component::ALL {
                self.settle_due(now, component, effects);
            }
        }
        self.publish(now, effects);
        let wake = [&self.api, &self.worker]
            .into_iter()
            .filter_map(|part| part.due())
            .min();
        if wake != self.wake_at {
            self.wake_at = wake;
            effects.extend(wake.map(Effect::WakeAt));
        }
    }

    /// The worker goes first: it still needs the api to give back what it holds.
    fn settle_shutdown(&mut self, effects: &mut Vec<Effect>) {
        for component in [Component::Worker, Component::Api] {
            // What rests already rests for a reason worth showing.
            if self.part(component).rest().is_none() {
                let grace = self.policy.stop_grace;
                self.end(component, Next::Rest(Rest::Stopped), grace, effects);
            }
            if self.part(component).is_alive() {
                return;
            }
        }
    }

    fn settle_start_deadline(&mut self, now: Now, component: Component, effects: &mut Vec<Effect>) {
        if let Life::Alive {
            stage: Stage::Starting { deadline },
            ..
        } = self.part(component).life
            && now.monotonic >= deadline
        {
            let failure = Failure::start_timeout(component, self.policy.start_deadline);
            let grace = self.policy.hung_grace;
            self.fail(now, component, failure, Some(grace), effects);
        }
    }

    /// Without an api that runs or is coming back there is nothing for the worker to do.
    fn settle_dependency(&mut self, effects: &mut Vec<Effect>) {
        if self.api.rest().is_none() {
            return;
        }
        self.url = None;
        if self.worker.is_alive() && self.worker.ending().is_none() {
            self.end(
                Component::Worker,
                Next::START,
                self.policy.stop_grace,
                effects,
            );
        }
    }

    /// Starts and probes whose time has come.
    fn settle_due(&mut self, now: Now, component: Component, effects: &mut Vec<Effect>) {
        let api = view::component_state(self, Component::Api);
        let deadline = now.monotonic + self.policy.start_deadline;
        let part = self.part_mut(component);
        part.gate_open = component == Component::Api || api == ComponentState::Healthy;
        if part.start_is_due(now.monotonic) {
            let child = part.start(deadline);
            effects.push(Effect::Spawn { component, child });
        } else if let Some(child) = part.probe_is_due(now.monotonic) {
            effects.push(Effect::Probe { component, child });
        }
    }

    fn publish(&mut self, now: Now, effects: &mut Vec<Effect>) {
        self.was_healthy |= view::phase(self) == Phase::Healthy;
        let mut status = view::status(self, now);
        if let Some(before) = &self.published {
            view::keep_times(&mut status, before);
            if *before == status {
                return;
            }
        }
        self.published = Some(status.clone());
        effects.push(Effect::Publish(Box::new(status)));
    }
}

#[cfg(test)]
mod tests;
