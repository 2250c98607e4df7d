//! `signalbox api`: the process that owns the database and serves it.

use super::Global;
use super::exit::Failure;
use super::start::{Settings, Started, start};
use crate::api::Access;
use crate::claw::JwtSecret;
use crate::config::{Reloadable, process_env};
use crate::logging::Secrets;
use crate::serve::{self, ServeConfig};
use clap::Args;
use std::process::ExitCode;
use supervisor::Component;
use tokio::sync::watch;

/// Serve the database of the data directory over HTTP
///
/// Prints one line of JSON when it serves or cannot start. The owner's token is taken from
/// SIGNALBOX_OWNER_TOKEN, else from the keyring.
///
/// Example: signalbox api --listen 127.0.0.1:0
#[derive(Debug, Args)]
pub struct Api {
    #[command(flatten)]
    settings: Settings,
    /// Somebody holds standard input: end with it
    #[arg(long)]
    supervised: bool,
}

impl Api {
    pub fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        let flags = self.settings.flags(global);
        let started = match start(Component::Api.name(), flags, Secrets::from_environment()) {
            Ok(started) => started,
            Err(code) => return Ok(code),
        };
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()?;
        let code = runtime.block_on(serve(started, self.supervised));
        Ok(ExitCode::from(code))
    }
}

async fn serve(started: Started, supervised: bool) -> u8 {
    let config = &started.config;
    let token_required = !config.listen.ip().is_loopback();
    let (publish, access_seen) = watch::channel(access(&config.reloadable, token_required));
    let (limit, egress_per_hour) = watch::channel(config.reloadable.egress_per_hour);
    let (publish_minutes, stale_minutes) = watch::channel(config.reloadable.stale_minutes);
    let (publish_egress, egress) = watch::channel(config.reloadable.egress.clone());
    let (publish_days, messages_days) = watch::channel(config.reloadable.messages_days);
    let _watch = started.follow(move |settings| {
        publish.send_replace(access(settings, token_required));
        limit.send_replace(settings.egress_per_hour);
        publish_minutes.send_replace(settings.stale_minutes);
        publish_egress.send_replace(settings.egress.clone());
        publish_days.send_if_modified(|days| {
            std::mem::replace(days, settings.messages_days) != settings.messages_days
        });
    });
    serve::run(ServeConfig {
        listen: config.listen,
        data_dir: config.data_dir.clone(),
        supervised,
        access: access_seen,
        egress_per_hour,
        egress,
        stale_minutes,
        messages_days,
        claw_rules: config.claw_rules,
        jwt_secret: JwtSecret::from_environment(),
    })
    .await
}

fn access(settings: &Reloadable, token_required: bool) -> Access {
    let switched_on = |name: &str| process_env(name).is_some_and(|value| value == "1");
    Access {
        allowed_hosts: settings.allowed_hosts.clone(),
        allowed_origins: settings.allowed_origins.clone(),
        dev_mode: switched_on("SIGNALBOX_DEV_MODE"),
        claims_by_name: switched_on("SIGNALBOX_CLAW_CLAIMS_BY_NAME"),
        token_required,
    }
}
