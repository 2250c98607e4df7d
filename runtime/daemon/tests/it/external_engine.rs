//! An engine of somebody else's, word for word as the contract has it: it registers, claims, works in
//! one step with one tool call, leaves its result, and ends the run. Once with its credentials in
//! headers, once in bodies.

use crate::identity::text;
use crate::support::{Api, Http};
use serde_json::{Value, json};

/// How the engine shows who it is.
#[derive(Clone, Copy, Debug)]
enum Shown {
    Headers,
    Bodies,
}

struct Engine {
    http: Http,
    shown: Shown,
    engine_id: String,
    engine_token: String,
}

impl Engine {
    async fn register(api: &Api, shown: Shown) -> Self {
        let body = json!({"actor_id": "desktop_engine", "engine_name": "Desktop engine", "metadata": {"version": "1.0"}});
        let made = api
            .owner()
            .post("/v1/engines/register", body)
            .await
            .expect(201);
        let engine_id = text(&made["engine"], "engine_id");
        let engine_token = text(&made["token"], "engine_token");
        let http = match shown {
            Shown::Bodies => api.local(),
            Shown::Headers => api
                .local()
                .header("x-engine-id", &engine_id)
                .header("x-engine-token", &engine_token),
        };
        Self {
            http,
            shown,
            engine_id,
            engine_token,
        }
    }

    /// A call that only engines make.
    async fn call(&self, path: &str, mut body: Value) -> Value {
        if let Shown::Bodies = self.shown {
            body["engine_id"] = json!(self.engine_id);
            body["engine_token"] = json!(self.engine_token);
        }
        self.http.post(path, body).await.expect(200)
    }

    async fn claim(&self, room_id: &str) -> Value {
        self.call("/v1/runs/claim", json!({"room_id": room_id}))
            .await
    }

    /// The work of one cycle: what it claimed, done to its end.
    async fn work(&self, run: &Value) {
        let run_id = text(run, "run_id");
        let claim_token = text(run, "claim_token");
        let input = &run["input"];
        let step = json!({"kind": "engine.task", "input": input, "claim_token": claim_token});
        let path = format!("/v1/runs/{run_id}/steps");
        let step = text(&self.http.post(&path, step).await.expect(201), "step_id");
        let call =
            json!({"tool_name": "engine.execute", "input": input, "claim_token": claim_token});
        let path = format!("/v1/steps/{step}/toolcalls");
        let call = text(
            &self.http.post(&path, call).await.expect(201),
            "tool_call_id",
        );
        if input["runtime"]["simulate_fail"] == true {
            let error = json!({"error": {"code": "simulated"}, "claim_token": claim_token});
            self.http
                .post(&format!("/v1/toolcalls/{call}/fail"), error.clone())
                .await
                .expect(200);
            self.http
                .post(&format!("/v1/runs/{run_id}/fail"), error)
                .await
                .expect(200);
            return;
        }
        let done = json!({"output": {"ok": true}, "claim_token": claim_token});
        self.http
            .post(&format!("/v1/toolcalls/{call}/succeed"), done.clone())
            .await
            .expect(200);
        let artifact = json!({"kind": "engine.result", "content": {"type": "json", "json": {"ok": true}}, "claim_token": claim_token});
        self.http
            .post(&format!("/v1/steps/{step}/artifacts"), artifact)
            .await
            .expect(201);
        self.http
            .post(&format!("/v1/runs/{run_id}/complete"), done)
            .await
            .expect(200);
    }
}

async fn create(api: &Api, room_id: &str, input: Value) -> String {
    let body = json!({"room_id": room_id, "title": "work", "input": input});
    let made = api.owner().post("/v1/runs", body).await.expect(201);
    text(&made, "run_id")
}

async fn run(api: &Api, run_id: &str) -> Value {
    let path = format!("/v1/runs/{run_id}");
    api.owner().get(&path).await.expect(200)["run"].take()
}

