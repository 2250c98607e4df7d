//! Hosts as the owner names them: `api.example.com`, `box.test:8080`, `127.0.0.1`, `[::1]:80`.

use std::fmt;

/// A host, with every port or one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostRule {
    /// In lower case, an IPv6 address without brackets.
    host: String,
    port: Option<u16>,
}

impl HostRule {
    /// Reads `HOST` or `HOST:PORT`. `None` for anything else, patterns included.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().to_ascii_lowercase();
        let (host, port) = match text.strip_prefix('[') {
            Some(rest) => {
                let (host, rest) = rest.split_once(']')?;
                host.parse::<std::net::Ipv6Addr>().ok()?;
                (host.to_owned(), rest.to_owned())
            }
            None => {
                let (host, port) = match text.find(':') {
                    Some(at) => text.split_at(at),
                    None => (text.as_str(), ""),
                };
                let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
                let sane = !host.is_empty() && host.bytes().all(plain);
                (sane.then(|| host.to_owned())?, port.to_owned())
            }
        };
        let port = match port.strip_prefix(':') {
            Some(port) => Some(port.parse().ok().filter(|port| *port > 0)?),
            None if port.is_empty() => None,
            None => return None,
        };
        Some(Self { host, port })
    }

    /// Whether this host and port are meant.
    pub fn is(&self, host: &str, port: u16) -> bool {
        let host = host.trim_start_matches('[').trim_end_matches(']');
        self.host.eq_ignore_ascii_case(host) && self.port.is_none_or(|own| own == port)
    }
}

impl fmt::Display for HostRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host.contains(':') {
            true => write!(f, "[{}]", self.host)?,
            false => f.write_str(&self.host)?,
        }
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts() {
        for (rule, host, port, expected) in [
            ("api.example.com", "API.example.com", 443, true),
            ("api.example.com", "b.api.example.com", 443, false),
            ("api.example.com:8443", "api.example.com", 443, false),
            ("api.example.com:8443", "api.example.com", 8443, true),
            ("127.0.0.1", "127.0.0.1", 1, true),
            ("[::1]:80", "[::1]", 80, true),
            ("[::1]", "::1", 81, true),
        ] {
            let read = HostRule::parse(rule).expect(rule);
            assert_eq!(read.to_string(), rule);
            assert_eq!(read.is(host, port), expected, "{rule} {host}:{port}");
        }
        for bad in [
            "",
            "*.example.com",
            "https://example.com",
            "example.com/",
            "a b",
            "a:0",
            "a:b",
            "a:",
            "::1",
            "[::1",
            "[x]",
            "[::1]80",
        ] {
            assert_eq!(HostRule::parse(bad), None, "{bad}");
        }
    }
}
