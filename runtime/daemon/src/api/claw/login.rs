//! Signing in without a key: by a signature of OpenSSH, or by a claim that the owner confirms. One pair of
//! addresses serves every generation of clients; what they send tells them apart.

use super::caller::Members;
use super::key::TopicToken;
use super::refusal::Refusal;
use crate::api::board::SentenceBody;
use crate::api::server::Server;
use crate::claw::NAMESPACE;
use axum::Json;
use axum::extract::State;
use kernel::limits::CLAIMS_MAX;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

#[derive(Debug, Deserialize, ToSchema)]
#[allow(
    dead_code,
    reason = "it is read member by member; this is its description"
)]
pub struct NewLogin {
    username: String,
    /// Which public key is used, `main` when it is left out.
    key_name: Option<String>,
}

/// A challenge to sign, or a claim to be confirmed.
#[derive(Debug, Serialize, ToSchema)]
#[allow(
    dead_code,
    reason = "it is written member by member; this is its description"
)]
pub struct LoginBegun {
    username: String,
    /// Of a challenge.
    key_name: Option<String>,
    nonce: Option<String>,
    #[serde(rename = "issuedAt")]
    issued_at: Option<i64>,
    /// What to sign: `ssh-keygen -Y sign -n claw.events`.
    message: Option<String>,
    namespace: Option<String>,
    /// Milliseconds since 1970.
    expires_at: Option<i64>,
    /// Of a claim: what the owner sees.
    signature: Option<String>,
    /// Of a claim: by which the key is fetched. It is told this once.
    claim_token: Option<String>,
    pending_claims: Option<u64>,
    max_claims: Option<u32>,
    instructions: Option<String>,
}

/// Begins to sign in with a public key that the owner has registered.
#[utoipa::path(post, path = "/auth/agent/init", operation_id = "beginSignedLogin", tag = "claw", request_body = NewLogin,
    responses((status = 200, body = LoginBegun), (status = 400, body = SentenceBody), (status = 404, description = "No public key of this name", body = SentenceBody), (status = 429, body = SentenceBody)))]
pub async fn begin_signed(
    State(server): State<Server>,
    mut members: Members,
) -> Result<Json<Value>, Refusal> {
    let username = members.required("username", "username required")?;
    let key_name = members.optional("key_name")?;
    challenge(&server, &username, key_name).await
}

/// Begins to sign in: with a public key where one is registered, else by a claim that the owner confirms.
#[utoipa::path(post, path = "/auth/init", operation_id = "beginLogin", tag = "claw", request_body = NewLogin,
    responses((status = 200, body = LoginBegun), (status = 400, body = SentenceBody), (status = 404, body = SentenceBody), (status = 429, description = "Too many claims wait", body = SentenceBody)))]
pub async fn begin(
    State(server): State<Server>,
    mut members: Members,
) -> Result<Json<Value>, Refusal> {
    let username = members.required("username", "username required")?;
    let key_name = members.optional("key_name")?;
    if key_name.is_some() || server.bus().has_public_key(&username).await? {
        return challenge(&server, &username, key_name).await;
    }
    // Beyond this machine anybody could fill the owner's inbox.
    if server.access().token_required {
        return Err(Refusal::not_available());
    }
    let claimed = server.bus().claim(&username).await?;
    let instructions = format!(
        "Tell the owner of this Signalbox: \"{username}\" wants a key, signature {}. It waits among the approvals of the window, and in `signalbox claims`. Once it is confirmed, verify again.",
        claimed.signature
    );
    Ok(Json(json!({
        "username": username, "signature": claimed.signature, "claim_token": claimed.claim_token,
        "pending_claims": claimed.open, "max_claims": CLAIMS_MAX, "instructions": instructions,
    })))
}

async fn challenge(
    server: &Server,
    username: &str,
    key_name: Option<String>,
) -> Result<Json<Value>, Refusal> {
    let challenge = server.bus().challenge(username, key_name).await?;
    Ok(Json(json!({
        "username": challenge.username, "key_name": challenge.key_name, "nonce": challenge.nonce,
        "issuedAt": challenge.issued_at_s, "message": challenge.message(), "namespace": NAMESPACE,
        "expires_at": challenge.expires_at.millis(),
        "instructions": format!("Sign the message with `ssh-keygen -Y sign -n {NAMESPACE}` and verify."),
    })))
}

#[derive(Debug, Deserialize, ToSchema)]
#[allow(
    dead_code,
    reason = "it is read member by member; this is its description"
)]
pub struct LoginProof {
    username: String,
    /// Of a challenge.
    key_name: Option<String>,
    nonce: Option<String>,
    /// The signature as `ssh-keygen` writes it.
    signature: Option<String>,
    /// Of a claim.
    claim_token: Option<String>,
}

/// Gives a key to whoever has signed the challenge, or whose claim the owner has confirmed. The key that the
/// name had ends at once.
#[utoipa::path(post, path = "/auth/verify", operation_id = "finishLogin", tag = "claw", request_body = LoginProof,
    responses((status = 200, body = TopicToken), (status = 400, body = SentenceBody), (status = 401, body = SentenceBody), (status = 403, body = SentenceBody), (status = 404, body = SentenceBody)))]
pub async fn finish(
    State(server): State<Server>,
    mut members: Members,
) -> Result<Json<TopicToken>, Refusal> {
    let username = members.required("username", "username required")?;
    let (nonce, signature) = (members.optional("nonce")?, members.optional("signature")?);
    let token = if nonce.is_some() || signature.is_some() {
        signed(&server, &username, members, nonce, signature).await?
    } else {
        let claim_token = members.optional("claim_token")?;
        let by_name = server.access().claims_by_name && !server.access().token_required;
        let token = server
            .bus()
            .take_up(&username, claim_token.as_deref(), by_name);
        token.await?
    };
    Ok(Json(TopicToken::new(token, username)))
}

/// Gives a key to whoever has signed the challenge.
#[utoipa::path(post, path = "/auth/agent/verify", operation_id = "finishSignedLogin", tag = "claw", request_body = LoginProof,
    responses((status = 200, body = TopicToken), (status = 400, body = SentenceBody), (status = 401, body = SentenceBody), (status = 404, body = SentenceBody)))]
pub async fn finish_signed(
    State(server): State<Server>,
    mut members: Members,
) -> Result<Json<TopicToken>, Refusal> {
    let username = members.required("username", "username required")?;
    let (nonce, signature) = (members.optional("nonce")?, members.optional("signature")?);
    let token = signed(&server, &username, members, nonce, signature).await?;
    Ok(Json(TopicToken::new(token, username)))
}

async fn signed(
    server: &Server,
    username: &str,
    mut members: Members,
    nonce: Option<String>,
    signature: Option<String>,
) -> Result<String, Refusal> {
    let key_name = members.optional("key_name")?;
    let nonce = nonce.ok_or_else(|| Refusal::invalid("nonce", "nonce required"))?;
    let signature = signature.ok_or_else(|| Refusal::invalid("signature", "signature required"))?;
    let token = server
        .bus()
        .sign_in(username, key_name.as_deref(), &nonce, &signature);
    Ok(token.await?)
}
