//! One log, many doors: what is said through any of them is there at each of the others.

use super::client::Socket;
use super::{key, publish};
use crate::board::messages;
use crate::board::watch::Watch;
use crate::support::Api;
use serde_json::{Value, json};

const TOPIC: &str = "public.doors";

/// Says `word` through a door, and returns who is shown to have said it.
async fn say(api: &Api, door: &str, speaker: &mut Socket, bob: &str, word: &str) -> &'static str {
    let local = api.local();
    let said = json!({"from": "ann", "type": "msg.agent", "body": word});
    match door {
        "the board" => {
            local.post("/ch/public.doors", said).await.expect(201);
            "ann"
        }
        "the bus" => {
            let bob = local.bearer(bob);
            publish(&bob, TOPIC, json!(word)).await.expect(200);
            "bob"
        }
        _ => {
            let said = json!({"channel": TOPIC, "data": word});
            let reply = speaker.ask("publish", said).await;
            assert_eq!(reply["publish"], json!({}));
            "bob"
        }
    }
}

#[tokio::test]
async fn what_is_said_at_one_door_is_there_at_all_of_them() {
    let api = Api::start();
    let local = api.local();
    let bob = key(&api, "bob").await;
    let mut speaker = Socket::connected(&api, Some(&bob)).await;
    let mut listener = Socket::connected(&api, None).await;
    listener.subscribe(TOPIC).await;
    let mut god = Watch::open(&local, "/", None).await;
    for (place, (door, word)) in [
        ("the board", "aardvark"),
        ("the bus", "badger"),
        ("a socket", "chinchilla"),
    ]
    .into_iter()
    .enumerate()
    {
        let from = say(&api, door, &mut speaker, &bob, word).await;
        let seen = god.next().await;
        assert_eq!(
            json!([seen["ch"], seen["from"], seen["body"]]),
            json!([TOPIC, from, word]),
            "the god view, of {door}"
        );
        let history = messages(&local.get("/ch/public.doors/history").await);
        assert_eq!(history[place], seen, "history, of {door}");
        let pushed = listener.next().await;
        let asked = json!({"channel": TOPIC, "limit": -1});
        let found = listener.ask("history", asked).await;
        for publication in [&pushed["pub"], &found["history"]["publications"][place]] {
            assert_eq!(
                json!([
                    publication["offset"],
                    publication["data"]["_claw"]["sender"],
                    publication["data"]["payload"]
                ]),
                json!([place + 1, from, word]),
                "a socket, of {door}"
            );
        }
        in_the_log(&api, door, word, TOPIC).await;
    }
}

/// What is said in a room is on its channel. It is nobody's topic: at a socket there is no such thing.
#[tokio::test]
async fn what_is_said_in_a_room_is_at_the_doors_that_rooms_have() {
    let api = Api::start();
    let local = api.local();
    let room = local.room("Greenhouse").await;
    let thread = local.thread(&room).await;
    let channel = format!("room.{room}");
    let mut god = Watch::open(&local, "/", None).await;
    local.message(&thread, "dormouse").await;
    let seen = god.next().await;
    assert_eq!(
        json!([seen["ch"], seen["body"]["text"]]),
        json!([channel, "dormouse"])
    );
    let path = format!("/ch/{channel}");
    let history = messages(&local.get(&format!("{path}/history")).await);
    assert_eq!(history[0], seen);
    in_the_log(&api, "a room", "dormouse", &room).await;
    // The other way round.
    let said = json!({"from": "ann", "type": "msg.agent", "body": {"text": "ermine"}});
    local.post(&path, said).await.expect(201);
    assert_eq!(god.next().await["body"]["text"], "ermine");
    in_the_log(&api, "the board", "ermine", &room).await;
    let bob = key(&api, "bob").await;
    let mut socket = Socket::connected(&api, Some(&bob)).await;
    assert_eq!(socket.subscribe(&channel).await["error"]["code"], 103);
    let refused = publish(&local.bearer(&bob), &channel, json!(1)).await;
    assert_eq!(refused.status, 400);
}

/// One event has the word, and the search finds it there.
async fn in_the_log(api: &Api, door: &str, word: &str, place: &str) {
    let events = api.local().get("/v1/events?limit=200").await.expect(200);
    let events = events["events"].as_array().unwrap().iter();
    let having: Vec<&Value> = events
        .filter(|event| event.to_string().contains(word))
        .collect();
    assert_eq!(having.len(), 1, "/v1/events, of {door}");
    assert!(having[0].to_string().contains(place), "{:?}", having[0]);
    let found = api.local().get(&format!("/v1/search?q={word}")).await;
    let docs = found.expect(200)["docs"].clone();
    assert_eq!(docs.as_array().unwrap().len(), 1, "search, of {door}");
    assert!(docs[0].to_string().contains(place), "{docs}");
}
