//! `signalbox task`: asking for work, taking it, finishing it.

mod claim;
mod show;

use super::exit::Failure;
use super::output::{end_with_the_reader, text};
use super::session::{Session, sender};
use super::{Global, input, wait_for};
use crate::client::segment;
use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};
use std::process::ExitCode;
use std::time::Duration;

/// Ask for work, take it, finish it
///
/// Of any number of agents that claim a task one gets it. A claim with --lease ends by itself unless
/// it shows signs of life, so the tasks of agents that crash are done by others.
///
/// Examples:
///   signalbox task new "Sweep the hall" --context '{"floor":2}'
///   signalbox task claim --next --lease 300
///   signalbox task heartbeat TASK_ID
///   signalbox task update TASK_ID '{"percent":50}'
///   signalbox task done TASK_ID '{"swept":true}'
///   signalbox task list --status open
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct Task {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    New(New),
    List(show::List),
    Show(show::Show),
    Claim(claim::Claim),
    Heartbeat(Heartbeat),
    Update(Update),
    Done(Done),
    Abandon(Abandon),
    Interrupt(Interrupt),
}

/// Ask for something to be done, and print the id of the task
///
/// Examples:
///   signalbox task new "Sweep the hall"
///   signalbox task new "Review" --for reviewer.ann --context '{"branch":"main"}'
///   echo '{"branch":"main"}' | signalbox task new "Review" --context - --idempotency-key review-main
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
struct New {
    title: String,
    /// What whoever does it needs to know, a JSON object; `-` reads it from standard input
    #[arg(long, value_name = "JSON")]
    context: Option<String>,
    /// Who it is meant for; anybody may claim it
    #[arg(long = "for", value_name = "NAME")]
    assigned_to: Option<String>,
    /// The channel where it is told of [default: tasks]
    #[arg(long, value_name = "CHANNEL")]
    ch: Option<String>,
    /// Asking again with the same key asks for nothing new
    #[arg(long, value_name = "KEY")]
    idempotency_key: Option<String>,
    #[command(flatten)]
    by: By,
}

/// Who speaks.
#[derive(Debug, Args)]
struct By {
    /// Who says it [env: AGENT_ID] [default: your user name]
    #[arg(long, value_name = "NAME")]
    from: Option<String>,
}

/// A claim that something belongs to.
#[derive(Debug, Args)]
struct OfClaim {
    /// The number of your claim, as `claim` told it: one that is over changes nothing then
    #[arg(long, value_name = "NUMBER")]
    attempt: Option<u32>,
}

/// Show that you still work on a task that you claimed with --lease
///
/// Example: signalbox task heartbeat TASK_ID
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
struct Heartbeat {
    task_id: String,
    /// Go on, every so many seconds, through restarts of the runtime, until the claim is over
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    every: Option<u64>,
    #[command(flatten)]
    claim: OfClaim,
    #[command(flatten)]
    by: By,
}

/// Tell of progress on the channel of a task
///
/// Examples:
///   signalbox task update TASK_ID '{"percent":50}'
///   signalbox task update TASK_ID half of it is done
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
struct Update {
    task_id: String,
    /// A JSON object, or a text, which is told as its `note`; `-` reads it from standard input
    #[arg(required = true)]
    words: Vec<String>,
    #[command(flatten)]
    by: By,
}

/// Finish a task that you claimed
///
/// Examples:
///   signalbox task done TASK_ID
///   signalbox task done TASK_ID '{"swept":true}'
///   make report | signalbox task done TASK_ID - --file HASH
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
struct Done {
    task_id: String,
    /// The result: JSON if it reads as such, else a text; `-` reads it from standard input
    #[arg(allow_negative_numbers = true)]
    words: Vec<String>,
    /// A stored file that belongs to the result; may be repeated
    #[arg(long = "file", value_name = "HASH")]
    files: Vec<String>,
    #[command(flatten)]
    claim: OfClaim,
    #[command(flatten)]
    by: By,
}

/// Give a task back that you claimed: it is open again
///
/// Example: signalbox task abandon TASK_ID
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
struct Abandon {
    task_id: String,
    #[command(flatten)]
    claim: OfClaim,
    #[command(flatten)]
    by: By,
}

