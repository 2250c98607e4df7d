//! What the doors of the event bus share: one place that proves, counts, publishes and lets read.

use super::challenge::Challenges;
use super::rate::Rates;
use super::token::{Claims, Signer};
use crate::app::{App, Origin};
use crate::clock;
use crate::problem::Problem;
use crate::store::{Frame, StoreError};
use kernel::actor::AgentIdentity;
use kernel::broker::{
    ACCESS_REQUEST, IssueTopicKey, MESSAGE, PublishTopic, SchemaError, Topic, may_read, validate,
};
use kernel::engines::digest;
use kernel::gate::DEFAULT_WORKSPACE_ID;
use kernel::{Caller, Command, Event, Kind, Principal, Reject, Timestamp, board};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use subtle::ConstantTimeEq;

/// The event bus. Cheap to clone.
#[derive(Clone)]
pub struct Bus(Arc<Inner>);

struct Inner {
    app: App,
    signer: Signer,
    rates: Rates,
    challenges: Challenges,
    epoch: String,
}

/// Why somebody is not heard.
#[derive(Debug)]
pub enum Denied {
    Problem(Problem),
    /// Too often: again from then on.
    TooOften(Timestamp),
    /// The payload is not what its topic advertises.
    Unlike(Vec<SchemaError>),
}

impl<P: Into<Problem>> From<P> for Denied {
    fn from(problem: P) -> Self {
        Denied::Problem(problem.into())
    }
}

/// Where something that was published is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    pub offset: u64,
    pub epoch: String,
}

/// Who is meant by the sender of what came without a key.
const NOBODY: &str = "anonymous";

impl Bus {
    /// # Errors
    /// When the database cannot be read.
    pub fn open(app: App, signer: Signer) -> Result<Self, StoreError> {
        let epoch = app.store.read_blocking(|reader| reader.epoch())?;
        let rates = Rates::default();
        Ok(Self(Arc::new(Inner {
            app,
            signer,
            rates,
            challenges: Challenges::default(),
            epoch,
        })))
    }

    /// Which log the offsets are of: it stays the same for as long as the log does.
    pub fn epoch(&self) -> &str {
        &self.0.epoch
    }

    pub fn app(&self) -> &App {
        &self.0.app
    }

    /// Who shows this token.
    ///
    /// # Errors
    /// `invalid_token` for one that is not ours, `key_revoked` for one that is over.
    pub async fn agent(&self, token: &str) -> Result<AgentIdentity, Problem> {
        let Some(claims) = self.0.signer.verify(token) else {
            let message = "Invalid or expired token";
            return Err(Reject::new(Kind::Unauthorized, "invalid_token", message).into());
        };
        let key_id = claims.jti.clone();
        let found = self
            .0
            .app
            .read(move |reader| reader.topic_key(&key_id))
            .await?;
        match found {
            Some((key, kept))
                if claims.are_of(&key.principal) && kept.ct_eq(&digest(token)).into() =>
            {
                Ok(AgentIdentity {
                    principal: key.principal,
                    key_id: key.key_id,
                })
            }
            Some(_) | None => {
                let message = "Invalid or revoked API key";
                Err(Reject::new(Kind::Unauthorized, "key_revoked", message).into())
            }
        }
    }

    /// Whether a key is still good.
    pub async fn is_live(&self, agent: &AgentIdentity) -> Result<bool, Problem> {
        let key_id = agent.key_id.clone();
        let found = self.0.app.read(move |reader| reader.topic_key(&key_id));
        Ok(found.await?.is_some())
    }

    /// Issues a key, which ends the one of the same name, and tells it this once.
    pub async fn issue(
        &self,
        origin: &Origin,
        principal: &str,
        key_name: Option<String>,
    ) -> Result<String, Problem> {
        let who = Principal::parse(principal.trim())?;
        let (token, key_id) = self.sign(&who);
        let command = IssueTopicKey {
            key_id,
            principal: who.to_string(),
            key_name,
            token_digest: digest(&token),
        };
        let command = Command::IssueTopicKey(command);
        self.0.app.submit(origin, command).await?;
        Ok(token)
    }

    /// A token by which somebody is known once its key is kept, and the id of that key.
    pub(super) fn sign(&self, who: &Principal) -> (String, String) {
        let key_id = clock::id("ck");
        let issued_at_s = clock::now().millis().div_euclid(1_000);
        let token = self.0.signer.sign(&Claims::of(who, issued_at_s, &key_id));
        (token, key_id)
    }

