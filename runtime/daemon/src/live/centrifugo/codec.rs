//! Frames: what clients say, and what they are told.

use super::hall::Movement;
use super::outbox::Goodbye;
use crate::claw::told;
use crate::store::Frame;
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};

/// One line of a client. Members that are not known are not looked at.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Line {
    pub id: u32,
    pub connect: Option<Connect>,
    pub subscribe: Option<Subscribe>,
    pub unsubscribe: Option<OfChannel>,
    pub publish: Option<Publish>,
    pub presence: Option<OfChannel>,
    pub presence_stats: Option<OfChannel>,
    pub history: Option<History>,
    pub rpc: Option<Value>,
    pub send: Option<Value>,
    pub refresh: Option<Refresh>,
    pub sub_refresh: Option<OfChannel>,
}

impl Line {
    /// What names nothing: the answer to a ping.
    pub fn is_pong(&self) -> bool {
        self.id == 0 && self.send.is_none()
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Connect {
    pub token: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Subscribe {
    pub channel: String,
    pub token: String,
    pub recover: bool,
    pub offset: u64,
    pub epoch: String,
    /// Only bit 2 is looked at: an error instead of a recovery that fails.
    pub flag: u64,
    /// To be told who comes and goes.
    pub join_leave: bool,
    /// A filter of tags; there are none.
    pub tf: Option<Value>,
    /// A kind of subscription that is no stream.
    #[serde(rename = "type")]
    pub kind: u32,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct OfChannel {
    pub channel: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Publish {
    pub channel: String,
    pub data: Value,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct History {
    pub channel: String,
    pub limit: i64,
    pub since: Option<Position>,
    pub reverse: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Position {
    pub offset: u64,
    pub epoch: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Refresh {
    pub token: String,
}

/// The lines of a frame; `Err` for what is none of this protocol.
pub fn lines(frame: &str) -> Result<Vec<Line>, Goodbye> {
    let lines = frame.split('\n').filter(|line| !line.trim().is_empty());
    let read = |line: &str| serde_json::from_str(line).map_err(|_| Goodbye::BAD_REQUEST);
    lines.map(read).collect()
}

/// Why a command comes to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    pub code: u16,
    pub message: &'static str,
    /// Trying again may help.
    pub temporary: bool,
}

impl Fault {
    pub const INTERNAL: Fault = Fault::passing(100, "internal server error");
    pub const UNAUTHORIZED: Fault = Fault::new(101, "unauthorized");
    pub const FORBIDDEN: Fault = Fault::new(103, "permission denied");
    pub const NO_METHOD: Fault = Fault::new(104, "method not found");
    pub const SUBSCRIBED: Fault = Fault::new(105, "already subscribed");
    pub const LIMIT: Fault = Fault::new(106, "limit exceeded");
    pub const BAD_REQUEST: Fault = Fault::new(107, "bad request");
    pub const NOT_AVAILABLE: Fault = Fault::new(108, "not available");
    pub const TOO_MANY: Fault = Fault::passing(111, "too many requests");
    pub const UNRECOVERABLE: Fault = Fault::new(112, "unrecoverable position");

    const fn new(code: u16, message: &'static str) -> Self {
        Self {
            code,
            message,
            temporary: false,
        }
    }

    const fn passing(code: u16, message: &'static str) -> Self {
        Self {
            code,
            message,
            temporary: true,
        }
    }
}

/// The answer to a command: always by its own name.
pub fn reply(id: u32, method: &str, answer: Result<Value, Fault>) -> String {
    match answer {
        Ok(result) => json!({"id": id, method: result}),
        Err(fault) => json!({"id": id, "error": match fault.temporary {
            true => json!({"code": fault.code, "message": fault.message, "temporary": true}),
            false => json!({"code": fault.code, "message": fault.message}),
        }}),
    }
    .to_string()
}

/// A message of a channel.
pub fn publication(data: Value, offset: u64) -> Value {
    json!({"data": data, "offset": offset})
}

/// An event as everybody who listens to its topic is told of it, written once for all of them; empty if it is no message.
pub fn push(channel: &str, frame: &Frame) -> Bytes {
    let write = || match told(frame) {
        Some(data) => {
            let publication = publication(data, frame.stream_seq);
            let push = json!({"push": {"channel": channel, "pub": publication}});
            push.to_string().into()
        }
        None => Bytes::new(),
    };
    match &frame.written {
        Some(written) => written.push.get_or_init(write).clone(),
        None => write(),
    }
}

/// What the clock says on a channel: it has no place in the log.
pub fn said(channel: &str, data: &Value) -> String {
    json!({"push": {"channel": channel, "pub": {"data": data}}}).to_string()
}

/// Somebody came to a channel, or left it.
pub fn moved(movement: &Movement) -> String {
    let what = if movement.came { "join" } else { "leave" };
    let info = json!({"user": movement.user, "client": movement.client});
    json!({"push": {"channel": movement.channel, what: {"info": info}}}).to_string()
}

/// Ends a subscription from this side; at 2500 and above the client subscribes again.
pub fn unsubscribed(channel: &str, code: u16, reason: &str) -> String {
    json!({"push": {"channel": channel, "unsubscribe": {"code": code, "reason": reason}}})
        .to_string()
}

/// Asks whether the client is there.
pub const PING: &str = "{}";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_lines_of_json() {
        let frame = "{\"connect\":{\"token\":\"T\",\"name\":\"js\"},\"id\":1}\n\n{\"subscribe\":{\"channel\":\"a\",\"flag\":1,\"recover\":true,\"offset\":41},\"id\":2}\n";
        let found = lines(frame).unwrap();
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].connect.as_ref().unwrap().token, "T");
        let subscribe = found[1].subscribe.as_ref().unwrap();
        assert_eq!((subscribe.offset, subscribe.recover), (41, true));
        assert!(lines("{}").unwrap()[0].is_pong());
        assert!(!lines("{\"send\":{\"data\":1}}").unwrap()[0].is_pong());
        assert!(lines("").unwrap().is_empty());
        for wrong in ["x", "[1", "{\"id\":-1}", "{\"id\":1,\"connect\":7}", "{}{}"] {
            assert_eq!(lines(wrong).err(), Some(Goodbye::BAD_REQUEST), "{wrong}");
        }
    }

    #[test]
    fn answers_go_by_the_name_of_what_they_answer() {
        assert_eq!(
            reply(5, "publish", Ok(json!({}))),
            r#"{"id":5,"publish":{}}"#
        );
        let fault = reply(6, "subscribe", Err(Fault::FORBIDDEN));
        assert_eq!(
            fault,
            r#"{"error":{"code":103,"message":"permission denied"},"id":6}"#
        );
        assert!(reply(7, "publish", Err(Fault::TOO_MANY)).contains(r#""temporary":true"#));
    }
}
