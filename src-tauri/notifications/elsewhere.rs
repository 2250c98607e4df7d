//! The notifications of macOS and Windows: they are shown; what is pressed there is not heard.

use notify_rust::Notification;
use tauri::AppHandle;

use super::Note;

/// The desktop, which always shows notifications or keeps them back by its own settings.
#[derive(Default)]
pub struct Desktop;

impl Desktop {
    /// # Errors
    /// Never.
    pub fn answers(&self) -> Result<(), String> {
        Ok(())
    }

    /// # Errors
    /// Why it was not shown.
    pub fn show(&self, _: &AppHandle, note: &Note) -> Result<(), String> {
        let shown = Notification::new()
            .summary(&note.title)
            .body(&note.body)
            .show();
        shown.map(drop).map_err(|error| error.to_string())
    }

    /// It stays until the person or the desktop puts it away.
    pub fn withdraw(&self, _: &str) {}
}
