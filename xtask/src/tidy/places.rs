//! The sources name no machine and no stranger: no path of somebody's checkout or home, no host outside the list.
//!
//! Signalbox never talks to a host the user did not name, so every host in the sources is either this machine, a
//! name reserved for examples, or documentation a person may follow.

use std::sync::LazyLock;

use regex::Regex;

use super::tree::{File, Tree, Violation};
use crate::shell;

/// Documentation, licences and XML namespaces: read by people or compared as text, never fetched by the product.
const DOCUMENTATION: &[&str] = &[
    "apache.org",
    "github.com",
    "json-schema.org",
    "keepachangelog.com",
    "nodejs.org",
    "rustup.rs",
    "rust-lang.org",
    "schema.tauri.app",
    "semver.org",
    "sqlite.org",
    "v2.tauri.app",
    "w3.org",
];

/// Written by other programs, with their hosts in them.
const GENERATED: &[&str] = &[
    "Cargo.lock",
    "package-lock.json",
    "LICENSE",
    "ui/src/api/schema.ts",
    "docs/openapi.json",
];

static HOST: LazyLock<Regex> = LazyLock::new(|| pattern(r"\b(?:https?|wss?)://([A-Za-z0-9.-]+)"));
static HOME: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(^|[^\w.])(/home/[a-z]|/root/|/Users/[a-z]|C:\\\\?Users\\)"));

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a constant pattern")
}

pub fn check(tree: &Tree) -> Vec<Violation> {
    let checkout = format!("{}/", shell::root().display());
    tree.files
        .iter()
        .filter(|file| !GENERATED.contains(&file.path.as_str()) && !file.is_under("xtask/src/tidy"))
        .flat_map(|file| check_file(file, &checkout))
        .collect()
}

fn check_file(file: &File, checkout: &str) -> Vec<Violation> {
    let mut violations = Vec::new();
    // Sample data shows the homes of people who do not exist.
    let invented = file.is_under("ui/src/mocks") || file.path.contains(".test.");
    for (number, line) in file.lines() {
        if line.contains(checkout) || (!invented && HOME.is_match(line)) {
            violations.push(file.violation(number, "places", "a path of one particular machine"));
        }
        for host in HOST.captures_iter(line).filter_map(|found| found.get(1)) {
            let host = host.as_str().trim_end_matches('.').to_ascii_lowercase();
            if !is_allowed(&host) {
                let message = format!(
                    "`{host}` is neither this machine, an example name nor listed documentation"
                );
                violations.push(file.violation(number, "places", message));
            }
        }
    }
    violations
}

fn is_allowed(host: &str) -> bool {
    const LOCAL: &[&str] = &["localhost", "0.0.0.0", "ipc.localhost", "tauri.localhost"];
    // RFC 2606 and RFC 6761: names that can never be anybody's.
    const RESERVED: &[&str] = &[
        ".test",
        ".example",
        ".invalid",
        ".localhost",
        "example.com",
        "example.org",
        "example.net",
    ];
    let is_name = |name: &str| host == name || host.ends_with(&format!(".{name}"));
    LOCAL.contains(&host)
        || host.starts_with("127.")
        || !host.contains('.')
        || RESERVED.iter().any(|ending| host.ends_with(ending))
        || is_private_address(host)
        || DOCUMENTATION.iter().copied().any(is_name)
}

/// Addresses that tests use for "somewhere that is not this machine": RFC 1918, link-local and RFC 5737.
fn is_private_address(host: &str) -> bool {
    [
        "10.",
        "192.168.",
        "169.254.",
        "192.0.2.",
        "198.51.100.",
        "203.0.113.",
    ]
    .iter()
    .any(|prefix| host.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::tree::found;

    #[test]
    fn strangers_are_named_by_nobody() {
        let source = "a\nfetch('https://telemetry.vendor.io/v1')";
        assert_eq!(
            found(check, &[("ui/src/api/client.ts", source)]),
            ["ui/src/api/client.ts:2"]
        );
    }

    #[test]
    fn a_host_that_only_ends_like_a_listed_one_is_a_stranger() {
        assert_eq!(
            found(check, &[("README.md", "https://notgithub.com/x")]),
            ["README.md:1"]
        );
    }

    #[test]
    fn this_machine_examples_and_documentation_are_fine() {
        let source = "http://127.0.0.1:4242/ ws://localhost:1/ http://evil.test/ https://www.w3.org/2000/svg http://HOST/";
        assert!(found(check, &[("README.md", source)]).is_empty());
    }

    #[test]
    fn no_path_of_one_machine() {
        let source = format!(
            "cd {}/ui\ncd /home/anna/signalbox\n",
            crate::shell::root().display()
        );
        assert_eq!(
            found(check, &[("docs/setup.md", &source)]),
            ["docs/setup.md:1", "docs/setup.md:2"]
        );
    }
}
