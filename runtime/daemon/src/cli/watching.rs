//! Watching channels: what `sub` and `subexec` share.

use super::exit::Failure;
use super::output::{Output, cut, plain, text};
use crate::client::{Client, Cursor, EventStream, Feed};
use clap::Args;
use kernel::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use std::borrow::Cow;

/// Characters of a body that a line for people shows.
const BODY_CHARS_MAX: usize = 400;

/// Which messages are wanted.
#[derive(Debug, Args)]
pub struct Wanted {
    /// The channels; all of them when none is named
    #[arg(value_name = "CHANNEL", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    channels: Vec<String>,
    /// Only of this type; `task.*` is all that begin with `task.`; may be repeated
    #[arg(long = "type", value_name = "TYPE")]
    types: Vec<String>,
    /// Begin after this message instead of now
    #[arg(long, value_name = "ID", conflicts_with = "replay")]
    since: Option<String>,
    /// Begin with the first message that is kept
    #[arg(long)]
    replay: bool,
    /// End after so many messages
    #[arg(long, short = 'n', value_name = "COUNT", value_parser = clap::value_parser!(u64).range(1..))]
    count: Option<u64>,
}

#[derive(Deserialize)]
struct Head {
    ch: String,
    #[serde(rename = "type")]
    message_type: String,
}

impl Wanted {
    fn includes(&self, line: &str) -> bool {
        let Ok(head) = serde_json::from_str::<Head>(line) else {
            return false;
        };
        let of_type = |wanted: &String| is_of_type(&head.message_type, wanted);
        (self.channels.is_empty() || self.channels.contains(&head.ch))
            && (self.types.is_empty() || self.types.iter().any(of_type))
    }
}

/// Whether a type is the wanted one, or begins as it does up to its star.
fn is_of_type(message_type: &str, wanted: &str) -> bool {
    match wanted.strip_suffix('*') {
        Some(beginning) => message_type.starts_with(beginning),
        None => message_type == wanted,
    }
}

/// Messages as they come: each once, in order, through restarts of the runtime.
pub struct Messages {
    stream: EventStream,
    wanted: Wanted,
    left: Option<u64>,
}

impl Messages {
    /// Begins to watch. Everything that is published after this has returned will come.
    ///
    /// # Errors
    /// When no Signalbox answers, or it refuses.
    pub async fn open(client: &Client, wanted: Wanted) -> Result<Self, Failure> {
        // Several channels are picked out of all: one stream has one order and one place to go on.
        let feed = match wanted.channels.as_slice() {
            [one] => Feed::Channel(one.clone()),
            _ => Feed::Channels,
        };
        let cursor = match &wanted.since {
            Some(id) => Cursor::Message(id.trim().to_ascii_uppercase()),
            None if wanted.replay => Cursor::Message("0".to_owned()),
            // A place to begin at, so that nothing is missed if the first connection breaks.
            None => feed.head(client).await?,
        };
        let mut stream = EventStream::new(client.clone(), feed, cursor);
        stream.connect().await?;
        Ok(Self {
            stream,
            left: wanted.count,
            wanted,
        })
    }

    /// The next message as a line of JSON; `None` when as many came as were asked for. Cancel-safe.
    ///
    /// # Errors
    /// When going on is useless: refused for good, or no Signalbox any more.
    pub async fn next(&mut self) -> Result<Option<String>, Failure> {
        if self.left == Some(0) {
            return Ok(None);
        }
        loop {
            let frame = self.stream.next().await?;
            if self.wanted.includes(&frame.data) {
                self.left = self.left.map(|left| left - 1);
                return Ok(Some(frame.data));
            }
        }
    }
}

/// A message, a line of JSON: as it is for programs, shorter for people.
pub fn shown(output: Output, line: &str) -> Cow<'_, str> {
    match serde_json::from_str(line) {
        Ok(message) if !output.is_json() => Cow::Owned(told(&message)),
        Ok(_) | Err(_) => Cow::Borrowed(line),
    }
}

/// A message on one line for people.
fn told(message: &Value) -> String {
    let seconds = message["ts"].as_f64().unwrap_or(0.0);
    let at = Timestamp::from_millis((seconds * 1_000.0).round() as i64);
    let body = cut(&plain(&text(message, "body")), BODY_CHARS_MAX);
    let [channel, from, message_type] = ["ch", "from", "type"].map(|member| text(message, member));
    plain(&format!(
        "{at}  {channel:<12}  {from:<16}  {message_type:<14}  {body}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn types_match_whole_or_up_to_the_star() {
        for (message_type, wanted, expected) in [
            ("task.done", "task.done", true),
            ("task.done", "task.*", true),
            ("task.done", "*", true),
            ("task.done", "task", false),
            ("tasks", "task.*", false),
            ("task.done", "Task.*", false),
        ] {
            assert_eq!(is_of_type(message_type, wanted), expected, "{wanted}");
        }
    }

    #[test]
    fn a_message_for_people_does_not_steer_the_terminal() {
        let message =
            json!({"ts": 0.5, "ch": "general", "from": "a", "type": "t", "body": "x\u{1b}[2J\ny"});
        let line = told(&message);
        assert!(
            line.starts_with("1970-01-01T00:00:00.500Z  general"),
            "{line}"
        );
        assert!(line.ends_with("x [2J y"), "{line}");
    }
}
