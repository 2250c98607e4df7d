//! Proving the log: every hash recomputed from what is stored, every sequence gap-free, every
//! stream as long as its head says, and the whole log as long as its anchors say.

use super::dictionary;
use super::error::StoreError;
use super::log::{self, Flags};
use super::open;
use super::reader::Reader;
use kernel::StreamKey;
use kernel::chain::{EventHash, Sealed, display};
use rusqlite::{Connection, Row, params};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use uuid::Uuid;

/// The first thing that is wrong.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Mismatch {
    pub stream_seq: u64,
    pub event_id: String,
    pub event_type: String,
    /// `event_hash_mismatch`, `event_hash_missing`, `sequence_gap`, `position_gap`, `tail_cut` or
    /// `anchor_mismatch`.
    pub kind: &'static str,
    pub expected_prev_event_hash: Option<String>,
    pub actual_prev_event_hash: Option<String>,
    pub expected_event_hash: Option<String>,
    pub actual_event_hash: Option<String>,
}

/// What a walk over one stream found.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct StreamReport {
    pub stream_type: String,
    pub stream_id: String,
    pub checked: u64,
    pub valid: bool,
    pub first_mismatch: Option<Mismatch>,
    pub last_event_hash: Option<String>,
    /// Where to go on; `None` at the end of the stream.
    pub next_from_seq: Option<u64>,
}

/// What a walk over the whole log found.
#[derive(Clone, Debug, Serialize)]
pub struct LogReport {
    pub checked: u64,
    pub from_position: u64,
    pub head_position: u64,
    pub valid: bool,
    /// Position, stream and nature of the first fault.
    pub first_fault: Option<Fault>,
}

#[derive(Clone, Debug, Serialize)]
pub struct Fault {
    pub position: u64,
    pub stream: String,
    pub mismatch: Mismatch,
}

/// A promise about the log, kept outside the database: at this position was this event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Anchor {
    pub at: String,
    pub position: u64,
    pub event_hash: String,
}

const COLUMNS: &str = "event.position, event.seq, stream.stream_type, stream.stream_id, event_type.name, event.scope, actor_type, actor_id,
  principal_id, event.occurred_at, event.event_id, event.correlation, event.causation, event.flags, event.data, event.contexts,
  event.idempotency_key, event.hash, event.stream";
const TABLES: &str = "event JOIN stream ON stream.id = event.stream JOIN event_type ON event_type.id = event.type JOIN actor ON actor.id = event.actor";

impl Reader {
    /// Walks one stream from just after `from_seq`, at most `limit` events.
    pub fn verify_stream(
        &self,
        key: &StreamKey,
        from_seq: u64,
        limit: u32,
    ) -> Result<StreamReport, StoreError> {
        let head = log::stream_head(&self.connection, key)?;
        let mut report = StreamReport {
            stream_type: key.stream_type().to_owned(),
            stream_id: key.stream_id().to_owned(),
            checked: 0,
            valid: true,
            first_mismatch: None,
            last_event_hash: None,
            next_from_seq: None,
        };
        let Some((stream, head_seq)) = head else {
            return Ok(report);
        };
        let mut previous = hash_at(&self.connection, stream, from_seq)?;
        let mut seq = from_seq;
        let sql = format!(
            "SELECT {COLUMNS} FROM {TABLES} WHERE event.stream = ?1 AND event.seq > ?2 ORDER BY event.seq LIMIT ?3"
        );
        let mut select = self.connection.prepare_cached(&sql)?;
        let mut rows = select.query(params![stream, from_seq, limit])?;
        while let Some(row) = rows.next()? {
            report.checked += 1;
            seq += 1;
            match check(&self.connection, row, seq, previous.as_ref())? {
                Ok(hash) => previous = Some(hash),
                Err(mismatch) => {
                    report.valid = false;
                    report.first_mismatch = Some(*mismatch);
                    return Ok(report);
                }
            }
        }
        report.last_event_hash = previous.as_ref().map(display);
        if report.checked == u64::from(limit) && seq < head_seq {
            report.next_from_seq = Some(seq);
        } else if seq < head_seq {
            report.valid = false;
            report.first_mismatch = Some(cut(seq + 1, "tail_cut"));
        }
        Ok(report)
    }
}

