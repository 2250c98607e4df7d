//! Reading server-sent events fast enough not to be what is measured.

use anyhow::{Context, Result, bail};
use memchr::{memchr, memmem};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

use crate::http::{Address, Client};

/// Large enough that a burst of frames costs one read.
const READ_BYTES: usize = 256 * 1_024;

/// One subscription.
pub struct Subscription {
    stream: TcpStream,
    raw: Vec<u8>,
    chunks: Option<Chunks>,
    frames: Frames,
}

/// One event: its cursor, name and data. Comments and fields nobody asked for are dropped.
#[derive(Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    pub id: Option<u64>,
    pub event: &'a [u8],
    pub data: &'a [u8],
}

impl Subscription {
    pub async fn open(address: &Address, path: &str, last_event_id: Option<u64>) -> Result<Self> {
        let client = Client::connect(address).await?;
        let (stream, head, rest) = client.open_stream(path, last_event_id).await?;
        let mut subscription = Self {
            stream,
            raw: rest,
            chunks: head.chunked.then(Chunks::default),
            frames: Frames::default(),
        };
        subscription.take_raw()?;
        Ok(subscription)
    }

    /// Calls `each` for every frame that has arrived, after waiting for at least some bytes. `false` at the end.
    pub async fn read(&mut self, mut each: impl FnMut(Frame<'_>)) -> Result<bool> {
        if self.frames.drain(&mut each) > 0 {
            return Ok(true);
        }
        self.raw.reserve(READ_BYTES);
        if self
            .stream
            .read_buf(&mut self.raw)
            .await
            .context("the stream broke")?
            == 0
        {
            return Ok(false);
        }
        self.take_raw()?;
        self.frames.drain(&mut each);
        Ok(true)
    }

    fn take_raw(&mut self) -> Result<()> {
        match &mut self.chunks {
            Some(chunks) => chunks.decode(&self.raw, &mut self.frames.text)?,
            None => self.frames.text.extend_from_slice(&self.raw),
        }
        self.raw.clear();
        Ok(())
    }
}

/// Undoes the chunked transfer encoding across reads that cut anywhere.
#[derive(Default)]
struct Chunks {
    state: ChunkState,
    /// An incomplete size line or line end.
    pending: Vec<u8>,
}

#[derive(Default)]
enum ChunkState {
    #[default]
    Size,
    Data {
        left: usize,
    },
    LineEnd,
}

impl Chunks {
    fn decode(&mut self, mut bytes: &[u8], out: &mut Vec<u8>) -> Result<()> {
        while !bytes.is_empty() {
            match &mut self.state {
                ChunkState::Size => {
                    let Some(end) = memchr(b'\n', bytes) else {
                        self.pending.extend_from_slice(bytes);
                        return Ok(());
                    };
                    self.pending.extend_from_slice(&bytes[..end]);
                    bytes = &bytes[end + 1..];
                    self.state = match chunk_size(&self.pending)? {
                        // The trailer of the last chunk carries nothing for us.
                        0 => ChunkState::LineEnd,
                        left => ChunkState::Data { left },
                    };
                    self.pending.clear();
                }
                ChunkState::Data { left } => {
                    let taken = bytes.len().min(*left);
                    out.extend_from_slice(&bytes[..taken]);
                    bytes = &bytes[taken..];
                    *left -= taken;
                    if *left == 0 {
                        self.state = ChunkState::LineEnd;
                    }
                }
                ChunkState::LineEnd => match bytes[0] {
                    b'\r' => bytes = &bytes[1..],
                    b'\n' => {
                        bytes = &bytes[1..];
                        self.state = ChunkState::Size;
                    }
                    other => bail!("byte {other:#04x} where a chunk should end"),
                },
            }
        }
        Ok(())
    }
}

fn chunk_size(line: &[u8]) -> Result<usize> {
    let text = std::str::from_utf8(line).context("a chunk size that is not text")?;
    let digits = text.split(';').next().unwrap_or("").trim();
    usize::from_str_radix(digits, 16).with_context(|| format!("a chunk size {digits:?}"))
}

/// Cuts decoded text into events.
#[derive(Default)]
struct Frames {
    text: Vec<u8>,
}

impl Frames {
    /// Hands out every complete frame with an id or data; keeps the incomplete rest. Returns how many.
    fn drain(&mut self, mut each: impl FnMut(Frame<'_>)) -> usize {
        let (mut from, mut count) = (0, 0);
        while let Some(length) = memmem::find(&self.text[from..], b"\n\n") {
            let frame = parse_frame(&self.text[from..from + length]);
            if frame.id.is_some() || !frame.event.is_empty() || !frame.data.is_empty() {
                each(frame);
                count += 1;
            }
            from += length + 2;
        }
        self.text.drain(..from);
        count
    }
}

fn parse_frame(mut text: &[u8]) -> Frame<'_> {
    let mut frame = Frame {
        id: None,
        event: b"",
        data: b"",
    };
    while !text.is_empty() {
        let end = memchr(b'\n', text).unwrap_or(text.len());
        let line = &text[..end];
        if let Some(value) = field(line, b"data:") {
            frame.data = value;
        } else if let Some(value) = field(line, b"id:") {
            frame.id = std::str::from_utf8(value)
                .ok()
                .and_then(|id| id.parse().ok());
        } else if let Some(value) = field(line, b"event:") {
            frame.event = value;
        }
        text = text.get(end + 1..).unwrap_or(b"");
    }
    frame
}

fn field<'a>(line: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let value = line.strip_prefix(name)?;
    Some(value.strip_prefix(b" ").unwrap_or(value))
}

