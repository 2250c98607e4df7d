//! Files by the hash of their content: streamed to the disk and back, never held in memory.

use super::SentenceBody;
use super::refusal::Refusal;
use super::request::{Asker, Segment};
use crate::api::blob;
use crate::api::body::ended_early;
use crate::api::server::Server;
use crate::clock;
use crate::effect::blob::{BlobError, BlobId};
use crate::store::table;
use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use kernel::limits::BLOB_BYTES_MAX;
use kernel::{Kind, Reject};
use serde::Serialize;
use std::io::SeekFrom;
use std::ops::RangeInclusive;
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt};
use utoipa::ToSchema;

/// Bytes at the beginning of a file by which its kind is told.
const SNIFFED_BYTES: usize = 8_192;
/// What content is called that looks like nothing in particular.
const UNKNOWN: &str = "application/octet-stream";
/// Says what the content looks like; it is served as bytes all the same, for no browser to run it.
static LOOKS_LIKE: HeaderName = HeaderName::from_static("x-file-type");

#[derive(Debug, Serialize, ToSchema)]
pub struct StoredFile {
    /// `sha256:<hex>` of the content: its name.
    hash: String,
    /// Bytes.
    size: u64,
    /// What the content looks like: `image/png`.
    #[serde(rename = "type")]
    media_type: String,
}

/// Stores the request body, at most 100 MiB, under its SHA-256.
#[utoipa::path(post, path = "/files", operation_id = "putFile", tag = "workshop", request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 201, body = StoredFile), (status = 413, body = SentenceBody)))]
pub async fn put(
    State(server): State<Server>,
    Asker(origin): Asker,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, Json<StoredFile>), Refusal> {
    server.app().store.check()?;
    let announced = headers.get(header::CONTENT_LENGTH);
    let announced = announced.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > BLOB_BYTES_MAX) {
        return Err(too_large());
    }
    let refuse = |error| {
        if let BlobError::TooLarge = error {
            return too_large();
        }
        blob::problem(&server, error).into()
    };
    let mut writer = server.blobs().writer().await.map_err(refuse)?;
    let mut beginning = Vec::new();
    let mut chunks = body.into_data_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| ended_early())?;
        let missing = SNIFFED_BYTES - beginning.len();
        beginning.extend_from_slice(&chunk[..missing.min(chunk.len())]);
        writer.write(&chunk).await.map_err(refuse)?;
    }
    let media_type = looks_like(&beginning);
    let (name, size) = writer.finish().await.map_err(refuse)?;
    let hash = name.to_string();
    let blob = hash.clone();
    let write = move |connection: &_| {
        let now = clock::now();
        table::blob::put(connection, &blob, size, &origin.workspace_id, now)?;
        table::file::put(connection, &blob, media_type, now)
    };
    server.app().store.write(write).await?;
    let stored = StoredFile {
        hash,
        size,
        media_type: media_type.to_owned(),
    };
    Ok((StatusCode::CREATED, Json(stored)))
}

fn too_large() -> Refusal {
    let message = format!("file too large, max {BLOB_BYTES_MAX} bytes");
    Reject::new(Kind::TooLarge, "payload_too_large", message).into()
}

/// The kind of content that begins so.
fn looks_like(beginning: &[u8]) -> &'static str {
    if let Some(kind) = infer::get(beginning) {
        return kind.mime_type();
    }
    let text = match std::str::from_utf8(beginning) {
        Ok(text) => Some(text),
        // The last character may have been cut.
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&beginning[..error.valid_up_to()]).ok()
        }
        Err(_) => None,
    };
    match text {
        Some(text) if !text.is_empty() && !text.contains('\0') => "text/plain; charset=utf-8",
        Some(_) | None => UNKNOWN,
    }
}

/// Whatever stands where a name should is no name, however deep it goes.
pub async fn no_name(State(_): State<Server>) -> Refusal {
    bad_name()
}

fn bad_name() -> Refusal {
    Reject::invalid("invalid_hash", "hash", "invalid hash format").into()
}

/// Reads a file, whole or in part.
#[utoipa::path(get, path = "/files/{hash}", operation_id = "getFile", tag = "workshop", params(("hash" = String, Path, description = "sha256:<hex>"), ("Range" = Option<String>, Header)),
    responses((status = 200, body = Vec<u8>, content_type = "application/octet-stream"), (status = 206, body = Vec<u8>, content_type = "application/octet-stream"),
              (status = 400, body = SentenceBody), (status = 404, body = SentenceBody), (status = 416, description = "The range lies outside the file")))]
