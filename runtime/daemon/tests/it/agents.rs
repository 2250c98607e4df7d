//! Agents over HTTP, and what their quarantine is told as.

use crate::identity::text;
use crate::support::{Api, Scene};
use serde_json::{Value, json};

async fn register(api: &Api, name: &str) -> Value {
    let reply = api
        .local()
        .post("/v1/agents", json!({"display_name": name}))
        .await;
    reply.expect(201)
}

#[tokio::test]
async fn agents_are_registered_and_found() {
    let api = Api::start();
    let local = api.local();
    let mut made = Vec::new();
    for name in ["Ann the first", "Bob 100%", "Ann the second"] {
        let agent = register(&api, name).await;
        assert!(text(&agent, "agent_id").starts_with("agt_"));
        made.push(agent);
    }
    let list = async |query: &str| {
        let page = local.get(&format!("/v1/agents?{query}")).await.expect(200);
        let rows = page["agents"].as_array().unwrap().clone();
        let names: Vec<String> = rows.iter().map(|row| text(row, "display_name")).collect();
        (names.join(", "), page)
    };
    assert_eq!(list("").await.0, "Ann the second, Bob 100%, Ann the first");
    assert_eq!(list("q=ANN").await.0, "Ann the second, Ann the first");
    assert_eq!(list("q=%25").await.0, "Bob 100%", "a percent sign is one");
    assert_eq!(
        list("q=_").await.0,
        "Ann the second, Bob 100%, Ann the first",
        "of the ids"
    );
    let id = text(&made[1], "agent_id");
    assert_eq!(list(&format!("q={}", &id[4..])).await.0, "Bob 100%");
    let (first, page) = list("limit=2").await;
    assert_eq!(
        (first.as_str(), &page["has_more"]),
        ("Ann the second, Bob 100%", &json!(true))
    );
    let (rest, page) = list(&format!("limit=2&cursor={}", text(&page, "next_cursor"))).await;
    assert_eq!(
        (rest.as_str(), &page["has_more"], &page["next_cursor"]),
        ("Ann the first", &json!(false), &json!(null))
    );
    let agent = local.get(&format!("/v1/agents/{id}")).await.expect(200);
    assert_eq!(
        json!([
            agent["agent"]["agent_id"],
            agent["agent"]["principal_id"],
            agent["agent"]["quarantined_at"],
            agent["agent"]["revoked_at"]
        ]),
        json!([id, made[1]["principal_id"], null, null])
    );
    for (query, code, field) in [
        ("cursor=x", "invalid_cursor", "cursor"),
        ("cursor=-1", "invalid_cursor", "cursor"),
        ("limit=x", "invalid_parameter", "limit"),
    ] {
        local
            .get(&format!("/v1/agents?{query}"))
            .await
            .bad(code, field);
    }
    let long = format!("/v1/agents?q={}", "x".repeat(129));
    local.get(&long).await.bad("field_too_long", "q");
    for body in [json!({}), json!({"display_name": " "})] {
        let reply = local.post("/v1/agents", body).await;
        reply.bad("invalid_display_name", "display_name");
    }
    // Each workspace has its own.
    let foreign = api.owner().workspace("ws_b");
    assert_eq!(
        foreign.get("/v1/agents").await.expect(200)["agents"],
        json!([])
    );
    foreign
        .get(&format!("/v1/agents/{id}"))
        .await
        .refused(404, "agent_not_found");
    foreign
        .post(&format!("/v1/agents/{id}/quarantine"), json!({}))
        .await
        .refused(404, "agent_not_found");
}

