//! Full-text search over what was said, asked, run, printed and produced. The index holds no
//! text of its own: a hit is a position in the log. It follows the log in batches, and catches up
//! before it is asked (docs/adr/0010-search-follows-in-batches.md).

use crate::store::error::StoreError;
use crate::store::message_id::MessageId;
use crate::store::reader::Reader;
use crate::store::table::topic::open_only;
use crate::store::{dictionary, limits};
use kernel::broker::Rules;
use kernel::event::ArtifactContent;
use kernel::limits::SEARCH_PREVIEW_CHARS;
use kernel::{Event, Timestamp};
use rusqlite::types::Value as SqlValue;
use rusqlite::{Connection, params, params_from_iter};
use serde_json::Value;

pub(in crate::store) const DDL: &str = "
CREATE VIRTUAL TABLE search USING fts5 (text, content = '', detail = 'none', columnsize = 0, tokenize = 'unicode61 remove_diacritics 2');
";

/// One thing that was found.
#[derive(Clone, Debug)]
pub struct Document {
    pub position: u64,
    pub event_id: String,
    pub doc_type: &'static str,
    pub doc_id: String,
    pub workspace_id: String,
    pub room_id: Option<String>,
    pub thread_id: Option<String>,
    pub run_id: Option<String>,
    /// The channel that it was said on, if that is no room.
    pub channel: Option<String>,
    pub content_text: String,
    pub lang: Option<String>,
    pub occurred_at: Timestamp,
}

/// Where to search.
#[derive(Clone, Debug, Default)]
pub struct SearchQuery {
    pub workspace_id: String,
    pub text: String,
    pub room_id: Option<String>,
    pub thread_id: Option<String>,
    pub doc_type: Option<DocType>,
    /// Messages of channels up to this position are too old to be shown.
    pub hidden_to: u64,
    /// Of topics only those that are open to all, by these rules; `None` is all.
    pub open_topics: Option<Rules>,
    pub limit: u32,
}

/// What is searched, by the event that holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DocType {
    Message,
    Run,
    ToolCall,
    Output,
    Artifact,
    Incident,
    ChannelMessage,
    Task,
}

impl DocType {
    pub const ALL: [DocType; 8] = [
        DocType::Message,
        DocType::Run,
        DocType::ToolCall,
        DocType::Output,
        DocType::Artifact,
        DocType::Incident,
        DocType::ChannelMessage,
        DocType::Task,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            DocType::Message => "message",
            DocType::Run => "run",
            DocType::ToolCall => "tool_call",
            DocType::Output => "output",
            DocType::Artifact => "artifact",
            DocType::Incident => "incident",
            DocType::ChannelMessage => "channel_message",
            DocType::Task => "task",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    fn of(event_type: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.event_type() == event_type)
    }

    fn event_type(self) -> &'static str {
        match self {
            DocType::Message => "message.created",
            DocType::Run => "run.created",
            DocType::ToolCall => "tool.invoked",
            DocType::Output => "tool.output",
            DocType::Artifact => "artifact.created",
            DocType::Incident => "incident.opened",
            DocType::ChannelMessage => "channel.message.published",
            DocType::Task => "task.created",
        }
    }
}

/// Up to where the index follows the log.
pub(in crate::store) const PROGRESS_DDL: &str = "
CREATE TABLE search_progress (one INTEGER PRIMARY KEY CHECK (one = 1), position INTEGER NOT NULL) STRICT;
INSERT INTO search_progress SELECT 1, ifnull(max(position), 0) FROM event;
";

/// Position of the last event that is in the index, or has nothing to be found by.
pub(in crate::store) fn progress(connection: &Connection) -> rusqlite::Result<u64> {
    connection
        .prepare_cached("SELECT position FROM search_progress")?
        .query_row([], |row| row.get(0))
}

/// Brings the index up to the position `head` of the log; in batches, because the index writes as much for
/// one event as for a hundred that it takes together. Returns how far it is now.
pub(in crate::store) fn catch_up(connection: &Connection, head: u64) -> Result<u64, StoreError> {
    let mut done = progress(connection)?;
    while done < head {
        let until = head.min(done + limits::SEARCH_BATCH_EVENTS);
        for (position, text) in unindexed(connection, done, until)? {
            let sql = "INSERT INTO search (rowid, text) VALUES (?1, ?2)";
            connection
                .prepare_cached(sql)?
                .execute(params![position, text])?;
        }
        done = until;
    }
    connection
        .prepare_cached("UPDATE search_progress SET position = ?1")?
        .execute([done])?;
    Ok(done)
}

