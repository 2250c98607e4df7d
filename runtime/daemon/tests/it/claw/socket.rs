//! Live sockets: the client protocol of Centrifugo, frame by frame.

use super::client::Socket;
use super::{agent, grant, key, lock, publish, start};
use crate::support::{Api, raw};
use serde_json::{Value, json};

fn offset(push: &Value) -> u64 {
    push["pub"]["offset"].as_u64().unwrap()
}

#[tokio::test]
async fn a_message_reaches_who_listens() {
    let api = Api::start();
    let bob = agent(&api, "bob").await;
    // Clients pipe: everything that they want comes in one frame.
    let mut socket = Socket::open(&api).await;
    socket
        .send("{\"connect\":{\"name\":\"js\"},\"id\":1001}\n{\"subscribe\":{\"channel\":\"public.a\",\"flag\":1},\"id\":1002}\n")
        .await;
    let subscribed = socket
        .ask("presence_stats", json!({"channel": "public.a"}))
        .await;
    assert_eq!(
        subscribed["presence_stats"],
        json!({"num_clients": 1, "num_users": 1})
    );
    let said = publish(&bob, "public.a", json!({"n": 1})).await.expect(200);
    let push = socket.next().await;
    assert_eq!((&push["channel"], offset(&push)), (&json!("public.a"), 1));
    let data = &push["pub"]["data"];
    assert_eq!(
        (&data["payload"], &data["_claw"]["sender"]),
        (&json!({"n": 1}), &json!("bob"))
    );
    assert!(data["_claw"]["timestamp"].as_i64().unwrap() > 1_700_000_000_000);
    // The board is another door to the same topic.
    let message = json!({"from": "ann", "type": "msg.agent", "body": "hello"});
    api.local().post("/ch/public.a", message).await.expect(201);
    let push = socket.next().await;
    assert_eq!(
        (&push["pub"]["data"]["payload"], offset(&push)),
        (&json!("hello"), 2)
    );
    assert_eq!(push["pub"]["data"]["_claw"]["sender"], "ann");
    let again = socket.subscribe("public.a").await;
    assert_eq!(again["error"]["code"], 105);
    let left = socket
        .ask("unsubscribe", json!({"channel": "public.a"}))
        .await;
    assert_eq!(left["unsubscribe"], json!({}));
    let back = socket.subscribe("public.a").await;
    let epoch = &said["result"]["epoch"];
    let expected = json!({"recoverable": true, "positioned": true, "epoch": epoch, "offset": 2});
    assert_eq!(back["subscribe"], expected);
}

#[tokio::test]
async fn who_may_listen_to_what() {
    let api = start("seed");
    let bob_key = key(&api, "bob").await;
    let bob = api.local().bearer(&bob_key);
    grant(&bob, "friend", "agent.bob.x").await.expect(200);
    let friend = key(&api, "friend").await;
    let shop = key(&api, "app:shop").await;
    for (token, channels) in [
        (None, "✔✔✔✘✔✘✘✘✘"),
        (Some(&bob_key), "✔✔✔✔✔✔✔✘✘"),
        (Some(&friend), "✔✔✔✔✔✔✘✘✘"),
        (Some(&shop), "✔✔✔✘✔✔✔✘✘"),
    ] {
        let mut socket = Socket::connected(&api, token.map(String::as_str)).await;
        let mut marks = String::new();
        for channel in [
            "public.a",
            "system.timer.second",
            "agent.bob.public.a",
            "agent.bob.x",
            "app.shop.x",
            "app.shop.agent",
            "app.shop.agent.bob",
            "agent.eve.x",
            "general",
        ] {
            let reply = socket.subscribe(channel).await;
            let asked = json!({"channel": channel, "limit": 1});
            let history = socket.ask("history", asked.clone()).await;
            let present = socket.ask("presence", asked).await;
            let code = &reply["error"]["code"];
            assert_eq!(
                (code, code),
                (&history["error"]["code"], &present["error"]["code"])
            );
            if !code.is_null() {
                assert_eq!(
                    (code, &reply["error"]["temporary"]),
                    (&json!(103), &json!(null))
                );
            }
            marks.push(if code.is_null() { '✔' } else { '✘' });
        }
        assert_eq!(marks, channels, "{token:?}");
    }
}

