//! What is wrong and how a person gets out of it, derived from facts alone.

use serde::{Deserialize, Serialize};

use crate::credentials::{KeyringAvailability, KeyringState};
use crate::ports;
use crate::status::{Component, ComponentState, ComponentStatus, RuntimeAction, RuntimeStatus};

/// Below this the database may soon fail to write.
const LOW_SPACE_BYTES: u64 = 1024 * 1024 * 1024;
/// Below this writing is about to fail.
const NO_SPACE_BYTES: u64 = 64 * 1024 * 1024;

/// How bad a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Something does not work.
    Error,
    /// It works, with a drawback a person should know.
    Warning,
}

/// One problem: what, why, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    pub code: String,
    pub severity: Severity,
    pub title: String,
    pub cause: String,
    pub remedy: String,
    /// The one action that helps, where the supervisor can help.
    pub action: Option<RuntimeAction>,
}

/// All problems, errors first.
pub(crate) fn find(
    runtime: &RuntimeStatus,
    keyring: &KeyringState,
    free_bytes: Option<u64>,
    port: Option<u16>,
) -> Vec<Problem> {
    let mut problems: Vec<Problem> = Component::ALL
        .into_iter()
        .filter_map(|component| of_component(runtime.components.get(component), port))
        .chain(of_disk(free_bytes))
        .chain(of_keyring(keyring))
        .collect();
    problems.sort_by_key(|problem| problem.severity);
    problems
}

fn of_component(status: &ComponentStatus, port: Option<u16>) -> Option<Problem> {
    let component = status.name;
    let code = status.last_error_code.clone();
    let message = status.last_error_message.clone();
    match status.state {
        ComponentState::Fatal => Some(cannot_start(status, port)),
        ComponentState::CrashLooping => Some(Problem {
            code: "crash_loop".to_owned(),
            severity: Severity::Error,
            title: format!("The {component} keeps crashing"),
            cause: format!(
                "It was restarted {} times in a row without a healthy minute. Last: {}",
                status.restart_attempts,
                message.unwrap_or_else(|| "no reason given".to_owned())
            ),
            remedy: remedy(status, "Look at the log below, then try again."),
            action: Some(RuntimeAction::Retry),
        }),
        ComponentState::Degraded => Some(Problem {
            code: code.unwrap_or_else(|| "not_ready".to_owned()),
            severity: Severity::Error,
            title: format!("The {component} runs but cannot do its work"),
            cause: message.unwrap_or_else(|| "Its probe fails.".to_owned()),
            remedy: remedy(
                status,
                "Restart it. If that does not help, look at the log below.",
            ),
            action: Some(RuntimeAction::Restart { component }),
        }),
        ComponentState::Restarting if code.is_some() => Some(Problem {
            code: code.unwrap_or_default(),
            severity: Severity::Warning,
            title: format!("The {component} ended and is being restarted"),
            cause: message.unwrap_or_else(|| "No reason given.".to_owned()),
            remedy: "Nothing to do: it is started again by itself.".to_owned(),
            action: Some(RuntimeAction::Retry),
        }),
        ComponentState::Stopped if status.enabled => Some(Problem {
            code: "stopped".to_owned(),
            severity: Severity::Warning,
            title: format!("The {component} is stopped"),
            cause: "It was stopped, or what it depends on does not run.".to_owned(),
            remedy: "Start it.".to_owned(),
            action: Some(RuntimeAction::Start { component }),
        }),
        ComponentState::Starting
        | ComponentState::Healthy
        | ComponentState::Restarting
        | ComponentState::Stopped
        | ComponentState::Disabled => None,
    }
}

