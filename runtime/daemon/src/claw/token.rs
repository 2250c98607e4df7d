//! Keys of the event bus on the wire: JSON Web Tokens, signed with HMAC-SHA256 (HS256).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use hmac::{Hmac, KeyInit, Mac};
use kernel::Principal;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use std::fmt;

/// The variable that names what keys are signed with, where a Centrifugo in front is to check them.
pub const JWT_SECRET_ENV: &str = "JWT_SECRET";
/// Longest token that is looked at, bytes.
const TOKEN_BYTES_MAX: usize = 4_096;
/// What the secret is derived for, so that it serves nothing else.
const PURPOSE: &[u8] = b"signalbox event bus keys, HS256, 1";
/// The header of every token: `{"alg":"HS256"}`.
const HEADER: &str = "eyJhbGciOiJIUzI1NiJ9";

/// A secret that was given to this process. It is not shown.
#[derive(Clone)]
pub struct JwtSecret(String);

impl JwtSecret {
    pub fn from_environment() -> Option<Self> {
        let secret = std::env::var(JWT_SECRET_ENV).ok()?;
        (!secret.is_empty()).then_some(Self(secret))
    }

    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for JwtSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JwtSecret")
    }
}

/// Signs tokens and checks them.
pub struct Signer(Hmac<Sha256>);

/// What a token of ours says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// `apikey` of an agent, `appkey` of an app.
    #[serde(rename = "type")]
    kind: String,
    pub sub: String,
    /// Seconds since 1970.
    pub iat: i64,
    /// The id of the key.
    pub jti: String,
}

impl Claims {
    pub fn of(principal: &Principal, issued_at_s: i64, key_id: &str) -> Self {
        Self {
            kind: kind(principal).to_owned(),
            sub: principal.to_string(),
            iat: issued_at_s,
            jti: key_id.to_owned(),
        }
    }

    /// Whether they are of a key of this principal.
    pub fn are_of(&self, principal: &Principal) -> bool {
        self.sub == principal.to_string() && self.kind == kind(principal)
    }
}

fn kind(principal: &Principal) -> &'static str {
    match principal {
        Principal::Agent(_) => "apikey",
        Principal::App(_) => "appkey",
    }
}

impl Signer {
    /// Signs with a secret that is derived from the owner's token: it is kept where that is, and ends with it.
    pub fn of_owner(token: &str) -> Self {
        let mut derive = mac(token.as_bytes());
        derive.update(PURPOSE);
        Self(mac(&derive.finalize().into_bytes()))
    }

    pub fn of_secret(secret: &[u8]) -> Self {
        Self(mac(secret))
    }

    pub fn sign(&self, claims: &Claims) -> String {
        // Plain texts and a number always serialise.
        let claims = serde_json::to_vec(claims).unwrap_or_default();
        let signed = format!("{HEADER}.{}", BASE64.encode(claims));
        let mut mac = self.0.clone();
        mac.update(signed.as_bytes());
        let signature = BASE64.encode(mac.finalize().into_bytes());
        format!("{signed}.{signature}")
    }

    /// What a token says, if we have signed it. No other algorithm is looked at.
    pub fn verify(&self, token: &str) -> Option<Claims> {
        if token.len() > TOKEN_BYTES_MAX {
            return None;
        }
        let (signed, signature) = token.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let signature = BASE64.decode(signature).ok()?;
        let mut mac = self.0.clone();
        mac.update(signed.as_bytes());
        // Takes as long whatever the signature is.
        mac.verify_slice(&signature).ok()?;
        (header == HEADER).then_some(())?;
        serde_json::from_slice(&BASE64.decode(claims).ok()?).ok()
    }
}

fn mac(key: &[u8]) -> Hmac<Sha256> {
    // HMAC takes keys of any length.
    Hmac::new_from_slice(key).unwrap_or_else(|_| unreachable!())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims() -> Claims {
        Claims::of(&Principal::Agent("bob".into()), 7, "ck_1")
    }

    #[test]
    fn only_what_was_signed_is_read() {
        let signer = Signer::of_owner("token");
        let token = signer.sign(&claims());
        assert_eq!(signer.verify(&token), Some(claims()));
        assert_eq!(Signer::of_owner("other").verify(&token), None);
        assert_eq!(Signer::of_secret(b"token").verify(&token), None, "derived");
        let parts: Vec<&str> = token.split('.').collect();
        let forged = BASE64.encode(br#"{"type":"apikey","sub":"eve","iat":7,"jti":"ck_1"}"#);
        let none = BASE64.encode(br#"{"alg":"none"}"#);
        for wrong in [
            format!("{}.{forged}.{}", parts[0], parts[2]),
            format!("{none}.{}.", parts[1]),
            format!("{none}.{}.{}", parts[1], parts[2]),
            format!("{}.{}", parts[0], parts[1]),
            format!("{token}A"),
            token[..token.len() - 4].to_owned(),
            String::new(),
            ".".repeat(3),
            "x".repeat(TOKEN_BYTES_MAX + 1),
        ] {
            assert_eq!(signer.verify(&wrong), None, "{wrong:.80}");
        }
    }

    #[test]
    fn signatures_are_those_of_others() {
        // By the hmac module of Python, over the same header and claims.
        let expected = "eyJhbGciOiJIUzI1NiJ9.eyJ0eXBlIjoiYXBpa2V5Iiwic3ViIjoiYm9iIiwiaWF0Ijo3LCJqdGkiOiJja18xIn0.C66sEp3QmFxRbL59AKeXja8TNKXpmL2GXeEpc8g_WCI";
        assert_eq!(Signer::of_secret(b"s").sign(&claims()), expected);
        assert_eq!(BASE64.decode(HEADER).unwrap(), br#"{"alg":"HS256"}"#);
    }

    #[test]
    fn a_key_of_an_agent_is_none_of_an_app() {
        assert!(claims().are_of(&Principal::Agent("bob".into())));
        assert!(!claims().are_of(&Principal::Agent("eve".into())));
        let app = Principal::App("shop".into());
        assert!(Claims::of(&app, 1, "k").are_of(&app));
        let posing = Claims {
            sub: "app:shop".into(),
            ..claims()
        };
        assert!(!posing.are_of(&app), "the kind is not an app's");
    }
}
