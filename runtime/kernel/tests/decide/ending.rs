//! A run and a tool call end exactly once, whoever races.

use crate::script::check;

#[test]
fn a_run_ends_once() {
    for (first, event) in [
        ("complete", "run.completed"),
        ("fail", "run.failed incident.opened(medium)"),
    ] {
        for second in ["complete", "fail"] {
            for token in ["t1", "other", ""] {
                check(&format!(
                    "given owner room r1
                     and owner run q1 r1
                     and E1 claim t1
                     when E1 {first} q1 t1     -> {event}
                     then E1 {second} q1 {token} -> reject run_already_ended
                     then owner {second} q1    -> reject run_already_ended
                     then owner cancel q1      -> reject run_already_ended
                     then owner start q1       -> reject run_not_queued
                     then E1 extend q1 t1      -> reject run_not_running
                     then E1 release q1 t1     -> ; not leased
                     then E1 step s1 q1        -> reject run_not_running
                     and wait: 60000
                     then system expire        -> ; 0 expired
                     then E2 claim t2          -> ; nothing queued"
                ));
            }
        }
    }
}

#[test]
fn a_run_that_nobody_holds_is_its_makers() {
    check(
        r#"
        given owner room r1
        and   local run q1 r1
        and   local start q1
        when local complete q1 made_up  -> reject lease_token_mismatch
        then local complete q1          -> run.completed
        "#,
    );
    // What the owner has asked for nobody else reports.
    for stranger in ["local", "E1"] {
        check(&format!(
            "given owner room r1
             and owner run q1 r1
             when {stranger} start q1     -> reject run_of_another
             then {stranger} cancel q1    -> reject run_of_another
             then owner start q1          -> run.started
             then {stranger} step s1 q1   -> reject run_of_another
             then {stranger} complete q1  -> reject run_of_another
             then {stranger} fail q1      -> reject run_of_another
             then {stranger} cancel q1    -> reject run_of_another
             then owner step s1 q1        -> step.created
             then owner complete q1       -> run.completed"
        ));
    }
}

#[test]
fn what_is_still_open_ends_with_the_run() {
    check(
        r#"
        given owner room r1
        and   owner run q1 r1
        and   E1 claim t1
        and   E1 step s1 q1 t1
        and   E1 tool c1 s1 t1
        and   E1 tool c2 s1 t1
        and   E1 tool c3 s1 t1
        and   E1 succeed c2 t1
        when E1 complete q1 t1  -> tool.failed(attempt_ended) tool.failed(attempt_ended) run.completed
        then E1 succeed c1      -> reject tool_call_not_running
        "#,
    );
}

#[test]
fn what_a_run_says_at_its_end_is_bounded() {
    let deep = |levels: usize| format!("{}1{}", "[".repeat(levels), "]".repeat(levels));
    check(&format!(
        "given owner room r1
         and owner run q1 r1
         and E1 claim t1
         when E1 complete q1 t1 output={}       -> reject json_too_deep output
         then E1 fail q1 t1 error={}            -> reject json_too_deep error
         then E1 complete q1 t1 summary=x*262145 -> reject field_too_long summary
         then E1 fail q1 t1 message=x*262145    -> reject field_too_long message
         then E1 complete q1 t1 output={} summary=x*262144 -> run.completed",
        deep(64),
        deep(64),
        deep(63)
    ));
}
