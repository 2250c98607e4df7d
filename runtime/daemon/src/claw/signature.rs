//! Signatures of OpenSSH: `ssh-keygen -Y sign -n claw.events`.

use kernel::Reject;
use ssh_key::{HashAlg, PublicKey, SshSig};

/// What signatures are made for, so that none that was made for something else signs in.
pub const NAMESPACE: &str = "claw.events";
/// Longest public key or signature that is looked at, bytes.
const TEXT_BYTES_MAX: usize = 16_384;

/// A public key as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadKey {
    /// In the form of OpenSSH, without the comment.
    pub text: String,
    /// `SHA256:…`
    pub fingerprint: String,
}

/// Reads a line such as `ssh-ed25519 AAAA… me@here`.
///
/// # Errors
/// `invalid_public_key`.
pub fn read_public_key(text: &str) -> Result<ReadKey, Reject> {
    let unreadable = || {
        let message = "public_key must be an OpenSSH public key (ssh-ed25519 or ecdsa-sha2-nistp256), as in id_ed25519.pub";
        Reject::invalid("invalid_public_key", "public_key", message)
    };
    if text.len() > TEXT_BYTES_MAX {
        return Err(unreadable());
    }
    let mut key = PublicKey::from_openssh(text.trim()).map_err(|_| unreadable())?;
    if !can_be_checked(&key) {
        return Err(unreadable());
    }
    key.set_comment("");
    let fingerprint = key.fingerprint(HashAlg::Sha256).to_string();
    let text = key.to_openssh().map_err(|_| unreadable())?;
    Ok(ReadKey {
        text: text.trim().to_owned(),
        fingerprint,
    })
}

fn can_be_checked(key: &PublicKey) -> bool {
    use ssh_key::{Algorithm, EcdsaCurve};
    matches!(
        key.algorithm(),
        Algorithm::Ed25519
            | Algorithm::Ecdsa {
                curve: EcdsaCurve::NistP256
            }
    )
}

/// Whether the private half of this key has signed the message, for this purpose.
pub fn is_signed_by(public_key: &str, message: &str, signature: &str) -> bool {
    if signature.len() > TEXT_BYTES_MAX {
        return false;
    }
    let Ok(key) = PublicKey::from_openssh(public_key) else {
        return false;
    };
    SshSig::from_pem(signature.trim()).is_ok_and(|signature| {
        key.verify(NAMESPACE, message.as_bytes(), &signature)
            .is_ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    // Made by `ssh-keygen -t ed25519` and `ssh-keygen -Y sign`, for this test alone.
    const KEY: &str = include_str!("../../tests/fixtures/login_ed25519.pub");
    const SIGNED: &str = include_str!("../../tests/fixtures/login_ed25519.sig");
    const OTHER_PURPOSE: &str = include_str!("../../tests/fixtures/login_ed25519.file.sig");
    const MESSAGE: &str = "claw.events login\nusername:bob\nkey:main\nnonce:n1\nts:7000";

    #[test]
    fn what_ssh_keygen_signed_is_known() {
        let key = read_public_key(KEY).unwrap();
        assert!(key.text.starts_with("ssh-ed25519 AAAA"));
        assert!(!key.text.contains("comment"), "{}", key.text);
        assert!(key.fingerprint.starts_with("SHA256:"));
        assert_eq!(read_public_key(&key.text), Ok(key.clone()));
        assert!(is_signed_by(&key.text, MESSAGE, SIGNED));
        assert!(is_signed_by(&key.text, MESSAGE, SIGNED.trim()));
        assert!(!is_signed_by(&key.text, &format!("{MESSAGE}\n"), SIGNED));
        assert!(!is_signed_by(&key.text, MESSAGE, OTHER_PURPOSE));
        for wrong in ["", "nonsense", &SIGNED[..SIGNED.len() / 2], KEY] {
            assert!(!is_signed_by(&key.text, MESSAGE, wrong));
        }
        assert!(!is_signed_by("ssh-ed25519 AAAA", MESSAGE, SIGNED));
    }

    #[test]
    fn what_is_no_key_of_a_kind_that_can_be_checked_is_refused() {
        let long = "x".repeat(TEXT_BYTES_MAX + 1);
        for wrong in ["", "ssh-ed25519", "ssh-ed25519 AAAA", SIGNED, &long] {
            assert_eq!(
                read_public_key(wrong).unwrap_err().code,
                "invalid_public_key"
            );
        }
    }
}