/// Ask whoever works on a task to stop. Nothing else changes
///
/// Example: signalbox task interrupt TASK_ID the hall is closed
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
struct Interrupt {
    task_id: String,
    /// Why; `-` reads it from standard input
    words: Vec<String>,
    #[command(flatten)]
    by: By,
}

impl Task {
    pub fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        let session = global.session()?;
        match self.action {
            Action::New(new) => wait_for(new.run(&session))?,
            Action::List(list) => wait_for(list.run(&session))?,
            Action::Show(show) => wait_for(show.run(&session))?,
            Action::Claim(claim) => wait_for(claim.run(&session))?,
            Action::Heartbeat(heartbeat) => wait_for(heartbeat.run(&session))?,
            Action::Update(update) => wait_for(update.run(&session))?,
            Action::Done(done) => wait_for(done.run(&session))?,
            Action::Abandon(abandon) => {
                let body =
                    json!({"from": sender(abandon.by.from)?, "attempt": abandon.claim.attempt});
                let words = "is open again";
                wait_for(tell(&session, &abandon.task_id, "abandon", &body, words))?;
            }
            Action::Interrupt(interrupt) => {
                let reason = input::words(&interrupt.words)?;
                let body = json!({"from": sender(interrupt.by.from)?, "reason": reason});
                let words = "is asked to stop";
                wait_for(tell(
                    &session,
                    &interrupt.task_id,
                    "interrupt",
                    &body,
                    words,
                ))?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl New {
    async fn run(self, session: &Session) -> Result<(), Failure> {
        let body = json!({
            "from": sender(self.by.from)?,
            "title": self.title,
            "context": input::object("--context", self.context)?,
            "for": self.assigned_to,
            "ch": self.ch,
        });
        let client = session.client.clone().idempotent(self.idempotency_key);
        let made: Value = client.post("/tasks", &body).await?;
        session.output.told(&made, &text(&made, "id"))
    }
}

impl Heartbeat {
    async fn run(self, session: &Session) -> Result<(), Failure> {
        let body = json!({"from": sender(self.by.from)?, "attempt": self.claim.attempt});
        let words = "is still yours";
        let Some(seconds) = self.every else {
            return tell(session, &self.task_id, "heartbeat", &body, words).await;
        };
        end_with_the_reader()?;
        let path = format!("/tasks/{}/heartbeat", segment(&self.task_id));
        let mut beats = tokio::time::interval(Duration::from_secs(seconds));
        loop {
            beats.tick().await;
            match session.client.post::<Value>(&path, &body).await {
                Ok(held) => {
                    let words = format!("{} {words}.", self.task_id);
                    session.output.told(&held, &words)?;
                }
                // The claim outlives a runtime that starts again.
                Err(error) if error.is_transient() => eprintln!("signalbox: {error}"),
                Err(error) => return Err(error.into()),
            }
        }
    }
}

impl Update {
    async fn run(self, session: &Session) -> Result<(), Failure> {
        let said = input::words(&self.words)?.unwrap_or_default();
        let told = input::json_or_text(&said);
        let mut body = if let Value::Object(members) = told {
            members
        } else {
            Map::from_iter([("note".to_owned(), told)])
        };
        body.insert("from".to_owned(), json!(sender(self.by.from)?));
        let words = "is told of on its channel";
        tell(
            session,
            &self.task_id,
            "update",
            &Value::Object(body),
            words,
        )
        .await
    }
}

impl Done {
    async fn run(self, session: &Session) -> Result<(), Failure> {
        let said = input::words(&self.words)?;
        let body = json!({
            "from": sender(self.by.from)?,
            "result": said.map(|said| input::json_or_text(&said)),
            "files": self.files,
            "attempt": self.claim.attempt,
        });
        tell(session, &self.task_id, "done", &body, "is done").await
    }
}

/// Says `body` to a verb of a task, and what came of it.
async fn tell(
    session: &Session,
    task_id: &str,
    verb: &str,
    body: &Value,
    words: &str,
) -> Result<(), Failure> {
    let path = format!("/tasks/{}/{verb}", segment(task_id));
    let answer: Value = session.client.post(&path, body).await?;
    session.output.told(&answer, &format!("{task_id} {words}."))
}
