//! Who asks: the caller of a command, and the actor that its events name.

use crate::broker::Principal;
use crate::gate::capability::Scopes;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Kind of actor as events name it. Bodies that say anything else mean a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActorType {
    User,
    Agent,
    Service,
}

impl ActorType {
    pub fn as_str(self) -> &'static str {
        match self {
            ActorType::User => "user",
            ActorType::Agent => "agent",
            ActorType::Service => "service",
        }
    }

    /// The contract's reading of a body: `service` and `agent` are themselves, all else is a user.
    pub fn from_wire(text: &str) -> Self {
        match text {
            "service" => ActorType::Service,
            "agent" => ActorType::Agent,
            _ => ActorType::User,
        }
    }
}

/// The actor that an event names. Its principal is looked up, or created, when it is appended.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Actor {
    pub actor_type: ActorType,
    pub actor_id: String,
}

/// `actor_id` of the owner: a name that no other caller may take.
pub const OWNER_ACTOR_ID: &str = "owner";
/// `actor_id` of Signalbox itself.
pub const SYSTEM_ACTOR_ID: &str = "signalbox";
/// `actor_id` of the scanner that reports secrets.
pub const SCANNER_ACTOR_ID: &str = "dlp";

impl Actor {
    pub fn new(actor_type: ActorType, actor_id: impl Into<String>) -> Self {
        Self {
            actor_type,
            actor_id: actor_id.into(),
        }
    }

    pub fn service(actor_id: &str) -> Self {
        Self::new(ActorType::Service, actor_id)
    }

    /// The person the instance belongs to.
    pub fn owner() -> Self {
        Self::new(ActorType::User, OWNER_ACTOR_ID)
    }
}

/// An engine that showed a valid token, and what the token allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineIdentity {
    pub engine_id: String,
    pub actor_id: String,
    pub workspace_id: String,
    /// Of the token that it showed.
    pub token_id: String,
    /// What the token allows; it never changes.
    pub scopes: Scopes,
}

/// An agent or app of the event bus that showed a valid key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentIdentity {
    pub principal: Principal,
    /// Of the key that it showed.
    pub key_id: String,
}

/// As `type:id`.
impl fmt::Display for Actor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.actor_type.as_str(), self.actor_id)
    }
}

/// Whoever sent a command, as the edge has authenticated it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(
    clippy::large_enum_variant,
    reason = "there is one for each request, and it is passed by reference"
)]
pub enum Caller {
    /// Showed the owner's token, or a browser session made from it.
    Owner,
    /// Showed an engine token.
    Engine(EngineIdentity),
    /// Showed a key of the event bus: it speaks on topics, and does nothing else.
    Agent(AgentIdentity),
    /// A process on this machine without a token.
    Local,
    /// A part of Signalbox itself (lease expiry, start-up); never reached from outside.
    System,
}

impl Caller {
    /// The actor that this caller's events name when the command does not say more.
    pub fn actor(&self) -> Actor {
        match self {
            Caller::Owner => Actor::owner(),
            Caller::Engine(engine) => Actor::service(&engine.actor_id),
            Caller::Agent(agent) => Actor::new(ActorType::Agent, agent.principal.to_string()),
            Caller::Local => Actor::new(ActorType::User, "anon"),
            Caller::System => Actor::service(SYSTEM_ACTOR_ID),
        }
    }

    pub fn is_owner(&self) -> bool {
        matches!(self, Caller::Owner)
    }
}
