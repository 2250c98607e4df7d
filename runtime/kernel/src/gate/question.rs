//! What is asked of the gate: may this actor do this, to that, with exactly this content?

use super::zone::Zone;
use crate::actor::Actor;
use crate::canonical;
use crate::envelope::Scope;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// Through which door an action is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Category {
    /// A step that calls a tool.
    ToolCall,
    /// Anything that an agent names: `POST /v1/policy/evaluate`, and the command of a run.
    Action,
    /// A request that would leave this machine.
    Egress,
    /// Reading or writing a resource, and how the request fits its label.
    DataAccess(Fit),
}

/// How a request to read or write fits the label of the resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fit {
    /// The label does not mind.
    Fits,
    /// It is restricted to a room, and not to this one.
    WrongRoom,
    /// It is for other purposes, and nobody said why.
    WrongPurpose,
}

impl Category {
    pub fn as_str(self) -> &'static str {
        match self {
            Category::ToolCall => "tool_call",
            Category::Action => "action",
            Category::Egress => "egress",
            Category::DataAccess(_) => "data_access",
        }
    }
}

/// What an approval is bound to. What is absent here must be absent there: an approval of an
/// action without a target is none of the same action with one.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Binding {
    /// In its one spelling.
    pub action: String,
    /// What the action is done to: an address, a folder.
    pub target: Option<String>,
    /// See [`payload_digest`].
    pub payload_digest: Option<String>,
}

/// `sha256:<hex>` of the canonical JSON of a payload.
pub fn payload_digest(payload: &Value) -> String {
    let digest = Sha256::digest(canonical::to_string(payload).as_bytes());
    format!("sha256:{}", hex::encode(digest))
}

/// One question to the gate.
#[derive(Clone, Debug)]
pub struct Question {
    pub category: Category,
    pub binding: Binding,
    pub actor: Actor,
    /// Who the actor says it is, as agents must.
    pub principal_id: Option<String>,
    /// A capability that the actor wants its rights narrowed to.
    pub capability_token_id: Option<String>,
    pub zone: Zone,
    /// Where it is to happen.
    pub place: Scope,
    /// Circumstances, kept with a decision that is not an allow.
    pub context: Option<Value>,
}

#[cfg(test)]
mod tests {
    use super::payload_digest;
    use serde_json::json;

    #[test]
    fn the_digest_is_of_the_content_not_of_its_spelling() {
        let one: serde_json::Value = serde_json::from_str(r#"{"b":1.0,"a":[1,2]}"#).expect("JSON");
        assert_eq!(
            payload_digest(&one),
            payload_digest(&json!({"a": [1, 2], "b": 1}))
        );
        assert_ne!(
            payload_digest(&one),
            payload_digest(&json!({"a": [2, 1], "b": 1}))
        );
        // echo -n '{"a":1}' | sha256sum
        let known = "sha256:015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862";
        assert_eq!(payload_digest(&json!({"a": 1})), known);
    }
}
