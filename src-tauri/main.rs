//! The desktop window: shows the page, keeps the owner's token, and supervises the runtime.
//!
//! It knows processes, not what they are for: the page gets a status, a connection and diagnostics from
//! here, and everything else from the runtime itself. What the page wants seen outside itself (a count, a
//! few lines of a menu, a notification) it says in words of its own, and hears what was chosen.
//!
//! Closing the window quits, and quitting ends the runtime: what is not seen is not running. Hiding it in
//! the tray is another wish, and another entry there. A runtime
//! that is to outlive the window is started with `signalbox up`.

// A release on Windows opens no console beside the window.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

mod attention;
mod commands;
mod instance;
mod logging;
mod notifications;
mod options;
mod quit;
mod runtime;
mod text;
mod tray;
mod window;

use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use tauri::{AppHandle, Emitter, Manager, RunEvent, WindowEvent};

use crate::notifications::Notifications;
use crate::options::{Options, Settings};
use crate::quit::Quit;
use crate::runtime::Runtime;

/// The event that brings each new status to the page.
const STATUS_EVENT: &str = "runtime-status";

fn main() -> ExitCode {
    let settings = match Settings::read(Options::parse()) {
        Ok(settings) => settings,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    logging::start(&settings.data_dir);
    match run(settings) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(%error, "the window could not be opened");
            ExitCode::FAILURE
        }
    }
}

fn run(settings: Settings) -> tauri::Result<()> {
    let mut context = tauri::generate_context!();
    instance::separate_by_data_dir(&mut context.config_mut().identifier, &settings.data_dir);
    let app = tauri::Builder::default()
        // First, so that a second start does nothing before it finds the first.
        .plugin(tauri_plugin_single_instance::init(|app, _, _| {
            window::focus(app)
        }))
        .plugin(window::remember_state())
        .manage(Arc::new(Runtime::new(settings)))
        .manage(Arc::new(Notifications::default()))
        .manage(Quit::default())
        .invoke_handler(tauri::generate_handler![
            commands::runtime_status,
            commands::runtime_action,
            commands::connection,
            commands::diagnostics,
            commands::open_logs,
            commands::show_attention,
            commands::bring_to_front,
            commands::notify,
            commands::withdraw_notification,
            commands::notifications_are_shown,
        ])
        .setup(|app| {
            let app = app.handle();
            window::open(app)?;
            tray::create(app);
            quit::on_signals(app);
            start_runtime(app);
            Ok(())
        })
        .build(context)?;
    app.run(on_event);
    Ok(())
}

/// Starts the runtime beside the window, which is open already and shows what comes of it.
fn start_runtime(app: &AppHandle) {
    let told = app.clone();
    app.state::<Arc<Runtime>>().start(move |status| {
        if let Err(error) = told.emit(STATUS_EVENT, status) {
            tracing::warn!(%error, "the page was not told of a new status");
        }
        tray::show_status(&told, status);
    });
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "Tauri's events are non-exhaustive"
)]
fn on_event(app: &AppHandle, event: RunEvent) {
    match event {
        RunEvent::WindowEvent {
            event: WindowEvent::CloseRequested { api, .. },
            ..
        } => {
            api.prevent_close();
            quit::quit(app);
        }
        RunEvent::ExitRequested {
            code: None, api, ..
        } => {
            api.prevent_exit();
            quit::quit(app);
        }
        // Whatever way led here, no child stays behind.
        RunEvent::Exit => app.state::<Arc<Runtime>>().shutdown(),
        _ => {}
    }
}
