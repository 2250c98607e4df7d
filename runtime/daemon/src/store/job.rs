//! What waits for the writer, with whoever waits for the answer.

use super::error::StoreError;
use super::writer::{Committed, Refused};
use kernel::{Command, Context};
use rusqlite::Connection;
use tokio::sync::oneshot;

pub(super) enum Job {
    Submit(Box<Submission>),
    Write(Box<dyn Write>),
    Close,
}

/// A command on its way to the writer.
pub(super) struct Submission {
    pub ctx: Context,
    pub command: Command,
    reply: oneshot::Sender<Result<Committed, Refused>>,
}

impl Submission {
    pub fn new(
        ctx: Context,
        command: Command,
    ) -> (Self, oneshot::Receiver<Result<Committed, Refused>>) {
        let (reply, answer) = oneshot::channel();
        (
            Self {
                ctx,
                command,
                reply,
            },
            answer,
        )
    }

    pub fn answer(self, outcome: Result<Committed, Refused>) {
        // A reply that nobody waits for belongs to a request that was dropped: its events stay true.
        let _ = self.reply.send(outcome);
    }
}

/// A write that is no command. It is answered after its transaction has come to an end.
pub(super) trait Write: Send {
    /// Inside the transaction. An error takes the transaction back.
    fn run(&mut self, connection: &Connection) -> Result<(), StoreError>;

    fn answer(self: Box<Self>, committed: Result<(), StoreError>);
}

/// A closure as a write.
pub(super) struct Errand<F, T> {
    work: Option<F>,
    value: Option<T>,
    reply: oneshot::Sender<Result<T, StoreError>>,
}

impl<F, T> Errand<F, T> {
    pub fn new(work: F) -> (Self, oneshot::Receiver<Result<T, StoreError>>) {
        let (reply, answer) = oneshot::channel();
        (
            Self {
                work: Some(work),
                value: None,
                reply,
            },
            answer,
        )
    }
}

impl<F, T> Write for Errand<F, T>
where
    F: FnOnce(&Connection) -> Result<T, StoreError> + Send,
    T: Send,
{
    fn run(&mut self, connection: &Connection) -> Result<(), StoreError> {
        if let Some(work) = self.work.take() {
            self.value = Some(work(connection)?);
        }
        Ok(())
    }

    fn answer(self: Box<Self>, committed: Result<(), StoreError>) {
        let Self { value, reply, .. } = *self;
        // What was committed has run, so it has a value. Nobody waits any more when the request
        // was dropped.
        let _ = reply.send(committed.and_then(|()| value.ok_or(StoreError::Closed)));
    }
}
