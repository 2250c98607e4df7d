//! As much of MQTT 3.1.1 as a topic needs. What is published is acknowledged by the server (QoS 1); what is delivered
//! is not (QoS 0).

use anyhow::{Result, ensure};

use super::Line;

const CONNECT: u8 = 0x10;
const CONNECTED: u8 = 0x20;
const PUBLISH_ONCE: u8 = 0x32;
const PUBLISHED: u8 = 0x40;
const SUBSCRIBE: u8 = 0x82;
const SUBSCRIBED: u8 = 0x90;
/// One exchange at a time needs one number for all.
const PACKET_ID: [u8; 2] = [0, 1];

fn packet(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut out = vec![kind];
    let mut length = body.len();
    loop {
        let digit = (length % 128) as u8;
        length /= 128;
        out.push(if length > 0 { digit | 0x80 } else { digit });
        if length == 0 {
            break;
        }
    }
    out.extend_from_slice(body);
    out
}

fn text(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(&(text.len() as u16).to_be_bytes());
    out.extend_from_slice(text.as_bytes());
}

/// A session without a name, that is forgotten with the connection and never asked whether it lives.
pub async fn greet(line: &mut Line) -> Result<()> {
    let mut body = Vec::new();
    text(&mut body, "MQTT");
    body.extend_from_slice(&[4, 2, 0, 0]);
    text(&mut body, "");
    line.say(&packet(CONNECT, &body)).await?;
    let answer = line.exactly(4).await?;
    ensure!(answer == [CONNECTED, 2, 0, 0], "{answer:?}");
    Ok(())
}

pub async fn subscribe(line: &mut Line, topic: &str) -> Result<()> {
    greet(line).await?;
    let mut body = PACKET_ID.to_vec();
    text(&mut body, topic);
    body.push(0);
    line.say(&packet(SUBSCRIBE, &body)).await?;
    let answer = line.exactly(5).await?;
    ensure!(
        answer == [SUBSCRIBED, 3, PACKET_ID[0], PACKET_ID[1], 0],
        "{answer:?}"
    );
    Ok(())
}

pub async fn publish(line: &mut Line, topic: &str, message: &str) -> Result<()> {
    let mut body = Vec::with_capacity(topic.len() + message.len() + 4);
    text(&mut body, topic);
    body.extend_from_slice(&PACKET_ID);
    body.extend_from_slice(message.as_bytes());
    line.say(&packet(PUBLISH_ONCE, &body)).await?;
    let answer = line.exactly(4).await?;
    ensure!(
        answer == [PUBLISHED, 2, PACKET_ID[0], PACKET_ID[1]],
        "{answer:?}"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::packet;

    #[test]
    fn lengths_take_as_many_bytes_as_they_need() {
        assert_eq!(packet(0x10, &[7; 3])[..2], [0x10, 3]);
        assert_eq!(packet(0x32, &[7; 321])[..3], [0x32, 0xc1, 2]);
    }
}
