//! A client of live sockets that says exactly what it is told to say.

use crate::support::{Api, within};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::collections::VecDeque;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

pub struct Socket {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    id: u32,
    /// What came before it was asked for.
    early: VecDeque<Value>,
    /// Lines of a frame that are not read yet.
    lines: VecDeque<Value>,
}

/// What a server says.
#[derive(Debug)]
enum Heard {
    Line(Value),
    Closed(u16, String),
    /// Nothing any more, and not why.
    BrokenOff(String),
}

impl Socket {
    pub async fn open(api: &Api) -> Self {
        Self::open_on(api.address(), "/connection/websocket").await
    }

    /// The same where only the address is known: `127.0.0.1:PORT`.
    pub async fn open_at(address: &str) -> Self {
        Self::open_on(address, "/connection/websocket").await
    }

    /// By another path.
    pub async fn open_on(address: &str, path: &str) -> Self {
        let url = format!("ws://{address}{path}");
        let (socket, _) = within("a socket opens", connect_async(url)).await.unwrap();
        Self {
            socket,
            id: 0,
            early: VecDeque::new(),
            lines: VecDeque::new(),
        }
    }

    /// Opened and connected; without a token as nobody in particular.
    pub async fn connected(api: &Api, token: Option<&str>) -> Self {
        let mut socket = Self::open(api).await;
        let connect = match token {
            Some(token) => json!({"token": token, "name": "js"}),
            None => json!({"name": "js"}),
        };
        let reply = socket.ask("connect", connect).await;
        let connect = &reply["connect"];
        assert_eq!(
            (&connect["ping"], &connect["pong"]),
            (&json!(25), &json!(true)),
            "{reply}"
        );
        assert!(
            connect["client"].is_string() && connect["version"].is_string(),
            "{reply}"
        );
        socket
    }

    /// Says who it is, and does not wait for an answer.
    pub async fn ask_to_connect(&mut self, token: &str) {
        self.send(&json!({"id": 1, "connect": {"token": token}}).to_string())
            .await;
    }

    pub async fn send(&mut self, frame: &str) {
        self.socket.send(Message::text(frame)).await.unwrap();
    }

    /// The answer to a command; what comes in between is kept.
    pub async fn ask(&mut self, method: &str, body: Value) -> Value {
        self.id += 1;
        let id = self.id;
        self.send(&json!({"id": id, method: body}).to_string())
            .await;
        loop {
            match self.hear().await {
                Heard::Line(line) if line["id"] == id => return line,
                Heard::Line(line) => self.early.push_back(line),
                other @ (Heard::Closed(..) | Heard::BrokenOff(_)) => {
                    panic!("{other:?} instead of an answer")
                }
            }
        }
    }

    pub async fn subscribe(&mut self, channel: &str) -> Value {
        self.ask("subscribe", json!({"channel": channel, "flag": 1}))
            .await
    }

    /// The next push.
    pub async fn next(&mut self) -> Value {
        match self.next_until_broken_off().await {
            Ok(push) => push,
            Err(reason) => panic!("broken off: {reason}"),
        }
    }

    /// The next push; `Err` when the server is gone without a word. Answers its pings.
    pub async fn next_until_broken_off(&mut self) -> Result<Value, String> {
        loop {
            let line = match self.early.pop_front() {
                Some(line) => line,
                None => match self.hear().await {
                    Heard::Line(line) => line,
                    Heard::Closed(code, reason) => panic!("closed: {code} {reason}"),
                    Heard::BrokenOff(reason) => return Err(reason),
                },
            };
            if line == json!({}) {
                // A server that is gone by now is noticed when it is heard next.
                self.socket.send(Message::text("{}")).await.ok();
            }
            if !line["push"].is_null() {
                return Ok(line["push"].clone());
            }
        }
    }

    /// Reads to the end, and returns its code and reason.
    pub async fn closed(&mut self) -> (u16, String) {
        loop {
            match self.hear().await {
                Heard::Closed(code, reason) => return (code, reason),
                Heard::BrokenOff(reason) => panic!("broken off: {reason}"),
                Heard::Line(_) => {}
            }
        }
    }

    async fn hear(&mut self) -> Heard {
        within("a word over the socket", async {
            loop {
                if let Some(line) = self.lines.pop_front() {
                    return Heard::Line(line);
                }
                match self.socket.next().await {
                    Some(Ok(Message::Text(text))) => {
                        assert!(!text.is_empty(), "no empty frames");
                        let lines = text.as_str().lines();
                        let lines = lines.map(|line| serde_json::from_str(line).unwrap());
                        self.lines.extend(lines);
                    }
                    Some(Ok(Message::Close(Some(frame)))) => {
                        return Heard::Closed(frame.code.into(), frame.reason.to_string());
                    }
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                    Some(Err(error)) => return Heard::BrokenOff(error.to_string()),
                    None => return Heard::BrokenOff("the end".to_owned()),
                    Some(Ok(other)) => panic!("{other:?}"),
                }
            }
        })
        .await
    }
}
