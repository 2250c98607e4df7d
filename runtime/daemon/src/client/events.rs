//! A live stream that survives interruptions: every event once, in order, whatever breaks.

use super::error::ClientError;
use super::http::Client;
use super::sse::{Frame, Parser};
use super::{Backoff, wire};
use futures_util::StreamExt;
use std::collections::VecDeque;
use std::time::Duration;

/// Waits between attempts to connect again.
const RECONNECT_FIRST: Duration = Duration::from_millis(200);
const RECONNECT_MAX: Duration = Duration::from_secs(5);
/// The server ends a stream that reads too slowly with this event; it is not part of the log.
const RESUME_EVENT: &str = "signalbox.resume";

/// What can be followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Feed {
    /// Everything in the workspace; ids are positions in the log.
    Workspace,
    /// One room; ids are its own sequence.
    Room(String),
    /// One channel of the board; ids are those of its messages.
    Channel(String),
    /// Every channel of the board.
    Channels,
}

/// How far a feed has been read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cursor {
    /// A position, or a number in a sequence.
    Number(u64),
    /// The id of a message: a ULID, or the beginning of one. `0` is before the first.
    Message(String),
}

impl Cursor {
    /// The cursor that `id` is, if it is one of this kind and lies further on.
    fn further(&self, id: &str) -> Option<Cursor> {
        match self {
            Cursor::Number(last) => {
                let id = id.parse().ok().filter(|id| id > last)?;
                Some(Cursor::Number(id))
            }
            // They grow as texts do.
            Cursor::Message(last) => (id > last.as_str()).then(|| Cursor::Message(id.to_owned())),
        }
    }
}

impl From<u64> for Cursor {
    fn from(number: u64) -> Self {
        Cursor::Number(number)
    }
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Cursor::Number(number) => number.fmt(formatter),
            Cursor::Message(id) => id.fmt(formatter),
        }
    }
}

impl Feed {
    fn path(&self, from: &Cursor) -> String {
        match self {
            // Where to go on is told by a header.
            Feed::Channel(name) => format!("/ch/{}", super::http::segment(name)),
            Feed::Channels => "/".to_owned(),
            Feed::Workspace => format!("/v1/streams/workspace?from_position={from}"),
            Feed::Room(room_id) => format!("/v1/streams/rooms/{room_id}?from_seq={from}"),
        }
    }

    /// Where the feed ends now: following from here shows only what is still to come.
    ///
    /// # Errors
    /// When the runtime does not answer, or there is no such room.
    pub async fn head(&self, client: &Client) -> Result<Cursor, ClientError> {
        match self {
            Feed::Channel(name) => {
                let path = format!("/ch/{}/history", super::http::segment(name));
                newest_message(client, &path).await
            }
            Feed::Channels => newest_message(client, "/history").await,
            Feed::Workspace => {
                let query = [("order", "desc".to_owned()), ("limit", "1".to_owned())];
                let newest: wire::Events = client.get("/v1/events", &query).await?;
                let position = newest.events.first().map_or(0, |event| event.position);
                Ok(position.into())
            }
            Feed::Room(room_id) => {
                let path = format!("/v1/rooms/{room_id}");
                let answer: wire::RoomAnswer = client.get(&path, &[]).await?;
                Ok(answer.room.head_seq.unwrap_or(0).into())
            }
        }
    }
}

async fn newest_message(client: &Client, path: &str) -> Result<Cursor, ClientError> {
    let newest = client.lines(path, &[("n", "1".to_owned())]).await?;
    let Some(newest) = newest.last() else {
        return Ok(Cursor::Message("0".to_owned()));
    };
    let message: wire::MessageId =
        serde_json::from_str(newest).map_err(|error| ClientError::Foreign {
            url: client.base().to_owned(),
            why: error.to_string(),
        })?;
    Ok(Cursor::Message(message.id))
}

type Bytes = futures_util::stream::BoxStream<'static, reqwest::Result<bytes::Bytes>>;

/// A followed feed. Dropping it ends it.
pub struct EventStream {
    client: Client,
    feed: Feed,
    /// Id of the last event that was handed out.
    cursor: Cursor,
    connection: Option<(Bytes, Parser)>,
    ready: VecDeque<Frame>,
    backoff: Backoff,
}

impl EventStream {
    /// Follows `feed` from just after `cursor`. Nothing is asked before the first [`Self::next`].
    pub fn new(client: Client, feed: Feed, cursor: impl Into<Cursor>) -> Self {
        Self {
            client,
            feed,
            cursor: cursor.into(),
            connection: None,
            ready: VecDeque::new(),
            backoff: Backoff::new(RECONNECT_FIRST, RECONNECT_MAX),
        }
    }

    /// Id of the last event that was handed out.
    pub fn cursor(&self) -> &Cursor {
        &self.cursor
    }

    /// Connects if it is not connected; waits for nothing else. Failures to connect are told here
    /// so that a caller can say so; [`Self::next`] tries again by itself.
    ///
    /// # Errors
    /// When the runtime does not take the connection.
    pub async fn connect(&mut self) -> Result<(), ClientError> {
        if self.connection.is_none() {
            let path = self.feed.path(&self.cursor);
            let response = self.client.open_stream(&path, &self.cursor).await?;
            self.connection = Some((response.bytes_stream().boxed(), Parser::default()));
        }
        Ok(())
    }

    /// The next event. Waits for as long as it takes, through restarts of the runtime.
    /// Cancel-safe: an event is either returned or still to come.
    ///
    /// # Errors
    /// Only when trying again is useless: refused for good, or no Signalbox at all.
    pub async fn next(&mut self) -> Result<Frame, ClientError> {
        loop {
            if let Some(frame) = self.ready.pop_front() {
                return Ok(frame);
            }
            if let Err(error) = self.connect().await {
                if !error.is_transient() {
                    return Err(error);
                }
                tokio::time::sleep(self.backoff.failed()).await;
                continue;
            }
            self.receive().await;
        }
    }

    /// Takes one piece from the connection, or gives the connection up.
    async fn receive(&mut self) {
        let Some((bytes, parser)) = &mut self.connection else {
            return;
        };
        let mut frames = Vec::new();
        let alive = match bytes.next().await {
            Some(Ok(piece)) => parser.feed(&piece, &mut frames).is_ok(),
            Some(Err(_)) | None => false,
        };
        let mut resume = false;
        for frame in frames {
            resume |= frame.event == RESUME_EVENT;
            self.take(frame);
        }
        if !alive || resume {
            self.connection = None;
        }
        if !alive && !resume {
            tokio::time::sleep(self.backoff.failed()).await;
        }
    }

    fn take(&mut self, frame: Frame) {
        let Some(id) = frame.id.as_deref() else {
            return;
        };
        // What was handed out before may come again after a reconnect.
        if let Some(cursor) = self.cursor.further(id) {
            self.cursor = cursor;
            self.backoff.succeeded();
            self.ready.push_back(frame);
        }
    }
}

#[cfg(test)]
mod tests;
