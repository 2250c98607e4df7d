//! Requests that would leave this machine: asked for, decided and written down, and, where that
//! is asked for too, performed.

mod headers;
mod perform;

pub use headers::{Headers, Piece, is_secret_name, pieces, read as read_headers};
pub use perform::{
    EndEgress, Performance, Progress, StartEgress, end_egress, interrupt_egress, start_egress,
};

use super::approval::not_reserved;
use super::evaluate::{Standing, action};
use super::policy::QUOTA;
use super::question::{Binding, Category, Question, payload_digest};
use super::registry::EXTERNAL_WRITE;
use super::ruling::{Use, Wish, ask_or_wait};
use super::{Declared, Place};
use crate::command::{Answer, Context, Decided, Decision};
use crate::envelope::{Causation, Draft};
use crate::event::{EgressAllowed, EgressBlocked, EgressDecided, EgressRequested, QuotaExceeded};
use crate::limits;
use crate::reject::{Kind, Reject};
use crate::state::State;
use crate::{canonical, redaction, text};
use serde_json::{Map, Value};
use std::borrow::Cow;

#[derive(Clone, Debug, Default)]
pub struct RequestEgress {
    pub egress_request_id: String,
    /// Used when the owner must be asked and nothing identical waits.
    pub approval_id: String,
    pub action: Option<String>,
    pub target_url: Option<String>,
    pub method: Option<String>,
    /// Names and texts; secrets in them are references. Only of a request that is performed.
    pub headers: Option<Value>,
    /// What is to be sent.
    pub payload: Option<Value>,
    /// Signalbox is to send it once it is allowed. Otherwise whoever asks does it.
    pub perform: bool,
    pub context: Option<Value>,
    pub place: Place,
    pub requester: Declared,
    pub standing: Standing,
    pub correlation_id: Option<String>,
}

pub fn request_egress<S: State>(
    ctx: &Context,
    state: &S,
    command: RequestEgress,
) -> Decided<S::Error> {
    let action = action(command.action.as_deref().or(Some(EXTERNAL_WRITE)))?;
    not_reserved(&action)?;
    let target = Target::read(command.target_url.as_deref())?;
    let method = method(command.method.as_deref())?;
    for (field, value) in [("payload", &command.payload), ("context", &command.context)] {
        if let Some(value) = value {
            text::open_value(field, value)?;
        }
    }
    let headers = match command.perform {
        true => performable(&target, method.as_deref(), &command)?,
        false => Headers::new(),
    };
    let standing = command.standing.check()?;
    let place = command.place.resolve(ctx, state)?;
    let actor = command.requester.actor(ctx, state)?;
    let correlation = text::identifier(
        "correlation_id",
        command.correlation_id.as_deref(),
        limits::NAME_CHARS_MAX,
    )?;
    let correlation_id = correlation.or(place.correlation_id);
    let mut payload = content(method.as_deref(), command.payload, command.context.as_ref());
    if command.perform {
        // The card shows who sends it and with what, and an approval of the answer alone is none of it.
        payload["perform"] = true.into();
        if !headers.is_empty() {
            payload["headers"] = Value::from_iter(headers.clone());
        }
    }
    let digest = payload_digest(&payload);
    let question = Question {
        category: Category::Egress,
        binding: Binding {
            action: action.clone(),
            target: Some(target.url.clone()),
            payload_digest: Some(digest.clone()),
        },
        actor: actor.clone(),
        principal_id: standing.principal_id.clone(),
        capability_token_id: standing.capability_token_id.clone(),
        zone: standing.zone,
        place: place.scope.clone(),
        context: command.context,
    };
    let requested = EgressRequested {
        egress_request_id: command.egress_request_id.clone(),
        action: action.clone(),
        method: method.clone(),
        target_url: target.url.clone(),
        target_domain: target.domain.clone(),
        principal_id: standing.principal_id,
        capability_token_id: standing.capability_token_id,
        zone: standing.zone,
        counted_for: Some(ctx.caller.actor().to_string()),
        perform: command.perform.then_some(true),
        headers: command.perform.then_some(headers),
        payload_digest: command.perform.then_some(digest),
    };
    let draft = |event| {
        Draft::new(event, place.scope.clone(), actor.clone())
            .correlated(correlation_id.clone())
            .in_zone(standing.zone)
    };
    let used_for = Use {
        egress_request_id: Some(command.egress_request_id.clone()),
        ..Use::default()
    };
    let wish = Wish {
        approval_id: command.approval_id,
        title: format!("Egress request to {}", target.domain),
        payload: Some(payload),
    };
    let asked = ask_or_wait(
        ctx,
        state,
        &question,
        used_for,
        wish,
        correlation_id.as_deref(),
    )?;
    let asked = asked.caused_by(Causation::Previous);
    let ruling = asked.ruling;
    let decided = EgressDecided {
        egress_request_id: command.egress_request_id.clone(),
        action,
        method,
        target_url: target.url,
        target_domain: target.domain,
        decision: ruling.decision,
        reason_code: ruling.reason_code.to_owned(),
        reason: Some(ruling.reason.to_owned()),
        blocked: ruling.blocked,
        enforcement_mode: ruling.mode,
        approval_id: ruling.approval_id.clone(),
    };
    let exceeded = (ruling.reason_code == QUOTA.0).then(|| exceeded(&decided));
    let event = if ruling.is_allow() {
        EgressAllowed(decided).into()
    } else {
        EgressBlocked(decided).into()
    };
    let mut drafts = vec![draft(requested.into())];
    drafts.extend(asked.drafts);
    drafts.push(draft(event).caused_by(Causation::Previous));
    drafts.extend(exceeded.map(|event| draft(event.into()).caused_by(Causation::Previous)));
    Ok(Decision::new(drafts, Answer::Ruled(ruling)))
}

