//! The same sessions where no socket can be: what the client is told is one long answer, and what it says
//! comes in requests of its own, by the session's id.

use super::caller::Members;
use super::refusal::Refusal;
use crate::api::server::Server;
use crate::live::centrifugo::{FRAME_BYTES_MAX, Goodbye, Kept, Out, Outgoing, Session};
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use kernel::{Kind, Reject};
use serde_json::json;
use std::convert::Infallible;

/// How frames are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Lines,
    Events,
}

impl Format {
    fn content_type(self) -> &'static str {
        match self {
            Format::Lines => "application/octet-stream",
            Format::Events => "text/event-stream",
        }
    }

    fn write(self, frame: &[u8]) -> Bytes {
        match self {
            Format::Lines => [frame, b"\n"].concat(),
            Format::Events => [b"data: ", frame, b"\n\n"].concat(),
        }
        .into()
    }
}

/// Opens a session with the command of the body; answers come a line each.
pub async fn lines(State(server): State<Server>, body: Body) -> Result<Response, Refusal> {
    let bytes = axum::body::to_bytes(body, FRAME_BYTES_MAX).await;
    let bytes = bytes.map_err(|_| too_large())?;
    let connect = String::from_utf8_lossy(&bytes).into_owned();
    open(&server, connect, Format::Lines).await
}

/// Opens a session with the command of the address; answers come as Server-Sent Events.
pub async fn events(State(server): State<Server>, uri: Uri) -> Result<Response, Refusal> {
    #[derive(Default, serde::Deserialize)]
    struct Params {
        #[serde(default)]
        cf_connect: String,
    }
    let query = uri.query().unwrap_or_default();
    let params = serde_html_form::from_str::<Params>(query).unwrap_or_default();
    open(&server, params.cf_connect, Format::Events).await
}

async fn open(server: &Server, connect: String, format: Format) -> Result<Response, Refusal> {
    let token_required = server.access().token_required;
    let (session, inbox, outgoing) =
        Session::new(server.bus().clone(), server.hall().clone(), token_required);
    let kept = server.hall().keep(session.id(), inbox.clone());
    tokio::spawn(session.run());
    // There is room for the first one.
    inbox.send(connect).await.ok();
    let talk = Talk {
        format,
        outgoing,
        greeted: format == Format::Lines,
        _kept: kept,
    };
    let frames = stream::unfold(Some(talk), Talk::next);
    let headers = [
        (header::CONTENT_TYPE, format.content_type()),
        (header::CACHE_CONTROL, "no-cache"),
        (header::HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    Ok((headers, Body::from_stream(frames)).into_response())
}

/// One long answer. The session ends with it.
struct Talk {
    format: Format,
    outgoing: Outgoing,
    greeted: bool,
    _kept: Kept,
}

impl Talk {
    async fn next(talk: Option<Self>) -> Option<(Result<Bytes, Infallible>, Option<Self>)> {
        let mut talk = talk?;
        if !talk.greeted {
            talk.greeted = true;
            return Some((Ok(Bytes::from_static(b"\r\n")), Some(talk)));
        }
        match talk.outgoing.next().await {
            Out::Frame(frame) => {
                let bytes = talk.format.write(&frame);
                // It is asked for more when this has been taken.
                talk.outgoing.sent(frame.len());
                Some((Ok(bytes), Some(talk)))
            }
            Out::Close(Goodbye { code, reason }) => {
                let push = json!({"push": {"disconnect": {"code": code, "reason": reason}}});
                Some((Ok(talk.format.write(push.to_string().as_bytes())), None))
            }
        }
    }
}

/// What a client says to its session.
pub async fn say(
    State(server): State<Server>,
    mut members: Members,
) -> Result<StatusCode, Refusal> {
    let session = members.required("session", "session required")?;
    let data = members.required("data", "data required")?;
    if data.len() > FRAME_BYTES_MAX {
        return Err(too_large());
    }
    let unknown = || Reject::new(Kind::NotFound, "session_not_found", "session not found");
    let inbox = server.hall().inbox(&session).ok_or_else(unknown)?;
    inbox.send(data).await.map_err(|_| unknown())?;
    Ok(StatusCode::NO_CONTENT)
}

fn too_large() -> Refusal {
    let message = format!("frame too large (max {FRAME_BYTES_MAX} bytes)");
    Reject::new(Kind::TooLarge, "frame_too_large", message).into()
}
