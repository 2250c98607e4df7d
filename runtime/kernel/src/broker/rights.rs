//! Who may read and who may speak: the whole of the permissions, as functions of names and facts.

use super::topic::{Principal, Topic};
use crate::reject::Reject;

/// Whether the topics of agents are open or closed at first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rules {
    /// Those of agents are private, but for `agent.X.public` and what is below it.
    #[default]
    Seed,
    /// All are readable unless they are locked.
    Head,
}

impl Rules {
    pub const ALL: [Rules; 2] = [Rules::Seed, Rules::Head];

    pub fn as_str(self) -> &'static str {
        match self {
            Rules::Seed => "seed",
            Rules::Head => "head",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rules| rules.as_str() == name)
    }

    /// Whether the topic is closed although nobody has locked it.
    fn closes(self, topic: &Topic) -> bool {
        match (self, topic) {
            (Rules::Seed, Topic::Agent { topic, .. }) => {
                topic != "public" && !topic.starts_with("public.")
            }
            (Rules::Seed | Rules::Head, _) => false,
        }
    }

    /// Whether only its owner, and those whom it has let in, may read this topic.
    pub fn is_closed(self, topic: &Topic, locked: bool) -> bool {
        topic.owner().is_some() && (locked || self.closes(topic))
    }
}

/// Whether `who` may read; `None` is somebody without a token. `locked` and `granted` are of this topic.
pub fn may_read(
    rules: Rules,
    topic: &Topic,
    who: Option<&Principal>,
    locked: bool,
    granted: bool,
) -> bool {
    match topic {
        Topic::Public | Topic::System => true,
        Topic::Agent { .. } | Topic::App { .. } => {
            !rules.is_closed(topic, locked)
                || who.is_some_and(|who| granted || topic.owner().as_ref() == Some(who))
        }
        Topic::Broadcast { app } => match who {
            Some(Principal::Agent(_)) => true,
            Some(Principal::App(name)) => name == app,
            None => false,
        },
        Topic::Inbox { app, agent } => match who {
            Some(Principal::Agent(name)) => name == agent,
            Some(Principal::App(name)) => name == app,
            None => false,
        },
    }
}

/// Lets through who may speak: a lock or a grant never changes it.
///
/// # Errors
/// `topic_forbidden`, in the words of the contract.
pub fn may_publish(topic: &Topic, who: Option<&Principal>) -> Result<(), Reject> {
    let by_owner = || topic.owner().as_ref() == who && who.is_some();
    let (allowed, message) = match topic {
        Topic::Public => (true, ""),
        Topic::System => (false, "cannot publish to system channels"),
        Topic::Agent { .. } => (
            by_owner(),
            "only the channel owner can publish to agent.* channels",
        ),
        Topic::App { .. } => (by_owner(), "only the app can publish to app.* channels"),
        Topic::Broadcast { app } => (
            who == Some(&Principal::App(app.clone())),
            "only the app can publish to app.<app>.agent",
        ),
        Topic::Inbox { .. } => (
            who.is_some() && may_read(Rules::Head, topic, who, false, false),
            "only the app or target agent can publish to app.<app>.agent.<agent>",
        ),
    };
    match allowed {
        true => Ok(()),
        false => Err(Reject::forbidden("topic_forbidden", message)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Who asks: nobody, a stranger, the agent, a friend who is granted, the app, another app.
    fn callers() -> [(Option<Principal>, bool); 6] {
        let agent = |name: &str| Some(Principal::Agent(name.to_owned()));
        let app = |name: &str| Some(Principal::App(name.to_owned()));
        [
            (None, false),
            (agent("eve"), false),
            (agent("bob"), false),
            (agent("friend"), true),
            (app("shop"), false),
            (app("other"), false),
        ]
    }

    fn mark(allowed: bool) -> char {
        if allowed { '✔' } else { '✘' }
    }

    /// Of each topic: who reads under the seed's rules, open and locked; the same under the later ones;
    /// who speaks.
    #[test]
    fn the_whole_matrix() {
        let rows = [
            ("public.x", "✔✔✔✔✔✔", "✔✔✔✔✔✔", "✔✔✔✔✔✔", "✔✔✔✔✔✔", "✔✔✔✔✔✔"),
            ("system.x", "✔✔✔✔✔✔", "✔✔✔✔✔✔", "✔✔✔✔✔✔", "✔✔✔✔✔✔", "✘✘✘✘✘✘"),
            (
                "agent.bob.x",
                "✘✘✔✔✘✘",
                "✘✘✔✔✘✘",
                "✔✔✔✔✔✔",
                "✘✘✔✔✘✘",
                "✘✘✔✘✘✘",
            ),
            (
                "agent.bob.public",
                "✔✔✔✔✔✔",
                "✘✘✔✔✘✘",
                "✔✔✔✔✔✔",
                "✘✘✔✔✘✘",
                "✘✘✔✘✘✘",
            ),
            (
                "agent.bob.public.a",
                "✔✔✔✔✔✔",
                "✘✘✔✔✘✘",
                "✔✔✔✔✔✔",
                "✘✘✔✔✘✘",
                "✘✘✔✘✘✘",
            ),
            (
                "agent.bob.publicity",
                "✘✘✔✔✘✘",
                "✘✘✔✔✘✘",
                "✔✔✔✔✔✔",
                "✘✘✔✔✘✘",
                "✘✘✔✘✘✘",
            ),
            (
                "agent.bob.x.public.a",
                "✘✘✔✔✘✘",
                "✘✘✔✔✘✘",
                "✔✔✔✔✔✔",
                "✘✘✔✔✘✘",
                "✘✘✔✘✘✘",
            ),
            (
                "agent.public.x",
                "✘✘✘✔✘✘",
                "✘✘✘✔✘✘",
                "✔✔✔✔✔✔",
                "✘✘✘✔✘✘",
                "✘✘✘✘✘✘",
            ),
            (
                "app.shop.x",
                "✔✔✔✔✔✔",
                "✘✘✘✔✔✘",
                "✔✔✔✔✔✔",
                "✘✘✘✔✔✘",
                "✘✘✘✘✔✘",
            ),
            (
                "app.shop.agent",
                "✘✔✔✔✔✘",
                "✘✔✔✔✔✘",
                "✘✔✔✔✔✘",
                "✘✔✔✔✔✘",
                "✘✘✘✘✔✘",
            ),
            (
                "app.shop.agent.bob",
                "✘✘✔✘✔✘",
                "✘✘✔✘✔✘",
                "✘✘✔✘✔✘",
                "✘✘✔✘✔✘",
                "✘✘✔✘✔✘",
            ),
        ];
        for (channel, seed, seed_locked, head, head_locked, speak) in rows {
            let topic = Topic::parse(channel).expect(channel);
            let read = |rules, locked| -> String {
                let may = |(who, granted): &(Option<Principal>, bool)| {
                    mark(may_read(rules, &topic, who.as_ref(), locked, *granted))
                };
                callers().iter().map(may).collect()
            };
            let speaks: String = callers()
                .iter()
                .map(|(who, _)| mark(may_publish(&topic, who.as_ref()).is_ok()))
                .collect();
            assert_eq!(read(Rules::Seed, false), seed, "{channel} seed");
            assert_eq!(
                read(Rules::Seed, true),
                seed_locked,
                "{channel} seed, locked"
            );
            assert_eq!(read(Rules::Head, false), head, "{channel} head");
            assert_eq!(
                read(Rules::Head, true),
                head_locked,
                "{channel} head, locked"
            );
            assert_eq!(speaks, speak, "{channel} speaks");
        }
    }
}
