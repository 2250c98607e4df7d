//! The kill switch ends what already runs, with a real worker.

use super::{events, switch, text};
use crate::support::{Api, Scene, Settings, Watched, Worker, gone};
use serde_json::{Value, json};

/// A script that heeds no polite order and prints the ids of itself, of a child in its group and of
/// one that left it.
const STUBBORN: &str = "trap '' TERM; echo $$; sleep 600 & echo $!; setsid sh -c 'echo $$; exec sleep 600' & wait; wait";

#[tokio::test]
async fn the_kill_switch_ends_running_commands_with_all_that_they_started() {
    let api = Api::start();
    let _worker = Worker::start(&api).await;
    let mut first = Watched::script(&api, STUBBORN, json!({})).await;
    // What may be done twice is not begun again by itself either.
    let mut second = Watched::script(&api, STUBBORN, json!({"retry": true})).await;
    let mut family = first.processes(3).await;
    family.extend(second.processes(3).await);
    switch(&api, true).await;
    for run in [&mut first, &mut second] {
        let end = run.until("run.failed").await;
        assert_eq!(end["error"]["code"], "kill_switch", "{end}");
        assert!(text(&end, "message").contains("kill switch"), "{end}");
        assert!(run.types.contains(&"tool.failed".to_owned()));
        // What it had printed is kept.
        assert!(run.types.contains(&"artifact.created".to_owned()));
        run.until("evidence.manifest.created").await;
    }
    gone(&family).await;
    let incidents = events(&api, "incident.opened").await;
    let ids: Vec<&Value> = incidents.iter().map(|event| &event["run_id"]).collect();
    for run in [&first, &second] {
        assert!(ids.contains(&&json!(run.run_id)), "{ids:?}");
    }
    let claimed = events(&api, "run.claimed").await;
    assert_eq!(claimed.len(), 2, "nothing was begun again");

    // Once it is off, the same worker works again, and what it does is not stopped by what was.
    switch(&api, false).await;
    let mut next = Watched::script(&api, "echo on", json!({})).await;
    next.until("run.completed").await;
}

#[tokio::test]
async fn the_kill_switch_of_a_restarted_api_ends_what_runs_since_before() {
    let api = Api::start();
    let address = api.address().to_owned();
    let _worker = Worker::start(&api).await;
    let mut run = Watched::script(&api, STUBBORN, json!({})).await;
    let family = run.processes(3).await;
    let seq = run.seq();
    let stopped = api.kill();
    let api = Api::start_with(Settings {
        data_dir: Some(stopped.data_dir.clone()),
        listen: Some(address),
        ..Settings::default()
    });
    switch(&api, true).await;
    run.resume(&api, seq).await;
    let end = run.until("run.failed").await;
    assert_eq!(end["error"]["code"], "kill_switch", "{end}");
    gone(&family).await;
}

/// For holders that heard no event, and for engines of others.
#[tokio::test]
async fn a_heartbeat_tells_of_the_kill_switch() {
    let api = Api::start();
    let engine = api.engine("builder").await;
    let run = api.owner().run(&Scene::set(&api.owner()).await.room).await;
    let claimed = engine.post("/v1/runs/claim", json!({})).await.expect(200);
    assert_eq!(claimed["run"]["run_id"], run.as_str());
    let position = claimed["run"]["claimed_position"].as_u64().unwrap();
    let claim = &events(&api, "run.claimed").await[0];
    assert!(claim["position"].as_u64().unwrap() <= position);
    let token = json!({"claim_token": claimed["run"]["claim_token"]});
    let path = format!("/v1/runs/{run}/lease/heartbeat");
    for on in [false, true, false] {
        switch(&api, on).await;
        let beat = engine.post(&path, token.clone()).await.expect(200);
        assert_eq!(beat["kill_switch"], on);
        let changed = events(&api, "policy.kill_switch.changed").await;
        for event in &changed {
            assert!(event["position"].as_u64().unwrap() > position);
        }
    }
}
