//! Finding one member of a JSON text without reading all of it as JSON.

use memchr::{memchr, memmem};

/// The first `"member":"…"` in `json`, however deep it lies. Ids and tokens hold no escapes.
pub fn text<'a>(json: &'a [u8], member: &str) -> Option<&'a str> {
    let key = format!("\"{member}\":\"");
    let from = memmem::find(json, key.as_bytes())? + key.len();
    let length = memchr(b'"', &json[from..])?;
    std::str::from_utf8(&json[from..from + length]).ok()
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn the_member_is_found_wherever_it_stands() {
        let json =
            br#"{"event_id":"x","run_id":null,"data":{"message_id":"msg_1","run_id":"run_1"}}"#;
        assert_eq!(text(json, "message_id"), Some("msg_1"));
        assert_eq!(text(json, "run_id"), Some("run_1"));
        assert_eq!(text(json, "id"), None);
        assert_eq!(text(b"{\"data\":\"unfinish", "data"), None);
    }
}
