//! The hash chain, version 1: each event's hash covers its envelope, its data and the hash of
//! the event before it in the same stream.

use crate::canonical;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// Version of the canonical form below; stored in every hash input.
pub const HASH_VERSION: u32 = 1;

/// A SHA-256 hash of one event; prints as `sha256:<hex>`.
pub type EventHash = [u8; 32];

/// Everything that the hash of an event covers. Absent optionals hash as `null`, absent contexts
/// as `{}`; `data` is hashed after redaction.
#[derive(Clone, Copy, Debug)]
pub struct Sealed<'a> {
    pub prev_event_hash: Option<&'a EventHash>,
    pub event_id: &'a str,
    pub event_type: &'a str,
    pub event_version: u32,
    pub occurred_at: &'a str,
    pub workspace_id: &'a str,
    pub mission_id: Option<&'a str>,
    pub room_id: Option<&'a str>,
    pub thread_id: Option<&'a str>,
    pub run_id: Option<&'a str>,
    pub step_id: Option<&'a str>,
    pub actor_type: &'a str,
    pub actor_id: &'a str,
    pub actor_principal_id: Option<&'a str>,
    pub zone: &'a str,
    pub stream_type: &'a str,
    pub stream_id: &'a str,
    pub stream_seq: u64,
    pub correlation_id: &'a str,
    pub causation_id: Option<&'a str>,
    pub redaction_level: &'a str,
    pub contains_secrets: bool,
    pub policy_context: Option<&'a Value>,
    pub model_context: Option<&'a Value>,
    pub display: Option<&'a Value>,
    pub data: &'a Value,
    pub idempotency_key: Option<&'a str>,
}

impl Sealed<'_> {
    /// The canonical text that is hashed. Keys are written in their sorted order.
    pub fn canonical(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(1024);
        let mut text = Writer {
            out: &mut out,
            first: true,
        };
        text.string("actor_id", Some(self.actor_id));
        text.string("actor_principal_id", self.actor_principal_id);
        text.string("actor_type", Some(self.actor_type));
        text.string("causation_id", self.causation_id);
        text.raw(
            "contains_secrets",
            if self.contains_secrets {
                b"true"
            } else {
                b"false"
            },
        );
        text.string("correlation_id", Some(self.correlation_id));
        text.value("data", Some(self.data));
        text.value("display", self.display);
        text.string("event_id", Some(self.event_id));
        text.string("event_type", Some(self.event_type));
        text.raw("event_version", self.event_version.to_string().as_bytes());
        text.raw("hash_version", HASH_VERSION.to_string().as_bytes());
        text.string("idempotency_key", self.idempotency_key);
        text.string("mission_id", self.mission_id);
        text.value("model_context", self.model_context);
        text.string("occurred_at", Some(self.occurred_at));
        text.value("policy_context", self.policy_context);
        let previous = self.prev_event_hash.map(display);
        text.string("prev_event_hash", previous.as_deref());
        text.string("redaction_level", Some(self.redaction_level));
        text.string("room_id", self.room_id);
        text.string("run_id", self.run_id);
        text.string("step_id", self.step_id);
        text.string("stream_id", Some(self.stream_id));
        text.raw("stream_seq", self.stream_seq.to_string().as_bytes());
        text.string("stream_type", Some(self.stream_type));
        text.string("thread_id", self.thread_id);
        text.string("workspace_id", Some(self.workspace_id));
        text.string("zone", Some(self.zone));
        out.push(b'}');
        out
    }

    /// The hash of the event.
    pub fn hash(&self) -> EventHash {
        Sha256::digest(self.canonical()).into()
    }
}

/// `sha256:<hex>` of a hash.
pub fn display(hash: &EventHash) -> String {
    format!("sha256:{}", hex::encode(hash))
}

struct Writer<'a> {
    out: &'a mut Vec<u8>,
    first: bool,
}

impl Writer<'_> {
    fn key(&mut self, key: &str) {
        self.out.push(if self.first { b'{' } else { b',' });
        self.first = false;
        self.out.push(b'"');
        self.out.extend_from_slice(key.as_bytes());
        self.out.extend_from_slice(b"\":");
    }

    fn raw(&mut self, key: &str, text: &[u8]) {
        self.key(key);
        self.out.extend_from_slice(text);
    }

    fn string(&mut self, key: &str, text: Option<&str>) {
        self.key(key);
        match text {
            Some(text) => canonical::write_str(text, self.out),
            None => self.out.extend_from_slice(b"null"),
        }
    }

    fn value(&mut self, key: &str, value: Option<&Value>) {
        self.key(key);
        match value {
            Some(value) => canonical::write(value, self.out),
            None => self.out.extend_from_slice(b"{}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn sha256_hex(text: &str) -> String {
        hex::encode(Sha256::digest(text.as_bytes()))
    }

    #[test]
    fn canonical_value_vector() {
        let value =
            json!({"b":1,"a":2,"10":1,"2":2,"A":null,"é":"ü","nested":{"z":[3,null,{"y":1}]}});
        assert_eq!(
            sha256_hex(&canonical::to_string(&value)),
            "d20f5045b5d886d235c64e21983f543197711bdc216042b2bfa9deedb795c6b4"
        );
    }

    #[test]
    fn full_event_vector() {
        let previous: EventHash =
            hex::decode("0ee2415a891b7c2c85f128c856ca6693d29a2ba79e6cf9aeedf4f6fdf41d2ece")
                .expect("hex")
                .try_into()
                .expect("32 bytes");
        let sealed = Sealed {
            prev_event_hash: Some(&previous),
            event_id: "8a1c42c0-5f95-49f7-b809-da37c6c89471",
            event_type: "run.created",
            event_version: 1,
            occurred_at: "2026-11-21T07:14:12.171Z",
            workspace_id: "ws_p4_abf836",
            mission_id: None,
            room_id: Some("room_01M7YF978BR1WJK8S9PCSZKCNT"),
            thread_id: None,
            run_id: Some("run_01M7YF97JBYHR5VVT02097E0GY"),
            step_id: None,
            actor_type: "service",
            actor_id: "api",
            actor_principal_id: Some("3b0955be-3c59-496e-9473-4b02ad16aeb4"),
            zone: "supervised",
            stream_type: "room",
            stream_id: "room_01M7YF978BR1WJK8S9PCSZKCNT",
            stream_seq: 30,
            correlation_id: "971572bc-e144-4cce-b618-0ea726a5fd08",
            causation_id: None,
            redaction_level: "none",
            contains_secrets: false,
            policy_context: None,
            model_context: None,
            display: None,
            data: &json!({"run_id":"run_01M7YF97JBYHR5VVT02097E0GY"}),
            idempotency_key: None,
        };
        assert_eq!(
            display(&sealed.hash()),
            "sha256:0b8a455dc968f09959f71c184aa47ee38adaa4c6530b1ca2e6702303a45d2336"
        );
    }
}