#[tokio::test]
async fn the_owner_puts_an_agent_in_quarantine_and_lets_it_out() {
    let api = Api::start();
    let (owner, local) = (api.owner(), api.local());
    let Scene { step, .. } = Scene::set(&local).await;
    let agent = register(&api, "Ann").await;
    let (id, principal) = (text(&agent, "agent_id"), text(&agent, "principal_id"));
    let path = format!("/v1/agents/{id}");
    let as_agent = |mut body: Value| {
        body["actor_type"] = json!("agent");
        body["actor_id"] = json!(id);
        body["principal_id"] = json!(principal);
        body
    };
    let ask = async |path: &str, body: Value| {
        let reply = local.post(path, as_agent(body)).await;
        assert!(reply.status < 300, "{}", reply.text);
        serde_json::from_str::<Value>(&reply.text).unwrap()["reason_code"].clone()
    };
    let calls = format!("/v1/steps/{step}/toolcalls");
    assert_eq!(
        ask("/v1/policy/evaluate", json!({"action": "x"})).await,
        "default_allow"
    );
    let first = owner
        .post(
            &format!("{path}/quarantine"),
            json!({"quarantine_reason": "odd"}),
        )
        .await
        .expect(200);
    assert_eq!(
        json!([
            first["agent_id"],
            first["principal_id"],
            first["quarantine_reason"]
        ]),
        json!([id, principal, "odd"])
    );
    let again = owner
        .post(
            &format!("{path}/quarantine"),
            json!({"quarantine_reason": "odder"}),
        )
        .await
        .expect(200);
    assert_eq!(again, first, "it is in it already");
    for (door, body) in [
        ("/v1/policy/evaluate", json!({"action": "x"})),
        ("/v1/policy/evaluate", json!({"action": "data.read"})),
        ("/v1/policy/evaluate", json!({"action": "external.write"})),
        (
            "/v1/egress/requests",
            json!({"target_url": "https://a.test/"}),
        ),
        (calls.as_str(), json!({"tool_name": "ls"})),
    ] {
        assert_eq!(ask(door, body).await, "agent_quarantined", "{door}");
    }
    let out = owner
        .post(&format!("{path}/unquarantine"), json!({}))
        .await
        .expect(200);
    let free = json!({"agent_id": id, "principal_id": principal, "quarantined_at": null, "quarantine_reason": null});
    assert_eq!(out, free);
    let out = owner
        .post(&format!("{path}/unquarantine"), json!({}))
        .await
        .expect(200);
    assert_eq!(out, free);
    assert_eq!(
        ask("/v1/policy/evaluate", json!({"action": "x"})).await,
        "default_allow"
    );
    let default = owner.post(&format!("{path}/quarantine"), json!({})).await;
    assert_eq!(
        default.expect(200)["quarantine_reason"],
        "manual_quarantine"
    );
    let told = owner
        .get("/v1/events?event_types=agent.registered,agent.quarantined,agent.unquarantined")
        .await
        .expect(200);
    let told = told["events"].as_array().unwrap();
    let types: Vec<&str> = told
        .iter()
        .map(|it| it["event_type"].as_str().unwrap())
        .collect();
    assert_eq!(
        types,
        [
            "agent.registered",
            "agent.quarantined",
            "agent.unquarantined",
            "agent.quarantined"
        ]
    );
    assert_eq!(told[2]["data"]["previous_quarantine_reason"], "odd");
    for turn in ["quarantine", "unquarantine"] {
        owner
            .post(&format!("/v1/agents/agt_none/{turn}"), json!({}))
            .await
            .refused(404, "agent_not_found");
    }
}

#[tokio::test]
async fn the_command_line_shows_and_turns_it() {
    use crate::support::{say, say_as_owner};
    let api = Api::start();
    let made = say(&api, &["agents", "register", "Ann"]).json();
    let id = text(&made, "agent_id");
    assert_eq!(
        say_as_owner(&api, &["agents", "quarantine", &id, "--reason", "odd"]).code,
        Some(0)
    );
    let listed = say(&api, &["agents"]).list();
    assert_eq!(
        json!([listed[0]["agent_id"], listed[0]["quarantine_reason"]]),
        json!([id, "odd"])
    );
    assert_eq!(
        say_as_owner(&api, &["agents", "unquarantine", &id]).code,
        Some(0)
    );
    let listed = say(&api, &["agents", "list", "--match", "ann"]).list();
    assert_eq!(listed[0]["quarantined_at"], json!(null));
    let unknown = say_as_owner(&api, &["agents", "quarantine", "agt_none"]);
    assert_eq!(unknown.code, Some(4), "{unknown:?}");

    let made = say_as_owner(
        &api,
        &["engines", "register", "builder", "--label", "first"],
    )
    .json();
    assert_eq!(made["token"]["token_label"], "first");
    let issued = say_as_owner(&api, &["engines", "issue", "builder", "--label", "second"]).json();
    let token = text(&issued, "token_id");
    assert_eq!(
        say_as_owner(&api, &["engines", "revoke", "builder", &token]).code,
        Some(0)
    );
    let tokens = say_as_owner(&api, &["engines", "tokens", "builder"]).list();
    assert_eq!(
        json!([
            tokens[0]["revoked_at"].is_null(),
            tokens[1]["revoked_at"].is_null()
        ]),
        json!([true, false])
    );
    assert_eq!(
        say_as_owner(&api, &["engines", "deactivate", "builder"]).code,
        Some(0)
    );
    let engines = say_as_owner(&api, &["engines", "list"]).list();
    assert_eq!(engines[0]["status"], "inactive");
    assert_eq!(
        say_as_owner(&api, &["engines", "deactivate", "nobody"]).code,
        Some(4)
    );
}
