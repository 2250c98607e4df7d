//! The one writer: a thread that owns the write connection and lets concurrent commands share a
//! transaction, and so an fsync. An answer is sent only after its transaction is durable.

use super::append::{Appender, Published, replayed};
use super::checkpoint::{self, WalPages};
use super::error::{StartError, StoreError};
use super::intern::Interned;
use super::job::{Errand, Job, Submission};
use super::poison::Poison;
use super::state::Transaction;
use super::table::{engine_token, lease, presence, search, task_lease, topic_claim, topic_key};
use super::{EgressLimit, limits, log};
use kernel::command::Refusal;
use kernel::{Answer, Caller, Command, Context, Draft, Effect, Reject, Timestamp, gate};
use rusqlite::Connection;
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;
use tokio::sync::mpsc;

/// Called on the writer thread with what a commit made true, in log order.
pub type Publish = Box<dyn Fn(&[Published]) + Send>;

/// A command that is durable.
#[derive(Clone, Debug)]
pub struct Committed {
    pub answer: Answer,
    /// Position of the log after it.
    pub position: u64,
    /// The command had been here before, by its idempotency key.
    pub replayed: bool,
    /// Of the last event that it asked for, then or now.
    pub place: Option<Place>,
}

/// Where and when an event is in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub position: u64,
    /// In its stream.
    pub stream_seq: u64,
    pub occurred_at: Timestamp,
}

/// A command that came to nothing.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Refused {
    #[error(transparent)]
    Reject(#[from] Reject),
    #[error(transparent)]
    Store(#[from] StoreError),
}

pub(super) struct Writer {
    jobs: mpsc::Sender<Job>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Writer {
    pub fn start(
        mut connection: Connection,
        publish: Publish,
        pages: WalPages,
        poison: Poison,
        egress: EgressLimit,
    ) -> Result<Self, StartError> {
        let (jobs, queue) = mpsc::channel(limits::WRITE_QUEUE_MAX);
        let failed = |error: String| {
            StartError::new(
                "start_failed",
                error,
                "Look at the log for details, then retry.",
            )
        };
        let position =
            log::last_position(&connection).map_err(|error| failed(error.to_string()))?;
        let latest = log::latest_time(&connection).map_err(|error| failed(error.to_string()))?;
        let indexed = search::progress(&connection).map_err(|error| failed(error.to_string()))?;
        pages
            .follow(&mut connection)
            .map_err(|error| failed(error.to_string()))?;
        let interned = Interned::default();
        let thread = Thread {
            connection,
            interned,
            pages,
            position,
            latest,
            indexed,
            publish,
            poison,
            egress,
        };
        let thread = std::thread::Builder::new()
            .name("writer".to_owned())
            .spawn(move || thread.run(queue))
            .map_err(|error| failed(error.to_string()))?;
        Ok(Self {
            jobs,
            thread: Mutex::new(Some(thread)),
        })
    }

    pub async fn submit(&self, ctx: Context, command: Command) -> Result<Committed, Refused> {
        let (submission, answer) = Submission::new(ctx, command);
        self.send(Job::Submit(Box::new(submission)))?;
        answer.await.map_err(|_| StoreError::Closed)?
    }

    pub async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (errand, answer) = Errand::new(work);
        self.send(Job::Write(Box::new(errand)))?;
        answer.await.map_err(|_| StoreError::Closed)?
    }

    fn send(&self, job: Job) -> Result<(), StoreError> {
        self.jobs.try_send(job).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => StoreError::Overloaded,
            mpsc::error::TrySendError::Closed(_) => StoreError::Closed,
        })
    }

    /// Ends the thread after what is queued.
    pub fn close(&self) {
        let thread = self
            .thread
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(thread) = thread {
            // A full queue drains by itself; the thread ends at the latest when all senders are gone.
            while let Err(mpsc::error::TrySendError::Full(_)) = self.jobs.try_send(Job::Close) {
                std::thread::yield_now();
            }
            // A writer that panicked has already said so.
            let _ = thread.join();
        }
    }
}

struct Thread {
    connection: Connection,
    interned: Interned,
    pages: WalPages,
    position: u64,
    /// When the newest event happened.
    latest: Timestamp,
    /// Up to where the search index is known to follow the log.
    indexed: u64,
    publish: Publish,
    poison: Poison,
    egress: EgressLimit,
}

