//! What the page wants seen outside itself: how much needs the person, and what may be done at once.
//!
//! The window does not know what it counts or what an entry does. It shows what the page says, and says
//! what was chosen.

use serde::{Deserialize, Serialize};
use tauri::{AppHandle, Emitter};

use crate::text::line;
use crate::{tray, window};

/// The event that brings a choice to the page.
const CHOSEN_EVENT: &str = "attention-chosen";
/// More entries than this are no menu any more.
const ENTRIES_MAX: usize = 12;
const LABEL_MAX_CHARS: usize = 120;
/// A larger count says no more than this.
const COUNT_SHOWN_MAX: u32 = 99;
const TITLE: &str = "Signalbox";

/// What the page wants shown.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Attention {
    count: u32,
    /// The count in words.
    summary: String,
    entries: Vec<Entry>,
}

/// One line of the menu.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Entry {
    pub id: String,
    pub label: String,
    /// `None` is a line without a mark.
    pub checked: Option<bool>,
    pub enabled: bool,
}

#[derive(Clone, Serialize)]
struct Chosen<'a> {
    id: &'a str,
}

impl Attention {
    /// Within what a menu can hold, whatever the page sent.
    fn bounded(mut self) -> Self {
        self.entries.truncate(ENTRIES_MAX);
        for entry in &mut self.entries {
            entry.label = line(&entry.label, LABEL_MAX_CHARS);
        }
        self.summary = line(&self.summary, LABEL_MAX_CHARS);
        self
    }

    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The count in words; nothing while nothing needs anybody.
    pub fn summary(&self) -> Option<&str> {
        (self.count > 0).then_some(self.summary.as_str())
    }

    /// The count as short as it can be said; nothing while it is zero.
    pub fn short_count(&self) -> Option<String> {
        match self.count {
            0 => None,
            count if count > COUNT_SHOWN_MAX => Some(format!("{COUNT_SHOWN_MAX}+")),
            count => Some(count.to_string()),
        }
    }

    fn window_title(&self) -> String {
        self.short_count()
            .map_or_else(|| TITLE.to_owned(), |count| format!("({count}) {TITLE}"))
    }
}

/// Shows it in the title, on the taskbar and in the tray, as far as this desktop can.
pub fn show(app: &AppHandle, attention: Attention) {
    let attention = attention.bounded();
    window::show_count(app, &attention.window_title(), attention.count);
    tray::show_attention(app, attention);
}

/// Shows nothing any more: the page that said it is gone, and nobody would hear a choice.
pub fn forget(app: &AppHandle) {
    show(app, Attention::default());
}

/// Tells the page what was chosen.
pub fn chosen(app: &AppHandle, id: &str) {
    if let Err(error) = app.emit(CHOSEN_EVENT, Chosen { id }) {
        tracing::warn!(%error, id, "the page was not told of a choice");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(count: u32) -> Attention {
        Attention {
            count,
            summary: format!("{count} need you"),
            entries: Vec::new(),
        }
    }

    #[test]
    fn the_title_counts_what_needs_somebody() {
        assert_eq!(counted(0).window_title(), "Signalbox");
        assert_eq!(counted(3).window_title(), "(3) Signalbox");
        assert_eq!(counted(99).window_title(), "(99) Signalbox");
        assert_eq!(counted(100).window_title(), "(99+) Signalbox");
    }

    #[test]
    fn nothing_is_said_about_nothing() {
        assert_eq!(counted(0).summary(), None);
        assert_eq!(counted(1).summary(), Some("1 need you"));
    }

    #[test]
    fn a_menu_stays_a_menu() {
        let entry = Entry {
            id: "x".to_owned(),
            label: format!("one\ntwo {}", "x".repeat(LABEL_MAX_CHARS)),
            checked: None,
            enabled: true,
        };
        let bounded = Attention {
            entries: vec![entry; ENTRIES_MAX + 1],
            ..counted(1)
        }
        .bounded();
        assert_eq!(bounded.entries.len(), ENTRIES_MAX);
        let label = &bounded.entries[0].label;
        assert!(label.starts_with("one two x"), "{label}");
        assert_eq!(label.chars().count(), LABEL_MAX_CHARS);
    }
}
