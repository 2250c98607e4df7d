//! The one window.

use tauri::webview::{NewWindowResponse, PageLoadEvent};
use tauri::{AppHandle, Manager, Runtime, Url, WebviewWindowBuilder};
use tauri_plugin_window_state::StateFlags;

use crate::attention;

/// The label of the window, as in `tauri.conf.json`.
const LABEL: &str = "main";

/// Opens the window. It shows the page whatever becomes of the runtime.
///
/// # Errors
/// When the system cannot show a window.
pub fn open(app: &AppHandle) -> tauri::Result<()> {
    let Some(config) = app
        .config()
        .app
        .windows
        .iter()
        .find(|window| window.label == LABEL)
    else {
        return Err(tauri::Error::WindowNotFound);
    };
    let ours = app
        .config()
        .build
        .dev_url
        .clone()
        .filter(|_| tauri::is_dev());
    WebviewWindowBuilder::from_config(app, config)?
        .on_navigation(move |url| is_ours(url, ours.as_ref()) || follow_outside(url))
        .on_new_window(|url, _| {
            follow_outside(&url);
            NewWindowResponse::Deny
        })
        .on_page_load(|window, load| {
            if load.event() == PageLoadEvent::Started {
                attention::forget(window.app_handle());
            }
        })
        .build()?;
    Ok(())
}

/// Brings the window to the front.
pub fn focus(app: &AppHandle) {
    if let Some(window) = app.get_webview_window(LABEL) {
        let brought = window
            .show()
            .and_then(|()| window.unminimize())
            .and_then(|()| window.set_focus());
        if let Err(error) = brought {
            tracing::warn!(%error, "the window could not be brought to the front");
        }
    }
}

/// Shows how much needs somebody where the desktop shows windows: in the title, and as a badge where there is one.
pub fn show_count(app: &AppHandle, title: &str, count: u32) {
    let Some(window) = app.get_webview_window(LABEL) else {
        return;
    };
    if let Err(error) = window.set_title(title) {
        tracing::warn!(%error, "the title does not show the newest count");
    }
    let badge = (count > 0).then_some(i64::from(count));
    // Not every desktop has one.
    if let Err(error) = window.set_badge_count(badge) {
        tracing::debug!(%error, "no badge");
    }
}

/// Hides the window: when it is wished, and as the first step of quitting.
pub fn hide(app: &AppHandle) {
    if let Some(window) = app.get_webview_window(LABEL) {
        // If it stays visible, it can still be closed.
        window.hide().ok();
    }
}

/// Remembers size and place. Not visibility: quitting hides the window first.
pub fn remember_state<R: Runtime>() -> tauri::plugin::TauriPlugin<R> {
    let kept = StateFlags::SIZE | StateFlags::POSITION | StateFlags::MAXIMIZED;
    tauri_plugin_window_state::Builder::new()
        .with_state_flags(kept)
        .build()
}

/// Only the page itself is ever shown: at its own scheme, and at the development server while developing.
fn is_ours(url: &Url, development: Option<&Url>) -> bool {
    let embedded =
        url.scheme() == "tauri" || (cfg!(windows) && url.host_str() == Some("tauri.localhost"));
    embedded || development.is_some_and(|dev| url.origin() == dev.origin())
}

/// A link to elsewhere opens in the person's browser. Always false: never in this window.
fn follow_outside(url: &Url) -> bool {
    if matches!(url.scheme(), "http" | "https")
        && let Err(error) = open::that_detached(url.as_str())
    {
        tracing::warn!(%error, "a link could not be opened");
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_page_is_ours() {
        let development = "http://127.0.0.1:5173".parse().ok();
        let check = |url: &str, development: Option<&Url>, expected: bool| {
            assert_eq!(
                is_ours(&url.parse().expect("url"), development),
                expected,
                "{url}"
            );
        };
        check("tauri://localhost/#/runs", None, true);
        check("https://example.org/", None, false);
        check("http://127.0.0.1:4242/app/", None, false);
        check("http://127.0.0.1:5173/#/runs", None, false);
        check("http://127.0.0.1:5173/#/runs", development.as_ref(), true);
        check("http://127.0.0.1:51730/", development.as_ref(), false);
        check("file:///etc/passwd", development.as_ref(), false);
    }
}