/// Walks the log of a data directory in its own order, from just after `from_position`.
pub fn run(
    data_dir: &Path,
    from_position: u64,
    progress: &mut dyn FnMut(u64),
) -> Result<LogReport, StoreError> {
    let connection = open::reader(&open::database_path(data_dir))?;
    let head_position = log::last_position(&connection)?;
    let mut report = LogReport {
        checked: 0,
        from_position,
        head_position,
        valid: true,
        first_fault: None,
    };
    let mut heads: HashMap<i64, (u64, Option<EventHash>)> = HashMap::new();
    let sql =
        format!("SELECT {COLUMNS} FROM {TABLES} WHERE event.position > ?1 ORDER BY event.position");
    let mut select = connection.prepare(&sql)?;
    let mut rows = select.query([from_position])?;
    while let Some(row) = rows.next()? {
        let stream: i64 = row.get(18)?;
        let seq: u64 = row.get(1)?;
        let (last, previous) = match heads.get(&stream) {
            Some(head) => *head,
            // The first event of a stream in this walk: after the start, its predecessor is stored.
            None if from_position > 0 => (seq - 1, hash_at(&connection, stream, seq - 1)?),
            None => (0, None),
        };
        report.checked += 1;
        // Positions are given out one by one: a hole is where a stream was taken out with its head.
        let missing = from_position + report.checked;
        let found = check(&connection, row, last + 1, previous.as_ref())?;
        if found.is_ok() && row.get::<_, u64>(0)? != missing {
            return Ok(gap(report, missing));
        }
        match found {
            Ok(hash) => heads.insert(stream, (seq, Some(hash))),
            Err(mismatch) => return fault(report, row, *mismatch),
        };
        if report.checked.is_multiple_of(10_000) {
            progress(report.checked);
        }
    }
    check_heads(&connection, report).and_then(|report| check_anchors(&connection, data_dir, report))
}

fn fault(
    mut report: LogReport,
    row: &Row<'_>,
    mismatch: Mismatch,
) -> Result<LogReport, StoreError> {
    let stream = format!("{}/{}", row.get::<_, String>(2)?, row.get::<_, String>(3)?);
    report.valid = false;
    report.first_fault = Some(Fault {
        position: row.get(0)?,
        stream,
        mismatch,
    });
    Ok(report)
}

fn gap(mut report: LogReport, position: u64) -> LogReport {
    report.valid = false;
    report.first_fault = Some(Fault {
        position,
        stream: "log".to_owned(),
        mismatch: cut(0, "position_gap"),
    });
    report
}

/// Every stream must reach the sequence and the hash that its head row promises.
fn check_heads(connection: &Connection, mut report: LogReport) -> Result<LogReport, StoreError> {
    let sql = "SELECT stream_type || '/' || stream_id, head_seq FROM stream
               WHERE head_seq > 0 AND NOT EXISTS (SELECT 1 FROM event WHERE event.stream = stream.id AND event.seq = head_seq AND event.hash = head_hash)
               ORDER BY stream.id LIMIT 1";
    let mut select = connection.prepare(sql)?;
    let mut rows = select.query([])?;
    if let Some(row) = rows.next()?
        && report.valid
    {
        report.valid = false;
        let mismatch = cut(row.get(1)?, "tail_cut");
        report.first_fault = Some(Fault {
            position: report.head_position,
            stream: row.get(0)?,
            mismatch,
        });
    }
    Ok(report)
}

/// Every anchor must still be true: a log that was cut and its heads adjusted is found here.
fn check_anchors(
    connection: &Connection,
    data_dir: &Path,
    mut report: LogReport,
) -> Result<LogReport, StoreError> {
    for anchor in anchors(data_dir) {
        let sql = "SELECT hash FROM event WHERE position = ?1";
        let mut select = connection.prepare_cached(sql)?;
        let mut rows = select.query([anchor.position])?;
        let found = match rows.next()? {
            Some(row) => Some(display(&row.get(0)?)),
            None => None,
        };
        if found.as_ref() != Some(&anchor.event_hash) && report.valid {
            report.valid = false;
            let kind = if found.is_none() {
                "tail_cut"
            } else {
                "anchor_mismatch"
            };
            let mismatch = Mismatch {
                expected_event_hash: Some(anchor.event_hash),
                actual_event_hash: found,
                ..cut(0, kind)
            };
            report.first_fault = Some(Fault {
                position: anchor.position,
                stream: "log".to_owned(),
                mismatch,
            });
        }
    }
    Ok(report)
}

fn anchors_path(data_dir: &Path) -> PathBuf {
    data_dir.join("anchors.jsonl")
}

/// The anchors of a data directory, oldest first; lines that cannot be read are passed over.
pub fn anchors(data_dir: &Path) -> Vec<Anchor> {
    let text = std::fs::read_to_string(anchors_path(data_dir)).unwrap_or_default();
    text.lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect()
}

