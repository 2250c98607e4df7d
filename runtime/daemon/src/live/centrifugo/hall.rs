//! Who is connected: what all sessions share.

use super::session::Inbox;
use kernel::engines::digest;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{mpsc, watch};

/// By channel and client.
type Listeners = HashMap<String, BTreeMap<String, Listener>>;

struct Listener {
    user: String,
    /// Where it is told who comes and goes, if it has asked for that.
    movements: Option<mpsc::Sender<Movement>>,
}

/// A client came to a channel, or left it.
#[derive(Clone, Debug)]
pub struct Movement {
    pub channel: String,
    pub client: String,
    pub user: String,
    pub came: bool,
}

/// Everybody who listens, by channel. Cheap to clone.
#[derive(Clone)]
pub struct Hall {
    listeners: Arc<Mutex<Listeners>>,
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
        let Some(clients) = listeners.get_mut(&self.channel) else {
            return;
        };
        if let Some(gone) = clients.remove(&self.client) {
            tell(clients, &self.channel, &self.client, &gone.user, false);
        }
        if clients.is_empty() {
            listeners.remove(&self.channel);
        }
    }
}

/// Tells everybody on a channel who asked for it. Whoever has no room for it is not waited for.
fn tell(clients: &BTreeMap<String, Listener>, channel: &str, client: &str, user: &str, came: bool) {
    for movements in clients.values().filter_map(|one| one.movements.as_ref()) {
        let movement = Movement {
            channel: channel.to_owned(),
            client: client.to_owned(),
            user: user.to_owned(),
            came,
        };
        movements.try_send(movement).ok();
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

    fn listeners(&self) -> std::sync::MutexGuard<'_, Listeners> {
        self.listeners
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// A client of a user listens to a channel. It is told itself that it came.
    pub fn sit(
        &self,
        channel: &str,
        client: &str,
        user: &str,
        movements: Option<mpsc::Sender<Movement>>,
    ) -> Seat {
        let mut listeners = self.listeners();
        let clients = listeners.entry(channel.to_owned()).or_default();
        let listener = Listener {
            user: user.to_owned(),
            movements,
        };
        clients.insert(client.to_owned(), listener);
        tell(clients, channel, client, user, true);
        Seat {
            hall: self.clone(),
            channel: channel.to_owned(),
            client: client.to_owned(),
        }
    }

    /// Clients that listen to a channel, with their users.
    pub fn present(&self, channel: &str) -> BTreeMap<String, String> {
        let listeners = self.listeners();
        let clients = listeners.get(channel).into_iter().flatten();
        clients
            .map(|(client, listener)| (client.clone(), listener.user.clone()))
            .collect()
    }

    /// Subscriptions of all clients.
    pub fn count(&self) -> usize {
        self.listeners().values().map(BTreeMap::len).sum()
    }

    /// Tells every session that this process ends.
    pub fn close(&self) {
        self.closing.send_replace(true);
    }

    pub fn closing(&self) -> watch::Receiver<bool> {
        self.closing.subscribe()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_asked_is_told_who_comes_and_goes_as_far_as_there_is_room() {
        let hall = Hall::default();
        let (send, mut movements) = mpsc::channel(3);
        let watcher = hall.sit("public.a", "c1", "bob", Some(send));
        let others: Vec<Seat> = ["c2", "c3", "c4"]
            .map(|client| hall.sit("public.a", client, "", None))
            .into();
        let _elsewhere = hall.sit("public.b", "c5", "", None);
        let mut told = || {
            let movement = movements.try_recv().ok()?;
            Some((movement.client, movement.came))
        };
        for client in ["c1", "c2", "c3"] {
            assert_eq!(told(), Some((client.to_owned(), true)));
        }
        assert_eq!(told(), None, "there was no room for the fourth");
        assert_eq!(hall.present("public.a").len(), 4);
        drop(others);
        assert_eq!(told(), Some(("c2".to_owned(), false)));
        drop(watcher);
        assert!(hall.present("public.a").is_empty());
    }
}
