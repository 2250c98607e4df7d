//! Incidents: what may be opened, who may add to one, and when it may be closed.

use crate::script::{check, play};
use crate::world::World;
use kernel::{Causation, Event};

#[test]
fn what_may_be_opened() {
    check(
        r#"
        given owner room r1
        and   owner room r2
        and   owner thread t1 r1
        and   owner thread t1b r1
        and   owner thread t2 r2
        and   owner run q1 r1
        and   owner run q2 r1 thread=t1
        and   owner/ws_b room rb
        and   owner/ws_b thread tb rb
        and   owner/ws_b run qb rb
        when local open i1 title="It broke"                             -> incident.opened(medium)
        then local open i2 summary="It broke"                           -> incident.opened(medium)
        then local open i3                                              -> reject missing_title title
        then local open i3 title=" " summary=" "                        -> reject missing_title title
        then local open i3 title=x*301                                  -> reject field_too_long title
        then local open i3 summary=x*4001                               -> reject field_too_long summary
        then local open i3 title="\0"                                   -> reject invalid_text title
        then local open i3 title=x severity=bad                         -> reject invalid_severity severity
        then local open i3 title=x severity=High                        -> reject invalid_severity severity
        then local open i3 title=x severity=""                          -> reject invalid_severity severity
        then local open i3 title=x category=x*201                       -> reject field_too_long category
        then local open i3 title=x entity=x*201                         -> reject field_too_long entity_type
        then local open i3 title=x of=x*201                             -> reject field_too_long entity_id
        then local open i3 title=x details={"a":"\u0000"}               -> reject invalid_text details
        then local open i3 title=x run=nowhere                          -> reject run_not_found
        then local open i3 title=x run=qb                               -> reject run_not_found
        then local open i3 title=x room=nowhere                         -> reject room_not_found
        then local open i3 title=x room=rb                              -> reject room_not_found
        then local open i3 title=x thread=nowhere                       -> reject thread_not_found
        then local open i3 title=x thread=tb                            -> reject thread_not_found
        then local open i3 title=x run=q1 room=r2                       -> reject run_room_mismatch room_id
        then local open i3 title=x run=q1 room=nowhere                  -> reject run_room_mismatch room_id
        then local open i3 title=x run=q2 thread=t1b                    -> reject run_thread_mismatch thread_id
        then local open i3 title=x run=q1 thread=t1                     -> reject run_thread_mismatch thread_id
        then local open i3 title=x room=r1 thread=t2                    -> reject thread_room_mismatch thread_id
        then local open i3 title=x id=owner                             -> reject actor_reserved actor_id
        then local open i3 title=x correlation=sk-x*24                  -> reject secret_in_identifier correlation_id
        then local open i3 title=x key=x*201                            -> reject invalid_idempotency_key idempotency_key
        then local open i3 title=x key=""                               -> reject invalid_idempotency_key idempotency_key
        then local open i3 title=x key=sk-x*24                          -> reject invalid_idempotency_key idempotency_key
        then local/ws_b open i3 title=x                                 -> reject workspace_forbidden
        then E1 open i3 title=x severity=warning                        -> incident.opened(low)
        then owner open i4 title=x severity=critical run=q2 room=r1 thread=t1 -> incident.opened(critical)
        then owner open i5 title=x severity=high thread=t2              -> incident.opened(high)
        "#,
    );
}

/// Several things are wrong at once: which is said first.
#[test]
fn errors_have_an_order() {
    check(
        r#"
        given owner room r1
        and   owner thread t1 r1
        and   owner run q1 r1
        when local open i1 severity=bad run=q1 room=nowhere key=""      -> reject missing_title title
        then local open i1 title=x severity=bad run=q1 room=nowhere     -> reject invalid_severity severity
        then local open i1 title=x run=q1 room=nowhere thread=t1 key="" -> reject run_room_mismatch room_id
        then local open i1 title=x run=q1 thread=t1 key=""              -> reject run_thread_mismatch thread_id
        then local open i1 title=x run=nowhere room=nowhere key=""      -> reject invalid_idempotency_key idempotency_key
        then local open i1 title=x run=nowhere room=nowhere             -> reject run_not_found
        then local open i1 title=x room=nowhere thread=nowhere          -> reject room_not_found
        then local open i1 title=x room=r1 thread=nowhere               -> reject thread_not_found
        "#,
    );
}

