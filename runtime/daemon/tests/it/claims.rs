//! Exactly one owner, exactly one end: many clients at once, and leases that run out.

use crate::support::{Api, Stopped, eventually};
use daemon::store::Store;
use daemon::store::table::principal;
use kernel::actor::EngineIdentity;
use kernel::{Actor, Answer, Caller, Command, Context, Timestamp, engines, rooms, runs};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

const CLIENTS: usize = 64;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_run_has_one_owner() {
    const RUNS: usize = 100;
    let api = Api::start();
    let local = api.local();
    let room = local.room("room").await;
    let mut waiting = BTreeSet::new();
    for _ in 0..RUNS {
        waiting.insert(local.run(&room).await);
    }
    let engines = [
        api.engine("a").await,
        api.engine("b").await,
        api.engine("c").await,
    ];
    let mut work = tokio::task::JoinSet::new();
    for client in 0..CLIENTS {
        let engine = engines[client % 3].clone();
        work.spawn(async move {
            let mut mine = Vec::new();
            loop {
                let claimed = engine.post("/v1/runs/claim", json!({})).await.expect(200);
                if claimed["claimed"] == false {
                    return mine;
                }
                mine.push(claimed["run"].clone());
            }
        });
    }
    let claimed: Vec<Value> = work.join_all().await.into_iter().flatten().collect();
    let owned: BTreeSet<String> = claimed
        .iter()
        .map(|run| run["run_id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!((claimed.len(), &owned), (RUNS, &waiting), "each run once");
    let tokens: BTreeSet<&str> = claimed
        .iter()
        .map(|run| run["claim_token"].as_str().unwrap())
        .collect();
    assert_eq!(tokens.len(), RUNS);
    let events = count(&api, &["run.claimed", "run.started"]).await;
    assert_eq!(
        events,
        BTreeMap::from([("run.claimed".into(), RUNS), ("run.started".into(), RUNS)])
    );
}

/// How many events there are of these types.
async fn count(api: &Api, types: &[&str]) -> BTreeMap<String, usize> {
    let (mut counts, mut after) = (BTreeMap::new(), 0);
    loop {
        let path = format!(
            "/v1/events?limit=200&after_position={after}&event_types={}",
            types.join(",")
        );
        let page = api.owner().get(&path).await.expect(200);
        for event in page["events"].as_array().unwrap() {
            *counts
                .entry(event["event_type"].as_str().unwrap().to_owned())
                .or_default() += 1;
        }
        match page["next_cursor"].as_str() {
            Some(cursor) => after = cursor.parse().unwrap(),
            None => return counts,
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_run_and_a_tool_call_end_once() {
    let api = Api::start();
    let local = api.local();
    let engine = api.engine("builder").await;
    let room = local.room("room").await;
    for round in 0..4 {
        let run_id = local.run(&room).await;
        let claimed = engine.post("/v1/runs/claim", json!({})).await.expect(200);
        let token = claimed["run"]["claim_token"].clone();
        let fenced = json!({"claim_token": token, "kind": "k", "tool_name": "t"});
        let step = engine
            .post(&format!("/v1/runs/{run_id}/steps"), fenced.clone())
            .await
            .expect(201);
        let path = format!("/v1/steps/{}/toolcalls", step["step_id"].as_str().unwrap());
        let call = engine.post(&path, fenced.clone()).await.expect(201)["tool_call_id"].clone();
        let call = call.as_str().unwrap();
        for (first, second, refusals) in [
            (
                format!("/v1/toolcalls/{call}/succeed"),
                format!("/v1/toolcalls/{call}/fail"),
                ["tool_call_not_running"; 2],
            ),
            (
                format!("/v1/runs/{run_id}/complete"),
                format!("/v1/runs/{run_id}/fail"),
                ["run_already_ended"; 2],
            ),
        ] {
            let mut work = tokio::task::JoinSet::new();
            for client in 0..CLIENTS {
                let path = if client % 2 == round % 2 {
                    first.clone()
                } else {
                    second.clone()
                };
                let (http, body) = (engine.clone(), fenced.clone());
                work.spawn(async move { http.post(&path, body).await });
            }
            let mut accepted = 0;
            for reply in work.join_all().await {
                match reply.status {
                    200 => accepted += 1,
                    _ => drop(reply.refused(409, refusals[0])),
                }
            }
            assert_eq!(accepted, 1, "{first}");
        }
    }
    let ends = count(&api, &["run.completed", "run.failed"]).await;
    assert_eq!(ends.values().sum::<usize>(), 4, "{ends:?}");
    let ends = count(&api, &["tool.succeeded", "tool.failed"]).await;
    assert_eq!(ends.values().sum::<usize>(), 4, "{ends:?}");
}

/// The same key from many clients at once is one message, and all are told its id.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_key_makes_one_message_however_many_send_it() {
    let api = Api::start();
    let local = api.local();
    let room = local.room("room").await;
    let thread = local.thread(&room).await;
    let other = local.thread(&local.room("other").await).await;
    let mut work = tokio::task::JoinSet::new();
    for client in 0..CLIENTS {
        let http = api
            .local()
            .header("idempotency-key", &format!("key-{}", client % 4));
        let path = format!("/v1/threads/{thread}/messages");
        work.spawn(async move {
            let reply = http
                .post(&path, json!({"content_md": format!("from {client}")}))
                .await;
            (
                client % 4,
                reply.expect(201)["message_id"].as_str().unwrap().to_owned(),
            )
        });
    }
    let answers: BTreeSet<(usize, String)> = work.join_all().await.into_iter().collect();
    assert_eq!(answers.len(), 4, "each key has one answer: {answers:?}");
    let list = local
        .get(&format!("/v1/threads/{thread}/messages"))
        .await
        .expect(200);
    assert_eq!(list["messages"].as_array().unwrap().len(), 4);
    // A repeated request moves nothing; the same key in another room is another request.
    let head = api.head().await;
    let keyed = api.local().header("idempotency-key", "key-0");
    let again = keyed.message(&thread, "again").await;
    assert!(answers.contains(&(0, again)));
    assert_eq!(api.head().await, head);
    let fresh = keyed.message(&other, "elsewhere").await;
    assert!(answers.iter().all(|(_, id)| *id != fresh));
    assert_eq!(api.head().await, head + 1);
    let path = format!("/v1/threads/{thread}/messages");
    keyed
        .post(&path, json!({"content_md": ""}))
        .await
        .refused(400, "missing_content_md");
    let long = api.local().header("idempotency-key", &"k".repeat(201));
    long.post(&path, json!({"content_md": "x"}))
        .await
        .bad("field_too_long", "Idempotency-Key");
}

/// Moves every lease into the past, as if the api had been away for long.
fn outlive_leases(stopped: &Stopped) {
    let database = rusqlite::Connection::open(stopped.data_dir.join("signalbox.db")).unwrap();
    let moved = database
        .execute("UPDATE lease SET expires_at = 1", [])
        .unwrap();
    assert!(moved > 0, "there are leases");
}

#[tokio::test]
async fn a_lease_that_ran_out_while_the_api_was_away_is_ended_and_its_token_is_stale() {
    let api = Api::start();
    let local = api.local();
    let room = local.room("room").await;
    let engine = api.engine("builder").await;
    let run_id = local.run(&room).await;
    let claimed = engine.post("/v1/runs/claim", json!({})).await.expect(200);
    let old = json!({"claim_token": claimed["run"]["claim_token"]});
    let stopped = api.stop().await;
    outlive_leases(&stopped);
    let api = Api::start_again(stopped);
    let local = api.local();
    eventually("the run waits again", || async {
        let run = local.get(&format!("/v1/runs/{run_id}")).await.expect(200);
        (run["run"]["status"] == "queued").then_some(())
    })
    .await;
    let complete = format!("/v1/runs/{run_id}/complete");
    local
        .post(&complete, old.clone())
        .await
        .refused(409, "lease_token_mismatch");
    let other = api.engine("other").await;
    let again = other.post("/v1/runs/claim", json!({})).await.expect(200);
    assert_eq!(
        (&again["run"]["run_id"], &again["run"]["attempt_no"]),
        (&json!(run_id), &json!(2))
    );
    local
        .post(&complete, old)
        .await
        .refused(409, "lease_token_mismatch");
    let attempts = local
        .get(&format!("/v1/runs/{run_id}/attempts"))
        .await
        .expect(200);
    assert_eq!(
        attempts["attempts"][0]["release_reason"],
        "lease_expired_reclaimed"
    );
    assert!(attempts["attempts"][1]["released_at"].is_null());
    local
        .post(
            &complete,
            json!({"claim_token": again["run"]["claim_token"]}),
        )
        .await
        .expect(200);
}

/// Leases against the real database, with the clock in the test's hand.
#[tokio::test]
async fn time_ends_attempts_in_the_database_as_the_rules_say() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), Box::new(|_| {})).unwrap();
    let start = 1_795_245_252_000;
    let submit = async |at: i64, caller: Caller, command: Command| {
        let ctx = Context {
            now: Timestamp::from_millis(start + at),
            caller,
            workspace_id: "ws_dev".into(),
            correlation_id: None,
        };
        store.append(ctx, command).await
    };
    let engine = || {
        Caller::Engine(EngineIdentity {
            engine_id: "eng_1".into(),
            actor_id: "builder".into(),
            workspace_id: "ws_dev".into(),
            token_id: "engtok_1".into(),
            scopes: engines::scopes_by_default(),
        })
    };
    let builder = Actor::service("builder");
    let principal = store
        .write(move |connection| {
            principal::ensure(connection, &builder, Timestamp::from_millis(start))
        })
        .await
        .unwrap();
    let register = engines::RegisterEngine {
        engine_id: "eng_1".into(),
        principal_id: principal.principal_id,
        actor_id: Some("builder".into()),
        token: engines::NewToken {
            token_id: "engtok_1".into(),
            token: "secret".into(),
            capability_token_id: "c1".into(),
            ..Default::default()
        },
        ..Default::default()
    };
    submit(0, Caller::Owner, Command::RegisterEngine(register))
        .await
        .unwrap();
    let room = rooms::CreateRoom {
        room_id: "room_1".into(),
        title: Some("r".into()),
        ..Default::default()
    };
    submit(0, Caller::Owner, Command::CreateRoom(room))
        .await
        .unwrap();
    let run = runs::CreateRun {
        run_id: "run_1".into(),
        room_id: Some("room_1".into()),
        ..Default::default()
    };
    submit(0, Caller::Owner, Command::CreateRun(run))
        .await
        .unwrap();
    let mut now = 0;
    for attempt in 1..=5 {
        let token = format!("token {attempt}");
        let claim = runs::ClaimRun {
            room_id: None,
            claim_token: token.clone(),
        };
        let claimed = submit(now, engine(), Command::ClaimRun(claim))
            .await
            .unwrap();
        let Answer::Leased(lease) = claimed.answer else {
            panic!("{claimed:?}");
        };
        assert_eq!(
            (lease.attempt_no, lease.expires_at.millis()),
            (attempt, start + now + 30_000)
        );
        // Just before its time nothing expires, and a heartbeat buys another 30 s.
        let early = submit(now + 29_999, Caller::System, Command::ExpireLeases)
            .await
            .unwrap();
        assert_eq!(early.answer, Answer::Expired { runs: 0 });
        let extend = runs::ExtendLease {
            run_id: "run_1".into(),
            claim_token: Some(token),
        };
        submit(now + 29_999, engine(), Command::ExtendLease(extend.clone()))
            .await
            .unwrap();
        let late = submit(now + 59_998, Caller::System, Command::ExpireLeases)
            .await
            .unwrap();
        assert_eq!(late.answer, Answer::Expired { runs: 0 });
        now += 59_999;
        submit(now, engine(), Command::ExtendLease(extend))
            .await
            .unwrap_err();
        let over = submit(now, Caller::System, Command::ExpireLeases)
            .await
            .unwrap();
        assert_eq!(over.answer, Answer::Expired { runs: 1 });
    }
    let run = store
        .read(|reader| reader.run("ws_dev", "run_1"))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(run.status, kernel::state::RunStatus::Failed);
    assert_eq!(run.error, Some(json!({"code": "attempts_exhausted"})));
    assert_eq!(run.lease_expires_at, None);
    store.close();
}
