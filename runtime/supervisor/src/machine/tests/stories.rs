//! Every transition, as a story.

use super::*;
use RunnerMode::{Embedded, External};

/// How every embedded story begins: both healthy at second 1.
const HEALTHY: &str = "
    0 tick => spawn api1, wake 60 | Starting: Starting Starting
    0 spawned api1 =>
    0.5 ready api1 => probe api1
    0.5 ok api1 => spawn worker1, wake 2.5 | Starting: Healthy Starting
    0.5 spawned worker1 =>
    1 ready worker1 => probe worker1
    1 ok worker1 => | Healthy: Healthy Healthy
";

pub(super) fn check_healthy(story: &str) {
    check(Embedded, &format!("{HEALTHY}{story}"));
}

/// The same for the api alone.
pub(super) fn check_external(story: &str) {
    let healthy = "
        0 tick => spawn api1, wake 60 | Starting: Starting Disabled
        0 spawned api1 =>
        0.5 ready api1 => probe api1
        0.5 ok api1 => wake 2.5 | Healthy: Healthy Disabled
    ";
    check(External, &format!("{healthy}{story}"));
}

#[test]
fn the_worker_starts_when_the_api_is_healthy() {
    check_healthy("");
}

#[test]
fn a_crash_is_answered_with_a_restart_after_a_backoff() {
    check_external(
        "
        1 exit api1 sig9 => wake 2 | Degraded: Restarting Disabled
        1.9 tick =>
        2 tick => spawn api2, wake 62
        2 spawned api2 =>
        2.2 ready api2 => probe api2
        2.2 ok api2 => wake 4.2 | Healthy: Healthy Disabled
        ",
    );
}

#[test]
fn the_worker_lives_through_a_restart_of_the_api() {
    check_healthy(
        "
        1 exit api1 sig9 => wake 2 | Degraded: Restarting Healthy
        2 tick => spawn api2, wake 5
        2 spawned api2 =>
        2.2 ready api2 => probe api2
        2.2 ok api2 => wake 4.2 | Healthy: Healthy Healthy
        ",
    );
}

#[test]
fn a_worker_that_goes_with_its_api_is_not_blamed() {
    check_healthy(
        "
        1 exit api1 sig9 => wake 2 | Degraded: Restarting Healthy
        1.1 exit worker1 1 => | Degraded: Restarting Restarting
        2 tick => spawn api2, wake 62
        2.2 ready api2 => probe api2
        2.2 ok api2 => spawn worker2, wake 4.2 | Degraded: Healthy Restarting
        ",
    );
}

#[test]
fn a_new_address_takes_a_new_worker() {
    check_healthy(
        "
        1 exit api1 sig9 => wake 2 | Degraded: Restarting Healthy
        2 tick => spawn api2, wake 5
        2.2 ready api2 5000 => probe api2, kill worker1 5s | Degraded: Restarting Restarting
        2.2 ok api2 => wake 4.2 | Degraded: Healthy Restarting
        2.3 exit worker1 0 => spawn worker2
        ",
    );
}

#[test]
fn backoff_doubles_and_ends_in_a_crash_loop() {
    check_external(
        "
        1 exit api1 101 => wake 2 | Degraded: Restarting Disabled
        2 tick => spawn api2, wake 62
        2.1 exit api2 101 => wake 4.1
        4.1 tick => spawn api3, wake 64.1
        4.2 exit api3 101 => wake 8.2
        8.2 tick => spawn api4, wake 68.2
        8.3 exit api4 101 => wake 16.3
        16.3 tick => spawn api5, wake 76.3
        16.4 exit api5 101 => wake 32.4
        32.4 tick => spawn api6, wake 92.4
        32.5 exit api6 101 => | Fatal: CrashLooping Disabled
        33 tick =>
        34 retry => spawn api7, wake 94 | Starting: Starting Disabled
        34.2 ready api7 => probe api7
        34.2 ok api7 => wake 36.2 | Healthy: Healthy Disabled
        ",
    );
}

#[test]
fn a_short_healthy_time_does_not_reset_the_counter() {
    check_external(
        "
        1 exit api1 101 => wake 2 | Degraded: Restarting Disabled
        2 tick => spawn api2, wake 62
        2 ready api2 => probe api2
        2 ok api2 => wake 4 | Healthy: Healthy Disabled
        30 exit api2 101 => wake 32 | Degraded: Restarting Disabled
        31.9 tick =>
        32 tick => spawn api3, wake 92
        ",
    );
}

#[test]
fn a_healthy_minute_resets_the_counter() {
    check_external(
        "
        1 exit api1 101 => wake 2 | Degraded: Restarting Disabled
        2 tick => spawn api2, wake 62
        2 ready api2 => probe api2
        2 ok api2 => wake 4 | Healthy: Healthy Disabled
        10 tick => probe api2
        12 ok api2 => wake 14
        20 tick => probe api2
        62 ok api2 => wake 64
        62 exit api2 101 => wake 63 | Degraded: Restarting Disabled
        63 tick => spawn api3, wake 123
        ",
    );
}

