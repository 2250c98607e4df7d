//! Topics on the command line: with a key as the agent whose it is, and as the owner.

use super::talk::each;
use crate::claw::key;
use crate::support::{Api, Said, say, say_as_owner, verb};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};

/// Runs a verb with this key to its end.
fn with(api: &Api, key: &str, words: &[&str]) -> Said {
    Said::of(
        verb(api, words)
            .env("SIGNALBOX_TOKEN", key)
            .output()
            .unwrap(),
    )
}

#[tokio::test]
async fn an_agent_speaks_listens_and_says_who_may() {
    let api = Api::start();
    let (bob, eve) = (key(&api, "bob").await, key(&api, "eve").await);
    let said = with(&api, &bob, &["pub", "agent.bob.plans", "{\"n\":1}"]).json();
    assert_eq!(said["result"]["offset"], 1);
    // Who may not listen is told so, and how to ask.
    let sub = ["sub", "agent.bob.plans", "--replay", "--count", "1"];
    let refused = with(&api, &eve, &sub);
    assert_eq!(refused.code, Some(5), "{refused:?}");
    assert!(refused.stderr.contains("agent.bob.plans"), "{refused:?}");
    let asked = with(&api, &eve, &["request", "agent.bob.plans", "for", "us"]).json();
    assert_eq!(asked["request"]["reason"], "for us");
    let granted = with(&api, &bob, &["grant", "eve", "agent.bob.plans"]).json();
    assert_eq!(
        granted,
        json!({"ok": true, "granted": true, "target": "eve", "channel": "agent.bob.plans"})
    );
    let heard = with(&api, &eve, &sub).list();
    assert_eq!(
        json!([
            heard[0]["ch"],
            heard[0]["from"],
            heard[0]["type"],
            heard[0]["body"],
            heard[0]["offset"]
        ]),
        json!(["agent.bob.plans", "bob", "claw.message", {"n": 1}, 1])
    );
    // While it listens the right is taken back, by the owner: it ends, with the reason.
    let mut listening = verb(&api, &["sub", "agent.bob.plans", "--replay"])
        .env("SIGNALBOX_TOKEN", &eve)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(listening.stdout.take().unwrap()).lines();
    let first: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
    assert_eq!(first["offset"], 1);
    let revoked = say_as_owner(&api, &["revoke", "eve", "agent.bob.plans"]).json();
    assert_eq!(revoked["revoked"], true);
    let ended = Said::of(listening.wait_with_output().unwrap());
    assert_eq!(ended.code, Some(5), "{ended:?}");
    assert!(ended.stderr.contains("permission revoked"), "{ended:?}");

    let locked = with(&api, &bob, &["lock", "agent.bob.public.log"]).json();
    assert_eq!(locked["locked"], true);
    let unlocked = say_as_owner(&api, &["unlock", "agent.bob.public.log"]).json();
    assert_eq!(unlocked["unlocked"], true);
    for (token, words, code, error) in [
        (&eve, vec!["lock", "agent.bob.plans"], 5, "forbidden"),
        (&eve, vec!["pub", "agent.bob.plans", "x"], 5, "forbidden"),
        (&bob, vec!["lock", "plans"], 2, "invalid_request"),
        (
            &bob,
            vec!["grant", "a b", "agent.bob.plans"],
            2,
            "invalid_request",
        ),
        (
            &bob,
            vec!["pub", "public.a", "x", "--type", "t"],
            2,
            "not_on_topics",
        ),
        (&bob, vec!["sub"], 2, "missing_topic"),
        (
            &bob,
            vec!["sub", "public.a", "--since", "01"],
            2,
            "since_on_topics",
        ),
        (
            &bob,
            vec!["request", "agent.bob.plans"],
            2,
            "invalid_request",
        ),
    ] {
        let said = with(&api, token, &[vec!["--json"], words.clone()].concat());
        assert_eq!(said.code, Some(code), "{words:?} {said:?}");
        let told: Value = serde_json::from_str(&said.stderr).unwrap();
        assert_eq!(told["error"], error, "{words:?}");
    }
    let nobody = say(&api, &["request", "agent.bob.plans"]);
    assert_eq!(nobody.code, Some(5), "{nobody:?}");
}

#[tokio::test]
async fn what_topics_are_for_is_told_and_found() {
    let api = Api::start();
    let bob = key(&api, "bob").await;
    let set = [
        "advertise",
        "set",
        "agent.bob.plans",
        "--description",
        "What bob is up to",
        "--schema",
        "{\"type\":\"object\"}",
    ];
    assert_eq!(with(&api, &bob, &set).json()["ok"], true);
    for words in [
        vec!["advertise"],
        vec!["advertise", "list", "bob"],
        vec!["advertise", "search", "UP TO", "--limit", "3"],
    ] {
        let listed = say(&api, &words).list();
        assert_eq!(each(&listed, "channel"), ["agent.bob.plans"], "{words:?}");
    }
    let shown = say(&api, &["advertise", "show", "agent.bob.plans"]).json();
    assert_eq!(shown["schema"], json!({"type": "object"}));
    let unlike = with(&api, &bob, &["pub", "agent.bob.plans", "words"]);
    assert_eq!(unlike.code, Some(2), "{unlike:?}");
    let delete = ["advertise", "delete", "agent.bob.plans"];
    assert_eq!(say_as_owner(&api, &delete).json()["removed"], true);
    assert!(say(&api, &["advertise"]).list().is_empty());
    let gone = say(&api, &["advertise", "show", "agent.bob.plans"]);
    assert_eq!(gone.code, Some(4), "{gone:?}");
}

#[test]
fn the_clock_is_heard_without_a_key() {
    let api = Api::start();
    let heard = say(&api, &["sub", "system.timer.second", "--count", "1"]).list();
    assert_eq!(
        json!([
            heard[0]["from"],
            heard[0]["body"]["event"],
            heard[0]["offset"]
        ]),
        json!(["system", "second", null])
    );
}
