//! Who is connected: what all sessions share.

use super::session::Inbox;
use kernel::engines::digest;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::watch;

/// Everybody who listens, by channel. Cheap to clone.
#[derive(Clone)]
pub struct Hall {
    listeners: Arc<Mutex<HashMap<String, BTreeMap<String, String>>>>,
    /// Sessions whose clients speak in requests of their own, by the digests of their ids.
    sessions: Arc<Mutex<HashMap<[u8; 32], Inbox>>>,
    closing: watch::Sender<bool>,
}

impl Default for Hall {
    fn default() -> Self {
        Self {
            listeners: Arc::default(),
            sessions: Arc::default(),
            closing: watch::Sender::new(false),
        }
    }
}

/// Somebody who listens to a channel; it is forgotten when this is dropped.
pub struct Seat {
    hall: Hall,
    channel: String,
    client: String,
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut listeners = self.hall.listeners();
        if let Some(clients) = listeners.get_mut(&self.channel) {
            clients.remove(&self.client);
            if clients.is_empty() {
                listeners.remove(&self.channel);
            }
        }
    }
}

/// A session that can be spoken to by its id, until this is dropped.
pub struct Kept {
    hall: Hall,
    session: [u8; 32],
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.hall.sessions().remove(&self.session);
    }
}

impl Hall {
    fn sessions(&self) -> std::sync::MutexGuard<'_, HashMap<[u8; 32], Inbox>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets a session be spoken to by its id. It is looked up by digest: no secret is ever compared.
    pub fn keep(&self, session: &str, inbox: Inbox) -> Kept {
        let session = digest(session);
        self.sessions().insert(session, inbox);
        Kept {
            hall: self.clone(),
            session,
        }
    }

    pub fn inbox(&self, session: &str) -> Option<Inbox> {
        self.sessions().get(&digest(session)).cloned()
    }

    fn listeners(&self) -> std::sync::MutexGuard<'_, HashMap<String, BTreeMap<String, String>>> {
        self.listeners
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// A client of a user listens to a channel.
    pub fn sit(&self, channel: &str, client: &str, user: &str) -> Seat {
        let mut listeners = self.listeners();
        let clients = listeners.entry(channel.to_owned()).or_default();
        clients.insert(client.to_owned(), user.to_owned());
        Seat {
            hall: self.clone(),
            channel: channel.to_owned(),
            client: client.to_owned(),
        }
    }

    /// Clients that listen to a channel, with their users.
    pub fn present(&self, channel: &str) -> BTreeMap<String, String> {
        self.listeners().get(channel).cloned().unwrap_or_default()
    }

    /// Tells every session that this process ends.
    pub fn close(&self) {
        self.closing.send_replace(true);
    }

    pub fn closing(&self) -> watch::Receiver<bool> {
        self.closing.subscribe()
    }
}
