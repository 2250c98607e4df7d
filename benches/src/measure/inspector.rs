//! What the inspector of a run asks for, and a search, in a log that is long with other things.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use memchr::memmem;
use serde_json::json;

use super::flow;
use super::load;
use crate::http::{Address, Client};
use crate::stats::Slice;
use crate::words::Words;

/// Each is three events, so that there is a second page.
const STEPS: usize = 50;
const PAGE: usize = 100;
/// Different searches, each for something that the first client of the seed has written early.
const QUERIES: usize = 50;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// A page of 100 of the run's events: the first, then the one that its cursor leads to.
    Events,
    Steps,
    ToolCalls,
    /// Two words of one message.
    Search,
}

impl View {
    pub const ALL: [Self; 4] = [Self::Events, Self::Steps, Self::ToolCalls, Self::Search];

    pub fn name(self) -> &'static str {
        match self {
            Self::Events => "page of 100 events of a run",
            Self::Steps => "steps of a run",
            Self::ToolCalls => "tool calls of a run",
            Self::Search => "search for two words",
        }
    }
}

/// Writes the run that will be inspected, and returns its id.
pub async fn write_run(owner: &Address, engine: &Address) -> Result<String> {
    let mut asking = Client::connect(owner).await?;
    let room = json!({ "title": "inspected" });
    let room_id = asking.create("/v1/rooms", &room, "room_id").await?;
    let run = json!({ "room_id": room_id, "title": "inspected" });
    asking.create("/v1/runs", &run, "run_id").await?;
    let mut working = Client::connect(engine).await?;
    let claim = json!({ "room_id": room_id }).to_string();
    let (run_id, token) = flow::claimed(&mut working, &claim).await?;
    for number in 1..=STEPS {
        flow::step(&mut working, &run_id, &token, number).await?;
    }
    let body = json!({ "claim_token": token }).to_string();
    let path = format!("/v1/runs/{run_id}/complete");
    working.post(&path, &body).await?;
    Ok(run_id)
}

/// One client asks for the view again and again.
pub async fn measure(
    address: &Address,
    run_id: &str,
    view: View,
    duration: Duration,
) -> Result<Slice> {
    match view {
        View::Events => {
            let first = format!("/v1/events?run_id={run_id}&limit={PAGE}");
            let answer = Client::connect(address).await?.get(&first).await?;
            let cursor = answer["next_cursor"].as_str();
            let next = format!(
                "{first}&after_position={}",
                cursor.context("one page only")?
            );
            pages(address, vec![first, next], b"\"event_id\"", duration).await
        }
        View::Steps => {
            let path = format!("/v1/runs/{run_id}/steps");
            pages(address, vec![path], b"\"step_id\"", duration).await
        }
        View::ToolCalls => {
            let path = format!("/v1/toolcalls?run_id={run_id}&limit={PAGE}");
            pages(address, vec![path], b"\"tool_call_id\"", duration).await
        }
        View::Search => search(address, duration).await,
    }
}

/// Asks for the paths in turn; each answer holds at least one item.
async fn pages(
    address: &Address,
    paths: Vec<String>,
    item: &'static [u8],
    duration: Duration,
) -> Result<Slice> {
    let turn = Rc::new(RefCell::new(paths.into_iter().cycle()));
    let ask = async move |client: &mut Client| {
        let path = turn.borrow_mut().next().context("no path")?;
        let answer = client.fetch(&path).await?;
        ensure!(memmem::find(answer, item).is_some(), "{path} found nothing");
        Ok(())
    };
    load::repeat(address, 1, duration, ask).await
}

async fn search(address: &Address, duration: Duration) -> Result<Slice> {
    let mut words = Words::seeded(super::seed::FIRST_SEED);
    let paths = (0..QUERIES).map(|_| format!("/v1/search?q={}", two_words(&words.content())));
    pages(address, paths.collect(), b"\"doc_id\"", duration).await
}

/// The first two words of at least three syllables: what somebody would look for. The last word may be cut off.
fn two_words(content: &str) -> String {
    let whole = content.rsplit_once(' ').map_or(content, |(whole, _)| whole);
    let mut long = whole.split(' ').filter(|word| word.len() >= 6);
    let words: Vec<&str> = long.by_ref().take(2).collect();
    words.join("+")
}

#[cfg(test)]
mod tests {
    use super::two_words;
    use crate::words::Words;

    #[test]
    fn a_query_has_two_long_words() {
        assert_eq!(
            two_words("ba kelidi ce mohagu dibace foba"),
            "kelidi+mohagu"
        );
        let mut words = Words::seeded(9);
        for _ in 0..200 {
            assert_eq!(two_words(&words.content()).split('+').count(), 2);
        }
    }
}
