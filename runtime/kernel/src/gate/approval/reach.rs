//! How far an approval reaches. In requests and answers this is its `scope`.

use crate::command::{Context, Refusal};
use crate::envelope::Scope;
use crate::gate::registry::COMMAND_EXECUTE;
use crate::limits;
use crate::reject::Reject;
use crate::state::State;
use crate::text;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How far an approval reaches, and how often it allows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Reach {
    /// One action, in the room and run that asked.
    Once,
    /// The same action as often as this run asks.
    Run { run_id: String },
    /// The same action as often as anybody in this room asks.
    Room { room_id: String },
    /// The same action as often as anybody in the workspace asks.
    Workspace,
    /// The action with every target of a pattern, whatever its payload. `*` stands for anything.
    Template {
        target: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        room_id: Option<String>,
    },
}

#[derive(Deserialize)]
struct Wish {
    r#type: String,
    run_id: Option<String>,
    room_id: Option<String>,
    target: Option<String>,
}

impl Reach {
    /// Reads the `scope` of a request. What it leaves out is that of the place that asks.
    ///
    /// # Errors
    /// `invalid_scope` when it cannot be read or does not fit; `run_not_found` and
    /// `room_not_found` when it names something of another workspace.
    pub(super) fn read<S: State>(
        ctx: &Context,
        state: &S,
        scope: &Value,
        place: &Scope,
        action: &str,
    ) -> Result<Self, Refusal<S::Error>> {
        let wish = Wish::deserialize(scope)
            .map_err(|error| invalid(format!("\"scope\" cannot be read: {error}.")))?;
        match wish.r#type.as_str() {
            "once" => Ok(Reach::Once),
            "workspace" => Ok(Reach::Workspace),
            "run" => {
                let run_id = wish.run_id.or_else(|| place.run_id.clone());
                let run_id = run_id.ok_or_else(|| lacks("run"))?;
                crate::runs::find_run(ctx, state, &run_id)?;
                Ok(Reach::Run { run_id })
            }
            "room" => {
                let room_id = wish.room_id.or_else(|| place.room_id.clone());
                let room_id = room_id.ok_or_else(|| lacks("room"))?;
                crate::rooms::find_room(ctx, state, &room_id)?;
                Ok(Reach::Room { room_id })
            }
            "template" if action == COMMAND_EXECUTE => {
                Err(invalid("A command is approved exactly, not by a template.".to_owned()).into())
            }
            "template" => {
                if let Some(room_id) = &wish.room_id {
                    crate::rooms::find_room(ctx, state, room_id)?;
                }
                Ok(Reach::Template {
                    target: pattern(wish.target)?,
                    room_id: wish.room_id,
                })
            }
            _ => Err(invalid(
                "\"scope.type\" must be once, run, room, workspace or template.".to_owned(),
            )
            .into()),
        }
    }
}

fn invalid(message: String) -> Reject {
    Reject::invalid("invalid_scope", "scope", message)
}

fn lacks(what: &str) -> Reject {
    invalid(format!(
        "A {what} scope needs a {what}: the request is made in none."
    ))
    .hint(format!(
        "Name it in scope.{what}_id, or choose another scope."
    ))
}

/// A pattern that says what it seems to say: in an address, what comes before the path is exact,
/// because `https://example.com*` would also be a longer name that somebody else owns.
fn pattern(target: Option<String>) -> Result<String, Reject> {
    let target = text::identifier("scope.target", target.as_deref(), limits::TARGET_CHARS_MAX)?;
    let target = target.ok_or_else(|| {
        invalid("A template scope needs the pattern of its targets in \"scope.target\".".to_owned())
    })?;
    let names_its_host = match target.split_once("://") {
        None => target == "*" || !target.starts_with('*'),
        Some((scheme, rest)) => rest.split_once('/').is_some_and(|(host, _)| {
            !scheme.contains('*') && !host.is_empty() && !host.contains(['*', '?', '#', '@'])
        }),
    };
    if names_its_host {
        return Ok(target);
    }
    let message = "A pattern must begin with what it is about: an address with its scheme and whole host, up to the first \"/\" of its path.";
    Err(invalid(message.to_owned()).hint("For example https://api.example.com/*"))
}

