//! The tray: a semaphore whose arm and colour show the runtime's phase, and a short menu.
//!
//! Not every desktop shows a tray, so nothing is only here.

use std::sync::Arc;

use supervisor::{Component, Phase, RuntimeAction, RuntimeStatus};
use tauri::image::Image;
use tauri::include_image;
use tauri::menu::{Menu, MenuEvent, MenuItem, PredefinedMenuItem};
use tauri::tray::{TrayIcon, TrayIconBuilder};
use tauri::{AppHandle, Manager, Wry};

use crate::runtime::Runtime;
use crate::{quit, window};

const OPEN: &str = "open";
const RESTART: &str = "restart";
const QUIT: &str = "quit";

/// The parts that change with the phase.
struct Tray {
    icon: TrayIcon,
    status: MenuItem<Wry>,
}

/// Creates the tray. Without a tray library the window works all the same.
pub fn create(app: &AppHandle) {
    // The library for the tray is loaded here, and a missing one is a panic in the crate that loads it.
    let built = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| build(app)));
    match built {
        Ok(Ok(tray)) => {
            app.manage(tray);
        }
        Ok(Err(error)) => tracing::warn!(%error, "no tray icon"),
        Err(_) => tracing::warn!("no tray icon: its library is not installed"),
    }
}

/// Shows `status` in the tray.
pub fn show(app: &AppHandle, status: &RuntimeStatus) {
    let Some(tray) = app.try_state::<Tray>() else {
        return;
    };
    let sentence = sentence(status);
    let shown = tray
        .icon
        .set_icon(Some(picture(status.phase)))
        .and_then(|()| tray.icon.set_tooltip(Some(&sentence)))
        .and_then(|()| tray.status.set_text(&sentence));
    if let Err(error) = shown {
        tracing::warn!(%error, "the tray does not show the newest status");
    }
}

fn build(app: &AppHandle) -> tauri::Result<Tray> {
    let status = MenuItem::with_id(app, "status", "Starting", false, None::<&str>)?;
    let menu = Menu::with_items(
        app,
        &[
            &status,
            &PredefinedMenuItem::separator(app)?,
            &MenuItem::with_id(app, OPEN, "Open Signalbox", true, None::<&str>)?,
            &MenuItem::with_id(app, RESTART, "Restart runtime", true, None::<&str>)?,
            &PredefinedMenuItem::separator(app)?,
            &MenuItem::with_id(app, QUIT, "Quit and stop the runtime", true, None::<&str>)?,
        ],
    )?;
    let icon = TrayIconBuilder::with_id("runtime")
        .icon(picture(Phase::Starting))
        .tooltip("Signalbox")
        .menu(&menu)
        .on_menu_event(chosen)
        .build(app)?;
    Ok(Tray { icon, status })
}

fn chosen(app: &AppHandle, event: MenuEvent) {
    match event.id().as_ref() {
        OPEN => window::focus(app),
        RESTART => {
            let runtime = app.state::<Arc<Runtime>>();
            runtime.act(RuntimeAction::Restart {
                component: Component::Api,
            });
            runtime.act(RuntimeAction::Restart {
                component: Component::Worker,
            });
        }
        QUIT => quit::quit(app),
        _ => {}
    }
}

/// Level is stop, raised is clear: the arm says it to those who do not see the colour.
fn picture(phase: Phase) -> Image<'static> {
    match phase {
        Phase::Healthy => include_image!("icons/tray/healthy.png"),
        Phase::Starting | Phase::Degraded => include_image!("icons/tray/degraded.png"),
        Phase::Fatal => include_image!("icons/tray/fatal.png"),
        Phase::Stopped => include_image!("icons/tray/stopped.png"),
    }
}

fn sentence(status: &RuntimeStatus) -> String {
    let part = |component: Option<Component>| component.map_or("runtime", Component::name);
    match status.phase {
        Phase::Starting => "Runtime is starting".to_owned(),
        Phase::Healthy => "Runtime is healthy".to_owned(),
        Phase::Degraded => format!("Runtime is degraded: {}", part(status.degraded_component)),
        Phase::Fatal => format!("The {} needs you", part(status.fatal_component)),
        Phase::Stopped => "Runtime is stopped".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use supervisor::RunnerMode;

    #[test]
    fn the_menu_names_the_part_that_fails() {
        let mut status = RuntimeStatus::not_started(RunnerMode::Embedded);
        assert_eq!(sentence(&status), "Runtime is starting");
        status.phase = Phase::Degraded;
        status.degraded_component = Some(Component::Worker);
        assert_eq!(sentence(&status), "Runtime is degraded: worker");
        let failed = RuntimeStatus::cannot_start(RunnerMode::Embedded, "x", "y", "z");
        assert_eq!(sentence(&failed), "The api needs you");
    }
}
