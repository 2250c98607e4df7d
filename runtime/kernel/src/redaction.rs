//! Secrets never reach the log: every text of an event is scanned when it is appended, and what
//! looks like a secret is masked. The clear text is not stored, hashed or shown.

use crate::limits;
use regex::Regex;
use serde_json::Value;
use std::sync::LazyLock;

/// Name of this scanner in the events that report a hit.
pub const SCANNER_VERSION: &str = "dlp_v1";
/// What stands in place of a secret.
pub const MASK: &str = "[redacted]";

/// How far a secret reaches. Whoever reads a text in pieces needs it, to know what the end of a
/// piece may have cut in two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// One word, from the start on.
    Word,
    /// The start, white space, and the word that it announces.
    Announced,
    /// From the line that opens with the start to the line that closes it. The titles of both end
    /// with `title_end`.
    Block { title_end: &'static str },
}

/// A kind of secret.
#[derive(Debug)]
pub struct Rule {
    /// Its name in the events that report a hit.
    pub id: &'static str,
    /// Literals, one of which every match begins with: most texts hold none of them, so most scans
    /// are a few substring searches.
    pub starts: &'static [&'static str],
    pub extent: Extent,
    pattern: &'static str,
}

/// Every kind of secret that is masked. The one list: streams of output go by it as well.
pub const RULES: [Rule; 16] = [
    Rule {
        id: "openai_api_key",
        starts: &["sk-"],
        extent: Extent::Word,
        pattern: r"\bsk-[A-Za-z0-9]{20,}\b",
    },
    Rule {
        id: "anthropic_api_key",
        starts: &["sk-ant-"],
        extent: Extent::Word,
        pattern: r"\bsk-ant-[A-Za-z0-9_-]{20,}",
    },
    Rule {
        id: "openai_project_key",
        starts: &["sk-proj-"],
        extent: Extent::Word,
        pattern: r"\bsk-proj-[A-Za-z0-9_-]{20,}",
    },
    // What others that speak the same protocol call theirs: `sk-or-v1-…`, `sk-live-…`. The last part
    // has no dash, so that a long name in kebab case is none.
    Rule {
        id: "prefixed_api_key",
        starts: &["sk-"],
        extent: Extent::Word,
        pattern: r"\bsk-(?:[A-Za-z0-9]{1,12}-){1,3}[A-Za-z0-9_]{20,}",
    },
    Rule {
        id: "stripe_key",
        starts: &["sk_live_", "sk_test_", "rk_live_", "rk_test_", "whsec_"],
        extent: Extent::Word,
        pattern: r"\b(?:[sr]k_(?:live|test)|whsec)_[A-Za-z0-9]{16,}",
    },
    Rule {
        id: "github_pat",
        starts: &["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"],
        extent: Extent::Word,
        pattern: r"\b(?:gh[pousr]_[A-Za-z0-9]{20,}\b|github_pat_[A-Za-z0-9_]{22,})",
    },
    Rule {
        id: "gitlab_token",
        starts: &["glpat-"],
        extent: Extent::Word,
        pattern: r"\bglpat-[A-Za-z0-9_-]{20,}",
    },
    Rule {
        id: "slack_token",
        starts: &["xoxa-", "xoxb-", "xoxp-", "xoxr-", "xoxs-", "xapp-"],
        extent: Extent::Word,
        pattern: r"\b(?:xox[abprs]|xapp)-[A-Za-z0-9-]{10,}",
    },
    Rule {
        id: "google_api_key",
        starts: &["AIza"],
        extent: Extent::Word,
        pattern: r"\bAIza[A-Za-z0-9_-]{35}",
    },
    Rule {
        id: "npm_token",
        starts: &["npm_"],
        extent: Extent::Word,
        pattern: r"\bnpm_[A-Za-z0-9]{36}\b",
    },
    Rule {
        id: "hugging_face_token",
        starts: &["hf_"],
        extent: Extent::Word,
        pattern: r"\bhf_[A-Za-z0-9]{30,}\b",
    },
    Rule {
        id: "aws_access_key_id",
        starts: &["AKIA"],
        extent: Extent::Word,
        pattern: r"\bAKIA[0-9A-Z]{16}\b",
    },
    Rule {
        id: "bearer_token",
        starts: &["Bearer"],
        extent: Extent::Announced,
        pattern: r"\bBearer\s+[A-Za-z0-9\-._~+/]+=*",
    },
    Rule {
        id: "signalbox_token",
        starts: &["sbo_", "engtok_", "atk_", "rtk_"],
        extent: Extent::Word,
        // The id of an engine's token begins like the token itself, with 32 digits after it; the
        // token has 64. An id is no secret.
        pattern: r"\b(?:sbo_[A-Za-z0-9_-]{20,}|(?:engtok|atk|rtk)_[A-Za-z0-9_-]{40,})",
    },
    // Keys of the event bus are such tokens, and so are many others' credentials.
    Rule {
        id: "json_web_token",
        starts: &["eyJ"],
        extent: Extent::Word,
        pattern: r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{20,}",
    },
    Rule {
        id: "private_key",
        starts: &["-----BEGIN"],
        extent: Extent::Block {
            title_end: "PRIVATE KEY-----",
        },
        pattern: r"-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)",
    },
];

