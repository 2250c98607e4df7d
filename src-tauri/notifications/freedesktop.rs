//! The notifications of a Linux desktop, over its session bus.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tauri::AppHandle;
use zbus::blocking::connection::Builder;
use zbus::blocking::{Connection, MessageIterator};
use zbus::message::Type;
use zbus::zvariant::Value;
use zbus::{MatchRule, Message};

use super::{Note, pressed};
use crate::text::without_markup;

const NAME: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";
const ICON: &str = "signalbox-desktop";
/// The action that a press on the notification itself is.
const DEFAULT_ACTION: &str = "default";
/// The desktop decides how long it stays.
const TIMEOUT_OF_DESKTOP: i32 = -1;
/// A desktop that does not answer in this time shows nothing.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);
/// Remembered at once: more are on no screen.
const SHOWN_MAX: usize = 64;
/// Signals that may wait for us.
const SIGNALS_MAX: usize = 64;

/// The desktop, once it was spoken to.
#[derive(Default)]
pub struct Desktop(Mutex<Option<Link>>);

struct Link {
    bus: Connection,
    shown: Arc<Mutex<Shown>>,
    /// Whether somebody listens to what is pressed.
    heard: bool,
}

/// What is on the screen: the desktop's number and the page's name, the oldest first.
#[derive(Default)]
struct Shown(VecDeque<(u32, String)>);

impl Desktop {
    /// # Errors
    /// Why there is nobody who shows notifications.
    pub fn answers(&self) -> Result<(), String> {
        let mut link = self.link();
        connected(&mut link)
            .and_then(|link| link.capabilities())
            .map(drop)
            .map_err(why)
    }

    /// # Errors
    /// Why it was not shown.
    pub fn show(&self, app: &AppHandle, note: &Note) -> Result<(), String> {
        let mut link = self.link();
        let link = connected(&mut link).map_err(why)?;
        link.listen(app).map_err(why)?;
        link.show(note).map_err(why)
    }

    pub fn withdraw(&self, id: &str) {
        let link = self.link();
        let Some(link) = &*link else {
            return;
        };
        let number = lock(&link.shown).number_of(id);
        if let Some(number) = number {
            // One that has gone by itself needs no taking back.
            link.call("CloseNotification", &(number,)).ok();
        }
    }

    fn link(&self) -> MutexGuard<'_, Option<Link>> {
        lock(&self.0)
    }
}

fn connected(link: &mut Option<Link>) -> zbus::Result<&mut Link> {
    if link.is_none() {
        *link = Some(Link {
            bus: Builder::session()?.method_timeout(ANSWER_TIMEOUT).build()?,
            shown: Arc::default(),
            heard: false,
        });
    }
    link.as_mut().ok_or(zbus::Error::InvalidReply)
}

impl Link {
    fn capabilities(&self) -> zbus::Result<Vec<String>> {
        self.call("GetCapabilities", &())?.body().deserialize()
    }

    fn show(&self, note: &Note) -> zbus::Result<()> {
        let capabilities = self.capabilities()?;
        let can = |what: &str| capabilities.iter().any(|each| each == what);
        let body = if can("body-markup") {
            without_markup(&note.body)
        } else {
            note.body.clone()
        };
        let actions = if can("actions") {
            actions(note)
        } else {
            Vec::new()
        };
        let hints = HashMap::from([
            ("desktop-entry", Value::from("Signalbox")),
            ("urgency", Value::from(1_u8)),
        ]);
        // Held until its number is known, so that no press is heard before.
        let mut shown = lock(&self.shown);
        let replaces = shown.number_of(&note.id).unwrap_or(0);
        let arguments = (
            "Signalbox",
            replaces,
            ICON,
            &note.title,
            &body,
            actions,
            hints,
            TIMEOUT_OF_DESKTOP,
        );
        let number = self.call("Notify", &arguments)?.body().deserialize()?;
        shown.add(number, &note.id);
        Ok(())
    }

    /// Listens to what is pressed, from before the first one is shown until the bus is gone.
    fn listen(&mut self, app: &AppHandle) -> zbus::Result<()> {
        if self.heard {
            return Ok(());
        }
        let rule = MatchRule::builder()
            .msg_type(Type::Signal)
            .sender(NAME)?
            .interface(NAME)?
            .path(PATH)?
            .build();
        let signals = MessageIterator::for_match_rule(rule, &self.bus, Some(SIGNALS_MAX))?;
        let (app, shown) = (app.clone(), Arc::clone(&self.shown));
        std::thread::Builder::new()
            .name("notifications".to_owned())
            .spawn(move || {
                for signal in signals.map_while(Result::ok) {
                    let heard = lock(&shown).hear(&signal);
                    if let Some((id, button)) = heard {
                        pressed(&app, id, button);
                    }
                }
            })
            .map_err(|error| zbus::Error::InputOutput(error.into()))?;
        self.heard = true;
        Ok(())
    }