fn cannot_start(status: &ComponentStatus, port: Option<u16>) -> Problem {
    let component = status.name;
    let code = status
        .last_error_code
        .clone()
        .unwrap_or_else(|| "start_failed".to_owned());
    let mut cause = status.last_error_message.clone().unwrap_or_default();
    let (title, way_out) = match code.as_str() {
        "port_in_use" => {
            // Asked anew: the holder may have changed or gone since the failed start.
            if let Some(holder) = port.filter(|port| *port != 0).and_then(ports::holder) {
                cause.push_str(&format!(
                    " Held now by {} (pid {}).",
                    holder.name, holder.pid
                ));
            }
            (
                "Another program uses the port".to_owned(),
                "Close that program, or choose another address with --listen, then try again.",
            )
        }
        "already_running" => (
            "Signalbox already runs for this data directory".to_owned(),
            "Use the one that runs, or end it and try again.",
        ),
        "database_damaged" => (
            "The database is damaged".to_owned(),
            "Restore a backup of the data directory, then try again.",
        ),
        "schema_too_new" => (
            "The data was written by a newer version".to_owned(),
            "Update Signalbox, then try again.",
        ),
        "sqlite_too_old" => (
            "The built-in database is too old".to_owned(),
            "Install a current build of Signalbox.",
        ),
        "no_write_permission" => (
            "The data directory cannot be written".to_owned(),
            "Give your user account write permission on it, then try again.",
        ),
        "disk_full" => (
            "The disk is full".to_owned(),
            "Free some space on this disk, then try again.",
        ),
        "config_invalid" => (
            "The configuration is not valid".to_owned(),
            "Correct it, then try again.",
        ),
        "program_missing" => (
            "The runtime program is missing".to_owned(),
            "Install Signalbox again; its two programs belong side by side.",
        ),
        _ => (
            format!("The {component} cannot start"),
            "Look at the log below, then try again.",
        ),
    };
    Problem {
        severity: Severity::Error,
        title,
        cause,
        remedy: remedy(status, way_out),
        action: Some(RuntimeAction::Retry),
        code,
    }
}

/// What the component itself advises goes before the general advice.
fn remedy(status: &ComponentStatus, general: &str) -> String {
    status
        .last_error_hint
        .clone()
        .unwrap_or_else(|| general.to_owned())
}

fn of_disk(free_bytes: Option<u64>) -> Option<Problem> {
    let free = free_bytes?;
    let (code, severity, title) = match free {
        ..NO_SPACE_BYTES => ("disk_full", Severity::Error, "The disk is full"),
        NO_SPACE_BYTES..LOW_SPACE_BYTES => {
            ("disk_low", Severity::Warning, "The disk is almost full")
        }
        _ => return None,
    };
    Some(Problem {
        code: code.to_owned(),
        severity,
        title: title.to_owned(),
        cause: format!(
            "{} MiB are left where the data directory lies.",
            free / (1024 * 1024)
        ),
        remedy: "Free some space on this disk.".to_owned(),
        action: None,
    })
}

