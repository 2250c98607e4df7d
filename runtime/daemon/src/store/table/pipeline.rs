//! Reading the pipeline: a page of its newest items, or the newest of each stage. Either is a walk
//! along an index; the totals have been counted before.

use super::event_span;
use super::pipeline_item::Item;
use crate::store::error::StoreError;
use crate::store::reader::Reader;
use kernel::Timestamp;
use kernel::review::{Entity, Stage};
use rusqlite::{Connection, OptionalExtension, params};

/// A place in the order of a pipeline: newest change first, then by type and id.
#[derive(Clone, Debug)]
pub struct PipelineCursor {
    pub updated_at: Timestamp,
    pub entity: Entity,
    pub entity_id: String,
    /// Where in the log the item had changed last. Without it the place is looked for by time.
    pub position: Option<u64>,
}

/// What is asked of a pipeline.
#[derive(Clone, Debug)]
pub enum PipelineQuery {
    /// The newest items of all stages, after a place.
    Page {
        after: Option<PipelineCursor>,
        limit: u32,
    },
    /// The newest items of each stage.
    PerStage(u32),
}

/// What a pipeline shows at one moment.
#[derive(Debug)]
pub struct PipelinePage {
    /// Newest change first.
    pub items: Vec<Item>,
    /// How many items each stage has, in the order of [`Stage::ALL`].
    pub totals: [u64; 6],
    /// There are items after those.
    pub truncated: bool,
}

impl Reader {
    pub fn pipeline(
        &self,
        workspace_id: &str,
        query: &PipelineQuery,
    ) -> Result<PipelinePage, StoreError> {
        let moment = &self.connection;
        let totals = totals(moment, workspace_id)?;
        let (items, truncated) = match query {
            PipelineQuery::Page { after, limit } => page(moment, workspace_id, after, *limit)?,
            PipelineQuery::PerStage(count) => {
                let items = per_stage(moment, workspace_id, *count)?;
                let truncated = items.len() as u64 != totals.iter().sum::<u64>();
                (items, truncated)
            }
        };
        Ok(PipelinePage {
            items,
            totals,
            truncated,
        })
    }
}

fn totals(connection: &Connection, workspace_id: &str) -> Result<[u64; 6], StoreError> {
    let sql = "SELECT items FROM pipeline_stage WHERE workspace_id = ?1 AND stage = ?2";
    let mut select = connection.prepare_cached(sql)?;
    let mut totals = [0; 6];
    for (total, stage) in totals.iter_mut().zip(Stage::ALL) {
        let items = select.query_row([workspace_id, stage.as_str()], |row| row.get(0));
        *total = items.optional()?.unwrap_or(0);
    }
    Ok(totals)
}

fn page(
    connection: &Connection,
    workspace_id: &str,
    after: &Option<PipelineCursor>,
    limit: u32,
) -> Result<(Vec<Item>, bool), StoreError> {
    let (position, entity, id) = match after {
        None => (i64::MAX as u64, "", ""),
        Some(cursor) => (
            place(connection, cursor)?,
            cursor.entity.as_str(),
            cursor.entity_id.as_str(),
        ),
    };
    let sql = format!(
        "{} WHERE workspace_id = ?1 AND updated_position <= ?2 AND (updated_position < ?2 OR (entity_type, entity_id) > (?3, ?4))
         ORDER BY updated_position DESC, entity_type, entity_id LIMIT ?5",
        Item::SELECT
    );
    let mut select = connection.prepare_cached(&sql)?;
    let values = params![workspace_id, position, entity, id, limit + 1];
    let rows = select.query_map(values, Item::read)?;
    let mut items: Vec<Item> = rows.collect::<Result<_, _>>()?;
    let truncated = items.len() > limit as usize;
    items.truncate(limit as usize);
    Ok((items, truncated))
}

/// Where in the log the item of a cursor had changed last. Without its position: where it still has,
/// or else at the newest event of that time, so that nothing is left out.
fn place(connection: &Connection, cursor: &PipelineCursor) -> Result<u64, StoreError> {
    if let Some(position) = cursor.position {
        return Ok(position.min(i64::MAX as u64));
    }
    let sql = "SELECT updated_position FROM pipeline_item WHERE entity_type = ?1 AND entity_id = ?2 AND updated_at = ?3";
    let mut select = connection.prepare_cached(sql)?;
    let values = params![
        cursor.entity.as_str(),
        cursor.entity_id,
        cursor.updated_at.millis()
    ];
    if let Some(position) = select.query_row(values, |row| row.get(0)).optional()? {
        return Ok(position);
    }
    let after = cursor.updated_at.plus_millis(1);
    Ok(event_span::bounds(connection, None, Some(after))?
        .up_to
        .unwrap_or(0))
}

fn per_stage(
    connection: &Connection,
    workspace_id: &str,
    count: u32,
) -> Result<Vec<Item>, StoreError> {
    let sql = format!(
        "{} WHERE workspace_id = ?1 AND stage = ?2 ORDER BY updated_position DESC, entity_type, entity_id LIMIT ?3",
        Item::SELECT
    );
    let mut select = connection.prepare_cached(&sql)?;
    let mut items = Vec::new();
    for stage in Stage::ALL {
        let values = params![workspace_id, stage.as_str(), count];
        let rows = select.query_map(values, Item::read)?;
        for item in rows {
            items.push(item?);
        }
    }
    items.sort_by(|one, other| one.order().cmp(&other.order()));
    Ok(items)
}
