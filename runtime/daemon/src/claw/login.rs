//! How somebody without a key comes to one: by a signature that a registered public key knows, or by a claim
//! that the person confirms.

use super::bus::{Bus, origin};
use super::challenge::Challenge;
use super::signature::is_signed_by;
use crate::app::Origin;
use crate::clock;
use crate::problem::Problem;
use crate::store::StoreError;
use kernel::broker::{
    CreateTopicApp, KEY_NAME, RequestTopicClaim, RotateTopicAppKey, UseTopicClaim, no_claim,
};
use kernel::engines::digest;
use kernel::{Answer, Caller, Command, Kind, Principal, Reject};

/// What whoever claims a name is told.
pub struct Claimed {
    /// What the person sees too.
    pub signature: String,
    /// By which the key is fetched; told this once.
    pub claim_token: String,
    /// How many claims wait, this one included.
    pub open: u64,
}

impl Bus {
    /// A challenge for an agent whose public key is known.
    ///
    /// # Errors
    /// `invalid_username`, `public_key_not_found`.
    pub async fn challenge(
        &self,
        username: &str,
        key_name: Option<String>,
    ) -> Result<Challenge, Problem> {
        let key_name = key_name.unwrap_or_else(|| KEY_NAME.to_owned());
        self.public_key(username, &key_name).await?;
        let now = clock::now();
        let opened =
            self.challenges()
                .open(username.trim().to_owned(), key_name, clock::nonce(), now);
        opened.map_err(|until| Problem::TooMany {
            retry_after_seconds: (until.millis() - now.millis())
                .max(1)
                .unsigned_abs()
                .div_ceil(1_000),
        })
    }

    /// The key of an agent that has signed its challenge.
    ///
    /// # Errors
    /// `invalid_challenge`, `public_key_not_found`, `signature_unknown`.
    pub async fn sign_in(
        &self,
        username: &str,
        key_name: Option<&str>,
        nonce: &str,
        signature: &str,
    ) -> Result<String, Problem> {
        let username = username.trim();
        let taken = self.challenges().take(nonce, clock::now());
        let is_of_it = |challenge: &Challenge| {
            challenge.username == username && key_name.is_none_or(|name| name == challenge.key_name)
        };
        let Some(challenge) = taken.filter(is_of_it) else {
            let message = "invalid or expired challenge";
            return Err(Reject::invalid("invalid_challenge", "nonce", message).into());
        };
        let public_key = self.public_key(username, &challenge.key_name).await?;
        if !is_signed_by(&public_key, &challenge.message(), signature) {
            let message = "signature verification failed";
            return Err(Reject::new(Kind::Unauthorized, "signature_unknown", message).into());
        }
        let key_name = Some(challenge.key_name);
        self.issue(&origin(Caller::System), username, key_name)
            .await
    }

    async fn public_key(&self, username: &str, key_name: &str) -> Result<String, Problem> {
        let principal = Principal::agent(username.trim())?;
        let name = key_name.to_owned();
        let found = self
            .app()
            .read(move |reader| reader.topic_public_key(&principal, &name))
            .await?;
        let missing = || {
            Reject::new(
                Kind::NotFound,
                "public_key_not_found",
                "public key not found",
            )
        };
        Ok(found.ok_or_else(missing)?)
    }

    /// Whether an agent could sign in.
    pub async fn has_public_key(&self, username: &str) -> Result<bool, Problem> {
        match self.public_key(username, KEY_NAME).await {
            Ok(_) => Ok(true),
            Err(Problem::Rejected(reject)) if reject.kind == Kind::NotFound => Ok(false),
            Err(problem) => Err(problem),
        }
    }

    /// Claims a name. The person decides.
    pub async fn claim(&self, username: &str) -> Result<Claimed, Problem> {
        let claim_token = clock::secret("claim");
        let signature = format!("claw-sig-{}", clock::compared());
        let command = RequestTopicClaim {
            claim_id: clock::id("claim"),
            username: username.to_owned(),
            signature: signature.clone(),
            token_digest: digest(&claim_token),
        };
        let system = origin(Caller::System);
        let command = Command::RequestTopicClaim(command);
        self.app().submit(&system, command).await?;
        let now = clock::now();
        let open = self
            .app()
            .read(move |reader| reader.open_claims(now))
            .await?;
        Ok(Claimed {
            signature,
            claim_token,
            open,
        })
    }

    /// The key of a claim that the person has confirmed, to whoever shows the word that it was told with; by its
    /// name alone only where that is allowed, and while nobody else claims it.
    pub async fn take_up(
        &self,
        username: &str,
        claim_token: Option<&str>,
        by_name: bool,
    ) -> Result<String, Problem> {
        let (name, now) = (username.trim().to_owned(), clock::now());
        let found = match claim_token {
            Some(token) => {
                let token = digest(token);
                let claim =
                    move |reader: &crate::store::Reader| reader.claim_by_token(&name, &token);
                self.app().read(claim).await?
            }
            None if by_name => {
                let claim = move |reader: &crate::store::Reader| reader.only_claim_of(&name, now);
                self.app().read(claim).await?
            }
            None => None,
        };
        let claim_id = found.ok_or_else(no_claim)?;
        let who = Principal::agent(username.trim())?;
        let (token, key_id) = self.sign(&who);
        let command = Command::UseTopicClaim(UseTopicClaim {
            claim_id,
            key_id,
            token_digest: digest(&token),
        });
        self.app().submit(&origin(Caller::System), command).await?;
        Ok(token)
    }

    /// Makes an app, and tells its key this once.
    pub async fn create_app(&self, who: &Origin, name: &str) -> Result<(String, String), Problem> {
        let (token, key_id) = self.sign(&Principal::app(name.trim())?);
        let command = Command::CreateTopicApp(CreateTopicApp {
            name: name.to_owned(),
            key_id,
            token_digest: digest(&token),
        });
        self.named(who, command, token).await
    }

    /// Another key for an app. The one before is over at once.
    pub async fn rotate_app_key(
        &self,
        who: &Origin,
        name: &str,
    ) -> Result<(String, String), Problem> {
        let (token, key_id) = self.sign(&Principal::app(name.trim())?);
        let command = Command::RotateTopicAppKey(RotateTopicAppKey {
            name: name.to_owned(),
            key_id,
            token_digest: digest(&token),
        });
        self.named(who, command, token).await
    }

    /// The name of the app and its token.
    async fn named(
        &self,
        who: &Origin,
        command: Command,
        token: String,
    ) -> Result<(String, String), Problem> {
        let Answer::Created(name) = self.app().submit(who, command).await?.answer else {
            return Err(StoreError::Other("an app without a name".to_owned()).into());
        };
        Ok((name, token))
    }
}
