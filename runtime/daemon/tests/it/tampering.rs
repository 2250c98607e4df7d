//! What somebody, or a disk, does to a log behind its back is found, and found where it happened.

use crate::chain::{database, proof, walk};
use crate::support::{Api, Stopped, history};
use daemon::store::verify;
use rusqlite::Connection;
use serde_json::json;
use std::path::Path;

/// A stopped history, and a way to try one thing after another on copies of it.
struct Tampering {
    stopped: Stopped,
    room: String,
}

impl Tampering {
    async fn new() -> Self {
        let api = Api::start();
        let made = history::write(&api, 1).await;
        let stopped = api.stop().await;
        assert!(
            stopped.data_dir.join("anchors.jsonl").exists(),
            "a clean stop anchors the end"
        );
        Self {
            stopped,
            room: made.rooms[0].clone(),
        }
    }

    /// A copy of the data without the triggers, after these statements.
    fn copy(&self, statements: &str) -> tempfile::TempDir {
        let copy = tempfile::tempdir().unwrap();
        for name in ["signalbox.db", "anchors.jsonl"] {
            std::fs::copy(self.stopped.data_dir.join(name), copy.path().join(name)).unwrap();
        }
        let database = database(copy.path());
        let triggers = "DROP TRIGGER event_no_update; DROP TRIGGER event_no_delete; PRAGMA foreign_keys = OFF;";
        database.execute_batch(triggers).unwrap();
        let before = database.total_changes();
        database.execute_batch(statements).unwrap();
        assert!(
            database.total_changes() > before,
            "changes nothing: {statements}"
        );
        drop(database);
        copy
    }

    /// Number of the room's stream, its head, and the position of one of its events.
    fn at(&self, seq: u64) -> u64 {
        database(&self.stopped.data_dir)
            .query_row(
                "SELECT position FROM event JOIN stream ON stream.id = event.stream WHERE stream_id = ?1 AND seq = ?2",
                rusqlite::params![self.room, seq],
                |row| row.get(0),
            )
            .unwrap()
    }
}

