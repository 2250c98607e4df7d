//! `signalbox engines`: programs that claim and execute runs.

use super::exit::Failure;
use super::output::text;
use super::{Global, rooms, wait_for};
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use std::process::ExitCode;

/// Register an engine, or list them. Owner only
///
/// Examples:
///   export SIGNALBOX_TOKEN=$(signalbox engines register builder --print-token)
///   signalbox engines list
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
        /// It may only claim runs of this room, by title or id; may be repeated
        #[arg(long = "room", value_name = "ROOM")]
        rooms: Vec<String>,
        /// Revoke its older tokens
        #[arg(long)]
        rotate: bool,
        /// Print the token and nothing else
        #[arg(long)]
        print_token: bool,
    },
    /// List the engines
    List,
}

impl Engines {
    pub fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        let session = global.owner_session()?;
        let (client, output) = (&session.client, session.output);
        wait_for(async {
            let Action::Register {
                name,
                rooms,
                rotate,
                print_token,
            } = self.action
            else {
                let engines: Value = client.get("/v1/engines", &[]).await?;
                let engines = &engines["engines"];
                if output.is_json() {
                    return output.value(engines);
                }
                let cells = ["engine_id", "actor_id", "live_tokens", "last_seen_at"];
                return output.rows(["ID", "NAME", "TOKENS", "LAST SEEN"], engines, cells);
            };
            let mut room_ids = Vec::new();
            for room in &rooms {
                room_ids.push(rooms::find(client, room).await?.room_id);
            }
            let room_ids = (!room_ids.is_empty()).then_some(room_ids);
            let body = json!({"actor_id": name, "rooms": room_ids, "rotate": rotate});
            let engine: Value = client.post("/v1/engines/register", &body).await?;
            if print_token {
                return output.line(&text(&engine, "engine_token"));
            }
            if output.is_json() {
                return output.value(&engine);
            }
            output.line(&format!("Engine  {}", text(&engine, "engine_id")))?;
            output.line(&format!("Token   {}", text(&engine, "engine_token")))?;
            output.line("The token is shown this once. Hand it over in SIGNALBOX_TOKEN.")
        })?;
        Ok(ExitCode::SUCCESS)
    }
}
