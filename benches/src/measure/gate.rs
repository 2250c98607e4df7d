//! Decisions of the gate over HTTP, as somebody without a token asks for them: each answer is checked.

use std::time::Duration;

use anyhow::{Result, ensure};

use super::load;
use crate::http::{Address, Client};
use crate::scan;
use crate::stats::Slice;

/// A question with the answer that it must get.
#[derive(Clone, Copy)]
pub struct Question {
    pub decision: &'static str,
    body: &'static str,
}

pub const QUESTIONS: [Question; 3] = [
    // Nothing stands against it: no event.
    Question {
        decision: "allow",
        body: r#"{"action":"notes.write","target":"notes/today.md","payload":{"text":"milk, bread"}}"#,
    },
    // What leaves the machine: an event in the log says that it was asked for.
    Question {
        decision: "require_approval",
        body: r#"{"action":"external.write","zone":"high_stakes","target":"https://api.example.com/items","payload":{"text":"milk, bread"}}"#,
    },
    // An action in a zone where it has no place: an event too.
    Question {
        decision: "deny",
        body: r#"{"action":"artifact.create","zone":"high_stakes","target":"notes/today.md","payload":{"text":"milk, bread"}}"#,
    },
];

pub async fn measure(
    address: &Address,
    question: Question,
    clients: usize,
    duration: Duration,
) -> Result<Slice> {
    let asker = address.asked_by(None);
    let ask = async move |client: &mut Client| {
        let answer = client.post("/v1/policy/evaluate", question.body).await?;
        let decision = scan::text(answer, "decision");
        ensure!(
            decision == Some(question.decision),
            "{} was expected, but the gate said {decision:?}",
            question.decision
        );
        Ok(())
    };
    load::repeat(&asker, clients, duration, ask).await
}