#[tokio::test]
async fn whatever_is_changed_is_found_where_it_was_changed() {
    let log = Tampering::new().await;
    let at = log.at(50);
    let next = log.at(51);
    for (statement, position, kind) in [
        (
            format!("UPDATE event SET data = json_set(data, '$.x', 1) WHERE position = {at}"),
            at,
            "event_hash_mismatch",
        ),
        (
            format!("UPDATE event SET data = 'no json' WHERE position = {at}"),
            at,
            "event_hash_mismatch",
        ),
        (
            format!("UPDATE event SET occurred_at = occurred_at + 1 WHERE position = {at}"),
            at,
            "event_hash_mismatch",
        ),
        (
            format!("UPDATE event SET flags = flags | 1 WHERE position = {at}"),
            at,
            "event_hash_mismatch",
        ),
        (
            format!("UPDATE event SET correlation = 'other' WHERE position = {at}"),
            at,
            "event_hash_mismatch",
        ),
        (
            format!(
                "UPDATE event SET causation = NULL WHERE position = {at} AND causation IS NOT NULL; UPDATE event SET causation = 'x' WHERE position = {at} AND causation IS NULL"
            ),
            at,
            "event_hash_mismatch",
        ),
        (
            format!(
                "UPDATE event SET contexts = '{{\"display\":{{}}}}' WHERE position = {at}; UPDATE event SET contexts = '{{\"display\":{{\"a\":1}}}}' WHERE position = {at}"
            ),
            at,
            "event_hash_mismatch",
        ),
        (
            format!("UPDATE event SET idempotency_key = 'k' WHERE position = {at}"),
            at,
            "event_hash_mismatch",
        ),
        (
            format!("UPDATE event SET hash = zeroblob(32) WHERE position = {at}"),
            at,
            "event_hash_mismatch",
        ),
        (
            format!("UPDATE event SET event_id = zeroblob(16) WHERE position = {at}"),
            at,
            "event_hash_mismatch",
        ),
        (
            format!(
                "UPDATE event SET type = (SELECT id FROM event_type WHERE name = 'room.created') WHERE position = {at}"
            ),
            at,
            "event_hash_mismatch",
        ),
        (
            format!(
                "UPDATE event SET scope = (SELECT scope FROM event WHERE position = 1) WHERE position = {at}"
            ),
            at,
            "event_hash_mismatch",
        ),
        (
            format!(
                "UPDATE event SET actor = (SELECT id FROM actor WHERE actor_id = 'dlp') WHERE position = {at}"
            ),
            at,
            "event_hash_mismatch",
        ),
        (
            format!("UPDATE event SET seq = 100000 WHERE position = {at}"),
            at,
            "sequence_gap",
        ),
        (
            format!("DELETE FROM event WHERE position = {at}"),
            next,
            "sequence_gap",
        ),
        // Names that many events share: the first that uses them.
        (
            "UPDATE actor SET actor_id = 'somebody' WHERE actor_id = 'dlp'".to_owned(),
            0,
            "event_hash_mismatch",
        ),
        (
            "UPDATE actor SET principal_id = 'x' || principal_id WHERE actor_id = 'anon'"
                .to_owned(),
            0,
            "event_hash_mismatch",
        ),
        (
            format!(
                "UPDATE scope SET workspace_id = 'ws_c' WHERE room_id = '{}'",
                log.room
            ),
            0,
            "event_hash_mismatch",
        ),
        (
            "UPDATE event_type SET name = 'tool.was_invoked' WHERE name = 'tool.invoked'"
                .to_owned(),
            0,
            "event_hash_mismatch",
        ),
        (
            "UPDATE stream SET stream_id = 'room_x' WHERE stream_type = 'room'".to_owned(),
            0,
            "event_hash_mismatch",
        ),
    ] {
        // The stream_id is unique; rename one stream only.
        let statement = statement.replace(
            "WHERE stream_type = 'room'",
            &format!("WHERE stream_id = '{}'", log.room),
        );
        let copy = log.copy(&statement);
        let report = proof(copy.path());
        let fault = report
            .first_fault
            .unwrap_or_else(|| panic!("not found: {statement}"));
        assert!(!report.valid);
        assert_eq!(fault.mismatch.kind, kind, "{statement}");
        if position > 0 {
            assert_eq!(fault.position, position, "{statement}: {fault:?}");
        }
    }
}

#[tokio::test]
async fn a_cut_end_is_found_by_heads_and_by_anchors() {
    let log = Tampering::new().await;
    let room = &log.room;
    let head: u64 = database(&log.stopped.data_dir)
        .query_row(
            "SELECT head_seq FROM stream WHERE stream_id = ?1",
            [room],
            |row| row.get(0),
        )
        .unwrap();
    let last = log.at(head);
    // The end of one stream.
    let copy = log.copy(&format!("DELETE FROM event WHERE position = {last}"));
    let fault = proof(copy.path()).first_fault.unwrap();
    assert_eq!(
        (fault.position, fault.mismatch.kind),
        (last, "position_gap")
    );
    // The end of the log, seen by the head of the stream that it belonged to, without an anchor.
    let copy = log.copy("DELETE FROM event WHERE position = (SELECT max(position) FROM event)");
    std::fs::remove_file(copy.path().join("anchors.jsonl")).unwrap();
    assert_eq!(
        proof(copy.path()).first_fault.unwrap().mismatch.kind,
        "tail_cut"
    );
    // The same with the heads put right: only the anchor still knows.
    let heads_right = "UPDATE stream SET head_seq = ifnull((SELECT max(seq) FROM event WHERE event.stream = stream.id), 0);
        UPDATE stream SET head_hash = (SELECT hash FROM event WHERE event.stream = stream.id AND seq = head_seq)";
    for cut in [1, 5, 50] {
        let copy = log.copy(&format!(
            "DELETE FROM event WHERE position > (SELECT max(position) - {cut} FROM event); {heads_right}"
        ));
        let fault = proof(copy.path()).first_fault.unwrap();
        assert_eq!(
            (fault.mismatch.kind, fault.stream.as_str()),
            ("tail_cut", "log"),
            "{cut}"
        );
        assert!(fault.mismatch.expected_event_hash.is_some());
        std::fs::remove_file(copy.path().join("anchors.jsonl")).unwrap();
        assert!(
            proof(copy.path()).valid,
            "without the anchor nobody could know"
        );
    }
    // A whole stream with its head: the positions that it leaves.
    let copy = log.copy(&format!(
        "DELETE FROM event WHERE stream = (SELECT id FROM stream WHERE stream_id = '{room}'); DELETE FROM stream WHERE stream_id = '{room}'"
    ));
    let fault = proof(copy.path()).first_fault.unwrap();
    assert_eq!(fault.mismatch.kind, "position_gap");
    assert!(fault.position < last, "{fault:?}");
    // An end that was cut and grown again differently.
    let copy = log.copy(&format!(
        "DELETE FROM event WHERE position > (SELECT max(position) - 3 FROM event); {heads_right}"
    ));
    let api = Api::start_on(copy.path());
    for number in 0..4 {
        api.local().room(&format!("instead {number}")).await;
    }
    let fault = proof(copy.path()).first_fault.unwrap();
    assert_eq!(
        (fault.mismatch.kind, fault.stream.as_str()),
        ("anchor_mismatch", "log")
    );
}

