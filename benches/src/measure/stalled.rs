//! One subscriber of a thousand that does not read, while the others are listened to.

use std::time::Duration;

use anyhow::{Result, ensure};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::sleep;

use super::live::Audience;
use crate::http::{Address, Client};
use crate::product::Product;
use crate::stats::Slice;

pub const SUBSCRIBERS: usize = 1_000;
/// Messages a second.
const PER_SECOND: u32 = 20;
/// What the channel has said before: more than the buffers of a connection hold, so that who does not read them stands
/// in the way at once.
const LARGE_BYTES: usize = 800_000;
const LARGE_MESSAGES: usize = 12;
/// Until everything that the buffers hold has been sent to the one who does not read: a reader that catches up is not
/// what is measured.
const SETTLE: Duration = Duration::from_millis(500);
/// Of the one who does not read.
const RECEIVE_BUFFER_BYTES: u32 = 4_096;

/// A topic with a history, on which slices follow one another.
pub struct Place {
    product: Product,
    topic: String,
}

impl Place {
    pub async fn make(address: &Address, topic: &str) -> Result<Self> {
        let mut client = Client::connect(address).await?;
        let large = "x".repeat(LARGE_BYTES);
        let body = format!("{{\"from\":\"bench\",\"type\":\"msg.bench\",\"body\":\"{large}\"}}");
        for _ in 0..LARGE_MESSAGES {
            client.post(&format!("/ch/{topic}"), &body).await?;
        }
        Ok(Self {
            product: Product::events(address),
            topic: topic.to_owned(),
        })
    }

    /// How late messages are for a thousand, with or without one more that does not read.
    pub async fn measure(&self, is_stalled: bool, duration: Duration) -> Result<Slice> {
        let mut audience = Audience::gather(&self.product, &self.topic, SUBSCRIBERS, 1).await?;
        let stalled = if is_stalled {
            Some(self.stall().await?)
        } else {
            None
        };
        sleep(SETTLE).await;
        let measured = audience.listen(PER_SECOND, duration).await?;
        drop(stalled);
        audience.leave().await;
        Ok(measured.value)
    }

    /// Asks for everything from the beginning, and reads none of it.
    async fn stall(&self) -> Result<TcpStream> {
        let host = &self.product.address.host;
        let socket = TcpSocket::new_v4()?;
        socket.set_recv_buffer_size(RECEIVE_BUFFER_BYTES)?;
        let mut stream = socket.connect(host.parse()?).await?;
        let ask = format!(
            "GET /ch/{}?since=0 HTTP/1.1\r\nhost: {host}\r\naccept: text/event-stream\r\n\r\n",
            self.topic
        );
        stream.write_all(ask.as_bytes()).await?;
        // It is answered, and then forgotten.
        stream.readable().await?;
        let mut first = [0; 12];
        let seen = stream.peek(&mut first).await?;
        ensure!(
            first[..seen].starts_with(b"HTTP/1.1 200"),
            "the one that does not read was refused"
        );
        Ok(stream)
    }
}
