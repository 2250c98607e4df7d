//! Artifacts: what a step produced.

use super::run::may_grow;
use super::step::fenced_step;
use crate::command::{Answer, Context, Decided, Decision, Refusal};
use crate::envelope::{Causation, Draft, Scope};
use crate::event::{ArtifactContent, ArtifactCreated};
use crate::limits;
use crate::reject::Reject;
use crate::state::State;
use crate::{canonical, text};
use serde_json::Value;
use sha2::{Digest, Sha256};

#[derive(Clone, Debug, Default)]
pub struct CreateArtifact {
    pub artifact_id: String,
    pub step_id: String,
    pub claim_token: Option<String>,
    pub kind: Option<String>,
    pub title: Option<String>,
    pub mime_type: Option<String>,
    /// When given, must be the size and hash of the content.
    pub size_bytes: Option<u64>,
    pub sha256: Option<String>,
    pub content: Option<ArtifactContent>,
    pub metadata: Option<Value>,
}

pub fn create_artifact<S: State>(
    ctx: &Context,
    state: &S,
    command: CreateArtifact,
) -> Decided<S::Error> {
    let (step, run, actor) =
        fenced_step(ctx, state, &command.step_id, command.claim_token.as_deref())?;
    may_grow(state, &run.run_id)?;
    let kind = text::required(
        "missing_kind",
        "kind",
        command.kind.as_deref(),
        limits::NAME_CHARS_MAX,
    )?;
    text::claimed_bytes("size_bytes", command.size_bytes)?;
    if let Some(metadata) = &command.metadata {
        text::open_value("metadata", metadata)?;
    }
    let measured = match &command.content {
        None | Some(ArtifactContent::None) => None,
        Some(ArtifactContent::Uri { uri }) => {
            text::no_nul("content.uri", uri)?;
            None
        }
        Some(ArtifactContent::Text { text }) => {
            text::no_nul("content.text", text)?;
            Some(measure(text))
        }
        Some(ArtifactContent::Json { json }) => {
            text::open_value("content.json", json)?;
            Some(measure(&canonical::to_string(json)))
        }
        Some(ArtifactContent::Blob { blob }) => {
            // An artifact makes a blob readable: nobody gets at one by attaching its name.
            let readable_in = (!ctx.caller.is_owner()).then_some(ctx.workspace_id.as_str());
            let size = state.blob(blob, readable_in).map_err(Refusal::State)?;
            let size = size.ok_or_else(|| {
                Reject::invalid(
                    "blob_not_found",
                    "content.blob",
                    format!("The blob {blob:?} is not stored here."),
                )
                .hint("Upload it first: PUT /v1/blobs.")
            })?;
            Some((size, blob.trim_start_matches("sha256:").to_owned()))
        }
    };
    let (size_bytes, sha256) = agree(&command, measured)?;
    let event = ArtifactCreated {
        artifact_id: command.artifact_id.clone(),
        kind,
        title: text::optional("title", command.title.as_deref(), limits::TITLE_CHARS_MAX)?,
        mime_type: text::optional(
            "mime_type",
            command.mime_type.as_deref(),
            limits::NAME_CHARS_MAX,
        )?,
        size_bytes,
        sha256,
        content: command.content,
        metadata: command.metadata,
    };
    let scope = Scope {
        step_id: Some(step.step_id),
        ..run.scope()
    };
    let causation = Causation::Event(step.last_event_id);
    let draft = Draft {
        scope,
        causation,
        ..run.draft(actor, event.into())
    };
    Ok(Decision::new(
        vec![draft],
        Answer::Created(command.artifact_id),
    ))
}

fn measure(text: &str) -> (u64, String) {
    (
        text.len() as u64,
        hex::encode(Sha256::digest(text.as_bytes())),
    )
}

/// What the caller claims about the content must be true; what it left out is filled in.
fn agree(
    command: &CreateArtifact,
    measured: Option<(u64, String)>,
) -> Result<(Option<u64>, Option<String>), Reject> {
    let claimed = command
        .sha256
        .as_deref()
        .map(|hash| hash.trim_start_matches("sha256:").to_lowercase());
    if claimed
        .as_ref()
        .is_some_and(|hash| hash.len() != 64 || !hash.bytes().all(|byte| byte.is_ascii_hexdigit()))
    {
        let message = "\"sha256\" must be 64 hexadecimal digits.";
        return Err(Reject::invalid("invalid_sha256", "sha256", message));
    }
    let Some((size, hash)) = measured else {
        return Ok((command.size_bytes, claimed));
    };
    if command.size_bytes.is_some_and(|claimed| claimed != size) {
        return Err(Reject::invalid(
            "size_mismatch",
            "size_bytes",
            format!("The content has {size} bytes."),
        ));
    }
    if claimed.is_some_and(|claimed| claimed != hash) {
        return Err(Reject::invalid(
            "sha256_mismatch",
            "sha256",
            format!("The content's SHA-256 is {hash}."),
        ));
    }
    Ok((Some(size), Some(hash)))
}
