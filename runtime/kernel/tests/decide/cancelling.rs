//! Cancelling: at once when nobody holds the run, else by asking its holder to stop.

use crate::script::check;

#[test]
fn cancelling() {
    check(
        r#"
        given owner room r1
        and   local run q1 r1
        when owner/ws_b cancel q1       -> reject run_not_found
        then local cancel q1 reason=x*262145 -> reject field_too_long reason
        then local cancel q1            -> run.cancelled
        then local cancel q1            -> reject run_already_ended
        then E1 claim t1                -> ; nothing queued

        given owner room r1
        and   local run q1 r1
        and   local start q1
        and   local step s1 q1
        and   local tool c1 s1
        when local cancel q1            -> tool.failed(attempt_ended) run.cancelled
        then local complete q1          -> reject run_already_ended

        given owner room r1
        and   local run q1 r1
        and   E1 claim t1
        when local cancel q1            -> run.cancel.requested
        then local cancel q1            ->
        then E1 extend q1 t1            -> ; leased
        then E1 step s1 q1 t1           -> step.created
        then E1 fail q1 t1              -> run.cancelled
        then E1 fail q1 t1              -> reject run_already_ended

        given owner room r1
        and   local run q1 r1
        and   E1 claim t1
        and   local cancel q1
        when E1 complete q1 t1          -> run.completed

        given owner room r1
        and   local run q1 r1
        and   E1 claim t1
        and   local cancel q1
        when E1 release q1 t1           -> run.cancelled ; released
        then E1 claim t2                -> ; nothing queued

        given owner room r1
        and   local run q1 r1
        and   E1 claim t1
        and   E1 step s1 q1 t1
        and   E1 tool c1 s1 t1
        and   local cancel q1
        and   wait: 30000
        when system expire              -> tool.failed(attempt_ended) run.cancelled ; 1 expired
        then E1 complete q1 t1          -> reject run_already_ended

        given owner room r1
        and   local run q1 r1 observed=mine
        when owner cancel q1            -> run.cancel.requested
        and  wait: 30000
        then system expire              -> run.cancelled ; 1 expired
        "#,
    );
}
