//! The record of one program: an observed run that its reporter holds.

use super::child::End;
use super::{PATIENCE, ROOM_DEFAULT};
use crate::cli::exit::{Exit, Failure};
use crate::cli::{rooms, user_name};
use crate::client::{Client, ClientError, EventStream, Feed, wire};
use crate::worker::hold::{Hold, ReportError, Standing};
use crate::worker::output::Transcript;
use crate::worker::recorder::{Conclusion, Recorder, title};
use serde_json::{Value, json};
use std::future::Future;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::task::AbortOnDropHandle;

/// A record under way.
pub struct Record {
    hold: Arc<Hold>,
    recorder: Recorder,
    _keeper: AbortOnDropHandle<()>,
    _listener: AbortOnDropHandle<()>,
}

/// Why there is no record.
pub enum NoRecord {
    /// The caller asked for something that cannot be: nothing is executed.
    Refused(Failure),
    /// No Signalbox could be asked: the program runs without.
    Unreachable(String),
}

impl From<Failure> for NoRecord {
    fn from(failure: Failure) -> Self {
        match failure.exit {
            Exit::Unreachable | Exit::Failed | Exit::StartFailed => {
                NoRecord::Unreachable(failure.message)
            }
            Exit::Usage | Exit::NotFound | Exit::Refused | Exit::Conflict => {
                NoRecord::Refused(failure)
            }
        }
    }
}

impl From<ClientError> for NoRecord {
    fn from(error: ClientError) -> Self {
        Failure::from(error).into()
    }
}

/// What is to be recorded.
pub struct Beginning<'a> {
    /// By title or id.
    pub room: Option<&'a str>,
    pub title: Option<&'a str>,
    /// The name that somebody chose to go by.
    pub actor: Option<&'a str>,
    pub argv: &'a [String],
}

impl Beginning<'_> {
    /// Begins the record, or gives up soon: the program waits for it.
    pub async fn record(&self, client: &Client) -> Result<Record, NoRecord> {
        match tokio::time::timeout(PATIENCE, self.record_patiently(client)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(NoRecord::Unreachable(format!(
                "{} did not answer in time",
                client.base()
            ))),
        }
    }

    async fn record_patiently(&self, client: &Client) -> Result<Record, NoRecord> {
        let room_id = match self.room {
            Some(room) => rooms::find(client, room).await?.room_id,
            None => rooms::find_or_create(client, ROOM_DEFAULT).await?,
        };
        let cwd = std::env::current_dir().ok();
        let user = user_name();
        let asked_at = Instant::now();
        let mut body = json!({
            "room_id": room_id,
            "title": self.title.map_or_else(|| title(self.argv), str::to_owned),
            "observed": true,
            "actor_id": self.actor.or(user.as_deref()),
            "input": {"argv": self.argv, "cwd": cwd, "user": user},
        });
        let mut created = client.post("/v1/runs", &body).await;
        if self.actor.is_none() && is_about_the_name(&created) {
            // Nobody chose the user's name: that it may not be used is no reason not to run.
            body["actor_id"] = Value::Null;
            created = client.post("/v1/runs", &body).await;
        }
        let run: wire::ObservedRun = created?;
        // The program is the caller's own: the kill switch is no order to it.
        let hold = Hold::new(client, run.run_id, run.claim_token, None, asked_at);
        let hold = Arc::new(hold);
        let keeper = tokio::spawn(keep(hold.clone()));
        let listener = tokio::spawn(listen(client.clone(), room_id, hold.clone()));
        let begun = Recorder::begin(hold.clone(), self.argv, json!({ "cwd": cwd })).await;
        let recorder = match begun {
            Ok(recorder) => recorder,
            Err(ReportError::Denied(ruling)) => return Err(denied(&hold, &ruling).await),
            Err(error) => return Err(NoRecord::Unreachable(error.to_string())),
        };
        Ok(Record {
            hold,
            recorder,
            _keeper: AbortOnDropHandle::new(keeper),
            _listener: AbortOnDropHandle::new(listener),
        })
    }
}

