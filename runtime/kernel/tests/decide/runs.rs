//! Creating and starting runs.

use crate::script::check;

#[test]
fn a_run_belongs_to_a_room_of_the_workspace() {
    check(
        r#"
        given owner room r1
        and   owner room r2
        and   owner thread t1 r1
        and   owner/ws_b room rb
        when local run q1 r1                    -> run.created
        then local run q2                       -> reject missing_room_id room_id
        then local run q2 nowhere               -> reject room_not_found
        then local run q2 rb                    -> reject room_not_found
        then local run q2 r1 thread=t1          -> run.created
        then local run q3 r2 thread=t1          -> reject thread_room_mismatch thread_id
        then local run q3 r1 thread=nowhere     -> reject thread_not_found
        then local run q3 r1 title=x*301        -> reject field_too_long title
        then local run q3 r1 tags=["a"]         -> run.created
        then local run q4 r1 tags={}            -> reject invalid_type tags
        then local run q4 r1 input="k\0"        -> reject invalid_text input
        then local run q4 r1 correlation=x*201  -> reject field_too_long correlation_id
        "#
        .replace("input=\"k\\0\"", "input={\"k\":\"a\\u0000\"}")
        .as_str(),
    );
}

#[test]
fn an_input_is_no_deeper_than_its_limit() {
    // The input itself is the first level.
    let input = |levels: usize| format!("{}1{}", "[".repeat(levels), "]".repeat(levels));
    check(&format!(
        "given owner room r1
         when local run q1 r1 input={} -> run.created
         then local run q2 r1 input={} -> reject json_too_deep input",
        input(63),
        input(64)
    ));
}

#[test]
fn a_command_must_be_one_that_can_be_run() {
    check(
        r#"
        given owner room r1
        when owner run q1 r1 input={"command":{"argv":["ls","-l"],"cwd":"/tmp","env":{"A":"b"},"timeout_seconds":5}} -> run.created
        then owner run q2 r1 input={"command":{"argv":[]}}                  -> reject invalid_command input.command
        then owner run q2 r1 input={"command":{"argv":[""]}}                -> reject invalid_command input.command
        then owner run q2 r1 input={"command":"ls"}                         -> reject invalid_command input.command
        then owner run q2 r1 input={"command":{"argv":["ls"],"shell":true}} -> reject invalid_command input.command
        then owner run q2 r1 input={"command":{"argv":["ls"],"timeout_seconds":0}}      -> reject invalid_command input.command.timeout_seconds
        then owner run q2 r1 input={"command":{"argv":["ls"],"timeout_seconds":604801}} -> reject invalid_command input.command.timeout_seconds
        then owner run q2 r1 input={"command":{"argv":["ls"],"timeout_seconds":604800}} -> run.created
        then local run q3 r1 input={"command":null}                         -> reject invalid_command input.command
        then local run q3 r1 input={"commands":1}                           -> run.created
        "#,
    );
    let argv = |count: usize| {
        format!(
            r#"{{"command":{{"argv":[{}]}}}}"#,
            vec!["\"a\""; count].join(",")
        )
    };
    let long = |bytes: usize| format!(r#"{{"command":{{"argv":["{}"]}}}}"#, "a".repeat(bytes));
    check(&format!(
        "given owner room r1
         when owner run q1 r1 input={} -> run.created
         then owner run q2 r1 input={} -> reject invalid_command input.command
         then owner run q2 r1 input={} -> run.created
         then owner run q3 r1 input={} -> reject invalid_command input.command",
        argv(1_000),
        argv(1_001),
        long(128 * 1024),
        long(128 * 1024 + 1),
    ));
}

#[test]
fn a_run_is_started_once_and_only_from_the_queue() {
    check(
        r#"
        given owner room r1
        and   local run q1 r1
        when local start nowhere    -> reject run_not_found
        then owner/ws_b start q1    -> reject run_not_found
        then local start q1         -> run.started
        then local start q1         -> reject run_not_queued
        then local complete q1      -> run.completed
        then local start q1         -> reject run_not_queued

        given owner room r1
        and   local run q1 r1
        and   E1 claim one
        when owner start q1         -> reject run_not_queued
        "#,
    );
}

#[test]
fn an_observed_run_starts_at_once_and_no_engine_sees_it() {
    check(
        r#"
        given owner room r1
        when local run q1 r1 observed=mine  -> run.created run.claimed#1 run.started ; leased
        then E1 claim one                   -> ; nothing queued
        then local start q1                 -> reject run_not_queued
        then local complete q1              -> reject lease_token_mismatch
        then local complete q1 other        -> reject lease_token_mismatch
        then E1 complete q1                 -> reject lease_token_mismatch
        then local step s1 q1 mine          -> step.created
        then local extend q1 mine           -> ; leased
        then local complete q1 mine         -> run.completed
        then local complete q1 mine         -> reject run_already_ended

        given owner room r1
        and   local run q1 r1 observed=mine
        and   local step s1 q1 mine
        and   local tool c1 s1 mine
        when local release q1 mine          -> tool.failed(attempt_ended) run.failed(reporter_released) ; released
        then E1 claim one                   -> ; nothing queued
        "#,
    );
}

#[test]
fn nothing_happens_to_a_run_that_waits() {
    check(
        r#"
        given owner room r1
        and   owner run q1 r1
        when owner complete q1          -> reject run_not_running
        then owner fail q1              -> reject run_not_running
        then owner step s1 q1           -> reject run_not_running
        then owner complete q1 guess    -> reject lease_token_mismatch
        then E1 extend q1 guess         -> reject run_not_running
        then E1 release q1 guess        -> ; not leased
        "#,
    );
}
