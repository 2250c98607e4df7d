//! The gate from a terminal.

use super::{approval, ask, decide, text};
use crate::support::{Api, say, say_as_owner};
use serde_json::json;

#[tokio::test]
async fn the_verbs_of_the_gate() {
    let api = Api::start();
    let local = api.local();
    let room = local.room("Nightly").await;
    let body = |target: &str| json!({"action": "external.write", "target": target, "title": "Publish\u{1b}[2J", "room_id": room});
    let mut ids = Vec::new();
    for target in ["a", "b", "c", "d"] {
        ids.push(ask(&local, body(target)).await);
    }
    let listed = say(&api, &["approvals", "list", "--room", "nightly"]).list();
    assert_eq!(listed.len(), 4);
    let shown = say(&api, &["approvals", "show", &ids[0]]).json();
    assert_eq!(shown["target"], "a");
    let until = "2026-12-01T00:00:00.000Z";
    let approve = [
        "approvals",
        "approve",
        &ids[0],
        "--scope",
        "room",
        "--reason",
        "fine",
    ];
    assert_eq!(say_as_owner(&api, &approve).code, Some(0));
    let approved = approval(&local, &ids[0]).await;
    assert_eq!(
        json!([
            approved["status"],
            approved["scope"],
            approved["decision_reason"]
        ]),
        json!(["approved", {"type": "room", "room_id": room}, "fine"])
    );
    assert_ne!(approved["expires_at"], until);
    assert_eq!(
        say_as_owner(&api, &["approvals", "deny", &ids[1]]).code,
        Some(0)
    );
    assert_eq!(
        say_as_owner(&api, &["approvals", "hold", &ids[2]]).code,
        Some(0)
    );
    assert_eq!(
        say_as_owner(&api, &["approvals", "revoke", &ids[0]]).code,
        Some(0)
    );
    for (id, status) in ids.iter().zip(["expired", "denied", "held", "pending"]) {
        assert_eq!(approval(&local, id).await["status"], status);
    }
    assert_eq!(
        say_as_owner(&api, &["approvals", "deny", &ids[1]]).code,
        Some(6)
    );
    assert_eq!(say(&api, &["approvals", "show", "appr_none"]).code, Some(4));

    let on = say_as_owner(&api, &["kill-switch", "on", "--reason", "odd"]).json();
    assert_eq!(json!([on["enabled"], on["reason"]]), json!([true, "odd"]));
    assert_eq!(
        say_as_owner(&api, &["kill-switch", "status"]).json()["enabled"],
        true
    );
    assert_eq!(
        say_as_owner(&api, &["kill-switch", "off"]).json()["enabled"],
        false
    );
    assert_eq!(
        say_as_owner(&api, &["policy", "mode"]).json()["mode"],
        "enforce"
    );
    assert_eq!(
        say_as_owner(&api, &["policy", "mode", "shadow"]).json()["mode"],
        "shadow"
    );
    assert_eq!(say_as_owner(&api, &["whoami"]).json()["is_owner"], true);
    let me = say(&api, &["whoami"]).json();
    assert_eq!(
        json!([me["is_owner"], me["actor_id"]]),
        json!([false, "anon"])
    );
}

/// A program that runs as the same user finds the same token: what opens a door is asked of a
/// person at a terminal, and here there is none.
#[tokio::test]
async fn a_program_does_not_open_doors_with_the_owners_verbs() {
    let api = Api::start();
    let local = api.local();
    // As the desktop leaves it where there is no keyring.
    std::fs::write(
        api.data_dir.join("owner-token"),
        crate::support::OWNER_TOKEN,
    )
    .unwrap();
    let id = ask(&local, json!({"action": "external.write"})).await;
    for words in [
        &["approvals", "approve", &id][..],
        &["kill-switch", "off"],
        &["policy", "mode", "shadow"],
    ] {
        let said = say(&api, words);
        assert_eq!(said.code, Some(5), "{words:?} {said:?}");
        assert!(
            said.stderr.contains("nobody sits at a terminal"),
            "{said:?}"
        );
    }
    assert_eq!(approval(&local, &id).await["status"], "pending");
    decide(&api, &id, json!({"decision": "approve"})).await;
}

/// The kill switch also stops what would only be recorded.
#[tokio::test]
async fn a_program_does_not_begin_while_the_kill_switch_is_on() {
    let api = Api::start();
    super::switch(&api, true).await;
    let marker = api.data_dir.join("marker");
    let said = say(&api, &["run", "--", "touch", marker.to_str().unwrap()]);
    assert_eq!(said.code, Some(5), "{said:?}");
    assert!(said.stderr.contains("kill switch"), "{said:?}");
    assert!(!marker.exists());
    let runs = api.local().get("/v1/runs").await.expect(200);
    assert_eq!(runs["runs"][0]["status"], "failed");
    assert_eq!(
        text(&runs["runs"][0]["error"], "code"),
        "kill_switch_active"
    );
}