async fn an_engine_does_its_work(shown: Shown) {
    let api = Api::start();
    let engine = Engine::register(&api, shown).await;
    let room = api.owner().room("room").await;
    let nothing = engine.claim(&room).await;
    assert_eq!(nothing, json!({"claimed": false, "run": null}));

    let good = create(&api, &room, json!({"runtime": {}})).await;
    let bad = create(&api, &room, json!({"runtime": {"simulate_fail": true}})).await;
    for expected in [&good, &bad] {
        let claimed = engine.claim(&room).await;
        assert_eq!(claimed["claimed"], true);
        let claimed = &claimed["run"];
        assert_eq!(
            json!([
                claimed["run_id"],
                claimed["status"],
                claimed["room_id"],
                claimed["attempt_no"],
                claimed["claimed_by_actor_id"]
            ]),
            json!([expected, "running", room, 1, "desktop_engine"])
        );
        for member in ["claim_token", "lease_expires_at", "correlation_id"] {
            assert!(claimed[member].is_string(), "{member} in {claimed}");
        }
        engine.work(claimed).await;
    }
    let done = run(&api, &good).await;
    assert_eq!(
        json!([done["status"], done["output"]]),
        json!(["succeeded", {"ok": true}])
    );
    let failed = run(&api, &bad).await;
    assert_eq!(
        json!([failed["status"], failed["error"]["code"]]),
        json!(["failed", "simulated"])
    );
    let artifacts = format!("/v1/artifacts?run_id={good}");
    let artifacts = api.owner().get(&artifacts).await.expect(200);
    let result = &artifacts["artifacts"][0];
    assert_eq!(
        json!([
            result["kind"],
            result["content_type"],
            result["content_json"]
        ]),
        json!(["engine.result", "json", {"ok": true}])
    );
    let steps = api
        .owner()
        .get(&format!("/v1/runs/{good}/steps"))
        .await
        .expect(200);
    assert_eq!(
        json!([steps["steps"][0]["kind"], steps["steps"][0]["status"]]),
        json!(["engine.task", "succeeded"])
    );
    // One chain of causes, from the creation on, of one correlation.
    let events = format!("/v1/events?run_id={good}");
    let events = api.owner().get(&events).await.expect(200);
    let events = events["events"].as_array().unwrap();
    let types: Vec<&str> = events
        .iter()
        .map(|event| event["event_type"].as_str().unwrap())
        .collect();
    assert_eq!(
        types,
        [
            "run.created",
            "run.claimed",
            "run.started",
            "step.created",
            "tool.invoked",
            "tool.succeeded",
            "artifact.created",
            "run.completed",
            "evidence.manifest.created"
        ]
    );
    for event in events {
        assert_eq!(event["correlation_id"], events[0]["correlation_id"]);
    }
    assert!(
        events[1..]
            .iter()
            .all(|event| event["causation_id"].is_string())
    );
}

#[tokio::test]
async fn an_engine_with_its_credentials_in_headers() {
    an_engine_does_its_work(Shown::Headers).await;
}

#[tokio::test]
async fn an_engine_with_its_credentials_in_bodies() {
    an_engine_does_its_work(Shown::Bodies).await;
}

/// It keeps what it works at, and gives back what it cannot do, which is then offered again.
#[tokio::test]
async fn an_engine_keeps_a_run_and_gives_it_back() {
    for shown in [Shown::Headers, Shown::Bodies] {
        let api = Api::start();
        let engine = Engine::register(&api, shown).await;
        let room = api.owner().room("room").await;
        let run_id = create(&api, &room, json!({})).await;
        let claimed = engine.claim(&room).await;
        let token = json!({"claim_token": claimed["run"]["claim_token"]});
        let path = format!("/v1/runs/{run_id}/lease/heartbeat");
        let kept = engine.call(&path, token.clone()).await;
        assert_eq!(kept["ok"], true);
        assert!(kept["lease_expires_at"].as_str() >= claimed["run"]["lease_expires_at"].as_str());
        let path = format!("/v1/runs/{run_id}/lease/release");
        for released in [true, false] {
            let given = engine.call(&path, token.clone()).await;
            assert_eq!(given, json!({"ok": true, "released": released}));
        }
        assert_eq!(run(&api, &run_id).await["status"], "queued");
        let again = engine.claim(&room).await;
        assert_eq!(
            json!([again["run"]["run_id"], again["run"]["attempt_no"]]),
            json!([run_id, 2])
        );
        let attempts = api
            .owner()
            .get(&format!("/v1/runs/{run_id}/attempts"))
            .await
            .expect(200);
        assert_eq!(
            json!([
                attempts["attempts"][0]["release_reason"],
                attempts["attempts"][0]["engine_id"],
                attempts["attempts"][0]["claim_token"]
            ]),
            json!(["manual_release", engine.engine_id, null])
        );
    }
}
