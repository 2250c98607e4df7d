//! Messages that are handed over at once.

use crate::clock;

/// What surrounds the messages of a batch, at most, bytes.
const ENVELOPE_BYTES: usize = 128;

/// Messages that wait for more.
pub struct Batch {
    count_max: usize,
    bytes_max: usize,
    messages: Vec<String>,
    bytes: usize,
}

impl Batch {
    /// At most so many messages, and so many bytes as JSON unless one message alone is longer.
    pub fn new(count_max: usize, bytes_max: usize) -> Self {
        Self {
            count_max,
            bytes_max,
            messages: Vec::new(),
            bytes: ENVELOPE_BYTES,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    /// Adds a message. Gives those that are to be handed over now: all of them once they are as many
    /// as may be, or those before when this one would make them too long.
    pub fn push(&mut self, message: String) -> Option<Vec<String>> {
        let bytes = message.len() + 1;
        let too_long = !self.is_empty() && self.bytes + bytes > self.bytes_max;
        let before = too_long.then(|| self.take());
        self.bytes += bytes;
        self.messages.push(message);
        before.or_else(|| (self.messages.len() >= self.count_max).then(|| self.take()))
    }

    /// Those that wait.
    pub fn take(&mut self) -> Vec<String> {
        self.bytes = ENVELOPE_BYTES;
        std::mem::take(&mut self.messages)
    }
}

/// Messages, each a line of JSON, as one.
pub fn to_json(messages: &[String]) -> String {
    format!(
        "{{\"batch\":true,\"count\":{},\"messages\":[{}],\"timestamp\":{}}}",
        messages.len(),
        messages.join(","),
        clock::now().millis(),
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::{Value, json};

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn a_batch_ends_by_number_or_by_length() {
        let mut batch = Batch::new(3, ENVELOPE_BYTES + 20);
        assert_eq!(batch.push("1".to_owned()), None);
        assert_eq!(batch.push("2".to_owned()), None);
        assert_eq!(batch.push("3".to_owned()), Some(texts(&["1", "2", "3"])));
        assert!(batch.is_empty());

        let long = "x".repeat(19);
        assert_eq!(batch.push("1".to_owned()), None);
        assert_eq!(batch.push(long.clone()), Some(texts(&["1"])));
        assert_eq!(batch.take(), [long]);
        // Longer than all that may be: it goes by itself, nothing is lost.
        let longer = "x".repeat(99);
        assert_eq!(batch.push(longer.clone()), None);
        assert_eq!(batch.push("1".to_owned()), Some(vec![longer]));
    }

    #[test]
    fn messages_are_one_object() {
        let text = to_json(&texts(&["{\"n\":1}", "{\"n\":2}"]));
        let mut value: Value = serde_json::from_str(&text).unwrap();
        assert!(value["timestamp"].take().is_i64());
        let expected =
            json!({"batch": true, "count": 2, "messages": [{"n": 1}, {"n": 2}], "timestamp": null});
        assert_eq!(value, expected);
    }
}
