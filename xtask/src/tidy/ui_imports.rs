//! The UI has one door to its host, one to the network, and features that do not know each other.

use std::sync::LazyLock;

use regex::Regex;

use super::tree::{File, Tree, Violation};

const SOURCES: &str = "ui/src";

static IMPORT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#"(?:\bfrom\s+|\bimport\s*\(\s*|\bimport\s+|\brequire\(\s*|\bmock\(\s*)["']([^"']+)["']"#,
    )
});
static HOST: LazyLock<Regex> = LazyLock::new(|| pattern(r"@tauri-apps/|__TAURI"));
static NETWORK: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?:^|[^\w.])fetch\(|\bnew (?:EventSource|WebSocket|XMLHttpRequest)\b")
});

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a constant pattern")
}

pub fn check(tree: &Tree) -> Vec<Violation> {
    tree.under(SOURCES)
        .filter(|file| file.has_extension(&["ts", "tsx"]))
        .flat_map(check_file)
        .collect()
}

fn check_file(file: &File) -> Vec<Violation> {
    let mut violations = Vec::new();
    let is_test = file.path.contains(".test.") || file.is_under("ui/src/mocks");
    let talks_to_host = file.is_under("ui/src/platform") || is_test;
    let talks_to_network = file.is_under("ui/src/api") || talks_to_host;
    for (number, line) in file.lines().filter(|(_, line)| !is_comment(line)) {
        if !talks_to_host && HOST.is_match(line) {
            violations.push(file.violation(number, "ui", "only ui/src/platform knows the host"));
        }
        if !talks_to_network && NETWORK.is_match(line) {
            violations.push(file.violation(number, "ui", "only ui/src/api talks to the runtime"));
        }
        for import in IMPORT.captures_iter(line).filter_map(|found| found.get(1)) {
            let target = resolve(&file.path, import.as_str());
            if let Some(message) = crosses_wall(&file.path, &target) {
                violations.push(file.violation(number, "ui", message));
            }
        }
    }
    violations
}

fn is_comment(line: &str) -> bool {
    let text = line.trim_start();
    text.starts_with("//") || text.starts_with('*') || text.starts_with("/*")
}

fn crosses_wall(from: &str, to: &str) -> Option<String> {
    let (ours, theirs) = (room(from)?, room(to)?);
    match (ours, theirs) {
        (("features", own), ("features", other)) if own != other => Some(format!(
            "feature `{own}` may not import feature `{other}`: share through api/ or components/"
        )),
        (("components" | "api" | "platform" | "styles", _), ("features" | "app", _)) => Some(
            format!("`{}` is below `{}` and may not import it", ours.0, theirs.0),
        ),
        (("features", own), ("app", _)) => Some(format!(
            "feature `{own}` may not import the app that holds it"
        )),
        _ => None,
    }
}

/// Layer and, in features, the feature: `ui/src/features/runs/List.tsx` is (features, runs).
fn room(path: &str) -> Option<(&str, &str)> {
    let mut parts = path.strip_prefix(SOURCES)?.strip_prefix('/')?.split('/');
    Some((parts.next()?, parts.next().unwrap_or("")))
}

/// Path of what a relative or `@/` specifier names; packages stay as they are written.
fn resolve(from: &str, specifier: &str) -> String {
    if let Some(rest) = specifier
        .strip_prefix("@/")
        .or_else(|| specifier.strip_prefix("~/"))
    {
        return format!("{SOURCES}/{rest}");
    }
    if !specifier.starts_with('.') {
        return specifier.to_owned();
    }
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for step in specifier.split('/') {
        match step {
            "." => {}
            ".." => drop(parts.pop()),
            name => parts.push(name),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::tree::found;

    #[test]
    fn one_door_to_the_host() {
        let source = "import { invoke } from \"@tauri-apps/api/core\";";
        assert_eq!(
            found(check, &[("ui/src/features/runs/List.tsx", source)]).len(),
            1
        );
        assert!(found(check, &[("ui/src/platform/tauri.ts", source)]).is_empty());
    }

    #[test]
    fn one_door_to_the_network() {
        let source =
            "const a = await fetch('/v1/rooms');\nconst b = await query.refetch();\nprefetch(x)";
        assert_eq!(
            found(check, &[("ui/src/features/runs/List.tsx", source)]),
            ["ui/src/features/runs/List.tsx:1"]
        );
        assert!(found(check, &[("ui/src/api/client.ts", source)]).is_empty());
    }

    #[test]
    fn features_do_not_know_each_other() {
        for import in [
            "../rooms/Card",
            "@/features/rooms/Card",
            "../../features/rooms/Card",
        ] {
            let source = format!("import {{ Card }} from '{import}';");
            assert_eq!(
                found(check, &[("ui/src/features/runs/List.tsx", &source)]).len(),
                1,
                "{import}"
            );
        }
        let own = "import { Row } from './Row';\nimport { Badge } from '../../components/Badge';";
        assert!(found(check, &[("ui/src/features/runs/List.tsx", own)]).is_empty());
    }

    #[test]
    fn lower_layers_do_not_look_up() {
        let source = "import { List } from '../features/runs/List';";
        assert_eq!(
            found(check, &[("ui/src/components/Badge.tsx", source)]).len(),
            1
        );
        assert!(found(check, &[("ui/src/app/routes.tsx", source)]).is_empty());
        let source = "import { App } from '../../app/App';";
        assert_eq!(
            found(check, &[("ui/src/features/runs/List.tsx", source)]).len(),
            1
        );
    }
}
