//! The board: what may be published, and what may be done to a task in which state and by whom. That a
//! task is claimed once, ended by its holder only and stays on its channel, the reference asserts of
//! every event.

use crate::script::{caller, check, play};
use crate::world::World;
use kernel::board::{
    AbandonTask, ClaimTask, CompleteTask, ExtendTaskLease, InterruptTask, TaskState, UpdateTask,
};
use kernel::{Command, Event, StreamKey};
use proptest::prelude::*;

#[test]
fn what_may_be_published() {
    check(
        r#"
        when local publish general from=ann type=msg.human                -> channel.message.published
        then local publish general                                       -> reject missing_from from
        then local publish general from=" " type=x                       -> reject missing_from from
        then local publish general from=ann                              -> reject missing_type type
        then local publish general from=ann type=" "                     -> reject missing_type type
        then local publish general from=x*201 type=x                     -> reject field_too_long from
        then local publish general from=ann type=x*201                   -> reject field_too_long type
        then local publish x*201 from=ann type=x                         -> reject field_too_long channel
        then local publish " " from=ann type=x                           -> reject missing_channel channel
        then local publish general from=ann type=x body={"a":"\u0000"}    -> reject invalid_text body
        then local publish general from=ann type=x extra={"b":"\u0000"}   -> reject invalid_text b
        then local publish general from=sk-x*24 type=x                   -> reject secret_in_identifier from
        then local publish general from=owner type=x                     -> reject actor_reserved from
        then local publish general from=Signalbox type=x                 -> reject actor_reserved from
        then local publish general from=ann type=x key=x*201             -> reject field_too_long idempotency_key
        then owner publish general from=owner type=x                     -> channel.message.published
        then E1 publish general from=ann type=x                          -> channel.message.published
        then owner/ws_b publish general from=ann type=x                  -> reject channels_elsewhere x-workspace-id
        then local publish room.kitchen from=ann type=x                  -> channel.message.published
        then local publish room.room_none from=ann type=x                -> reject room_not_found
        "#,
    );
}

#[test]
fn a_key_publishes_once_on_its_channel() {
    check(
        r#"
        when local publish general from=ann type=x key=k                  -> channel.message.published
        then local publish general from=ann type=x key=k                  -> ; already
        then local publish other from=ann type=x key=k                    -> channel.message.published
        then local task t1 from=ann title=x channel=general key=k          -> reject idempotency_conflict
        then local task t1 from=ann title=x key=k2                         -> task.created
        then local task t2 from=ann title=x key=k2                         -> ; was t1
        "#,
    );
}

#[test]
fn rooms_are_channels() {
    check(
        r#"
        given owner room room_1
        and   owner/ws_b room room_b
        when local publish room.room_1 from=ann type=msg.human body={"text":"hi"} -> thread.created message.created
        then local publish room.room_1 from=ann type=msg.human body={"text":"yo"} message=m2 -> message.created
        then local publish room.room_1 from=ann type=msg.human body={"n":1}        -> channel.message.published
        then local publish room.room_1 from=ann type=build.ok body={"text":"hi"}   -> channel.message.published
        then local publish room.room_1 from=ann type=msg.x body={"text":"hi"} key=k message=m3 -> message.created
        then local publish room.room_1 from=ann type=msg.x body={"text":"hi"} key=k message=m4 -> ; was m3
        then local publish room.room_b from=ann type=x                            -> reject room_not_found
        then local task t1 from=ann title=x channel=room.room_1                   -> task.created
        "#,
    );
    let mut world = World::new();
    for line in [
        "given owner room room_1",
        r#"and local publish room.room_1 from=ann type=msg.x body={"text":"hi"}"#,
        "and local task t1 from=ann title=x channel=room.room_1",
        "and local take t1 from=bob",
        "and local publish general from=ann type=x",
    ] {
        play(&mut world, line);
    }
    let streams: Vec<StreamKey> = world
        .log
        .iter()
        .map(|entry| entry.draft.scope.stream())
        .collect();
    let room = StreamKey::Room("room_1".into());
    assert_eq!(streams[..5], vec![room; 5], "{streams:?}");
    assert_eq!(streams[5], StreamKey::Channel("general".into()));
}

