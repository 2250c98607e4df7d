//! The tray: a semaphore whose arm and colour show the runtime's phase, and a short menu.
//!
//! The middle of the menu is the page's. Not every desktop shows a tray, so nothing is only here.

use std::sync::{Arc, Mutex, PoisonError};

use supervisor::{Component, Phase, RuntimeAction, RuntimeStatus};
use tauri::image::Image;
use tauri::include_image;
use tauri::menu::{CheckMenuItem, IsMenuItem, Menu, MenuEvent, MenuItem, PredefinedMenuItem};
use tauri::tray::{TrayIcon, TrayIconBuilder};
use tauri::{AppHandle, Manager, Wry};

use crate::attention::{self, Attention, Entry};
use crate::runtime::Runtime;
use crate::{quit, window};

const OPEN: &str = "open";
const HIDE: &str = "hide";
const RESTART: &str = "restart";
const QUIT: &str = "quit";
/// What tells an entry of the page from one of ours.
const OF_PAGE: &str = "page:";
/// Where the page's entries begin: below the status and its line.
const FIRST_OF_PAGE: usize = 2;

/// The parts that change, and what they show. Touched by the main thread alone.
struct Tray {
    icon: TrayIcon,
    menu: Menu<Wry>,
    status: MenuItem<Wry>,
    entries: Vec<Line>,
    phase: Phase,
    sentence: String,
    attention: Attention,
}

/// An entry of the page as it stands in the menu.
enum Line {
    Plain(MenuItem<Wry>),
    Marked(CheckMenuItem<Wry>),
}

/// Creates the tray. Without a tray library the window works all the same.
pub fn create(app: &AppHandle) {
    // The library for the tray is loaded here, and a missing one is a panic in the crate that loads it.
    let built = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| build(app)));
    match built {
        Ok(Ok(tray)) => {
            app.manage(Mutex::new(tray));
        }
        Ok(Err(error)) => tracing::warn!(%error, "no tray icon"),
        Err(_) => tracing::warn!("no tray icon: its library is not installed"),
    }
}

/// Shows `status` in the tray.
pub fn show_status(app: &AppHandle, status: &RuntimeStatus) {
    let (phase, sentence) = (status.phase, sentence(status));
    change(app, move |tray, _| {
        tray.phase = phase;
        tray.sentence = sentence;
        tray.status.set_text(&tray.sentence)?;
        tray.show()
    });
}

/// Shows what the page wants seen.
pub fn show_attention(app: &AppHandle, attention: Attention) {
    change(app, move |tray, app| {
        let before = std::mem::replace(&mut tray.attention, attention);
        if before.entries() != tray.attention.entries() {
            tray.show_entries(app, before.entries())?;
        }
        tray.show()
    });
}

/// Changes the tray on the main thread, which also hears the clicks: no lock is ever waited for.
fn change(
    app: &AppHandle,
    change: impl FnOnce(&mut Tray, &AppHandle) -> tauri::Result<()> + Send + 'static,
) {
    let of_app = app.clone();
    let queued = app.run_on_main_thread(move || {
        let Some(tray) = of_app.try_state::<Mutex<Tray>>() else {
            return;
        };
        let mut tray = tray.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = change(&mut tray, &of_app) {
            tracing::warn!(%error, "the tray does not show the newest state");
        }
    });
    if let Err(error) = queued {
        tracing::warn!(%error, "the tray could not be reached");
    }
}

impl Tray {
    /// What is beside the menu: the picture, the count and the words on hovering.
    fn show(&self) -> tauri::Result<()> {
        let needs_you = self.attention.summary();
        let words = [needs_you, Some(self.sentence.as_str())];
        let tooltip: Vec<&str> = words.into_iter().flatten().collect();
        self.icon
            .set_icon(Some(picture(self.phase, needs_you.is_some())))?;
        self.icon.set_title(self.attention.short_count())?;
        self.icon.set_tooltip(Some(tooltip.join(" · ")))
    }

    /// Changes the lines where they stand, if only their words or marks differ: an open menu stays open.
    fn show_entries(&mut self, app: &AppHandle, before: &[Entry]) -> tauri::Result<()> {
        if same_lines(before, self.attention.entries()) {
            for (line, entry) in self.entries.iter().zip(self.attention.entries()) {
                line.show(entry)?;
            }
            return Ok(());
        }
        for line in self.entries.drain(..) {
            self.menu.remove(line.item())?;
        }
        for (index, entry) in self.attention.entries().iter().enumerate() {
            let line = Line::new(app, entry)?;
            self.menu.insert(line.item(), FIRST_OF_PAGE + index)?;
            self.entries.push(line);
        }
        Ok(())
    }
}

impl Line {
    fn new(app: &AppHandle, entry: &Entry) -> tauri::Result<Self> {
        let (id, label) = (format!("{OF_PAGE}{}", entry.id), plain(&entry.label));
        Ok(match entry.checked {
            None => Line::Plain(MenuItem::with_id(
                app,
                id,
                label,
                entry.enabled,
                None::<&str>,
            )?),
            Some(checked) => Line::Marked(CheckMenuItem::with_id(
                app,
                id,
                label,
                entry.enabled,
                checked,
                None::<&str>,
            )?),
        })
    }

    fn item(&self) -> &dyn IsMenuItem<Wry> {
        match self {
            Line::Plain(item) => item,
            Line::Marked(item) => item,
        }
    }

