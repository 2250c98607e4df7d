//! A keep-alive HTTP/1.1 client that does as little as possible: what it costs is taken from the server it measures.

use anyhow::{Context, Result, bail, ensure};
use memchr::memmem;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Room for a whole answer to a POST in one read.
const READ_BYTES: usize = 16 * 1_024;
/// Room for a piece of a large content.
const PIECE_BYTES: usize = 256 * 1_024;

/// One connection, one request at a time.
pub struct Client {
    stream: TcpStream,
    inbound: Vec<u8>,
    outbound: Vec<u8>,
    host: String,
    token: Option<String>,
}

/// Where a server listens and as whom to speak to it.
#[derive(Clone)]
pub struct Address {
    /// `127.0.0.1:4242`
    pub host: String,
    /// `None`: as whoever asks without saying who it is.
    pub token: Option<String>,
}

impl Address {
    /// The same server, asked by the holder of another token, or of none.
    pub fn asked_by(&self, token: Option<String>) -> Self {
        Self {
            host: self.host.clone(),
            token,
        }
    }
}

impl Client {
    pub async fn connect(address: &Address) -> Result<Self> {
        let stream = TcpStream::connect(&address.host)
            .await
            .context("the runtime does not accept connections")?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            inbound: Vec::with_capacity(READ_BYTES),
            outbound: Vec::with_capacity(1_024),
            host: address.host.clone(),
            token: address.token.clone(),
        })
    }

    /// Sends a JSON body and returns the answer's body; anything but 2xx is an error that quotes it.
    pub async fn post(&mut self, path: &str, body: &str) -> Result<&[u8]> {
        self.begin("POST", path);
        self.header("content-type", "application/json");
        self.header("content-length", &body.len().to_string());
        self.outbound.extend_from_slice(b"\r\n");
        self.outbound.extend_from_slice(body.as_bytes());
        self.exchange().await
    }

    pub async fn get(&mut self, path: &str) -> Result<Value> {
        let body = self.fetch(path).await?;
        serde_json::from_slice(body).context("the answer is not JSON")
    }

    /// The body of the answer as it came.
    pub async fn fetch(&mut self, path: &str) -> Result<&[u8]> {
        self.begin("GET", path);
        self.outbound.extend_from_slice(b"\r\n");
        self.exchange().await
    }

    /// Sends a content as it is and returns the answer's body.
    pub async fn put(&mut self, path: &str, content: &[u8]) -> Result<&[u8]> {
        self.begin("PUT", path);
        self.header("content-type", "application/octet-stream");
        self.header("content-length", &content.len().to_string());
        self.outbound.extend_from_slice(b"\r\n");
        self.stream.write_all(&self.outbound).await?;
        self.outbound.clear();
        self.stream.write_all(content).await?;
        self.exchange().await
    }

    /// Reads a content of known length piece by piece, each with where it begins, and returns the length.
    pub async fn read(&mut self, path: &str, mut each: impl FnMut(usize, &[u8])) -> Result<usize> {
        self.begin("GET", path);
        self.outbound.extend_from_slice(b"\r\n");
        self.stream.write_all(&self.outbound).await?;
        let head = loop {
            if let Some(head) = parse_head(&self.inbound)? {
                break head;
            }
            self.read_more().await?;
        };
        ensure!(head.status == 200, "{path} answered {}", head.status);
        let length = head
            .content_length
            .context("an answer without content-length")?;
        self.inbound.drain(..head.length);
        let mut at = 0;
        loop {
            each(at, &self.inbound);
            at += self.inbound.len();
            if at >= length {
                return Ok(at);
            }
            self.inbound.clear();
            self.inbound.reserve(PIECE_BYTES);
            let read = self.stream.read_buf(&mut self.inbound).await?;
            ensure!(read > 0, "the connection ended inside an answer");
        }
    }

    /// Creates something and returns the text field of the answer that names it.
    pub async fn create(&mut self, path: &str, body: &Value, field: &str) -> Result<String> {
        let answer = self.post(path, &body.to_string()).await?;
        let answer: Value = serde_json::from_slice(answer).context("the answer is not JSON")?;
        let name = answer.get(field).and_then(Value::as_str);
        name.map(str::to_owned)
            .with_context(|| format!("{path} answered without {field}: {answer}"))
    }

    /// Asks for an endless answer and gives the connection away, with whatever of the body has already arrived.
    pub async fn open_stream(
        mut self,
        path: &str,
        last_event_id: Option<u64>,
    ) -> Result<(TcpStream, Head, Vec<u8>)> {
        self.begin("GET", path);
        self.header("accept", "text/event-stream");
        if let Some(id) = last_event_id {
            self.header("last-event-id", &id.to_string());
        }
        self.outbound.extend_from_slice(b"\r\n");
        self.stream.write_all(&self.outbound).await?;
        let head = loop {
            if let Some(head) = parse_head(&self.inbound)? {
                break head;
            }
            self.read_more().await?;
        };
        ensure!(head.status == 200, "{path} answered {}", head.status);
        let rest = self.inbound.split_off(head.length);
        Ok((self.stream, head, rest))
    }

    fn begin(&mut self, method: &str, path: &str) {
        self.outbound.clear();
        self.inbound.clear();
        for part in [method, " ", path, " HTTP/1.1\r\nhost: "] {
            self.outbound.extend_from_slice(part.as_bytes());
        }
        self.outbound.extend_from_slice(self.host.as_bytes());
        self.outbound.extend_from_slice(b"\r\n");
        if let Some(token) = &self.token {
            for part in ["authorization: Bearer ", token, "\r\n"] {
                self.outbound.extend_from_slice(part.as_bytes());
            }
        }
    }

    fn header(&mut self, name: &str, value: &str) {
        for part in [name, ": ", value, "\r\n"] {
            self.outbound.extend_from_slice(part.as_bytes());
        }
    }

    async fn exchange(&mut self) -> Result<&[u8]> {
        self.stream.write_all(&self.outbound).await?;
        loop {
            if let Some(head) = parse_head(&self.inbound)? {
                let end = head.length
                    + head
                        .content_length
                        .context("an answer without content-length")?;
                while self.inbound.len() < end {
                    self.read_more().await?;
                }
                let body = &self.inbound[head.length..end];
                if !(200..300).contains(&head.status) {
                    bail!("HTTP {}: {}", head.status, String::from_utf8_lossy(body));
                }
                return Ok(body);
            }
            self.read_more().await?;
        }
    }

    async fn read_more(&mut self) -> Result<()> {
        self.inbound.reserve(READ_BYTES);
        let read = self.stream.read_buf(&mut self.inbound).await?;
        ensure!(read > 0, "the connection ended inside an answer");
        Ok(())
    }
}

