//! What people ask for, as stories.

use super::stories::{check_external, check_healthy};
use super::*;
use RunnerMode::External;

#[test]
fn a_person_restarts_without_waiting() {
    check_healthy(
        "
        3 restart api => kill api1 5s, wake 5 | Degraded: Restarting Healthy
        3.1 exit api1 0 => spawn api2
        3.2 ready api2 => probe api2
        3.2 ok api2 => | Healthy: Healthy Healthy
        4 restart worker => kill worker1 5s, wake 5.2 | Degraded: Healthy Restarting
        4.1 exit worker1 0 => spawn worker2
        4.2 ready worker2 => probe worker2
        4.2 ok worker2 => | Healthy: Healthy Healthy
        ",
    );
}

#[test]
fn a_person_stops_and_starts_the_worker() {
    check_healthy(
        "
        3 stop worker => kill worker1 5s, probe api1 | Degraded: Healthy Stopped
        3.1 exit worker1 0 =>
        5 start worker => spawn worker2, wake 65 | Degraded: Healthy Starting
        5 start worker =>
        5.1 ready worker2 => probe worker2
        5.1 ok worker2 => wake 9.1 | Healthy: Healthy Healthy
        ",
    );
}

#[test]
fn stopping_the_api_takes_the_worker_along() {
    check_healthy(
        "
        3 stop api => kill api1 5s, kill worker1 5s | Stopped: Stopped Stopped
        3.1 exit worker1 0 =>
        3.2 exit api1 0 =>
        9 retry =>
        10 start api => spawn api2, wake 70 | Starting: Starting Restarting
        10.1 ready api2 => probe api2
        10.1 ok api2 => spawn worker2, wake 12.1 | Starting: Healthy Restarting
        10.2 ready worker2 => probe worker2
        10.2 ok worker2 => | Healthy: Healthy Healthy
        ",
    );
}

#[test]
fn start_overtakes_a_stop() {
    check_external(
        "
        3 stop api => kill api1 5s | Stopped: Stopped Disabled
        3.1 start api => | Starting: Restarting Disabled
        3.2 exit api1 0 => spawn api2, wake 63.2 | Starting: Starting Disabled
        ",
    );
}

#[test]
fn stop_overtakes_a_start() {
    check(
        External,
        "
        0 tick => spawn api1, wake 60 | Starting: Starting Disabled
        0.1 stop api => kill api1 5s | Stopped: Stopped Disabled
        0.2 spawned api1 =>
        0.3 exit api1 0 =>
        ",
    );
}

#[test]
fn a_spawn_that_fails_after_the_stop_is_a_stop() {
    check(
        External,
        "
        0 tick => spawn api1, wake 60 | Starting: Starting Disabled
        0.1 stop api => kill api1 5s | Stopped: Stopped Disabled
        0.2 unspawned api1 program_missing =>
        ",
    );
}

#[test]
fn retry_does_not_wait_for_the_backoff() {
    check_external(
        "
        1 exit api1 101 => wake 2 | Degraded: Restarting Disabled
        1.1 retry => spawn api2, wake 61.1
        ",
    );
}

#[test]
fn the_mode_changes_while_it_runs() {
    check_healthy(
        "
        3 mode external => kill worker1 5s, remember External, probe api1 | Healthy: Healthy Disabled
        3.1 exit worker1 0 =>
        3.2 start worker =>
        4 mode external => remember External
        5 mode embedded => remember Embedded, spawn worker2, wake 65 | Degraded: Healthy Starting
        5.1 mode external => kill worker2 5s, remember External | Healthy: Healthy Disabled
        5.2 mode embedded => remember Embedded | Degraded: Healthy Restarting
        5.3 exit worker2 0 => spawn worker3, wake 65.3 | Degraded: Healthy Starting
        ",
    );
}

#[test]
fn shutdown_ends_the_worker_first() {
    check_healthy(
        "
        3 shutdown => kill worker1 5s | Stopped: Healthy Stopped
        3.1 restart api =>
        3.2 exit worker1 0 => kill api1 5s | Stopped: Stopped Stopped
        3.3 exit api1 0 =>
        ",
    );
}

#[test]
fn shutdown_while_waiting_needs_nobody() {
    check_external(
        "
        1 exit api1 101 => wake 2 | Degraded: Restarting Disabled
        1.5 shutdown => | Stopped: Stopped Disabled
        2 tick =>
        ",
    );
}
