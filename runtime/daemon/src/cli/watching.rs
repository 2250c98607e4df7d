//! Watching channels: what `sub` and `subexec` share.

use super::exit::{Exit, Failure};
use super::output::{Output, cut, plain, text};
use crate::client::{Client, Cursor, EventStream, Feed, Told, TopicStream};
use clap::Args;
use kernel::Timestamp;
use kernel::broker::{MESSAGE, Timer};
use serde::Deserialize;
use serde_json::{Value, json};
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

/// Where messages come from.
enum Stream {
    Board(EventStream),
    /// The event bus: with a key, and for what is told there alone.
    Topics(TopicStream),
}

/// Messages as they come: each once, in order, through restarts of the runtime.
pub struct Messages {
    stream: Stream,
    wanted: Wanted,
    left: Option<u64>,
}

impl Messages {
    /// Begins to watch. Everything that is published after this has returned will come.
    ///
    /// # Errors
    /// When no Signalbox answers, or it refuses.
    pub async fn open(client: &Client, wanted: Wanted) -> Result<Self, Failure> {
        let is_timer = |channel: &String| Timer::of_channel(channel).is_some();
        if client.has_topic_key() || wanted.channels.iter().any(is_timer) {
            return Self::open_topics(client, wanted).await;
        }
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
            stream: Stream::Board(stream),
            left: wanted.count,
            wanted,
        })
    }

    async fn open_topics(client: &Client, wanted: Wanted) -> Result<Self, Failure> {
        if wanted.channels.is_empty() {
            let message = "A key opens the topics that are named.";
            return Err(Failure::new(Exit::Usage, "missing_topic", message)
                .hint("Name topics, such as agent.NAME.TOPIC; or unset SIGNALBOX_TOKEN to watch the board."));
        }
        if wanted.since.is_some() {
            let message = "Messages of topics have places instead of ids: --since names none.";
            return Err(Failure::new(Exit::Usage, "since_on_topics", message)
                .hint("Begin with the first one by --replay, or leave both out to begin now."));
        }
        let mut stream = TopicStream::new(client.clone(), wanted.channels.clone(), wanted.replay);
        stream.connect().await?;
        Ok(Self {
            stream: Stream::Topics(stream),
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
            let line = match &mut self.stream {
                Stream::Board(stream) => stream.next().await?.data,
                Stream::Topics(stream) => match stream.next().await? {
                    Told::Message {
                        channel,
                        offset,
                        data,
                    } => as_on_the_board(&channel, offset, &data).to_string(),
                    Told::Missed { channel } => {
                        let channel = plain(&channel);
                        eprintln!(
                            "signalbox: some messages on {channel} came while nobody listened, and are left out"
                        );
                        continue;
                    }
                },
            };
            if self.wanted.includes(&line) {
                self.left = self.left.map(|left| left - 1);
                return Ok(Some(line));
            }
        }
    }
}

/// A message of a topic in the shape of those of the board. What was never kept has no offset.
fn as_on_the_board(channel: &str, offset: Option<u64>, data: &Value) -> Value {
    let claw = &data["_claw"];
    let ts = claw["timestamp"].as_i64().unwrap_or_default() as f64 / 1_000.0;
    let message_type = claw["type"].as_str().unwrap_or(MESSAGE);
    json!({
        "ch": channel, "from": claw["sender"], "type": message_type, "ts": ts,
        "body": data["payload"], "offset": offset,
    })
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
