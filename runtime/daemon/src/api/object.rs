//! Upload tickets of the contract: a caller is promised a key, and brings its JSON to the address that
//! it is told. The content is kept like every other, by its hash.

use super::blob;
use super::body::{Body, Path, ended_early};
use super::server::Server;
use crate::app::Origin;
use crate::clock;
use crate::problem::{Problem, ProblemBody};
use crate::store::table::{artifact_object, blob as blob_table};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use kernel::limits::{NAME_CHARS_MAX, OBJECT_BYTES_MAX};
use kernel::{Kind, Reject};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

const CONTENT_TYPE: &str = "application/json";

#[derive(Debug, Deserialize, ToSchema)]
pub struct NewUpload {
    schema_version: Option<String>,
    correlation_id: Option<String>,
    message_id: Option<String>,
    /// `application/json`
    content_type: Option<String>,
    /// The key is ours to choose: this must be absent.
    #[schema(value_type = Option<String>)]
    object_key: Option<Value>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct UploadTicket {
    artifact_id: String,
    /// `artifacts/<workspace>/<correlation>/<message>.json`
    object_key: String,
    /// Where the content is to be put.
    upload_url: String,
    content_type: &'static str,
}

/// Promises a key for a JSON document, and tells where to put it. The same names are promised the
/// same key again.
#[utoipa::path(post, path = "/v1/artifacts", operation_id = "createUpload", tag = "runs", request_body = NewUpload,
    responses((status = 201, body = UploadTicket), (status = 400, body = ProblemBody)))]
pub async fn ticket(
    State(server): State<Server>,
    origin: Origin,
    headers: HeaderMap,
    Body(body): Body<NewUpload>,
) -> Result<(StatusCode, Json<UploadTicket>), Problem> {
    let version = body.schema_version.as_deref().map(str::trim);
    match version.filter(|version| !version.is_empty()) {
        Some("2.0" | "2.1") => {}
        Some(_) => {
            let message = "\"schema_version\" must be 2.0 or 2.1.";
            return Err(
                Reject::invalid("invalid_schema_version", "schema_version", message).into(),
            );
        }
        None => return Err(missing("schema_version")),
    }
    if body.object_key.is_some() {
        let message = "\"object_key\" is chosen by the server: leave it out.";
        return Err(Reject::invalid("invalid_object_key", "object_key", message).into());
    }
    if body.content_type.as_deref().map(str::trim) != Some(CONTENT_TYPE) {
        let message = "\"content_type\" must be application/json.";
        return Err(Reject::invalid("invalid_content_type", "content_type", message).into());
    }
    let correlation = part("correlation_id", body.correlation_id.as_deref())?;
    let message = part("message_id", body.message_id.as_deref())?;
    let workspace = part("x-workspace-id", Some(&origin.workspace_id))?;
    let place = format!("{workspace}/{correlation}/{message}.json");
    let object_key = format!("artifacts/{place}");
    let (key, artifact_id) = (object_key.clone(), clock::id("art"));
    let promise = move |connection: &_| {
        artifact_object::promise(connection, &key, &workspace, &artifact_id, clock::now())
    };
    let artifact_id = server.app().store.write(promise).await?;
    // By the name that it was reached by: an address to listen on may be no address to call.
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    let host = host.map_or_else(|| server.address().to_string(), str::to_owned);
    let ticket = UploadTicket {
        artifact_id: artifact_id.ok_or(Problem::Busy)?,
        upload_url: format!("http://{host}/v1/artifacts/objects/{place}"),
        object_key,
        content_type: CONTENT_TYPE,
    };
    Ok((StatusCode::CREATED, Json(ticket)))
}

#[derive(Debug, Serialize, ToSchema)]
pub struct StoredObject {
    artifact_id: String,
    object_key: String,
    /// `sha256:<hex>` of the content.
    blob: String,
    size_bytes: u64,
}

/// Stores the JSON document that a key was promised for, at most 8 MiB. Again with the same content
/// is fine; other content for the same key is refused.
#[utoipa::path(put, path = "/v1/artifacts/objects/{workspace}/{correlation}/{file}", operation_id = "putObject", tag = "runs",
    params(("workspace" = String, Path), ("correlation" = String, Path), ("file" = String, Path, description = "<message>.json")),
    request_body(content = Vec<u8>, content_type = "application/json"),
    responses((status = 201, body = StoredObject), (status = 400, body = ProblemBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody), (status = 413, body = ProblemBody)))]
