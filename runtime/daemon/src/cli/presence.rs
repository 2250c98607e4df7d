//! `signalbox presence`: who is there.

use super::exit::Failure;
use super::output::end_with_the_reader;
use super::session::{Session, sender};
use super::{Global, input, wait_for};
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use std::process::ExitCode;
use std::time::Duration;

/// Show who is there, or say that you are
///
/// A sign of life counts for 60 seconds.
///
/// Examples:
///   signalbox presence
///   signalbox presence beat --channel general --meta '{"doing":"reviews"}'
///   signalbox presence beat --every 30
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct Presence {
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Show who gave a sign of life within a minute (the default)
    List,
    /// Give a sign of life
    Beat(Beat),
}

#[derive(Debug, Args)]
struct Beat {
    /// A channel that you watch; may be repeated
    #[arg(long = "channel", value_name = "CHANNEL")]
    channels: Vec<String>,
    /// What else is to be known of you, a JSON object
    #[arg(long, value_name = "JSON")]
    meta: Option<String>,
    /// Go on, every so many seconds, through restarts of the runtime
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    every: Option<u64>,
    /// Who it is [env: AGENT_ID] [default: your user name]
    #[arg(long, value_name = "NAME")]
    from: Option<String>,
}

impl Presence {
    pub fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        let session = global.session()?;
        match self.action {
            None | Some(Action::List) => wait_for(list(&session))?,
            Some(Action::Beat(beat)) => wait_for(beat.run(&session))?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

async fn list(session: &Session) -> Result<(), Failure> {
    let present: Vec<Value> = session.client.get("/presence", &[]).await?;
    let cells = ["agent_id", "channels", "meta"];
    let present = Value::Array(present);
    session
        .output
        .list(["NAME", "CHANNELS", "ABOUT"], &present, cells)
}

impl Beat {
    async fn run(self, session: &Session) -> Result<(), Failure> {
        let from = sender(self.from)?;
        let meta = input::object("--meta", self.meta)?;
        let body = json!({"from": from, "channels": self.channels, "meta": meta});
        let answer: Value = session.client.post("/presence", &body).await?;
        session.output.told(&answer, &format!("{from} is there."))?;
        let Some(seconds) = self.every else {
            return Ok(());
        };
        end_with_the_reader()?;
        let mut beats = tokio::time::interval(Duration::from_secs(seconds));
        // The first one is over at once, and was that above.
        beats.tick().await;
        loop {
            beats.tick().await;
            match session.client.post::<Value>("/presence", &body).await {
                Ok(_) => {}
                // It is only a sign of life: the next one may come through.
                Err(error) if error.is_transient() => eprintln!("signalbox: {error}"),
                Err(error) => return Err(error.into()),
            }
        }
    }
}
