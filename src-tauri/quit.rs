//! The way out: hide the window, end the runtime, leave. Every way of leaving goes through here.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tauri::{AppHandle, Manager};

use crate::runtime::Runtime;
use crate::window;

/// Whether quitting has begun.
#[derive(Default)]
pub struct Quit(AtomicBool);

/// Quits. The window goes at once, the process when the children have gone. Further calls do nothing.
pub fn quit(app: &AppHandle) {
    if app.state::<Quit>().0.swap(true, Ordering::SeqCst) {
        return;
    }
    tracing::info!("quitting");
    window::hide(app);
    let (runtime, leaving) = (Arc::clone(&app.state::<Arc<Runtime>>()), app.clone());
    let ended = std::thread::Builder::new()
        .name("quit".to_owned())
        .spawn(move || {
            runtime.shutdown();
            leaving.exit(0);
        });
    if ended.is_err() {
        // Blocks the window instead; it is hidden anyway.
        app.state::<Arc<Runtime>>().shutdown();
        app.exit(0);
    }
}

/// Quits when the system asks for it. Without this a signal would end the process on the spot and leave
/// it to the children to notice.
pub fn on_signals(app: &AppHandle) {
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        match asked_to_end().await {
            Ok(()) => quit(&app),
            Err(error) => tracing::warn!(%error, "signals are not heard"),
        }
    });
}

#[cfg(unix)]
async fn asked_to_end() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
        _ = hang_up.recv() => {}
    }
    Ok(())
}

#[cfg(not(unix))]
async fn asked_to_end() -> std::io::Result<()> {
    tokio::signal::ctrl_c().await
}
