//! Evidence: every run that ends leaves one manifest, whoever ends it and however.

use crate::script::{caller, check, play};
use crate::world::World;
use kernel::limits::{EVIDENCE_IDS_MAX, EVIDENCE_POINTERS_MAX};
use kernel::{Command, Event, canonical, chain, review};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

fn played(table: &str) -> World {
    let mut world = World::new();
    for line in table.lines().map(str::trim).filter(|line| !line.is_empty()) {
        play(&mut world, line);
    }
    world
}

fn manifests(world: &World) -> Vec<Value> {
    let events = world.log.iter().map(|entry| &entry.draft.event);
    events
        .filter(|event| matches!(event, Event::EvidenceManifestCreated(_)))
        .map(Event::data)
        .collect()
}

fn sha256(text: &str) -> String {
    chain::display(&Sha256::digest(text).into())
}

/// Every way out of a run.
#[test]
fn a_run_that_ends_leaves_evidence() {
    let ls = r#"input={"command":{"argv":["ls"]}}"#;
    for (status, ending) in [
        ("succeeded", "given owner run q1 r1\nand E1 claim t\nand E1 complete q1 t".to_owned()),
        ("failed", "given owner run q1 r1\nand E1 claim t\nand E1 fail q1 t".to_owned()),
        ("cancelled", "given owner run q1 r1\nand owner cancel q1".to_owned()),
        ("cancelled", "given owner run q1 r1\nand E1 claim t\nand owner cancel q1\nand E1 fail q1 t".to_owned()),
        ("cancelled", "given owner run q1 r1\nand E1 claim t\nand owner cancel q1\ngiven wait: 30000\nand system expire".to_owned()),
        ("failed", "given local run q1 r1 observed=t\ngiven wait: 30000\nand system expire".to_owned()),
        ("failed", "given local run q1 r1 observed=t\nand local release q1 t".to_owned()),
        ("failed", format!("given local run q1 r1 {ls}\nand owner decide a_q1 deny")),
        ("failed", format!("given local run q1 r1 {ls}\nand owner withdraw a_q1")),
        ("failed", format!("given local run q1 r1 {ls}\ngiven wait: 86400000\nand system lapse")),
        ("failed", format!("given owner switch on\nand local run q1 r1 {ls}")),
        ("failed", format!("given owner run q1 r1 {ls}\nand owner switch on\nand E1 claim t")),
    ] {
        let world = played(&format!("given owner room r1\n{ending}"));
        let made = manifests(&world);
        assert_eq!(made.len(), 1, "{ending}");
        assert_eq!(made[0]["run_status"], status, "{ending}");
        assert_eq!(made[0]["evidence_id"], "evd_q1");
        assert_eq!(made[0]["manifest"]["completeness"]["run_ended"], true);
        let last = &world.log.last().unwrap().draft;
        assert_eq!(last.event.event_type(), "evidence.manifest.created");
        let key = last.idempotency_key.as_deref();
        assert_eq!(key, Some("evidence_manifest:q1"), "{ending}");
    }
}

#[test]
fn evidence_is_written_once_and_only_of_what_has_ended() {
    check(
        r#"
        given owner room r1
        and   owner run q1 r1
        when local finalize nowhere     -> reject run_not_found
        then owner/ws_b finalize q1     -> reject run_not_found
        then local finalize q1          -> reject run_not_ended
        then E1 claim t                 -> run.claimed#1 run.started ; leased
        then local finalize q1          -> reject run_not_ended
        then E1 complete q1 t           -> run.completed
        then local finalize q1          ->
        then E1 finalize q1             ->
        "#,
    );
}

/// Nobody may take the key of a manifest before its run ends.
#[test]
fn the_key_of_a_manifest_is_reserved() {
    check(
        r#"
        given owner room r1
        and   owner thread t1 r1
        when local post m1 t1 key=evidence_manifest:q1  -> reject idempotency_key_reserved Idempotency-Key
        then owner post m1 t1 key=evidence_manifest:q1  -> reject idempotency_key_reserved Idempotency-Key
        then owner post m1 t1 key=evidence              -> message.created
        "#,
    );
}