/// What must hold of a request that is to be sent by us: it can be sent, and what is sent is what
/// is shown and kept. Returns its headers.
fn performable(
    target: &Target,
    method: Option<&str>,
    command: &RequestEgress,
) -> Result<Headers, Reject> {
    let headers = headers::read(command.headers.as_ref())?;
    if redaction::redact_text(&target.url).is_some() {
        return Err(headers::secret_in_request("target_url"));
    }
    let Some(payload) = body(command.payload.as_ref()) else {
        return Ok(headers);
    };
    if ["GET", "HEAD"].contains(&method.unwrap_or("GET")) {
        let message = "A GET or HEAD has no \"payload\": name another method, or leave it out.";
        return Err(Reject::invalid("invalid_payload", "payload", message));
    }
    if payload.len() > limits::EGRESS_BODY_BYTES_MAX {
        let message = format!(
            "\"payload\" may have {} bytes.",
            limits::EGRESS_BODY_BYTES_MAX
        );
        let reject = Reject::new(Kind::TooLarge, "payload_too_large", message);
        return Err(Reject {
            field: Some("payload".to_owned()),
            ..reject
        });
    }
    if redaction::redact_text(&payload).is_some() {
        return Err(headers::secret_in_request("payload"));
    }
    Ok(headers)
}

/// What a payload is sent as: a text as it is, anything else as its canonical JSON, so that the
/// bytes are those that the approval's digest covers.
pub fn body(payload: Option<&Value>) -> Option<Cow<'_, str>> {
    match payload? {
        Value::Null => None,
        Value::String(text) => Some(Cow::Borrowed(text)),
        json @ (Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
            Some(Cow::Owned(canonical::to_string(json)))
        }
    }
}

fn exceeded(decided: &EgressDecided) -> QuotaExceeded {
    QuotaExceeded {
        egress_request_id: decided.egress_request_id.clone(),
        action: decided.action.clone(),
        target_url: decided.target_url.clone(),
        target_domain: decided.target_domain.clone(),
        reason_code: decided.reason_code.clone(),
        reason: QUOTA.1.to_owned(),
    }
}

/// What an approval of a request is of, beside its address.
fn content(method: Option<&str>, payload: Option<Value>, context: Option<&Value>) -> Value {
    let mut content = Map::new();
    content.insert("method".to_owned(), method.unwrap_or("GET").into());
    content.extend(payload.map(|payload| ("payload".to_owned(), payload)));
    content.extend(context.map(|context| ("context".to_owned(), context.clone())));
    Value::Object(content)
}

fn method(text: Option<&str>) -> Result<Option<String>, Reject> {
    const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    let method = text.to_ascii_uppercase();
    if METHODS.contains(&method.as_str()) {
        return Ok(Some(method));
    }
    let message = format!("\"method\" must be one of {}.", METHODS.join(", "));
    Err(Reject::invalid("invalid_method", "method", message))
}

