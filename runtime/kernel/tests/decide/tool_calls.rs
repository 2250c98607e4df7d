//! Steps, tool calls, and the budget of their live output.

use crate::script::{check, play};
use crate::world::World;
use kernel::limits::{OPEN_TOOL_CALLS_MAX, OUTPUT_EVENTS_MAX, RUN_EVENTS_MAX};

#[test]
fn steps_belong_to_a_running_run() {
    check(
        r#"
        given owner room r1
        and   local run q1 r1
        and   local start q1
        when local step s1 nowhere      -> reject run_not_found
        then owner/ws_b step s1 q1      -> reject run_not_found
        then local step s1 q1 kind=""   -> reject missing_kind kind
        then local step s1 q1 kind=x*201 -> reject field_too_long kind
        then local step s1 q1 title=x*301 -> reject field_too_long title
        then local step s1 q1           -> step.created
        and  local complete q1
        then local step s2 q1           -> reject run_not_running
        then local tool c1 s1           -> reject run_not_running
        "#,
    );
}

#[test]
fn a_tool_call_ends_once() {
    for (first, event) in [("succeed", "tool.succeeded"), ("break", "tool.failed")] {
        for second in ["succeed", "break", "output"] {
            check(&format!(
                "given owner room r1
                 and local run q1 r1
                 and local start q1
                 and local step s1 q1
                 and local tool c1 s1
                 when local {first} c1          -> {event}
                 then local {second} c1 text=x  -> reject tool_call_not_running
                 then local complete q1         -> run.completed
                 then local {second} c1 text=x  -> reject tool_call_not_running"
            ));
        }
    }
}

#[test]
fn tool_calls_are_found_in_their_workspace_only() {
    check(
        r#"
        given owner room r1
        and   local run q1 r1
        and   local start q1
        and   local step s1 q1
        when local tool c1 nowhere          -> reject step_not_found
        then owner/ws_b tool c1 s1          -> reject step_not_found
        then local tool c1 s1 name=""       -> reject missing_tool_name tool_name
        then local tool c1 s1 name=x*201    -> reject field_too_long tool_name
        then local tool c1 s1 model={"k\u0000":1} -> reject invalid_text model_context
        then local tool c1 s1 model={"name":"m"}  -> tool.invoked
        then owner/ws_b succeed c1          -> reject tool_call_not_found
        then owner/ws_b output c1 text=x    -> reject tool_call_not_found
        then local succeed nowhere          -> reject tool_call_not_found
        then local break c1 error={"k\u0000":1}  -> reject invalid_text error
        then local break c1 output={"k\u0000":1} -> reject invalid_text output
        then local break c1 message=x*262145     -> reject field_too_long message
        then local succeed c1 output={"k\u0000":1} -> reject invalid_text output
        then local succeed c1               -> tool.succeeded
        "#,
    );
}

#[test]
fn live_output_has_a_budget() {
    // 64 chunks of 16 KiB are the whole budget of 1 MiB.
    let chunks = ["then local output c1 text=x*16384 -> tool.output"; 63].join("\n");
    check(&format!(
        "given owner room r1
         and local run q1 r1
         and local start q1
         and local step s1 q1
         and local tool c1 s1
         and local tool c2 s1
         when local output c1           ->
         then local output c1 text=x*16385 -> reject payload_too_large
         {chunks}
         then local output c1 text=x*16383 -> tool.output
         then local output c1 text=xx   -> ; truncated
         then local output c1 text=x    -> tool.output
         then local output c1 text=x    -> ; truncated
         then local output c1           ->
         then local output c2 text=x    -> tool.output
         then local succeed c1          -> tool.succeeded"
    ));
}

#[test]
fn live_output_comes_in_a_bounded_number_of_pieces() {
    let mut world = World::new();
    for line in [
        "given owner room r1",
        "and local run q1 r1",
        "and local start q1",
        "and local step s1 q1",
        "and local tool c1 s1",
        "and local tool c2 s1",
    ] {
        play(&mut world, line);
    }
    for _ in 0..OUTPUT_EVENTS_MAX {
        play(&mut world, "then local output c1 text=x -> tool.output");
    }
    play(&mut world, "then local output c1 text=x -> ; truncated");
    play(&mut world, "then local output c2 text=x -> tool.output");
    play(&mut world, "then local succeed c1 -> tool.succeeded");
}

#[test]
fn open_tool_calls_of_a_run_are_bounded() {
    let mut world = World::new();
    for line in [
        "given owner room r1",
        "and local run q1 r1",
        "and local start q1",
        "and local step s1 q1",
    ] {
        play(&mut world, line);
    }
    for call in 0..OPEN_TOOL_CALLS_MAX {
        play(&mut world, &format!("and local tool c{call} s1"));
    }
    let refused = "then local tool more s1 -> reject too_many_open_tool_calls";
    play(&mut world, refused);
    play(&mut world, "then local succeed c7 -> tool.succeeded");
    play(&mut world, "then local tool more s1 -> tool.invoked");
}

/// What a run consists of, and what is asked in its name, ends when it has grown too long; its end
/// does not.
#[test]
fn a_run_does_not_grow_for_ever() {
    let mut world = World::new();
    for line in [
        "given owner room r1",
        "and local run q1 r1",
        "and local start q1",
        "and local step s1 q1",
        "and local tool c1 s1",
        "and local output c1 text=x",
    ] {
        play(&mut world, line);
    }
    let last = world.log.last().unwrap().clone();
    let missing = RUN_EVENTS_MAX as usize + 1 - world.log.len() + 1;
    world.log.extend(std::iter::repeat_n(last, missing));
    for line in [
        "then local step s2 q1 -> reject run_too_long",
        "then local tool c2 s1 -> reject run_too_long",
        "then local artifact a1 s1 kind=k -> reject run_too_long",
        "then local evaluate external.write run=q1 -> reject run_too_long",
        "then local succeed c1 -> tool.succeeded",
        "then local complete q1 -> run.completed",
    ] {
        play(&mut world, line);
    }
}