#[test]
fn a_task_goes_from_open_to_done() {
    check(
        r#"
        given local task t1 from=ann title="Sweep the floor" for=bob
        when local take t1 from=carl                -> task.claimed#1 ; held by carl
        then local take t1 from=carl                -> reject task_not_open
        then local take t1 from=bob                 -> reject task_not_open
        then local finish t1 from=bob               -> reject not_claimant
        then local abandon t1 from=bob              -> reject not_claimant
        then local report t1 from=bob update={"n":1} -> task.updated
        then local interrupt t1 from=bob            -> task.interrupted
        then local abandon t1 from=carl             -> task.abandoned
        then local abandon t1 from=carl             -> reject task_not_claimed
        then local finish t1 from=carl              -> reject task_not_claimed
        then local take t1 from=bob                 -> task.claimed#2 ; held by bob
        then local finish t1 from=bob claim=1       -> reject claim_over
        then local finish t1 from=bob claim=2       -> task.done
        then local finish t1 from=bob               -> reject task_not_claimed
        then local finish t1 from=carl              -> reject not_claimant
        then local abandon t1 from=carl             -> reject not_claimant
        then local take t1 from=carl                -> reject task_not_open
        then local report t1 from=ann               -> task.updated
        then local interrupt t1 from=ann reason={"why":"late"} -> task.interrupted
        "#,
    );
}

/// Several things are wrong at once: which is said first. A claim looks at its sender first, all others
/// at their task.
#[test]
fn errors_have_the_order_of_the_contract() {
    check(
        r#"
        given local task t1 from=ann title=x
        and   local take t1 from=bob
        when local take none                        -> reject missing_from from
        then local take none from=ann               -> reject task_not_found
        then local take t1                          -> reject missing_from from
        then local report none                      -> reject task_not_found
        then local report t1                        -> reject missing_from from
        then local finish none                      -> reject task_not_found
        then local finish t1                        -> reject missing_from from
        then local finish t1 from=ann claim=9       -> reject not_claimant
        then local abandon none                     -> reject task_not_found
        then local abandon t1                       -> reject missing_from from
        then local interrupt none                   -> reject task_not_found
        then local interrupt t1                     -> reject missing_from from
        then local beat none                        -> reject task_not_found
        then local beat t1                          -> reject missing_from from
        then local beat t1 from=ann                 -> reject not_claimant
        then local beat t1 from=bob                 -> reject task_not_leased
        then local task t2                          -> reject missing_from from
        then local task t2 from=ann                 -> reject missing_title title
        then local task t2 from=ann title=x*1001    -> reject field_too_long title
        "#,
    );
}

#[test]
fn a_claim_with_a_lease_ends_by_itself() {
    check(
        r#"
        given local task t1 from=ann title=x
        and   local task t2 from=ann title=y
        when local take t1 from=bob lease=0         -> reject invalid_lease lease_s
        then local take t1 from=bob lease=604801    -> reject invalid_lease lease_s
        then local take t1 from=bob lease=30        -> task.claimed#1 ; held by bob leased
        then local take t2 from=bob                 -> task.claimed#1 ; held by bob
        given wait: 20000
        when local beat t1 from=carl                -> reject not_claimant
        then local beat t1 from=bob claim=2         -> reject claim_over
        then local beat t1 from=bob                 -> ; held by bob leased
        given wait: 20000
        when local fade                            -> reject internal_command
        then system fade                           ->
        then local take t1 from=carl                -> reject task_not_open
        given wait: 10000
        when system fade                           -> task.lease.expired
        then system fade                           ->
        then local finish t1 from=bob               -> reject task_not_claimed
        then local beat t1 from=bob                 -> reject task_not_claimed
        then local take t1 from=bob lease=30        -> task.claimed#2 ; held by bob leased
        then local finish t1 from=bob claim=1       -> reject claim_over
        then local finish t1 from=bob claim=2       -> task.done
        given wait: 99000
        when system fade                           ->
        "#,
    );
}

