//! Requests that would leave this machine: asked for, decided and written down.

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
use crate::reject::Reject;
use crate::state::State;
use crate::text;
use serde_json::{Map, Value};

#[derive(Clone, Debug, Default)]
pub struct RequestEgress {
    pub egress_request_id: String,
    /// Used when the owner must be asked and nothing identical waits.
    pub approval_id: String,
    pub action: Option<String>,
    pub target_url: Option<String>,
    pub method: Option<String>,
    /// What is to be sent.
    pub payload: Option<Value>,
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
    let standing = command.standing.check()?;
    let place = command.place.resolve(ctx, state)?;
    let actor = command.requester.actor(ctx, state)?;
    let correlation = text::identifier(
        "correlation_id",
        command.correlation_id.as_deref(),
        limits::NAME_CHARS_MAX,
    )?;
    let correlation_id = correlation.or(place.correlation_id);
    let payload = content(method.as_deref(), command.payload, command.context.as_ref());
    let question = Question {
        category: Category::Egress,
        binding: Binding {
            action: action.clone(),
            target: Some(target.url.clone()),
            payload_digest: Some(payload_digest(&payload)),
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
