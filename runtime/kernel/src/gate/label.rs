//! Labels of resources: how careful everybody has to be with them. The owner sets them; what has none
//! is internal.

use crate::command::{Answer, Context, Decided, Decision};
use crate::envelope::{Draft, Scope};
use crate::event::ResourceLabelled;
use crate::limits;
use crate::redaction;
use crate::reject::Reject;
use crate::rooms::find_room;
use crate::state::State;
use crate::text;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How careful.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Label {
    Public,
    #[default]
    Internal,
    /// Only for its own room.
    Restricted,
    Confidential,
    SensitivePii,
}

impl Label {
    pub const ALL: [Label; 5] = [
        Label::Public,
        Label::Internal,
        Label::Restricted,
        Label::Confidential,
        Label::SensitivePii,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Label::Public => "public",
            Label::Internal => "internal",
            Label::Restricted => "restricted",
            Label::Confidential => "confidential",
            Label::SensitivePii => "sensitive_pii",
        }
    }

    pub fn named(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|label| label.as_str() == text)
    }

    /// Whether a request for another purpose has to say why.
    pub fn minds_the_purpose(self) -> bool {
        match self {
            Label::Confidential | Label::SensitivePii => true,
            Label::Public | Label::Internal | Label::Restricted => false,
        }
    }
}

/// What a resource goes by. The type has no `:`, so that both together are one name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ResourceName {
    pub resource_type: String,
    pub resource_id: String,
}

impl ResourceName {
    /// The resource that a target of reading or writing names: `TYPE:ID`, as [`Self::target`] writes it.
    pub(super) fn of_target(target: &str) -> Option<Self> {
        let (resource_type, resource_id) = target.split_once(':')?;
        Self::read(Some(resource_type), Some(resource_id)).ok()
    }

    /// # Errors
    /// `invalid_resource`, `secret_in_identifier`, `field_too_long`.
    pub(super) fn read(
        resource_type: Option<&str>,
        resource_id: Option<&str>,
    ) -> Result<Self, Reject> {
        let read = |field, text, max| {
            let invalid = || {
                let message = format!("{field:?} is required and may not be empty.");
                Reject::invalid("invalid_resource", field, message)
            };
            text::identifier(field, text, max)?.ok_or_else(invalid)
        };
        let resource_type = read("resource_type", resource_type, limits::NAME_CHARS_MAX)?;
        if resource_type.contains(':') {
            let message = "\"resource_type\" may not have a colon.";
            return Err(Reject::invalid(
                "invalid_resource",
                "resource_type",
                message,
            ));
        }
        Ok(Self {
            resource_type,
            resource_id: read("resource_id", resource_id, limits::RESOURCE_ID_CHARS_MAX)?,
        })
    }

    /// `document:plan`: what an approval of an access is bound to.
    pub fn target(&self) -> String {
        format!("{}:{}", self.resource_type, self.resource_id)
    }
}

/// The label of a resource, as far as decisions need it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResourceLabel {
    pub label: Label,
    pub room_id: Option<String>,
    pub purpose_tags: Vec<String>,
}

#[derive(Clone, Debug, Default)]
pub struct LabelResource {
    pub resource_type: Option<String>,
    pub resource_id: Option<String>,
    pub label: Option<String>,
    pub room_id: Option<String>,
    pub purpose_tags: Option<Value>,
}

/// Labels a resource. What is as it should be already is no event.
pub fn label_resource<S: State>(
    ctx: &Context,
    state: &S,
    command: LabelResource,
) -> Decided<S::Error> {
    let resource = ResourceName::read(
        command.resource_type.as_deref(),
        command.resource_id.as_deref(),
    )?;
    let label = command.label.as_deref().and_then(Label::named);
    let label = label.ok_or_else(|| {
        let names = Label::ALL.map(Label::as_str).join(", ");
        let message = format!("\"label\" must be one of {names}.");
        Reject::invalid("invalid_label", "label", message)
    })?;
    let purpose_tags = purpose_tags(command.purpose_tags.as_ref())?;
    if let Some(room_id) = &command.room_id {
        find_room(ctx, state, room_id)?;
    }
    let next = ResourceLabel {
        label,
        room_id: command.room_id,
        purpose_tags,
    };
    let known = state
        .resource_label(&ctx.workspace_id, &resource)
        .map_err(crate::command::Refusal::State)?;
    if known.as_ref() == Some(&next) {
        return Ok(Decision::new(Vec::new(), Answer::Done));
    }
    let event = ResourceLabelled {
        resource_type: resource.resource_type,
        resource_id: resource.resource_id,
        label: next.label,
        room_id: next.room_id,
        purpose_tags: next.purpose_tags,
    };
    let scope = Scope::workspace(&ctx.workspace_id);
    let draft =
        Draft::new(event.into(), scope, ctx.caller.actor()).correlated(ctx.correlation_id.clone());
    Ok(Decision::new(vec![draft], Answer::Done))
}

/// Purposes: trimmed, each once, in order. They are compared and kept as they are, so none may look
/// like a secret.
pub(super) fn purpose_tags(value: Option<&Value>) -> Result<Vec<String>, Reject> {
    let value = match value {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(value) => value,
    };
    let invalid = |why: &str| {
        let message = format!("\"purpose_tags\" must be a list of texts: {why}.");
        Reject::invalid("invalid_purpose_tags", "purpose_tags", message)
    };
    let items = value.as_array().ok_or_else(|| invalid("it is none"))?;
    if items.len() > limits::LABELS_MAX {
        return Err(invalid("it has too many entries"));
    }
    let mut tags = Vec::new();
    for item in items {
        let tag = item
            .as_str()
            .ok_or_else(|| invalid("an entry is no text"))?;
        let tag = tag.trim();
        let is_sound = !tag.is_empty()
            && tag.chars().count() <= limits::NAME_CHARS_MAX
            && !tag.contains('\0')
            && redaction::redact_text(tag).is_none();
        if !is_sound {
            return Err(invalid(
                "an entry is empty, too long, or looks like a secret",
            ));
        }
        tags.push(tag.to_owned());
    }
    tags.sort_unstable();
    tags.dedup();
    Ok(tags)
}