#[test]
fn a_key_opens_one_incident_in_its_workspace() {
    check(
        r#"
        given owner room r1
        and   owner room r2
        and   owner thread t1 r1
        and   owner run q1 r1
        and   local post m1 t1 key=used
        when local open i1 title=x room=r1 key=k                -> incident.opened(medium)
        then local open i2 title=y severity=high room=r2 key=k  -> ; was i1
        then E1 open i3 title=x key=k                           -> ; was i1
        then local open i4 title=x run=q1 key=k                 -> ; was i1
        then local open i5 room=r1 key=k                        -> reject missing_title title
        then owner/ws_b open i6 title=x key=k                   -> incident.opened(medium)
        then local open i7 title=x key=l                        -> incident.opened(medium)
        then local open i8 title=x                              -> incident.opened(medium)
        then local open i9 title=x                              -> incident.opened(medium)
        then local open i10 title=x room=r1 key=used            -> reject idempotency_conflict_unresolved
        then local open i10 title=x room=r2 key=used            -> incident.opened(medium)
        then local post m2 t1 key=k                             -> reject idempotency_conflict
        "#,
    );
}

#[test]
fn anybody_adds_to_an_open_incident() {
    check(
        r#"
        given owner room r1
        and   local open i1 title=x room=r1
        and   owner/ws_b open ib title=x
        when local rca i1                                       -> reject missing_rca_payload summary
        then local rca i1 summary=" " analysis=[]               -> reject missing_rca_payload summary
        then local rca i1 analysis={}                           -> reject missing_rca_payload summary
        then local rca i1 analysis=null                         -> reject missing_rca_payload summary
        then local rca i1 summary=x*4001                        -> reject field_too_long summary
        then local rca i1 analysis=["\u0000"]                   -> reject invalid_text analysis
        then local rca nothing summary=x                        -> reject incident_not_found
        then local rca ib summary=x                             -> reject incident_not_found
        then local rca i1 summary=x id=owner                    -> reject actor_reserved actor_id
        then local rca i1 summary="The disk was full"           -> incident.rca.updated
        then E1 rca i1 analysis={"disk":"full"}                 -> incident.rca.updated
        then local learn l1 i1                                  -> reject missing_note note
        then local learn l1 i1 note=" "                         -> reject missing_note note
        then local learn l1 i1 note=x*8001                      -> reject field_too_long note
        then local learn l1 i1 note=x tags={}                   -> reject invalid_type tags
        then local learn l1 i1 note=x tags=["a",1]              -> reject invalid_type tags
        then local learn l1 nothing note=x                      -> reject incident_not_found
        then local learn l1 ib note=x                           -> reject incident_not_found
        then local learn l1 i1 note=x id=owner                  -> reject actor_reserved actor_id
        then local learn l1 i1 note=x tags=["disk","alarm"]     -> incident.learning.logged
        then E1 learn l2 i1 note=y                              -> incident.learning.logged
        "#,
    );
}

#[test]
fn only_the_owner_closes_what_is_understood() {
    check(
        r#"
        given owner room r1
        and   local open i1 title=x room=r1
        and   local open i2 title=x
        when local close i1                 -> reject owner_only
        then E1 close i1                    -> reject owner_only
        then system close i1                -> reject owner_only
        then owner close nothing            -> reject incident_not_found
        then owner/ws_b close i1            -> reject incident_not_found
        then owner close i1                 -> reject incident_close_blocked_missing_rca
        then local learn l1 i1 note=y       -> incident.learning.logged
        then owner close i1                 -> reject incident_close_blocked_missing_rca
        then local rca i1 summary=y         -> incident.rca.updated
        then local rca i2 summary=y         -> incident.rca.updated
        then owner close i2                 -> reject incident_close_blocked_missing_learning
        then owner close i1 reason=x*4001   -> reject field_too_long reason
        then owner close i1 reason=done     -> incident.closed
        then owner close i1                 -> reject incident_already_closed
        then local rca i1 summary=z         -> reject incident_closed
        then local learn l2 i1 note=z       -> reject incident_closed
        then local rca i1                   -> reject missing_rca_payload summary
        then local learn l2 i1              -> reject missing_note note
        then local learn l3 i2 note=z       -> incident.learning.logged
        then owner close i2                 -> incident.closed
        "#,
    );
}

