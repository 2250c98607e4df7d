//! What is to be sent, and everything that must hold before it is.

use crate::config::EgressSettings;
use crate::effect::egress::{Failure, HostRule, Request, Secret, host_and_port, resolve};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header};
use bytes::Bytes;
use kernel::event::Sent;
use kernel::gate::egress::{Headers, Piece, pieces};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;
use supervisor::credentials::{CredentialError, LentSecret, Secrets};

/// What a request says that it comes from, unless it says something else.
const USER_AGENT: &str = concat!("signalbox/", env!("CARGO_PKG_VERSION"));
/// Longest look-up of an address.
const RESOLVE_WITHIN: Duration = Duration::from_secs(10);

/// A request that was allowed, with references in place of its secrets.
#[derive(Clone, Debug)]
pub struct Order {
    pub egress_request_id: String,
    pub workspace_id: String,
    pub method: Method,
    pub uri: Uri,
    pub headers: Headers,
    pub body: Option<String>,
}

/// The same, ready to go: with its secrets, and to addresses that were checked.
pub struct Prepared {
    pub request: Request,
    pub addresses: Vec<SocketAddr>,
    pub secrets: Vec<Secret>,
}

/// Secrets by name.
pub type Found = BTreeMap<String, LentSecret>;

/// The secrets cannot be read at all.
pub fn no_secrets() -> Failure {
    let message = "The secrets could not be looked up.";
    Failure::new("secret_unavailable", Sent::No, message)
}

impl From<CredentialError> for Failure {
    fn from(error: CredentialError) -> Self {
        Failure::new("secret_unavailable", Sent::No, error.to_string())
    }
}

impl Order {
    fn names(&self) -> impl Iterator<Item = &str> {
        let values = self.headers.values();
        let all = values.flat_map(|value| pieces(value).unwrap_or_default());
        all.filter_map(|piece| match piece {
            Piece::Secret(name) => Some(name),
            Piece::Text(_) => None,
        })
    }

    /// Looks up the secrets that its headers name. May wait for a keyring.
    pub fn secrets(&self, secrets: &Secrets) -> Result<Found, Failure> {
        let mut found = Found::new();
        for name in self.names() {
            let secret = secrets.get(name)?.ok_or_else(|| {
                let message = format!(
                    "There is no secret named {name}. The owner can keep one: signalbox secret \
                     set {name} --host HOST."
                );
                Failure::new("secret_not_found", Sent::No, message)
            })?;
            found.insert(name.to_owned(), secret);
        }
        Ok(found)
    }

    /// Checks host, addresses and secrets, and puts the secrets in.
    pub async fn prepare(
        &self,
        settings: &EgressSettings,
        found: Found,
    ) -> Result<Prepared, Failure> {
        let not_sent = |code, message: String| Failure::new(code, Sent::No, message);
        let (host, port) = host_and_port(&self.uri)
            .ok_or_else(|| not_sent("invalid_target", "The address has no host.".to_owned()))?;
        let is_allowed = |rules: &[HostRule]| rules.iter().any(|rule| rule.is(host, port));
        if let Some(allowed) = &settings.allow_hosts
            && !is_allowed(allowed)
        {
            let message = format!("{host}:{port} is not among the hosts of egress.allow_hosts.");
            return Err(not_sent("host_not_allowed", message));
        }
        for (name, secret) in &found {
            let hosts = secret.hosts.iter().filter_map(|host| HostRule::parse(host));
            if !is_allowed(&hosts.collect::<Vec<_>>()) {
                let message = format!("The secret {name} is not for {host}:{port}.");
                return Err(not_sent("secret_host_not_allowed", message));
            }
        }
        let looked_up = resolve(&self.uri, &settings.allow_private_hosts);
        let addresses = tokio::time::timeout(RESOLVE_WITHIN, looked_up)
            .await
            .map_err(|_| not_sent("timed_out", format!("{host} was not found in time.")))??;
        let stays_here = addresses.iter().all(|address| address.ip().is_loopback());
        if !found.is_empty() && self.uri.scheme_str() != Some("https") && !stays_here {
            let message = "A secret is sent over https only.".to_owned();
            return Err(not_sent("secret_needs_https", message));
        }
        let headers = self.written(&found)?;
        let secrets = found.into_values();
        Ok(Prepared {
            request: Request {
                method: self.method.clone(),
                uri: self.uri.clone(),
                headers,
                body: Bytes::from(self.body.clone().unwrap_or_default()),
            },
            addresses,
            secrets: secrets.map(|secret| Secret::new(secret.value)).collect(),
        })
    }

    fn written(&self, found: &Found) -> Result<HeaderMap, Failure> {
        let mut headers = HeaderMap::new();
        headers.insert(header::USER_AGENT, HeaderValue::from_static(USER_AGENT));
        if let Some(body) = &self.body {
            // What was no text was written as JSON; a text that happens to be JSON may say so itself.
            let kind = match serde_json::from_str::<serde_json::Value>(body) {
                Ok(value) if value.is_object() || value.is_array() => "application/json",
                Ok(_) | Err(_) => "text/plain; charset=utf-8",
            };
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        }
        for (name, value) in &self.headers {
            // What cannot be sent must not be quoted: it may hold the secret.
            let odd = || {
                let message = format!("The header {name} cannot be sent as it is.");
                Failure::new("invalid_headers", Sent::No, message)
            };
            let mut text = String::new();
            let mut is_secret = false;
            for piece in pieces(value).ok_or_else(odd)? {
                match piece {
                    Piece::Text(piece) => text.push_str(piece),
                    Piece::Secret(name) => {
                        is_secret = true;
                        text.push_str(&found.get(name).ok_or_else(odd)?.value);
                    }
                }
            }
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| odd())?;
            let mut value = HeaderValue::from_str(&text).map_err(|_| odd())?;
            value.set_sensitive(is_secret);
            headers.insert(name, value);
        }
        Ok(headers)
    }
}
