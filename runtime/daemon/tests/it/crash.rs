//! Killed again and again, on one data directory, while many write: whatever was acknowledged, or
//! shown live, is there afterwards, once; and nothing is half there.
//!
//! `SIGNALBOX_CRASH_ROUNDS` is the number of kills. `SIGNALBOX_CRASH_SEED` repeats the choices of
//! a run; a run that fails prints it.

mod dice;
mod ending;
mod ledger;
mod readers;
mod writers;

use crate::support::{
    Api, OWNER_TOKEN, Stopped, assert_sound, copy_folder, signalbox, unfinished_blobs, within,
};
use dice::Dice;
use ending::{Ending, Trigger};
use ledger::Ledger;
use rusqlite::Connection;
use std::path::Path;
use std::process::{Command, Stdio};
use writers::{Place, Told};

/// Kills, unless the environment says another number.
const ROUNDS: u64 = 50;
/// Rounds between two looks at the whole log, all blobs and all tables.
const ROUNDS_PER_AUDIT: u64 = 10;

fn from_environment(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name}={text}")))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_survives_every_kill() {
    let rounds = from_environment("SIGNALBOX_CRASH_ROUNDS").unwrap_or(ROUNDS);
    let seed = from_environment("SIGNALBOX_CRASH_SEED").unwrap_or_else(Dice::fresh_seed);
    eprintln!("SIGNALBOX_CRASH_SEED={seed} SIGNALBOX_CRASH_ROUNDS={rounds}");
    let mut dice = Dice::new(seed);
    let root = tempfile::tempdir().unwrap();
    let data_dir = root.path().join("data");
    let mut ledger = Ledger::default();
    let (mut told, mut place) = (Told::default(), None);
    for round in 0..rounds {
        if dice.one_in(4) {
            kill_while_it_starts(&data_dir, &mut dice);
        }
        if round > 0 && round % ROUNDS_PER_AUDIT == 0 {
            assert_sound(&data_dir);
        }
        let api = Api::start_on(&data_dir);
        assert_eq!(unfinished_blobs(&data_dir), [] as [String; 0]);
        let complaints = ledger.complaints(&api, &told).await;
        assert!(complaints.is_empty(), "round {round}: {complaints:#?}");
        if place.is_none() {
            place = Some(Place::make(&api).await);
        }
        let ending = Ending::draw(&mut dice);
        eprintln!(
            "round {round}: {} events, then {ending:?}",
            ledger.position()
        );
        let trigger = Trigger::new(api.pid, ending, &data_dir);
        let place = place.as_ref().expect("made in the first round");
        let writing = writers::write(&api, place, trigger, round, &mut dice);
        told = within("the kill", writing).await;
        api.kill();
    }
    assert_sound(&data_dir);
    let api = Api::start_on(&data_dir);
    let complaints = ledger.complaints(&api, &told).await;
    assert!(complaints.is_empty(), "the last round: {complaints:#?}");
    assert_eq!(ledger.damaged_blobs(&api).await, [] as [String; 0]);
    assert_eq!(unfinished_blobs(&data_dir), [] as [String; 0]);
    api.stop().await;
    assert_sound(&data_dir);
}

