//! Names: of topics, and of those who own and read them.

use crate::limits;
use crate::reject::Reject;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Who speaks on topics: an agent, or an app. Written `name` and `app:name`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Principal {
    Agent(String),
    App(String),
}

/// What the name of an app begins with where it stands for the app.
const APP_PREFIX: &str = "app:";
/// Names that are somebody else's, or mean nobody.
const RESERVED: [&str; 6] = ["owner", "signalbox", "dlp", "anon", "anonymous", "system"];

impl Principal {
    /// An agent by its name.
    ///
    /// # Errors
    /// `invalid_username`: other characters than letters, digits, `_` and `-`, or a name that is taken.
    pub fn agent(name: &str) -> Result<Self, Reject> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        let fits = (1..=limits::USERNAME_CHARS_MAX).contains(&name.len());
        if fits && name.bytes().all(plain) && !is_reserved(name) {
            return Ok(Principal::Agent(name.to_owned()));
        }
        let max = limits::USERNAME_CHARS_MAX;
        let message = format!(
            "invalid username: 1 to {max} letters, digits, _ and -, and none of {}",
            RESERVED.join(", ")
        );
        Err(Reject::invalid("invalid_username", "username", message))
    }

    /// An app by its name.
    ///
    /// # Errors
    /// `invalid_app_name`.
    pub fn app(name: &str) -> Result<Self, Reject> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        let fits = (limits::APP_NAME_CHARS_MIN..=limits::APP_NAME_CHARS_MAX).contains(&name.len());
        if fits && name.bytes().all(plain) {
            return Ok(Principal::App(name.to_owned()));
        }
        let message = format!(
            "invalid app name: {} to {} letters, digits and _",
            limits::APP_NAME_CHARS_MIN,
            limits::APP_NAME_CHARS_MAX
        );
        Err(Reject::invalid("invalid_app_name", "name", message))
    }

    /// A principal as it is written.
    ///
    /// # Errors
    /// `invalid_username`, `invalid_app_name`.
    pub fn parse(text: &str) -> Result<Self, Reject> {
        match text.strip_prefix(APP_PREFIX) {
            Some(app) => Self::app(app),
            None => Self::agent(text),
        }
    }
}

fn is_reserved(name: &str) -> bool {
    RESERVED
        .iter()
        .any(|taken| name.eq_ignore_ascii_case(taken))
}

impl fmt::Display for Principal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Principal::Agent(name) => formatter.write_str(name),
            Principal::App(name) => write!(formatter, "{APP_PREFIX}{name}"),
        }
    }
}

impl From<Principal> for String {
    fn from(principal: Principal) -> Self {
        principal.to_string()
    }
}

impl TryFrom<String> for Principal {
    type Error = Reject;

    fn try_from(text: String) -> Result<Self, Reject> {
        Self::parse(&text)
    }
}

/// What the name of a topic says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Topic {
    /// `public.TOPIC`: everybody's.
    Public,
    /// `system.TOPIC`: Signalbox itself speaks.
    System,
    /// `agent.OWNER.TOPIC`; the topic may have dots.
    Agent { owner: String, topic: String },
    /// `app.APP.TOPIC`
    App { app: String, topic: String },
    /// `app.APP.agent`: to all agents.
    Broadcast { app: String },
    /// `app.APP.agent.AGENT`: between an app and one agent.
    Inbox { app: String, agent: String },
}

impl Topic {
    /// # Errors
    /// `invalid_channel`: none of the forms above, longer than [`limits::TOPIC_BYTES_MAX`], or with white
    /// space or control characters.
    pub fn parse(channel: &str) -> Result<Self, Reject> {
        let sound = channel.len() <= limits::TOPIC_BYTES_MAX
            && !channel.chars().any(|c| c.is_whitespace() || c.is_control());
        let topic = sound.then(|| Self::read(channel)).flatten();
        topic.ok_or_else(|| Reject::invalid("invalid_channel", "channel", "invalid channel format"))
    }

