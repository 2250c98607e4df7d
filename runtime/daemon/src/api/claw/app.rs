//! Apps: principals that agents make, with keys of their own.

use super::caller::{Asker, Members};
use super::refusal::Refusal;
use crate::api::board::SentenceBody;
use crate::api::body::Path;
use crate::api::server::Server;
use crate::app::Origin;
use crate::problem::Problem;
use crate::store::table::topic_app::TopicAppRow;
use axum::Json;
use axum::extract::State;
use kernel::broker::{AppOwner, DeleteTopicApp};
use kernel::limits::TOPICS_MAX;
use kernel::{Caller, Command, Kind, Reject};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Debug, Deserialize, ToSchema)]
#[allow(
    dead_code,
    reason = "it is read member by member; this is its description"
)]
pub struct NewApp {
    /// 3 to 32 letters, digits and `_`.
    name: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct App {
    name: String,
    /// Milliseconds since 1970.
    #[serde(rename = "createdAt")]
    created_at: i64,
    /// The agent that made it, or `owner`.
    owner: String,
}

impl From<TopicAppRow> for App {
    fn from(row: TopicAppRow) -> Self {
        Self {
            name: row.name,
            created_at: row.created_at.millis(),
            owner: row.owner.to_string(),
        }
    }
}

/// An app with its key, which is told this once.
#[derive(Debug, Serialize, ToSchema)]
pub struct AppWithKey {
    ok: bool,
    app: App,
    key: String,
    hint: &'static str,
}

const HINT: &str = "Send it as Authorization: Bearer KEY. It is told this once.";

/// Makes an app.
#[utoipa::path(post, path = "/api/apps", operation_id = "createApp", tag = "claw", request_body = NewApp,
    responses((status = 200, body = AppWithKey), (status = 400, body = SentenceBody), (status = 401, body = SentenceBody), (status = 403, body = SentenceBody), (status = 409, body = SentenceBody)))]
pub async fn create(
    State(server): State<Server>,
    Asker(origin): Asker,
    mut members: Members,
) -> Result<Json<AppWithKey>, Refusal> {
    let name = members.required("name", "name required")?;
    let (name, key) = server.bus().create_app(&origin, &name).await?;
    with_key(&server, &origin, &name, key).await
}

/// Gives an app another key; the one before ends at once, open sockets included.
#[utoipa::path(post, path = "/api/apps/{app}/rotate", operation_id = "rotateAppKey", tag = "claw", params(("app" = String, Path)),
    responses((status = 200, body = AppWithKey), (status = 401, body = SentenceBody), (status = 403, body = SentenceBody), (status = 404, body = SentenceBody)))]
pub async fn rotate(
    State(server): State<Server>,
    Asker(origin): Asker,
    name: Result<Path<String>, Problem>,
) -> Result<Json<AppWithKey>, Refusal> {
    let Path(name) = name?;
    // Whether it may be is asked first: a name that no app can have is none that is there.
    find(&server, &origin, &name).await?;
    let (name, key) = server.bus().rotate_app_key(&origin, &name).await?;
    with_key(&server, &origin, &name, key).await
}

async fn with_key(
    server: &Server,
    origin: &Origin,
    name: &str,
    key: String,
) -> Result<Json<AppWithKey>, Refusal> {
    let app = find(server, origin, name).await?;
    Ok(Json(AppWithKey {
        ok: true,
        app,
        key,
        hint: HINT,
    }))
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Apps {
    ok: bool,
    apps: Vec<App>,
    count: usize,
}

/// The apps of whoever asks; the owner sees all.
#[utoipa::path(get, path = "/api/apps", operation_id = "listApps", tag = "claw",
    responses((status = 200, body = Apps), (status = 401, body = SentenceBody)))]
pub async fn list(
    State(server): State<Server>,
    Asker(origin): Asker,
) -> Result<Json<Apps>, Refusal> {
    let of = match &origin.caller {
        Caller::Agent(agent) => Some(AppOwner::Agent(agent.principal.clone())),
        Caller::Owner | Caller::Engine(_) | Caller::Local | Caller::System => None,
    };
    let rows = server
        .app()
        .read(move |reader| reader.topic_apps(of.as_ref(), TOPICS_MAX))
        .await?;
    let apps: Vec<App> = rows.into_iter().map(Into::into).collect();
    Ok(Json(Apps {
        ok: true,
        count: apps.len(),
        apps,
    }))
}

#[derive(Debug, Serialize, ToSchema)]
pub struct OneApp {
    ok: bool,
    app: App,
}

/// One app, to whom it belongs.
#[utoipa::path(get, path = "/api/apps/{app}", operation_id = "getApp", tag = "claw", params(("app" = String, Path)),
    responses((status = 200, body = OneApp), (status = 401, body = SentenceBody), (status = 403, body = SentenceBody), (status = 404, body = SentenceBody)))]
pub async fn get(
    State(server): State<Server>,
    Asker(origin): Asker,
    name: Result<Path<String>, Problem>,
) -> Result<Json<OneApp>, Refusal> {
    let Path(name) = name?;
    let app = find(&server, &origin, &name).await?;
    Ok(Json(OneApp { ok: true, app }))
}

#[derive(Debug, Serialize, ToSchema)]
pub struct AppDeleted {
    ok: bool,
    deleted: bool,
    #[serde(rename = "appName")]
    app_name: String,
}

/// Ends an app and its keys, open sockets included. What it said stays.
#[utoipa::path(delete, path = "/api/apps/{app}", operation_id = "deleteApp", tag = "claw", params(("app" = String, Path)),
    responses((status = 200, body = AppDeleted), (status = 401, body = SentenceBody), (status = 403, body = SentenceBody), (status = 404, body = SentenceBody)))]
pub async fn delete(
    State(server): State<Server>,
    Asker(origin): Asker,
    name: Result<Path<String>, Problem>,
) -> Result<Json<AppDeleted>, Refusal> {
    let Path(name) = name?;
    let command = Command::DeleteTopicApp(DeleteTopicApp { name: name.clone() });
    server.app().submit(&origin, command).await?;
    Ok(Json(AppDeleted {
        ok: true,
        deleted: true,
        app_name: name,
    }))
}

async fn find(server: &Server, origin: &Origin, name: &str) -> Result<App, Refusal> {
    let name = name.trim().to_owned();
    let found = server
        .app()
        .read(move |reader| reader.topic_app(&name))
        .await?;
    let missing = || Reject::new(Kind::NotFound, "app_not_found", "app not found");
    let app = found.ok_or_else(missing)?;
    if let Caller::Agent(agent) = &origin.caller
        && app.owner != AppOwner::Agent(agent.principal.clone())
    {
        let message = "only the owner of an app governs it";
        return Err(Reject::forbidden("app_forbidden", message).into());
    }
    Ok(app.into())
}
