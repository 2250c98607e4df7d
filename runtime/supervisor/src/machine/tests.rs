//! The machine told as stories: one line per input, with what it answers and what it shows.

#![allow(clippy::unwrap_used)]

mod people;
mod properties;
mod stories;

use super::*;
use crate::status::RuntimeAction;

/// The wall clock at monotonic zero.
const EPOCH: &str = "2026-11-21T12:00:00Z";

/// `seconds` on the monotonic clock, with the wall clock `ahead` seconds further.
fn moment(seconds: f64, ahead: f64) -> Now {
    let epoch: Timestamp = EPOCH.parse().unwrap();
    Now {
        monotonic: Duration::from_secs_f64(seconds),
        wall: epoch
            .checked_add(Duration::from_secs_f64(seconds + ahead))
            .unwrap(),
    }
}

/// Plays `story` and compares the whole of it.
///
/// A line is `TIME INPUT => EFFECTS | STATE`; the state (phase api worker) is told only when it
/// changed. `TIME` is in seconds; `5+3600` means that the wall clock is an hour ahead.
fn check(mode: RunnerMode, story: &str) {
    let mut machine = Machine::new(Policy::default(), mode, moment(0.0, 0.0));
    let mut state = String::new();
    let told: Vec<String> = story
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(|line| {
            let input = line.split(" =>").next().unwrap();
            let effects = step(&mut machine, input);
            let before = std::mem::replace(&mut state, show(&machine));
            let mut told = format!("{input} => {effects}").trim_end().to_owned();
            if before != state {
                told.push_str(&format!(" | {state}"));
            }
            told
        })
        .collect();
    let expected: Vec<&str> = story
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    assert_eq!(told, expected, "\ntold:\n{}\n", told.join("\n"));
}

fn step(machine: &mut Machine, line: &str) -> String {
    let (time, input) = line.split_once(' ').unwrap();
    let (seconds, ahead) = time.split_once('+').unwrap_or((time, "0"));
    let now = moment(seconds.parse().unwrap(), ahead.parse().unwrap());
    let effects = machine.handle(now, parse(input));
    let words: Vec<String> = effects.iter().filter_map(word).collect();
    words.join(", ")
}

fn parse(text: &str) -> Input {
    let words: Vec<&str> = text.split_whitespace().collect();
    let component = |name: &str| match name.trim_end_matches(char::is_numeric) {
        "api" => Component::Api,
        "worker" => Component::Worker,
        other => panic!("no component {other}"),
    };
    let child = |name: &str| {
        ChildId(
            name.trim_start_matches(char::is_alphabetic)
                .parse()
                .unwrap(),
        )
    };
    let failure = |code: &str| {
        Failure::reported(
            code.to_owned(),
            format!("message of {code}"),
            Some("a hint".to_owned()),
        )
    };
    match words[..] {
        ["tick"] => Input::Tick,
        ["shutdown"] => Input::Shutdown,
        ["retry"] => Input::Act(RuntimeAction::Retry),
        ["start", c] => Input::Act(RuntimeAction::Start {
            component: component(c),
        }),
        ["stop", c] => Input::Act(RuntimeAction::Stop {
            component: component(c),
        }),
        ["restart", c] => Input::Act(RuntimeAction::Restart {
            component: component(c),
        }),
        ["mode", mode] => Input::Act(RuntimeAction::SetMode {
            mode: mode.parse().unwrap(),
        }),
        ["spawned", c] => Input::Spawned {
            component: component(c),
            child: child(c),
            pid: 7,
        },
        ["unspawned", c, code] => Input::SpawnFailed {
            component: component(c),
            child: child(c),
            failure: failure(code),
        },
        ["ready", c] => ready(component(c), child(c), 4242),
        ["ready", c, port] => ready(component(c), child(c), port.parse().unwrap()),
        ["failed", c, code] => Input::StartFailed {
            component: component(c),
            child: child(c),
            failure: failure(code),
        },
        ["exit", c, how] => {
            let signal = how
                .strip_prefix("sig")
                .map(|signal| signal.parse().unwrap());
            Input::Exited {
                component: component(c),
                child: child(c),
                code: signal.is_none().then(|| how.parse().unwrap()),
                signal,
                last_words: Some("panicked\nat the disco".to_owned()),
            }
        }
        ["ok", c] => probed(component(c), child(c), ProbeAnswer::Ready),
        ["miss", c] => probed(component(c), child(c), ProbeAnswer::Missed),
        ["unready", c, code] => {
            let (code, message) = (code.to_owned(), format!("message of {code}"));
            let answer = ProbeAnswer::NotReady {
                code,
                message,
                hint: None,
            };
            probed(component(c), child(c), answer)
        }
        _ => panic!("no input {text}"),
    }
}

fn ready(component: Component, child: ChildId, port: u16) -> Input {
    let url = (component == Component::Api).then(|| format!("http://127.0.0.1:{port}"));
    Input::Ready {
        component,
        child,
        url,
        version: Some("0.1.0".to_owned()),
    }
}

fn probed(component: Component, child: ChildId, answer: ProbeAnswer) -> Input {
    Input::Probed {
        component,
        child,
        answer,
    }
}

/// An effect in a few words; publishing shows as state instead.
fn word(effect: &Effect) -> Option<String> {
    Some(match effect {
        Effect::Spawn { component, child } => format!("spawn {component}{}", child.0),
        Effect::Kill {
            component,
            child,
            grace,
        } => {
            format!("kill {component}{} {grace:?}", child.0)
        }
        Effect::Probe { component, child } => format!("probe {component}{}", child.0),
        Effect::WakeAt(at) => format!("wake {}", at.as_secs_f64()),
        Effect::RememberMode(mode) => format!("remember {mode:?}"),
        Effect::Publish(_) => return None,
    })
}

fn show(machine: &Machine) -> String {
    let state = |component| format!("{:?}", view::component_state(machine, component));
    format!(
        "{:?}: {} {}",
        view::phase(machine),
        state(Component::Api),
        state(Component::Worker)
    )
}
