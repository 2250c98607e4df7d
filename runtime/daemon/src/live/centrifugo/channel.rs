//! What a channel holds, from a place in it.

use super::codec::{Fault, History, Subscribe, publication};
use super::{PUBLICATIONS_BYTES_MAX, PUBLICATIONS_MAX};
use crate::claw::{Bus, told};
use crate::problem::Problem;
use crate::store::Frame;
use crate::store::table::topic::TopicPage;
use serde_json::{Value, json};

/// What a subscription begins with.
pub struct Beginning {
    /// The place from which on it is told live.
    pub top: u64,
    pub answer: Value,
}

/// Where a subscription begins: at the end of the channel, or with what its client has missed.
pub async fn begin(bus: &Bus, asked: &Subscribe) -> Result<Beginning, Fault> {
    let page = TopicPage {
        channel: asked.channel.clone(),
        after: Some(asked.offset),
        before: None,
        newest_first: false,
        // One more tells that there are too many.
        limit: if asked.recover {
            PUBLICATIONS_MAX + 1
        } else {
            0
        },
        hidden_to: bus.app().store.hidden().position(),
    };
    let found = read(bus, page).await?;
    let mut answer =
        json!({"recoverable": true, "positioned": true, "epoch": bus.epoch(), "offset": found.top});
    if asked.recover {
        answer["was_recovering"] = json!(true);
        let same_log = asked.epoch.is_empty() || asked.epoch == bus.epoch();
        let in_reach = (found.floor..=found.top).contains(&asked.offset);
        let (publications, is_whole) = publications(&found.frames, PUBLICATIONS_MAX as usize);
        if same_log && in_reach && is_whole {
            answer["recovered"] = json!(true);
            answer["offset"] = json!(asked.offset);
            answer["publications"] = json!(publications);
        } else if asked.flag & 2 != 0 {
            return Err(Fault::UNRECOVERABLE);
        }
    }
    Ok(Beginning {
        top: found.top,
        answer,
    })
}

/// A page of what was said; without a limit only where the channel ends.
pub async fn history(bus: &Bus, asked: &History) -> Result<Value, Fault> {
    let limit = match asked.limit {
        limit if limit < 0 => PUBLICATIONS_MAX,
        limit => u32::try_from(limit)
            .unwrap_or(u32::MAX)
            .min(PUBLICATIONS_MAX),
    };
    let since = asked.since.as_ref();
    let page = TopicPage {
        channel: asked.channel.clone(),
        after: since.filter(|_| !asked.reverse).map(|since| since.offset),
        before: since.filter(|_| asked.reverse).map(|since| since.offset),
        newest_first: asked.reverse,
        limit,
        hidden_to: bus.app().store.hidden().position(),
    };
    let found = read(bus, page).await?;
    if let Some(since) = since {
        let same_log = since.epoch.is_empty() || since.epoch == bus.epoch();
        let in_reach = asked.reverse || (found.floor..=found.top).contains(&since.offset);
        if !same_log || !in_reach {
            return Err(Fault::UNRECOVERABLE);
        }
    }
    let (publications, _) = publications(&found.frames, PUBLICATIONS_MAX as usize);
    Ok(json!({"publications": publications, "epoch": bus.epoch(), "offset": found.top}))
}

async fn read(bus: &Bus, page: TopicPage) -> Result<crate::store::table::topic::Found, Fault> {
    let read = bus.app().read(move |reader| reader.topic_page(&page));
    read.await.map_err(|problem: Problem| {
        tracing::warn!(%problem, "a topic could not be read");
        Fault::INTERNAL
    })
}

/// The messages of these events, and whether they are all of them.
fn publications(frames: &[Frame], most: usize) -> (Vec<Value>, bool) {
    let mut bytes = 0;
    let mut found = Vec::new();
    for frame in frames {
        bytes += frame.json.len();
        if found.len() == most || bytes > PUBLICATIONS_BYTES_MAX {
            return (found, false);
        }
        let message = told(frame).map(|data| publication(data, frame.stream_seq));
        found.extend(message);
    }
    (found, frames.len() <= most)
}
