//! `signalbox pub`: saying something on a channel.

use super::exit::{Exit, Failure};
use super::output::text;
use super::session::{Session, sender};
use super::{Global, input, wait_for};
use crate::client::segment;
use clap::Args;
use serde_json::{Value, json};
use std::process::ExitCode;

/// What a message is called whose sender says nothing else.
const TYPE: &str = "msg.message";

/// Publish a message to a channel
///
/// The body is the words: JSON if they read as JSON, else a text. Without words it is what is piped
/// in. Everything after `--` is a word, also what looks like a flag. With the key of an agent in
/// SIGNALBOX_TOKEN it goes to a topic, in the name of that agent.
///
/// Examples:
///   signalbox pub general "the build is green"
///   signalbox pub builds --type build.done '{"commit":"a1b2c3","ok":true}'
///   git log --oneline -3 | signalbox pub general
///   printf 'one\ntwo\n' | signalbox pub general --lines
///   signalbox pub general -- -v is a flag, and this is a message
///   SIGNALBOX_TOKEN=TOPIC_KEY signalbox pub public.townsquare hello
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct Publish {
    /// The channel; it comes to be with its first message. `room.ROOM_ID` is that of a room
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    channel: String,
    /// The body; `-` reads it from standard input
    #[arg(allow_negative_numbers = true)]
    words: Vec<String>,
    /// What kind of message it is, as dot.name [default: msg.message]
    #[arg(long = "type", value_name = "TYPE")]
    message_type: Option<String>,
    /// Who says it [env: AGENT_ID] [default: your user name]
    #[arg(long, value_name = "NAME")]
    from: Option<String>,
    /// The body is a text, also when it reads as JSON
    #[arg(long)]
    text: bool,
    /// Each line of standard input is a message, published as soon as it is read
    #[arg(long, conflicts_with = "words")]
    lines: bool,
    /// A stored file that belongs to it; may be repeated
    #[arg(long = "file", value_name = "HASH")]
    files: Vec<String>,
    /// The message that it answers
    #[arg(long, value_name = "ID")]
    reply_to: Option<String>,
    /// Publishing again with the same key publishes nothing. With --lines, the number of the line is
    /// added to it
    #[arg(long, value_name = "KEY")]
    idempotency_key: Option<String>,
}

impl Publish {
    pub fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        let session = global.session()?;
        let from = if session.client.has_topic_key() {
            self.fits_a_topic()?;
            String::new()
        } else {
            sender(self.from.clone())?
        };
        if self.lines {
            wait_for(self.publish_lines(&session, &from))?;
            return Ok(ExitCode::SUCCESS);
        }
        let body = match input::words_or_pipe(&self.words)? {
            Some(said) => self.body(&said),
            // A type alone is a signal.
            None if self.message_type.is_some() => json!({}),
            None => {
                let message = "There is nothing to publish.";
                return Err(Failure::new(Exit::Usage, "nothing_to_publish", message)
                    .hint("Add words, pipe something in, or name a --type alone as a signal."));
            }
        };
        let key = self.idempotency_key.clone();
        wait_for(self.publish(&session, &from, body, key))?;
        Ok(ExitCode::SUCCESS)
    }

    fn body(&self, said: &str) -> Value {
        if self.text {
            Value::String(said.to_owned())
        } else {
            input::json_or_text(said)
        }
    }

    /// Who speaks on a topic is told by the key, and its messages are payloads and nothing else.
    fn fits_a_topic(&self) -> Result<(), Failure> {
        let given = [
            ("--type", self.message_type.is_some()),
            ("--from", self.from.is_some()),
            ("--file", !self.files.is_empty()),
            ("--reply-to", self.reply_to.is_some()),
            ("--idempotency-key", self.idempotency_key.is_some()),
        ];
        let Some((flag, _)) = given.into_iter().find(|(_, is_given)| *is_given) else {
            return Ok(());
        };
        let message =
            format!("{flag} says nothing on a topic, which the key in SIGNALBOX_TOKEN opens.");
        Err(Failure::new(Exit::Usage, "not_on_topics", message)
            .hint("Leave it out, or unset SIGNALBOX_TOKEN to speak on the board."))
    }

    async fn publish_lines(&self, session: &Session, from: &str) -> Result<(), Failure> {
        let mut number = 0_u64;
        loop {
            // Beside the runtime: the connection must be looked after while nobody writes.
            let line = tokio::task::spawn_blocking(|| input::line(&mut std::io::stdin().lock()));
            let line = line.await.map_err(std::io::Error::other)??;
            let Some(line) = line else { return Ok(()) };
            number += 1;
            let key = self.idempotency_key.as_ref();
            let key = key.map(|key| format!("{key}-{number}"));
            self.publish(session, from, self.body(&line), key).await?;
        }
    }

    async fn publish(
        &self,
        session: &Session,
        from: &str,
        body: Value,
        key: Option<String>,
    ) -> Result<(), Failure> {
        if session.client.has_topic_key() {
            let message = json!({"channel": self.channel, "payload": body});
            let published: Value = session.client.post("/api/publish", &message).await?;
            let place = text(&published["result"], "offset");
            return session.output.told(&published, &place);
        }
        let message = json!({
            "from": from,
            "type": self.message_type.as_deref().unwrap_or(TYPE),
            "body": body,
            "files": self.files,
            "reply-to": self.reply_to,
        });
        let path = format!("/ch/{}", segment(&self.channel));
        let client = session.client.clone().idempotent(key);
        let published: Value = client.post(&path, &message).await?;
        session.output.told(&published, &text(&published, "id"))
    }
}
