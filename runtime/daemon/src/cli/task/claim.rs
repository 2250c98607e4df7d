//! Taking a task: this one, or the oldest that is open.

use super::By;
use super::show::{get, show};
use crate::cli::exit::{Exit, Failure};
use crate::cli::output::text;
use crate::cli::session::{Session, sender};
use crate::client::{Client, ClientError, Cursor, EventStream, Feed, segment};
use clap::Args;
use serde_json::{Value, json};

/// Take an open task, and print it
///
/// With --next it is the oldest one that is open and not meant for somebody else; whoever claims at
/// the same time gets another one. Ends with 4 when there is none, and with 6 when the task that was
/// named is not open any more.
///
/// Examples:
///   signalbox task claim TASK_ID
///   signalbox task claim --next --lease 300
///   signalbox task claim --next --wait --ch tasks | jq .context
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct Claim {
    #[arg(required_unless_present = "next")]
    task_id: Option<String>,
    /// The oldest open task
    #[arg(long, conflicts_with = "task_id")]
    next: bool,
    /// Wait until there is one
    #[arg(long, requires = "next")]
    wait: bool,
    /// Only tasks of this channel
    #[arg(long, value_name = "CHANNEL", requires = "next")]
    ch: Option<String>,
    /// The claim ends by itself unless a heartbeat comes within so many seconds
    #[arg(long, value_name = "SECONDS")]
    lease: Option<u64>,
    #[command(flatten)]
    by: By,
}

impl Claim {
    pub async fn run(self, session: &Session) -> Result<(), Failure> {
        let from = sender(self.by.from.clone())?;
        let task = match &self.task_id {
            Some(task_id) => {
                // Looked at before: once it is claimed nothing may go wrong any more.
                let task = get(session, task_id).await?;
                let held = self.claim(&session.client, task_id, &from).await?;
                claimed(task, &held)
            }
            None => self.next(&session.client, &from).await?,
        };
        show(session, &task)
    }

    async fn next(&self, client: &Client, from: &str) -> Result<Value, Failure> {
        let mut news = if self.wait {
            let feed = self.ch.clone().map_or(Feed::Channels, Feed::Channel);
            // Before the tasks are looked at: what is asked for in between is heard of.
            let head: Cursor = feed.head(client).await?;
            Some(EventStream::new(client.clone(), feed, head))
        } else {
            None
        };
        loop {
            if let Some(task) = self.oldest(client, from).await? {
                return Ok(task);
            }
            let Some(news) = &mut news else {
                let message = "There is no open task.";
                return Err(Failure::new(Exit::NotFound, "no_open_task", message)
                    .hint("Wait for one with --wait, or look: signalbox task list."));
            };
            loop {
                let frame = news.next().await?;
                let told: Value = serde_json::from_str(&frame.data).unwrap_or_default();
                if ["task.created", "task.abandoned"].contains(&text(&told, "type").as_str()) {
                    break;
                }
            }
        }
    }

    /// Claims the oldest one that nobody else is faster to claim; `None` when none is left.
    async fn oldest(&self, client: &Client, from: &str) -> Result<Option<Value>, Failure> {
        loop {
            let query = [("status", "open".to_owned())];
            let open: Vec<Value> = client.get("/tasks", &query).await?;
            let mut lost = false;
            for task in open
                .into_iter()
                .rev()
                .filter(|task| self.is_ours(task, from))
            {
                match self.claim(client, &text(&task, "id"), from).await {
                    Ok(held) => return Ok(Some(claimed(task, &held))),
                    // Somebody was faster.
                    Err(ClientError::Refused(refusal)) if refusal.status == 409 => lost = true,
                    Err(error) => return Err(error.into()),
                }
            }
            // While we lost, another one may have come.
            if !lost {
                return Ok(None);
            }
        }
    }

    fn is_ours(&self, task: &Value, from: &str) -> bool {
        let assigned_to = task["assigned_to"].as_str();
        let channel = task["ch"].as_str();
        assigned_to.is_none_or(|name| name == from)
            && self.ch.as_deref().is_none_or(|ch| channel == Some(ch))
    }

    async fn claim(
        &self,
        client: &Client,
        task_id: &str,
        from: &str,
    ) -> Result<Value, ClientError> {
        let path = format!("/tasks/{}/claim", segment(task_id));
        let body = json!({"from": from, "lease_s": self.lease});
        client.post(&path, &body).await
    }
}

/// The task as it stands after the claim.
fn claimed(mut task: Value, held: &Value) -> Value {
    for (member, of_claim) in [
        ("status", "status"),
        ("claimed_by", "claimed-by"),
        ("attempt", "attempt"),
        ("lease_expires_at", "lease_expires_at"),
    ] {
        task[member] = held[of_claim].clone();
    }
    task
}
