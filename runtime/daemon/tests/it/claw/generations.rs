//! The requests of each generation of clients, as each of them sends them: all three are served at once.

use super::client::Socket;
use super::{key, start};
use crate::support::raw;
use serde_json::{Value, json};

#[tokio::test]
async fn the_requests_of_every_generation_are_understood() {
    let api = start("head");
    let bob = api.local().bearer(&key(&api, "bob").await);
    // Which generation, the path and body that it sends, and members of the answer.
    let table: [(&str, &str, Value, Value); 13] = [
        (
            "G0",
            "/api/publish",
            json!({"channel": "agent.bob.x", "message": "words"}),
            json!({"ok": true}),
        ),
        (
            "G0, an address with a slash",
            "//api/publish",
            json!({"channel": "agent.bob.x", "message": "more"}),
            json!({"ok": true}),
        ),
        (
            "G0",
            "/api/grant",
            json!({"target": "eve", "topic": "x"}),
            json!({"ok": true, "granted": true, "channel": "agent.bob.x"}),
        ),
        (
            "G0",
            "/api/revoke",
            json!({"target": "eve", "topic": "x"}),
            json!({"ok": true, "revoked": true, "channel": "agent.bob.x"}),
        ),
        (
            "G0, a topic with dots",
            "//api/grant",
            json!({"target": "eve", "topic": "public.log.a"}),
            json!({"ok": true, "channel": "agent.bob.public.log.a"}),
        ),
        (
            "G1",
            "/api/publish",
            json!({"channel": "agent.bob.x", "payload": {"n": 1}}),
            json!({"ok": true}),
        ),
        (
            "G1, both",
            "/api/publish",
            json!({"channel": "agent.bob.x", "payload": 2, "message": "other"}),
            json!({"ok": true}),
        ),
        (
            "G1",
            "/api/lock",
            json!({"channel": "agent.bob.x"}),
            json!({"ok": true, "locked": true, "channel": "agent.bob.x"}),
        ),
        (
            "G1",
            "/api/grant",
            json!({"target": "eve", "channel": "agent.bob.x"}),
            json!({"ok": true, "granted": true, "target": "eve", "channel": "agent.bob.x"}),
        ),
        (
            "G1",
            "/api/unlock",
            json!({"channel": "agent.bob.x"}),
            json!({"ok": true, "unlocked": true, "channel": "agent.bob.x"}),
        ),
        (
            "G2, nothing said",
            "//api/publish",
            json!({"channel": "agent.bob.x", "payload": null}),
            json!({"ok": true}),
        ),
        (
            "G2",
            "/api/advertise",
            json!({"channel": "agent.bob.x", "description": "words"}),
            json!({"ok": true}),
        ),
        (
            "G2, a slash too many",
            "///api/lock",
            json!({"channel": " agent.bob.x "}),
            json!({"ok": true, "locked": true}),
        ),
    ];
    for (generation, path, body, expected) in table {
        let mut reply = bob.post(path, body.clone()).await;
        // More than five in a second: the next window.
        while reply.status == 429 {
            reply = bob.post(path, body.clone()).await;
        }
        let answer = reply.expect(200);
        for (member, value) in expected.as_object().unwrap() {
            assert_eq!(&answer[member], value, "{generation}: {path} {body}");
        }
    }
    let mut owner = Socket::connected(&api, Some(&key(&api, "bob").await)).await;
    let asked = json!({"channel": "agent.bob.x", "limit": -1});
    let history = owner.ask("history", asked).await;
    let publications = history["history"]["publications"].as_array().unwrap();
    let payloads: Vec<&Value> = publications
        .iter()
        .map(|one| &one["data"]["payload"])
        .collect();
    assert_eq!(
        payloads,
        [
            &json!("words"),
            &json!("more"),
            &json!({"n": 1}),
            &json!(2),
            &json!(null)
        ]
    );
}

/// Later command lines connect as nobody, whatever key they have; the first one and the library show it.
#[tokio::test]
async fn the_sockets_of_every_generation_open() {
    let api = start("head");
    let token = key(&api, "bob").await;
    let bob = api.local().bearer(&token);
    let said = json!({"channel": "agent.bob.x", "payload": 1});
    bob.post("/api/publish", said).await.expect(200);
    for path in ["/connection/websocket", "//connection/websocket"] {
        for connect in [
            json!({"name": "js"}),
            json!({"token": token, "name": "js"}),
            json!({"token": token, "name": "js", "version": "1", "headers": {}, "flag": 1}),
        ] {
            let mut socket = Socket::open_on(api.address(), path).await;
            let connected = socket.ask("connect", connect.clone()).await;
            assert!(connected["connect"]["client"].is_string(), "{connect}");
            for flags in [json!({}), json!({"flag": 1}), json!({"flag": 1, "dict": 3})] {
                let mut asked = json!({"channel": "agent.bob.x", "recover": true});
                asked
                    .as_object_mut()
                    .unwrap()
                    .extend(flags.as_object().unwrap().clone());
                let back = socket.ask("subscribe", asked).await;
                let publications = back["subscribe"]["publications"].as_array().unwrap();
                assert_eq!(publications[0]["data"]["payload"], 1, "{path} {connect}");
                let left = json!({"channel": "agent.bob.x"});
                socket.ask("unsubscribe", left).await;
            }
        }
    }
}

/// A page that asks first is told of keys and of what can be taken back; whose page may ask is not changed by that.
#[tokio::test]
async fn pages_that_ask_first() {
    let api = start("seed");
    let ask = async |path: &str, more: &str| {
        let host = api.address();
        let request =
            format!("OPTIONS {path} HTTP/1.1\r\nhost: {host}\r\n{more}connection: close\r\n\r\n");
        let (status, answer) = raw(host, request.as_bytes()).await;
        (status, answer.to_lowercase())
    };
    for path in [
        "/api/publish",
        "//api/advertise",
        "/auth/keys",
        "/connection/http_stream",
        "/emulation",
    ] {
        let (status, answer) = ask(path, "").await;
        assert_eq!(status, 204, "{answer}");
        for header in [
            "access-control-allow-methods: get,post,delete,options\r\n",
            "access-control-allow-headers: authorization,content-type\r\n",
        ] {
            assert!(answer.contains(header), "{path} {answer}");
        }
        assert!(!answer.contains("access-control-allow-origin"), "{answer}");
        let (status, answer) = ask(path, "origin: https://evil.test\r\n").await;
        assert_eq!(status, 403, "{path}");
        assert!(!answer.contains("access-control-allow"), "{answer}");
    }
    let (status, answer) = ask("/v1/rooms", "").await;
    assert_eq!(status, 405, "{answer}");
    assert!(!answer.contains("access-control-allow"), "{answer}");
}
