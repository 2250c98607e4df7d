//! What is told live and kept nowhere: the clock, and who comes and goes.

use super::client::Socket;
use super::{agent, key, lock, publish, start};
use crate::support::{Api, Settings};
use serde_json::json;

#[tokio::test]
async fn the_clock_speaks_to_who_listens() {
    let api = Api::start();
    let head = api.head().await;
    let mut socket = Socket::connected(&api, None).await;
    // There is no place to come back to, whatever the client believes.
    let asked = json!({"channel": "system.timer.second", "recover": true, "offset": 7});
    let reply = socket.ask("subscribe", asked).await;
    assert_eq!(reply["subscribe"], json!({}));
    let yearly = socket.subscribe("system.timer.yearly").await;
    assert_eq!(yearly["subscribe"], json!({}));
    let mut before = 0;
    for _ in 0..2 {
        let push = socket.next().await;
        assert_eq!(push["channel"], "system.timer.second");
        assert!(push["pub"]["offset"].is_null(), "{push}");
        let data = &push["pub"]["data"];
        let unix = data["unix"].as_i64().unwrap();
        assert!(unix % 1_000 == 0 && unix > before, "{push}");
        before = unix;
        assert_eq!(
            json!([
                data["event"],
                data["payload"]["event"],
                data["payload"]["unix"],
                data["_claw"]
            ]),
            json!(["second", "second", unix, {"sender": "system", "timestamp": unix}])
        );
    }
    let asked = json!({"channel": "system.timer.second", "limit": -1});
    let history = socket.ask("history", asked).await;
    assert_eq!(history["history"]["publications"], json!([]));
    let asked = json!({"channel": "system.timer.second"});
    let present = socket.ask("presence_stats", asked.clone()).await;
    assert_eq!(present["presence_stats"]["num_clients"], 1);
    assert_eq!(
        socket.ask("unsubscribe", asked).await["unsubscribe"],
        json!({})
    );
    assert_eq!(api.head().await, head, "nothing of it is kept");
}

/// A page of numbers, where it is switched on; nothing of what is closed counts.
#[tokio::test]
async fn numbers_are_shown_to_who_wants_them() {
    let api = Api::start();
    let missing = api.local().get("/stats").await.expect(404);
    assert_eq!(missing, json!({"error": "not available"}));
    for (name, value) in [("CLAW_ENABLE_STATS", "true"), ("SIGNALBOX_DEV_MODE", "1")] {
        let api = Api::start_with(Settings {
            env: vec![(name.to_owned(), value.to_owned())],
            ..Settings::default()
        });
        let bob = agent(&api, "bob").await;
        publish(&bob, "public.a", json!(1)).await.expect(200);
        publish(&bob, "agent.bob.x", json!(2)).await.expect(200);
        let mut socket = Socket::connected(&api, None).await;
        socket.subscribe("public.a").await;
        let page = api.local().get("/stats").await;
        assert_eq!(page.status, 200, "{name}");
        assert_eq!(page.headers["content-type"], "text/html; charset=utf-8");
        for part in [
            "<dt>Messages</dt><dd>1</dd>",
            "<dt>Listeners</dt><dd>1</dd>",
            "<li>bob</li>",
        ] {
            assert!(page.text.contains(part), "{}", page.text);
        }
    }
}

#[tokio::test]
async fn who_asks_is_told_who_comes_and_goes() {
    let api = start("head");
    let bob = agent(&api, "bob").await;
    let eve = key(&api, "eve").await;
    let channel = "agent.bob.x";
    let mut watcher = Socket::connected(&api, None).await;
    let mut plain = Socket::connected(&api, None).await;
    let asked = json!({"channel": channel, "join_leave": true});
    watcher.ask("subscribe", asked.clone()).await;
    let own = watcher.next().await;
    assert_eq!(own["join"]["info"]["user"], "", "{own}");
    plain.subscribe(channel).await;
    assert!(watcher.next().await["join"]["info"]["client"].is_string());
    let mut moving = Socket::connected(&api, Some(&eve)).await;
    moving.subscribe(channel).await;
    let came = watcher.next().await;
    assert_eq!(
        json!([came["channel"], came["join"]["info"]["user"]]),
        json!([channel, "eve"])
    );
    moving.ask("unsubscribe", json!({"channel": channel})).await;
    let left = watcher.next().await;
    assert_eq!(left["leave"]["info"], came["join"]["info"]);
    // Whoever is gone has left, too.
    moving.subscribe(channel).await;
    assert_eq!(watcher.next().await["join"]["info"]["user"], "eve");
    drop(moving);
    assert_eq!(watcher.next().await["leave"]["info"]["user"], "eve");
    // Who did not ask hears what is said, and nothing else.
    publish(&bob, channel, json!("said")).await.expect(200);
    assert_eq!(plain.next().await["pub"]["data"]["payload"], "said");
    assert_eq!(watcher.next().await["pub"]["data"]["payload"], "said");
    // Who may not read is told nothing of it: cut off first, and not let in again.
    lock(&bob, channel).await.expect(200);
    assert_eq!(watcher.next().await["unsubscribe"]["code"], 2000);
    let refused = watcher.ask("subscribe", asked).await;
    assert_eq!(refused["error"]["code"], 103);
}
