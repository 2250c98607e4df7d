//! Who listens on a port. To be told to a person, never to be killed.

use listeners::Protocol;

/// A process that listens on a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortHolder {
    pub pid: u32,
    pub name: String,
}

/// The process that listens on TCP `port`, if this user may see it.
///
/// `None` means unknown, not free: another user's process may be hidden.
pub fn holder(port: u16) -> Option<PortHolder> {
    let process = listeners::get_process_by_port(port, Protocol::TCP).ok()?;
    Some(PortHolder {
        pid: process.pid,
        name: process.name,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn finds_this_process_by_its_port() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        assert_eq!(holder(port).unwrap().pid, std::process::id());
        drop(listener);
        assert_eq!(holder(port), None);
    }
}