/// Whether a target is one of the pattern's. No target is only that of `*`. A target that climbs in its
/// path is of no pattern: where it leads is not where it begins.
pub(super) fn matches(pattern: &str, target: Option<&str>) -> bool {
    if pattern.contains('*') && target.is_some_and(climbs) {
        return false;
    }
    let mut pieces = pattern.split('*');
    let (first, target) = (
        pieces.next().unwrap_or_default(),
        target.unwrap_or_default(),
    );
    let Some(mut rest) = target.strip_prefix(first) else {
        return false;
    };
    let Some(last) = pieces.next_back() else {
        return rest.is_empty() && !target.is_empty();
    };
    for piece in pieces {
        match rest.find(piece) {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

/// Whether a path holds `.` or `..` for a segment, in any of the spellings that its readers resolve.
fn climbs(target: &str) -> bool {
    let path = target.split(['?', '#']).next().unwrap_or_default();
    let spelled = path.to_ascii_lowercase();
    let spelled = spelled
        .replace("%2e", ".")
        .replace("%2f", "/")
        .replace("%5c", "\\");
    spelled
        .split(['/', '\\'])
        .any(|segment| segment == "." || segment == "..")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        for (pattern, target, expected) in [
            ("https://a.test/*", Some("https://a.test/"), true),
            ("https://a.test/*", Some("https://a.test/b?c"), true),
            ("https://a.test/*", Some("https://a.test"), false),
            ("https://a.test/p/*", Some("https://a.test/p/../q"), false),
            (
                "https://a.test/p/*",
                Some("https://a.test/p/%2E%2e/q"),
                false,
            ),
            ("https://a.test/p/*", Some("https://a.test/p/..%2fq"), false),
            (
                "https://a.test/p/*",
                Some("https://a.test/p/..q/r..?../"),
                true,
            ),
            ("/srv/a/*", Some("/srv/a/./b"), false),
            ("/srv/a/*", Some("/srv/a/.."), false),
            ("/srv/a/../b", Some("/srv/a/../b"), true),
            (
                "https://a.test/*",
                Some("https://b.test/https://a.test/"),
                false,
            ),
            ("https://a.test/v1/*/x", Some("https://a.test/v1/y/x"), true),
            ("https://a.test/v1/*/x", Some("https://a.test/v1/x"), false),
            ("/srv/*/data/*.csv", Some("/srv/a/data/b.csv"), true),
            ("/srv/*/data/*.csv", Some("/srv/a/b.csv"), false),
            ("a*a", Some("a"), false),
            ("a*b*b", Some("ab"), false),
            ("a**b", Some("axb"), true),
            ("exact", Some("exact"), true),
            ("exact", Some("exactly"), false),
            ("*", None, true),
            ("*", Some("anything"), true),
            ("exact", None, false),
        ] {
            assert_eq!(matches(pattern, target), expected, "{pattern} {target:?}");
        }
    }

    #[test]
    fn the_host_of_a_pattern_is_exact() {
        for (target, accepted) in [
            ("https://a.test/*", true),
            ("https://a.test:8443/x", true),
            ("/srv/*", true),
            ("*", true),
            ("https://a.test*", false),
            ("https://a.test", false),
            ("https://*.test/x", false),
            ("https://a.test?x/*", false),
            ("*://a.test/*", false),
            ("*a.test/*", false),
            ("https:///*", false),
            ("https://a.test@b.test/*", false),
        ] {
            let read = pattern(Some(target.to_owned()));
            assert_eq!(read.is_ok(), accepted, "{target}: {read:?}");
        }
        assert!(pattern(None).is_err() && pattern(Some(" ".to_owned())).is_err());
    }
}
