//! What a query of events asks for, as conditions on the log's rows.

use kernel::broker::Rules;
use kernel::{StreamKey, Timestamp};
use rusqlite::types::Value as SqlValue;

/// What a query of events asks for. Every member narrows.
#[derive(Clone, Debug, Default)]
pub struct EventQuery {
    pub workspace_id: String,
    pub stream: Option<StreamKey>,
    pub from_seq: Option<u64>,
    pub room_id: Option<String>,
    pub thread_id: Option<String>,
    pub run_id: Option<String>,
    pub step_id: Option<String>,
    pub correlation_id: Option<String>,
    pub causation_id: Option<String>,
    pub event_types: Vec<String>,
    pub actor_type: Option<String>,
    pub actor_id: Option<String>,
    /// What the event is about: its data names this agent.
    pub subject_agent_id: Option<String>,
    /// It is this principal's, or its data names it.
    pub subject_principal_id: Option<String>,
    pub before_recorded_at: Option<Timestamp>,
    pub after_position: Option<u64>,
    pub before_position: Option<u64>,
    /// At or after it.
    pub from: Option<Timestamp>,
    /// Before it.
    pub to: Option<Timestamp>,
    /// Of topics only those that are open to all, by these rules; `None` is all.
    pub open_topics: Option<Rules>,
    pub newest_first: bool,
    pub limit: u32,
}

impl EventQuery {
    /// The earliest of the times that events must have happened before: what was recorded before a
    /// time had happened by then.
    pub(super) fn up_to(&self) -> Option<Timestamp> {
        let ends = [self.to, self.before_recorded_at];
        ends.into_iter().flatten().min()
    }
}

#[derive(Default)]
pub(super) struct Filter {
    conditions: Vec<String>,
    pub values: Vec<SqlValue>,
}

impl Filter {
    pub fn add(&mut self, condition: &str, values: impl IntoIterator<Item = SqlValue>) {
        self.conditions.push(condition.to_owned());
        self.values.extend(values);
    }

    /// What the events are about, by their data, and when they were recorded. None of it has an index:
    /// these narrow what the others find.
    pub fn about(&mut self, query: &EventQuery) {
        if let Some(agent) = &query.subject_agent_id {
            self.add("json_extract(event.data, '$.agent_id') = ?", [text(agent)]);
        }
        if let Some(principal) = &query.subject_principal_id {
            self.add(
                "(event.actor = (SELECT id FROM actor WHERE principal_id = ?)
                  OR ? IN (json_extract(event.data, '$.principal_id'), json_extract(event.data, '$.issued_to_principal_id')))",
                [text(principal), text(principal)],
            );
        }
        if let Some(before) = query.before_recorded_at {
            self.add(
                "event.occurred_at + event.recorded_after < ?",
                [SqlValue::Integer(before.millis())],
            );
        }
    }

    pub fn sql(&self) -> String {
        if self.conditions.is_empty() {
            "1".to_owned()
        } else {
            self.conditions.join(" AND ")
        }
    }
}

pub(super) fn text(text: &str) -> SqlValue {
    SqlValue::Text(text.to_owned())
}

pub(super) fn optional(value: &Option<String>) -> SqlValue {
    value.as_deref().map_or(SqlValue::Null, text)
}