    fn read(channel: &str) -> Option<Self> {
        let (kind, rest) = channel.split_once('.')?;
        match kind {
            "public" => return Some(Topic::Public),
            "system" => return Some(Topic::System),
            "agent" | "app" => {}
            _ => return None,
        }
        let (owner, topic) = rest.split_once('.')?;
        let (owner, topic) = (owner.to_owned(), topic.to_owned());
        if owner.is_empty() || topic.is_empty() {
            return None;
        }
        if kind == "agent" {
            return Some(Topic::Agent { owner, topic });
        }
        match topic.strip_prefix("agent") {
            Some("") => Some(Topic::Broadcast { app: owner }),
            Some(rest) if rest.starts_with('.') => {
                let agent = rest[1..].to_owned();
                let one = !agent.is_empty() && !agent.contains('.');
                one.then_some(Topic::Inbox { app: owner, agent })
            }
            Some(_) | None => Some(Topic::App { app: owner, topic }),
        }
    }

    /// Who may lock it and grant; `None` where nobody can.
    pub fn owner(&self) -> Option<Principal> {
        match self {
            Topic::Agent { owner, .. } => Some(Principal::Agent(owner.clone())),
            Topic::App { app, .. } => Some(Principal::App(app.clone())),
            Topic::Public | Topic::System | Topic::Broadcast { .. } | Topic::Inbox { .. } => None,
        }
    }

    /// The channels between an app and agents have rights of their own.
    pub fn is_between_app_and_agents(&self) -> bool {
        matches!(self, Topic::Broadcast { .. } | Topic::Inbox { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_what_a_topic_is() {
        let agent = |owner: &str, topic: &str| Topic::Agent {
            owner: owner.into(),
            topic: topic.into(),
        };
        for (channel, expected) in [
            ("public.townsquare", Some(Topic::Public)),
            ("public.", Some(Topic::Public)),
            ("system.timer.second", Some(Topic::System)),
            ("agent.bob.x", Some(agent("bob", "x"))),
            ("agent.bob.public.log.a", Some(agent("bob", "public.log.a"))),
            (
                "app.shop.agent",
                Some(Topic::Broadcast { app: "shop".into() }),
            ),
            (
                "app.shop.agent.bob",
                Some(Topic::Inbox {
                    app: "shop".into(),
                    agent: "bob".into(),
                }),
            ),
            (
                "app.shop.agents",
                Some(Topic::App {
                    app: "shop".into(),
                    topic: "agents".into(),
                }),
            ),
            ("app.shop.agent.bob.x", None),
            ("app.shop.agent.", None),
            ("agent.bob", None),
            ("agent.bob.", None),
            ("agent..x", None),
            ("app.x", None),
            ("foo", None),
            ("public", None),
            ("", None),
            ("public.a b", None),
            ("public.a\u{7}", None),
        ] {
            assert_eq!(Topic::parse(channel).ok(), expected, "{channel:?}");
        }
        let long = format!("public.{}", "x".repeat(limits::TOPIC_BYTES_MAX));
        assert!(Topic::parse(&long).is_err() && Topic::parse(&long[1..]).is_err());
        assert!(Topic::parse(&long[..limits::TOPIC_BYTES_MAX]).is_ok());
    }

    #[test]
    fn principals_are_named_plainly() {
        for (text, fits) in [
            ("bob", true),
            ("bob-2_x", true),
            ("app:shop", true),
            ("app:ab", false),
            ("app:a.b", false),
            ("bob.x", false),
            ("a:b", false),
            ("", false),
            ("Owner", false),
            ("anonymous", false),
        ] {
            let parsed = Principal::parse(text);
            assert_eq!(parsed.is_ok(), fits, "{text:?}");
            assert!(parsed.is_err() || parsed.is_ok_and(|who| who.to_string() == text));
        }
        assert!(Principal::agent("app:shop").is_err(), "no agent is an app");
    }
}