fn of_keyring(keyring: &KeyringState) -> Option<Problem> {
    match keyring.state {
        KeyringAvailability::Unavailable => Some(Problem {
            code: "keyring_unavailable".to_owned(),
            severity: Severity::Warning,
            title: "The owner's token is not in a keyring".to_owned(),
            cause: keyring.detail.clone(),
            remedy: "Unlock or install a keyring service and start Signalbox again; the token \
                     then moves into it."
                .to_owned(),
            action: None,
        }),
        KeyringAvailability::Available | KeyringAvailability::Overridden => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use jiff::Timestamp;

    use super::*;
    use crate::credentials::TokenLocation;
    use crate::machine::{Machine, Now, Policy};
    use crate::status::RunnerMode;

    const PLENTY: Option<u64> = Some(100 * LOW_SPACE_BYTES);

    fn keyring(state: KeyringAvailability) -> KeyringState {
        let token_location = TokenLocation::OsKeyring;
        KeyringState {
            state,
            detail: "because".to_owned(),
            token_location,
        }
    }

    /// A runtime whose api is in `state` because of `code`.
    fn api_in(state: ComponentState, code: Option<&str>) -> RuntimeStatus {
        let now = Now {
            monotonic: std::time::Duration::ZERO,
            wall: Timestamp::UNIX_EPOCH,
        };
        let mut runtime = Machine::new(Policy::default(), RunnerMode::External, now).status(now);
        runtime.components.api.state = state;
        runtime.components.api.last_error_code = code.map(str::to_owned);
        runtime.components.api.last_error_message = code.map(|code| format!("{code} happened."));
        runtime
    }

    /// One line per problem: severity, code, title, action.
    fn check(
        runtime: &RuntimeStatus,
        state: KeyringAvailability,
        free: Option<u64>,
        told: &[&str],
    ) {
        let found: Vec<String> = find(runtime, &keyring(state), free, None)
            .iter()
            .map(|p| {
                assert!(!p.cause.is_empty() && !p.remedy.is_empty(), "{p:?}");
                format!("{:?} {}: {} / {:?}", p.severity, p.code, p.title, p.action)
            })
            .collect();
        assert_eq!(found, told);
    }

    #[test]
    fn each_state_is_told_with_a_way_out() {
        use KeyringAvailability::Available;
        let check_api = |state, code, told: &str| {
            let told: Vec<&str> = Some(told)
                .filter(|told| !told.is_empty())
                .into_iter()
                .collect();
            check(&api_in(state, code), Available, PLENTY, &told);
        };
        check_api(ComponentState::Healthy, Some("exit_1"), "");
        check_api(ComponentState::Starting, None, "");
        check_api(
            ComponentState::Restarting,
            Some("exit_1"),
            "Warning exit_1: The api ended and is being restarted / Some(Retry)",
        );
        check_api(
            ComponentState::Degraded,
            Some("disk_full"),
            "Error disk_full: The api runs but cannot do its work / Some(Restart { component: Api })",
        );
        check_api(
            ComponentState::CrashLooping,
            Some("exit_1"),
            "Error crash_loop: The api keeps crashing / Some(Retry)",
        );
        check_api(
            ComponentState::Stopped,
            None,
            "Warning stopped: The api is stopped / Some(Start { component: Api })",
        );
        for (code, title) in [
            ("port_in_use", "Another program uses the port"),
            (
                "already_running",
                "Signalbox already runs for this data directory",
            ),
            ("database_damaged", "The database is damaged"),
            ("schema_too_new", "The data was written by a newer version"),
            ("sqlite_too_old", "The built-in database is too old"),
            (
                "no_write_permission",
                "The data directory cannot be written",
            ),
            ("disk_full", "The disk is full"),
            ("config_invalid", "The configuration is not valid"),
            ("program_missing", "The runtime program is missing"),
            ("anything_else", "The api cannot start"),
        ] {
            let told = format!("Error {code}: {title} / Some(Retry)");
            check_api(ComponentState::Fatal, Some(code), &told);
        }
    }

    #[test]
    fn errors_go_before_warnings() {
        check(
            &api_in(ComponentState::Stopped, None),
            KeyringAvailability::Unavailable,
            Some(NO_SPACE_BYTES - 1),
            &[
                "Error disk_full: The disk is full / None",
                "Warning stopped: The api is stopped / Some(Start { component: Api })",
                "Warning keyring_unavailable: The owner's token is not in a keyring / None",
            ],
        );
        check(
            &api_in(ComponentState::Healthy, None),
            KeyringAvailability::Overridden,
            Some(NO_SPACE_BYTES),
            &["Warning disk_low: The disk is almost full / None"],
        );
    }

    #[test]
    fn the_holder_of_the_port_is_named() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let runtime = api_in(ComponentState::Fatal, Some("port_in_use"));
        let problems = find(
            &runtime,
            &keyring(KeyringAvailability::Available),
            PLENTY,
            Some(port),
        );
        let pid = format!("(pid {})", std::process::id());
        assert!(problems[0].cause.contains(&pid), "{}", problems[0].cause);
    }

    #[test]
    fn what_the_component_advises_goes_first() {
        let mut runtime = api_in(ComponentState::Fatal, Some("config_invalid"));
        runtime.components.api.last_error_hint = Some("Remove line 3.".to_owned());
        let problems = find(
            &runtime,
            &keyring(KeyringAvailability::Available),
            PLENTY,
            None,
        );
        assert_eq!(problems[0].remedy, "Remove line 3.");
    }
}