#[tokio::test]
async fn publishing_over_a_socket() {
    let api = Api::start();
    let bob = key(&api, "bob").await;
    let mut listener = Socket::connected(&api, Some(&bob)).await;
    listener.subscribe("agent.bob.x").await;
    listener.subscribe("public.a").await;
    let mut speaker = Socket::connected(&api, Some(&bob)).await;
    // Who it is from cannot be said.
    let data = json!({"_claw": {"sender": "eve"}, "payload": 1});
    let reply = speaker
        .ask("publish", json!({"channel": "agent.bob.x", "data": data}))
        .await;
    assert_eq!(reply["publish"], json!({}));
    let push = listener.next().await;
    assert_eq!(push["pub"]["data"]["_claw"]["sender"], "bob");
    assert_eq!(push["pub"]["data"]["payload"], data);
    let mut nobody = Socket::connected(&api, None).await;
    let said = nobody
        .ask("publish", json!({"channel": "public.a", "data": "hi"}))
        .await;
    assert_eq!(said["publish"], json!({}));
    assert_eq!(
        listener.next().await["pub"]["data"]["_claw"]["sender"],
        "anonymous"
    );
    for (channel, data, code) in [
        ("agent.bob.x", json!(1), 103),
        ("system.timer.second", json!(1), 103),
        ("general", json!(1), 107),
        ("public.a", json!("x".repeat(16_383)), 106),
    ] {
        let reply = nobody
            .ask("publish", json!({"channel": channel, "data": data}))
            .await;
        assert_eq!(reply["error"]["code"], code, "{channel}");
    }
    // As often as over HTTP, and no more: a machine would have to need a second for one.
    let mut codes = Vec::new();
    for _ in 0..60 {
        let reply = nobody
            .ask("publish", json!({"channel": "public.a", "data": 1}))
            .await;
        codes.push(reply["error"]["code"].clone());
    }
    assert!(codes.contains(&json!(111)), "{codes:?}");
}

#[tokio::test]
async fn a_client_comes_back_to_where_it_was() {
    let api = Api::start();
    let bob = agent(&api, "bob").await;
    let epoch = publish(&bob, "public.a", json!(1)).await.expect(200)["result"]["epoch"].clone();
    for n in 2..=4 {
        publish(&bob, "public.a", json!(n)).await.expect(200);
    }
    // Killed, and started again.
    let api = Api::start_again(api.kill());
    let mut socket = Socket::connected(&api, None).await;
    let recover = |offset: u64, epoch: &Value, flag: u64| json!({"channel": "public.a", "flag": flag, "recover": true, "offset": offset, "epoch": epoch});
    let back = socket.ask("subscribe", recover(1, &epoch, 1)).await["subscribe"].clone();
    assert_eq!(
        (
            &back["was_recovering"],
            &back["recovered"],
            &back["offset"],
            &back["epoch"]
        ),
        (&json!(true), &json!(true), &json!(1), &epoch)
    );
    let missed = |back: &Value| -> Vec<(u64, Value)> {
        let publications = back["publications"].as_array().unwrap();
        let read = |one: &Value| {
            (
                one["offset"].as_u64().unwrap(),
                one["data"]["payload"].clone(),
            )
        };
        publications.iter().map(read).collect()
    };
    assert_eq!(missed(&back), [(2, json!(2)), (3, json!(3)), (4, json!(4))]);
    let bob = bob.at(&api.url);
    publish(&bob, "public.a", json!(5)).await.expect(200);
    assert_eq!(offset(&socket.next().await), 5, "and goes on");
    // Up to date, of no named log, of another log, and from a future that never was.
    for (offset, epoch, missed_of) in [
        (5, epoch.clone(), Some(0)),
        (3, json!(""), Some(2)),
        (0, epoch.clone(), Some(5)),
        (3, json!("other"), None),
        (6, epoch.clone(), None),
    ] {
        socket
            .ask("unsubscribe", json!({"channel": "public.a"}))
            .await;
        let back = socket.ask("subscribe", recover(offset, &epoch, 1)).await["subscribe"].clone();
        assert_eq!(back["was_recovering"], true);
        match missed_of {
            Some(count) => {
                assert_eq!(
                    (&back["recovered"], missed(&back).len()),
                    (&json!(true), count)
                );
            }
            None => {
                assert_eq!(
                    (&back["recovered"], &back["publications"]),
                    (&json!(null), &json!(null))
                );
                assert_eq!(
                    (&back["offset"], &back["epoch"]),
                    (&json!(5), &json!(back["epoch"]))
                );
            }
        }
    }
    socket
        .ask("unsubscribe", json!({"channel": "public.a"}))
        .await;
    let refused = socket.ask("subscribe", recover(6, &epoch, 3)).await;
    assert_eq!(refused["error"]["code"], 112);
}

