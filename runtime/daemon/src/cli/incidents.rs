//! `signalbox incidents`: what went wrong, why, and what was learned from it.

use super::exit::Failure;
use super::output::{about, plain, text};
use super::session::{Session, user_name};
use super::{Global, rooms, wait_for};
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use std::process::ExitCode;

/// List what went wrong, open an incident, and close it once its cause is known
///
/// A run that fails opens one by itself. Closing is the owner's, and needs a cause and a learning.
///
/// Examples:
///   signalbox incidents
///   signalbox incidents show INCIDENT_ID
///   signalbox incidents open "Backups are empty" --severity high --run RUN_ID
///   signalbox incidents rca INCIDENT_ID "The disk was full" --analysis "Nobody looked at the alarm"
///   signalbox incidents learn INCIDENT_ID "Alarm before the disk is full" --tag disk
///   signalbox incidents close INCIDENT_ID
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct Incidents {
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List incidents, newest change first (the default: those that are open)
    List(Filter),
    /// Show one with its cause and what was learned from it
    Show { incident_id: String },
    /// Open one. Prints its id
    Open(Opening),
    /// Write down why it happened; replaces what was written before
    Rca {
        incident_id: String,
        /// In one sentence
        summary: String,
        /// At length
        #[arg(long, value_name = "TEXT")]
        analysis: Option<String>,
    },
    /// Add what was learned from it. Prints the id of the learning
    Learn {
        incident_id: String,
        note: String,
        /// May be repeated
        #[arg(long = "tag", value_name = "TAG")]
        tags: Vec<String>,
    },
    /// Close it; owner only
    Close {
        incident_id: String,
        #[arg(long)]
        reason: Option<String>,
    },
}

#[derive(Debug, Args)]
struct Filter {
    /// open, closed or all
    #[arg(long, default_value = "open")]
    status: String,
    /// low, medium, high or critical
    #[arg(long)]
    severity: Option<String>,
    /// Only of this room, by title or id
    #[arg(long, value_name = "ROOM")]
    room: Option<String>,
    /// Only of this run
    #[arg(long, value_name = "RUN_ID")]
    run: Option<String>,
    #[arg(long, default_value_t = 50, value_name = "COUNT")]
    limit: u32,
}

#[derive(Debug, Args)]
struct Opening {
    title: String,
    #[arg(long)]
    summary: Option<String>,
    /// low, medium, high or critical [default: medium]
    #[arg(long)]
    severity: Option<String>,
    #[arg(long)]
    category: Option<String>,
    /// Room it is about, by title or id
    #[arg(long, value_name = "ROOM")]
    room: Option<String>,
    /// Run it is about
    #[arg(long, value_name = "RUN_ID")]
    run: Option<String>,
    /// The same key opens it once, however often it is asked for
    #[arg(long, value_name = "KEY")]
    idempotency_key: Option<String>,
}

