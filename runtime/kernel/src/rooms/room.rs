//! A room: the scope that people and agents share and watch; one stream of events.

use crate::command::{Answer, Context, Decision, Refusal};
use crate::envelope::{Draft, Scope};
use crate::event::RoomCreated;
use crate::limits;
use crate::reject::Reject;
use crate::state::{Room, State};
use crate::text;

#[derive(Clone, Debug, Default)]
pub struct CreateRoom {
    pub room_id: String,
    pub title: Option<String>,
    pub topic: Option<String>,
    pub room_mode: Option<String>,
    pub default_lang: Option<String>,
    pub tool_policy_ref: Option<String>,
    pub mission_id: Option<String>,
}

pub fn create_room(ctx: &Context, command: CreateRoom) -> Result<Decision, Reject> {
    let name = |field, value: &Option<String>| {
        text::optional(field, value.as_deref(), limits::NAME_CHARS_MAX)
    };
    let event = RoomCreated {
        title: text::required(
            "missing_title",
            "title",
            command.title.as_deref(),
            limits::TITLE_CHARS_MAX,
        )?,
        topic: text::optional("topic", command.topic.as_deref(), limits::TITLE_CHARS_MAX)?,
        room_mode: name("room_mode", &command.room_mode)?.unwrap_or_else(|| "default".to_owned()),
        default_lang: name("default_lang", &command.default_lang)?
            .unwrap_or_else(|| "en".to_owned()),
        tool_policy_ref: name("tool_policy_ref", &command.tool_policy_ref)?,
    };
    let scope = Scope {
        mission_id: text::identifier(
            "mission_id",
            command.mission_id.as_deref(),
            limits::NAME_CHARS_MAX,
        )?,
        room_id: Some(command.room_id.clone()),
        ..Scope::workspace(&ctx.workspace_id)
    };
    let draft =
        Draft::new(event.into(), scope, ctx.caller.actor()).correlated(ctx.correlation_id.clone());
    Ok(Decision::new(vec![draft], Answer::Created(command.room_id)))
}

/// The room, if it is in the caller's workspace; a foreign one does not exist.
pub fn find_room<S: State>(
    ctx: &Context,
    state: &S,
    room_id: &str,
) -> Result<Room, Refusal<S::Error>> {
    match state.room(room_id).map_err(Refusal::State)? {
        Some(room) if room.workspace_id == ctx.workspace_id => Ok(room),
        Some(_) | None => Err(Reject::not_found("room_not_found", "room", room_id).into()),
    }
}

impl Room {
    /// The scope of what happens in this room.
    pub fn scope(&self) -> Scope {
        Scope {
            mission_id: self.mission_id.clone(),
            room_id: Some(self.room_id.clone()),
            ..Scope::workspace(&self.workspace_id)
        }
    }
}
