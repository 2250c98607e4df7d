//! Projections are nothing but the log seen another way: thrown away and made again, they are
//! the same to the byte.

use crate::support::{Api, board, history, projections, review};
use daemon::store::{rebuild, verify};
use rusqlite::Connection;
use serde_json::Value;

#[tokio::test]
async fn rebuilt_projections_are_the_live_ones() {
    let api = Api::start();
    let made = history::write(&api, 3).await;
    history::gate(&api, &made.rooms[0]).await;
    history::authority(&api).await;
    history::incidents(&api, &made.rooms[0]).await;
    review::write(&api, &made.rooms[0]).await;
    board::write(&api, &made.rooms[1]).await;
    crate::claw::write(&api).await;
    let searches = ["printed", "report", "message", "shell", "redacted"];
    let look = async |api: &Api| -> Vec<Value> {
        let mut seen = Vec::new();
        for word in searches {
            seen.push(
                api.local()
                    .get(&format!("/v1/search?q={word}&limit=100"))
                    .await
                    .expect(200),
            );
        }
        for thread in &made.threads {
            seen.push(
                api.local()
                    .get(&format!("/v1/threads/{thread}/messages"))
                    .await
                    .expect(200),
            );
        }
        for path in [
            "/v1/rooms",
            "/v1/runs?limit=200",
            "/v1/toolcalls?limit=200",
            "/v1/artifacts?limit=200",
            "/v1/audit/redactions?limit=200",
            "/v1/engines",
            "/v1/agents",
            "/v1/approvals?limit=200",
            "/v1/egress/requests?limit=200",
            "/v1/resources/labels",
            "/v1/incidents?limit=200",
            "/v1/policy/kill-switch",
            "/v1/policy/mode",
            "/v1/experiments?limit=200",
            "/v1/scorecards?limit=200",
            "/tasks",
            "/channels",
        ] {
            seen.push(api.owner().get(path).await.expect(200));
        }
        seen
    };
    let seen = look(&api).await;
    assert!(
        seen.iter()
            .take(searches.len())
            .all(|found| found["docs"][0].is_object()),
        "{:?}",
        &seen[..5]
    );
    let stopped = api.stop().await;
    let live = projections(&stopped.data_dir);
    assert!(live.len() > 300, "{}", live.len());

    let report = rebuild::run(&stopped.data_dir, &mut |_| {}).unwrap();
    let changed: Vec<_> = report
        .tables
        .iter()
        .filter(|table| !table.unchanged)
        .collect();
    assert!(changed.is_empty(), "{changed:?}");
    assert!(
        report.tables.iter().all(|table| table.rows > 0),
        "{:?}",
        report.tables
    );
    assert_eq!(projections(&stopped.data_dir), live);
    assert!(
        verify::run(&stopped.data_dir, 0, &mut |_| {})
            .unwrap()
            .valid
    );

    let api = Api::start_again(stopped);
    assert_eq!(
        look(&api).await,
        seen,
        "also through the api, search included"
    );
}

/// A projection that is wrong is found and made right.
#[tokio::test]
async fn a_wrong_projection_is_told_and_mended() {
    let api = Api::start();
    let made = history::write(&api, 1).await;
    history::gate(&api, &made.rooms[0]).await;
    history::authority(&api).await;
    history::incidents(&api, &made.rooms[0]).await;
    review::write(&api, &made.rooms[0]).await;
    board::write(&api, &made.rooms[1]).await;
    let stopped = api.stop().await;
    let live = projections(&stopped.data_dir);
    for (wrong, table) in [
        (
            "UPDATE run SET status = 'failed' WHERE status = 'succeeded'",
            "run",
        ),
        ("UPDATE room SET title = title || '!'", "room"),
        (
            "DELETE FROM message WHERE position = (SELECT max(position) FROM message)",
            "message",
        ),
        ("DELETE FROM redaction", "redaction"),
        (
            "UPDATE tool_call SET output_bytes = output_bytes + 1",
            "tool_call",
        ),
        ("UPDATE engine SET actor_id = 'x' || actor_id", "engine"),
        ("UPDATE agent SET quarantined_at = NULL", "agent"),
        ("UPDATE capability SET revoked_at = NULL", "capability"),
        (
            "UPDATE approval SET status = 'approved' WHERE status = 'pending'",
            "approval",
        ),
        (
            "UPDATE policy_setting SET value = 'off' || value",
            "policy_setting",
        ),
        ("UPDATE incident SET learning_count = 0", "incident"),
        ("DELETE FROM incident_learning", "incident_learning"),
        (
            "DELETE FROM evidence WHERE run_status = 'failed'",
            "evidence",
        ),
        ("UPDATE experiment SET status = 'open'", "experiment"),
        ("UPDATE scorecard SET score = score + 1", "scorecard"),
        (
            "UPDATE pipeline_item SET title = title || '!'",
            "pipeline_item",
        ),
        (
            "UPDATE pipeline_stage SET items = items + 1",
            "pipeline_stage",
        ),
        (
            "UPDATE channel_message SET type = 'x' || type",
            "channel_message",
        ),
        ("UPDATE task SET status = 'open'", "task"),
    ] {
        let database = Connection::open(stopped.data_dir.join("signalbox.db")).unwrap();
        assert!(database.execute(wrong, []).unwrap() > 0, "{wrong}");
        drop(database);
        let report = rebuild::run(&stopped.data_dir, &mut |_| {}).unwrap();
        let changed: Vec<&str> = report
            .tables
            .iter()
            .filter(|table| !table.unchanged)
            .map(|table| table.name)
            .collect();
        assert_eq!(changed, [table], "{wrong}");
        assert_eq!(projections(&stopped.data_dir), live, "{wrong}");
    }
}
