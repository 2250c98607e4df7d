//! What people ask for.

use std::time::Duration;

use super::part::{Life, Next, Rest};
use super::{Effect, Machine, Now, view};
use crate::status::{Component, Phase, RunnerMode, RuntimeAction};

impl Machine {
    pub(super) fn act(&mut self, now: Now, action: RuntimeAction, effects: &mut Vec<Effect>) {
        if self.shutting_down {
            return;
        }
        let grace = self.policy.stop_grace;
        match action {
            RuntimeAction::SetMode { mode } => self.set_mode(now, mode, effects),
            RuntimeAction::Retry => {
                for component in Component::ALL {
                    self.retry(now, component);
                }
            }
            RuntimeAction::Start { component } if self.takes_part(component) => {
                self.start_now(now, component);
            }
            RuntimeAction::Stop { component } if self.takes_part(component) => {
                self.end(component, Next::Rest(Rest::Stopped), grace, effects);
            }
            RuntimeAction::Restart { component } if self.takes_part(component) => {
                if self.part(component).is_alive() {
                    self.end(component, Next::START, grace, effects);
                }
                self.start_now(now, component);
            }
            // What the mode leaves out cannot be started, stopped or restarted.
            RuntimeAction::Start { .. }
            | RuntimeAction::Stop { .. }
            | RuntimeAction::Restart { .. } => {}
        }
    }

    fn takes_part(&self, component: Component) -> bool {
        self.part(component).rest() != Some(Rest::Disabled)
    }

    fn set_mode(&mut self, now: Now, mode: RunnerMode, effects: &mut Vec<Effect>) {
        if self.mode != mode {
            self.mode = mode;
            match mode {
                RunnerMode::Embedded => self.start_now(now, Component::Worker),
                RunnerMode::External => {
                    let grace = self.policy.stop_grace;
                    self.end(
                        Component::Worker,
                        Next::Rest(Rest::Disabled),
                        grace,
                        effects,
                    );
                }
            }
        }
        effects.push(Effect::RememberMode(mode));
    }

    /// Leaves what only a person can leave, and does not wait any longer.
    fn retry(&mut self, now: Now, component: Component) {
        let part = self.part(component);
        let given_up = matches!(part.rest(), Some(Rest::Fatal | Rest::CrashLooping));
        let waits = matches!(part.life, Life::Waiting { .. })
            || matches!(part.ending(), Some(Next::StartAfter(_)));
        if given_up || waits {
            self.start_now(now, component);
        }
    }

    /// A person wants it to run: nothing of before counts against it.
    fn start_now(&mut self, now: Now, component: Component) {
        if matches!(view::phase(self), Phase::Fatal | Phase::Stopped) {
            self.was_healthy = false;
        }
        let part = self.part_mut(component);
        part.attempts = 0;
        part.fresh |= part.rest().is_some();
        match &mut part.life {
            Life::Resting(_) | Life::Waiting { .. } => {
                part.life = Life::waiting(now, Duration::ZERO);
            }
            Life::Alive { stage, .. } => stage.start_after_end(),
        }
    }
}
