//! TLS by the operating system's trust: what the person's browser trusts is trusted, nothing else.

use super::Failure;
use kernel::event::Sent;
use rustls_platform_verifier::BuilderVerifierExt;
use std::sync::{Arc, OnceLock};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{self, ClientConfig};

/// Made for the first request that needs it.
static CONFIG: OnceLock<Result<Arc<ClientConfig>, String>> = OnceLock::new();

/// Speaks TLS to the host of that name over a connection.
pub async fn connect(host: &str, stream: TcpStream) -> Result<TlsStream<TcpStream>, Failure> {
    let failed = |message: String| Failure::new("tls_failed", Sent::No, message);
    let config = CONFIG
        .get_or_init(|| config().map(Arc::new).map_err(|error| error.to_string()))
        .clone()
        .map_err(|why| {
            failed(format!(
                "The certificates of this system cannot be used: {why}."
            ))
        })?;
    let name = ServerName::try_from(host.to_owned())
        .map_err(|_| failed(format!("{host} is no name that a certificate can have.")))?;
    TlsConnector::from(config)
        .connect(name, stream)
        .await
        .map_err(|error| failed(format!("There is no secure connection to {host}: {error}.")))
}

fn config() -> Result<ClientConfig, rustls::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_platform_verifier()?
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}
