//! The owner's inbox while 1,000 requests wait in it: its first page, the next, and the time a decision takes.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::load;
use crate::http::{Address, Client};
use crate::scan;
use crate::stats::{Slice, nanos};
use crate::words::Words;

pub const WAITING: usize = 1_000;
const FIRST_PAGE: &str = "/v1/approvals?status=pending";

/// Who asks and who decides, and what the inbox was filled with.
pub struct Inbox {
    owner: Address,
    room_id: String,
    words: Words,
    asked: usize,
}

pub struct Measured {
    pub first_page: Slice,
    pub next_page: Slice,
    pub decide: Slice,
}

impl Inbox {
    /// An inbox with as many requests as are measured, each for something else.
    pub async fn fill(owner: &Address) -> Result<Self> {
        let room = json!({ "title": "inbox" });
        let mut client = Client::connect(owner).await?;
        let room_id = client.create("/v1/rooms", &room, "room_id").await?;
        let place = room_id.clone();
        let asker = owner.asked_by(None);
        load::prepare(&asker, WAITING, async move |client: &mut Client, number| {
            let text = Words::seeded(number as u64).content();
            let body = request(&place, number, &text);
            client.post("/v1/approvals", &body).await?;
            Ok(())
        })
        .await?;
        Ok(Self {
            owner: owner.clone(),
            room_id,
            words: Words::seeded(77),
            asked: WAITING,
        })
    }

    pub async fn measure(&mut self, duration: Duration) -> Result<Measured> {
        let mut client = Client::connect(&self.owner).await?;
        let page = client.get(FIRST_PAGE).await?;
        let waiting = page["waiting"]["pending"].as_u64();
        ensure!(
            waiting == Some(WAITING as u64),
            "{waiting:?} requests wait in the inbox"
        );
        let cursor = page["next_cursor"].as_str().context("one page only")?;
        let next = format!("{FIRST_PAGE}&cursor={cursor}");
        Ok(Measured {
            first_page: read(&self.owner, FIRST_PAGE.to_owned(), duration).await?,
            next_page: read(&self.owner, next, duration).await?,
            decide: self.decide(&mut client, &page, duration).await?,
        })
    }

    /// Approves and denies in turn. After each decision another request comes in, outside of the measured time.
    async fn decide(
        &mut self,
        client: &mut Client,
        page: &Value,
        duration: Duration,
    ) -> Result<Slice> {
        let listed = page["approvals"].as_array().context("no list")?;
        let ids = listed
            .iter()
            .filter_map(|row| row["approval_id"].as_str().map(str::to_owned));
        let mut ids: VecDeque<String> = ids.collect();
        let mut asking = Client::connect(&self.owner.asked_by(None)).await?;
        let verdicts = [r#"{"decision":"approve"}"#, r#"{"decision":"deny"}"#];
        let mut latencies = Vec::new();
        let mut spent = Duration::ZERO;
        while spent < duration {
            let id = ids.pop_front().context("nothing to decide")?;
            let verdict = verdicts[latencies.len() % verdicts.len()];
            let begun = Instant::now();
            client
                .post(&format!("/v1/approvals/{id}/decide"), verdict)
                .await?;
            let taken = begun.elapsed();
            spent += taken;
            latencies.push(nanos(taken));
            let body = request(&self.room_id, self.asked, &self.words.content());
            self.asked += 1;
            let answer = asking.post("/v1/approvals", &body).await?;
            let id = scan::text(answer, "approval_id").context("a request without an id")?;
            ids.push_back(id.to_owned());
        }
        Ok(Slice::of(latencies, spent))
    }
}

async fn read(owner: &Address, path: String, duration: Duration) -> Result<Slice> {
    let ask = async move |client: &mut Client| {
        let answer = client.fetch(&path).await?;
        let found = scan::text(answer, "approval_id").is_some();
        ensure!(found, "{path} shows nothing");
        Ok(())
    };
    load::repeat(owner, 1, duration, ask).await
}

/// A short mail. Not the action that the gate is asked about: what was approved would be looked through there.
fn request(room_id: &str, number: usize, text: &str) -> String {
    format!(
        "{{\"room_id\":\"{room_id}\",\"action\":\"email.send\",\"target\":\"somebody@example.com\",\
          \"title\":\"Send mail {number}\",\"payload\":{{\"number\":{number},\"text\":\"{text}\"}}}}"
    )
}