#[test]
fn what_is_kept_together_is_bounded() {
    let many = |count: usize| serde_json::json!(vec!["t"; count]).to_string();
    let long = |bytes: usize| serde_json::json!(["x".repeat(bytes - 4)]).to_string();
    check(&format!(
        "given owner open i1 title=x
         when owner open i2 title=x details={}   -> reject field_too_long details
         then owner open i2 title=x details={}   -> incident.opened(medium)
         then owner rca i1 analysis={}           -> reject field_too_long analysis
         then owner rca i1 analysis={}           -> incident.rca.updated
         then owner learn l1 i1 note=x tags={}   -> reject too_many_entries tags
         then owner learn l1 i1 note=x tags={}   -> incident.learning.logged
         then owner learn l2 i1 note=x tags=[\"{}\"] -> reject field_too_long tags
         then owner learn l2 i1 note=x tags=[\"{}\"] -> incident.learning.logged",
        long(65_537),
        long(65_536),
        long(65_537),
        long(65_536),
        many(65),
        many(64),
        "x".repeat(201),
        "x".repeat(200),
    ));
    let learnings: Vec<String> = (0..200)
        .map(|n| format!("and owner learn l{n} i1 note=x"))
        .collect();
    check(&format!(
        "given owner open i1 title=x
         {}
         when owner learn last i1 note=x -> reject incident_learnings_full",
        learnings.join("\n")
    ));
}

/// One story: in the stream of its room, each event caused by the one before it.
#[test]
fn an_incident_keeps_its_place_and_its_correlation() {
    let mut world = World::new();
    for line in [
        "given owner room r1 mission=m1",
        "given owner thread t1 r1",
        "given owner run q1 r1 thread=t1 correlation=story",
        r#"given local open i1 title=x run=q1 type=agent id=ann"#,
        r#"given E1 rca i1 summary=y"#,
        r#"given local learn l1 i1 note=z tags=["a",""]"#,
        "given owner close i1",
    ] {
        play(&mut world, line);
    }
    let story = &world.log[3..];
    let run = &world.runs["q1"];
    for (place, entry) in story.iter().enumerate() {
        let draft = &entry.draft;
        assert_eq!(draft.scope, run.scope(), "{entry:?}");
        assert_eq!(draft.correlation_id.as_deref(), Some("story"), "{entry:?}");
        let cause = match place {
            0 => Causation::None,
            place => Causation::Event(story[place - 1].id.clone()),
        };
        assert_eq!(draft.causation, cause);
    }
    let actors: Vec<&str> = story
        .iter()
        .map(|entry| entry.draft.actor.actor_id.as_str())
        .collect();
    assert_eq!(actors, ["ann", "e1", "anon", "owner"]);
    assert_eq!(
        story[2].draft.event.data(),
        serde_json::json!({"incident_id": "i1", "learning_id": "l1", "note": "z", "tags": ["a"]})
    );
    assert_eq!(
        story[1].draft.event.data(),
        serde_json::json!({"incident_id": "i1", "rca": {"summary": "y"}})
    );
}

/// A title that is cut out of a summary does not cut a secret into something that is no longer seen as one.
#[test]
fn a_title_out_of_a_summary_is_its_first_line_without_secrets() {
    let mut world = World::new();
    let summary = format!("{} sk-{}\nmore", "x".repeat(290), "Zq7".repeat(12));
    play(
        &mut world,
        &format!("given local open i1 summary=\"{summary}\""),
    );
    let Event::IncidentOpened(opened) = &world.log[0].draft.event else {
        panic!("{:?}", world.log);
    };
    assert_eq!(opened.title, format!("{} [redacted", "x".repeat(290)));
}
