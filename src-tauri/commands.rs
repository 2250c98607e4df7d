//! What the page may ask of the window.

use std::sync::Arc;

use serde::Serialize;
use supervisor::data_dir;
use supervisor::diagnostics::Diagnostics;
use supervisor::{RuntimeAction, RuntimeStatus};
use tauri::{AppHandle, State};

use crate::attention::{self, Attention};
use crate::notifications::{Note, Notifications};
use crate::runtime::Runtime;
use crate::window;

/// Where the runtime serves, and the token that opens it.
#[derive(Serialize)]
pub struct Connection {
    url: Option<String>,
    token: Option<String>,
}

/// Why something was not done, in the shape of the runtime's own errors.
#[derive(Debug, Serialize)]
pub struct Refusal {
    error: &'static str,
    message: String,
    hint: &'static str,
}

#[tauri::command]
pub fn runtime_status(runtime: State<'_, Arc<Runtime>>) -> RuntimeStatus {
    runtime.status()
}

#[tauri::command]
pub fn runtime_action(runtime: State<'_, Arc<Runtime>>, action: RuntimeAction) {
    tracing::info!(?action, "asked for in the window");
    runtime.act(action);
}

#[tauri::command]
pub fn connection(runtime: State<'_, Arc<Runtime>>) -> Connection {
    let (url, token) = runtime.connection();
    Connection { url, token }
}

#[tauri::command]
pub async fn diagnostics(runtime: State<'_, Arc<Runtime>>) -> Result<Diagnostics, Refusal> {
    let runtime = Arc::clone(&runtime);
    tauri::async_runtime::spawn_blocking(move || runtime.diagnostics())
        .await
        .map_err(|error| Refusal {
            error: "diagnostics_failed",
            message: format!("The report could not be collected: {error}."),
            hint: "Look at the log files.",
        })
}

#[tauri::command]
pub async fn open_logs(runtime: State<'_, Arc<Runtime>>) -> Result<(), Refusal> {
    let logs = data_dir::logs(runtime.data_dir());
    open::that_detached(&logs).map_err(|error| Refusal {
        error: "cannot_open",
        message: format!("{} could not be opened: {error}.", logs.display()),
        hint: "Open the folder by hand.",
    })
}

#[tauri::command]
pub fn show_attention(app: AppHandle, attention: Attention) {
    attention::show(&app, attention);
}

#[tauri::command]
pub fn bring_to_front(app: AppHandle) {
    window::focus(&app);
}

/// Says whether this desktop showed it. Asking the desktop may take a moment, so not on the main thread.
#[tauri::command]
pub async fn notify(
    app: AppHandle,
    notifications: State<'_, Arc<Notifications>>,
    note: Note,
) -> Result<bool, Refusal> {
    let notifications = Arc::clone(&notifications);
    of_desktop(move || notifications.show(&app, note)).await
}

#[tauri::command]
pub async fn withdraw_notification(
    notifications: State<'_, Arc<Notifications>>,
    id: String,
) -> Result<(), Refusal> {
    let notifications = Arc::clone(&notifications);
    of_desktop(move || notifications.withdraw(&id)).await
}

#[tauri::command]
pub async fn notifications_are_shown(
    notifications: State<'_, Arc<Notifications>>,
) -> Result<bool, Refusal> {
    let notifications = Arc::clone(&notifications);
    of_desktop(move || notifications.are_shown()).await
}

async fn of_desktop<T: Send + 'static>(
    ask: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Refusal> {
    tauri::async_runtime::spawn_blocking(ask)
        .await
        .map_err(|error| Refusal {
            error: "desktop_failed",
            message: format!("The desktop could not be asked: {error}."),
            hint: "Look at the log files.",
        })
}