#[test]
fn signs_of_life_are_no_events() {
    check(
        r#"
        when local present from=ann channels=["general"] -> 
        then local present                               -> reject missing_from from
        then local present from=owner                    -> reject actor_reserved from
        then local present from=ann channels=[1]         -> reject invalid_type channels
        then local present from=ann meta=[]              -> reject invalid_type meta
        "#,
    );
    let mut world = World::new();
    play(&mut world, "given local present from=ann");
    assert!(world.log.is_empty());
    assert_eq!(world.board.present["ann"].last_seen, world.now);
}

/// The wire knows two events by other names than the log.
#[test]
fn types_of_messages() {
    let mut world = World::new();
    for line in [
        "given local task t1 from=ann title=x",
        "and local take t1 from=bob lease=1",
        "and local interrupt t1 from=ann",
        "and wait: 1000",
        "and system fade",
        "and local publish general from=ann type=free.form",
        "and owner room r1",
    ] {
        play(&mut world, line);
    }
    let types: Vec<Option<&str>> = world
        .log
        .iter()
        .map(|entry| kernel::board::message_type(&entry.draft.event))
        .collect();
    let expected = [
        "task.created",
        "task.claimed",
        "task.interrupt",
        "task.abandoned",
        "free.form",
    ];
    assert_eq!(types[..5], expected.map(Some));
    assert_eq!(types[5], None, "{:?}", world.log[5].draft.event);
}

proptest! {
    /// Whatever agents try in whatever order: the reference accepts every event, a claim is counted once,
    /// and who is refused leaves nothing.
    #[test]
    fn a_task_has_one_holder_at_a_time(
        moves in prop::collection::vec((0..7usize, 0..3usize, 0..4u32, any::<bool>()), 1..60)
    ) {
        let mut world = World::new();
        play(&mut world, "given local task t1 from=ann title=x");
        for (verb, who, claim, with_claim) in moves {
            let (task_id, from) = ("t1".to_owned(), Some(["ann", "bob", "carl"][who].to_owned()));
            let attempt = with_claim.then_some(claim);
            let lease_s = with_claim.then_some(u64::from(claim) + 1);
            let (name, command) = match verb {
                0 => ("local", Command::ClaimTask(ClaimTask { task_id, from, lease_s })),
                1 => ("local", Command::CompleteTask(CompleteTask { task_id, from, attempt, ..Default::default() })),
                2 => ("local", Command::AbandonTask(AbandonTask { task_id, from, attempt })),
                3 => ("local", Command::UpdateTask(UpdateTask { task_id, from, ..Default::default() })),
                4 => ("local", Command::InterruptTask(InterruptTask { task_id, from, reason: None })),
                5 => ("local", Command::ExtendTaskLease(ExtendTaskLease { task_id, from, attempt })),
                _ => ("system", Command::ExpireTaskLeases),
            };
            let before = world.board.tasks["t1"].clone();
            let length = world.log.len();
            let (who, workspace_id) = caller(name);
            let outcome = world.submit(&who, &workspace_id, command);
            let after = &world.board.tasks["t1"];
            if outcome.is_err() {
                prop_assert_eq!(length, world.log.len());
                prop_assert_eq!(&before, after);
            }
            let leased = world.board.leases.contains_key("t1");
            let held = matches!(after.state, TaskState::Claimed { .. });
            prop_assert!(!leased || held);
            if matches!(before.state, TaskState::Done { .. }) {
                prop_assert_eq!(&before.state, &after.state);
            }
            world.now = world.now.plus_millis(i64::from(claim) * 700);
        }
        let claims = world.log.iter().filter(|entry| matches!(entry.draft.event, Event::TaskClaimed(_)));
        prop_assert_eq!(claims.count(), world.board.tasks["t1"].attempt as usize);
    }
}
