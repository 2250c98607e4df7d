//! Accepting connections: an explicit backlog, a reserve of file descriptors, and a quick no
//! when there are too many.

use crate::store::StartError;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Connections that may wait to be accepted. The default of 128 makes a thousand clients that
/// come at once wait a second for a retried SYN.
const BACKLOG: u32 = 4_096;
/// File descriptors kept for the database, blobs and logs.
const DESCRIPTORS_RESERVED: u64 = 256;
/// Connections at a time, if the descriptors allow.
const CONNECTIONS_MAX: usize = 16_384;
/// How long accepting rests after an error that is not one connection's own.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// How long a refused client may take to read its answer.
const REFUSAL: Duration = Duration::from_secs(1);

pub struct Listener {
    inner: TcpListener,
    slots: Arc<Semaphore>,
    address: SocketAddr,
}

impl Listener {
    pub fn bind(address: SocketAddr) -> Result<Self, StartError> {
        let bind = || -> io::Result<TcpListener> {
            let socket = if address.is_ipv4() {
                TcpSocket::new_v4()?
            } else {
                TcpSocket::new_v6()?
            };
            #[cfg(unix)]
            socket.set_reuseaddr(true)?;
            socket.bind(address)?;
            socket.listen(BACKLOG)
        };
        let inner = bind().map_err(|error| explain(address, &error))?;
        let address = inner
            .local_addr()
            .map_err(|error| explain(address, &error))?;
        let connections = connections_max();
        Ok(Self {
            inner,
            slots: Arc::new(Semaphore::new(connections)),
            address,
        })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

/// As many connections as descriptors allow, after raising the soft limit to the hard one.
fn connections_max() -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    let current = match setrlimit(Resource::Nofile, raised) {
        Ok(()) => limit.maximum,
        Err(_) => limit.current,
    };
    let usable = current.map_or(CONNECTIONS_MAX as u64, |files| {
        files.saturating_sub(DESCRIPTORS_RESERVED)
    });
    usize::try_from(usable)
        .unwrap_or(CONNECTIONS_MAX)
        .clamp(1, CONNECTIONS_MAX)
}

fn explain(address: SocketAddr, error: &io::Error) -> StartError {
    if error.kind() != io::ErrorKind::AddrInUse {
        let message = format!("Signalbox cannot listen on {address}: {error}.");
        return StartError::new(
            "start_failed",
            message,
            "Choose another address with --listen.",
        );
    }
    let holder = supervisor::ports::holder(address.port())
        .map_or("another program".to_owned(), |holder| {
            format!("{} (process {})", holder.name, holder.pid)
        });
    StartError::new(
        "port_in_use",
        format!("Port {} is taken by {holder}.", address.port()),
        "Stop that program, or choose another port with --listen 127.0.0.1:PORT.",
    )
}

impl axum::serve::Listener for Listener {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        loop {
            match self.inner.accept().await {
                Ok((stream, address)) => match self.slots.clone().try_acquire_owned() {
                    Ok(slot) => {
                        // Small frames must not wait for more: live delivery is about latency.
                        let _ = stream.set_nodelay(true);
                        return (
                            Connection {
                                stream,
                                _slot: slot,
                            },
                            address,
                        );
                    }
                    Err(_) => refuse(stream),
                },
                Err(error) if is_of_one_connection(&error) => {}
                Err(error) => {
                    tracing::warn!(%error, "accepting rests");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }
}

fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind as Kind;
    matches!(
        error.kind(),
        Kind::ConnectionRefused | Kind::ConnectionAborted | Kind::ConnectionReset
    )
}

/// Says no at once, in words.
fn refuse(mut stream: TcpStream) {
    const BODY: &str = r#"{"error":"overloaded","message":"There are too many connections.","hint":"Close some, then try again.","field":null}"#;
    tokio::spawn(async move {
        let answer = format!(
            "HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\nretry-after: 1\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{BODY}",
            BODY.len()
        );
        // A client that does not read its refusal is simply closed.
        let _ = tokio::time::timeout(REFUSAL, stream.write_all(answer.as_bytes())).await;
    });
}

/// An accepted connection; gives its slot back when it closes.
pub struct Connection {
    stream: TcpStream,
    _slot: OwnedSemaphorePermit,
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
