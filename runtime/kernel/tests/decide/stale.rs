//! Work that nobody moves on is told of once, until it moves again.

use crate::script::check;

#[test]
fn what_does_not_move_is_told_of_once() {
    check(
        r#"
        when owner stale 0      -> reject internal_command
        then local stale 0      -> reject internal_command
        then E1 stale 0         -> reject internal_command
        then system stale 0     ->

        given owner room r1
        and   owner run q1 r1
        and   local ask a1 external.write
        and   wait: 60000
        when system stale 60000     ->
        given wait: 1
        when system stale 60000     -> incident.opened(low) incident.opened(low)
        then system stale 60000     ->
        given wait: 60001
        when system stale 60000     ->
        then owner decide a1 hold   -> approval.decided
        then E1 claim one           -> run.claimed#1 run.started ; leased
        then system stale 60000     ->
        given wait: 60001
        when system stale 60000     -> incident.opened(low) incident.opened(low)
        then E1 stale 0             -> reject internal_command
        "#,
    );
}

#[test]
fn what_has_ended_or_is_told_of_otherwise_is_not_stale() {
    check(
        r#"
        given owner room r1
        and   local run q1 r1 observed=mine
        and   local run q2 r1 input={"command":{"argv":["ls"]}}
        and   owner run q3 r1
        and   owner cancel q3
        and   local ask a1 x
        and   owner decide a1 approve
        and   wait: 60001
        when system stale 60000 -> incident.opened(low)
        "#,
    );
}

/// A key that somebody has used up keeps nothing from being told.
#[test]
fn a_key_that_is_taken_hides_nothing() {
    check(
        r#"
        given owner room r1
        and   owner thread t1 r1
        and   owner run q1 r1
        and   local post m1 t1 key=stale:run:q1:e3
        and   wait: 60001
        when system stale 60000 -> incident.opened(low)
        then system stale 60000 ->
        "#,
    );
}
