//! A large file stored and read back, beside one core's SHA-256 of the same bytes: a blob is named by it, so no upload
//! can be faster than that on one core.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use sha2::{Digest, Sha256};

use crate::http::{Address, Client};
use crate::scan;

pub const BYTES: usize = 64 * 1_024 * 1_024;

pub struct Blobs {
    pub hash: Duration,
    pub upload: Duration,
    pub download: Duration,
}

/// `seed` makes contents that were not stored before.
pub async fn measure(address: &Address, seed: u64) -> Result<Blobs> {
    let content = content(seed);
    let begun = Instant::now();
    let hash = Sha256::digest(&content);
    let hash_took = begun.elapsed();
    let name = format!("sha256:{}", hex(&hash));

    let mut client = Client::connect(address).await?;
    let begun = Instant::now();
    let answer = client.put("/v1/blobs", &content).await?;
    let upload = begun.elapsed();
    let stored = scan::text(answer, "blob");
    ensure!(stored == Some(&name), "stored as {stored:?}, not {name}");

    let begun = Instant::now();
    let mut matching = 0;
    let read = client
        .read(&format!("/v1/blobs/{name}"), |at, piece| {
            if content.get(at..at + piece.len()) == Some(piece) {
                matching += piece.len();
            }
        })
        .await?;
    let download = begun.elapsed();
    ensure!(
        read == BYTES && matching == BYTES,
        "{matching} of {read} bytes are as they were stored"
    );
    Ok(Blobs {
        hash: hash_took,
        upload,
        download,
    })
}

/// Bytes that repeat nothing nearby.
fn content(seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut bytes = Vec::with_capacity(BYTES);
    while bytes.len() < BYTES {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        bytes.extend_from_slice(&state.wrapping_mul(0x2545_F491_4F6C_DD1D).to_le_bytes());
    }
    bytes
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