#[tokio::test]
async fn history_is_read_by_places() {
    let api = Api::start();
    let local = api.local();
    for n in 1..=5 {
        let message = json!({"from": "ann", "type": "x", "body": n});
        local.post("/ch/public.a", message).await.expect(201);
    }
    let mut socket = Socket::connected(&api, None).await;
    let whole = socket.ask("history", json!({"channel": "public.a"})).await["history"].clone();
    assert_eq!(
        (&whole["publications"], &whole["offset"]),
        (&json!([]), &json!(5))
    );
    let epoch = whole["epoch"].clone();
    for (more, expected) in [
        (json!({"limit": 2}), vec![1, 2]),
        (json!({"limit": -1}), vec![1, 2, 3, 4, 5]),
        (
            json!({"limit": 2, "since": {"offset": 3, "epoch": epoch}}),
            vec![4, 5],
        ),
        (json!({"limit": 2, "reverse": true}), vec![5, 4]),
        (
            json!({"limit": 9, "reverse": true, "since": {"offset": 3}}),
            vec![2, 1],
        ),
    ] {
        let mut asked = json!({"channel": "public.a"});
        asked
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        let found = socket.ask("history", asked).await;
        let publications = found["history"]["publications"].as_array().unwrap();
        let offsets: Vec<i64> = publications
            .iter()
            .map(|one| one["offset"].as_i64().unwrap())
            .collect();
        assert_eq!(offsets, expected, "{more}");
    }
    for since in [
        json!({"offset": 3, "epoch": "other"}),
        json!({"offset": 9, "epoch": epoch}),
    ] {
        let asked = json!({"channel": "public.a", "limit": 1, "since": since});
        let refused = socket.ask("history", asked).await;
        assert_eq!(refused["error"]["code"], 112);
    }
}

#[tokio::test]
async fn a_right_that_is_taken_back_is_gone_at_once() {
    let api = start("head");
    let bob_key = key(&api, "bob").await;
    let bob = api.local().bearer(&bob_key);
    let eve_key = key(&api, "eve").await;
    let mut owner = Socket::connected(&api, Some(&bob_key)).await;
    let mut eve = Socket::connected(&api, Some(&eve_key)).await;
    let mut nobody = Socket::connected(&api, None).await;
    for socket in [&mut owner, &mut eve, &mut nobody] {
        socket.subscribe("agent.bob.x").await;
        socket.subscribe("public.a").await;
    }
    grant(&bob, "eve", "agent.bob.x").await.expect(200);
    lock(&bob, "agent.bob.x").await.expect(200);
    let cut = json!({"channel": "agent.bob.x", "unsubscribe": {"code": 2000, "reason": "permission revoked"}});
    assert_eq!(nobody.next().await, cut);
    publish(&bob, "agent.bob.x", json!(1)).await.expect(200);
    assert_eq!(eve.next().await["pub"]["data"]["payload"], 1);
    let body = json!({"target": "eve", "channel": "agent.bob.x"});
    bob.post("/api/revoke", body).await.expect(200);
    publish(&bob, "agent.bob.x", json!(2)).await.expect(200);
    publish(&bob, "public.a", json!(3)).await.expect(200);
    // The revoked one hears that, and nothing that was said after; what it may hear it still hears.
    assert_eq!(eve.next().await, cut);
    assert_eq!(eve.next().await["pub"]["data"]["payload"], 3);
    assert_eq!(nobody.next().await["pub"]["data"]["payload"], 3);
    let heard = [owner.next().await, owner.next().await, owner.next().await];
    let mut heard = heard.map(|push| push["pub"]["data"]["payload"].as_i64().unwrap());
    heard.sort_unstable();
    assert_eq!(heard, [1, 2, 3], "others are left alone");
    assert_eq!(eve.subscribe("agent.bob.x").await["error"]["code"], 103);
    // A new key of the same name ends the socket of the old one, and no other.
    key(&api, "eve").await;
    assert_eq!(eve.closed().await, (3500, "invalid token".to_owned()));
    owner
        .ask("presence", json!({"channel": "agent.bob.x"}))
        .await;
}