impl Thread {
    fn run(mut self, mut queue: mpsc::Receiver<Job>) {
        let mut group = Vec::with_capacity(limits::GROUP_COMMANDS_MAX);
        while let Some(job) = queue.blocking_recv() {
            group.push(job);
            while group.len() < limits::GROUP_COMMANDS_MAX {
                match queue.try_recv() {
                    Ok(job) => group.push(job),
                    Err(_) => break,
                }
            }
            let closing = group.iter().any(|job| matches!(job, Job::Close));
            self.commit(std::mem::take(&mut group));
            if closing {
                break;
            }
        }
        self.poison.spare(&self.connection);
    }

    /// One transaction for the whole group. When it fails as a group, each command is tried
    /// alone, so that one that cannot be stored does not take the others with it.
    fn commit(&mut self, group: Vec<Job>) {
        let alone = group.len() == 1;
        let (mut submissions, mut writes) = (Vec::new(), Vec::new());
        for job in group {
            match job {
                Job::Submit(submission) => submissions.push(*submission),
                Job::Write(write) => writes.push(write),
                Job::Close => {}
            }
        }
        if !submissions.is_empty() {
            match self.transact(|thread, published| thread.decide_all(&submissions, published)) {
                Ok(outcomes) => reply(submissions, outcomes),
                Err(error) if alone || self.poison.is_latched() => refuse(submissions, &error),
                Err(_) => submissions
                    .into_iter()
                    .for_each(|one| self.commit(vec![Job::Submit(Box::new(one))])),
            }
        }
        for mut write in writes {
            let committed = self.transact(|thread, _| write.run(&thread.connection));
            write.answer(committed);
        }
        checkpoint::relieve(&self.connection, &self.pages, &self.poison);
        self.interned.trim();
    }