pub async fn get(
    State(server): State<Server>,
    Asker(origin): Asker,
    Segment(name): Segment,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let blob = BlobId::parse(&name).ok_or_else(bad_name)?;
    let unknown = || Reject::new(Kind::NotFound, "blob_not_found", "blob not found");
    let (id, readable_in) = (blob.to_string(), origin.readable_in());
    let known = server.app().read(move |reader| {
        let size = reader.blob(&id, readable_in.as_deref())?;
        Ok((size, reader.media_type(&id)?))
    });
    let (known, media_type) = known.await?;
    known.ok_or_else(unknown)?;
    let opened = server.blobs().open(&blob).await;
    let opened = opened.map_err(|error| blob::problem(&server, error))?;
    let (file, size) = opened.ok_or_else(unknown)?;
    let etag = format!("\"{blob}\"");
    let asked = headers
        .get(header::RANGE)
        .filter(|_| is_same(&headers, &etag));
    let mut response = match asked.map(|range| part(range, size)) {
        None | Some(Part::Whole) => {
            let length = [(header::CONTENT_LENGTH, size.to_string())];
            (length, blob::contents(file, size)).into_response()
        }
        Some(Part::Of(range)) => partial(file, range, size).await?,
        Some(Part::Outside) => {
            let range = [(header::CONTENT_RANGE, format!("bytes */{size}"))];
            return Ok((StatusCode::RANGE_NOT_SATISFIABLE, range).into_response());
        }
    };
    let media_type = media_type.as_deref().unwrap_or(UNKNOWN);
    for (name, value) in [
        (header::CONTENT_TYPE, UNKNOWN),
        (header::ACCEPT_RANGES, "bytes"),
        (header::ETAG, etag.as_str()),
        // The name is the content: it never changes.
        (
            header::CACHE_CONTROL,
            "private, max-age=31536000, immutable",
        ),
        (header::CONTENT_DISPOSITION, "attachment"),
        (LOOKS_LIKE.clone(), media_type),
    ] {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(name, value);
        }
    }
    Ok(response)
}

/// Whether a range is of the content that its asker already has a part of.
fn is_same(headers: &HeaderMap, etag: &str) -> bool {
    let condition = headers.get(header::IF_RANGE);
    condition.is_none_or(|condition| condition.as_bytes() == etag.as_bytes())
}

#[derive(Debug, PartialEq, Eq)]
enum Part {
    Whole,
    Of(RangeInclusive<u64>),
    Outside,
}

/// The part that a range asks for. What cannot be read, and several parts at once, ask for the whole.
fn part(range: &HeaderValue, size: u64) -> Part {
    let Some(ranges) = range
        .to_str()
        .ok()
        .and_then(|range| http_range_header::parse_range_header(range).ok())
    else {
        return Part::Whole;
    };
    match ranges.validate(size).as_deref() {
        Ok([one]) => Part::Of(one.clone()),
        Ok(_) => Part::Whole,
        Err(_) => Part::Outside,
    }
}

async fn partial(
    mut file: File,
    range: RangeInclusive<u64>,
    size: u64,
) -> Result<Response, Refusal> {
    let (first, last) = (*range.start(), *range.end());
    let found = file.seek(SeekFrom::Start(first)).await;
    found.map_err(|error| crate::store::StoreError::Other(error.to_string()))?;
    let length = last - first + 1;
    let headers = [
        (header::CONTENT_LENGTH, length.to_string()),
        (
            header::CONTENT_RANGE,
            format!("bytes {first}-{last}/{size}"),
        ),
    ];
    let body = blob::contents(file.take(length), length);
    Ok((StatusCode::PARTIAL_CONTENT, headers, body).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_of_content() {
        for (beginning, kind) in [
            (&b"\x89PNG\r\n\x1a\n\0\0"[..], "image/png"),
            (b"%PDF-1.7", "application/pdf"),
            (b"hello", "text/plain; charset=utf-8"),
            ("hä".as_bytes().split_at(2).0, "text/plain; charset=utf-8"),
            (b"", UNKNOWN),
            (b"a\0b", UNKNOWN),
            (b"\xff\xfe\xfd", UNKNOWN),
        ] {
            assert_eq!(looks_like(beginning), kind, "{beginning:?}");
        }
    }

    #[test]
    fn parts() {
        for (range, expected) in [
            ("bytes=0-3", Part::Of(0..=3)),
            ("bytes=4-", Part::Of(4..=9)),
            ("bytes=-2", Part::Of(8..=9)),
            ("bytes=0-99", Part::Of(0..=9)),
            ("bytes=10-", Part::Outside),
            ("bytes=x", Part::Whole),
            ("lines=0-3", Part::Whole),
            ("bytes=0-1,3-4", Part::Whole),
        ] {
            assert_eq!(
                part(&HeaderValue::from_static(range), 10),
                expected,
                "{range}"
            );
        }
    }
}
