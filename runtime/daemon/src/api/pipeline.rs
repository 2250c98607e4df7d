//! The pipeline over HTTP: six columns from idea to verdict.

use super::body::{Params, limit};
use super::server::Server;
use crate::app::Origin;
use crate::clock;
use crate::problem::{Problem, ProblemBody};
use crate::store::table::pipeline::{PipelineCursor, PipelinePage, PipelineQuery};
use crate::store::table::pipeline_item::Item;
use axum::Json;
use axum::extract::State;
use kernel::limits::LIST_LIMIT_MAX;
use kernel::review::{Entity, Stage};
use kernel::{Reject, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

const SCHEMA_VERSION: &str = "2.1";

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    #[default]
    Flat,
    Envelope,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PipelineParams {
    /// `envelope` tells more than `flat`: totals, and how to go on.
    #[param(inline)]
    format: Option<Format>,
    /// Items of all stages together, 200 by default and at most.
    limit: Option<u32>,
    /// Instead of a page: the newest so many of each stage, 1 to 200.
    per_stage: Option<u32>,
    /// `next_cursor.updated_at` of the page before; all members of a cursor go together.
    cursor_updated_at: Option<String>,
    cursor_entity_type: Option<String>,
    cursor_entity_id: Option<String>,
    /// `next_cursor.position`: without it the place is looked for by time.
    cursor_position: Option<u64>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub enum Pipeline {
    Envelope(Box<Envelope>),
    Flat(Flat),
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PipelineEnvelope)]
pub struct Envelope {
    meta: Meta,
    stages: Stages<Vec<PipelineItem>>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PipelineFlat)]
pub struct Flat {
    schema_version: &'static str,
    #[schema(value_type = String, format = DateTime)]
    generated_at: Timestamp,
    #[serde(flatten)]
    stages: Stages<Vec<PipelineItem>>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PipelineMeta)]
pub struct Meta {
    schema_version: &'static str,
    workspace_id: String,
    #[schema(value_type = String, format = DateTime)]
    generated_at: Timestamp,
    limit: u32,
    /// There are more items than these.
    truncated: bool,
    /// Where the next page begins; none of the newest of each stage.
    next_cursor: Option<NextCursor>,
    stage_stats: Stages<StageStats>,
    /// The last event of the newest item that is shown.
    watermark_event_id: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PipelineCursor)]
pub struct NextCursor {
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    entity_type: &'static str,
    entity_id: String,
    position: u64,
}

#[derive(Debug, Default, Serialize, ToSchema)]
pub struct StageStats {
    returned: u64,
    /// Items that the stage has.
    total: u64,
    /// Not all of them are shown.
    truncated: bool,
}

/// One of something for every stage.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct Stages<T> {
    #[serde(rename = "1_inbox")]
    inbox: T,
    #[serde(rename = "2_pending_approval")]
    pending_approval: T,
    #[serde(rename = "3_execute_workspace")]
    execute_workspace: T,
    #[serde(rename = "4_review_evidence")]
    review_evidence: T,
    #[serde(rename = "5_promoted")]
    promoted: T,
    #[serde(rename = "6_demoted")]
    demoted: T,
}

impl<T> Stages<T> {
    fn of(&mut self, stage: Stage) -> &mut T {
        match stage {
            Stage::Inbox => &mut self.inbox,
            Stage::PendingApproval => &mut self.pending_approval,
            Stage::ExecuteWorkspace => &mut self.execute_workspace,
            Stage::ReviewEvidence => &mut self.review_evidence,
            Stage::Promoted => &mut self.promoted,
            Stage::Demoted => &mut self.demoted,
        }
    }
}

/// The words for what an item is, as the schema lists them.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[allow(dead_code, reason = "only its schema is used")]
pub enum PipelineEntity {
    Experiment,
    Run,
    Approval,
    Scorecard,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct PipelineItem {
    #[schema(value_type = PipelineEntity)]
    entity_type: &'static str,
    entity_id: String,
    title: String,
    /// That of the entity: a status, or the decision of a scorecard.
    status: String,
    room_id: Option<String>,
    thread_id: Option<String>,
    correlation_id: String,
    /// When it, or what belongs to it, changed last.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    last_event_id: String,
    links: PipelineLinks,
    /// `missing_data`, `ghost_evidence_or_mismatch` or `unmatched_state`.
    #[serde(skip_serializing_if = "Option::is_none")]
    diagnostics: Option<Vec<String>>,
}

/// What belongs to an item; of each kind the newest.
#[derive(Debug, Serialize, ToSchema)]
pub struct PipelineLinks {
    experiment_id: Option<String>,
    approval_id: Option<String>,
    run_id: Option<String>,
    evidence_id: Option<String>,
    scorecard_id: Option<String>,
    incident_id: Option<String>,
}

/// The pipeline of the workspace: a page of its newest items by stage, or the newest of each stage.
#[utoipa::path(get, path = "/v1/pipeline/projection", operation_id = "getPipeline", tag = "review", params(PipelineParams),
    responses((status = 200, body = Pipeline), (status = 400, body = ProblemBody)))]