pub async fn put(
    State(server): State<Server>,
    origin: Origin,
    Path((workspace, correlation, file)): Path<(String, String, String)>,
    headers: HeaderMap,
    body: axum::body::Body,
) -> Result<(StatusCode, Json<StoredObject>), Problem> {
    let object_key = format!("artifacts/{workspace}/{correlation}/{file}");
    let promised = find(&server, &origin, &object_key).await?;
    let kind = headers.get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if kind.split(';').next().map(str::trim) != Some(CONTENT_TYPE) {
        let message = "The header content-type must be application/json.";
        return Err(Reject::invalid("invalid_content_type", "content-type", message).into());
    }
    let bytes = read(body).await?;
    if let Err(error) = serde_json::from_slice::<IgnoredAny>(&bytes) {
        let message = format!("The body is not JSON: {error}.");
        return Err(Reject::invalid("invalid_json", "body", message).into());
    }
    let (blob, size_bytes) = blob::store(&server, &bytes).await?;
    let (key, name, workspace_id) = (object_key.clone(), blob.clone(), origin.workspace_id);
    let write = move |connection: &_| {
        // Also of what comes too late: what nothing refers to is swept by and by.
        blob_table::put(connection, &name, size_bytes, &workspace_id, clock::now())?;
        artifact_object::bring(connection, &key, &name)
    };
    if !server.app().store.write(write).await? {
        let message = "Other content was stored for this key before.";
        return Err(Reject::conflict("object_exists", message)
            .hint("Ask for a ticket with another message_id.")
            .into());
    }
    let stored = StoredObject {
        artifact_id: promised.artifact_id,
        object_key,
        blob,
        size_bytes,
    };
    Ok((StatusCode::CREATED, Json(stored)))
}

/// The JSON document that was stored for a key.
#[utoipa::path(get, path = "/v1/artifacts/objects/{workspace}/{correlation}/{file}", operation_id = "getObject", tag = "runs",
    params(("workspace" = String, Path), ("correlation" = String, Path), ("file" = String, Path, description = "<message>.json")),
    responses((status = 200, body = Vec<u8>, content_type = "application/json"), (status = 404, body = ProblemBody)))]
pub async fn get(
    State(server): State<Server>,
    origin: Origin,
    Path((workspace, correlation, file)): Path<(String, String, String)>,
) -> Result<Response, Problem> {
    let object_key = format!("artifacts/{workspace}/{correlation}/{file}");
    let brought = find(&server, &origin, &object_key).await?.blob;
    let blob = brought.ok_or_else(|| unknown(&object_key))?;
    let mut response = blob::get(State(server), origin, Path(blob)).await?;
    let kind = HeaderValue::from_static(CONTENT_TYPE);
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    Ok(response)
}

async fn find(
    server: &Server,
    origin: &Origin,
    object_key: &str,
) -> Result<artifact_object::ObjectRow, Problem> {
    let (workspace_id, key) = (origin.workspace_id.clone(), object_key.to_owned());
    let row = server
        .app()
        .read(move |reader| reader.artifact_object(&workspace_id, &key))
        .await?;
    row.ok_or_else(|| unknown(object_key).into())
}

fn unknown(object_key: &str) -> Reject {
    Reject::not_found("object_not_found", "object", object_key)
        .hint("Ask for a ticket first: POST /v1/artifacts.")
}

/// The whole body, which is short.
async fn read(body: axum::body::Body) -> Result<Vec<u8>, Problem> {
    use futures_util::StreamExt;
    let mut chunks = body.into_data_stream();
    let mut bytes = Vec::new();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| ended_early())?;
        if bytes.len() + chunk.len() > OBJECT_BYTES_MAX {
            let message = format!("An object may have {OBJECT_BYTES_MAX} bytes.");
            return Err(Reject::new(Kind::TooLarge, "payload_too_large", message)
                .hint("Store the content as a blob instead: PUT /v1/blobs.")
                .into());
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// A part of a key: 1 to 200 of `A-Z a-z 0-9 . _ : -`, and no way out of its folder.
fn part(field: &str, text: Option<&str>) -> Result<String, Problem> {
    let text = text.map(str::trim).filter(|text| !text.is_empty());
    let text = text.ok_or_else(|| missing(field))?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._:-".contains(&byte);
    let is_fine =
        text.len() <= NAME_CHARS_MAX && text.bytes().all(plain) && ![".", ".."].contains(&text);
    if is_fine {
        return Ok(text.to_owned());
    }
    let message = format!(
        "\"{field}\" must be up to {NAME_CHARS_MAX} letters, digits, \".\", \"_\", \":\" and \"-\"."
    );
    Err(Reject::invalid("invalid_object_key", field, message).into())
}

fn missing(field: &str) -> Problem {
    let message = format!("\"{field}\" is missing.");
    Reject::invalid("missing_required_field", field, message).into()
}