/// What the head of an answer says about its body.
#[derive(Debug, PartialEq, Eq)]
pub struct Head {
    pub status: u16,
    /// Bytes up to and including the blank line.
    pub length: usize,
    pub content_length: Option<usize>,
    pub chunked: bool,
}

/// `None` until the blank line has arrived.
fn parse_head(bytes: &[u8]) -> Result<Option<Head>> {
    let Some(end) = memmem::find(bytes, b"\r\n\r\n") else {
        return Ok(None);
    };
    let text = std::str::from_utf8(&bytes[..end]).context("a head that is not text")?;
    let mut lines = text.split("\r\n");
    let status = lines
        .next()
        .and_then(|line| line.split(' ').nth(1))
        .and_then(|code| code.parse().ok());
    let mut head = Head {
        status: status.context("an answer without a status")?,
        length: end + 4,
        content_length: None,
        chunked: false,
    };
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        if name.eq_ignore_ascii_case("content-length") {
            head.content_length = Some(
                value
                    .trim()
                    .parse()
                    .context("a content-length that is no number")?,
            );
        } else if name.eq_ignore_ascii_case("transfer-encoding") {
            head.chunked = value.trim().eq_ignore_ascii_case("chunked");
        }
    }
    Ok(Some(head))
}

#[cfg(test)]
mod tests {
    use super::{Head, parse_head};

    #[test]
    fn heads() {
        assert_eq!(
            parse_head(b"HTTP/1.1 201 Created\r\ncontent-").unwrap(),
            None
        );
        let bytes = b"HTTP/1.1 201 Created\r\nContent-Length: 12\r\nx: y\r\n\r\n{\"a\"";
        let head = Head {
            status: 201,
            length: bytes.len() - 4,
            content_length: Some(12),
            chunked: false,
        };
        assert_eq!(parse_head(bytes).unwrap(), Some(head));
        let head = parse_head(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
            .unwrap()
            .unwrap();
        assert!(head.chunked && head.content_length.is_none());
        assert!(parse_head(b"nonsense\r\n\r\n").is_err());
    }
}