/// An address that a request may go to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// With its scheme and host in lower case, and no fragment.
    pub url: String,
    /// Host, in lower case, without a port.
    pub domain: String,
}

impl Target {
    /// Reads an absolute http or https address. What two readers could understand differently
    /// (user information, backslashes, blanks, hosts outside ASCII) is refused: the owner must
    /// see the host that will be called.
    ///
    /// # Errors
    /// `invalid_target_url`; `secret_in_identifier` when it holds a secret.
    pub fn read(text: Option<&str>) -> Result<Self, Reject> {
        let invalid = |why: &str| {
            let message = format!("\"target_url\" must be an http or https address: {why}.");
            Reject::invalid("invalid_target_url", "target_url", message)
        };
        let text = text::identifier("target_url", text, limits::TARGET_CHARS_MAX)?
            .ok_or_else(|| invalid("it is missing"))?;
        if text.contains(|char: char| char.is_whitespace() || char.is_control() || char == '\\') {
            return Err(invalid("it holds a blank or a backslash"));
        }
        let (scheme, rest) = text
            .split_once("://")
            .ok_or_else(|| invalid("it has no scheme"))?;
        let scheme = scheme.to_ascii_lowercase();
        if !["http", "https"].contains(&scheme.as_str()) {
            return Err(invalid("its scheme is another"));
        }
        let rest = rest.split('#').next().unwrap_or_default();
        let (authority, path) = match rest.find(['/', '?']) {
            Some(at) => rest.split_at(at),
            None => (rest, ""),
        };
        let authority = authority.to_ascii_lowercase();
        let domain = host(&authority).ok_or_else(|| invalid("its host cannot be read"))?;
        let path = match path {
            "" => "/".to_owned(),
            path if path.starts_with('?') => format!("/{path}"),
            path => path.to_owned(),
        };
        Ok(Self {
            url: format!("{scheme}://{authority}{path}"),
            domain,
        })
    }
}

/// The host of an authority: a name, an IPv4 address, or an IPv6 address in brackets.
fn host(authority: &str) -> Option<String> {
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (address, port) = rest.split_once(']')?;
            let sane = address.contains(':')
                && address
                    .bytes()
                    .all(|byte| byte.is_ascii_hexdigit() || b":.".contains(&byte));
            (sane.then_some(address)?, port)
        }
        None => {
            let (name, port) = match authority.find(':') {
                Some(at) => authority.split_at(at),
                None => (authority, ""),
            };
            let sane = name.starts_with(|char: char| char.is_ascii_alphanumeric())
                && name
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte));
            (sane.then_some(name)?, port)
        }
    };
    let port_is_sound = port.is_empty()
        || port
            .strip_prefix(':')
            .is_some_and(|port| port.parse::<u16>().is_ok());
    port_is_sound.then(|| host.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for (text, url, domain) in [
            (
                "https://API.example.com",
                "https://api.example.com/",
                "api.example.com",
            ),
            (
                "HTTP://a.test:8080/B?c#d",
                "http://a.test:8080/B?c",
                "a.test",
            ),
            ("https://a.test?q=1", "https://a.test/?q=1", "a.test"),
            ("http://[::1]:80/", "http://[::1]:80/", "::1"),
            (
                "http://169.254.169.254/x",
                "http://169.254.169.254/x",
                "169.254.169.254",
            ),
        ] {
            let target = Target::read(Some(text)).expect(text);
            assert_eq!((target.url.as_str(), target.domain.as_str()), (url, domain));
        }
        for text in [
            "",
            "a.test",
            "ftp://a.test/",
            "file:///etc/passwd",
            "https://",
            "https:///x",
            "https://user@a.test/",
            "https://a.test\\@b.test/",
            "https://a test/",
            "https://a.test:99999/",
            "https://a.test:/:80/x:",
            "https://é.test/",
            "https://[::1/",
            "https://[zz]/",
            "javascript:alert(1)",
            "https://a.test/\u{0}",
            "https://-a.test/",
        ] {
            assert!(Target::read(Some(text)).is_err(), "{text:?}");
        }
        assert!(Target::read(None).is_err());
    }
}
