//! Server-Sent Events and WebSockets.

use anyhow::{Result, ensure};

use super::{Line, Product};
use crate::http::Client;

/// Any sixteen bytes in Base64: the handshake is not what is measured.
const KEY: &str = "c2lnbmFsYm94LWJlbmNoLTE=";
/// Masks nothing, as the protocol allows.
const MASK: [u8; 4] = [0; 4];
const TEXT: u8 = 0x81;
const MASKED: u8 = 0x80;
/// Lengths from here on take two more bytes.
const SHORT_MAX: usize = 125;

/// Waits until the stream says something, as both products do at once.
pub async fn events(line: &mut Line, product: &Product, path: &str) -> Result<()> {
    let host = &product.address.host;
    let ask = format!("GET {path} HTTP/1.1\r\nhost: {host}\r\naccept: text/event-stream\r\n\r\n");
    line.say(ask.as_bytes()).await?;
    let head = line.until(b"\r\n\r\n").await?;
    ensure!(
        head.starts_with(b"HTTP/1.1 200"),
        "{}",
        String::from_utf8_lossy(&head)
    );
    line.until(b"\n\n").await?;
    Ok(())
}

pub async fn upgrade(line: &mut Line, product: &Product, path: &str) -> Result<()> {
    let host = &product.address.host;
    let ask = format!(
        "GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: {KEY}\r\n\r\n"
    );
    line.say(ask.as_bytes()).await?;
    let head = line.until(b"\r\n\r\n").await?;
    ensure!(
        head.starts_with(b"HTTP/1.1 101"),
        "{}",
        String::from_utf8_lossy(&head)
    );
    Ok(())
}

/// A socket, connected and subscribed in one frame, as clients of that protocol do.
pub async fn centrifugo(line: &mut Line, product: &Product, topic: &str) -> Result<()> {
    upgrade(line, product, "/connection/websocket").await?;
    let text = format!(
        "{{\"id\":1,\"connect\":{{}}}}\n{{\"id\":2,\"subscribe\":{{\"channel\":\"{topic}\"}}}}"
    );
    line.say(&frame(&text)).await?;
    line.until(b"\"subscribe\":{").await?;
    Ok(())
}

fn frame(text: &str) -> Vec<u8> {
    let mut frame = vec![TEXT];
    let length = text.len();
    if length <= SHORT_MAX {
        frame.push(MASKED | length as u8);
    } else {
        frame.push(MASKED | 126);
        frame.extend_from_slice(&(length as u16).to_be_bytes());
    }
    frame.extend_from_slice(&MASK);
    frame.extend_from_slice(text.as_bytes());
    frame
}

/// A message for one of our channels. Its text needs no escaping.
pub async fn publish(http: &mut Client, topic: &str, text: &str) -> Result<()> {
    let body = format!("{{\"from\":\"bench\",\"type\":\"msg.bench\",\"body\":\"{text}\"}}");
    http.post(&format!("/ch/{topic}"), &body).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::frame;

    #[test]
    fn frames_say_how_long_they_are() {
        assert_eq!(frame("hi"), [0x81, 0x82, 0, 0, 0, 0, b'h', b'i']);
        let long = frame(&"x".repeat(300));
        assert_eq!(long[..4], [0x81, 0xfe, 1, 44]);
        assert_eq!(long.len(), 8 + 300);
    }
}
