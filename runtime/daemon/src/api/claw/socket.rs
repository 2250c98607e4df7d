//! The socket: frames of text between a client and its session.

use crate::api::problem::refuse;
use crate::api::server::Server;
use crate::live::centrifugo::{FRAME_BYTES_MAX, Goodbye, Inbox, Out, Outgoing, Session};
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::http::Uri;
use axum::response::{IntoResponse, Response};
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use kernel::Kind;
use std::time::Duration;
use tokio::sync::{mpsc, watch};

/// How long a client may take to hear why it is left.
const PATIENCE: Duration = Duration::from_secs(10);
/// Room for what clients usually say, kept for as long as one is connected; larger frames take more while they come.
/// By default it would be 128 KiB.
const READ_BUFFER_BYTES: usize = 2 * 1024;
/// What waits is sent in one go, up to so many bytes.
const TOGETHER_BYTES_MAX: usize = 16 * 1024;
/// The protocol that some clients name. Without it, none is answered.
const PROTOCOL: &str = "centrifuge-json";

/// Opens a socket. Whatever is refused here is refused as on every route: the guard has looked before.
pub async fn open(
    State(server): State<Server>,
    uri: Uri,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    let Ok(upgrade) = upgrade else {
        let hint = "Connect with a client of the Centrifugo protocol, in JSON.";
        let message = "This address is for WebSockets.";
        return refuse(Kind::Invalid, "websocket_required", message, hint).into_response();
    };
    let is_binary = uri.query().is_some_and(|query| query.contains("protobuf"));
    let token_required = server.access().token_required;
    upgrade
        .protocols([PROTOCOL])
        .max_message_size(FRAME_BYTES_MAX)
        .max_frame_size(FRAME_BYTES_MAX)
        .read_buffer_size(READ_BUFFER_BYTES)
        .on_upgrade(move |socket| async move {
            let (sink, stream) = socket.split();
            if is_binary {
                close(sink, Goodbye::WRONG_PROTOCOL).await;
                return;
            }
            let (session, inbox, outgoing) =
                Session::new(server.bus().clone(), server.hall().clone(), token_required);
            let talking = tokio::spawn(session.run());
            let (heard, gone) = mpsc::channel::<()>(1);
            let hearing = tokio::spawn(hear(stream, inbox, heard));
            speak(sink, outgoing, gone).await;
            hearing.abort();
            // Ends by itself, now that nobody speaks to it.
            let _ = talking.await;
        })
}

/// Hands on what the client says, until it leaves.
async fn hear(mut stream: SplitStream<WebSocket>, inbox: Inbox, _heard: mpsc::Sender<()>) {
    while let Some(Ok(message)) = stream.next().await {
        let text = match message {
            Message::Text(text) => text.as_str().to_owned(),
            // What is not text is read as what it is not.
            Message::Binary(_) => "binary".to_owned(),
            Message::Ping(_) | Message::Pong(_) => continue,
            Message::Close(_) => return,
        };
        if inbox.send(text).await.is_err() {
            return;
        }
    }
}

/// Sends what the client is told, and at last why that is all.
async fn speak(
    mut sink: SplitSink<WebSocket, Message>,
    mut outgoing: Outgoing,
    mut gone: mpsc::Receiver<()>,
) {
    let mut ending = outgoing.ending();
    loop {
        let out = tokio::select! {
            out = outgoing.next() => out,
            // The session sees it too, and says its last word to nobody.
            _ = gone.recv() => match outgoing.said() {
                Some(goodbye) => Out::Close(goodbye),
                None => return,
            },
        };
        let frame = match out {
            Out::Close(goodbye) => return close(sink, goodbye).await,
            Out::Frame(frame) => frame,
        };
        let sent = tokio::select! {
            biased;
            sent = send(&mut sink, frame, &mut outgoing) => sent,
            goodbye = last_word(&mut ending) => return close(sink, goodbye).await,
        };
        match sent {
            Ok(size) => outgoing.sent(size),
            Err(_) => return,
        }
    }
}

/// Sends a frame with those that wait behind it, and returns how many bytes that were.
async fn send(
    sink: &mut SplitSink<WebSocket, Message>,
    mut frame: Bytes,
    outgoing: &mut Outgoing,
) -> Result<usize, axum::Error> {
    let mut size = 0;
    loop {
        size += frame.len();
        let text = Utf8Bytes::try_from(frame).map_err(axum::Error::new)?;
        sink.feed(Message::Text(text)).await?;
        let has_room = size < TOGETHER_BYTES_MAX;
        match has_room.then(|| outgoing.waiting()).flatten() {
            Some(next) => frame = next,
            None => break,
        }
    }
    sink.flush().await?;
    Ok(size)
}

/// Waits for the end of the conversation.
async fn last_word(ending: &mut watch::Receiver<Option<Goodbye>>) -> Goodbye {
    let said = ending.wait_for(Option::is_some).await;
    said.ok()
        .and_then(|goodbye| *goodbye)
        .unwrap_or(Goodbye::INTERNAL)
}

async fn close(mut sink: SplitSink<WebSocket, Message>, goodbye: Goodbye) {
    let frame = CloseFrame {
        code: goodbye.code,
        reason: goodbye.reason.into(),
    };
    let farewell = async {
        sink.send(Message::Close(Some(frame))).await.ok();
        sink.close().await.ok();
    };
    // Who does not even hear this is left without it.
    let _ = tokio::time::timeout(PATIENCE, farewell).await;
}
