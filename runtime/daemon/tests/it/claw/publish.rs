//! Publishing: who may, how much, how often, and what comes of it.

use super::{agent, publish, refused, start};
use crate::board::messages;
use crate::support::Api;
use serde_json::{Value, json};

#[tokio::test]
async fn a_message_is_in_the_log_under_its_topic() {
    let api = Api::start();
    let bob = agent(&api, "bob").await;
    let first = publish(&bob, "public.townsquare", json!({"n": 1}))
        .await
        .expect(200);
    assert_eq!(
        (&first["ok"], &first["result"]["offset"]),
        (&json!(true), &json!(1))
    );
    let epoch = first["result"]["epoch"].as_str().unwrap().to_owned();
    assert_eq!(epoch.len(), 16);
    // The first clients send `message`; nothing at all is null; slashes are collapsed; names are trimmed.
    let body = json!({"channel": " public.townsquare ", "message": "words"});
    let second = bob.post("//api/publish", body).await.expect(200);
    assert_eq!(second["result"], json!({"offset": 2, "epoch": epoch}));
    let body = json!({"channel": "public.townsquare"});
    let third = bob.post("/api/publish", body).await.expect(200);
    assert_eq!(third["result"]["offset"], 3);
    let seen = messages(&api.local().get("/ch/public.townsquare/history").await);
    let bodies: Vec<&Value> = seen.iter().map(|message| &message["body"]).collect();
    assert_eq!(bodies, [&json!({"n": 1}), &json!("words"), &json!(null)]);
    assert_eq!(
        (&seen[0]["from"], &seen[0]["type"]),
        (&json!("bob"), &json!("claw.message"))
    );
    let found = api.local().get("/v1/search?q=words").await.expect(200);
    assert_eq!(found["docs"][0]["channel"], "public.townsquare");
    // What is published on the board is on the topic; its place grows with both.
    let message = json!({"from": "ann", "type": "msg.agent", "body": "hello"});
    api.local()
        .post("/ch/public.townsquare", message)
        .await
        .expect(201);
    let fifth = publish(&bob, "public.townsquare", json!(5))
        .await
        .expect(200);
    assert_eq!(fifth["result"]["offset"], 5);
    // The log keeps its name, and goes on where it was.
    let api = Api::start_again(api.kill());
    let sixth = publish(&bob.at(&api.url), "public.townsquare", json!(6)).await;
    assert_eq!(
        sixth.expect(200)["result"],
        json!({"offset": 6, "epoch": epoch})
    );
}

#[tokio::test]
async fn only_who_may_speaks() {
    let api = Api::start();
    let bob = agent(&api, "bob").await;
    let eve = agent(&api, "eve").await;
    let shop = agent(&api, "app:shop").await;
    let owner_only = "only the channel owner can publish to agent.* channels";
    let app_only = "only the app can publish to app.* channels";
    let broadcast = "only the app can publish to app.<app>.agent";
    let inbox = "only the app or target agent can publish to app.<app>.agent.<agent>";
    for (who, channel, refusal) in [
        (&bob, "agent.bob.x", None),
        (&eve, "agent.bob.x", Some((403, owner_only))),
        (&eve, "agent.bob.public.x", Some((403, owner_only))),
        (&shop, "agent.shop.x", Some((403, owner_only))),
        (&shop, "app.shop.x", None),
        (&bob, "app.shop.x", Some((403, app_only))),
        (&shop, "app.shop.agent", None),
        (&bob, "app.shop.agent", Some((403, broadcast))),
    ] {
        said(who, channel, refusal).await;
    }
    let late = agent(&api, "late").await;
    for (who, channel, refusal) in [
        (&shop, "app.shop.agent.late", None),
        (&late, "app.shop.agent.late", None),
        (&eve, "app.shop.agent.late", Some((403, inbox))),
        (&late, "foo", Some((400, "invalid channel format"))),
        (
            &late,
            "app.shop.agent.late.x",
            Some((400, "invalid channel format")),
        ),
    ] {
        said(who, channel, refusal).await;
    }
    let owner = api.owner();
    said(&owner, "agent.bob.x", Some((403, owner_only))).await;
    said(
        &owner,
        "system.timer.second",
        Some((403, "cannot publish to system channels")),
    )
    .await;
    for body in [json!({}), json!({"channel": ""}), json!({"channel": 7})] {
        refused(
            &late.post("/api/publish", body).await,
            400,
            "channel required",
        );
    }
    refused(
        &late.post_text("/api/publish", "{").await,
        400,
        "invalid JSON body",
    );
    let agents = api.local().get("/agents").await.expect(200);
    assert_eq!(
        agents,
        json!({"agents": ["app:shop", "bob", "late"], "count": 3})
    );
    assert_eq!(api.local().get("/health").await.expect(200)["ok"], true);
}

