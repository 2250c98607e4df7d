//! Notifications of the desktop: shows what the page says, and says what a person pressed.
//!
//! Where this desktop shows none, that is no failure: it is said once in the log, and to the page.

#[cfg_attr(target_os = "linux", path = "freedesktop.rs")]
#[cfg_attr(not(target_os = "linux"), path = "elsewhere.rs")]
mod desktop;

use std::sync::atomic::{AtomicBool, Ordering};

use serde::{Deserialize, Serialize};
use tauri::{AppHandle, Emitter};

use crate::text::{line, lines};

use desktop::Desktop;

/// The event that brings what was pressed to the page.
const PRESSED_EVENT: &str = "notification-pressed";
const TITLE_MAX_CHARS: usize = 120;
const BODY_MAX_CHARS: usize = 400;
/// Desktops show two or three.
const BUTTONS_MAX: usize = 3;

/// What the page wants told.
#[derive(Debug, Clone, Deserialize)]
pub struct Note {
    /// The page's own name for it. One with the same name takes its place.
    pub id: String,
    pub title: String,
    pub body: String,
    /// What a press on the notification itself does, in a word.
    pub open: String,
    pub buttons: Vec<Button>,
}

/// A button below a notification.
#[derive(Debug, Clone, Deserialize)]
pub struct Button {
    pub id: String,
    pub label: String,
}

/// What a person pressed; without a button it was the notification itself.
#[derive(Debug, Clone, Serialize)]
pub struct Pressed {
    id: String,
    button: Option<String>,
}

/// The notifications of this window.
#[derive(Default)]
pub struct Notifications {
    desktop: Desktop,
    missed: AtomicBool,
}

impl Notifications {
    /// Whether this desktop shows notifications. Asks the desktop, so it may take a moment.
    pub fn are_shown(&self) -> bool {
        self.looked_at(self.desktop.answers())
    }

    /// Shows it, in place of an older one of the same name. Says whether this desktop does so.
    pub fn show(&self, app: &AppHandle, note: Note) -> bool {
        self.looked_at(self.desktop.show(app, &note.bounded()))
    }

    /// Takes it back, if it is still shown.
    pub fn withdraw(&self, id: &str) {
        self.desktop.withdraw(id);
    }

    fn looked_at(&self, outcome: Result<(), String>) -> bool {
        if let Err(why) = &outcome
            && !self.missed.swap(true, Ordering::Relaxed)
        {
            tracing::warn!(why, "this desktop shows no notifications");
        }
        outcome.is_ok()
    }
}

impl Note {
    fn bounded(self) -> Self {
        let mut buttons = self.buttons;
        buttons.truncate(BUTTONS_MAX);
        Note {
            title: line(&self.title, TITLE_MAX_CHARS),
            body: lines(&self.body, BODY_MAX_CHARS),
            buttons,
            ..self
        }
    }
}

/// Tells the page what was pressed. Only on Linux does a desktop tell us.
#[cfg_attr(
    not(target_os = "linux"),
    expect(dead_code, reason = "nothing is heard there")
)]
fn pressed(app: &AppHandle, id: String, button: Option<String>) {
    tracing::info!(id, button, "a notification was pressed");
    if let Err(error) = app.emit(PRESSED_EVENT, Pressed { id, button }) {
        tracing::warn!(%error, "the page was not told of a notification");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_is_bounded_and_plain() {
        let button = Button {
            id: "later".to_owned(),
            label: "Later".to_owned(),
        };
        let bounded = Note {
            id: "1".to_owned(),
            title: "one\ntwo".to_owned(),
            body: "x".repeat(BODY_MAX_CHARS + 1),
            open: "Open".to_owned(),
            buttons: vec![button; BUTTONS_MAX + 1],
        }
        .bounded();
        assert_eq!(bounded.title, "one two");
        assert_eq!(bounded.body.chars().count(), BODY_MAX_CHARS);
        assert_eq!(bounded.buttons.len(), BUTTONS_MAX);
    }

    #[test]
    fn a_desktop_without_them_is_no_failure() {
        let notifications = Notifications::default();
        assert!(notifications.looked_at(Ok(())));
        assert!(!notifications.looked_at(Err("nobody".to_owned())));
        assert!(notifications.missed.load(Ordering::Relaxed));
    }
}