/// What the events after `done` can be found by. Read before anything is written: a statement
/// that reads while another writes makes the index write out what it has gathered.
fn unindexed(
    connection: &Connection,
    done: u64,
    until: u64,
) -> Result<Vec<(u64, String)>, StoreError> {
    let sql = "SELECT event.position, event_type.name, event.data FROM event JOIN event_type ON event_type.id = event.type
               WHERE event.position > ?1 AND event.position <= ?2 ORDER BY event.position";
    let mut select = connection.prepare_cached(sql)?;
    let mut rows = select.query([done, until])?;
    let mut texts = Vec::new();
    while let Some(row) = rows.next()? {
        let event_type = row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?;
        if DocType::of(event_type).is_none() {
            continue;
        }
        let data = serde_json::from_str(row.get_ref(2)?.as_str().map_err(rusqlite::Error::from)?)
            .map_err(|error| StoreError::Damaged(error.to_string()))?;
        if let Some(text) = text(&Event::decode(event_type, data)) {
            texts.push((row.get(0)?, text));
        }
    }
    Ok(texts)
}

/// The words of an event; `None` for one that is not searched.
fn text(event: &Event) -> Option<String> {
    let input = |value: &Option<Value>| value.as_ref().map(leaves).unwrap_or_default();
    let title = |title: &Option<String>| title.clone().unwrap_or_default();
    // The types that `DocType` names; all others are told apart before they are decoded.
    if let Event::MessageCreated(message) = event {
        Some(message.content_md.clone())
    } else if let Event::ToolOutput(output) = event {
        Some(output.text.clone())
    } else if let Event::RunCreated(run) = event {
        Some([title(&run.title), title(&run.goal), input(&run.input)].join("\n"))
    } else if let Event::ToolInvoked(call) = event {
        let parts = [
            call.tool_name.clone(),
            title(&call.title),
            input(&call.input),
        ];
        Some(parts.join("\n"))
    } else if let Event::ArtifactCreated(artifact) = event {
        let content = match &artifact.content {
            Some(ArtifactContent::Text { text }) => text.clone(),
            Some(ArtifactContent::Json { json }) => leaves(json),
            Some(ArtifactContent::Uri { uri }) => uri.clone(),
            Some(ArtifactContent::Blob { .. } | ArtifactContent::None) | None => String::new(),
        };
        Some([artifact.kind.clone(), title(&artifact.title), content].join("\n"))
    } else if let Event::IncidentOpened(incident) = event {
        Some([incident.title.clone(), title(&incident.summary)].join("\n"))
    } else if let Event::ChannelMessagePublished(message) = event {
        Some([message.message_type.clone(), leaves(&message.body)].join("\n"))
    } else if let Event::TaskCreated(task) = event {
        Some([task.title.clone(), input(&task.context)].join("\n"))
    } else {
        None
    }
}

/// Empties the index, for a rebuild.
pub(in crate::store) fn clear(connection: &Connection) -> Result<(), StoreError> {
    connection.execute("INSERT INTO search (search) VALUES ('delete-all')", [])?;
    connection.execute("UPDATE search_progress SET position = 0", [])?;
    Ok(())
}

/// The texts of a JSON value, without its keys.
fn leaves(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null | Value::Bool(_) | Value::Number(_) => String::new(),
        Value::Array(items) => items.iter().map(leaves).collect::<Vec<_>>().join(" "),
        Value::Object(members) => members.values().map(leaves).collect::<Vec<_>>().join(" "),
    }
}

/// Words to an FTS expression: all of them, each as the beginning of a word. Nothing that the
/// caller typed is syntax.
fn expression(text: &str) -> Option<String> {
    let words: Vec<String> = text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(|word| format!("\"{word}\"*"))
        .collect();
    (!words.is_empty()).then(|| words.join(" AND "))
}

impl Reader {
    /// Whether there are events that the index has not seen.
    pub fn search_is_behind(&self) -> Result<bool, StoreError> {
        Ok(progress(&self.connection)? < self.last_position()?)
    }

