//! The application: everything that is true goes through [`App::submit`].

use crate::clock;
use crate::live::{Cursor, FeedKey, Hub, Subscription};
use crate::problem::Problem;
use crate::store::table::principal::{self, PrincipalRow};
use crate::store::table::search::{Document, SearchQuery};
use crate::store::{Committed, Published, Reader, StartError, Store, StoreError, Veil};
use kernel::broker::Rules;
use kernel::{Actor, Answer, Caller, Command, Context, StreamKey};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A running instance around one data directory. Cheap to clone.
#[derive(Clone)]
pub struct App {
    pub store: Store,
    hub: Arc<Hub>,
    token_changes: Arc<AtomicU64>,
    veil: Veil,
}

/// Who asks, where, and as part of what.
#[derive(Clone, Debug)]
pub struct Origin {
    pub caller: Caller,
    pub workspace_id: String,
    pub correlation_id: Option<String>,
}

impl Origin {
    /// The workspace whose content the caller may read; `None` is any, for the owner.
    pub fn readable_in(&self) -> Option<String> {
        (!self.caller.is_owner()).then(|| self.workspace_id.clone())
    }

    /// Signalbox itself.
    pub fn system() -> Self {
        Self {
            caller: Caller::System,
            workspace_id: kernel::gate::DEFAULT_WORKSPACE_ID.to_owned(),
            correlation_id: None,
        }
    }
}

impl App {
    pub fn open(data_dir: &Path) -> Result<Self, StartError> {
        let hub = Arc::new(Hub::default());
        let (token_changes, veil) = (Arc::new(AtomicU64::new(0)), Veil::default());
        let (tail, changes, hiding) = (hub.clone(), token_changes.clone(), veil.clone());
        let publish = move |published: &[Published]| {
            let changed = |one: &Published| kernel::engines::changes_tokens(&one.frame.event_type);
            if published.iter().any(changed) {
                changes.fetch_add(1, Ordering::Release);
            }
            // What is hidden from now on, before anybody is told what happened.
            hiding.follow(published);
            tail.publish(published);
        };
        let store = Store::open(data_dir, Box::new(publish))?;
        let found =
            store.read_blocking(|reader| Ok((reader.last_position()?, reader.locked_topics()?)));
        let (position, locked) = found.map_err(|error| {
            StartError::new(
                "database_damaged",
                error.to_string(),
                "Restore a backup: signalbox restore FILE.",
            )
        })?;
        hub.start_at(position);
        veil.begin(Rules::default(), locked);
        Ok(Self {
            store,
            hub,
            token_changes,
            veil,
        })
    }

    /// The only function that appends to the log. It answers when the events are durable.
    pub async fn submit(&self, origin: &Origin, command: Command) -> Result<Committed, Problem> {
        let ctx = Context {
            now: clock::now(),
            caller: origin.caller.clone(),
            workspace_id: origin.workspace_id.clone(),
            correlation_id: origin.correlation_id.clone(),
        };
        let committed = self.store.append(ctx, command).await?;
        if let Answer::Refused(reject) = committed.answer {
            return Err(reject.into());
        }
        Ok(committed)
    }

    /// How many commits may have changed what an engine's token opens. It counts before the change is
    /// acknowledged: what was read at another count is not true any more.
    pub fn token_changes(&self) -> u64 {
        self.token_changes.load(Ordering::Acquire)
    }

    /// Reads from the projections and the log, as of the last commit.
    pub async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Reader) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, Problem> {
        Ok(self.store.read(work).await?)
    }

    /// The principal of an actor, made when it is asked for the first time.
    pub async fn principal(&self, actor: Actor) -> Result<PrincipalRow, Problem> {
        let asked = actor.clone();
        if let Some(known) = self.read(move |reader| reader.principal_of(&asked)).await? {
            return Ok(known);
        }
        let ensure = move |connection: &_| principal::ensure(connection, &actor, clock::now());
        Ok(self.store.write(ensure).await?)
    }

    /// What holds all words of the query, newest first, in everything that is in the log by now.
    pub async fn search(&self, query: SearchQuery) -> Result<Vec<Document>, Problem> {
        Ok(self.store.search(query).await?)
    }

    /// Watches a stream or a workspace from a cursor, as far as the caller may see it.
    pub fn watch(&self, origin: &Origin, key: FeedKey, cursor: Cursor) -> Subscription {
        let veil = (!origin.caller.is_owner()).then(|| self.veil.clone());
        Subscription::new(self.store.clone(), self.hub.clone(), key, cursor, veil)
    }

    /// Watches a topic, for somebody who may read it.
    pub fn watch_topic(&self, channel: &str, after: u64) -> Subscription {
        let key = FeedKey::Stream(StreamKey::Channel(channel.to_owned()));
        let cursor = Cursor::After(after);
        Subscription::new(self.store.clone(), self.hub.clone(), key, cursor, None)
    }

    /// What is hidden from those without a token.
    pub fn veil(&self) -> &Veil {
        &self.veil
    }

    /// The rules by which this caller sees of topics only what is open to all; `None` sees all.
    pub fn open_topics(&self, origin: &Origin) -> Option<Rules> {
        (!origin.caller.is_owner()).then(|| self.veil.rules())
    }
}
