//! The channels of the board as the page lists them. They are spoken on at the board's own addresses.

use super::body::{Params, limit};
use super::server::Server;
use crate::app::Origin;
use crate::problem::{Problem, ProblemBody};
use crate::store::table::channel_list::ChannelRow;
use axum::Json;
use axum::extract::State;
use kernel::gate::DEFAULT_WORKSPACE_ID;
use kernel::limits::{LIST_LIMIT_DEFAULT, LIST_LIMIT_MAX};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ChannelParams {
    /// The `next_cursor` of the page before.
    cursor: Option<u64>,
    limit: Option<u32>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Channels {
    channels: Vec<ChannelRow>,
    next_cursor: Option<String>,
}

/// Channels that have messages and are no rooms, the one with the newest message first.
#[utoipa::path(get, path = "/v1/channels", operation_id = "listBoardChannels", tag = "rooms", params(ChannelParams),
    responses((status = 200, body = Channels), (status = 400, body = ProblemBody)))]
pub async fn list(
    State(server): State<Server>,
    origin: Origin,
    Params(params): Params<ChannelParams>,
) -> Result<Json<Channels>, Problem> {
    let asked = limit(params.limit, LIST_LIMIT_DEFAULT, LIST_LIMIT_MAX);
    if origin.workspace_id != DEFAULT_WORKSPACE_ID {
        return Ok(Json(Channels {
            channels: Vec::new(),
            next_cursor: None,
        }));
    }
    let hidden_to = server.app().store.hidden().position();
    let open_topics = server.app().open_topics(&origin);
    let channels = server
        .app()
        .read(move |reader| reader.channel_list(hidden_to, open_topics, params.cursor, asked))
        .await?;
    let last = channels.last().filter(|_| channels.len() == asked as usize);
    let next_cursor = last.map(|row| row.last_position.to_string());
    Ok(Json(Channels {
        channels,
        next_cursor,
    }))
}