    /// What holds all words of the query, newest first.
    pub fn search(&self, query: &SearchQuery) -> Result<Vec<Document>, StoreError> {
        let Some(expression) = expression(&query.text) else {
            return Ok(Vec::new());
        };
        let mut scope = "SELECT id FROM scope WHERE workspace_id = ?2".to_owned();
        let mut values = vec![
            SqlValue::Text(expression),
            SqlValue::Text(query.workspace_id.clone()),
        ];
        for (column, value) in [("room_id", &query.room_id), ("thread_id", &query.thread_id)] {
            if let Some(value) = value {
                values.push(SqlValue::Text(value.clone()));
                scope.push_str(&format!(" AND {column} = ?{}", values.len()));
            }
        }
        let mut kind = String::new();
        if let Some(doc_type) = query.doc_type {
            values.push(SqlValue::Text(doc_type.event_type().to_owned()));
            kind = format!(" AND event_type.name = ?{}", values.len());
        }
        if query.hidden_to > 0 {
            values.push(SqlValue::Integer(query.hidden_to as i64));
            let old = format!("event.position <= ?{}", values.len());
            kind.push_str(&format!(
                " AND NOT ({old} AND event_type.name = 'channel.message.published')"
            ));
        }
        kind.push_str(&format!(
            " AND {}",
            open_only(query.open_topics, "event.stream")
        ));
        let sql = format!(
            "SELECT event.position, event.event_id, event_type.name, event.scope, event.data, event.occurred_at
             FROM search JOIN event ON event.position = search.rowid JOIN event_type ON event_type.id = event.type
             WHERE search MATCH ?1 AND event.scope IN ({scope}){kind} ORDER BY search.rowid DESC LIMIT {}",
            query.limit
        );
        let mut select = self.connection.prepare_cached(&sql)?;
        let mut rows = select.query(params_from_iter(values))?;
        let mut documents = Vec::new();
        while let Some(row) = rows.next()? {
            let event_type = row.get_ref(2)?.as_str().map_err(rusqlite::Error::from)?;
            let Some(doc_type) = DocType::of(event_type) else {
                continue;
            };
            let scope = dictionary::scope(&self.connection, row.get(3)?)?;
            let data: Value =
                serde_json::from_str(row.get_ref(4)?.as_str().map_err(rusqlite::Error::from)?)
                    .map_err(|error| StoreError::Damaged(error.to_string()))?;
            let event_id: [u8; 16] = row.get(1)?;
            let (position, occurred_at) = (row.get(0)?, Timestamp::from_millis(row.get(5)?));
            documents.push(Document {
                position,
                event_id: uuid::Uuid::from_bytes(event_id).to_string(),
                doc_type: doc_type.as_str(),
                doc_id: if doc_type == DocType::ChannelMessage {
                    MessageId::of(occurred_at, position).to_string()
                } else {
                    doc_id(doc_type, &data)
                },
                workspace_id: scope.workspace_id,
                room_id: scope.room_id,
                thread_id: scope.thread_id,
                run_id: scope.run_id,
                channel: scope.channel,
                content_text: preview(doc_type, &data),
                lang: data.get("lang").and_then(Value::as_str).map(str::to_owned),
                occurred_at,
            });
        }
        Ok(documents)
    }
}

fn doc_id(doc_type: DocType, data: &Value) -> String {
    let member = match doc_type {
        DocType::Message => "message_id",
        DocType::Run => "run_id",
        DocType::ToolCall | DocType::Output => "tool_call_id",
        DocType::Artifact => "artifact_id",
        DocType::Incident => "incident_id",
        DocType::Task => "task_id",
        DocType::ChannelMessage => return String::new(),
    };
    data.get(member)
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}

/// The first characters of what was said on a channel, or of the task that the message tells of.
pub(super) fn message_preview(data: &Value) -> String {
    let kind = if data.get("body").is_some() {
        DocType::ChannelMessage
    } else {
        DocType::Task
    };
    preview(kind, data)
}

fn preview(doc_type: DocType, data: &Value) -> String {
    let text = match doc_type {
        DocType::Message => data.get("content_md").map(leaves),
        DocType::Output => data.get("text").map(leaves),
        DocType::ChannelMessage => data.get("body").map(leaves),
        DocType::Run
        | DocType::ToolCall
        | DocType::Artifact
        | DocType::Incident
        | DocType::Task => {
            let members = [
                "tool_name",
                "kind",
                "title",
                "goal",
                "summary",
                "input",
                "content",
                "context",
            ];
            Some(
                members
                    .iter()
                    .filter_map(|member| data.get(member))
                    .map(leaves)
                    .collect::<Vec<_>>()
                    .join(" "),
            )
        }
    };
    text.unwrap_or_default()
        .trim()
        .chars()
        .take(SEARCH_PREVIEW_CHARS)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_typed_is_syntax() {
        assert_eq!(
            expression("cargo test").as_deref(),
            Some("\"cargo\"* AND \"test\"*")
        );
        assert_eq!(
            expression("a\" OR *").as_deref(),
            Some("\"a\"* AND \"OR\"*")
        );
        assert_eq!(expression("100%").as_deref(), Some("\"100\"*"));
        assert_eq!(expression("--\"*"), None);
    }
}
