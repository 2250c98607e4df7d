//! A page of numbers about the event bus, for whoever has switched it on.

use super::caller::Anybody;
use super::refusal::Refusal;
use crate::api::server::Server;
use crate::api::ui::CONTENT_SECURITY_POLICY;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use kernel::limits::TOPICS_MAX;

/// Names that the page shows; it says how many there are in all.
const NAMES_MAX: usize = 100;

/// How many agents speak, how many messages everybody may read, and how many listen. Not there unless
/// `CLAW_ENABLE_STATS` is `true`, or in dev mode.
pub async fn page(State(server): State<Server>, _: Anybody) -> Result<Response, Refusal> {
    let access = server.access();
    if !access.stats && !access.dev_mode {
        return Err(Refusal::not_available());
    }
    let hidden_to = server.app().store.hidden().position();
    let rules = server.app().veil().rules();
    let read = server.app().read(move |reader| {
        let messages = reader.message_count(hidden_to, Some(rules))?;
        Ok((messages, reader.topic_agents(TOPICS_MAX)?))
    });
    let (messages, agents) = read.await?;
    let html = html(messages, server.hall().count(), &agents);
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
    ];
    Ok((headers, html).into_response())
}

fn html(messages: u64, listeners: usize, agents: &[String]) -> String {
    let names = agents.iter().take(NAMES_MAX);
    let names: String = names
        .map(|name| format!("<li>{}</li>", escaped(name)))
        .collect();
    let count = agents.len();
    format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Event bus</title><h1>Event bus</h1>\
         <dl><dt>Messages</dt><dd>{messages}</dd><dt>Listeners</dt><dd>{listeners}</dd><dt>Agents</dt><dd>{count}</dd></dl>\
         <ul>{names}</ul></html>\n"
    )
}

/// A text as HTML shows it.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_text_and_no_more_than_fit() {
        let mut names = vec!["<b>\"&".to_owned()];
        names.extend((0..NAMES_MAX).map(|n| format!("a{n}")));
        let page = html(7, 2, &names);
        assert!(page.contains("<li>&lt;b&gt;&quot;&amp;</li>"), "{page}");
        assert_eq!(page.matches("<li>").count(), NAMES_MAX);
        assert!(page.contains("<dt>Agents</dt><dd>101</dd>"), "{page}");
        assert!(page.contains("<dt>Messages</dt><dd>7</dd>"), "{page}");
    }
}
