//! `signalbox approvals`: what the owner is asked, and deciding it.

use super::exit::Failure;
use super::output::{about, plain, text};
use super::session::Session;
use super::{Global, rooms, wait_for};
use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};
use std::process::ExitCode;

/// List what waits for your decision, look at it, and decide it
///
/// Deciding is the owner's: on a terminal you are asked once more before anything is approved.
///
/// Examples:
///   signalbox approvals
///   signalbox approvals show APPROVAL_ID
///   signalbox approvals approve APPROVAL_ID --scope room --reason "for the release"
///   signalbox approvals deny APPROVAL_ID --reason "not on a Friday"
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct Approvals {
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List approvals, newest change first (the default: those that wait)
    List {
        /// pending, held, approved, denied, expired, consumed or all
        #[arg(long, default_value = "pending")]
        status: String,
        /// Only of this room, by title or id
        #[arg(long, value_name = "ROOM")]
        room: Option<String>,
        #[arg(long, default_value_t = 50, value_name = "COUNT")]
        limit: u32,
    },
    /// Show one with everything that it is bound to
    Show { approval_id: String },
    /// Approve it; owner only
    Approve {
        approval_id: String,
        /// How far it reaches; once by default, whatever was asked for
        #[arg(long)]
        scope: Option<Scope>,
        /// With --scope template: the targets, such as https://api.example.com/*
        #[arg(long, value_name = "PATTERN")]
        targets: Option<String>,
        /// Until when, RFC 3339, at most a year from now
        #[arg(long, value_name = "TIME")]
        until: Option<String>,
        #[arg(long)]
        reason: Option<String>,
    },
    /// Deny it; owner only
    Deny {
        approval_id: String,
        #[arg(long)]
        reason: Option<String>,
    },
    /// Put it off: it stays open until it expires; owner only
    Hold {
        approval_id: String,
        #[arg(long)]
        reason: Option<String>,
    },
    /// Take one back, decided or not; owner only
    Revoke {
        approval_id: String,
        #[arg(long)]
        reason: Option<String>,
    },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Scope {
    Once,
    Run,
    Room,
    Workspace,
    Template,
}

impl Scope {
    fn to_json(self, targets: Option<&str>) -> Value {
        let kind = match self {
            Scope::Once => "once",
            Scope::Run => "run",
            Scope::Room => "room",
            Scope::Workspace => "workspace",
            Scope::Template => "template",
        };
        json!({"type": kind, "target": targets})
    }
}

impl Approvals {
    pub fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        let waiting = || Action::List {
            status: "pending".to_owned(),
            room: None,
            limit: 50,
        };
        match self.action.unwrap_or_else(waiting) {
            Action::List {
                status,
                room,
                limit,
            } => list(global, &status, room.as_deref(), limit)?,
            Action::Show { approval_id } => {
                let session = global.session()?;
                wait_for(async {
                    let approval = find(&session, &approval_id).await?;
                    if session.output.is_json() {
                        return session.output.value(&approval);
                    }
                    show(&approval)
                        .iter()
                        .try_for_each(|line| session.output.line(line))
                })?;
            }
            Action::Approve {
                approval_id,
                scope,
                targets,
                until,
                reason,
            } => {
                let session = global.owner_session()?;
                // What was asked for may reach further than whoever answers has in mind.
                let scope = scope.unwrap_or(Scope::Once).to_json(targets.as_deref());
                let body = json!({"decision": "approve", "scope": scope, "expires_at": until, "reason": reason});
                wait_for(async {
                    let approval = find(&session, &approval_id).await?;
                    global.confirm(&show(&approval), "Approve this?")?;
                    decide(&session, &approval_id, &body, "approved").await
                })?;
            }
            Action::Deny {
                approval_id,
                reason,
            } => {
                let body = json!({"decision": "deny", "reason": reason});
                let session = global.owner_session()?;
                wait_for(decide(&session, &approval_id, &body, "denied"))?;
            }
            Action::Hold {
                approval_id,
                reason,
            } => {
                let body = json!({"decision": "hold", "reason": reason});
                let session = global.owner_session()?;
                wait_for(decide(&session, &approval_id, &body, "put off"))?;
            }
            Action::Revoke {
                approval_id,
                reason,
            } => {
                let session = global.owner_session()?;
                let path = format!("/v1/approvals/{approval_id}/revoke");
                let body = json!({ "reason": reason });
                wait_for(async {
                    let answer: Value = session.client.post(&path, &body).await?;
                    let words = format!("{approval_id} is taken back.");
                    session
                        .output
                        .told(&about("approval_id", &approval_id, answer), &words)
                })?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn list(global: &Global, status: &str, room: Option<&str>, limit: u32) -> Result<(), Failure> {
    let session = global.session()?;
    wait_for(async {
        let mut query = vec![("limit", limit.to_string())];
        if status != "all" {
            query.push(("status", status.to_owned()));
        }
        if let Some(room) = room {
            let room_id = rooms::find(&session.client, room).await?.room_id;
            query.push(("room_id", room_id));
        }
        let page: Value = session.client.get("/v1/approvals", &query).await?;
        let approvals = &page["approvals"];
        let headings = ["ID", "STATUS", "ACTION", "WAITERS", "EXPIRES", "TITLE"];
        let cells = [
            "approval_id",
            "status",
            "action",
            "waiters",
            "expires_at",
            "title",
        ];
        session.output.list(headings, approvals, cells)
    })
}

async fn find(session: &Session, approval_id: &str) -> Result<Value, Failure> {
    let path = format!("/v1/approvals/{approval_id}");
    let mut found: Value = session.client.get(&path, &[]).await?;
    Ok(found["approval"].take())
}

/// `decided` says for people what came of it.
async fn decide(
    session: &Session,
    approval_id: &str,
    body: &Value,
    decided: &str,
) -> Result<(), Failure> {
    let path = format!("/v1/approvals/{approval_id}/decide");
    session.client.tell(&path, body).await?;
    // It is decided; how it stands now is told as well as can be.
    let undescribed = json!({"approval_id": approval_id, "decision": body["decision"]});
    let stands = find(session, approval_id).await.unwrap_or(undescribed);
    let words = format!("{approval_id} is {decided}.");
    session.output.told(&stands, &words)
}

/// Everything that a decision is about, a line each, safe for a terminal.
fn show(approval: &Value) -> Vec<String> {
    const MEMBERS: [(&str, &str); 14] = [
        ("Approval", "approval_id"),
        ("Status", "status"),
        ("Title", "title"),
        ("Action", "action"),
        ("Target", "target"),
        ("Payload", "payload"),
        ("Digest", "payload_digest"),
        ("Scope", "scope"),
        ("Why", "reason_code"),
        ("Asked by", "requested_by_id"),
        ("Waiters", "waiters"),
        ("Room", "room_id"),
        ("Run", "run_id"),
        ("Expires", "expires_at"),
    ];
    let lines = MEMBERS.iter().filter_map(|(label, member)| {
        let value = plain(&text(approval, member));
        (!value.is_empty()).then(|| format!("{label:<9} {value}"))
    });
    lines.collect()
}
