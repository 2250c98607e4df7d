//! What `decide` returns for each event, before the log gives it a place, a time and a hash.

use crate::actor::Actor;
use crate::event::Event;
use crate::gate::Zone;
use serde_json::Value;

/// The stream an event belongs to: room-scoped things go to their room, what is on a channel to it, all
/// else to the workspace.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum StreamKey {
    Room(String),
    /// Of the default workspace: it alone has channels.
    Channel(String),
    Workspace(String),
}

impl StreamKey {
    pub fn stream_type(&self) -> &'static str {
        match self {
            StreamKey::Room(_) => "room",
            StreamKey::Channel(_) => "channel",
            StreamKey::Workspace(_) => "workspace",
        }
    }

    pub fn stream_id(&self) -> &str {
        match self {
            StreamKey::Room(id) | StreamKey::Channel(id) | StreamKey::Workspace(id) => id,
        }
    }
}

/// The things that an event is about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Scope {
    pub workspace_id: String,
    pub mission_id: Option<String>,
    pub room_id: Option<String>,
    pub thread_id: Option<String>,
    pub run_id: Option<String>,
    pub step_id: Option<String>,
    /// Of what is on a channel that is no room.
    pub channel: Option<String>,
}

impl Scope {
    pub fn workspace(workspace_id: &str) -> Self {
        Self {
            workspace_id: workspace_id.to_owned(),
            ..Self::default()
        }
    }

    /// The stream that an event of this scope is appended to.
    pub fn stream(&self) -> StreamKey {
        match (&self.room_id, &self.channel) {
            (Some(room), _) => StreamKey::Room(room.clone()),
            (None, Some(channel)) => StreamKey::Channel(channel.clone()),
            (None, None) => StreamKey::Workspace(self.workspace_id.clone()),
        }
    }
}

/// What led to an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Causation {
    None,
    /// An event that is already in the log.
    Event(String),
    /// The event before this one in the same decision.
    Previous,
}

impl Causation {
    pub fn event(id: Option<&str>) -> Self {
        id.map_or(Causation::None, |id| Causation::Event(id.to_owned()))
    }
}

/// Circumstances of an event beside its data; hashed with it, shown in its detail.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Contexts {
    pub policy: Option<Value>,
    pub model: Option<Value>,
    pub display: Option<Value>,
}

impl Contexts {
    /// Those that are there, to be scanned for secrets.
    pub fn members_mut(&mut self) -> impl Iterator<Item = &mut Value> {
        [&mut self.policy, &mut self.model, &mut self.display]
            .into_iter()
            .flatten()
    }
}

/// An event that has been decided and not yet appended.
#[derive(Clone, Debug)]
pub struct Draft {
    pub event: Event,
    pub scope: Scope,
    pub actor: Actor,
    pub zone: Zone,
    pub causation: Causation,
    /// `None`: the event starts a correlation of its own, named after its id.
    pub correlation_id: Option<String>,
    pub contexts: Contexts,
    /// Unique within the stream: a second command with it gets the first one's answer.
    pub idempotency_key: Option<String>,
}

impl Draft {
    pub fn new(event: Event, scope: Scope, actor: Actor) -> Self {
        Self {
            event,
            scope,
            actor,
            zone: Zone::default(),
            causation: Causation::None,
            correlation_id: None,
            contexts: Contexts::default(),
            idempotency_key: None,
        }
    }

    pub fn in_zone(mut self, zone: Zone) -> Self {
        self.zone = zone;
        self
    }

    pub fn caused_by(mut self, causation: Causation) -> Self {
        self.causation = causation;
        self
    }

    pub fn correlated(mut self, correlation_id: Option<String>) -> Self {
        self.correlation_id = correlation_id;
        self
    }

    pub fn keyed(mut self, idempotency_key: Option<String>) -> Self {
        self.idempotency_key = idempotency_key;
        self
    }
}
