//! `signalbox engines`: programs that claim and execute runs.

use super::exit::{Exit, Failure};
use super::output::{about, text};
use super::session::Session;
use super::{Global, rooms, wait_for};
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use std::process::ExitCode;

/// Register engines, and issue and revoke their tokens. Owner only
///
/// Examples:
///   export SIGNALBOX_TOKEN=$(signalbox engines register builder --print-token)
///   signalbox engines list
///   signalbox engines issue builder --room "Room name" --until 2030-01-01T18:00:00Z
///   signalbox engines deactivate builder --reason "moved to another machine"
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct Engines {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Register an engine and issue a token, which is shown this once
    Register {
        /// The name under which it acts
        name: String,
        #[command(flatten)]
        token: NewToken,
        /// Revoke its older tokens
        #[arg(long)]
        rotate: bool,
    },
    /// List the engines
    List,
    /// List the tokens of an engine, without their secrets
    Tokens {
        /// By name or id
        engine: String,
    },
    /// Issue one more token, which is shown this once
    Issue {
        /// By name or id
        engine: String,
        #[command(flatten)]
        token: NewToken,
    },
    /// Revoke a token; it is refused from then on
    Revoke {
        /// By name or id
        engine: String,
        token_id: String,
        #[arg(long)]
        reason: Option<String>,
    },
    /// End all tokens of an engine until it is registered again
    Deactivate {
        /// By name or id
        engine: String,
        #[arg(long)]
        reason: Option<String>,
    },
}

#[derive(Debug, Args)]
struct NewToken {
    /// It may only claim runs of this room, by title or id; may be repeated
    #[arg(long = "room", value_name = "ROOM")]
    rooms: Vec<String>,
    /// What the token is for
    #[arg(long)]
    label: Option<String>,
    /// Until when, RFC 3339
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// Print the token and nothing else
    #[arg(long)]
    print_token: bool,
}

impl NewToken {
    async fn body(&self, session: &Session) -> Result<Value, Failure> {
        let mut room_ids = Vec::new();
        for room in &self.rooms {
            room_ids.push(rooms::find(&session.client, room).await?.room_id);
        }
        let room_ids = (!room_ids.is_empty()).then_some(room_ids);
        Ok(json!({"rooms": room_ids, "token_label": self.label, "valid_until": self.until}))
    }

    fn show(&self, session: &Session, answer: &Value, token: &Value) -> Result<(), Failure> {
        let output = session.output;
        if self.print_token {
            return output.line(&text(token, "engine_token"));
        }
        if output.is_json() {
            return output.value(answer);
        }
        output.line(&format!("Engine  {}", text(token, "engine_id")))?;
        output.line(&format!("Token   {}", text(token, "engine_token")))?;
        output.line("The token is shown this once. Hand it over in SIGNALBOX_TOKEN.")
    }
}

impl Engines {
    pub fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        let session = global.owner_session()?;
        wait_for(async {
            match self.action {
                Action::Register {
                    name,
                    token,
                    rotate,
                } => {
                    let mut body = token.body(&session).await?;
                    body["actor_id"] = json!(name);
                    body["rotate"] = json!(rotate);
                    let engine: Value = session.client.post("/v1/engines/register", &body).await?;
                    token.show(&session, &engine, &engine)
                }
                Action::List => list(&session).await,
                Action::Tokens { engine } => tokens(&session, &engine).await,
                Action::Issue { engine, token } => {
                    let path = format!(
                        "/v1/engines/{}/tokens/issue",
                        find(&session, &engine).await?
                    );
                    let body = token.body(&session).await?;
                    let issued: Value = session.client.post(&path, &body).await?;
                    token.show(&session, &issued["token"], &issued["token"])
                }
                Action::Revoke {
                    engine,
                    token_id,
                    reason,
                } => {
                    let engine_id = find(&session, &engine).await?;
                    let path = format!("/v1/engines/{engine_id}/tokens/{token_id}/revoke");
                    let body = json!({ "reason": reason });
                    let answer: Value = session.client.post(&path, &body).await?;
                    let words = format!("{token_id} is revoked.");
                    session
                        .output
                        .told(&about("token_id", &token_id, answer), &words)
                }
                Action::Deactivate { engine, reason } => {
                    let path = format!("/v1/engines/{}/deactivate", find(&session, &engine).await?);
                    let body = json!({ "reason": reason });
                    let answer: Value = session.client.post(&path, &body).await?;
                    let words = format!("{engine} is deactivated: its tokens have ended.");
                    session.output.told(&answer, &words)
                }
            }
        })?;
        Ok(ExitCode::SUCCESS)
    }
}

/// The id of the engine that is named, or whose id that is.
async fn find(session: &Session, engine: &str) -> Result<String, Failure> {
    let page: Value = session.client.get("/v1/engines", &[]).await?;
    let engines = page["engines"].as_array().cloned().unwrap_or_default();
    let found = engines
        .iter()
        .find(|row| row["engine_id"] == engine || row["actor_id"] == engine);
    match found {
        Some(row) => Ok(text(row, "engine_id")),
        None => {
            let message = format!("There is no engine {engine:?}.");
            Err(Failure::new(Exit::NotFound, "engine_not_found", message)
                .hint("`signalbox engines list` shows them."))
        }
    }
}

async fn list(session: &Session) -> Result<(), Failure> {
    let page: Value = session.client.get("/v1/engines", &[]).await?;
    let engines = &page["engines"];
    let cells = [
        "engine_id",
        "engine_name",
        "status",
        "live_tokens",
        "last_seen_at",
    ];
    let headings = ["ID", "NAME", "STATUS", "TOKENS", "LAST SEEN"];
    session.output.list(headings, engines, cells)
}

async fn tokens(session: &Session, engine: &str) -> Result<(), Failure> {
    let path = format!("/v1/engines/{}/tokens", find(session, engine).await?);
    let page: Value = session.client.get(&path, &[]).await?;
    let tokens = &page["tokens"];
    let cells = [
        "token_id",
        "token_label",
        "issued_at",
        "valid_until",
        "revoked_at",
        "last_used_at",
    ];
    let headings = [
        "ID",
        "LABEL",
        "ISSUED",
        "VALID UNTIL",
        "REVOKED",
        "LAST USED",
    ];
    session.output.list(headings, tokens, cells)
}
