//! Tasks as they stand.

use crate::cli::exit::Failure;
use crate::cli::output::{plain, text};
use crate::cli::session::Session;
use crate::client::segment;
use clap::{Args, ValueEnum};
use serde_json::Value;

/// List tasks, newest first; the newest hundred when nothing narrows them
///
/// Examples:
///   signalbox task list
///   signalbox task list --status open --for reviewer.ann | jq -r .id
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct List {
    #[arg(long)]
    status: Option<Status>,
    /// Only those that are meant for this agent, or held by it
    #[arg(long = "for", value_name = "NAME")]
    of: Option<String>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Status {
    Open,
    Claimed,
    Done,
}

/// Show a task with its context and its result
///
/// Example: signalbox task show TASK_ID
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct Show {
    task_id: String,
}

impl List {
    pub async fn run(self, session: &Session) -> Result<(), Failure> {
        let status = self.status.and_then(|status| status.to_possible_value());
        let status = status.map(|status| status.get_name().to_owned());
        let query = [
            ("status", status.unwrap_or_default()),
            ("for", self.of.unwrap_or_default()),
        ];
        let tasks: Vec<Value> = session.client.get("/tasks", &query).await?;
        let headings = ["ID", "STATUS", "FOR", "HELD BY", "TITLE"];
        let cells = ["id", "status", "assigned_to", "claimed_by", "title"];
        session.output.list(headings, &Value::Array(tasks), cells)
    }
}

impl Show {
    pub async fn run(self, session: &Session) -> Result<(), Failure> {
        show(session, &get(session, &self.task_id).await?)
    }
}

/// # Errors
/// When there is no such task, or the runtime does not answer.
pub async fn get(session: &Session, task_id: &str) -> Result<Value, Failure> {
    let path = format!("/tasks/{}", segment(task_id));
    Ok(session.client.get(&path, &[]).await?)
}

/// A task, whole for programs, a line for each member that it has for people.
pub fn show(session: &Session, task: &Value) -> Result<(), Failure> {
    if session.output.is_json() {
        return session.output.value(task);
    }
    const MEMBERS: [(&str, &str); 11] = [
        ("Task", "id"),
        ("Status", "status"),
        ("Title", "title"),
        ("Context", "context"),
        ("Asked by", "created_by"),
        ("For", "assigned_to"),
        ("Held by", "claimed_by"),
        ("Attempt", "attempt"),
        ("Result", "result"),
        ("Files", "files"),
        ("Channel", "ch"),
    ];
    for (label, member) in MEMBERS {
        let value = plain(&text(task, member));
        if !["", "{}", "[]"].contains(&value.as_str()) {
            session.output.line(&format!("{label:<9} {value}"))?;
        }
    }
    Ok(())
}
