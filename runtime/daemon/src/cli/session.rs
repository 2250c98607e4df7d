//! What client verbs share: which runtime they talk to, and as whom.

use super::Global;
use super::exit::{Exit, Failure};
use super::output::Output;
use crate::client::{Client, base_url};
use crate::config::{data_dir, process_env};
use std::path::PathBuf;

/// A verb's way to the runtime.
pub struct Session {
    pub client: Client,
    pub output: Output,
    /// The runtime knows the caller by it; else only by the name that it gives.
    pub has_token: bool,
}

impl Global {
    /// # Errors
    /// When no data directory is named and the home directory is unknown.
    pub fn data_dir(&self) -> Result<PathBuf, Failure> {
        Ok(data_dir(self.data_dir.as_deref(), &process_env)?)
    }

    pub fn output(&self) -> Output {
        Output::new(self.json)
    }

    /// Address of the runtime. Clients of a runtime elsewhere need no data directory.
    pub fn base_url(&self) -> String {
        let data_dir = self.data_dir().ok();
        base_url(self.url.as_deref(), &process_env, data_dir.as_deref())
    }

    /// As whoever `SIGNALBOX_TOKEN` names, else as a program on this machine without a token.
    pub fn session(&self) -> Result<Session, Failure> {
        self.session_as(given_token())
    }

    /// As the owner: with `SIGNALBOX_TOKEN`, else with the owner's token of the data directory.
    pub fn owner_session(&self) -> Result<Session, Failure> {
        if let Some(token) = given_token() {
            return self.session_as(Some(token));
        }
        let found = supervisor::existing_owner_token(&self.data_dir()?).map_err(|error| {
            Failure::new(Exit::Refused, "owner_token_unusable", error.to_string())
        })?;
        let Some(credential) = found else {
            let message = "There is no owner's token on this machine yet.";
            return Err(Failure::new(Exit::Refused, "no_owner_token", message)
                .hint("Start Signalbox once on this data directory, or set SIGNALBOX_TOKEN."));
        };
        self.session_as(Some(credential.token.expose().to_owned()))
    }

    fn session_as(&self, token: Option<String>) -> Result<Session, Failure> {
        let has_token = token.is_some();
        let client = Client::new(&self.base_url(), token)?.in_workspace(self.workspace.clone());
        Ok(Session {
            client,
            output: self.output(),
            has_token,
        })
    }
}

/// The name that the system knows the user by.
pub fn user_name() -> Option<String> {
    // Cron sets the second only, Windows the third.
    ["USER", "LOGNAME", "USERNAME"]
        .into_iter()
        .find_map(|name| process_env(name).filter(|name| !name.is_empty()))
}

/// Who speaks on the board: as the flag says, else `AGENT_ID`, else the user.
///
/// # Errors
/// When nothing tells.
pub fn sender(flag: Option<String>) -> Result<String, Failure> {
    let agent = || process_env("AGENT_ID").filter(|name| !name.is_empty());
    flag.or_else(agent).or_else(user_name).ok_or_else(|| {
        let message = "It is not known who speaks.";
        Failure::new(Exit::Usage, "missing_from", message)
            .hint("Set AGENT_ID to your name, such as myagent.myname, or give --from.")
    })
}

/// The token that the caller was given.
pub fn given_token() -> Option<String> {
    process_env("SIGNALBOX_TOKEN").filter(|token| !token.is_empty())
}