/// A running api tells of a broken stream where it is asked, and goes on serving the others.
#[tokio::test]
async fn the_endpoint_locates_a_changed_event() {
    let log = Tampering::new().await;
    let at = log.at(20);
    let copy = log.copy(&format!(
        "UPDATE event SET data = json_set(data, '$.x', 1) WHERE position = {at}"
    ));
    let api = Api::start_on(copy.path());
    let query = format!("stream_type=room&stream_id={}", log.room);
    let (checked, report) = walk(&api, &query, 1_000).await;
    assert_eq!((checked, &report["valid"]), (20, &json!(false)));
    let mismatch = &report["first_mismatch"];
    assert_eq!(
        (&mismatch["stream_seq"], &mismatch["kind"]),
        (&json!(20), &json!("event_hash_mismatch"))
    );
    assert_ne!(
        mismatch["expected_event_hash"],
        mismatch["actual_event_hash"]
    );
    let event = api
        .owner()
        .get(&format!(
            "/v1/events/{}",
            mismatch["event_id"].as_str().unwrap()
        ))
        .await
        .expect(200);
    assert_eq!(event["event"]["position"], at);
    let (_, report) = walk(&api, "stream_type=workspace", 1_000).await;
    assert_eq!(report["valid"], true, "another stream is not concerned");
}

/// Any bit of the file may rot. Then the proof fails or cannot be made; it never passes on other
/// events than were written.
#[tokio::test]
async fn a_rotten_bit_never_passes_for_the_truth() {
    const BITS: u64 = 120;
    let api = Api::start();
    let room = api.local().room("room").await;
    let thread = api.local().thread(&room).await;
    for number in 0..60 {
        api.local()
            .message(&thread, &format!("message {number}"))
            .await;
    }
    let stopped = api.stop().await;
    let sound = std::fs::read(stopped.data_dir.join("signalbox.db")).unwrap();
    let truth = told(&stopped.data_dir).unwrap();
    assert_eq!(truth.len(), 62);
    let copy = tempfile::tempdir().unwrap();
    let mut found = 0;
    for bit in 0..BITS {
        // A fixed walk over the file: the same bits in every run.
        let place = (bit.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 8) % (sound.len() as u64 * 8);
        let mut rotten = sound.clone();
        rotten[(place / 8) as usize] ^= 1 << (place % 8);
        for name in ["signalbox.db-wal", "signalbox.db-shm"] {
            std::fs::remove_file(copy.path().join(name)).ok();
        }
        std::fs::write(copy.path().join("signalbox.db"), &rotten).unwrap();
        match verify::run(copy.path(), 0, &mut |_| {}) {
            Ok(report) if report.valid => {
                assert_eq!(told(copy.path()).unwrap(), truth, "bit {place} passed");
            }
            Ok(_) | Err(_) => found += 1,
        }
    }
    assert!(found > 0, "no bit hit an event");
}

/// What the log tells: id and data of every event.
fn told(data_dir: &Path) -> rusqlite::Result<Vec<(u64, String)>> {
    let database = Connection::open(data_dir.join("signalbox.db"))?;
    let mut select = database.prepare("SELECT position, data FROM event ORDER BY position")?;
    let rows = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.collect()
}