#[test]
fn a_manifest_says_what_there_was_in_the_order_of_the_stream() {
    let world = played(
        "given owner room r1
         and owner thread t1 r1
         and owner run q1 r1
         and owner post m1 t1
         and E1 claim t
         and E1 step s1 q1 t
         and owner post m2 t1
         and E1 tool c1 s1 t
         and E1 output c1 t text=x
         and E1 succeed c1 t
         and E1 tool c2 s1 t
         and E1 artifact a1 s1 t
         and E1 complete q1 t",
    );
    let [made]: [Value; 1] = manifests(&world).try_into().unwrap();
    let manifest = &made["manifest"];
    let pointers = manifest["events"].as_array().unwrap();
    let seqs: Vec<u64> = pointers
        .iter()
        .map(|pointer| pointer["stream_seq"].as_u64().unwrap())
        .collect();
    // 4 and 8 are messages.
    assert_eq!(seqs, [3, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15]);
    assert_eq!(pointers[0]["event_type"], "run.created");
    assert_eq!(pointers[10]["event_type"], "run.completed");
    for (member, expected) in [("from_seq", 3), ("to_seq", 15), ("event_count", 11)] {
        assert_eq!(made[member], expected, "{member}");
    }
    let hashes: Vec<&str> = pointers
        .iter()
        .map(|pointer| pointer["event_hash"].as_str().unwrap())
        .collect();
    let expected = chain::display(&World::hash(pointers[0]["event_id"].as_str().unwrap()));
    assert_eq!(hashes[0], expected);
    assert_eq!(made["event_hash_root"], sha256(&hashes.join("\n")));
    assert_eq!(
        made["manifest_hash"],
        sha256(&canonical::to_string(manifest))
    );
    assert_eq!(manifest["steps"], json!(["s1"]));
    assert_eq!(manifest["tool_calls"], json!(["c1", "c2"]));
    assert_eq!(manifest["artifacts"], json!(["a1"]));
    assert_eq!(
        manifest["completeness"],
        json!({"run_created": true, "run_ended": true, "tool_calls_ended": true, "events_truncated": false, "ids_truncated": false})
    );
}

/// However long a run was, its manifest is bounded, and its hashes cover all of it.
#[test]
fn a_long_run_is_listed_in_part_and_hashed_whole() {
    let mut world = played("given owner room r1\nand owner run q1 r1\nand E1 claim t");
    let (engine, workspace_id) = caller("E1");
    let steps = EVIDENCE_IDS_MAX + 1;
    for number in 0..steps {
        let step = kernel::runs::CreateStep {
            step_id: format!("s{number}"),
            run_id: "q1".into(),
            claim_token: Some("t".into()),
            kind: Some("task".into()),
            ..Default::default()
        };
        world
            .submit(&engine, &workspace_id, Command::CreateStep(step))
            .unwrap();
    }
    play(&mut world, "given E1 complete q1 t");
    let [made]: [Value; 1] = manifests(&world).try_into().unwrap();
    let manifest = &made["manifest"];
    let length = |member: &str| manifest[member].as_array().unwrap().len();
    assert_eq!(length("events"), EVIDENCE_POINTERS_MAX);
    assert_eq!(length("steps"), EVIDENCE_IDS_MAX as usize);
    assert_eq!(manifest["counts"]["steps"], steps);
    assert_eq!(made["event_count"], steps + 4);
    assert_eq!(manifest["completeness"]["events_truncated"], true);
    assert_eq!(manifest["completeness"]["ids_truncated"], true);
    assert_eq!(manifest["completeness"]["run_ended"], true);
    let of_run = |entry: &&crate::world::Entry| {
        entry.draft.scope.run_id.is_some()
            && entry.draft.event.event_type() != "evidence.manifest.created"
    };
    let hashes: Vec<String> = world
        .log
        .iter()
        .filter(of_run)
        .map(|entry| chain::display(&World::hash(&entry.id)))
        .collect();
    assert_eq!(made["event_hash_root"], sha256(&hashes.join("\n")));
    assert!(
        world
            .log
            .last()
            .unwrap()
            .draft
            .event
            .data()
            .to_string()
            .len()
            < 500_000
    );
}

/// What is said of a run elsewhere is not part of what it did.
#[test]
fn a_scorecard_of_a_running_run_is_not_its_evidence() {
    let world = played(
        r#"given owner room r1
         and owner run q1 r1
         and E1 claim t
         and local judge k1 run=q1 metrics=[{"key":"a","value":1}]
         and E1 complete q1 t"#,
    );
    let [made]: [Value; 1] = manifests(&world).try_into().unwrap();
    assert_eq!(made["event_count"], 4);
}

#[test]
fn the_id_of_evidence_is_that_of_its_run() {
    for (run_id, expected) in [("run_01ABC", "evd_01ABC"), ("q1", "evd_q1")] {
        assert_eq!(review::evidence_id(run_id), expected);
    }
}