/// The gate stands against it: what is not allowed is not begun, and its record says so.
async fn denied(hold: &Hold, ruling: &wire::Ruling) -> NoRecord {
    let error = json!({ "code": ruling.reason_code });
    let body = json!({"message": ruling.reason, "error": error});
    // The person is told all the same; the record then ends with its lease.
    hold.end_run("fail", &body).await.ok();
    let failure = Failure::new(Exit::Refused, &ruling.reason_code, &ruling.reason);
    NoRecord::Refused(failure.hint("See `signalbox kill-switch status` and `signalbox approvals`."))
}

fn is_about_the_name<T>(created: &Result<T, ClientError>) -> bool {
    matches!(created, Err(ClientError::Refused(refusal)) if refusal.field.as_deref() == Some("actor_id"))
}

impl Record {
    pub fn run_id(&self) -> &str {
        self.hold.run_id()
    }

    /// Completes when somebody asks for the run to stop.
    pub async fn cancelled(&self) {
        let mut standing = self.hold.standing();
        let asked = standing.wait_for(|standing| *standing == Standing::CancelRequested);
        if asked.await.is_err() {
            std::future::pending().await
        }
    }

    /// Sends what the program prints while it runs, and how it ended. The report of the end may
    /// hold up the caller for a moment only.
    ///
    /// # Errors
    /// Why the end is not recorded, for people.
    pub async fn follow(
        &self,
        transcript: &Transcript,
        ending: impl Future<Output = End>,
    ) -> (End, Result<(), String>) {
        let streaming = self.recorder.stream(transcript);
        tokio::pin!(streaming, ending);
        let mut is_streamed = false;
        let end = loop {
            tokio::select! {
                end = &mut ending => break end,
                () = &mut streaming, if !is_streamed => is_streamed = true,
            }
        };
        let report = async {
            if !is_streamed {
                streaming.await;
            }
            self.conclude(transcript, conclusion(&end), end.took).await
        };
        let reported = tokio::time::timeout(PATIENCE, report).await;
        let outcome = reported.unwrap_or_else(|_| Err("Signalbox did not answer in time".into()));
        (end, outcome)
    }

    /// Reports that the program could not be started.
    pub async fn never_ran(&self, error: &io::Error, transcript: &Transcript) {
        let why = format!("The command cannot be started: {error}.");
        // The person has been told the reason; a record that fails too adds nothing.
        let conclusion = Conclusion::Broken(why);
        let report = self.conclude(transcript, conclusion, Duration::ZERO);
        tokio::time::timeout(PATIENCE, report).await.ok();
    }

    async fn conclude(
        &self,
        transcript: &Transcript,
        conclusion: Conclusion,
        took: Duration,
    ) -> Result<(), String> {
        let recording = transcript.record();
        let report = self.recorder.finish(&recording, &conclusion, took);
        report.await.map_err(|error| match error {
            ReportError::Lost(why) => why,
            error @ (ReportError::Refused(_) | ReportError::Denied(_)) => error.to_string(),
        })
    }
}

fn conclusion(end: &End) -> Conclusion {
    match (end.was_cancelled, end.status.code(), end.status.signal()) {
        (true, _, _) => Conclusion::Cancelled,
        (false, Some(code), _) => Conclusion::Exited(code),
        (false, None, Some(signal)) => Conclusion::Signaled(signal),
        (false, None, None) => Conclusion::Broken("How it ended is not known.".to_owned()),
    }
}

async fn keep(hold: Arc<Hold>) {
    hold.keep().await;
}

/// Hears of a cancel the moment it is asked for; a heartbeat would tell of it seconds later.
async fn listen(client: Client, room_id: String, hold: Arc<Hold>) {
    let feed = Feed::Room(room_id);
    let Ok(head) = feed.head(&client).await else {
        return;
    };
    let mut stream = EventStream::new(client, feed, head);
    while let Ok(frame) = stream.next().await {
        if frame.event != "run.cancel.requested" {
            continue;
        }
        let event: Result<wire::Event, _> = serde_json::from_str(&frame.data);
        if event.is_ok_and(|event| event.run_id.as_deref() == Some(hold.run_id())) {
            hold.request_cancel();
        }
    }
}
