//! What a worker is to do with the run it claimed.

use crate::store::table::run_list::RunRow;
use kernel::runs::{self, CommandLine};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// What a worker is to do with the run it claimed.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Execution {
    /// Execute exactly this command: the owner asked for it, or approved it.
    Command {
        #[schema(value_type = Object)]
        command: CommandLine,
    },
    /// Ask the gate for this request, and complete the run by its answer.
    Egress { request: WishedEgress },
    /// Nothing to execute: complete it as the contract describes.
    Noop,
    /// It asks for something that cannot be, or that nobody with the right to has asked for.
    Refused { reason: String },
}

/// The request of a run, as `POST /v1/egress/requests` takes it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WishedEgress {
    action: Option<String>,
    target_url: Option<String>,
    method: Option<String>,
    #[schema(value_type = Option<Object>)]
    headers: Option<Value>,
    payload: Option<Value>,
    /// Signalbox is to send it once the gate allows it.
    #[serde(default)]
    perform: bool,
    context: Option<Value>,
    #[serde(flatten)]
    standing: WishedStanding,
}

/// Whose rights a run claims, as `input.runtime.policy` of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WishedStanding {
    principal_id: Option<String>,
    capability_token_id: Option<String>,
    zone: Option<String>,
}

/// Zone of a run that names none.
const ZONE_DEFAULT: &str = "sandbox";

impl Execution {
    /// Reads what is to be done from a run that was claimed. The claim has asked the gate; a
    /// command is handed out only with the proof of it.
    pub fn of(run: &RunRow) -> Self {
        let is_proven = run.by_owner || run.approval_id.is_some();
        Self::read(run.input.as_ref(), is_proven)
    }

    fn read(input: Option<&Value>, is_proven: bool) -> Self {
        match runs::command_line(input) {
            Ok(Some(command)) if is_proven => Execution::Command { command },
            Ok(Some(_)) => Execution::Refused {
                reason: "Only the owner may have commands executed; this run was created without the owner's token, and nobody has approved it.".to_owned(),
            },
            Ok(None) => egress(input),
            Err(reject) => Execution::Refused {
                reason: reject.message,
            },
        }
    }
}

fn egress(input: Option<&Value>) -> Execution {
    let member = |name: &str| {
        let value = input?.get("runtime")?.get(name)?;
        (!value.is_null()).then_some(value)
    };
    let Some(wish) = member("egress") else {
        return Execution::Noop;
    };
    let standing = member("policy").map_or(Ok(WishedStanding::default()), Deserialize::deserialize);
    match (WishedEgress::deserialize(wish), standing) {
        (Ok(request), Ok(standing)) => {
            let zone = standing.zone.or_else(|| Some(ZONE_DEFAULT.to_owned()));
            let standing = WishedStanding { zone, ..standing };
            let request = WishedEgress {
                standing,
                ..request
            };
            Execution::Egress { request }
        }
        (Err(error), _) | (_, Err(error)) => Execution::Refused {
            reason: format!("\"input.runtime\" cannot be read: {error}."),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn told(input: Value, is_proven: bool) -> String {
        match Execution::read(Some(&input), is_proven) {
            Execution::Command { .. } => "command".to_owned(),
            Execution::Noop => "noop".to_owned(),
            Execution::Egress { request } => format!(
                "egress {} {}",
                request.target_url.unwrap_or_default(),
                request.standing.zone.unwrap_or_default()
            ),
            Execution::Refused { reason } => reason,
        }
    }

    #[test]
    fn what_a_worker_does() {
        let command = json!({"command": {"argv": ["curl"]}, "runtime": {"egress": {}}});
        assert_eq!(told(command.clone(), true), "command");
        assert!(told(command, false).contains("nobody has approved it"));
        let egress = json!({"target_url": "https://a.test/"});
        for (input, expected) in [
            (json!({}), "noop"),
            (json!([1]), "noop"),
            (json!({"runtime": {"egress": null}}), "noop"),
            (
                json!({"runtime": {"egress": egress}}),
                "egress https://a.test/ sandbox",
            ),
            (
                json!({"runtime": {"egress": egress, "policy": {"zone": "high_stakes"}}}),
                "egress https://a.test/ high_stakes",
            ),
        ] {
            assert_eq!(told(input.clone(), false), expected, "{input}");
        }
        let odd = json!({"runtime": {"egress": {"target_url": 1}}});
        assert!(told(odd, true).contains("cannot be read"));
    }

    #[test]
    fn what_the_log_has_masked_is_not_executed() {
        for command in [
            json!({"argv": ["curl", "-H", "[redacted]"]}),
            json!({"argv": ["curl"], "env": {"KEY": "[redacted]"}}),
        ] {
            let reason = told(json!({ "command": command }), true);
            assert!(reason.contains("holds a secret"), "{reason}");
        }
    }
}
