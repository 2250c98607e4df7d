//! Claims, fencing, and what time does to a lease.

use crate::script::check;

#[test]
fn engines_claim_oldest_first_what_they_may_run() {
    check(
        r#"
        given owner room r1
        and   owner room r2
        and   owner/ws_b room rb
        and   owner/ws_b run qb rb
        and   owner run q1 r1
        and   owner run q2 r2
        and   owner run q3 r1
        when local claim t              -> reject missing_engine_token
        then owner claim t              -> reject missing_engine_token
        then system claim t             -> reject missing_engine_token
        then E1@r1 claim t room=r2      -> reject engine_room_not_allowed
        then E1 claim t room=nowhere    -> reject room_not_found
        then E1 claim t room=rb         -> reject room_not_found
        then E1 claim t2 room=r2        -> run.claimed#1 run.started ; leased
        then E1@r2 claim t              -> ; nothing queued
        then E1@r1 claim t1             -> run.claimed#1 run.started ; leased
        then E2 claim t3                -> run.claimed#1 run.started ; leased
        then E2 claim t4                -> ; nothing queued
        then owner complete q2 t2       -> run.completed
        then owner complete q1 t1       -> run.completed
        then owner complete q3 t3       -> run.completed
        then E1/ws_b claim t5           -> run.claimed#1 run.started ; leased
        "#,
    );
}

#[test]
fn a_token_for_one_room_is_not_starved_by_the_queue_of_another() {
    let queue: Vec<String> = (0..150).map(|n| format!("and owner run q{n} r1")).collect();
    let queue = queue.join("\n");
    check(&format!(
        "given owner room r1
         and owner room r2
         {queue}
         and owner run wanted r2
         when E1@r2 claim t       -> run.claimed#1 run.started ; leased
         then E1 complete wanted t -> run.completed"
    ));
}

/// The fence, as a grid: who shows what, and may they write?
#[test]
fn the_fence() {
    const GRID: &str = "
        E1     good  yes
        E2     good  lease_token_mismatch
        local  good  yes
        owner  good  yes
        E1     bad   lease_token_mismatch
        E2     bad   lease_token_mismatch
        local  bad   lease_token_mismatch
        owner  bad   lease_token_mismatch
        E1     -     yes
        E2     -     lease_token_mismatch
        local  -     lease_token_mismatch
        owner  -     yes";
    for line in GRID.lines().filter(|line| !line.trim().is_empty()) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (who, token) = (words[0], if words[1] == "-" { "" } else { words[1] });
        for (write, event) in [
            (format!("complete q1 {token}"), "run.completed"),
            (
                format!("fail q1 {token}"),
                "run.failed incident.opened(medium)",
            ),
            (format!("step s2 q1 {token}"), "step.created"),
            (format!("tool c2 s1 {token}"), "tool.invoked"),
            (format!("output c1 {token} text=x"), "tool.output"),
            (format!("succeed c1 {token}"), "tool.succeeded"),
            (format!("break c1 {token}"), "tool.failed"),
            (format!("artifact a1 s1 {token}"), "artifact.created"),
        ] {
            let ends_run = event.starts_with("run.");
            let expected = match words[2] {
                "yes" if ends_run => format!("tool.failed(attempt_ended) {event}"),
                "yes" => event.to_owned(),
                code => format!("reject {code}"),
            };
            let case = |wait: u64, expected: &str| {
                format!(
                    "given owner room r1
                     and owner run q1 r1
                     and E1 claim good
                     and E1 step s1 q1 good
                     and E1 tool c1 s1 good
                     and wait: {wait}
                     when {who} {write} -> {expected}"
                )
            };
            check(&case(29_999, &expected));
            // Past its time nobody writes under the lease, not even its holder or the owner.
            let late = match words[2] {
                "yes" => "reject lease_expired".to_owned(),
                code => format!("reject {code}"),
            };
            check(&case(30_000, &late));
        }
    }
}

/// A process of an engine that lost its lease does not write under the one that another process of it has.
#[test]
fn from_the_second_attempt_on_only_the_token_tells_who_holds_a_run() {
    check(
        r#"
        given owner room r1
        and   owner run q1 r1
        and   E1 claim t1
        and   wait: 30000
        and   system expire
        and   E1 claim t2
        when E1 complete q1     -> reject lease_token_mismatch
        then E1 step s1 q1      -> reject lease_token_mismatch
        then E1 complete q1 t1  -> reject lease_token_mismatch
        then E1 complete q1 t2  -> run.completed
        "#,
    );
}

#[test]
fn a_heartbeat_needs_the_token_and_extends_from_now() {
    check(
        r#"
        given owner room r1
        and   owner run q1 r1
        and   E1 claim t1
        when E1 extend q1               -> reject missing_claim_token claim_token
        then E1 extend q1 other         -> reject lease_token_mismatch
        then E1 extend nowhere t1       -> reject run_not_found
        then owner/ws_b extend q1 t1    -> reject run_not_found
        and  wait: 29999
        then E1 extend q1 t1            -> ; leased
        and  wait: 29999
        then system expire              -> ; 0 expired
        then E1 extend q1 t1            -> ; leased
        and  wait: 30000
        then E1 extend q1 t1            -> reject lease_expired
        then system expire              -> run.lease.expired ; 1 expired
        then E1 extend q1 t1            -> reject run_not_running
        "#,
    );
}

