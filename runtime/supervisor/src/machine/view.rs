//! The machine's state in the words of [`crate::status`].

use super::part::{Health, Life, Part, Rest, Stage};
use super::{Machine, Now};
use crate::status::{
    Component, ComponentState, ComponentStatus, Components, Phase, RunnerMode, RuntimeStatus,
    rfc3339,
};

pub(super) fn status(machine: &Machine, now: Now) -> RuntimeStatus {
    let phase = phase(machine);
    let error = machine.last_error.as_ref();
    RuntimeStatus {
        phase,
        mode: machine.mode,
        supervised: true,
        url: machine.url.clone(),
        updated_at: rfc3339(now.wall),
        restart_attempts_total: machine.restarts_total,
        degraded_component: match phase {
            Phase::Degraded => first(machine, |state| state != ComponentState::Healthy),
            Phase::Starting | Phase::Healthy | Phase::Fatal | Phase::Stopped => None,
        },
        fatal_component: first(machine, is_out),
        last_error_code: error.map(|error| error.code.clone()),
        last_error_message: error.map(|error| error.message.clone()),
        last_error_component: error.map(|error| error.component),
        last_error_at: error.map(|error| rfc3339(error.at)),
        components: Components {
            api: component(machine, Component::Api, now),
            worker: component(machine, Component::Worker, now),
        },
    }
}

/// The runtime in one word.
pub(super) fn phase(machine: &Machine) -> Phase {
    if machine.shutting_down || component_state(machine, Component::Api) == ComponentState::Stopped
    {
        Phase::Stopped
    } else if first(machine, is_out).is_some() {
        Phase::Fatal
    } else if first(machine, |state| state != ComponentState::Healthy).is_none() {
        Phase::Healthy
    } else if machine.was_healthy {
        Phase::Degraded
    } else {
        Phase::Starting
    }
}

/// The first required component in a state that `wanted` accepts.
fn first(machine: &Machine, wanted: impl Fn(ComponentState) -> bool) -> Option<Component> {
    Component::ALL.into_iter().find(|&component| {
        required(machine, component) && wanted(component_state(machine, component))
    })
}

fn is_out(state: ComponentState) -> bool {
    matches!(state, ComponentState::Fatal | ComponentState::CrashLooping)
}

fn required(machine: &Machine, component: Component) -> bool {
    match component {
        Component::Api => true,
        Component::Worker => machine.mode == RunnerMode::Embedded,
    }
}

pub(super) fn component_state(machine: &Machine, component: Component) -> ComponentState {
    let part = machine.part(component);
    if let Some(rest) = part.rest() {
        return match rest {
            Rest::Disabled => ComponentState::Disabled,
            Rest::Stopped => ComponentState::Stopped,
            Rest::Fatal => ComponentState::Fatal,
            Rest::CrashLooping => ComponentState::CrashLooping,
        };
    }
    let on_its_way = if part.fresh && part.attempts == 0 {
        ComponentState::Starting
    } else {
        ComponentState::Restarting
    };
    match &part.life {
        Life::Alive {
            stage: Stage::Running(running),
            ..
        } => match running.health {
            Health::Unproven => on_its_way,
            Health::Healthy { .. } => ComponentState::Healthy,
            Health::Degraded => ComponentState::Degraded,
        },
        Life::Alive {
            stage: Stage::Starting { .. },
            ..
        } => on_its_way,
        Life::Waiting { .. } | Life::Alive { .. } if waits_in_vain(machine, component) => {
            ComponentState::Stopped
        }
        Life::Alive {
            stage: Stage::Ending { .. },
            ..
        } => ComponentState::Restarting,
        Life::Waiting { .. } | Life::Resting(_) => on_its_way,
    }
}

/// A worker that waits for an api which will not come by itself is not "starting".
fn waits_in_vain(machine: &Machine, component: Component) -> bool {
    component == Component::Worker && machine.api.rest().is_some()
}

fn component(machine: &Machine, component: Component, now: Now) -> ComponentStatus {
    let part = machine.part(component);
    let error = part.error.as_ref();
    ComponentStatus {
        name: component,
        required: required(machine, component),
        enabled: required(machine, component),
        state: component_state(machine, component),
        pid: part.pid(),
        port: port(machine, component),
        version: part.version.clone(),
        restart_attempts: part.attempts,
        next_restart_at: next_restart_at(part, now),
        last_started_at: part.started_at.map(rfc3339),
        last_exit_at: part.exit_at.map(rfc3339),
        last_exit_code: part.exit_code,
        last_exit_signal: part.exit_signal,
        last_error_code: error.map(|error| error.code.clone()),
        last_error_message: error.map(|error| error.message.clone()),
        last_error_hint: error.and_then(|error| error.hint.clone()),
        updated_at: rfc3339(now.wall),
    }
}

/// Only the api listens, and only while it runs.
fn port(machine: &Machine, component: Component) -> Option<u16> {
    let runs = matches!(
        machine.api.life,
        Life::Alive {
            stage: Stage::Running(_),
            ..
        }
    );
    let url = machine
        .url
        .as_deref()
        .filter(|_| component == Component::Api && runs)?;
    url.trim_end_matches('/').rsplit(':').next()?.parse().ok()
}

fn next_restart_at(part: &Part, now: Now) -> Option<String> {
    match part.life {
        Life::Waiting { until, until_wall } if part.gate_open && until > now.monotonic => {
            Some(rfc3339(until_wall))
        }
        Life::Waiting { .. } | Life::Alive { .. } | Life::Resting(_) => None,
    }
}

/// Gives unchanged parts of `status` the time at which they last changed.
pub(super) fn keep_times(status: &mut RuntimeStatus, before: &RuntimeStatus) {
    let parts = [
        (&mut status.components.api, &before.components.api),
        (&mut status.components.worker, &before.components.worker),
    ];
    for (new, old) in parts {
        let updated_at = std::mem::replace(&mut new.updated_at, old.updated_at.clone());
        if new != old {
            new.updated_at = updated_at;
        }
    }
    let updated_at = std::mem::replace(&mut status.updated_at, before.updated_at.clone());
    if status != before {
        status.updated_at = updated_at;
    }
}
