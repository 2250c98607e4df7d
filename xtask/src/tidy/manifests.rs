//! Two manifests are proofs: the kernel depends on nothing that performs IO, the window on nothing of the domain.

use super::tree::{File, Tree, Violation};

/// Everything the kernel may ever use. A new line here is a decision about purity, not a convenience.
const KERNEL: &[&str] = &[
    "hex",
    "jiff",
    "regex",
    "ryu-js",
    "serde",
    "serde_json",
    "serde_with",
    "sha2",
    "thiserror",
];
const KERNEL_TESTS: &[&str] = &["proptest"];

/// What neither the window nor the supervisor may link: they start the runtime, they are not part of it.
const RUNTIME_ONLY: &[&str] = &["daemon", "kernel", "rusqlite", "axum"];
/// What the supervisor may not link either, because it also runs on machines without a desktop.
const DESKTOP_ONLY: &[&str] = &["tauri", "wry", "gtk"];

pub fn check(tree: &Tree) -> Vec<Violation> {
    let mut violations = Vec::new();
    for file in &tree.files {
        match file.path.as_str() {
            "runtime/kernel/Cargo.toml" => {
                only(file, "dependencies", KERNEL, &mut violations);
                only(file, "dev-dependencies", KERNEL_TESTS, &mut violations);
                only(file, "build-dependencies", &[], &mut violations);
            }
            "Cargo.toml" => none_of(file, RUNTIME_ONLY, &mut violations),
            "runtime/supervisor/Cargo.toml" => {
                none_of(file, RUNTIME_ONLY, &mut violations);
                none_of(file, DESKTOP_ONLY, &mut violations);
            }
            "runtime/daemon/Cargo.toml" => none_of(file, DESKTOP_ONLY, &mut violations),
            _ => {}
        }
    }
    violations
}

fn only(file: &File, section: &str, allowed: &[&str], violations: &mut Vec<Violation>) {
    for name in dependencies(file, section) {
        if !allowed.contains(&name.as_str()) {
            violations.push(refuse(
                file,
                &name,
                "is not in the list of what this crate may use",
            ));
        }
    }
}

fn none_of(file: &File, refused: &[&str], violations: &mut Vec<Violation>) {
    for name in dependencies(file, "dependencies") {
        if refused.contains(&name.as_str()) {
            violations.push(refuse(file, &name, "belongs behind a process boundary"));
        }
    }
}

fn dependencies(file: &File, section: &str) -> Vec<String> {
    // A manifest that cannot be read stops cargo long before it gets here.
    let Ok(manifest) = file.text.parse::<toml::Table>() else {
        return Vec::new();
    };
    manifest
        .get(section)
        .and_then(toml::Value::as_table)
        .map(|table| table.keys().cloned().collect())
        .unwrap_or_default()
}

fn refuse(file: &File, name: &str, why: &str) -> Violation {
    let line = file
        .lines()
        .find(|(_, line)| line.starts_with(name))
        .map_or(1, |(number, _)| number);
    file.violation(line, "manifest", format!("`{name}` {why}"))
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::tree::found;

    #[test]
    fn the_kernel_takes_nothing_new() {
        let manifest = "[dependencies]\nserde.workspace = true\ntokio.workspace = true\n";
        assert_eq!(
            found(check, &[("runtime/kernel/Cargo.toml", manifest)]),
            ["runtime/kernel/Cargo.toml:3"]
        );
    }

    #[test]
    fn the_window_does_not_link_the_runtime() {
        let manifest =
            "[workspace.dependencies]\ndaemon = { path = \"x\" }\n[dependencies]\ntauri = \"2\"\n";
        assert!(found(check, &[("Cargo.toml", manifest)]).is_empty());
        let manifest = "[dependencies]\ntauri = \"2\"\ndaemon.workspace = true\n";
        assert_eq!(found(check, &[("Cargo.toml", manifest)]), ["Cargo.toml:3"]);
    }

    #[test]
    fn the_runtime_links_no_desktop() {
        let manifest = "[dependencies]\ntauri = \"2\"\n";
        assert_eq!(
            found(check, &[("runtime/supervisor/Cargo.toml", manifest)]).len(),
            1
        );
        assert_eq!(
            found(check, &[("runtime/daemon/Cargo.toml", manifest)]).len(),
            1
        );
    }
}
