//! Something of everything that the review of work knows.

use super::api::Api;
use super::http::Http;
use serde_json::{Value, json};

async fn post(http: &Http, path: &str, body: Value, member: &str) -> String {
    let reply = http.post(path, body).await.expect(201);
    reply[member].as_str().unwrap().to_owned()
}

async fn experiment(http: &Http, title: &str, room: Value) -> String {
    let body = json!({"title": title, "hypothesis": "h", "budget_cap_units": 1.5, "risk_tier": "medium", "room_id": room,
        "success_criteria": super::history::awkward(), "metadata": {"key": super::history::secret("sk-")}});
    post(http, "/v1/experiments", body, "experiment_id").await
}

async fn run(http: &Http, body: Value, verbs: &[&str]) -> String {
    let run = post(http, "/v1/runs", body, "run_id").await;
    for verb in verbs {
        let path = format!("/v1/runs/{run}/{verb}");
        http.post(&path, json!({})).await.expect(200);
    }
    run
}

async fn judge(http: &Http, value: f64, mut body: Value) {
    body["template_key"] = json!("quality");
    body["template_version"] = json!("1");
    body["metrics"] =
        json!([{"key": "a", "value": value, "weight": 0.3}, {"key": "b", "value": value}]);
    post(http, "/v1/scorecards", body, "scorecard_id").await;
}

/// Experiments that are open, closed and stopped, runs of them, scorecards of everything.
pub async fn write(api: &Api, room: &str) {
    let local = api.local();
    for (title, how) in [
        ("open", None),
        ("closed", Some(false)),
        ("stopped", Some(true)),
    ] {
        let in_room = match title {
            "open" => json!(room),
            _ => Value::Null,
        };
        let id = experiment(&local, title, in_room).await;
        let of_it = json!({"room_id": room, "experiment_id": id});
        let path = format!("/v1/experiments/{id}");
        let change = json!({"title": format!("{title}!"), "metadata": {"a": 1}});
        local
            .post(&format!("{path}/update"), change)
            .await
            .expect(200);
        let good = run(&local, of_it.clone(), &["start", "complete"]).await;
        judge(&local, 0.9, json!({"run_id": good, "rationale": "r"})).await;
        let bad = run(&local, of_it.clone(), &["start", "fail"]).await;
        let body = json!({"title": title, "run_id": good});
        let incident = post(&local, "/v1/incidents", body, "incident_id").await;
        let path_of = |verb: &str| format!("/v1/incidents/{incident}/{verb}");
        let rca = json!({"summary": "because"});
        local.post(&path_of("rca"), rca).await.expect(200);
        let learning = json!({"note": "never again"});
        local.post(&path_of("learning"), learning).await.expect(201);
        if title != "open" {
            let close = api.owner().post(&path_of("close"), json!({})).await;
            close.expect(200);
        }
        judge(
            &local,
            0.2,
            json!({"evidence_id": bad.replace("run_", "evd_")}),
        )
        .await;
        judge(&local, 0.6, json!({"experiment_id": id})).await;
        if how != Some(false) {
            let active = run(&local, of_it.clone(), &["start"]).await;
            let body = json!({"action": "external.write", "target": title, "run_id": active});
            post(&local, "/v1/approvals", body, "approval_id").await;
        }
        if let Some(force) = how {
            let body = json!({"force": force, "reason": "enough"});
            local.post(&format!("{path}/close"), body).await.expect(200);
            judge(&local, 0.7, json!({"run_id": good})).await;
        }
    }
    experiment(&local, "alone", Value::Null).await;
    judge(&local, 0.8, json!({})).await;
    run(&local, json!({"room_id": room, "title": "queued"}), &[]).await;
}
