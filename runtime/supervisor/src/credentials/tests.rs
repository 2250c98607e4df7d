#![allow(clippy::unwrap_used)]

use std::collections::HashMap;
use std::fs;
use std::sync::Mutex;

use super::*;

const TOKEN_A: &str = "sbo_aaaaaaaaaaaaaaaaaaaaaaaa";
const TOKEN_B: &str = "sbo_bbbbbbbbbbbbbbbbbbbbbbbb";

/// A keyring that works, or says why it does not.
struct FakeVault {
    secrets: Mutex<HashMap<String, String>>,
    get_fails: Option<&'static str>,
    set_fails: Option<&'static str>,
}

impl FakeVault {
    fn working() -> Self {
        FakeVault {
            secrets: Mutex::default(),
            get_fails: None,
            set_fails: None,
        }
    }

    fn broken(why: &'static str) -> Self {
        FakeVault {
            get_fails: Some(why),
            set_fails: Some(why),
            ..Self::working()
        }
    }

    fn read_only(why: &'static str) -> Self {
        FakeVault {
            set_fails: Some(why),
            ..Self::working()
        }
    }

    fn holding(self, dir: &Path, token: &str) -> Self {
        let account = dir.canonicalize().unwrap().to_string_lossy().into_owned();
        self.secrets
            .lock()
            .unwrap()
            .insert(account, token.to_owned());
        self
    }
}

impl Vault for FakeVault {
    fn get(&self, account: &str) -> Result<Option<String>, String> {
        match self.get_fails {
            Some(why) => Err(why.to_owned()),
            None => Ok(self.secrets.lock().unwrap().get(account).cloned()),
        }
    }

    fn set(&self, account: &str, secret: &str) -> Result<(), String> {
        match self.set_fails {
            Some(why) => Err(why.to_owned()),
            None => {
                self.secrets
                    .lock()
                    .unwrap()
                    .insert(account.to_owned(), secret.to_owned());
                Ok(())
            }
        }
    }

    fn remove(&self, account: &str) -> Result<(), String> {
        match self.set_fails {
            Some(why) => Err(why.to_owned()),
            None => {
                self.secrets.lock().unwrap().remove(account);
                Ok(())
            }
        }
    }
}

/// Who asks for the token.
enum Opener {
    Start,
    Client,
}

/// One resolution, told as "keyring state, location, token, file afterwards".
struct Case {
    opener: Opener,
    file: Option<&'static str>,
    vault: FakeVault,
}

fn check(case: impl FnOnce(&Path) -> Case, expected: &str) {
    let dir = tempfile::tempdir().unwrap();
    let Case {
        opener,
        file,
        vault,
    } = case(dir.path());
    if let Some(token) = file {
        fs::write(dir.path().join("owner-token"), token).unwrap();
    }
    let vault: Arc<dyn Vault> = Arc::new(vault);
    let found = match opener {
        Opener::Start => Some(find_or_create(dir.path(), vault).unwrap()),
        Opener::Client => find_only(dir.path(), vault).unwrap(),
    };
    let name = |token: &str| match token.trim() {
        TOKEN_A => "A".to_owned(),
        TOKEN_B => "B".to_owned(),
        other if other.starts_with("sbo_") && other.len() == 68 => "new".to_owned(),
        other => format!("unexpected {other}"),
    };
    let told = found.map_or("nothing".to_owned(), |credential| {
        format!(
            "{:?} {:?} {}",
            credential.keyring.state,
            credential.keyring.token_location,
            name(credential.token.expose())
        )
    });
    let file = fs::read_to_string(dir.path().join("owner-token"))
        .map_or("none".to_owned(), |token| name(&token));
    assert_eq!(format!("{told}; file {file}"), expected);
}

#[test]
fn the_keyring_goes_before_the_file() {
    use Opener::{Client, Start};
    let case = |opener, file, vault| Case {
        opener,
        file,
        vault,
    };
    let works = FakeVault::working;
    let broken = || FakeVault::broken("no service");
    let locked = || FakeVault::read_only("locked");

    check(
        |_| case(Start, None, works()),
        "Available OsKeyring new; file none",
    );
    check(
        |d| case(Start, None, works().holding(d, TOKEN_A)),
        "Available OsKeyring A; file none",
    );
    // What was in a file moves into the keyring, the same token.
    check(
        |_| case(Start, Some(TOKEN_A), works()),
        "Available OsKeyring A; file none",
    );
    // The keyring is right; a stale file goes away.
    check(
        |d| case(Start, Some(TOKEN_B), works().holding(d, TOKEN_A)),
        "Available OsKeyring A; file none",
    );
    check(
        |_| case(Start, None, broken()),
        "Unavailable File new; file new",
    );
    check(
        |_| case(Start, Some(TOKEN_A), broken()),
        "Unavailable File A; file A",
    );
    check(
        |_| case(Start, None, locked()),
        "Unavailable File new; file new",
    );
    check(
        |_| case(Start, Some(TOKEN_A), locked()),
        "Unavailable File A; file A",
    );
    // A client looks, and changes nothing.
    check(|_| case(Client, None, works()), "nothing; file none");
    check(|_| case(Client, None, broken()), "nothing; file none");
    check(
        |_| case(Client, Some(TOKEN_A), works()),
        "Unavailable File A; file A",
    );
    check(
        |d| case(Client, Some(TOKEN_B), works().holding(d, TOKEN_A)),
        "Available OsKeyring A; file B",
    );
}