static PATTERNS: LazyLock<[Regex; RULES.len()]> = LazyLock::new(|| {
    // The patterns are constants, each exercised by a test below.
    RULES.map(|rule| Regex::new(rule.pattern).expect("constant pattern"))
});

/// Any start of any rule: most texts hold none, and are looked at once instead of once for each start.
static ANY_START: LazyLock<Regex> = LazyLock::new(|| {
    let starts = RULES.iter().flat_map(|rule| rule.starts);
    let starts: Vec<String> = starts.map(|start| regex::escape(start)).collect();
    Regex::new(&starts.join("|")).expect("literals")
});

/// One secret that was masked. The preview is its first and last four characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    pub rule_id: &'static str,
    pub preview: String,
}

/// Masks every secret in the strings and keys of `value`, in place, and reports the distinct
/// ones, at most [`limits::REDACTION_MATCHES_MAX`]. Below [`limits::REDACTION_DEPTH_MAX`] a
/// member that holds a secret is masked whole.
pub fn redact(value: &mut Value) -> Vec<Hit> {
    let mut hits = Vec::new();
    visit(value, 0, &mut hits);
    hits
}

/// Masks every secret in a text. `None` when there is none.
pub fn redact_text(text: &str) -> Option<(String, Vec<Hit>)> {
    let mut hits = Vec::new();
    let masked = mask(text, &mut hits)?;
    Some((masked, hits))
}

fn visit(value: &mut Value, depth: usize, hits: &mut Vec<Hit>) {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
        Value::String(text) => {
            if let Some(masked) = mask(text, hits) {
                *text = if depth > limits::REDACTION_DEPTH_MAX {
                    MASK.to_owned()
                } else {
                    masked
                };
            }
        }
        Value::Array(items) => items
            .iter_mut()
            .for_each(|item| visit(item, depth + 1, hits)),
        Value::Object(members) => {
            let leaking: Vec<String> = members
                .keys()
                .filter(|key| mask(key, &mut Vec::new()).is_some())
                .cloned()
                .collect();
            for key in leaking {
                if let (Some(member), Some(masked)) = (members.remove(&key), mask(&key, hits)) {
                    members.insert(masked, member);
                }
            }
            members
                .values_mut()
                .for_each(|member| visit(member, depth + 1, hits));
        }
    }
}

fn mask(text: &str, hits: &mut Vec<Hit>) -> Option<String> {
    if !ANY_START.is_match(text) {
        return None;
    }
    let mut masked: Option<String> = None;
    for (rule, pattern) in RULES.iter().zip(PATTERNS.iter()) {
        let current = masked.as_deref().unwrap_or(text);
        if !rule.starts.iter().any(|start| current.contains(start)) {
            continue;
        }
        let mut found = false;
        for secret in pattern.find_iter(current) {
            found = true;
            let hit = Hit {
                rule_id: rule.id,
                preview: preview(secret.as_str()),
            };
            if hits.len() < limits::REDACTION_MATCHES_MAX && !hits.contains(&hit) {
                hits.push(hit);
            }
        }
        if found {
            masked = Some(pattern.replace_all(current, MASK).into_owned());
        }
    }
    masked
}