#[test]
fn a_released_run_waits_for_the_next_attempt() {
    check(
        r#"
        given owner room r1
        and   owner run q1 r1
        and   E1 claim t1
        and   E1 step s1 q1 t1
        and   E1 tool c1 s1 t1
        when E1 release q1              -> reject missing_claim_token claim_token
        then E1 release q1 other        -> reject lease_token_mismatch
        then owner release q1 other     -> reject lease_token_mismatch
        then E1 release q1 t1           -> tool.failed(attempt_ended) run.lease.released ; released
        then E1 release q1 t1           -> ; not leased
        then E1 complete q1 t1          -> reject lease_token_mismatch
        then E2 claim t2                -> run.claimed#2 run.started ; leased
        then E1 complete q1 t1          -> reject lease_token_mismatch
        then E1 release q1 t1           -> reject lease_token_mismatch
        then E1 succeed c1 t1           -> reject lease_token_mismatch
        then E2 succeed c1 t2           -> reject tool_call_not_running
        then E2 complete q1 t2          -> run.completed
        "#,
    );
}

#[test]
fn expiry_ends_the_attempt_and_queues_the_run_again() {
    check(
        r#"
        when owner expire   -> reject internal_command
        then local expire   -> reject internal_command
        then E1 expire      -> reject internal_command
        then system expire  -> ; 0 expired

        given owner room r1
        and   owner run q1 r1
        and   owner run q2 r1
        and   owner run q3 r1
        and   E1 claim t1
        and   E1 claim t2
        and   E1 step s1 q1 t1
        and   E1 tool c1 s1 t1
        and   wait: 20000
        and   E1 claim t3
        and   wait: 10000
        when system expire      -> tool.failed(attempt_ended) run.lease.expired run.lease.expired ; 2 expired
        then system expire      -> ; 0 expired
        then E1 complete q1 t1  -> reject lease_token_mismatch
        then E1 complete q3 t3  -> run.completed
        then E2 claim t4        -> run.claimed#2 run.started ; leased
        then E1 step s2 q1 t1   -> reject lease_token_mismatch
        then E2 complete q1 t4  -> run.completed
        "#,
    );
}

#[test]
fn a_run_is_tried_five_times() {
    let attempts: Vec<String> = (1..=4)
        .map(|n| {
            format!(
                "then E1 claim t{n} -> run.claimed#{n} run.started ; leased
                 and wait: 30000
                 then system expire -> run.lease.expired ; 1 expired"
            )
        })
        .collect();
    let attempts = attempts.join("\n");
    check(&format!(
        "given owner room r1
         and owner run q1 r1
         {attempts}
         then E1 claim t5 -> run.claimed#5 run.started ; leased
         and wait: 30000
         then system expire -> run.failed(attempts_exhausted) incident.opened(high) ; 1 expired
         then E1 claim t6 -> ; nothing queued
         then E1 complete q1 t5 -> reject run_already_ended"
    ));
}

#[test]
fn a_reporter_that_falls_silent_leaves_a_failed_run() {
    check(
        r#"
        given owner room r1
        and   local run q1 r1 observed=mine
        and   local step s1 q1 mine
        and   local tool c1 s1 mine
        and   wait: 30000
        when local complete q1 mine -> reject lease_expired
        then system expire          -> tool.failed(attempt_ended) run.failed(reporter_lost) ; 1 expired
        then local complete q1 mine -> reject run_already_ended
        then E1 claim t1            -> ; nothing queued
        "#,
    );
}

/// What may not be done twice is not begun again once a tool call of it was under way.
#[test]
fn an_interrupted_command_is_not_begun_again_unless_it_says_that_it_may() {
    for (input, interrupted, ends) in [
        (
            r#"{"command":{"argv":["deploy"]}}"#,
            true,
            "tool.failed(attempt_ended) run.failed(outcome_unknown) incident.opened(medium)",
        ),
        (
            r#"{"command":{"argv":["deploy"]}}"#,
            false,
            "run.lease.expired",
        ),
        (
            r#"{"command":{"argv":["lint"],"retry":true}}"#,
            true,
            "tool.failed(attempt_ended) run.lease.expired",
        ),
        (
            r#"{"anything":"else"}"#,
            true,
            "tool.failed(attempt_ended) run.lease.expired",
        ),
    ] {
        let tool = if interrupted {
            "and E1 step s1 q1 t1\nand E1 tool c1 s1 t1"
        } else {
            ""
        };
        check(&format!(
            "given owner room r1
             and owner run q1 r1 input={input}
             and E1 claim t1
             {tool}
             and wait: 30000
             when system expire -> {ends} ; 1 expired"
        ));
        let released = ends.replace("lease.expired", "lease.released");
        check(&format!(
            "given owner room r1
             and owner run q1 r1 input={input}
             and E1 claim t1
             {tool}
             when E1 release q1 t1 -> {released} ; released"
        ));
    }
}

#[test]
fn a_run_that_everybody_gives_back_ends() {
    let turns: Vec<String> = (1..kernel::limits::RUN_RELEASES_MAX)
        .map(|n| format!("and E1 claim t{n} and E1 release q1 t{n}"))
        .collect();
    let turns = turns
        .join("\n")
        .replace(" and E1 release", "\nand E1 release");
    check(&format!(
        "given owner room r1
         and owner run q1 r1
         {turns}
         and E1 claim last
         when E1 release q1 last -> run.failed(attempts_exhausted) incident.opened(medium) ; released
         then E1 claim more      -> ; nothing queued"
    ));
}
