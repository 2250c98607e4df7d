//! Signing in with a passphrase: who may set one, what it opens, and what an agent with curl cannot do.

mod first;
mod guessing;
mod secrets;
mod session;

use crate::identity::text;
use crate::support::{Api, Http, OWNER_TOKEN, Reply};
use reqwest::Method;
use serde_json::{Value, json};

pub const PASSPHRASE: &str = "correct horse battery";

/// Sets the passphrase with the owner's token and returns the session that it opens.
pub async fn bootstrap(api: &Api) -> Value {
    let body = json!({"passphrase": PASSPHRASE});
    let who = api.local().header("x-bootstrap-token", OWNER_TOKEN);
    who.post("/v1/auth/bootstrap-owner", body).await.expect(201)
}

pub fn access(signed_in: &Value) -> String {
    text(&signed_in["session"], "access_token")
}

pub fn renewal(signed_in: &Value) -> Value {
    json!({"refresh_token": signed_in["session"]["refresh_token"]})
}

pub async fn logout(http: &Http) -> Value {
    http.post("/v1/auth/logout", json!({})).await.expect(200)
}

pub async fn forget(http: &Http) -> Reply {
    Reply::of(http.request(Method::DELETE, "/v1/auth/owner")).await
}

pub fn seconds_until(time: &Value) -> i64 {
    let at: jiff::Timestamp = time.as_str().unwrap().parse().unwrap();
    (at.as_millisecond() - daemon::clock::now().millis()) / 1_000
}