/// Adds an anchor for the present end of the log, if it has moved since the last one.
pub fn anchor(data_dir: &Path) -> Result<Option<Anchor>, StoreError> {
    use std::io::Write;
    let connection = open::reader(&open::database_path(data_dir))?;
    let position = log::last_position(&connection)?;
    let last = anchors(data_dir).pop();
    if position == 0 || last.is_some_and(|last| last.position >= position) {
        return Ok(None);
    }
    let hash: EventHash = connection.query_row(
        "SELECT hash FROM event WHERE position = ?1",
        [position],
        |row| row.get(0),
    )?;
    let anchor = Anchor {
        at: crate::clock::now().to_string(),
        position,
        event_hash: display(&hash),
    };
    let line =
        serde_json::to_string(&anchor).map_err(|error| StoreError::Other(error.to_string()))?;
    let write = || -> std::io::Result<()> {
        let mut file = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(anchors_path(data_dir))?;
        file.write_all(format!("{line}\n").as_bytes())?;
        file.sync_data()
    };
    write().map_err(|error| StoreError::Other(format!("anchors.jsonl: {error}")))?;
    Ok(Some(anchor))
}

fn hash_at(
    connection: &Connection,
    stream: i64,
    seq: u64,
) -> Result<Option<EventHash>, StoreError> {
    let sql = "SELECT hash FROM event WHERE stream = ?1 AND seq = ?2";
    let mut select = connection.prepare_cached(sql)?;
    let mut rows = select.query(params![stream, seq])?;
    Ok(match rows.next()? {
        Some(row) => Some(row.get(0)?),
        None => None,
    })
}

/// Recomputes one event's hash. `Ok(Ok(hash))` when it stands.
fn check(
    connection: &Connection,
    row: &Row<'_>,
    expected_seq: u64,
    previous: Option<&EventHash>,
) -> Result<Result<EventHash, Box<Mismatch>>, StoreError> {
    let seq: u64 = row.get(1)?;
    let event_type: String = row.get(4)?;
    let scope = dictionary::scope(connection, row.get(5)?)?;
    let uuid = Uuid::from_slice(row.get_ref(10)?.as_blob().map_err(rusqlite::Error::from)?)
        .unwrap_or_default();
    let event_id = uuid.to_string();
    let correlation = log::decode_reference(row.get_ref(11)?);
    let causation = log::decode_reference(row.get_ref(12)?);
    let flags = Flags::from_bits(row.get(13)?);
    let contexts = log::decode_contexts(row.get::<_, Option<String>>(15)?.as_deref());
    let idempotency_key: Option<String> = row.get(16)?;
    let stored: Option<EventHash> = row.get(17)?;
    let (stream_type, stream_id): (String, String) = (row.get(2)?, row.get(3)?);
    let (actor_type, actor_id, principal_id): (String, String, String) =
        (row.get(6)?, row.get(7)?, row.get(8)?);
    // Data that no longer parses cannot hash to what was stored.
    let data: Value =
        serde_json::from_str(row.get_ref(14)?.as_str().map_err(rusqlite::Error::from)?)
            .unwrap_or(Value::Null);
    let occurred_at = kernel::Timestamp::from_millis(row.get(9)?).to_string();
    let sealed = Sealed {
        prev_event_hash: previous,
        event_id: &event_id,
        event_type: &event_type,
        event_version: super::event_json::EVENT_VERSION,
        occurred_at: &occurred_at,
        workspace_id: &scope.workspace_id,
        mission_id: scope.mission_id.as_deref(),
        room_id: scope.room_id.as_deref(),
        thread_id: scope.thread_id.as_deref(),
        run_id: scope.run_id.as_deref(),
        step_id: scope.step_id.as_deref(),
        actor_type: &actor_type,
        actor_id: &actor_id,
        actor_principal_id: Some(&principal_id),
        zone: flags.zone.as_str(),
        stream_type: &stream_type,
        stream_id: &stream_id,
        stream_seq: seq,
        correlation_id: correlation.as_deref().unwrap_or(&event_id),
        causation_id: causation.as_deref(),
        redaction_level: flags.redaction_level(),
        contains_secrets: flags.contains_secrets,
        policy_context: contexts.policy.as_ref(),
        model_context: contexts.model.as_ref(),
        display: contexts.display.as_ref(),
        data: &data,
        idempotency_key: idempotency_key.as_deref(),
    };
    let expected = sealed.hash();
    let kind = match stored {
        _ if seq != expected_seq => "sequence_gap",
        None => "event_hash_missing",
        Some(stored) if stored != expected => "event_hash_mismatch",
        Some(stored) => return Ok(Ok(stored)),
    };
    Ok(Err(Box::new(Mismatch {
        stream_seq: seq,
        event_id: event_id.clone(),
        event_type: event_type.clone(),
        kind,
        expected_prev_event_hash: previous.map(display),
        actual_prev_event_hash: previous.map(display),
        expected_event_hash: Some(display(&expected)),
        actual_event_hash: stored.as_ref().map(display),
    })))
}

fn cut(stream_seq: u64, kind: &'static str) -> Mismatch {
    Mismatch {
        stream_seq,
        event_id: String::new(),
        event_type: String::new(),
        kind,
        expected_prev_event_hash: None,
        actual_prev_event_hash: None,
        expected_event_hash: None,
        actual_event_hash: None,
    }
}