    fn show(&self, entry: &Entry) -> tauri::Result<()> {
        match self {
            Line::Plain(item) => {
                item.set_text(plain(&entry.label))?;
                item.set_enabled(entry.enabled)
            }
            Line::Marked(item) => {
                item.set_text(plain(&entry.label))?;
                item.set_checked(entry.checked == Some(true))?;
                item.set_enabled(entry.enabled)
            }
        }
    }
}

fn build(app: &AppHandle) -> tauri::Result<Tray> {
    let sentence = "Starting".to_owned();
    let status = MenuItem::with_id(app, "status", &sentence, false, None::<&str>)?;
    let menu = Menu::with_items(
        app,
        &[
            &status,
            &PredefinedMenuItem::separator(app)?,
            &PredefinedMenuItem::separator(app)?,
            &MenuItem::with_id(app, OPEN, "Open Signalbox", true, None::<&str>)?,
            &MenuItem::with_id(app, HIDE, "Hide the window", true, None::<&str>)?,
            &MenuItem::with_id(app, RESTART, "Restart runtime", true, None::<&str>)?,
            &PredefinedMenuItem::separator(app)?,
            &MenuItem::with_id(app, QUIT, "Quit and stop the runtime", true, None::<&str>)?,
        ],
    )?;
    let icon = TrayIconBuilder::with_id("runtime")
        .icon(picture(Phase::Starting, false))
        .tooltip("Signalbox")
        .menu(&menu)
        .on_menu_event(chosen)
        .build(app)?;
    Ok(Tray {
        icon,
        menu,
        status,
        entries: Vec::new(),
        phase: Phase::Starting,
        sentence,
        attention: Attention::default(),
    })
}

fn chosen(app: &AppHandle, event: MenuEvent) {
    match event.id().as_ref() {
        OPEN => window::focus(app),
        HIDE => window::hide(app),
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
        other => {
            if let Some(id) = other.strip_prefix(OF_PAGE) {
                tracing::info!(id, "chosen in the tray");
                restore_marks(app);
                attention::chosen(app, id);
            }
        }
    }
}

/// The desktop turns a mark over by itself when its line is chosen. Ours shows what is so, not what was wished.
fn restore_marks(app: &AppHandle) {
    change(app, |tray, _| {
        let lines = tray.entries.iter().zip(tray.attention.entries());
        lines
            .filter(|(line, _)| matches!(line, Line::Marked(_)))
            .try_for_each(|(line, entry)| line.show(entry))
    });
}

/// Whether the same things stand in the same order, with or without a mark.
fn same_lines(before: &[Entry], after: &[Entry]) -> bool {
    before.len() == after.len()
        && before
            .iter()
            .zip(after)
            .all(|(old, new)| old.id == new.id && old.checked.is_some() == new.checked.is_some())
}

/// A menu reads `&` as the sign before a letter to press.
fn plain(label: &str) -> String {
    label.replace('&', "&&")
}

/// Level is stop, raised is clear: the arm says it to those who do not see the colour. What needs somebody
/// adds a disc with an exclamation mark.
fn picture(phase: Phase, needs_you: bool) -> Image<'static> {
    match (phase, needs_you) {
        (Phase::Healthy, false) => include_image!("icons/tray/healthy.png"),
        (Phase::Healthy, true) => include_image!("icons/tray/healthy-needs-you.png"),
        (Phase::Starting | Phase::Degraded, false) => include_image!("icons/tray/degraded.png"),
        (Phase::Starting | Phase::Degraded, true) => {
            include_image!("icons/tray/degraded-needs-you.png")
        }
        (Phase::Fatal, false) => include_image!("icons/tray/fatal.png"),
        (Phase::Fatal, true) => include_image!("icons/tray/fatal-needs-you.png"),
        (Phase::Stopped, false) => include_image!("icons/tray/stopped.png"),
        (Phase::Stopped, true) => include_image!("icons/tray/stopped-needs-you.png"),
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

    #[test]
    fn lines_are_built_anew_only_when_they_are_others() {
        let entry = |id: &str, checked: Option<bool>, label: &str| Entry {
            id: id.to_owned(),
            label: label.to_owned(),
            checked,
            enabled: true,
        };
        let before = [entry("a", None, "A"), entry("b", Some(false), "B")];
        let check = |after: &[Entry], same: bool| assert_eq!(same_lines(&before, after), same);
        check(&before, true);
        check(&[entry("a", None, "3"), entry("b", Some(true), "B")], true);
        check(&[entry("a", None, "A"), entry("b", None, "B")], false);
        check(
            &[entry("b", Some(false), "B"), entry("a", None, "A")],
            false,
        );
        check(&[entry("a", None, "A")], false);
    }

    #[test]
    fn a_label_is_no_key() {
        assert_eq!(plain("This & that"), "This && that");
    }

    #[test]
    fn every_state_has_a_picture_of_its_own() {
        let phases = [
            Phase::Healthy,
            Phase::Degraded,
            Phase::Fatal,
            Phase::Stopped,
        ];
        let pictures: std::collections::HashSet<Vec<u8>> = phases
            .into_iter()
            .flat_map(|phase| [false, true].map(|needs_you| picture(phase, needs_you)))
            .map(|picture| picture.rgba().to_vec())
            .collect();
        assert_eq!(pictures.len(), 2 * phases.len());
    }
}