pub async fn projection(
    State(server): State<Server>,
    origin: Origin,
    Params(params): Params<PipelineParams>,
) -> Result<Json<Pipeline>, Problem> {
    let format = params.format.unwrap_or_default();
    let limit = limit(params.limit, LIST_LIMIT_MAX, LIST_LIMIT_MAX);
    let query = query(params, limit)?;
    let pages = matches!(query, PipelineQuery::Page { .. });
    let workspace_id = origin.workspace_id;
    let workspace = workspace_id.clone();
    let page = server
        .app()
        .read(move |reader| reader.pipeline(&workspace, &query))
        .await?;
    Ok(Json(match format {
        Format::Flat => Pipeline::Flat(Flat {
            schema_version: SCHEMA_VERSION,
            generated_at: clock::now(),
            stages: by_stage(page.items),
        }),
        Format::Envelope => {
            Pipeline::Envelope(Box::new(envelope(workspace_id, limit, page, pages)))
        }
    }))
}

fn query(params: PipelineParams, limit: u32) -> Result<PipelineQuery, Reject> {
    let after = cursor(&params)?;
    match (params.per_stage, after) {
        (None, after) => Ok(PipelineQuery::Page { after, limit }),
        (Some(count), None) => Ok(PipelineQuery::PerStage(count.clamp(1, LIST_LIMIT_MAX))),
        (Some(_), Some(_)) => {
            let message = "\"per_stage\" shows the newest, and goes with no cursor.";
            let code = "invalid_payload_combination";
            Err(Reject::invalid(code, "per_stage", message).hint("Leave out one of the two."))
        }
    }
}

/// # Errors
/// `missing_required_field` where a part of the cursor is not there.
fn cursor(params: &PipelineParams) -> Result<Option<PipelineCursor>, Reject> {
    let members = [
        ("cursor_updated_at", &params.cursor_updated_at),
        ("cursor_entity_type", &params.cursor_entity_type),
        ("cursor_entity_id", &params.cursor_entity_id),
    ];
    let given = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.is_empty());
    let any = params.cursor_position.is_some() || members.iter().any(|(_, text)| given(text));
    if !any {
        return Ok(None);
    }
    if let Some((field, _)) = members.iter().find(|(_, text)| !given(text)) {
        let message = format!("A cursor is whole or absent: {field:?} is missing.");
        return Err(Reject::invalid("missing_required_field", field, message)
            .hint("Give every member of next_cursor, or none."));
    }
    let unreadable = |field: &str, what: &str| {
        let message = format!("{field:?} must be {what}.");
        Reject::invalid("invalid_parameter", field, message)
    };
    let text = |member: &Option<String>| member.clone().unwrap_or_default();
    let updated_at = Timestamp::parse(&text(&params.cursor_updated_at))
        .ok_or_else(|| unreadable("cursor_updated_at", "an RFC 3339 time"))?;
    let entity = Entity::parse(&text(&params.cursor_entity_type))
        .ok_or_else(|| unreadable("cursor_entity_type", "a type of item"))?;
    Ok(Some(PipelineCursor {
        updated_at,
        entity,
        entity_id: text(&params.cursor_entity_id),
        position: params.cursor_position,
    }))
}

fn envelope(workspace_id: String, limit: u32, page: PipelinePage, pages: bool) -> Envelope {
    let mut stage_stats = Stages::<StageStats>::default();
    for (stage, total) in Stage::ALL.into_iter().zip(page.totals) {
        let here = page.items.iter().filter(|item| item.stage == stage);
        let returned = here.count() as u64;
        *stage_stats.of(stage) = StageStats {
            returned,
            total,
            truncated: returned < total,
        };
    }
    let last = page.items.last().filter(|_| page.truncated && pages);
    let next_cursor = last.map(|item| NextCursor {
        updated_at: item.updated_at,
        entity_type: item.entity.as_str(),
        entity_id: item.entity_id.clone(),
        position: item.updated_position,
    });
    let newest = page.items.first();
    Envelope {
        meta: Meta {
            schema_version: SCHEMA_VERSION,
            workspace_id,
            generated_at: clock::now(),
            limit,
            truncated: page.truncated,
            next_cursor,
            stage_stats,
            watermark_event_id: newest.map(|item| item.last_event_id.clone()),
        },
        stages: by_stage(page.items),
    }
}

fn by_stage(items: Vec<Item>) -> Stages<Vec<PipelineItem>> {
    let mut stages = Stages::<Vec<PipelineItem>>::default();
    for item in items {
        stages.of(item.stage).push(item.into());
    }
    stages
}

impl From<Item> for PipelineItem {
    fn from(item: Item) -> Self {
        Self {
            entity_type: item.entity.as_str(),
            entity_id: item.entity_id,
            title: item.title,
            status: item.status,
            room_id: item.room_id,
            thread_id: item.thread_id,
            correlation_id: item.correlation_id,
            updated_at: item.updated_at,
            last_event_id: item.last_event_id,
            links: PipelineLinks {
                experiment_id: item.experiment_id,
                approval_id: item.approval_id,
                run_id: item.run_id,
                evidence_id: item.evidence_id,
                scorecard_id: item.scorecard_id,
                incident_id: item.incident_id,
            },
            diagnostics: item.diagnostic.map(|diagnostic| vec![diagnostic]),
        }
    }
}
