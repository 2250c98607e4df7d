//! What can go wrong between a client and the runtime.

use serde::Deserialize;

/// A request that did not get the answer it was made for.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Nothing took the request: it certainly had no effect.
    #[error("No Signalbox answers at {url}.")]
    Unreachable { url: String },
    /// The connection ended before the answer came: whether it had an effect is not known.
    #[error("The answer from {url} did not arrive: {why}.")]
    Interrupted { url: String, why: String },
    /// The runtime answered with a problem.
    #[error("{}", .0.message)]
    Refused(Refusal),
    /// Something answered that does not speak like a Signalbox.
    #[error("{url} does not answer like a Signalbox: {why}.")]
    Foreign { url: String, why: String },
}

/// A problem, as the runtime tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// HTTP status.
    pub status: u16,
    /// Code for programs.
    pub code: String,
    pub message: String,
    pub hint: Option<String>,
    /// The member of the request that is at fault.
    pub field: Option<String>,
}

#[derive(Deserialize)]
struct Body {
    error: String,
    message: Option<String>,
    hint: Option<String>,
    field: Option<String>,
}

impl ClientError {
    /// Reads the body of a failed request.
    pub(super) fn refused(url: &str, status: u16, body: &[u8]) -> Self {
        match serde_json::from_slice::<Body>(body) {
            Ok(body) => {
                let message = body.message.unwrap_or_else(|| body.error.clone());
                ClientError::Refused(Refusal {
                    status,
                    code: code(status, body.error),
                    message,
                    hint: body.hint,
                    field: body.field,
                })
            }
            Err(_) => ClientError::Foreign {
                url: url.to_owned(),
                why: format!("status {status} without a reason"),
            },
        }
    }

    pub(super) fn transport(url: &str, error: &reqwest::Error) -> Self {
        if error.is_connect() {
            return ClientError::Unreachable {
                url: url.to_owned(),
            };
        }
        if error.is_builder() || error.is_decode() {
            return ClientError::Foreign {
                url: url.to_owned(),
                why: innermost(error),
            };
        }
        ClientError::Interrupted {
            url: url.to_owned(),
            why: if error.is_timeout() {
                "it took too long".to_owned()
            } else {
                innermost(error)
            },
        }
    }

    /// The code of a refusal.
    pub fn code(&self) -> Option<&str> {
        match self {
            ClientError::Refused(refusal) => Some(&refusal.code),
            ClientError::Unreachable { .. }
            | ClientError::Interrupted { .. }
            | ClientError::Foreign { .. } => None,
        }
    }

    /// Whether the same request may well succeed a moment later.
    pub fn is_transient(&self) -> bool {
        match self {
            ClientError::Unreachable { .. } | ClientError::Interrupted { .. } => true,
            ClientError::Refused(refusal) => {
                matches!(refusal.status, 408 | 425 | 429 | 502 | 503 | 504 | 507)
            }
            ClientError::Foreign { .. } => false,
        }
    }
}

/// The board tells its problems in a sentence, which is no code: then the status is all that there is.
fn code(status: u16, error: String) -> String {
    if !error.contains(' ') {
        return error;
    }
    let code = match status {
        400 => "invalid_request",
        401 => "unauthorized",
        403 => "forbidden",
        404 => "not_found",
        409 => "conflict",
        413 => "payload_too_large",
        429 => "rate_limited",
        _ => "failed",
    };
    code.to_owned()
}

/// The cause at the end of the chain: what people can act on.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut current = error;
    while let Some(source) = current.source() {
        current = source;
    }
    current.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(status: u16, body: &str) -> ClientError {
        ClientError::refused("http://x", status, body.as_bytes())
    }

    #[test]
    fn problems_keep_their_code_and_hint() {
        let error = refusal(
            404,
            r#"{"error":"run_not_found","message":"M.","hint":"H.","field":"run_id"}"#,
        );
        let expected = Refusal {
            status: 404,
            code: "run_not_found".into(),
            message: "M.".into(),
            hint: Some("H.".into()),
            field: Some("run_id".into()),
        };
        assert!(matches!(error, ClientError::Refused(refusal) if refusal == expected));
    }

    #[test]
    fn a_sentence_gets_the_code_of_its_status() {
        let error = refusal(409, r#"{"error":"task is done, not open"}"#);
        assert_eq!(error.code(), Some("conflict"));
        assert_eq!(error.to_string(), "task is done, not open");
    }

    #[test]
    fn what_may_be_tried_again() {
        let table = [
            (503, r#"{"error":"overloaded"}"#, true),
            (429, r#"{"error":"rate_limited"}"#, true),
            (507, r#"{"error":"disk_full"}"#, true),
            (409, r#"{"error":"lease_expired"}"#, false),
            (500, r#"{"error":"internal_error"}"#, false),
            (502, "<html>", false),
        ];
        for (status, body, expected) in table {
            assert_eq!(
                refusal(status, body).is_transient(),
                expected,
                "{status} {body}"
            );
        }
    }
}
