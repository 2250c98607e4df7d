//! What children do and show.

use std::time::Duration;

use super::part::{ChildId, Life, Next, Rest, Running, Stage};
use super::{Effect, Failure, LastError, Machine, Now, ProbeAnswer, policy, view};
use crate::status::{Component, ComponentState};

impl Machine {
    /// The child printed its ready line.
    pub(super) fn ready(
        &mut self,
        component: Component,
        child: ChildId,
        url: Option<String>,
        version: Option<String>,
        effects: &mut Vec<Effect>,
    ) {
        let part = self.part_mut(component);
        match part.stage(child) {
            Some(stage @ Stage::Starting { .. }) => *stage = Stage::Running(Running::new()),
            Some(Stage::Running(_) | Stage::Ending { .. }) | None => return,
        }
        part.version = version;
        effects.push(Effect::Probe { component, child });
        if component == Component::Api {
            let moved = self.url.is_some() && self.url != url;
            self.url = url;
            // The worker knows the old address only.
            if moved && self.worker.is_alive() && self.worker.ending().is_none() {
                self.end(
                    Component::Worker,
                    Next::START,
                    self.policy.stop_grace,
                    effects,
                );
            }
        }
    }

    /// The child is gone, or never came to be.
    pub(super) fn ended(
        &mut self,
        now: Now,
        component: Component,
        child: ChildId,
        failure: Failure,
        effects: &mut Vec<Effect>,
    ) {
        match self.part_mut(component).stage(child) {
            None => {}
            Some(Stage::Ending { next }) => {
                let life = next.into_life(now);
                self.part_mut(component).life = life;
            }
            Some(Stage::Starting { .. } | Stage::Running(_)) => {
                let api = view::component_state(self, Component::Api);
                if component == Component::Worker && api != ComponentState::Healthy {
                    // Not its fault: it counts for nothing, and the api decides when it comes back.
                    self.note_error(now, component, &failure);
                    self.worker.life = Life::waiting(now, self.policy.backoff(1));
                } else {
                    self.fail(now, component, failure, None, effects);
                }
            }
        }
    }

    /// A probe brought an answer, or none.
    pub(super) fn probed(
        &mut self,
        now: Now,
        component: Component,
        child: ChildId,
        answer: ProbeAnswer,
        effects: &mut Vec<Effect>,
    ) {
        let policy = self.policy.clone();
        let quiet = now.monotonic < self.quiet_until;
        let part = self.part_mut(component);
        let Some(Stage::Running(running)) = part.stage(child) else {
            return;
        };
        running.schedule(now.monotonic + policy.probe_every(component));
        match answer {
            ProbeAnswer::Ready => {
                if running.prove(now.monotonic) >= policy.healthy_spell {
                    part.attempts = 0;
                }
                part.fresh = false;
            }
            ProbeAnswer::NotReady {
                code,
                message,
                hint,
            } => {
                running.degrade();
                let failure = Failure {
                    code,
                    message,
                    hint,
                    fatal: false,
                };
                if policy::restart_helps(&failure.code) {
                    self.fail(now, component, failure, Some(policy.stop_grace), effects);
                } else {
                    self.note_error(now, component, &failure);
                }
            }
            ProbeAnswer::Missed if quiet => running.forgive(),
            ProbeAnswer::Missed => {
                let missed = running.miss();
                if missed >= policy.missed_probes_max {
                    let failure = Failure::hung(component, missed);
                    self.fail(now, component, failure, Some(policy.hung_grace), effects);
                } else if missed >= policy.missed_probes_degraded {
                    running.slow();
                    self.note_error(now, component, &Failure::slow(component, missed));
                }
            }
        }
    }

    /// The component failed by itself: count it, and decide whether it gets another try.
    ///
    /// With `kill_grace` its child still lives and is ended first.
    pub(super) fn fail(
        &mut self,
        now: Now,
        component: Component,
        failure: Failure,
        kill_grace: Option<Duration>,
        effects: &mut Vec<Effect>,
    ) {
        self.note_error(now, component, &failure);
        let attempts = self.part(component).attempts;
        let next = if failure.fatal {
            Next::Rest(Rest::Fatal)
        } else if attempts >= self.policy.restarts_max {
            Next::Rest(Rest::CrashLooping)
        } else {
            self.part_mut(component).attempts = attempts + 1;
            self.restarts_total += 1;
            Next::StartAfter(self.policy.backoff(attempts + 1))
        };
        match kill_grace {
            Some(grace) => self.end(component, next, grace, effects),
            None => self.part_mut(component).life = next.into_life(now),
        }
    }

    fn note_error(&mut self, now: Now, component: Component, failure: &Failure) {
        self.part_mut(component).error = Some(failure.clone());
        self.last_error = Some(LastError {
            component,
            code: failure.code.clone(),
            message: failure.message.clone(),
            at: now.wall,
        });
    }
}