#[test]
fn a_fatal_start_waits_for_a_person() {
    check(
        Embedded,
        "
        0 tick => spawn api1, wake 60 | Starting: Starting Starting
        0.1 failed api1 port_in_use => kill api1 5s | Fatal: Fatal Stopped
        0.1 exit api1 3 =>
        100 tick =>
        101 retry => spawn api2, wake 161 | Starting: Starting Starting
        101.1 ready api2 => probe api2
        101.1 ok api2 => spawn worker1, wake 103.1 | Starting: Healthy Starting
        ",
    );
}

#[test]
fn a_failed_start_that_may_pass_is_tried_again() {
    check(
        External,
        "
        0 tick => spawn api1, wake 60 | Starting: Starting Disabled
        0.1 failed api1 start_failed => kill api1 5s | Starting: Restarting Disabled
        0.2 exit api1 3 => wake 1.2
        1.2 tick => spawn api2, wake 61.2
        ",
    );
}

#[test]
fn a_program_that_cannot_be_spawned() {
    check(
        External,
        "
        0 tick => spawn api1, wake 60 | Starting: Starting Disabled
        0 unspawned api1 start_failed => wake 1 | Starting: Restarting Disabled
        1 tick => spawn api2, wake 61
        1 unspawned api2 program_missing => | Fatal: Fatal Disabled
        2 start api => spawn api3, wake 62 | Starting: Starting Disabled
        ",
    );
}

#[test]
fn a_start_that_takes_too_long_is_ended() {
    check(
        External,
        "
        0 tick => spawn api1, wake 60 | Starting: Starting Disabled
        0 spawned api1 =>
        60 tick => kill api1 1s | Starting: Restarting Disabled
        60.1 exit api1 sig9 => wake 61.1
        61.1 tick => spawn api2, wake 121.1
        ",
    );
}

#[test]
fn a_hung_child_is_ended_and_restarted() {
    check_external(
        "
        2.5 tick => probe api1
        4 miss api1 => wake 6
        6 tick => probe api1
        7.5 miss api1 => wake 9.5 | Degraded: Degraded Disabled
        9.5 tick => probe api1
        11 miss api1 => kill api1 1s | Degraded: Restarting Disabled
        12 exit api1 sig9 => wake 13
        13 tick => spawn api2, wake 73
        ",
    );
}

#[test]
fn one_answer_forgives_missed_probes() {
    check_external(
        "
        2.5 tick => probe api1
        4 miss api1 => wake 6
        6 tick => probe api1
        7.5 miss api1 => wake 9.5 | Degraded: Degraded Disabled
        9.5 tick => probe api1
        9.6 ok api1 => wake 11.6 | Healthy: Healthy Disabled
        11.6 tick => probe api1
        13.1 miss api1 => wake 15.1
        ",
    );
}

#[test]
fn sleep_is_not_silence() {
    check_external(
        "
        2.5 tick => probe api1
        4 miss api1 => wake 6
        6 tick => probe api1
        7.5 miss api1 => wake 9.5 | Degraded: Degraded Disabled
        3600 tick => probe api1
        3601 miss api1 => wake 3603
        3603 tick => probe api1
        3604.5 miss api1 => wake 3606.5
        3606.5 tick => probe api1
        3608 miss api1 => wake 3610
        3610 tick => probe api1
        3611.5 ok api1 => wake 3613.5 | Healthy: Healthy Disabled
        ",
    );
}

#[test]
fn sleep_shows_on_the_wall_clock_too() {
    check_external(
        "
        2.5 tick => probe api1
        4 miss api1 => wake 6
        6 tick => probe api1
        7.5+3600 miss api1 => wake 9.5
        9.5+3600 tick => probe api1
        11+3600 miss api1 => wake 13
        13+3600 tick => probe api1
        14.5+3600 miss api1 => wake 16.5
        26+3600 tick => probe api1
        27+3600 miss api1 => wake 29
        38+3600 tick => probe api1
        39+3600 miss api1 => wake 41
        50+3600 tick => probe api1
        51+3600 miss api1 => wake 53
        62+3600 tick => probe api1
        63+3600 miss api1 => wake 65
        68+3600 tick => probe api1
        69+3600 miss api1 => wake 71
        71+3600 tick => probe api1
        72.5+3600 miss api1 => wake 74.5 | Degraded: Degraded Disabled
        74.5+3600 tick => probe api1
        76+3600 miss api1 => kill api1 1s | Degraded: Restarting Disabled
        ",
    );
}

#[test]
fn a_start_that_slept_gets_its_time() {
    check(
        External,
        "
        0 tick => spawn api1, wake 60 | Starting: Starting Disabled
        0 spawned api1 =>
        3600 tick => wake 3660
        3601 ready api1 => probe api1
        3601 ok api1 => wake 3603 | Healthy: Healthy Disabled
        ",
    );
}