    pub(super) fn challenges(&self) -> &Challenges {
        &self.0.challenges
    }

    /// Publishes, as often as one may. System topics are refused before anything is counted.
    pub async fn publish(
        &self,
        origin: &Origin,
        channel: &str,
        payload: Value,
    ) -> Result<Said, Denied> {
        if Topic::parse(channel.trim()) == Ok(Topic::System) {
            let message = "cannot publish to system channels";
            return Err(Reject::forbidden("topic_forbidden", message).into());
        }
        let counted = self.0.rates.count(principal(&origin.caller), clock::now());
        counted.map_err(Denied::TooOften)?;
        let command = Command::PublishTopic(PublishTopic {
            channel: channel.to_owned(),
            payload: payload.clone(),
        });
        let committed = match self.0.app.submit(origin, command).await {
            Err(Problem::Rejected(reject)) if reject.code == "schema_mismatch" => {
                return Err(Denied::Unlike(self.unlike(channel.trim(), &payload).await?));
            }
            committed => committed?,
        };
        let missing = || StoreError::Other("a message without a place".to_owned());
        let place = committed.place.ok_or_else(missing)?;
        Ok(Said {
            offset: place.stream_seq,
            epoch: self.0.epoch.clone(),
        })
    }

    /// What is wrong with a payload, as its topic is advertised now.
    async fn unlike(&self, channel: &str, payload: &Value) -> Result<Vec<SchemaError>, Problem> {
        let channel = channel.to_owned();
        let found = self
            .0
            .app
            .read(move |reader| reader.advertisement(&channel));
        let schema = found.await?.and_then(|row| row.schema);
        Ok(schema.map_or_else(Vec::new, |schema| validate(&schema, payload)))
    }

    /// Whether somebody may read a topic now. What is no topic is closed here.
    pub async fn may_read(&self, who: Option<Principal>, channel: &str) -> Result<bool, Problem> {
        let Ok(topic) = Topic::parse(channel) else {
            return Ok(false);
        };
        let (rules, channel) = (self.0.app.veil().rules(), channel.to_owned());
        let rights = move |reader: &crate::store::Reader| {
            let (locked, granted) = reader.topic_rights(&channel, who.as_ref())?;
            Ok(may_read(rules, &topic, who.as_ref(), locked, granted))
        };
        self.0.app.read(rights).await
    }
}

/// Who a caller is on the event bus.
fn principal(caller: &Caller) -> Option<&Principal> {
    match caller {
        Caller::Agent(agent) => Some(&agent.principal),
        Caller::Owner | Caller::Engine(_) | Caller::Local | Caller::System => None,
    }
}

/// Somebody on the event bus; it happens in the default workspace.
pub fn origin(caller: Caller) -> Origin {
    Origin {
        caller,
        workspace_id: DEFAULT_WORKSPACE_ID.to_owned(),
        correlation_id: None,
    }
}

/// What subscribers are told of an event; `None` for one that is no message.
pub fn told(frame: &Frame) -> Option<Value> {
    #[derive(Deserialize)]
    struct Logged {
        occurred_at: Timestamp,
        actor_type: String,
        actor_id: String,
        data: Value,
    }
    let logged: Logged = serde_json::from_slice(&frame.json).ok()?;
    let event = Event::decode(&frame.event_type, logged.data.clone());
    let message_type = board::message_type(&event)?;
    let is_nobody = logged.actor_type == "user" && logged.actor_id == "anon";
    let sender = if is_nobody {
        NOBODY
    } else {
        logged.actor_id.as_str()
    };
    let mut claw = json!({"sender": sender, "timestamp": logged.occurred_at.millis()});
    // What became of a task is told as the log has it.
    let payload = if let Event::ChannelMessagePublished(message) = &event {
        message.body.clone()
    } else {
        logged.data
    };
    // What is raw for some clients has its members beside the envelope.
    let members = payload
        .as_object()
        .filter(|_| message_type == ACCESS_REQUEST);
    let mut told = members.cloned().unwrap_or_default();
    if message_type != MESSAGE {
        claw["type"] = json!(message_type);
    }
    told.insert("_claw".to_owned(), claw);
    told.insert("payload".to_owned(), payload);
    Some(Value::Object(told))
}
