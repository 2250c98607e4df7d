//! Rights that are taken back while somebody speaks.

use super::client::Socket;
use super::{agent, grant, key, publish, start};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Messages that are still to be published when the right is gone for certain.
const LATE: usize = 3;

/// Speaks as often as it is let, says of each message whether the right was known to be gone before it was sent, and
/// returns how many there were.
async fn speak(bob: crate::support::Http, channel: &str, gone: Arc<AtomicBool>) -> usize {
    let (mut said, mut late) = (0, 0);
    while late < LATE {
        let is_late = gone.load(Ordering::SeqCst);
        let reply = publish(&bob, channel, json!({"n": said, "late": is_late})).await;
        match reply.status {
            200 => {
                said += 1;
                late += usize::from(is_late);
            }
            // As often as it may.
            429 => {}
            _ => panic!("{}", reply.text),
        }
    }
    said
}

#[tokio::test]
async fn nothing_that_is_said_after_a_right_is_gone_is_heard() {
    for (verb, channel) in [("revoke", "agent.bob.x"), ("lock", "agent.bob.public.x")] {
        let api = start("seed");
        let bob = agent(&api, "bob").await;
        let friend_key = key(&api, "friend").await;
        let eve_key = key(&api, "eve").await;
        for target in ["eve", "friend"] {
            if verb == "revoke" || target == "friend" {
                grant(&bob, target, channel).await.expect(200);
            }
        }
        let mut eve = Socket::connected(&api, Some(&eve_key)).await;
        let mut friend = Socket::connected(&api, Some(&friend_key)).await;
        for socket in [&mut eve, &mut friend] {
            assert!(socket.subscribe(channel).await["subscribe"].is_object());
            socket.subscribe("public.end").await;
        }
        let gone = Arc::new(AtomicBool::new(false));
        let speaking = {
            let (bob, gone) = (bob.clone(), gone.clone());
            tokio::spawn(async move { speak(bob, channel, gone).await })
        };
        let mut heard = vec![eve.next().await, eve.next().await];
        let body = json!({"target": "eve", "channel": channel});
        api.owner()
            .post(&format!("/api/{verb}"), body)
            .await
            .expect(200);
        gone.store(true, Ordering::SeqCst);
        let said = speaking.await.unwrap();
        let marker = agent(&api, "marker").await;
        publish(&marker, "public.end", json!("end"))
            .await
            .expect(200);
        let is_end = |push: &Value| push["channel"] == "public.end";
        while !heard.last().is_some_and(is_end) {
            heard.push(eve.next().await);
        }
        heard.pop();
        let cut = heard.pop().unwrap();
        assert_eq!(
            json!([cut["channel"], cut["unsubscribe"]["code"]]),
            json!([channel, 2000]),
            "{verb}"
        );
        for (n, push) in heard.iter().enumerate() {
            let payload = &push["pub"]["data"]["payload"];
            assert_eq!(
                payload,
                &json!({"n": n, "late": false}),
                "{verb}, of {said} in all"
            );
        }
        // Others hear all of it, and after it the end.
        let mut theirs = Vec::new();
        while theirs.len() < said + 1 {
            theirs.push(friend.next().await);
        }
        theirs.retain(|push| !is_end(push));
        for (n, push) in theirs.iter().enumerate() {
            assert_eq!(push["pub"]["data"]["payload"]["n"], n, "{verb}");
        }
    }
}
