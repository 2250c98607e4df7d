//! Live delivery in process, where a commit and its publication can be held apart: what a watcher
//! reads from the log in between must not come again.

use crate::support::{eventually, within};
use daemon::live::{Cursor, FeedKey, Hub, Subscription, room};
use daemon::store::Store;
use kernel::{Caller, Command, Context, Timestamp, rooms};
use std::sync::{Arc, mpsc};
use tempfile::TempDir;

/// A store whose commits are published one by one, when the test says so.
struct Rig {
    _dir: TempDir,
    store: Store,
    hub: Arc<Hub>,
    publish: mpsc::Sender<()>,
}

impl Rig {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let hub = Arc::new(Hub::default());
        let (publish, permits) = mpsc::channel::<()>();
        let tail = hub.clone();
        let held = move |published: &[_]| {
            // Without a test to wait for, everything is published.
            permits.recv().ok();
            tail.publish(published);
        };
        let store = Store::open(dir.path(), Box::new(held)).unwrap();
        Self {
            _dir: dir,
            store,
            hub,
            publish,
        }
    }

    /// Submits a command; it is answered when it has been published.
    fn submit(&self, command: Command) -> tokio::task::JoinHandle<()> {
        let store = self.store.clone();
        let ctx = Context {
            now: Timestamp::from_millis(0),
            caller: Caller::Local,
            workspace_id: "ws_dev".into(),
            correlation_id: None,
        };
        tokio::spawn(async move {
            store.append(ctx, command).await.unwrap();
        })
    }

    fn room(&self) -> Command {
        Command::CreateRoom(rooms::CreateRoom {
            room_id: "room_1".into(),
            title: Some("room".into()),
            ..Default::default()
        })
    }

    fn thread(&self, number: u64) -> Command {
        Command::CreateThread(rooms::CreateThread {
            thread_id: format!("th_{number}"),
            room_id: "room_1".into(),
            title: Some("thread".into()),
            ..Default::default()
        })
    }

    async fn committed(&self, position: u64) {
        eventually("the commit", || async {
            let last = self
                .store
                .read(|reader| reader.last_position())
                .await
                .unwrap();
            (last >= position).then_some(())
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_committed_and_not_yet_published_comes_once() {
    for key in [room("room_1"), FeedKey::Workspace("ws_dev".into())] {
        let rig = Rig::new();
        rig.publish.send(()).unwrap();
        rig.submit(rig.room()).await.unwrap();
        let second = rig.submit(rig.thread(2));
        rig.committed(2).await;
        // The log holds two events, of which one has been published.
        let mut watcher = Subscription::new(
            rig.store.clone(),
            rig.hub.clone(),
            key.clone(),
            Cursor::After(0),
            None,
        );
        let mut seen = Vec::new();
        while seen.len() < 2 {
            let frames = within("history", watcher.next()).await.unwrap();
            seen.extend(frames.iter().map(|frame| frame.position));
        }
        // The watcher goes on to wait; then comes the publication, and one more event.
        let waiting = tokio::spawn(async move {
            let mut seen = Vec::new();
            while seen.last() != Some(&3) {
                let frames = within("the tail", watcher.next()).await.unwrap();
                seen.extend(frames.iter().map(|frame| frame.position));
            }
            seen
        });
        rig.publish.send(()).unwrap();
        second.await.unwrap();
        rig.publish.send(()).unwrap();
        rig.submit(rig.thread(3)).await.unwrap();
        seen.extend(waiting.await.unwrap());
        assert_eq!(seen, [1, 2, 3], "{key:?}");
    }
}
