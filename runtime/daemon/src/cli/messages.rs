//! `signalbox messages`: saying something in a thread, and reading it.

use super::exit::Failure;
use super::output::{plain, text};
use super::session::Session;
use super::{Global, user_name, wait_for};
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use std::io::Read;
use std::process::ExitCode;

/// Post to a thread, or read it
///
/// Examples:
///   signalbox messages post THREAD_ID "The build is green again"
///   git diff | signalbox messages post THREAD_ID - --as reviewer
///   signalbox messages list THREAD_ID --limit 20
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct Messages {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Post Markdown and print the message's id
    Post {
        thread_id: String,
        /// Markdown; `-` reads it from standard input
        text: String,
        /// Who says it [default: your user name; with SIGNALBOX_TOKEN, whoever that names]
        #[arg(long = "as", value_name = "NAME")]
        sender: Option<String>,
        /// Posting again with the same key posts nothing
        #[arg(long, value_name = "KEY")]
        idempotency_key: Option<String>,
    },
    /// Read the newest messages, oldest first
    List {
        thread_id: String,
        #[arg(long, default_value_t = 50, value_name = "COUNT")]
        limit: u32,
    },
}

impl Messages {
    pub fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        let session = global.session()?;
        match self.action {
            Action::Post {
                thread_id,
                text,
                sender,
                idempotency_key,
            } => {
                let content = content(text)?;
                // Whoever shows a token needs no name.
                let sender = sender.or_else(|| user_name().filter(|_| !session.has_token));
                let body = json!({"content_md": content, "sender_id": sender});
                wait_for(post(&session, &thread_id, &body, idempotency_key))?;
            }
            Action::List { thread_id, limit } => wait_for(list(&session, &thread_id, limit))?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn content(text: String) -> Result<String, Failure> {
    if text != "-" {
        return Ok(text);
    }
    let mut piped = String::new();
    std::io::stdin().read_to_string(&mut piped)?;
    // The line end of the last line is the shell's, not the message's.
    Ok(piped.trim_end_matches('\n').to_owned())
}

async fn post(
    session: &Session,
    thread_id: &str,
    body: &Value,
    idempotency_key: Option<String>,
) -> Result<(), Failure> {
    let client = session.client.clone().idempotent(idempotency_key);
    let path = format!("/v1/threads/{thread_id}/messages");
    let posted: Value = client.post(&path, body).await?;
    session
        .output
        .created("message_id", &text(&posted, "message_id"))
}

async fn list(session: &Session, thread_id: &str, limit: u32) -> Result<(), Failure> {
    let path = format!("/v1/threads/{thread_id}/messages");
    let query = [("limit", limit.to_string())];
    let mut page: Value = session.client.get(&path, &query).await?;
    let Some(messages) = page["messages"].as_array_mut() else {
        return Ok(());
    };
    messages.reverse();
    if session.output.is_json() {
        return session.output.each(messages);
    }
    for message in messages {
        let head = format!(
            "{}  {}",
            text(message, "created_at"),
            text(message, "sender_id")
        );
        session.output.line(&plain(&head))?;
        for line in text(message, "content_md").lines() {
            session.output.line(&format!("  {}", plain(line)))?;
        }
    }
    Ok(())
}
