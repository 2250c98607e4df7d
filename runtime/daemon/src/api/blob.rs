//! Blobs over HTTP: streamed to disk and back, never held in memory.

use super::body::{Path, ended_early};
use super::problem::refuse;
use super::server::Server;
use crate::app::Origin;
use crate::clock;
use crate::effect::blob::{BlobError, BlobId};
use crate::problem::{Problem, ProblemBody};
use crate::store::{StoreError, table};
use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use kernel::limits::BLOB_BYTES_MAX;
use kernel::{Kind, Reject};
use serde::Serialize;
use tokio::io::AsyncRead;
use tokio_util::io::ReaderStream;
use utoipa::ToSchema;

/// Bytes that are read from the disk at once: each read changes threads, so small ones cost more than the disk.
const PIECE_BYTES: usize = 256 * 1024;

#[derive(Debug, Serialize, ToSchema)]
pub struct StoredBlob {
    /// `sha256:<hex>` of the content.
    blob: String,
    size_bytes: u64,
}

/// Stores the request body, at most 100 MiB, under its SHA-256.
#[utoipa::path(put, path = "/v1/blobs", operation_id = "putBlob", tag = "runs", request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 201, body = StoredBlob), (status = 413, body = ProblemBody)))]
pub async fn put(
    State(server): State<Server>,
    origin: Origin,
    body: Body,
) -> Result<(StatusCode, Json<StoredBlob>), Problem> {
    server.app().store.check()?;
    let problem = |error| problem(&server, error);
    let mut writer = server.blobs().writer().await.map_err(problem)?;
    let mut chunks = body.into_data_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| ended_early())?;
        writer.write(&chunk).await.map_err(problem)?;
    }
    let (blob, size_bytes) = writer.finish().await.map_err(problem)?;
    let blob = blob.to_string();
    let name = blob.clone();
    let workspace_id = origin.workspace_id;
    let write = move |connection: &_| {
        table::blob::put(connection, &name, size_bytes, &workspace_id, clock::now())
    };
    server.app().store.write(write).await?;
    Ok((StatusCode::CREATED, Json(StoredBlob { blob, size_bytes })))
}

/// Stores a content that is at hand, under its SHA-256, and returns that and its size in bytes. That
/// it is there is noted by the caller.
pub async fn store(server: &Server, content: &[u8]) -> Result<(String, u64), Problem> {
    server.app().store.check()?;
    let problem = |error| problem(server, error);
    let mut writer = server.blobs().writer().await.map_err(problem)?;
    writer.write(content).await.map_err(problem)?;
    let (blob, size_bytes) = writer.finish().await.map_err(problem)?;
    Ok((blob.to_string(), size_bytes))
}

/// Reads a blob that was stored in the workspace, or that an artifact there refers to. The owner
/// reads all.
#[utoipa::path(get, path = "/v1/blobs/{blob}", operation_id = "getBlob", tag = "runs", params(("blob" = String, Path, description = "sha256:<hex>")),
    responses((status = 200, body = Vec<u8>, content_type = "application/octet-stream"), (status = 404, body = ProblemBody)))]
pub async fn get(
    State(server): State<Server>,
    origin: Origin,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let unknown = || Reject::not_found("blob_not_found", "blob", &name);
    let blob = BlobId::parse(&name).ok_or_else(unknown)?;
    let (id, readable_in) = (blob.to_string(), origin.readable_in());
    let readable = server
        .app()
        .read(move |reader| reader.blob(&id, readable_in.as_deref()));
    readable.await?.ok_or_else(unknown)?;
    let (file, size) = server
        .blobs()
        .open(&blob)
        .await
        .map_err(|error| problem(&server, error))?
        .ok_or_else(unknown)?;
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
        (header::CONTENT_LENGTH, size.to_string()),
        (header::ETAG, format!("\"{blob}\"")),
        // The name is the content: it never changes.
        (
            header::CACHE_CONTROL,
            "private, max-age=31536000, immutable".to_owned(),
        ),
        (header::CONTENT_DISPOSITION, "attachment".to_owned()),
    ];
    Ok((headers, contents(file, size)).into_response())
}

/// A file, or `size` bytes of one, as an answer.
pub fn contents(file: impl AsyncRead + Send + 'static, size: u64) -> Body {
    let piece = usize::try_from(size).unwrap_or(usize::MAX);
    let piece = piece.clamp(1, PIECE_BYTES);
    Body::from_stream(ReaderStream::with_capacity(file, piece))
}

/// What somebody is told whose blob could not be written or read.
pub fn problem(server: &Server, error: BlobError) -> Problem {
    match error {
        BlobError::TooLarge => refuse(
            Kind::TooLarge,
            "payload_too_large",
            format!("A blob may have {BLOB_BYTES_MAX} bytes."),
            "Split the content, or store it elsewhere and attach its address as a uri.",
        ),
        BlobError::NoSpace => Problem::Storage(StoreError::DiskFull),
        // The same disk holds the log.
        BlobError::NotDurable(_) => Problem::Storage(server.app().store.poison(&error.to_string())),
        BlobError::Io(error) => Problem::Storage(StoreError::Other(error.to_string())),
    }
}