    fn call<B>(&self, method: &str, body: &B) -> zbus::Result<Message>
    where
        B: serde::Serialize + zbus::zvariant::DynamicType,
    {
        self.bus
            .call_method(Some(NAME), PATH, Some(NAME), method, body)
    }
}

/// Pairs of name and label, the first for a press on the notification itself.
fn actions(note: &Note) -> Vec<&str> {
    let buttons = note.buttons.iter();
    [DEFAULT_ACTION, note.open.as_str()]
        .into_iter()
        .chain(buttons.flat_map(|button| [button.id.as_str(), button.label.as_str()]))
        .collect()
}

impl Shown {
    fn add(&mut self, number: u32, id: &str) {
        self.remove(number);
        self.0.push_back((number, id.to_owned()));
        if self.0.len() > SHOWN_MAX {
            self.0.pop_front();
        }
    }

    fn remove(&mut self, number: u32) {
        self.0.retain(|(each, _)| *each != number);
    }

    fn number_of(&self, id: &str) -> Option<u32> {
        self.0
            .iter()
            .find(|(_, each)| each == id)
            .map(|(number, _)| *number)
    }

    fn name_of(&self, number: u32) -> Option<String> {
        self.0
            .iter()
            .find(|(each, _)| *each == number)
            .map(|(_, id)| id.clone())
    }

    /// What a signal of the desktop means for the page. Others have notifications too.
    fn hear(&mut self, signal: &Message) -> Option<(String, Option<String>)> {
        let header = signal.header();
        match header.member()?.as_str() {
            "ActionInvoked" => {
                let (number, action): (u32, String) = signal.body().deserialize().ok()?;
                let id = self.name_of(number)?;
                Some((id, (action != DEFAULT_ACTION).then_some(action)))
            }
            "NotificationClosed" => {
                let (number, _): (u32, u32) = signal.body().deserialize().ok()?;
                self.remove(number);
                None
            }
            _ => None,
        }
    }
}

fn why(error: zbus::Error) -> String {
    error.to_string()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notifications::Button;

    fn signal<B>(member: &str, body: &B) -> Message
    where
        B: serde::Serialize + zbus::zvariant::DynamicType,
    {
        let signal = Message::signal(PATH, NAME, member).expect("a signal");
        signal.build(body).expect("a message")
    }

    fn shown(count: u32) -> Shown {
        let mut shown = Shown::default();
        for number in 1..=count {
            shown.add(number, &format!("note {number}"));
        }
        shown
    }

    #[test]
    fn a_press_names_the_note_and_the_button() {
        let mut shown = shown(2);
        let mut check = |number: u32, action: &str, expected: Option<(&str, Option<&str>)>| {
            let heard = shown.hear(&signal("ActionInvoked", &(number, action)));
            let expected = expected.map(|(id, button)| (id.to_owned(), button.map(str::to_owned)));
            assert_eq!(heard, expected);
        };
        check(2, "default", Some(("note 2", None)));
        check(1, "later", Some(("note 1", Some("later"))));
        check(7, "default", None);
    }

    #[test]
    fn one_that_was_closed_is_pressed_no_more() {
        let mut shown = shown(1);
        assert_eq!(
            shown.hear(&signal("NotificationClosed", &(1_u32, 2_u32))),
            None
        );
        assert_eq!(
            shown.hear(&signal("ActionInvoked", &(1_u32, "default"))),
            None
        );
    }

    #[test]
    fn one_with_the_same_number_takes_the_place_and_the_oldest_is_forgotten() {
        let mut replaced = shown(1);
        replaced.add(1, "other");
        assert_eq!(
            (replaced.name_of(1).as_deref(), replaced.0.len()),
            (Some("other"), 1)
        );
        let many = shown(u32::try_from(SHOWN_MAX).expect("small") + 1);
        assert_eq!(many.0.len(), SHOWN_MAX);
        assert_eq!(many.number_of("note 1"), None);
    }

    #[test]
    fn the_first_action_is_the_notification_itself() {
        let note = Note {
            id: "1".to_owned(),
            title: String::new(),
            body: String::new(),
            open: "Open".to_owned(),
            buttons: vec![Button {
                id: "later".to_owned(),
                label: "Later".to_owned(),
            }],
        };
        assert_eq!(actions(&note), ["default", "Open", "later", "Later"]);
    }
}
