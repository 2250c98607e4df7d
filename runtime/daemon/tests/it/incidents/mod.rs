//! Incidents from outside: opening them, adding to them, closing them, and those that open by themselves.

mod automatic;
mod lists;
mod refusals;
mod stale;
mod story;

use crate::support::{Api, Http};
use serde_json::{Value, json};

/// Opens an incident and returns its id.
pub async fn open(http: &Http, body: Value) -> String {
    let opened = http.post("/v1/incidents", body).await.expect(201);
    assert_eq!(opened["deduped"], false, "{opened}");
    opened["incident_id"].as_str().unwrap().to_owned()
}

/// An incident as it stands, with what was learned from it.
pub async fn get(http: &Http, incident_id: &str) -> Value {
    http.get(&format!("/v1/incidents/{incident_id}"))
        .await
        .expect(200)
}

/// Writes down why it happened, and what was learned.
pub async fn understand(http: &Http, incident_id: &str) {
    let path = format!("/v1/incidents/{incident_id}");
    let rca = json!({"summary": "The disk was full"});
    http.post(&format!("{path}/rca"), rca).await.expect(200);
    let learning = json!({"note": "Look at the alarm", "tags": ["disk"]});
    http.post(&format!("{path}/learning"), learning)
        .await
        .expect(201);
}

/// The ids of a list.
pub async fn ids(http: &Http, query: &str) -> Vec<String> {
    let page = http.get(&format!("/v1/incidents?{query}")).await;
    let page = page.expect(200);
    let rows = page["incidents"].as_array().unwrap();
    rows.iter()
        .map(|row| row["incident_id"].as_str().unwrap().to_owned())
        .collect()
}

/// The events of these types, oldest first.
pub async fn events(api: &Api, types: &str) -> Vec<Value> {
    let path = format!("/v1/events?limit=200&event_types={types}");
    let page = api.owner().get(&path).await.expect(200);
    page["events"].as_array().unwrap().clone()
}
