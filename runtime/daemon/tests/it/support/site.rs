//! A web site on this machine that answers as its path says, and shows what it was sent.

use super::within;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::{Mutex, mpsc};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::{self, pki_types::PrivateKeyDer};

/// One body that is larger than what is read of an answer, bytes.
const TOO_MUCH_BYTES: usize = kernel::limits::EGRESS_RESPONSE_BYTES_MAX + 1;

/// `/ok…` says what authorization it was shown, `/elsewhere` sends on to `/ok`, `/big` says too much,
/// `/silent` says nothing, `/broken` hangs up.
pub struct Site {
    pub port: u16,
    seen: Mutex<mpsc::UnboundedReceiver<String>>,
}

impl Site {
    pub async fn open() -> Self {
        Self::serving(None).await
    }

    /// Speaks TLS as `localhost`, with the certificate that is returned as PEM. It is its own
    /// authority.
    pub async fn open_tls() -> (Self, String) {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        (Self::serving(Some(acceptor)).await, made.cert.pem())
    }

    async fn serving(tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (tell, seen) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (tell, tls) = (tell.clone(), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        None => serve(stream, tell, port).await,
                        // Who does not trust it hangs up.
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(stream).await {
                                serve(stream, tell, port).await;
                            }
                        }
                    }
                });
            }
        });
        Self {
            port,
            seen: Mutex::new(seen),
        }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// The next request, head and body.
    pub async fn request(&self) -> String {
        let mut seen = self.seen.lock().await;
        within("a request", seen.recv()).await.unwrap()
    }

    /// Nothing was sent that [`Self::request`] has not shown.
    #[track_caller]
    pub fn saw_nothing_more(&self) {
        let mut seen = self.seen.try_lock().unwrap();
        let more = seen.try_recv();
        assert!(more.is_err(), "{more:?}");
    }
}

async fn serve<S>(mut stream: S, tell: mpsc::UnboundedSender<String>, port: u16)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut seen = Vec::new();
    let mut piece = vec![0; 64 * 1024];
    let text = loop {
        let text = String::from_utf8_lossy(&seen).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = header(head, "content-length").map_or(0, |it| it.parse().unwrap());
            if body.len() >= length {
                break text;
            }
        }
        match stream.read(&mut piece).await {
            Ok(0) | Err(_) => return,
            Ok(read) => seen.extend_from_slice(&piece[..read]),
        }
    };
    tell.send(text.clone()).ok();
    let path = text.split(' ').nth(1).unwrap_or_default();
    let answer = match path {
        "/elsewhere" => {
            format!(
                "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:{port}/ok\r\ncontent-length: 0\r\n\r\n"
            )
        }
        "/big" => format!(
            "HTTP/1.1 200 OK\r\ncontent-length: {TOO_MUCH_BYTES}\r\n\r\n{}",
            "x".repeat(TOO_MUCH_BYTES)
        ),
        "/silent" => {
            // Until the other side hangs up.
            tokio::io::copy(&mut stream, &mut tokio::io::sink())
                .await
                .ok();
            return;
        }
        "/broken" => return,
        _ => {
            let shown = header(&text, "authorization").unwrap_or_default();
            let body = format!("{{\"shown\":\"{shown}\"}}");
            format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nset-cookie: a=b\r\netag: \"{shown}\"\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            )
        }
    };
    // The other side need not wait for all of it.
    stream.write_all(answer.as_bytes()).await.ok();
    stream.shutdown().await.ok();
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        key.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}