#[test]
fn not_ready_is_degraded_and_left_alone() {
    check_external(
        "
        2.5 tick => probe api1
        2.6 unready api1 disk_full => wake 4.6 | Degraded: Degraded Disabled
        4.6 tick => probe api1
        4.7 unready api1 disk_full => wake 6.7
        6.7 tick => probe api1
        6.8 ok api1 => wake 8.8 | Healthy: Healthy Disabled
        ",
    );
}

#[test]
fn poisoned_storage_takes_a_restart() {
    check_external(
        "
        2.5 tick => probe api1
        2.6 unready api1 storage_poisoned => kill api1 5s | Degraded: Restarting Disabled
        2.7 exit api1 0 => wake 3.7
        3.7 tick => spawn api2, wake 63.7
        ",
    );
}

#[test]
fn what_old_children_say_is_ignored() {
    check_external(
        "
        1 exit api1 101 => wake 2 | Degraded: Restarting Disabled
        2 tick => spawn api2, wake 62
        2.1 exit api1 101 =>
        2.1 miss api1 =>
        2.1 ready api1 =>
        2.1 failed api1 port_in_use =>
        2.1 unspawned api1 program_missing =>
        2.2 ready api2 => probe api2
        2.2 ready api2 =>
        ",
    );
}

#[test]
fn a_crash_looping_worker_is_named() {
    check_healthy(
        "
        1 exit worker1 1 => wake 2 | Degraded: Healthy Restarting
        2 tick => spawn worker2, wake 2.5
        2 exit worker2 1 =>
        4 tick => probe api1, spawn worker3, wake 64
        4 exit worker3 1 => wake 8
        8 tick => spawn worker4, wake 68
        8 exit worker4 1 => wake 16
        16 tick => spawn worker5, wake 76
        16 exit worker5 1 => wake 32
        32 tick => spawn worker6, wake 92
        32 exit worker6 1 => | Fatal: Healthy CrashLooping
        ",
    );
}

#[test]
fn the_status_tells_what_happened() {
    let mut machine = Machine::new(Policy::default(), External, moment(0.0, 0.0));
    for line in [
        "0 tick",
        "0 spawned api1",
        "1 ready api1",
        "1 ok api1",
        "5 exit api1 101",
        "5.5 tick",
    ] {
        step(&mut machine, line);
    }
    let status = machine.status(moment(5.5, 0.0));
    assert_eq!(status.last_error_code.as_deref(), Some("exit_101"));
    assert_eq!(status.last_error_component, Some(Component::Api));
    assert_eq!(
        status.last_error_at.as_deref(),
        Some("2026-11-21T12:00:05.000Z")
    );
    assert_eq!(status.degraded_component, Some(Component::Api));
    assert_eq!(status.url.as_deref(), Some("http://127.0.0.1:4242"));
    let api = status.components.api;
    assert_eq!(
        api.last_error_message.as_deref(),
        Some("The api ended with code 101. Its last words: at the disco")
    );
    assert_eq!(
        (api.pid, api.port, api.last_exit_code),
        (None, None, Some(101))
    );
    assert_eq!(
        api.last_started_at.as_deref(),
        Some("2026-11-21T12:00:00.000Z")
    );
    assert_eq!(
        api.next_restart_at.as_deref(),
        Some("2026-11-21T12:00:06.000Z")
    );
    assert_eq!(api.restart_attempts, 1);
}

#[test]
fn a_status_is_published_when_something_changed_and_only_then() {
    let mut machine = Machine::new(Policy::default(), External, moment(0.0, 0.0));
    let mut published = |line: &str| {
        let (time, input) = line.split_once(' ').unwrap();
        let now = moment(time.parse().unwrap(), 0.0);
        machine
            .handle(now, parse(input))
            .into_iter()
            .find_map(|effect| match effect {
                Effect::Publish(status) => Some(status),
                Effect::Spawn { .. }
                | Effect::Kill { .. }
                | Effect::Probe { .. }
                | Effect::WakeAt(_)
                | Effect::RememberMode(_) => None,
            })
    };
    assert!(published("0 tick").is_some());
    assert!(published("0 spawned api1").is_some());
    assert!(published("1 ready api1").is_some());
    let healthy = published("1 ok api1").unwrap();
    assert_eq!(healthy.updated_at, "2026-11-21T12:00:01.000Z");
    assert_eq!(
        healthy.components.api.updated_at,
        "2026-11-21T12:00:01.000Z"
    );
    assert_eq!(
        healthy.components.worker.updated_at,
        "2026-11-21T12:00:00.000Z"
    );
    assert_eq!(published("3 tick"), None);
    assert_eq!(published("3 ok api1"), None);
}

#[test]
fn backoff_doubles_up_to_its_limit() {
    let policy = Policy::default();
    let seconds = |attempt| policy.backoff(attempt).as_secs();
    assert_eq!(
        [1, 2, 3, 4, 5, 6, 7, 100].map(seconds),
        [1, 2, 4, 8, 16, 30, 30, 30]
    );
}