impl Incidents {
    pub fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        let open = || {
            Action::List(Filter {
                status: "open".to_owned(),
                severity: None,
                room: None,
                run: None,
                limit: 50,
            })
        };
        match self.action.unwrap_or_else(open) {
            Action::List(filter) => list(global, filter)?,
            Action::Show { incident_id } => show(global, &incident_id)?,
            Action::Open(opening) => self::open(global, opening)?,
            Action::Rca {
                incident_id,
                summary,
                analysis,
            } => {
                let session = global.session()?;
                let path = format!("/v1/incidents/{incident_id}/rca");
                let body =
                    json!({"summary": summary, "analysis": analysis, "actor_id": name(&session)});
                wait_for(async {
                    let answer: Value = session.client.post(&path, &body).await?;
                    session.output.told(
                        &about("incident_id", &incident_id, answer),
                        &format!("The cause of {incident_id} is written down."),
                    )
                })?;
            }
            Action::Learn {
                incident_id,
                note,
                tags,
            } => {
                let session = global.session()?;
                let path = format!("/v1/incidents/{incident_id}/learning");
                let body = json!({"note": note, "tags": tags, "actor_id": name(&session)});
                wait_for(async {
                    let logged: Value = session.client.post(&path, &body).await?;
                    session
                        .output
                        .created("learning_id", &text(&logged, "learning_id"))
                })?;
            }
            Action::Close {
                incident_id,
                reason,
            } => {
                let session = global.owner_session()?;
                let path = format!("/v1/incidents/{incident_id}/close");
                let body = json!({ "reason": reason });
                wait_for(async {
                    let answer: Value = session.client.post(&path, &body).await?;
                    session.output.told(
                        &about("incident_id", &incident_id, answer),
                        &format!("{incident_id} is closed."),
                    )
                })?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Who is said to speak: nobody where a token says it.
fn name(session: &Session) -> Option<String> {
    user_name().filter(|_| !session.has_token)
}

fn list(global: &Global, filter: Filter) -> Result<(), Failure> {
    let session = global.session()?;
    wait_for(async {
        let mut query = vec![("limit", filter.limit.to_string())];
        if filter.status != "all" {
            query.push(("status", filter.status));
        }
        if let Some(room) = &filter.room {
            let room_id = rooms::find(&session.client, room).await?.room_id;
            query.push(("room_id", room_id));
        }
        let narrow = [("severity", filter.severity), ("run_id", filter.run)];
        let named = narrow.into_iter();
        query.extend(named.filter_map(|(member, value)| value.map(|value| (member, value))));
        let page: Value = session.client.get("/v1/incidents", &query).await?;
        let incidents = &page["incidents"];
        let headings = ["ID", "SEVERITY", "STATUS", "UPDATED", "TITLE"];
        let cells = ["incident_id", "severity", "status", "updated_at", "title"];
        session.output.list(headings, incidents, cells)
    })
}

fn open(global: &Global, opening: Opening) -> Result<(), Failure> {
    let session = global.session()?;
    wait_for(async {
        let room_id = match &opening.room {
            Some(room) => Some(rooms::find(&session.client, room).await?.room_id),
            None => None,
        };
        let body = json!({
            "title": opening.title,
            "summary": opening.summary,
            "severity": opening.severity,
            "category": opening.category,
            "room_id": room_id,
            "run_id": opening.run,
            "idempotency_key": opening.idempotency_key,
            "actor_id": name(&session),
        });
        let opened: Value = session.client.post("/v1/incidents", &body).await?;
        session
            .output
            .created("incident_id", &text(&opened, "incident_id"))
    })
}

fn show(global: &Global, incident_id: &str) -> Result<(), Failure> {
    let session = global.session()?;
    wait_for(async {
        let path = format!("/v1/incidents/{incident_id}");
        let found: Value = session.client.get(&path, &[]).await?;
        if session.output.is_json() {
            return session.output.value(&found);
        }
        lines(&found)
            .iter()
            .try_for_each(|line| session.output.line(line))
    })
}

/// All of an incident, a line each, safe for a terminal; and what is missing before it may be closed.
fn lines(found: &Value) -> Vec<String> {
    const MEMBERS: [(&str, &str); 13] = [
        ("Incident", "incident_id"),
        ("Status", "status"),
        ("Severity", "severity"),
        ("Category", "category"),
        ("Title", "title"),
        ("Summary", "summary"),
        ("Details", "details"),
        ("Room", "room_id"),
        ("Run", "run_id"),
        ("Opened", "created_at"),
        ("By", "created_by_id"),
        ("Closed", "closed_at"),
        ("Reason", "closed_reason"),
    ];
    let line = |label: &str, value: &str| {
        let value = plain(value);
        (!value.is_empty()).then(|| format!("{label:<9} {value}"))
    };
    let incident = &found["incident"];
    let mut lines: Vec<String> = MEMBERS
        .iter()
        .filter_map(|(label, member)| line(label, &text(incident, member)))
        .collect();
    let rca = &incident["rca"];
    lines.extend(line("Cause", &text(rca, "summary")));
    lines.extend(line("Analysis", &text(rca, "analysis")));
    let learnings = found["learning"].as_array();
    let learnings = learnings.map(Vec::as_slice).unwrap_or_default();
    let learned = |learning| line("Learned", &text(learning, "note"));
    lines.extend(learnings.iter().filter_map(learned));
    let id = text(incident, "incident_id");
    let next = match (rca.is_null(), learnings.is_empty()) {
        (true, _) => format!("signalbox incidents rca {id} \"why it happened\""),
        (false, true) => format!("signalbox incidents learn {id} \"what was learned\""),
        (false, false) => format!("signalbox incidents close {id}"),
    };
    if text(incident, "status") == "open" {
        lines.extend(line("Next", &next));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_incident_is_told_a_line_each_with_what_comes_next() {
        let mut found = json!({
            "incident": {"incident_id": "inc_1", "status": "open", "title": "Run failed: a\u{1b}[2Jb", "rca": null},
            "learning": [],
        });
        assert_eq!(
            lines(&found),
            [
                "Incident  inc_1",
                "Status    open",
                "Title     Run failed: a [2Jb",
                "Next      signalbox incidents rca inc_1 \"why it happened\"",
            ]
        );
        found["incident"]["rca"] = json!({"summary": "full", "analysis": {"disk": 1}});
        found["learning"] = json!([{"note": "alarm\nearlier"}]);
        assert_eq!(
            lines(&found)[3..],
            [
                "Cause     full",
                "Analysis  {\"disk\":1}",
                "Learned   alarm earlier",
                "Next      signalbox incidents close inc_1",
            ]
        );
        found["incident"]["status"] = json!("closed");
        assert_eq!(lines(&found).len(), 6);
    }
}
