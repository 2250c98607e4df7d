//! Queries of the log: every filter narrows, both orders page, and paging visits each event once.

use crate::support::{Api, Http, history};
use kernel::limits::EVENT_TYPES_MAX;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

async fn page(http: &Http, query: &str) -> (Vec<Value>, Option<String>) {
    let reply = http.get(&format!("/v1/events?{query}")).await.expect(200);
    let cursor = reply["next_cursor"].as_str().map(str::to_owned);
    assert!(cursor.is_some() || reply["next_cursor"].is_null());
    (reply["events"].as_array().unwrap().clone(), cursor)
}

/// Everything that a query finds, page by page, in its own order.
async fn all(http: &Http, query: &str, order: &str, limit: usize) -> Vec<Value> {
    let member = if order == "desc" {
        "before_position"
    } else {
        "after_position"
    };
    let (mut found, mut place) = (Vec::new(), String::new());
    loop {
        let (events, cursor) =
            page(http, &format!("{query}&order={order}&limit={limit}{place}")).await;
        assert!(events.len() <= limit);
        found.extend(events);
        match cursor {
            Some(cursor) => place = format!("&{member}={cursor}"),
            None => return found,
        }
    }
}

fn positions(events: &[Value]) -> Vec<u64> {
    events
        .iter()
        .map(|event| event["position"].as_u64().unwrap())
        .collect()
}

