//! Failed runs open incidents by themselves; runs that are only watched, cancelled or refused do not.

use crate::script::{check, play};
use crate::world::{Entry, World};
use kernel::event::IncidentOpened;
use kernel::{Actor, Causation, Event};
use serde_json::json;

fn played(lines: &[&str]) -> World {
    let mut world = World::new();
    for line in lines {
        play(&mut world, line);
    }
    world
}

/// The last incident, and the event before it.
fn opened(world: &World) -> (&Entry, &Entry, &IncidentOpened) {
    let opens = |entry: &Entry| matches!(entry.draft.event, Event::IncidentOpened(_));
    let last = world.log.iter().rposition(opens).expect("an incident");
    let (cause, entry) = (&world.log[last - 1], &world.log[last]);
    let Event::IncidentOpened(data) = &entry.draft.event else {
        panic!("{entry:?}");
    };
    (cause, entry, data)
}

#[test]
fn a_failed_run_opens_an_incident() {
    let world = played(&[
        "given owner room r1",
        "given owner thread t1 r1",
        "given owner run run_01 r1 thread=t1 title=Backup correlation=night",
        "given E1 claim one",
        r#"when E1 fail run_01 one message="The disk is full" error={"code":"exit_status","status":1} -> run.failed(exit_status) incident.opened(medium)"#,
    ]);
    let (cause, entry, _) = opened(&world);
    assert!(matches!(cause.draft.event, Event::RunFailed(_)));
    assert_eq!(
        entry.draft.event.data(),
        json!({
            "incident_id": "inc_01", "category": "run_failed", "title": "Run failed: Backup", "summary": "The disk is full",
            "severity": "medium", "run_id": "run_01", "details": {"code": "exit_status", "status": 1},
        })
    );
    let draft = &entry.draft;
    assert_eq!(draft.causation, Causation::Previous);
    assert_eq!(draft.scope, cause.draft.scope);
    assert_eq!(draft.correlation_id.as_deref(), Some("night"));
    assert_eq!(draft.actor, Actor::service("signalbox"));
    assert_eq!(draft.idempotency_key.as_deref(), Some("run_failed:run_01"));
}

/// Long and nested things are in the failure itself.
#[test]
fn an_incident_repeats_what_an_error_says_plainly() {
    for (error, expected) in [
        (
            json!({"code": "c", "status": 1, "core": true, "n": null, "a": [1], "o": {}, "t": "x".repeat(201)}),
            Some(json!({"code": "c", "status": 1, "core": true})),
        ),
        (json!({"a": [1]}), None),
        (json!(["broken"]), None),
    ] {
        let world = played(&[
            "given owner room r1",
            "given owner run q1 r1",
            "given E1 claim one",
            &format!("given E1 fail q1 one error={error}"),
        ]);
        assert_eq!(opened(&world).2.details, expected, "{error}");
    }
}

#[test]
fn what_the_queue_gives_up_is_a_dead_letter() {
    let mut world = played(&["given owner room r1", "given owner run q1 r1"]);
    for turn in 0..5 {
        play(&mut world, &format!("given E1 claim t{turn}"));
        play(&mut world, "given wait: 30000");
        play(&mut world, "given system expire");
    }
    let (_, _, data) = opened(&world);
    assert_eq!(data.category.as_deref(), Some("run_dead_letter"));
    assert_eq!(data.severity.as_str(), "high");
    assert_eq!(data.title, "A run failed");
}

/// Codes are words that anybody may write: only what Signalbox itself says counts as given up, and only
/// an approval that was denied counts as denied.
#[test]
fn a_failure_does_not_choose_what_becomes_of_it() {
    check(
        r#"
        given owner room r1
        and   owner run q1 r1
        and   E1 claim one
        when E1 fail q1 one error={"code":"attempts_exhausted"} -> run.failed(attempts_exhausted) incident.opened(medium)

        given owner room r1
        and   owner run q1 r1
        and   local ask a1 external.write run=q1
        and   E1 claim one
        when E1 fail q1 one error={"code":"approval_denied","approval_id":"a1"} -> run.failed(approval_denied) incident.opened(medium)

        given owner room r1
        and   owner run q1 r1
        and   owner run q2 r1
        and   local ask a1 external.write run=q2
        and   owner decide a1 deny
        and   E1 claim one
        when E1 fail q1 one error={"code":"approval_denied","approval_id":"a1"} -> run.failed(approval_denied) incident.opened(medium)

        given owner room r1
        and   owner run q1 r1
        and   local ask a1 external.write run=q1
        and   owner decide a1 deny
        and   E1 claim one
        when E1 fail q1 one error={"code":"approval_denied","approval_id":"a1"} -> run.failed(approval_denied)
        "#,
    );
}

#[test]
fn nothing_opens_for_what_is_watched_cancelled_or_refused() {
    check(
        r#"
        given owner room r1
        and   local run q1 r1 observed=mine
        and   owner run q2 r1
        and   local run q3 r1
        and   E1 claim one
        when local fail q1 mine             -> run.failed
        then owner cancel q2                -> run.cancel.requested
        then E1 fail q2 one                 -> run.cancelled
        then owner cancel q3                -> run.cancelled
        "#,
    );
}

/// Whoever uses up the key in advance neither keeps the run from failing nor its incident from opening.
#[test]
fn a_key_that_is_taken_suppresses_nothing() {
    for taken in [
        "given local post m1 t1 key=run_failed:run_01",
        "given local open i1 title=harmless severity=low room=r1 key=run_failed:run_01",
        "given local open i1 title=harmless severity=low key=run_failed:run_01",
    ] {
        let world = played(&[
            "given owner room r1",
            "given owner thread t1 r1",
            "given owner run run_01 r1",
            taken,
            "given E1 claim one",
            "when E1 fail run_01 one -> run.failed incident.opened(medium)",
        ]);
        assert_eq!(opened(&world).2.incident_id, "inc_01");
    }
}

/// A message may be as long as a message may be; what is cut off it hides no half secret.
#[test]
fn a_long_message_is_cut_after_its_secrets_are_masked() {
    let message = format!("{} sk-{}", "x".repeat(3_990), "Zq7".repeat(12));
    let world = played(&[
        "given owner room r1",
        "given owner run q1 r1",
        "given E1 claim one",
        &format!("given E1 fail q1 one message=\"{message}\""),
    ]);
    let summary = opened(&world).2.summary.clone().unwrap();
    assert_eq!(summary.chars().count(), 4_000);
    assert!(summary.ends_with("x [redacted"), "{summary}");
}
