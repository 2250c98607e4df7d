#![allow(clippy::unwrap_used)]
use super::*;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;

/// What the scripted server does with one connection.
enum Answer {
    /// A stream of these events, then the connection ends.
    Events(&'static [u64]),
    /// The same, ended by the order to resume.
    Resume(&'static [u64]),
    /// The connection ends without an answer.
    Nothing,
    Problem(u16, &'static str),
}

fn body(ids: &[u64], ending: &str) -> String {
    let frames: String = ids
        .iter()
        .map(|id| format!("id: {id}\nevent: run.created\ndata: {{}}\n\n"))
        .collect();
    format!(": signalbox\n\n{frames}{ending}")
}

/// Serves the answers in turn and returns the cursors that were asked for.
async fn serve(listener: TcpListener, answers: Vec<Answer>) -> Vec<String> {
    let mut cursors = Vec::new();
    for answer in answers {
        let (stream, _) = listener.accept().await.unwrap();
        let mut lines = BufReader::new(stream).lines();
        while let Some(line) = lines.next_line().await.unwrap() {
            if let Some(cursor) = line.strip_prefix("last-event-id: ") {
                cursors.push(cursor.to_owned());
            }
            if line.is_empty() {
                break;
            }
        }
        let mut stream = lines.into_inner().into_inner();
        let (status, text) = match answer {
            Answer::Events(ids) => (200, body(ids, "")),
            Answer::Resume(ids) => (200, body(ids, "event: signalbox.resume\ndata: {}\n\n")),
            Answer::Problem(status, code) => (status, format!("{{\"error\":\"{code}\"}}")),
            Answer::Nothing => continue,
        };
        let head = format!("HTTP/1.1 {status} X\r\nconnection: close\r\n\r\n");
        stream.write_all((head + &text).as_bytes()).await.unwrap();
    }
    cursors
}

/// Reads `count` ids, then perhaps the error that ends it, from a server with these answers.
async fn follow(
    answers: Vec<Answer>,
    from: u64,
    count: usize,
) -> (Vec<String>, Option<String>, Vec<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(serve(listener, answers));
    let client = Client::new(&base, None).unwrap();
    let mut stream = EventStream::new(client, Feed::Workspace, from);
    let mut ids = Vec::new();
    let mut error = None;
    while ids.len() < count && error.is_none() {
        match stream.next().await {
            Ok(frame) => ids.push(frame.id.unwrap()),
            Err(refused) => error = refused.code().map(str::to_owned),
        }
    }
    (ids, error, server.await.unwrap())
}

#[tokio::test]
async fn resumes_where_it_was_cut_without_loss_or_repeat() {
    let answers = vec![
        Answer::Events(&[5, 7]),
        Answer::Nothing,
        Answer::Problem(503, "overloaded"),
        // A server that goes back further than asked: what was seen is not shown again.
        Answer::Events(&[7, 8]),
        Answer::Resume(&[9]),
        Answer::Events(&[10]),
    ];
    let (ids, error, cursors) = follow(answers, 4, 5).await;
    assert_eq!(ids, ["5", "7", "8", "9", "10"]);
    assert_eq!(error, None);
    assert_eq!(cursors, ["4", "7", "7", "7", "8", "9"]);
}

#[tokio::test]
async fn a_refusal_for_good_ends_it() {
    let answers = vec![Answer::Events(&[1]), Answer::Problem(401, "invalid_token")];
    let (ids, error, _) = follow(answers, 0, 9).await;
    assert_eq!(ids, ["1"]);
    assert_eq!(error.as_deref(), Some("invalid_token"));
}