#[tokio::test]
async fn every_filter_narrows_to_exactly_what_it_names() {
    let api = Api::start();
    let made = history::write(&api, 1).await;
    let local = api.local();
    let log = all(&local, "", "asc", 200).await;
    assert!(log.len() > 200, "{}", log.len());
    let times: Vec<&str> = log
        .iter()
        .map(|event| event["occurred_at"].as_str().unwrap())
        .collect();
    let middle = times[log.len() / 2].to_owned();
    let any = |member: &str| {
        let event = log.iter().find(|event| event[member].is_string()).unwrap();
        event[member].as_str().unwrap().to_owned()
    };
    let message = log
        .iter()
        .find(|event| event["event_type"] == "message.created")
        .unwrap();
    let of_a_request = log
        .iter()
        .filter_map(|event| event["correlation_id"].as_str())
        .find(|id| id.starts_with("req_"))
        .unwrap();
    let is = |member: &'static str, value: String| {
        move |event: &Value| event[member].as_str() == Some(value.as_str())
    };
    type Test = Box<dyn Fn(&Value) -> bool>;
    let room = made.rooms[0].clone();
    let filters: Vec<(String, Test)> =
        vec![
        (
            format!("room_id={room}"),
            Box::new(is("room_id", room.clone())),
        ),
        (
            format!("thread_id={}", made.threads[0]),
            Box::new(is("thread_id", made.threads[0].clone())),
        ),
        (
            format!("run_id={}", any("run_id")),
            Box::new(is("run_id", any("run_id"))),
        ),
        (
            format!("step_id={}", any("step_id")),
            Box::new(is("step_id", any("step_id"))),
        ),
        (
            format!("correlation_id={}", any("correlation_id")),
            Box::new(is("correlation_id", any("correlation_id"))),
        ),
        (
            format!("correlation_id={of_a_request}"),
            Box::new(is("correlation_id", of_a_request.to_owned())),
        ),
        (
            "event_type=message.created".into(),
            Box::new(is("event_type", "message.created".into())),
        ),
        (
            "actor_type=agent".into(),
            Box::new(is("actor_type", "agent".into())),
        ),
        (
            "actor_id=sender-1".into(),
            Box::new(is("actor_id", "sender-1".into())),
        ),
        (
            format!("stream_type=room&stream_id={room}"),
            Box::new(is("stream_id", room.clone())),
        ),
        (
            "stream_type=workspace&stream_id=ws_dev".into(),
            Box::new(is("stream_type", "workspace".into())),
        ),
        (
            "event_types=run.created,run.started".into(),
            Box::new(|event| {
                ["run.created", "run.started"].contains(&event["event_type"].as_str().unwrap())
            }),
        ),
        (
            "event_types=run.created&event_types=run.started,tool.output&event_type=room.created"
                .into(),
            Box::new(|event| {
                ["run.created", "run.started", "tool.output", "room.created"]
                    .contains(&event["event_type"].as_str().unwrap())
            }),
        ),
        ("event_type=no.such.type".into(), Box::new(|_| false)),
        ("actor_id=nobody".into(), Box::new(|_| false)),
        ("run_id=run_none".into(), Box::new(|_| false)),
        (
            "stream_type=room&stream_id=room_none".into(),
            Box::new(|_| false),
        ),
        (format!("since={middle}"), {
            let middle = middle.clone();
            Box::new(move |event| event["occurred_at"].as_str().unwrap() >= middle.as_str())
        }),
        (format!("until={middle}"), {
            let middle = middle.clone();
            Box::new(move |event| event["occurred_at"].as_str().unwrap() < middle.as_str())
        }),
        (format!("from={middle}"), {
            let middle = middle.clone();
            Box::new(move |event| event["occurred_at"].as_str().unwrap() >= middle.as_str())
        }),
        (format!("to={middle}&stream_type=room&stream_id={room}"), {
            let (middle, room) = (middle.clone(), room.clone());
            Box::new(move |event| {
                event["occurred_at"].as_str().unwrap() < middle.as_str()
                    && event["stream_id"] == room.as_str()
            })
        }),
        (format!("from={middle}&room_id={room}"), {
            let (middle, room) = (middle.clone(), room.clone());
            Box::new(move |event| {
                event["occurred_at"].as_str().unwrap() >= middle.as_str()
                    && event["room_id"] == room.as_str()
            })
        }),
        (format!("from={middle}&to={middle}"), Box::new(|_| false)),
        ("from=2001-01-01T00:00:00Z&to=2002-01-01T00:00:00Z".into(), Box::new(|_| false)),
        ("from=2001-01-01T00:00:00%2B02:00".into(), Box::new(|_| true)),
        (
            format!("causation_id={}", any("causation_id")),
            Box::new(is("causation_id", any("causation_id"))),
        ),
        ("causation_id=no-such-event".into(), Box::new(|_| false)),
        (
            "after_position=10&before_position=20".into(),
            Box::new(|event| (11..20).contains(&event["position"].as_u64().unwrap())),
        ),
        (
            "actor_type=service&actor_id=historian&event_type=step.created".into(),
            Box::new(|event| {
                event["actor_id"] == "historian" && event["event_type"] == "step.created"
            }),
        ),
        (
            format!("room_id={}&thread_id={}", made.rooms[1], made.threads[0]),
            Box::new(|_| false),
        ),
        (format!("stream_type=room&stream_id={room}&from_seq=100"), {
            let room = room.clone();
            Box::new(move |event| {
                event["stream_id"] == room.as_str() && event["stream_seq"].as_u64().unwrap() > 100
            })
        }),
    ];
    for (query, test) in &filters {
        let expected: Vec<u64> = positions(
            &log.iter()
                .filter(|event| test(event))
                .cloned()
                .collect::<Vec<_>>(),
        );
        let found = page(&local, &format!("{query}&limit=200")).await.0;
        let full: Vec<u64> = expected.iter().copied().take(200).collect();
        assert_eq!(positions(&found), full, "{query}");
        if !query.contains("_position") {
            let newest = all(&local, query, "desc", 7).await;
            let backwards: Vec<u64> = expected.iter().rev().copied().collect();
            assert_eq!(positions(&newest), backwards, "{query} desc");
            assert_eq!(
                positions(&all(&local, query, "asc", 50).await),
                expected,
                "{query} asc"
            );
        }
    }
    // What a list shows is what the event is.
    let detail = local
        .get(&format!(
            "/v1/events/{}",
            message["event_id"].as_str().unwrap()
        ))
        .await
        .expect(200);
    for (member, value) in message.as_object().unwrap() {
        assert_eq!(&detail["event"][member], value, "{member}");
    }
    assert_eq!(detail["event"]["idempotency_key"], "0-0");
    let foreign = api.owner().workspace("ws_b");
    assert_eq!(
        all(&foreign, "", "asc", 200).await.len(),
        3,
        "the other workspace has its own"
    );
}

