//! Claims of the event bus: who asks for a key, and how the person answered. The words by which keys are
//! fetched are kept beside them, as digests.

use crate::store::append::Appended;
use crate::store::error::StoreError;
use crate::store::reader::Reader;
use kernel::Timestamp;
use kernel::broker::{ClaimStatus, Principal, TopicClaim};
use kernel::event::{TopicClaimConfirmed, TopicClaimRequested};
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::Serialize;
use utoipa::ToSchema;

pub(in crate::store) const DDL: &str = "
CREATE TABLE topic_claim (
  claim_id TEXT PRIMARY KEY, principal TEXT NOT NULL, signature TEXT NOT NULL, status TEXT NOT NULL, created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL, decided_at INTEGER, position INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX topic_claim_position ON topic_claim (position);
CREATE INDEX topic_claim_open ON topic_claim (expires_at) WHERE status IN ('pending', 'confirmed');
CREATE INDEX topic_claim_principal ON topic_claim (principal) WHERE status IN ('pending', 'confirmed');
CREATE TABLE topic_claim_token (token_digest BLOB PRIMARY KEY, claim_id TEXT NOT NULL) STRICT, WITHOUT ROWID;
";

/// A claim as the person sees it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ClaimRow {
    pub claim_id: String,
    /// The name that is claimed.
    pub username: String,
    /// What whoever asks was told; the person compares it.
    pub signature: String,
    pub state: ClaimState,
    /// Somebody has a key by this name, which ends when the new one is fetched.
    pub replaces_key: bool,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// Until when it is answered, or its key fetched.
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub decided_at: Option<Timestamp>,
    #[serde(skip)]
    pub position: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClaimState {
    Pending,
    Confirmed,
    Refused,
    Used,
    /// Nobody answered it, or took it up, in time.
    Expired,
}

impl ClaimState {
    fn of(status: ClaimStatus, expires_at: Timestamp, now: Timestamp) -> Self {
        match status {
            ClaimStatus::Pending | ClaimStatus::Confirmed if expires_at <= now => {
                ClaimState::Expired
            }
            ClaimStatus::Pending => ClaimState::Pending,
            ClaimStatus::Confirmed => ClaimState::Confirmed,
            ClaimStatus::Refused => ClaimState::Refused,
            ClaimStatus::Used => ClaimState::Used,
        }
    }
}

pub(in crate::store) fn requested(
    connection: &Connection,
    event: &Appended,
    data: &TopicClaimRequested,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO topic_claim VALUES (?1, ?2, ?3, ?4, ?5, ?6, NULL, ?7)";
    connection.prepare_cached(sql)?.execute(params![
        data.claim_id,
        data.principal.to_string(),
        data.signature,
        ClaimStatus::Pending.as_str(),
        event.occurred_at.millis(),
        data.expires_at.millis(),
        event.position,
    ])?;
    Ok(())
}

pub(in crate::store) fn confirmed(
    connection: &Connection,
    event: &Appended,
    data: &TopicClaimConfirmed,
) -> Result<(), StoreError> {
    let sql =
        "UPDATE topic_claim SET status = ?2, expires_at = ?3, decided_at = ?4 WHERE claim_id = ?1";
    connection.prepare_cached(sql)?.execute(params![
        data.claim_id,
        ClaimStatus::Confirmed.as_str(),
        data.expires_at.millis(),
        event.occurred_at.millis(),
    ])?;
    Ok(())
}

pub(in crate::store) fn refused(
    connection: &Connection,
    event: &Appended,
    claim_id: &str,
) -> Result<(), StoreError> {
    let sql = "UPDATE topic_claim SET status = ?2, decided_at = ?3 WHERE claim_id = ?1";
    connection.prepare_cached(sql)?.execute(params![
        claim_id,
        ClaimStatus::Refused.as_str(),
        event.occurred_at.millis(),
    ])?;
    Ok(())
}

pub(in crate::store) fn used(connection: &Connection, claim_id: &str) -> Result<(), StoreError> {
    let sql = "UPDATE topic_claim SET status = ?2 WHERE claim_id = ?1";
    connection
        .prepare_cached(sql)?
        .execute([claim_id, ClaimStatus::Used.as_str()])?;
    Ok(())
}

pub(in crate::store) fn put_token(
    connection: &Connection,
    claim_id: &str,
    token_digest: &[u8; 32],
) -> Result<(), StoreError> {
    let sql = "INSERT INTO topic_claim_token VALUES (?1, ?2)";
    connection
        .prepare_cached(sql)?
        .execute(params![token_digest, claim_id])?;
    Ok(())
}

pub(in crate::store) fn find(
    connection: &Connection,
    claim_id: &str,
) -> Result<Option<TopicClaim>, StoreError> {
    let sql = "SELECT claim_id, principal, status, expires_at FROM topic_claim WHERE claim_id = ?1";
    let mut select = connection.prepare_cached(sql)?;
    let found = select.query_row([claim_id], |row| {
        let principal: String = row.get(1)?;
        Ok(TopicClaim {
            claim_id: row.get(0)?,
            principal: Principal::parse(&principal)
                .map_err(|_| super::unreadable(1, "a principal of the event bus"))?,
            status: status(row, 2)?,
            expires_at: Timestamp::from_millis(row.get(3)?),
        })
    });
    Ok(found.optional()?)
}

/// How many wait for an answer, or to be taken up.
pub(in crate::store) fn open(connection: &Connection, now: Timestamp) -> Result<u64, StoreError> {
    let sql = "SELECT count(*) FROM topic_claim WHERE status IN ('pending', 'confirmed') AND expires_at > ?1";
    let mut select = connection.prepare_cached(sql)?;
    Ok(select.query_row([now.millis()], |row| row.get(0))?)
}

fn status(row: &Row<'_>, index: usize) -> rusqlite::Result<ClaimStatus> {
    let status = ClaimStatus::parse(row.get_ref(index)?.as_str()?);
    status.ok_or_else(|| super::unreadable(index, "the status of a claim"))
}

const SELECT: &str = "SELECT claim_id, principal, signature, status, created_at, expires_at, decided_at, position,
    EXISTS (SELECT 1 FROM topic_key AS key WHERE key.principal = topic_claim.principal AND key.key_name = 'main' AND key.revoked_at IS NULL)
  FROM topic_claim";

fn read(row: &Row<'_>, now: Timestamp) -> rusqlite::Result<ClaimRow> {
    let expires_at = Timestamp::from_millis(row.get(5)?);
    let state = ClaimState::of(status(row, 3)?, expires_at, now);
    Ok(ClaimRow {
        claim_id: row.get(0)?,
        username: row.get(1)?,
        signature: row.get(2)?,
        state,
        replaces_key: matches!(state, ClaimState::Pending | ClaimState::Confirmed)
            && row.get::<_, bool>(8)?,
        created_at: Timestamp::from_millis(row.get(4)?),
        expires_at,
        decided_at: row.get::<_, Option<i64>>(6)?.map(Timestamp::from_millis),
        position: row.get(7)?,
    })
}

impl Reader {
    /// Claims, newest first; only those that wait for an answer, or all.
    pub fn claims(
        &self,
        pending: bool,
        before_position: Option<u64>,
        limit: u32,
        now: Timestamp,
    ) -> Result<Vec<ClaimRow>, StoreError> {
        let which = if pending {
            "status = 'pending' AND expires_at > ?3"
        } else {
            "?3 IS NOT NULL"
        };
        let sql =
            format!("{SELECT} WHERE position < ?1 AND {which} ORDER BY position DESC LIMIT ?2");
        let before = before_position.map_or(i64::MAX as u64, |before| before.min(i64::MAX as u64));
        let mut select = self.connection.prepare_cached(&sql)?;
        let rows = select.query_map(params![before, limit, now.millis()], |row| read(row, now))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    pub fn claim(&self, claim_id: &str, now: Timestamp) -> Result<Option<ClaimRow>, StoreError> {
        let sql = format!("{SELECT} WHERE claim_id = ?1");
        let mut select = self.connection.prepare_cached(&sql)?;
        let found = select.query_row([claim_id], |row| read(row, now));
        Ok(found.optional()?)
    }

    /// The claim whose key this word fetches, if it is of this name.
    pub fn claim_by_token(
        &self,
        username: &str,
        token_digest: &[u8; 32],
    ) -> Result<Option<String>, StoreError> {
        let sql = "SELECT claim_id FROM topic_claim_token JOIN topic_claim USING (claim_id) WHERE token_digest = ?1 AND principal = ?2";
        let mut select = self.connection.prepare_cached(sql)?;
        let found = select.query_row(params![token_digest, username], |row| row.get(0));
        Ok(found.optional()?)
    }

    /// The claim of a name, if it is the only one that is open.
    pub fn only_claim_of(
        &self,
        username: &str,
        now: Timestamp,
    ) -> Result<Option<String>, StoreError> {
        let sql = "SELECT claim_id FROM topic_claim WHERE principal = ?1 AND status IN ('pending', 'confirmed') AND expires_at > ?2 LIMIT 2";
        let mut select = self.connection.prepare_cached(sql)?;
        let rows = select.query_map(params![username, now.millis()], |row| row.get(0))?;
        let found: Vec<String> = rows.collect::<Result<_, _>>()?;
        Ok(<[String; 1]>::try_from(found).ok().map(|[only]| only))
    }

    /// How many claims wait for an answer, or to be taken up.
    pub fn open_claims(&self, now: Timestamp) -> Result<u64, StoreError> {
        open(&self.connection, now)
    }
}
