//! Lists of incidents: narrowed, in order, page by page.

use super::{ids, open, understand};
use crate::support::{Api, Http};
use serde_json::json;

/// Every page of a list, one after the other.
async fn all(http: &Http, query: &str) -> Vec<String> {
    let mut seen = Vec::new();
    let mut cursor = String::new();
    loop {
        let path = format!("/v1/incidents?{query}&limit=3{cursor}");
        let page = http.get(&path).await.expect(200);
        let rows = page["incidents"].as_array().unwrap();
        seen.extend(
            rows.iter()
                .map(|row| row["incident_id"].as_str().unwrap().to_owned()),
        );
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return seen,
        }
    }
}

#[tokio::test]
async fn lists_are_narrowed_and_paged_newest_change_first() {
    let api = Api::start();
    let (owner, local) = (api.owner(), api.local());
    let (room, other) = (local.room("room").await, local.room("other").await);
    let run = local.run(&room).await;
    let elsewhere = owner.clone().workspace("ws_b");
    open(&elsewhere, json!({"title": "in another workspace"})).await;
    let mut opened = Vec::new();
    for (number, severity) in ["low", "medium", "high", "critical", "high", "low", "high"]
        .into_iter()
        .enumerate()
    {
        let place = match number % 3 {
            0 => json!({"room_id": other}),
            1 => json!({"run_id": run}),
            _ => json!({}),
        };
        let mut body = json!({"title": number.to_string(), "severity": severity});
        body.as_object_mut()
            .unwrap()
            .extend(place.as_object().unwrap().clone());
        opened.push(open(&local, body).await);
    }
    for number in [0, 4] {
        understand(&local, &opened[number]).await;
        let path = format!("/v1/incidents/{}/close", opened[number]);
        owner.post(&path, json!({})).await.expect(200);
    }
    let named = |numbers: &[usize]| -> Vec<String> {
        numbers
            .iter()
            .map(|number| opened[*number].clone())
            .collect()
    };
    for (query, expected) in [
        ("".to_owned(), named(&[4, 0, 6, 5, 3, 2, 1])),
        ("status=open".to_owned(), named(&[6, 5, 3, 2, 1])),
        ("status=closed".to_owned(), named(&[4, 0])),
        ("severity=high".to_owned(), named(&[4, 6, 2])),
        ("severity=high&status=open".to_owned(), named(&[6, 2])),
        ("severity=warning".to_owned(), named(&[0, 5])),
        (format!("room_id={room}"), named(&[4, 1])),
        (format!("room_id={other}"), named(&[0, 6, 3])),
        (format!("room_id={other}&status=open"), named(&[6, 3])),
        (format!("room_id={other}&severity=high"), named(&[6])),
        (format!("run_id={run}"), named(&[4, 1])),
        (
            format!("run_id={run}&room_id={room}&status=closed&severity=high"),
            named(&[4]),
        ),
        (format!("run_id={run}&room_id={other}"), named(&[])),
        ("run_id=run_none".to_owned(), named(&[])),
    ] {
        assert_eq!(all(&local, &query).await, expected, "{query}");
        assert_eq!(ids(&local, &query).await, expected, "{query}");
    }
    let page = local.get("/v1/incidents?status=closed").await.expect(200);
    assert_eq!(page["open"], 5, "whatever the list asks for");
    let none = elsewhere
        .get("/v1/incidents?status=closed")
        .await
        .expect(200);
    assert_eq!(
        none,
        json!({"incidents": [], "next_cursor": null, "open": 1})
    );
}
