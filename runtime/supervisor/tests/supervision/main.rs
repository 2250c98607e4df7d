//! The supervisor with real processes: a fake `signalbox` that behaves, or does not.

#![allow(clippy::unwrap_used)]

mod rig;

use rig::Rig;
use supervisor::machine::Policy;
use supervisor::{Component, ComponentState, Phase, RunnerMode, RuntimeAction};

fn healthy(status: &supervisor::RuntimeStatus) -> bool {
    status.phase == Phase::Healthy
}

fn api_is(state: ComponentState) -> impl Fn(&supervisor::RuntimeStatus) -> bool {
    move |status| status.components.api.state == state
}

#[test]
fn both_come_up_each_with_its_own_token() {
    let rig = Rig::start("", "");
    let status = rig.wait_for(healthy);
    assert_eq!(status.components.api.version.as_deref(), Some("0.0.0"));
    assert_eq!(
        status.components.worker.version, status.url,
        "the worker was told the address"
    );
    assert_eq!(status.components.api.port.map(|port| port != 0), Some(true));

    let api = &rig.starts(Component::Api)[0];
    assert_eq!(api["owner_token"], "sbo_owner_of_the_test");
    assert_eq!(api["token"], serde_json::Value::Null);
    assert!(
        api["args"]
            .as_array()
            .unwrap()
            .contains(&"--supervised".into())
    );
    assert!(
        !api["args"].to_string().contains("sbo_"),
        "no token on a command line"
    );
    let worker = &rig.starts(Component::Worker)[0];
    assert_eq!(worker["owner_token"], serde_json::Value::Null);
    assert_eq!(worker["token"], "engtok_of_the_worker");
    assert!(!worker["args"].to_string().contains("engtok_"));

    let registration = rig.file("registered");
    assert!(
        registration.contains("Bearer sbo_owner_of_the_test"),
        "{registration}"
    );
    assert!(registration.contains(r#""rotate":true"#), "{registration}");
}

#[test]
fn the_api_is_told_the_status() {
    let rig = Rig::start("obey", "");
    rig.wait_for(|status| status.mode == RunnerMode::External);
}

#[cfg(unix)]
#[test]
fn a_killed_api_comes_back_at_the_same_address() {
    let rig = Rig::start("", "");
    let before = rig.wait_for(healthy);
    rig.kill(before.components.api.pid.unwrap());
    rig.wait_for(|status| status.components.api.restart_attempts == 1);
    let after = rig.wait_for(healthy);
    assert_ne!(after.components.api.pid, before.components.api.pid);
    assert_eq!(after.url, before.url);
    assert_eq!(after.components.api.last_exit_signal, Some(9));
    assert_eq!(
        after.components.worker.pid, before.components.worker.pid,
        "the worker stays"
    );
}

#[cfg(unix)]
#[test]
fn a_learned_port_that_was_taken_is_given_up() {
    let slow = Policy {
        backoff_first: std::time::Duration::from_millis(500),
        ..rig::fast()
    };
    let rig = Rig::start_with(slow, "", "");
    let before = rig.wait_for(healthy);
    rig.kill(before.components.api.pid.unwrap());
    rig.wait_for(api_is(ComponentState::Restarting));
    let port = before.components.api.port.unwrap();
    let _taken = std::net::TcpListener::bind(("127.0.0.1", port)).unwrap();
    let after = rig.wait_for(healthy);
    assert_ne!(after.url, before.url);
    assert_ne!(
        after.components.worker.version, before.components.worker.version,
        "told anew"
    );
}

#[test]
fn a_fatal_start_waits_for_retry() {
    let rig = Rig::start("fail port_in_use\nserve", "");
    let status = rig.wait_for(|status| status.phase == Phase::Fatal);
    assert_eq!(status.fatal_component, Some(Component::Api));
    assert_eq!(status.last_error_code.as_deref(), Some("port_in_use"));
    assert_eq!(
        status.components.api.last_error_hint.as_deref(),
        Some("do this")
    );
    assert_eq!(status.components.worker.state, ComponentState::Stopped);
    rig.handle.act(RuntimeAction::Retry);
    rig.wait_for(healthy);
    assert_eq!(rig.starts(Component::Api).len(), 2);
}

#[test]
fn endless_crashes_are_given_up_with_the_reason() {
    let rig = Rig::start("exit 7", "");
    let status = rig.wait_for(api_is(ComponentState::CrashLooping));
    assert_eq!(status.phase, Phase::Fatal);
    assert_eq!(status.components.api.last_exit_code, Some(7));
    let message = status.last_error_message.unwrap();
    assert!(message.contains("last words of api"), "{message}");
    assert_eq!(rig.starts(Component::Api).len(), 6);
    rig.plan("api", "serve");
    rig.handle.act(RuntimeAction::Start {
        component: Component::Api,
    });
    rig.wait_for(healthy);
}

#[test]
fn a_hung_api_is_restarted() {
    let rig = Rig::start("deaf\nserve", "");
    let status = rig.wait_for(healthy);
    assert_eq!(status.last_error_code.as_deref(), Some("not_answering"));
    assert_eq!(status.components.api.restart_attempts, 1);
}

#[test]
fn a_hung_worker_is_restarted() {
    let rig = Rig::start("", "deaf\nserve");
    rig.wait_for(|status| status.components.worker.restart_attempts == 1);
    let status = rig.wait_for(healthy);
    assert_eq!(status.last_error_component, Some(Component::Worker));
    assert_eq!(status.last_error_code.as_deref(), Some("not_answering"));
}

#[test]
fn a_child_that_never_gets_ready_is_restarted() {
    let rig = Rig::start("silent\nserve", "");
    let status = rig.wait_for(healthy);
    assert_eq!(status.last_error_code.as_deref(), Some("start_timeout"));
}

#[test]
fn poisoned_storage_is_restarted_and_a_full_disk_is_not() {
    let rig = Rig::start("unready storage_poisoned\nunready disk_full", "");
    let status = rig.wait_for(|status| {
        status.components.api.state == ComponentState::Degraded
            && status.last_error_code.as_deref() == Some("disk_full")
    });
    assert_eq!(status.components.api.restart_attempts, 1);
    assert_eq!(rig.starts(Component::Api).len(), 2);
}

#[test]
fn the_api_passes_on_what_people_ask_for() {
    let rig = Rig::start("", "");
    let url = rig.wait_for(healthy).url.unwrap();
    rig.post(
        &format!("{url}/act"),
        r#"{"kind":"set_mode","mode":"external"}"#,
    );
    let status = rig.wait_for(|status| {
        status.mode == RunnerMode::External && status.components.worker.pid.is_none()
    });
    assert_eq!(status.components.worker.state, ComponentState::Disabled);
    assert_eq!(status.phase, Phase::Healthy);
    rig.handle.shutdown();

    let again = rig.restart();
    let status = again.wait_for(healthy);
    assert_eq!(
        status.mode,
        RunnerMode::External,
        "the choice is remembered"
    );
    again.handle.act(RuntimeAction::SetMode {
        mode: RunnerMode::Embedded,
    });
    again.wait_for(|status| status.components.worker.state == ComponentState::Healthy);
}

#[test]
fn a_switch_goes_before_the_file_and_a_flag_before_both() {
    use RunnerMode::{Embedded, External};
    let rig = Rig::start("", "");
    rig.wait_for(healthy);
    rig.handle.shutdown();
    // What is said in the file counts until a person switches, and a flag always.
    for (switch, flag, expected) in [
        (None, None, External),
        (None, Some(Embedded), Embedded),
        (Some(Embedded), None, Embedded),
        (None, None, Embedded),
        (None, Some(External), External),
    ] {
        let again = rig.restart_with(|config| {
            config.mode_in_file = Some(External);
            config.mode = flag;
        });
        if let Some(mode) = switch {
            again.handle.act(RuntimeAction::SetMode { mode });
        }
        let status = again.wait_for(|status| healthy(status) && status.mode == expected);
        let worker = status.components.worker.state;
        let due = match expected {
            Embedded => ComponentState::Healthy,
            External => ComponentState::Disabled,
        };
        assert_eq!(worker, due, "{switch:?} {flag:?}");
        again.handle.shutdown();
    }
}

#[test]
fn a_person_stops_and_restarts() {
    let rig = Rig::start("", "");
    let before = rig.wait_for(healthy);
    rig.handle.act(RuntimeAction::Stop {
        component: Component::Worker,
    });
    rig.wait_for(|status| {
        status.components.worker.state == ComponentState::Stopped
            && status.components.worker.pid.is_none()
    });
    rig.handle.act(RuntimeAction::Start {
        component: Component::Worker,
    });
    rig.handle.act(RuntimeAction::Restart {
        component: Component::Api,
    });
    let after = rig.wait_for(|status| {
        healthy(status) && status.components.api.pid != before.components.api.pid
    });
    assert_eq!(
        after.restart_attempts_total, 0,
        "what a person asks for is no failure"
    );
}

#[test]
fn a_missing_program_is_said_plainly() {
    let rig = Rig::without_program();
    let status = rig.wait_for(|status| status.phase == Phase::Fatal);
    assert_eq!(status.last_error_code.as_deref(), Some("program_missing"));
}

#[cfg(target_os = "linux")]
#[test]
fn shutdown_ends_even_the_stubborn() {
    let rig = Rig::start("stubborn", "stubborn");
    let status = rig.wait_for(healthy);
    let ends = rig::ends_of(&[status.components.api.pid, status.components.worker.pid]);
    rig.handle.shutdown();
    rig::have_ended(&ends);
    let status = rig.handle.status();
    assert_eq!(status.phase, Phase::Stopped);
    assert_eq!(status.components.api.pid, None);
}

#[cfg(target_os = "linux")]
#[test]
fn what_a_child_started_ends_with_it() {
    let rig = Rig::start("parent", "");
    let status = rig.wait_for(healthy);
    let grandchild: u32 = rig.file("grandchild").parse().unwrap();
    let ends = rig::ends_of(&[Some(grandchild)]);
    rig.kill(status.components.api.pid.unwrap());
    rig::have_ended(&ends);
}

#[cfg(target_os = "linux")]
#[test]
fn children_end_with_a_killed_supervisor() {
    use std::io::BufRead;
    let dir = tempfile::tempdir().unwrap();
    let mut up = std::process::Command::new(rig::FAKE)
        .arg("up")
        .env("SIGNALBOX_DATA_DIR", dir.path())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let statuses = std::io::BufReader::new(up.stdout.take().unwrap()).lines();
    let status = statuses
        .map(|line| serde_json::from_str::<supervisor::RuntimeStatus>(&line.unwrap()).unwrap())
        .find(healthy)
        .unwrap();
    let ends = rig::ends_of(&[status.components.api.pid, status.components.worker.pid]);
    up.kill().unwrap();
    up.wait().unwrap();
    rig::have_ended(&ends);
}
