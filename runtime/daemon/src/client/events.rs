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
}

impl Feed {
    fn path(&self, from: u64) -> String {
        match self {
            Feed::Workspace => format!("/v1/streams/workspace?from_position={from}"),
            Feed::Room(room_id) => format!("/v1/streams/rooms/{room_id}?from_seq={from}"),
        }
    }

    /// Where the feed ends now: following from here shows only what is still to come.
    ///
    /// # Errors
    /// When the runtime does not answer, or there is no such room.
    pub async fn head(&self, client: &Client) -> Result<u64, ClientError> {
        match self {
            Feed::Workspace => {
                let query = [("order", "desc".to_owned()), ("limit", "1".to_owned())];
                let newest: wire::Events = client.get("/v1/events", &query).await?;
                Ok(newest.events.first().map_or(0, |event| event.position))
            }
            Feed::Room(room_id) => {
                let path = format!("/v1/rooms/{room_id}");
                let answer: wire::RoomAnswer = client.get(&path, &[]).await?;
                Ok(answer.room.head_seq.unwrap_or(0))
            }
        }
    }
}

type Bytes = futures_util::stream::BoxStream<'static, reqwest::Result<bytes::Bytes>>;

/// A followed feed. Dropping it ends it.
pub struct EventStream {
    client: Client,
    feed: Feed,
    /// Id of the last event that was handed out.
    cursor: u64,
    connection: Option<(Bytes, Parser)>,
    ready: VecDeque<Frame>,
    backoff: Backoff,
}

impl EventStream {
    /// Follows `feed` from just after `cursor`. Nothing is asked before the first [`Self::next`].
    pub fn new(client: Client, feed: Feed, cursor: u64) -> Self {
        Self {
            client,
            feed,
            cursor,
            connection: None,
            ready: VecDeque::new(),
            backoff: Backoff::new(RECONNECT_FIRST, RECONNECT_MAX),
        }
    }

    /// Id of the last event that was handed out.
    pub fn cursor(&self) -> u64 {
        self.cursor
    }

    /// Connects if it is not connected; waits for nothing else. Failures to connect are told here
    /// so that a caller can say so; [`Self::next`] tries again by itself.
    ///
    /// # Errors
    /// When the runtime does not take the connection.
    pub async fn connect(&mut self) -> Result<(), ClientError> {
        if self.connection.is_none() {
            let path = self.feed.path(self.cursor);
            let response = self.client.open_stream(&path, self.cursor).await?;
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
        let Some(id) = frame.id.as_deref().and_then(|id| id.parse().ok()) else {
            return;
        };
        // What was handed out before may come again after a reconnect.
        if id > self.cursor {
            self.cursor = id;
            self.backoff.succeeded();
            self.ready.push_back(frame);
        }
    }
}

#[cfg(test)]
mod tests;
