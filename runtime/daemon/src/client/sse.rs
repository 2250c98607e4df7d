//! Reading server-sent events from bytes, in bounded memory.

/// Longest line; the largest event of the log fits several times.
const LINE_BYTES_MAX: usize = 8 * 1024 * 1024;

/// One event of a live stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frame {
    pub id: Option<String>,
    /// `message` when the stream names none.
    pub event: String,
    pub data: String,
}

/// The stream broke the rules of the format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SseError {
    #[error("a line is longer than {LINE_BYTES_MAX} bytes")]
    LineTooLong,
    #[error("a line is not UTF-8")]
    NotUtf8,
}

/// Takes bytes as they come, in any pieces, and gives frames.
#[derive(Debug, Default)]
pub struct Parser {
    line: Vec<u8>,
    /// The last byte was CR: an LF right after it belongs to the same line end.
    after_cr: bool,
    id: Option<String>,
    event: Option<String>,
    data: Option<String>,
}

impl Parser {
    /// Feeds a piece; complete frames are added to `frames`.
    ///
    /// # Errors
    /// When the stream breaks the rules; nothing after that can be trusted.
    pub fn feed(&mut self, bytes: &[u8], frames: &mut Vec<Frame>) -> Result<(), SseError> {
        let mut rest = bytes;
        if self.after_cr && !rest.is_empty() {
            self.after_cr = false;
            rest = rest.strip_prefix(b"\n").unwrap_or(rest);
        }
        while let Some(end) = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
            self.extend(&rest[..end])?;
            let line = std::mem::take(&mut self.line);
            let text = std::str::from_utf8(&line).map_err(|_| SseError::NotUtf8)?;
            self.end_line(text, frames);
            let was_cr = rest[end] == b'\r';
            rest = &rest[end + 1..];
            if was_cr {
                self.after_cr = rest.is_empty();
                rest = rest.strip_prefix(b"\n").unwrap_or(rest);
            }
        }
        self.extend(rest)
    }

    fn extend(&mut self, bytes: &[u8]) -> Result<(), SseError> {
        if self.line.len() + bytes.len() > LINE_BYTES_MAX {
            return Err(SseError::LineTooLong);
        }
        self.line.extend_from_slice(bytes);
        Ok(())
    }

    fn end_line(&mut self, line: &str, frames: &mut Vec<Frame>) {
        if line.is_empty() {
            let (id, event) = (self.id.take(), self.event.take());
            if let Some(data) = self.data.take() {
                let event = event.unwrap_or_else(|| "message".to_owned());
                frames.push(Frame { id, event, data });
            }
            return;
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "id" => self.id = Some(value.to_owned()),
            "event" => self.event = Some(value.to_owned()),
            "data" => match &mut self.data {
                Some(data) => {
                    data.push('\n');
                    data.push_str(value);
                }
                None => self.data = Some(value.to_owned()),
            },
            // Comments have an empty field name; unknown fields are for others.
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn parse(pieces: &[&[u8]]) -> Vec<Frame> {
        let mut parser = Parser::default();
        let mut frames = Vec::new();
        for piece in pieces {
            parser.feed(piece, &mut frames).unwrap();
        }
        frames
    }

    fn frame(id: Option<&str>, event: &str, data: &str) -> Frame {
        Frame {
            id: id.map(str::to_owned),
            event: event.to_owned(),
            data: data.to_owned(),
        }
    }

    const STREAM: &str = ": keepalive\n\nid: 7\nevent: run.created\ndata: {\"a\":\ndata: \"ü\"}\n\n\
                          retry: 10\n\ndata\n\nid:8\r\ndata:x\r\n\r\ndata: cut";

    #[test]
    fn frames_comments_and_the_unfinished_end() {
        let expected = [
            frame(Some("7"), "run.created", "{\"a\":\n\"ü\"}"),
            frame(None, "message", ""),
            frame(Some("8"), "message", "x"),
        ];
        assert_eq!(parse(&[STREAM.as_bytes()]), expected);
    }

    #[test]
    fn a_line_without_end_is_refused() {
        let mut parser = Parser::default();
        let piece = vec![b'x'; 1024 * 1024];
        let mut frames = Vec::new();
        let outcome = (0..9).try_for_each(|_| parser.feed(&piece, &mut frames));
        assert_eq!(outcome, Err(SseError::LineTooLong));
    }

    proptest::proptest! {
        #[test]
        fn where_the_network_cuts_does_not_matter(cuts in proptest::collection::vec(0..STREAM.len(), 0..12)) {
            let mut cuts = cuts;
            cuts.extend([0, STREAM.len()]);
            cuts.sort_unstable();
            let pieces: Vec<&[u8]> = cuts.windows(2).map(|w| &STREAM.as_bytes()[w[0]..w[1]]).collect();
            proptest::prop_assert_eq!(parse(&pieces), parse(&[STREAM.as_bytes()]));
        }
    }
}