#[cfg(test)]
mod tests {
    use super::{Chunks, Frames};

    fn decode(pieces: &[&[u8]]) -> Vec<u8> {
        let (mut chunks, mut out) = (Chunks::default(), Vec::new());
        for piece in pieces {
            chunks.decode(piece, &mut out).unwrap();
        }
        out
    }

    const CHUNKED: &[u8] = b"5\r\nhello\r\n1;x=y\r\n \r\nb\r\nworld there\r\n0\r\n\r\n";

    #[test]
    fn chunks_may_be_cut_anywhere() {
        assert_eq!(decode(&[CHUNKED]), b"hello world there");
        for cut in 0..CHUNKED.len() {
            assert_eq!(
                decode(&[&CHUNKED[..cut], &CHUNKED[cut..]]),
                b"hello world there",
                "cut at {cut}"
            );
        }
        let bytes: Vec<&[u8]> = CHUNKED.chunks(1).collect();
        assert_eq!(decode(&bytes), b"hello world there");
    }

    #[test]
    fn a_broken_chunk_is_an_error() {
        let mut out = Vec::new();
        assert!(Chunks::default().decode(b"zz\r\n", &mut out).is_err());
        assert!(Chunks::default().decode(b"1\r\nab", &mut out).is_err());
    }

    fn frames(pieces: &[&str]) -> Vec<(Option<u64>, String, String)> {
        let (mut frames, mut seen) = (Frames::default(), Vec::new());
        for piece in pieces {
            frames.text.extend_from_slice(piece.as_bytes());
            frames.drain(|frame| {
                let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                seen.push((frame.id, text(frame.event), text(frame.data)));
            });
        }
        seen
    }

    #[test]
    fn frames_may_be_cut_anywhere_and_comments_are_dropped() {
        let text =
            ": keepalive\n\nid: 7\nevent: message.created\ndata: {\"a\":1}\n\nid:8\ndata:{}\n\n";
        let expected = [
            (
                Some(7),
                "message.created".to_owned(),
                "{\"a\":1}".to_owned(),
            ),
            (Some(8), String::new(), "{}".to_owned()),
        ];
        assert_eq!(frames(&[text]), expected);
        for cut in 0..text.len() {
            assert_eq!(
                frames(&[&text[..cut], &text[cut..]]),
                expected,
                "cut at {cut}"
            );
        }
    }

    #[test]
    fn the_sign_to_resume_is_a_frame() {
        assert_eq!(
            frames(&["event: signalbox.resume\ndata: {}\n\n"]),
            [(None, "signalbox.resume".to_owned(), "{}".to_owned())]
        );
    }
}