#[tokio::test]
async fn parameters_that_do_not_fit_together_are_refused() {
    let api = Api::start();
    let local = api.local();
    let many = vec!["a.b"; EVENT_TYPES_MAX + 1].join(",");
    for (query, code, field) in [
        (
            "stream_type=room",
            "stream_type_and_stream_id_required_together",
            "stream_id",
        ),
        (
            "stream_id=x",
            "stream_type_and_stream_id_required_together",
            "stream_id",
        ),
        (
            "stream_type=thread&stream_id=x",
            "invalid_stream_type",
            "stream_type",
        ),
        ("from_seq=1", "stream_required", "from_seq"),
        ("since=yesterday", "invalid_time", "since"),
        ("until=2026-13-01T00:00:00Z", "invalid_time", "until"),
        ("since=2026-01-01", "invalid_time", "since"),
        ("from=", "invalid_time", "from"),
        ("to=1763737200", "invalid_time", "to"),
        (
            "from=2026-01-01T00:00:00Z&since=2026-01-01T00:00:00Z",
            "invalid_parameter",
            "since",
        ),
        (
            &format!("event_types={many}"),
            "too_many_event_types",
            "event_types",
        ),
        ("order=newest", "invalid_parameter", "order"),
    ] {
        local
            .get(&format!("/v1/events?{query}"))
            .await
            .bad(code, field);
    }
    let most = vec!["a.b"; EVENT_TYPES_MAX].join(",");
    local
        .get(&format!("/v1/events?event_types={most}"))
        .await
        .expect(200);
}

#[tokio::test]
async fn the_newest_come_first_when_asked_and_limits_hold() {
    let api = Api::start();
    let local = api.local();
    let thread = local.thread(&local.room("room").await).await;
    for number in 0..210 {
        local.message(&thread, &format!("{number}")).await;
    }
    assert_eq!(page(&local, "").await.0.len(), 100, "the default");
    let (most, cursor) = page(&local, "limit=5000").await;
    assert_eq!((most.len(), cursor.as_deref()), (200, Some("200")));
    let (newest, cursor) = page(&local, "order=desc&limit=3").await;
    assert_eq!(
        (positions(&newest), cursor.as_deref()),
        (vec![212, 211, 210], Some("210"))
    );
    let (rest, cursor) = page(&local, "after_position=200&limit=50").await;
    assert_eq!((rest.len(), cursor), (12, None));
    assert_eq!(page(&local, "after_position=212").await, (Vec::new(), None));
    assert_eq!(
        page(&local, &format!("after_position={}", u64::MAX / 2)).await,
        (Vec::new(), None)
    );
}

/// Readers page forwards and backwards while writers append: what was there at the beginning is
/// seen exactly once, and forwards nothing that came later is skipped over.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn paging_visits_everything_once_while_writers_append() {
    let api = Api::start();
    let local = api.local();
    let room = local.room("room").await;
    let thread = local.thread(&room).await;
    for number in 0..60 {
        local.message(&thread, &format!("{number}")).await;
    }
    let over = Arc::new(AtomicBool::new(false));
    let mut writers = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let (http, thread, over) = (api.local(), thread.clone(), over.clone());
        writers.spawn(async move {
            while !over.load(Ordering::Relaxed) {
                http.message(&thread, "more").await;
            }
        });
    }
    let mut readers = tokio::task::JoinSet::new();
    for reader in 0..4_usize {
        let http = api.local();
        let query = if reader % 2 == 0 {
            format!("room_id={room}")
        } else {
            String::new()
        };
        readers.spawn(async move {
            for round in 0..5 {
                let head = page(&http, "order=desc&limit=1").await.0[0]["position"]
                    .as_u64()
                    .unwrap();
                let backwards = all(&http, &query, "desc", 3 + reader * 7 + round).await;
                let found = positions(&backwards);
                assert_eq!(found, (1..=found[0]).rev().collect::<Vec<u64>>());
                assert!(found[0] >= head);
                let mut forwards = Vec::new();
                while forwards.last().is_none_or(|last| *last < head) {
                    let after = forwards.last().unwrap_or(&0);
                    let limit = 5 + reader * 11;
                    let (events, _) = page(
                        &http,
                        &format!("{query}&after_position={after}&limit={limit}"),
                    )
                    .await;
                    forwards.extend(positions(&events));
                }
                assert_eq!(forwards, (1..=forwards.len() as u64).collect::<Vec<u64>>());
            }
        });
    }
    while let Some(done) = readers.join_next().await {
        done.unwrap();
    }
    over.store(true, Ordering::Relaxed);
    while let Some(done) = writers.join_next().await {
        done.unwrap();
    }
    // However many commands shared a commit: sequences without a gap, times that never go back.
    let log = all(
        &local,
        &format!("stream_type=room&stream_id={room}"),
        "asc",
        200,
    )
    .await;
    for (index, event) in log.iter().enumerate() {
        assert_eq!(event["stream_seq"], index as u64 + 1);
        assert!(event["data"].is_object());
    }
    assert_eq!(
        json!(log.len()),
        api.local()
            .get(&format!("/v1/rooms/{room}"))
            .await
            .expect(200)["room"]["head_seq"]
    );
}
