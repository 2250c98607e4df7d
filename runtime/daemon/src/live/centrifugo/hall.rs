//! Who is connected: what all sessions share.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::watch;

/// Everybody who listens, by channel. Cheap to clone.
#[derive(Clone)]
pub struct Hall {
    listeners: Arc<Mutex<HashMap<String, BTreeMap<String, String>>>>,
    closing: watch::Sender<bool>,
}

impl Default for Hall {
    fn default() -> Self {
        Self {
            listeners: Arc::default(),
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

impl Hall {
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
