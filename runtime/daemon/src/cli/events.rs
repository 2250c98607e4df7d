//! `signalbox events`: the log, as it is and as it grows.

use super::exit::Failure;
use super::output::{cut, plain};
use super::session::Session;
use super::{Global, rooms, wait_for};
use crate::client::{EventStream, Feed, wire};
use clap::Args;
use serde_json::Value;
use std::process::ExitCode;

/// Characters of an event's data that a line shows.
const DATA_CHARS_MAX: usize = 160;

/// Show the newest events, or follow the log
///
/// As JSON it prints one event per line, also while following.
///
/// Examples:
///   signalbox events --follow
///   signalbox events --room Terminal --type run.failed --limit 20
///   signalbox events --run RUN_ID --json | jq .data
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct Events {
    /// Only of this room, by title or id
    #[arg(long, value_name = "ROOM")]
    room: Option<String>,
    /// Only of this run
    #[arg(long, value_name = "RUN_ID")]
    run: Option<String>,
    /// Only of this type; may be repeated
    #[arg(long = "type", value_name = "TYPE")]
    types: Vec<String>,
    /// How many of the past
    #[arg(long, default_value_t = 50, value_name = "COUNT")]
    limit: u32,
    /// Go on with what happens, until Ctrl-C; survives restarts of the runtime
    #[arg(long, short)]
    follow: bool,
}

impl Events {
    pub fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        let session = global.session()?;
        wait_for(self.show(&session))?;
        Ok(ExitCode::SUCCESS)
    }

    async fn show(&self, session: &Session) -> Result<(), Failure> {
        let client = &session.client;
        let room_id = match &self.room {
            Some(room) => Some(rooms::find(client, room).await?.room_id),
            None => None,
        };
        let feed = room_id.clone().map_or(Feed::Workspace, Feed::Room);
        // Asked before the past is read: what comes in between is shown once, by one of the two.
        let head = if self.follow {
            Some(feed.head(client).await?)
        } else {
            None
        };
        let query = [
            ("order", "desc".to_owned()),
            ("limit", self.limit.to_string()),
            ("room_id", room_id.unwrap_or_default()),
            ("run_id", self.run.clone().unwrap_or_default()),
            ("event_types", self.types.join(",")),
        ];
        let page: Value = client.get("/v1/events", &query).await?;
        let past = page["events"]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default();
        let mut shown = 0;
        for event in past.iter().rev() {
            shown = event["position"].as_u64().unwrap_or(shown);
            print(session, event)?;
        }
        let Some(head) = head else { return Ok(()) };
        let mut stream = EventStream::new(client.clone(), feed, head);
        loop {
            let frame = stream.next().await?;
            let Ok(event) = serde_json::from_str::<Value>(&frame.data) else {
                continue;
            };
            if event["position"].as_u64() > Some(shown) && self.is_wanted(&event) {
                print(session, &event)?;
            }
        }
    }

    fn is_wanted(&self, event: &Value) -> bool {
        let run = self.run.as_deref();
        let event_type = event["event_type"].as_str().unwrap_or_default();
        run.is_none_or(|run| event["run_id"].as_str() == Some(run))
            && (self.types.is_empty() || self.types.iter().any(|wanted| wanted == event_type))
    }
}

fn print(session: &Session, event: &Value) -> Result<(), Failure> {
    if session.output.is_json() {
        return session.output.line(&event.to_string());
    }
    match serde_json::from_value::<wire::Event>(event.clone()) {
        Ok(event) => session.output.line(&line(&event)),
        Err(_) => session.output.line(&event.to_string()),
    }
}

/// One event on one line.
pub fn line(event: &wire::Event) -> String {
    let data = cut(&plain(&event.data.to_string()), DATA_CHARS_MAX);
    plain(&format!(
        "{:>7}  {}  {:<22} {}  {data}",
        event.position, event.occurred_at, event.event_type, event.actor_id,
    ))
}