#[test]
fn the_environment_needs_no_place() {
    let found = overridden(parse(TOKEN_A, OWNER_TOKEN_ENV).unwrap());
    assert_eq!(found.keyring.state, KeyringAvailability::Overridden);
    assert_eq!(found.keyring.token_location, TokenLocation::Environment);
}

#[test]
fn the_fallback_is_private_and_said_plainly() {
    let dir = tempfile::tempdir().unwrap();
    let vault = Arc::new(FakeVault::broken("no keyring service answers"));
    let found = find_or_create(dir.path(), vault).unwrap();
    assert!(found.keyring.detail.contains("no keyring service answers"));
    assert!(found.keyring.detail.contains("owner-token"));
    assert!(!found.keyring.detail.contains(found.token.expose()));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(dir.path().join("owner-token"))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn the_same_token_comes_back() {
    let dir = tempfile::tempdir().unwrap();
    let get = |vault: Arc<FakeVault>| find_or_create(dir.path(), vault).unwrap().token;
    let first = get(Arc::new(FakeVault::broken("gone")));
    assert_eq!(get(Arc::new(FakeVault::broken("gone"))), first);
    let vault = Arc::new(FakeVault::working());
    assert_eq!(get(Arc::clone(&vault)), first);
    assert_eq!(get(vault), first);
}

#[test]
fn a_malformed_token_is_an_error_and_not_replaced() {
    let dir = tempfile::tempdir().unwrap();
    for text in [
        "short",
        "sbo_with space in the middle",
        "sbo_ünï-not-ascii-at-all",
    ] {
        fs::write(dir.path().join("owner-token"), text).unwrap();
        let vault = Arc::new(FakeVault::broken("gone"));
        let error = find_or_create(dir.path(), vault).unwrap_err();
        assert!(
            matches!(error, CredentialError::Malformed { .. }),
            "{text}: {error}"
        );
        assert_eq!(
            fs::read_to_string(dir.path().join("owner-token")).unwrap(),
            text
        );
    }
}

#[test]
fn a_token_does_not_print() {
    let token = OwnerToken::generate().unwrap();
    assert!(!format!("{token:?}").contains(&token.expose()[4..]));
    assert_ne!(token, OwnerToken::generate().unwrap());
}

/// A keyring that never answers.
struct Silent(Mutex<mpsc::Receiver<()>>);

impl Vault for Silent {
    fn get(&self, _account: &str) -> Result<Option<String>, String> {
        self.0.lock().unwrap().recv().ok();
        Err("closed".to_owned())
    }

    fn set(&self, _account: &str, _secret: &str) -> Result<(), String> {
        Err("closed".to_owned())
    }

    fn remove(&self, _account: &str) -> Result<(), String> {
        Err("closed".to_owned())
    }

    fn time_limit(&self) -> Duration {
        Duration::from_millis(20)
    }
}

#[test]
fn a_silent_keyring_does_not_hang_the_start() {
    let dir = tempfile::tempdir().unwrap();
    // Kept open to the end: the fake stays silent for as long as the test lasts.
    let (_never, silence) = mpsc::channel();
    let vault = Arc::new(Silent(Mutex::new(silence)));
    let found = find_or_create(dir.path(), vault).unwrap();
    assert_eq!(found.keyring.token_location, TokenLocation::File);
    assert!(found.keyring.detail.contains("did not answer"));
}

/// Every file below a folder that holds a text.
fn holding(dir: &Path, text: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(holding(&path, text));
        } else if String::from_utf8_lossy(&fs::read(&path).unwrap()).contains(text) {
            found.push(path);
        }
    }
    found
}

#[test]
fn a_lent_secret_lies_in_the_keyring_or_in_a_private_file() {
    let secret = LentSecret {
        value: "a-value-of-its-own".to_owned(),
        hosts: vec!["api.example.com".to_owned()],
    };
    assert!(!format!("{secret:?}").contains("a-value"));
    for (vault, location) in [
        (FakeVault::working(), TokenLocation::OsKeyring),
        (FakeVault::broken("no service"), TokenLocation::File),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let secrets = Secrets::with(dir.path(), Arc::new(vault)).unwrap();
        assert_eq!(secrets.get("KEY").unwrap(), None);
        assert_eq!(secrets.set("KEY", &secret).unwrap(), location);
        assert_eq!(secrets.get("KEY").unwrap(), Some(secret.clone()));
        assert_eq!(secrets.get("key").unwrap(), None);
        let files = holding(dir.path(), &secret.value);
        assert_eq!(files.len(), usize::from(location == TokenLocation::File));
        #[cfg(unix)]
        for file in files {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(
                fs::metadata(file).unwrap().permissions().mode() & 0o777,
                0o600
            );
        }
        let notes = secrets.list().unwrap();
        assert_eq!(notes["KEY"].hosts, secret.hosts);
        assert_eq!(notes["KEY"].location, location);
        let other = LentSecret {
            hosts: vec!["b.test".to_owned()],
            ..secret.clone()
        };
        secrets.set("KEY", &other).unwrap();
        assert_eq!(secrets.get("KEY").unwrap(), Some(other));
        assert!(secrets.remove("KEY").unwrap());
        assert!(!secrets.remove("KEY").unwrap());
        assert_eq!(secrets.get("KEY").unwrap(), None);
        assert_eq!(holding(dir.path(), &secret.value), Vec::<PathBuf>::new());
    }
}