/// Kills an api between its first step and its ready line: while it recovers, makes its tables or
/// sweeps its blobs.
fn kill_while_it_starts(data_dir: &Path, dice: &mut Dice) {
    let lock = data_dir.join("signalbox.lock");
    let mut child = Command::new(signalbox())
        .args(["api", "--supervised", "--listen", "127.0.0.1:0"])
        .arg("--data-dir")
        .arg(data_dir)
        .env("SIGNALBOX_OWNER_TOKEN", OWNER_TOKEN)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // Whoever takes the lock empties it, and writes into it what it serves at the end of its start.
    let is_taken = || std::fs::metadata(&lock).is_ok_and(|file| file.len() == 0);
    while !is_taken() && child.try_wait().unwrap().is_none() {
        std::thread::yield_now();
    }
    // A part of the way that nobody can name: any will do.
    for _ in 0..dice.below(3_000) {
        is_taken();
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

/// The first start makes everything. Cut off anywhere, the next one makes the rest.
#[tokio::test]
async fn a_first_start_that_is_killed_is_made_up_for() {
    let mut dice = Dice::new(Dice::fresh_seed());
    for _ in 0..8 {
        let root = tempfile::tempdir().unwrap();
        let data_dir = root.path().join("data");
        kill_while_it_starts(&data_dir, &mut dice);
        let api = Api::start_on(&data_dir);
        api.local().room("room").await;
        assert_eq!(api.head().await, 1);
        api.kill();
        assert_sound(&data_dir);
    }
}

/// One round, and everything that could be lost in it taken away by hand: the checks above must
/// see each of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_loss_does_not_go_unnoticed() {
    let root = tempfile::tempdir().unwrap();
    let mut dice = Dice::new(Dice::fresh_seed());
    let (stopped, told, ledger) = one_round(&root.path().join("data"), &mut dice).await;
    let (message, id) = told.messages.last().unwrap().clone();
    let (blob, _) = told.blobs.iter().find(|(_, size)| *size > 0).unwrap();
    let blob = Path::new("blobs").join(&blob[7..9]).join(&blob[7..]);
    let held = &told.held.last().unwrap().run_id;
    let shown = &told.shown.last().unwrap()["position"];
    let losses: [(&str, &str, Loss); 7] = [
        ("nothing", "", Box::new(|_| {})),
        (
            "what was shown last, and all that came after",
            "was shown",
            sql(&format!("DELETE FROM event WHERE position >= {shown}")),
        ),
        (
            "an acknowledged message, and all that came after",
            &id,
            sql(&format!(
                "DELETE FROM event WHERE position >= (SELECT position FROM event WHERE data LIKE '%{id}%')"
            )),
        ),
        (
            "what a message said",
            "is not as it was sent",
            sql(&format!(
                "UPDATE event SET data = replace(data, '{} ', 'another ') WHERE data LIKE '%{id}%'",
                message.key
            )),
        ),
        (
            "an event from the middle",
            "after position",
            sql("DELETE FROM event WHERE position = (SELECT max(position) / 2 FROM event)"),
        ),
        (
            "a lease",
            "the lease of",
            sql(&format!("DELETE FROM lease WHERE run_id = '{held}'")),
        ),
        (
            "a blob",
            "blob sha256:",
            Box::new(move |data_dir| std::fs::remove_file(data_dir.join(&blob)).unwrap()),
        ),
    ];
    for (what, complaint, lose) in losses {
        let copy = root.path().join("copy");
        copy_folder(&stopped.data_dir, &copy);
        lose(&copy);
        let api = Api::start_on(&copy);
        let complaints = ledger.clone().complaints(&api, &told).await;
        assert_eq!(
            complaints.is_empty(),
            complaint.is_empty(),
            "{what}: {complaints:?}"
        );
        assert!(
            complaint.is_empty() || complaints.iter().any(|line| line.contains(complaint)),
            "{what}: {complaints:?}"
        );
        drop(api);
        std::fs::remove_dir_all(&copy).unwrap();
    }
    // The other way round: what was sent once is there twice.
    let api = Api::start_again(stopped);
    api.owner()
        .post(
            &message.path,
            serde_json::json!({"content_md": message.content}),
        )
        .await
        .expect(201);
    let complaints = ledger.clone().complaints(&api, &told).await;
    assert!(
        complaints.iter().any(|line| line.contains("twice")),
        "{complaints:?}"
    );
}

type Loss = Box<dyn Fn(&Path)>;

/// Changes that no door allows.
fn sql(statement: &str) -> Loss {
    let statement = format!(
        "DROP TRIGGER event_no_delete; DROP TRIGGER event_no_update; {statement};
         UPDATE stream SET head_seq = (SELECT max(seq) FROM event WHERE event.stream = stream.id)
         WHERE EXISTS (SELECT 1 FROM event WHERE event.stream = stream.id);"
    );
    Box::new(move |data_dir| {
        let database = Connection::open(data_dir.join("signalbox.db")).unwrap();
        database.execute_batch(&statement).unwrap();
    })
}

async fn one_round(data_dir: &Path, dice: &mut Dice) -> (Stopped, Told, Ledger) {
    let api = Api::start_on(data_dir);
    let place = Place::make(&api).await;
    let mut ledger = Ledger::default();
    let complaints = ledger.complaints(&api, &Told::default()).await;
    assert!(complaints.is_empty(), "{complaints:?}");
    let trigger = Trigger::new(api.pid, Ending::Acknowledged(300), data_dir);
    let told = writers::write(&api, &place, trigger, 0, dice).await;
    (api.kill(), told, ledger)
}
