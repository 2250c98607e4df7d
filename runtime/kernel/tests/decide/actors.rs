//! Whom events name: a name without proof is only a name.

use crate::script::{check, play};
use crate::world::World;

#[test]
fn without_a_token_nobody_takes_a_name_that_is_somebodys() {
    check(
        r#"
        given owner room r1
        and   owner thread t1 r1
        and   owner register E1 k1 actor=builder
        when local run q1 r1 id=owner                  -> reject actor_reserved actor_id
        then local run q1 r1 type=agent id=Owner       -> reject actor_reserved actor_id
        then local run q1 r1 type=service id=signalbox -> reject actor_reserved actor_id
        then local run q1 r1 type=service id=dlp       -> reject actor_reserved actor_id
        then local run q1 r1 type=service id=builder   -> reject actor_reserved actor_id
        then local run q1 r1 type=agent id=builder     -> reject actor_reserved actor_id
        then local run q1 r1 id=sk-x*24                -> reject secret_in_identifier actor_id
        then local run q1 r1 id=x*201                  -> reject field_too_long actor_id
        then local run q1 r1 id=ann                    -> run.created
        then local post m1 t1 type=service id=owner    -> reject actor_reserved sender_id
        then local post m1 t1 id=OWNER                 -> reject actor_reserved sender_id
        then local post m1 t1 type=service id=builder  -> reject actor_reserved sender_id
        then local post m1 t1 type=service id=dlp      -> reject actor_reserved sender_id
        then local post m1 t1 type=agent id=codex      -> message.created

        given owner room r1
        and   owner/ws_b register E1 k1 actor=builder
        when local run q1 r1 id=builder                -> run.created
        "#,
    );
}

/// The actors of the log after these lines, without those of the room.
fn actors(lines: &str) -> Vec<String> {
    let mut world = World::new();
    play(&mut world, "given owner room r1");
    for line in lines.trim().lines() {
        play(&mut world, line.trim());
    }
    let told = world.log.iter().skip(1).map(|entry| {
        let (event, actor) = (&entry.draft.event, &entry.draft.actor);
        let kind = actor.actor_type.as_str();
        format!("{} {kind}:{}", event.event_type(), actor.actor_id)
    });
    told.collect()
}

#[test]
fn a_run_names_whoever_created_it() {
    for (words, actor) in [
        ("local run q1 r1", "user:anon"),
        ("local run q1 r1 id=ann", "user:ann"),
        ("local run q1 r1 type=agent id=codex", "agent:codex"),
        ("local run q1 r1 type=agent", "agent:anon"),
        ("local run q1 r1 type=service", "service:api"),
        ("local run q1 r1 type=robot id=r2", "user:r2"),
        // Whoever shows a token is who it says, whatever the body declares.
        ("owner run q1 r1", "user:owner"),
        ("owner run q1 r1 type=agent id=codex", "user:owner"),
        ("E1 run q1 r1 id=ann", "service:e1"),
    ] {
        let told = actors(&format!("given {words}"));
        assert_eq!(told, [format!("run.created {actor}")], "{words}");
    }
}

#[test]
fn the_reports_of_an_observed_run_name_its_reporter() {
    let told = actors(
        "given local run q1 r1 id=ann observed=tok
         and   local step s1 q1 tok
         and   local tool c1 s1 tok
         and   local output c1 tok text=x
         and   local artifact a1 s1 tok
         and   local cancel q1
         and   local succeed c1 tok
         and   local tool c2 s1 tok
         and   local complete q1 tok",
    );
    let expected = [
        "run.created user:ann",
        "run.claimed user:ann",
        "run.started user:ann",
        "step.created user:ann",
        "tool.invoked user:ann",
        "tool.output user:ann",
        "artifact.created user:ann",
        // Anybody may ask a run to stop: this is not its reporter.
        "run.cancel.requested user:anon",
        "tool.succeeded user:ann",
        "tool.invoked user:ann",
        "tool.failed user:ann",
        "run.completed user:ann",
        "evidence.manifest.created service:signalbox",
    ];
    assert_eq!(told, expected);
}

#[test]
fn a_claim_token_makes_nobody_the_owner_nor_an_engine() {
    for (creator, named) in [("owner", "user:owner"), ("E1", "service:e1")] {
        let told = actors(&format!(
            "given owner register E1 k1 actor=e1
             and   {creator} run q1 r1 observed=tok
             and   local step s1 q1 tok"
        ));
        assert_eq!(told[3], format!("run.created {named}"));
        assert_eq!(told[6], "step.created user:anon", "{creator}");
    }
    // Nor does the token of an engine's lease.
    let told = actors(
        "given local run q1 r1 id=ann
         and   E1 claim tok
         and   local step s1 q1 tok",
    );
    assert_eq!(told[3], "step.created user:anon");
}