async fn said(who: &crate::support::Http, channel: &str, refusal: Option<(u16, &str)>) {
    let reply = publish(who, channel, json!("x")).await;
    match refusal {
        None => assert_eq!(reply.status, 200, "{channel}: {}", reply.text),
        Some((status, sentence)) => refused(&reply, status, sentence),
    }
}

#[tokio::test]
async fn a_payload_has_a_limit() {
    let api = Api::start();
    let bob = agent(&api, "bob").await;
    // With its quotes, exactly as many as may be: counted as clients count.
    let fits = json!("ü".repeat(16_382));
    publish(&bob, "public.x", fits).await.expect(200);
    let over = json!("x".repeat(16_383));
    let refusal = publish(&bob, "public.x", over.clone()).await;
    refused(&refusal, 413, "payload too large (max 16384 bytes)");
    // Its size is told before the channel is looked at.
    let refusal = publish(&bob, "foo", over).await;
    refused(&refusal, 413, "payload too large (max 16384 bytes)");
}

/// So many at once that, however slow the machine, no more than five of one second are let through.
#[tokio::test]
async fn five_in_a_second_and_no_more() {
    let api = Api::start();
    let bob = agent(&api, "bob").await;
    let started = std::time::Instant::now();
    let mut refusal = None;
    let mut taken = 0;
    while refusal.is_none() {
        let reply = publish(&bob, "public.x", json!(taken)).await;
        match reply.status {
            200 => taken += 1,
            _ => refusal = Some(reply),
        }
        let windows = started.elapsed().as_secs() + 1;
        assert!(taken <= 5 * (windows + 1), "{taken} in {windows} windows");
    }
    let told = refusal.unwrap().expect(429);
    assert_eq!(told["error"], "rate limit exceeded (5 requests per second)");
    assert!(told["retry_timestamp"].as_i64().unwrap() > 1_700_000_000_000);
    assert!(told["retry_after"].as_u64().unwrap() <= 1, "{told}");
    // Each has a window of its own.
    let eve = agent(&api, "eve").await;
    publish(&eve, "public.x", json!(1)).await.expect(200);
}

#[tokio::test]
async fn who_is_kept_out_asks_in_public() {
    let api = start("seed");
    let bob = agent(&api, "bob").await;
    let eve = agent(&api, "eve").await;
    publish(&bob, "agent.bob.x", json!(1)).await.expect(200);
    let body = json!({"channel": "agent.bob.x", "reason": "for the report"});
    let asked = eve.post("/api/request", body.clone()).await.expect(200);
    let request = &asked["request"];
    assert_eq!(
        (
            &request["type"],
            &request["requester"],
            &request["targetChannel"],
            &request["targetType"]
        ),
        (
            &json!("access_request"),
            &json!("eve"),
            &json!("agent.bob.x"),
            &json!("agent")
        )
    );
    assert_eq!(
        (
            &request["targetOwner"],
            &request["targetAgent"],
            &request["targetApp"],
            &request["reason"]
        ),
        (
            &json!("bob"),
            &json!("bob"),
            &json!(null),
            &json!("for the report")
        )
    );
    let told = messages(&api.local().get("/ch/public.access/history").await);
    assert_eq!(&told[0]["body"], request);
    refused(
        &bob.post("/api/request", body.clone()).await,
        400,
        "you already have access to this channel",
    );
    refused(
        &api.local().post("/api/request", body).await,
        401,
        "Missing bearer token",
    );
    let open = json!({"channel": "agent.bob.public.x"});
    refused(
        &eve.post("/api/request", open).await,
        400,
        "channel is not locked, access is public",
    );
    refused(
        &eve.post("/api/request", json!({})).await,
        400,
        "channel required",
    );
}
