//! The text protocol of NATS, and its stored streams.

use anyhow::{Result, ensure};

use super::{Line, Product, connect};

const HELLO: &str = "CONNECT {\"verbose\":false,\"pedantic\":false}\r\nPING\r\n";
/// Where answers of the server go, on any connection.
const ANSWERS: &str = "_INBOX.answers";

/// Waits until the server has taken in everything that was said before.
async fn settle(line: &mut Line) -> Result<()> {
    let answer = line.until(b"PONG\r\n").await?;
    let text = String::from_utf8_lossy(&answer);
    ensure!(!text.contains("-ERR"), "{text}");
    Ok(())
}

pub async fn greet(line: &mut Line) -> Result<()> {
    line.say(HELLO.as_bytes()).await?;
    settle(line).await
}

pub async fn subscribe(line: &mut Line, topic: &str) -> Result<()> {
    greet(line).await?;
    let ask = format!("SUB {topic} 1\r\nPING\r\n");
    line.say(ask.as_bytes()).await?;
    settle(line).await
}

/// Nothing is acknowledged but that the server has read it.
pub async fn publish(line: &mut Line, topic: &str, text: &str) -> Result<()> {
    let say = format!("PUB {topic} {}\r\n{text}\r\nPING\r\n", text.len());
    line.say(say.as_bytes()).await?;
    settle(line).await
}

/// Makes the stream that stores a topic, in files.
pub async fn create_stream(product: &Product, topic: &str) -> Result<()> {
    let mut line = Line::over(connect(product).await?);
    greet(&mut line).await?;
    let stream =
        format!("{{\"name\":\"{topic}\",\"subjects\":[\"{topic}\"],\"storage\":\"file\"}}");
    ask(
        &mut line,
        &format!("$JS.API.STREAM.CREATE.{topic}"),
        &stream,
    )
    .await
}

/// A consumer of one's own, that is told what is stored from now on and need not answer.
pub async fn consume(line: &mut Line, topic: &str) -> Result<()> {
    greet(line).await?;
    let inbox = format!("_INBOX.{}", line.stream.local_addr()?.port());
    line.say(format!("SUB {inbox} 2\r\n").as_bytes()).await?;
    let consumer = format!(
        "{{\"stream_name\":\"{topic}\",\"config\":{{\"deliver_subject\":\"{inbox}\",\"deliver_policy\":\"new\",\"ack_policy\":\"none\",\"replay_policy\":\"instant\"}}}}"
    );
    ask(line, &format!("$JS.API.CONSUMER.CREATE.{topic}"), &consumer).await
}

/// Acknowledged with the place in the stream.
pub async fn store(line: &mut Line, topic: &str, text: &str) -> Result<()> {
    ask(line, topic, text).await
}

/// Says something and waits for the answer, which comes as a message of its own.
async fn ask(line: &mut Line, subject: &str, body: &str) -> Result<()> {
    let answers = format!("{ANSWERS}.{}", line.stream.local_addr()?.port());
    let say = format!(
        "SUB {answers} 1\r\nUNSUB 1 1\r\nPUB {subject} {answers} {}\r\n{body}\r\n",
        body.len()
    );
    line.say(say.as_bytes()).await?;
    line.until(format!("MSG {answers} 1 ").as_bytes()).await?;
    let length = line.until(b"\r\n").await?;
    let length: usize = String::from_utf8_lossy(&length).trim().parse()?;
    let answer = line.exactly(length + 2).await?;
    let text = String::from_utf8_lossy(&answer);
    ensure!(!text.contains("\"error\""), "{text}");
    Ok(())
}
