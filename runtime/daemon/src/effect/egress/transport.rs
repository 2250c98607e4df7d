//! Finding the address, checking it, and speaking HTTP/1.1 to exactly it. No proxy, no cookie, no
//! redirect, no second attempt: each of them would reach a place that nobody approved.

use super::{Failure, HostRule, Limits, address, tls};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use kernel::event::Sent;
use kernel::limits::EGRESS_HEADER_BYTES_MAX;
use std::net::{IpAddr, SocketAddr};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};
use tokio_util::task::AbortOnDropHandle;

/// Addresses of one name that are tried.
const ADDRESSES_MAX: usize = 8;
/// Headers that an answer may have.
const RESPONSE_HEADERS_MAX: usize = 100;

/// What is to be sent. The headers hold secrets.
pub struct Request {
    pub method: Method,
    pub uri: Uri,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub address: SocketAddr,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

/// Host and port of an address; IPv6 without brackets.
pub fn host_and_port(uri: &Uri) -> Option<(&str, u16)> {
    let host = uri.host()?;
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let port = match uri.scheme_str()? {
        "https" => 443,
        "http" => 80,
        _ => return None,
    };
    Some((host, uri.port_u16().unwrap_or(port)))
}

/// The addresses of the host, every one of them checked: where one is not public, none is used,
/// unless the owner has named the host.
///
/// # Errors
/// When there is none, or one that is not to be reached.
pub async fn resolve(uri: &Uri, private: &[HostRule]) -> Result<Vec<SocketAddr>, Failure> {
    let not_sent = |code, message: String| Failure::new(code, Sent::No, message);
    let (host, port) = host_and_port(uri)
        .ok_or_else(|| not_sent("invalid_target", "The address has no host.".to_owned()))?;
    let found: Vec<SocketAddr> = match host.parse::<IpAddr>() {
        Ok(literal) => vec![SocketAddr::new(literal, port)],
        Err(_) => tokio::net::lookup_host((host, port))
            .await
            .map_err(|error| {
                not_sent("host_not_found", format!("{host} has no address: {error}."))
            })?
            .take(ADDRESSES_MAX)
            .collect(),
    };
    if found.is_empty() {
        return Err(not_sent(
            "host_not_found",
            format!("{host} has no address."),
        ));
    }
    let is_named = private.iter().any(|rule| rule.is(host, port));
    let refused = found.iter().find(|found| !address::is_public(found.ip()));
    match refused {
        Some(refused) if !is_named => Err(not_sent(
            "address_not_allowed",
            format!(
                "{host} is at {}, which is this machine, its network or another address that is \
                 not public. The owner can name the host in egress.allow_private_hosts.",
                refused.ip()
            ),
        )),
        Some(_) | None => Ok(found),
    }
}

/// Sends a request to one of these addresses and reads the answer. Dropped, it breaks the
/// connection off.
///
/// # Errors
/// When there is no answer, or one that is too large.
pub async fn send(
    request: Request,
    addresses: &[SocketAddr],
    limits: Limits,
) -> Result<Answer, Failure> {
    let begin = Instant::now();
    let connect_until = begin + limits.connect.min(limits.total);
    let until = begin + limits.total;
    let is_secure = request.uri.scheme_str() == Some("https");
    let host = request.uri.host().unwrap_or_default().to_owned();
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let (stream, address) = connect(addresses, connect_until).await?;
    let answer = if is_secure {
        let stream = timeout_at(connect_until, tls::connect(host, stream))
            .await
            .map_err(|_| late(Sent::No))??;
        speak(stream, request, address, until, limits).await
    } else {
        speak(stream, request, address, until, limits).await
    };
    answer.map_err(|failure| Failure {
        address: Some(address.to_string()),
        ..failure
    })
}

async fn connect(
    addresses: &[SocketAddr],
    until: Instant,
) -> Result<(TcpStream, SocketAddr), Failure> {
    let mut last = None;
    for address in addresses {
        match timeout_at(until, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok((stream, *address)),
            Ok(Err(error)) => last = Some((address, error)),
            Err(_) => return Err(late(Sent::No)),
        }
    }
    let message = match last {
        Some((address, error)) => format!("{address} cannot be reached: {error}."),
        None => "There is no address to connect to.".to_owned(),
    };
    Err(Failure::new("connect_failed", Sent::No, message))
}

fn late(sent: Sent) -> Failure {
    let message = "The other side took too long.";
    Failure::new("timed_out", sent, message)
}

async fn speak<S>(
    stream: S,
    request: Request,
    address: SocketAddr,
    until: Instant,
    limits: Limits,
) -> Result<Answer, Failure>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let broken = |sent, error: hyper::Error| {
        let message = format!("The connection to {address} broke off: {error}.");
        Failure::new("connection_broken", sent, message)
    };
    let mut builder = http1::Builder::new();
    builder
        .max_buf_size(EGRESS_HEADER_BYTES_MAX)
        .max_headers(RESPONSE_HEADERS_MAX);
    let (mut sender, connection) = builder
        .handshake(TokioIo::new(stream))
        .await
        .map_err(|error| broken(Sent::No, error))?;
    let _driver = AbortOnDropHandle::new(tokio::spawn(connection));
    let request = outgoing(request)?;
    let response = timeout_at(until, sender.send_request(request))
        .await
        .map_err(|_| late(Sent::Unknown))?
        .map_err(|error| broken(Sent::Unknown, error))?;
    let (head, mut body) = response.into_parts();
    let status = head.status.as_u16();
    let known = |failure: Failure| Failure {
        http_status: Some(status),
        ..failure
    };
    let mut bytes = Vec::new();
    loop {
        let frame = timeout_at(until, body.frame())
            .await
            .map_err(|_| known(late(Sent::Yes)))?;
        let Some(frame) = frame else { break };
        let frame = frame.map_err(|error| known(broken(Sent::Yes, error)))?;
        let Ok(data) = frame.into_data() else {
            continue;
        };
        if bytes.len() + data.len() > limits.response_bytes {
            let message = format!(
                "The answer is larger than {} bytes; the rest was not read, and none of it is kept.",
                limits.response_bytes
            );
            let failure = Failure::new("response_too_large", Sent::Yes, message);
            return Err(known(failure));
        }
        bytes.extend_from_slice(&data);
    }
    Ok(Answer {
        status,
        address,
        headers: head.headers,
        body: bytes,
    })
}

/// The request as it goes over the wire: the path, and the host in its header.
fn outgoing(request: Request) -> Result<hyper::Request<Full<Bytes>>, Failure> {
    let odd = || Failure::new("invalid_target", Sent::No, "The request cannot be written.");
    let Request {
        method,
        uri,
        headers,
        body,
    } = request;
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let authority = uri.authority().ok_or_else(odd)?;
    let host = HeaderValue::from_str(authority.as_str()).map_err(|_| odd())?;
    let mut outgoing = hyper::Request::builder()
        .method(method)
        .uri(path)
        .body(Full::new(body))
        .map_err(|_| odd())?;
    *outgoing.headers_mut() = headers;
    let set: [(HeaderName, HeaderValue); 3] = [
        (header::HOST, host),
        // An encoded answer could not be searched for secrets.
        (
            header::ACCEPT_ENCODING,
            HeaderValue::from_static("identity"),
        ),
        (header::CONNECTION, HeaderValue::from_static("close")),
    ];
    outgoing.headers_mut().extend(set);
    Ok(outgoing)
}