#[tokio::test]
async fn what_is_no_conversation_ends() {
    let api = Api::start();
    let connect = r#"{"connect":{},"id":1}"#;
    let many = format!("{connect}\n{connect}");
    for (frame, code) in [
        (r#"{"subscribe":{"channel":"public.a"},"id":1}"#, 3501),
        ("{}", 3501),
        ("x", 3501),
        (many.as_str(), 3501),
        (r#"{"connect":{"token":"x"},"id":1}"#, 3500),
    ] {
        let mut socket = Socket::open(&api).await;
        socket.send(frame).await;
        assert_eq!(socket.closed().await.0, code, "{frame}");
    }
    let old = key(&api, "bob").await;
    key(&api, "bob").await;
    let mut socket = Socket::open(&api).await;
    socket.ask_to_connect(&old).await;
    assert_eq!(socket.closed().await.0, 3500, "a revoked key");
    let mut socket = Socket::connected(&api, None).await;
    for (method, body, code) in [
        ("rpc", json!({"method": "m"}), 108),
        ("unheard_of", json!({}), 104),
        (
            "subscribe",
            json!({"channel": "public.a", "tf": {"a": 1}}),
            108,
        ),
        ("subscribe", json!({"channel": "public.a", "type": 1}), 108),
        (
            "subscribe",
            json!({"channel": "public.a", "token": "t"}),
            103,
        ),
    ] {
        let reply = socket.ask(method, body).await;
        assert_eq!(reply["error"]["code"], code, "{method}");
    }
    socket.send(r#"{"send":{"data":1}}"#).await;
    socket.send("{}").await;
    for n in 0..128 {
        let reply = socket.subscribe(&format!("public.{n}")).await;
        assert!(reply["subscribe"].is_object(), "{reply}");
    }
    assert_eq!(
        socket.subscribe("public.one_more").await["error"]["code"],
        106
    );
    // Told of before it ends.
    let stopping = tokio::spawn(api.stop());
    assert_eq!(socket.closed().await, (3001, "shutdown".to_owned()));
    stopping.await.unwrap();
}

/// A page of another site opens no socket, whatever name it gave this machine.
#[tokio::test]
async fn pages_of_other_sites_get_no_socket() {
    let api = Api::start();
    let handshake = |headers: &str| {
        format!(
            "GET /connection/websocket HTTP/1.1\r\n{headers}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
    };
    let own = format!("Host: {}", api.address());
    for headers in [
        format!("{own}\r\nOrigin: https://evil.test"),
        format!("{own}\r\nSec-Fetch-Site: cross-site"),
        "Host: evil.test".to_owned(),
    ] {
        let (status, _) = raw(api.address(), handshake(&headers).as_bytes()).await;
        assert_eq!(status, 403, "{headers}");
    }
    let plain = api.local().get("/connection/websocket").await;
    assert_eq!(plain.expect(400)["error"], "websocket_required");
}

/// A client that does not read is told to come back; until then others are not kept waiting.
#[tokio::test]
async fn who_does_not_read_is_left() {
    let api = Api::start();
    let local = api.local();
    let mut slow = Socket::connected(&api, None).await;
    slow.subscribe("public.a").await;
    let mut back = Socket::connected(&api, None).await;
    let large = "x".repeat(900_000);
    let mut said = 0;
    loop {
        let message = json!({"from": "ann", "type": "x", "body": large});
        local.post("/ch/public.a", message).await.expect(201);
        said += 1;
        // Who is left does not listen any more, and has some seconds to hear why.
        let present = back.ask("presence_stats", json!({"channel": "public.a"}));
        if present.await["presence_stats"]["num_clients"] == 0 {
            break;
        }
        assert!(said < 100, "it is never left");
    }
    assert!(said > 2, "buffers hold more than that");
    assert_eq!(slow.closed().await, (3008, "slow".to_owned()));
    let asked = json!({"channel": "public.a", "recover": true, "offset": said - 2});
    let found = back.ask("subscribe", asked).await;
    let publications = found["subscribe"]["publications"].as_array().unwrap();
    assert_eq!(publications.len(), 2);
}