    /// Runs `work` in a transaction, commits it, then publishes what it appended. After a write
    /// that failed below the database nothing is run any more, not even the rest of a group.
    fn transact<T>(
        &mut self,
        work: impl FnOnce(&mut Self, &mut Vec<Published>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.poison.check()?;
        let (before, indexed) = (self.position, self.indexed);
        let mut published = Vec::new();
        let attempt = || -> Result<T, StoreError> {
            self.connection.execute_batch("BEGIN IMMEDIATE")?;
            let value = work(self, &mut published)?;
            if self.position - self.indexed >= limits::SEARCH_BATCH_EVENTS {
                self.indexed = search::catch_up(&self.connection, self.position)?;
            }
            self.interned
                .flush_heads(&self.connection, crate::clock::now())?;
            self.connection
                .execute_batch("COMMIT")
                .map_err(StoreError::of_commit)?;
            // Somebody else's fsync may have failed meanwhile: then this one's success says nothing.
            self.poison.check()?;
            Ok(value)
        };
        match attempt() {
            Ok(value) => {
                (self.publish)(&published);
                Ok(value)
            }
            Err(error) => {
                if let StoreError::Poisoned(reason) = &error {
                    self.poison.latch(reason);
                }
                // A transaction that SQLite has already rolled back has nothing left to undo.
                if !self.connection.is_autocommit()
                    && self.connection.execute_batch("ROLLBACK").is_err()
                {
                    self.poison.latch(&error.to_string());
                }
                self.interned.forget();
                self.position = before;
                self.indexed = indexed;
                tracing::error!(%error, "a transaction was rolled back");
                Err(error)
            }
        }
    }

    fn decide_all(
        &mut self,
        submissions: &[Submission],
        published: &mut Vec<Published>,
    ) -> Result<Vec<Result<Committed, Reject>>, StoreError> {
        submissions
            .iter()
            .map(|submission| self.carry_out(submission, published))
            .collect()
    }

    /// A command, then what follows on it by itself, all in the same transaction. A reaction that
    /// is refused comes to nothing, and takes nothing with it.
    fn carry_out(
        &mut self,
        submission: &Submission,
        published: &mut Vec<Published>,
    ) -> Result<Result<Committed, Reject>, StoreError> {
        let Submission { ctx, command, .. } = submission;
        let mut reactions = Vec::new();
        let mut committed = match self.decide(ctx, command, published, &mut reactions)? {
            Ok(committed) => committed,
            Err(reject) => return Ok(Err(reject)),
        };
        for (ctx, command) in reactions {
            // Nothing follows on what has followed.
            match self.decide(&ctx, &command, published, &mut Vec::new())? {
                Ok(reaction) => committed.position = reaction.position,
                Err(reject) => tracing::warn!(%reject, ?command, "a reaction was refused"),
            }
        }
        Ok(Ok(committed))
    }

    /// Gate, decide, append, effects. Everything that can be refused is refused before the first
    /// write, so a rejected command leaves nothing behind.
    fn decide(
        &mut self,
        ctx: &Context,
        command: &Command,
        published: &mut Vec<Published>,
        reactions: &mut Vec<(Context, Command)>,
    ) -> Result<Result<Committed, Reject>, StoreError> {
        let permit = match gate::permit(&ctx.caller, &ctx.workspace_id, command) {
            Ok(permit) => permit,
            Err(reject) => return Ok(Err(reject)),
        };
        let state = Transaction::new(&self.connection, self.egress.get());
        let decision = match kernel::decide(ctx, permit, &state, command.clone()) {
            Ok(decision) => decision,
            Err(Refusal::Reject(reject)) => return Ok(Err(reject)),
            Err(Refusal::State(error)) => return Err(error),
        };
        if let Some(first) = decision.drafts.first()
            && let Some(before) = replayed(&self.connection, first)?
        {
            let answer = kernel::command::replay(first, &before.event_type, &before.data);
            return Ok(answer.map(|answer| Committed {
                answer,
                position: self.position,
                replayed: true,
                place: Some(Place {
                    position: before.position,
                    stream_seq: before.stream_seq,
                    occurred_at: before.occurred_at,
                }),
            }));
        }
        let mut previous: Option<String> = None;
        let mut place = None;
        let now = steady(self.latest, ctx.now);
        self.latest = now;
        let mut appender = Appender {
            connection: &self.connection,
            interned: &mut self.interned,
            position: &mut self.position,
            published,
            now,
        };
        for draft in decision.drafts {
            reactions.extend(reaction(ctx, &draft));
            let appended = appender.append(draft, previous.as_deref())?;
            place = Some(Place {
                position: appended.position,
                stream_seq: appended.stream_seq,
                occurred_at: appended.occurred_at,
            });
            previous = Some(appended.event_id);
        }
        for effect in &decision.effects {
            apply(&self.connection, ctx, effect)?;
        }
        Ok(Ok(Committed {
            answer: decision.answer,
            position: self.position,
            replayed: false,
            place,
        }))
    }
}

/// Commands are timed before they wait for their turn, so one may come after a later one. Such a step
/// back is evened out, for times to grow as the log does; a clock that was set back is believed.
fn steady(latest: Timestamp, now: Timestamp) -> Timestamp {
    let behind = latest.millis() - now.millis();
    if (0..=limits::TURN_MS_MAX).contains(&behind) {
        latest
    } else {
        now
    }
}

/// What follows on an event by itself: given by Signalbox, where and when the event is.
fn reaction(ctx: &Context, draft: &Draft) -> Option<(Context, Command)> {
    let command = kernel::react(&draft.event)?;
    let ctx = Context {
        now: ctx.now,
        caller: Caller::System,
        workspace_id: draft.scope.workspace_id.clone(),
        correlation_id: None,
    };
    Some((ctx, command))
}

fn apply(connection: &Connection, ctx: &Context, effect: &Effect) -> Result<(), StoreError> {
    match effect {
        Effect::PutLease(held) => lease::put(connection, held, ctx.now),
        Effect::EndLease { run_id } => lease::end(connection, run_id),
        Effect::PutTaskLease(held) => task_lease::put(connection, held),
        Effect::EndTaskLease { task_id } => task_lease::end(connection, task_id),
        Effect::PutPresence(seen) => presence::put(connection, seen),
        Effect::PutEngineToken(token) => engine_token::put(connection, token),
        Effect::RevokeEngineToken { token_id } => {
            engine_token::revoke(connection, token_id, ctx.now)
        }
        Effect::PutTopicKey(issued) => topic_key::put(connection, issued),
        Effect::RevokeTopicKey { key_id } => topic_key::revoke(connection, key_id, ctx.now),
        Effect::PutClaimToken {
            claim_id,
            token_digest,
        } => topic_claim::put_token(connection, claim_id, token_digest),
    }
}

fn reply(submissions: Vec<Submission>, outcomes: Vec<Result<Committed, Reject>>) {
    for (submission, outcome) in submissions.into_iter().zip(outcomes) {
        submission.answer(outcome.map_err(Refused::Reject));
    }
}

fn refuse(submissions: Vec<Submission>, error: &StoreError) {
    for submission in submissions {
        submission.answer(Err(Refused::Store(error.clone())));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_grow_unless_the_clock_was_set_back() {
        let at = Timestamp::from_millis;
        for (latest, now, expected) in [
            (0, 7, 7),
            (100, 101, 101),
            (100, 100, 100),
            (100, 99, 100),
            (10_000, 5_000, 10_000),
            (10_000, 4_999, 4_999),
        ] {
            assert_eq!(steady(at(latest), at(now)), at(expected), "{latest} {now}");
        }
    }
}
