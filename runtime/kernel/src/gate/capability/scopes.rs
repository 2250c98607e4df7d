//! What a capability reaches: lists of names, where `*` is all and an absent list is none.

use crate::gate::registry::canonical_action;
use crate::limits;
use crate::reject::Reject;
use crate::text;
use serde::{Deserialize, Serialize};

/// Everything.
pub const ALL: &str = "*";

/// Each list is trimmed, sorted and without repetition; an empty one is the same as none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scopes {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rooms: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<String>,
    /// Hosts; `*.example.com` is that host and all below it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub egress_domains: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub action_types: Vec<String>,
    #[serde(default, skip_serializing_if = "DataAccess::is_empty")]
    pub data_access: DataAccess,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataAccess {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub read: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub write: Vec<String>,
}

impl DataAccess {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Scopes {
    /// Scopes as they are kept.
    ///
    /// # Errors
    /// `too_many_entries`, `field_too_long`, `invalid_text`, `secret_in_identifier`.
    pub fn checked(self) -> Result<Self, Reject> {
        let plain = str::to_owned;
        Ok(Self {
            rooms: entries("scopes.rooms", self.rooms, plain)?,
            tools: entries("scopes.tools", self.tools, plain)?,
            egress_domains: entries(
                "scopes.egress_domains",
                self.egress_domains,
                str::to_ascii_lowercase,
            )?,
            action_types: entries("scopes.action_types", self.action_types, |action| {
                canonical_action(action).to_owned()
            })?,
            data_access: DataAccess {
                read: entries("scopes.data_access.read", self.data_access.read, plain)?,
                write: entries("scopes.data_access.write", self.data_access.write, plain)?,
            },
        })
    }

    /// What is in both: never more than `parent`, whatever is asked for.
    pub fn within(&self, parent: &Self) -> Self {
        let names = |asked: &[String], held: &[String]| both(asked, held, allows_name);
        Self {
            rooms: names(&self.rooms, &parent.rooms),
            tools: names(&self.tools, &parent.tools),
            egress_domains: both(&self.egress_domains, &parent.egress_domains, allows_domain),
            action_types: names(&self.action_types, &parent.action_types),
            data_access: DataAccess {
                read: names(&self.data_access.read, &parent.data_access.read),
                write: names(&self.data_access.write, &parent.data_access.write),
            },
        }
    }

    /// The rooms it is limited to; `None` is every room.
    pub fn rooms_only(&self) -> Option<&[String]> {
        (!self.rooms.iter().any(|room| room == ALL)).then_some(self.rooms.as_slice())
    }
}

/// Whether a list of names allows this one.
pub fn allows(list: &[String], name: &str) -> bool {
    list.iter().any(|entry| allows_name(entry, name))
}

/// Whether a list of hosts and patterns allows this host.
pub fn allows_host(list: &[String], host: &str) -> bool {
    list.iter().any(|entry| allows_domain(entry, host))
}

fn allows_name(entry: &str, name: &str) -> bool {
    entry == ALL || entry == name
}

/// Also whether one pattern lies within another.
fn allows_domain(entry: &str, host: &str) -> bool {
    let below = |apex: &str| {
        host.strip_suffix(apex)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    allows_name(entry, host) || entry.strip_prefix("*.").is_some_and(below)
}

/// The entries of either list that lie within the other one.
fn both(asked: &[String], held: &[String], allows: fn(&str, &str) -> bool) -> Vec<String> {
    let lying = |these: &[String], within: &[String]| -> Vec<String> {
        let inside = these
            .iter()
            .filter(|entry| within.iter().any(|outer| allows(outer, entry)));
        inside.cloned().collect()
    };
    let mut found = lying(asked, held);
    found.extend(lying(held, asked));
    found.sort();
    found.dedup();
    found
}

fn entries(
    field: &str,
    list: Vec<String>,
    spelling: impl Fn(&str) -> String,
) -> Result<Vec<String>, Reject> {
    if list.len() > limits::SCOPE_ENTRIES_MAX {
        let message = format!(
            "{field:?} has more than {} entries.",
            limits::SCOPE_ENTRIES_MAX
        );
        return Err(Reject::invalid("too_many_entries", field, message));
    }
    let mut entries = Vec::with_capacity(list.len());
    for entry in list {
        let entry = text::identifier(field, Some(&entry), limits::NAME_CHARS_MAX)?;
        entries.extend(entry.map(|entry| spelling(&entry)));
    }
    entries.sort();
    entries.dedup();
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn what_is_delegated_is_what_both_have() {
        for (asked, held, names, domains) in [
            ("a b", "b c", "b", "b"),
            ("*", "b a", "a b", "a b"),
            ("a", "*", "a", "a"),
            ("*", "*", "*", "*"),
            ("", "*", "", ""),
            ("a", "", "", ""),
            ("*.x.test", "x.test", "", "x.test"),
            ("a.x.test y.test", "*.x.test", "", "a.x.test"),
            ("*.a.x.test", "*.x.test", "", "*.a.x.test"),
            ("*.x.test", "*.a.x.test", "", "*.a.x.test"),
            ("*.x.test", "*.ax.test", "", ""),
        ] {
            let (asked, held) = (list(asked), list(held));
            assert_eq!(
                both(&asked, &held, allows_name),
                list(names),
                "{asked:?} {held:?}"
            );
            assert_eq!(
                both(&asked, &held, allows_domain),
                list(domains),
                "{asked:?} {held:?}"
            );
        }
    }

    #[test]
    fn hosts() {
        for (entry, host, allowed) in [
            ("a.test", "a.test", true),
            ("a.test", "b.a.test", false),
            ("*.a.test", "a.test", true),
            ("*.a.test", "c.b.a.test", true),
            ("*.a.test", "ba.test", false),
            ("*.a.test", "a.test.evil.test", false),
            ("*", "b.test", true),
            ("*.", "a.test", false),
        ] {
            assert_eq!(allows_host(&list(entry), host), allowed, "{entry} {host}");
        }
    }

    #[test]
    fn lists_are_put_in_order() {
        let scopes = Scopes {
            rooms: list("b a b"),
            tools: vec![" ls ".to_owned(), " ".to_owned()],
            egress_domains: list("A.Test"),
            action_types: list("external_write"),
            ..Scopes::default()
        };
        let kept = scopes.checked().expect("sound");
        assert_eq!(kept.rooms, list("a b"));
        assert_eq!(kept.tools, list("ls"));
        assert_eq!(kept.egress_domains, list("a.test"));
        assert_eq!(kept.action_types, list("external.write"));
        let many = Scopes {
            tools: vec!["x".to_owned(); limits::SCOPE_ENTRIES_MAX + 1],
            ..Scopes::default()
        };
        let reject = many.checked().expect_err("too many");
        assert_eq!(
            (reject.code, reject.field.as_deref()),
            ("too_many_entries", Some("scopes.tools"))
        );
    }
}