fn preview(secret: &str) -> String {
    let chars: Vec<char> = secret.chars().collect();
    if chars.len() <= 8 {
        return "*".repeat(chars.len());
    }
    let head: String = chars[..4].iter().collect();
    let tail: String = chars[chars.len() - 4..].iter().collect();
    format!("{head}...{tail}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// A sample that each rule must catch. Put together at run time: no secret-like text in the source.
    fn samples() -> Vec<(&'static str, String)> {
        let long = "Ab1".repeat(12);
        vec![
            ("openai_api_key", format!("sk-{long}")),
            ("anthropic_api_key", format!("sk-ant-api03-{long}")),
            ("openai_project_key", format!("sk-proj-{long}")),
            ("prefixed_api_key", format!("sk-or-v1-{long}")),
            ("prefixed_api_key", format!("sk-live-{long}")),
            ("stripe_key", format!("sk_live_{long}")),
            ("stripe_key", format!("whsec_{long}")),
            ("github_pat", format!("ghp_{long}")),
            ("github_pat", format!("github_pat_{long}_{long}")),
            ("gitlab_token", format!("glpat-{long}")),
            ("slack_token", format!("xoxb-123456789012-{long}")),
            ("google_api_key", format!("AIza{}", &"Ab1-_".repeat(7))),
            ("npm_token", format!("npm_{long}")),
            ("hugging_face_token", format!("hf_{long}")),
            ("aws_access_key_id", format!("AKIA{}", "AB12".repeat(4))),
            ("bearer_token", format!("Bearer {long}")),
            ("signalbox_token", format!("sbo_{long}")),
            ("json_web_token", format!("eyJ{long}.eyJ{long}.{long}")),
            (
                "private_key",
                format!(
                    "-----BEGIN OPENSSH PRIVATE KEY-----\n{long}\n-----END OPENSSH PRIVATE KEY-----"
                ),
            ),
        ]
    }

    #[test]
    fn the_id_of_a_token_is_no_secret() {
        let token = format!("engtok_{}", "0a1b".repeat(16));
        assert!(redact_text(&token).is_some());
        assert!(redact_text(&token[..7 + 32]).is_none());
        for kind in ["atk", "rtk"] {
            assert!(redact_text(&token.replace("engtok", kind)).is_some());
        }
    }

    #[test]
    fn every_rule_masks_its_sample() {
        let sampled: std::collections::BTreeSet<_> = samples().iter().map(|(id, _)| *id).collect();
        assert_eq!(sampled, RULES.iter().map(|rule| rule.id).collect());
        for (rule_id, secret) in samples() {
            let mut value = json!({"a": [format!("before {secret} after")], "clean": "sk-short"});
            let hits = redact(&mut value);
            assert_eq!(
                value,
                json!({"a": ["before [redacted] after"], "clean": "sk-short"}),
                "{rule_id}"
            );
            assert_eq!(hits.len(), 1, "{rule_id}");
            assert_eq!(hits[0].rule_id, rule_id);
            assert!(!hits[0].preview.contains(&secret[5..20]), "{rule_id}");
        }
    }

    #[test]
    fn names_that_begin_like_a_key_are_none() {
        let names = [
            "sk-fading-circle-container-element",
            "npm_lifecycle_event",
            "hf_hub_download",
            "npm_config_user_agent_of_the_package_manager",
            "xoxb-short",
            "AIzawa",
        ];
        for name in names {
            assert_eq!(redact_text(name), None, "{name}");
        }
    }

    #[test]
    fn keys_and_deep_members_are_masked() {
        let secret = &samples()[0].1;
        let mut value = json!({ secret.clone(): 1 });
        redact(&mut value);
        assert_eq!(value, json!({"[redacted]": 1}));

        let mut deep = json!(format!("x {secret}"));
        for _ in 0..=limits::REDACTION_DEPTH_MAX {
            deep = json!([deep]);
        }
        redact(&mut deep);
        let mut inner = &deep;
        while let Some(next) = inner.get(0) {
            inner = next;
        }
        assert_eq!(inner, MASK);
    }

    proptest::proptest! {
        #[test]
        fn no_secret_survives(prefix in "[a-z .]{0,20}", body in "[A-Za-z0-9]{20,40}", suffix in "[ ,;].{0,20}") {
            let secret = format!("sk-{body}");
            let text = format!("{prefix} {secret}{suffix}");
            let masked = redact_text(&text).map(|(masked, _)| masked);
            proptest::prop_assert!(masked.is_some_and(|masked| !masked.contains(&secret)));
        }
    }
}
