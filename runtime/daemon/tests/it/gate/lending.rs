//! Secrets that the owner lends to requests, kept by the verb and sent by the runtime.

use super::performing::{api_with, approved};
use super::text;
use crate::support::{Api, Settings, Site, grep, say, say_with};
use serde_json::json;

/// The value is sent, to the hosts it is for, and is nowhere else.
#[tokio::test]
async fn a_secret_is_named_in_the_request_and_only_the_other_side_sees_it() {
    let site = Site::open().await;
    let api = api_with(
        &site,
        Settings {
            args: vec!["--log-level".into(), "trace".into()],
            ..Settings::default()
        },
    );
    let local = api.local();
    let value = "no-known-kind-of-secret-0123456789";
    let host = format!("127.0.0.1:{}", site.port);
    for (name, host) in [("API.KEY", host.as_str()), ("OTHER", "api.example.com")] {
        let said = say_with(
            &api,
            &["secret", "set", name, "--host", host],
            &format!("{value}\n"),
        );
        assert_eq!(said.json()["name"], name);
        assert!(!said.stdout.contains(value) && !said.stderr.contains(value));
    }
    let ask = |name: &str| {
        json!({"target_url": site.url("/ok"), "perform": true,
            "headers": {"authorization": format!("Bearer {{{{secret:{name}}}}}")}})
    };
    let done = approved(&api, &local, &ask("API.KEY")).await;
    assert_eq!(done["request"]["progress"], "performed", "{done}");
    let sent = site.request().await;
    assert!(
        sent.contains(&format!("authorization: Bearer {value}\r\n")),
        "{sent}"
    );
    let outcome = &done["request"]["outcome"];
    assert_eq!(outcome["masked"], true);
    assert_eq!(outcome["response_headers"]["etag"], "\"Bearer [redacted]\"");
    let blob = text(outcome, "response_blob");
    let kept = local.get(&format!("/v1/blobs/{blob}")).await;
    assert_eq!(kept.text, "{\"shown\":\"Bearer [redacted]\"}");
    for (name, code) in [
        ("OTHER", "secret_host_not_allowed"),
        ("NONE", "secret_not_found"),
    ] {
        let done = approved(&api, &local, &ask(name)).await;
        let outcome = &done["request"]["outcome"];
        assert_eq!(
            json!([outcome["code"], outcome["sent"]]),
            json!([code, "no"])
        );
    }
    site.saw_nothing_more();
    let log = local.get("/v1/events?limit=200").await.text;
    assert!(log.contains("{{secret:API.KEY}}") && !log.contains(value));

    let listed = say(&api, &["secret", "list", "--json"]);
    assert_eq!(listed.list()[0]["name"], "API.KEY");
    assert!(!listed.stdout.contains(value));
    // Without a keyring it lies in its own file, and nowhere else; the log of the process has it neither.
    let stderr = std::fs::read_to_string(&api.stderr).unwrap();
    assert!(!stderr.contains(value));
    let secrets = api.data_dir.join("secrets");
    let elsewhere = |found: Vec<std::path::PathBuf>| {
        let mut found = found;
        found.retain(|path| !path.starts_with(&secrets));
        found
    };
    assert_eq!(
        elsewhere(grep(&api.data_dir, value)),
        Vec::<std::path::PathBuf>::new()
    );
    for name in ["API.KEY", "OTHER"] {
        say(&api, &["secret", "remove", name]).json();
    }
    assert_eq!(grep(&api.data_dir, value), Vec::<std::path::PathBuf>::new());
    let done = approved(&api, &local, &ask("API.KEY")).await;
    assert_eq!(done["request"]["outcome"]["code"], "secret_not_found");
}

#[tokio::test]
async fn what_is_no_secret_is_not_kept() {
    let api = Api::start();
    for (words, input) in [
        (
            vec!["secret", "set", "a b", "--host", "a.test"],
            "long-enough-value",
        ),
        (
            vec!["secret", "set", "A", "--host", "*.a.test"],
            "long-enough-value",
        ),
        (vec!["secret", "set", "A", "--host", "a.test"], "short"),
        (
            vec!["secret", "set", "A", "--host", "a.test"],
            "two\nlines-of-it",
        ),
        (vec!["secret", "set", "A"], "long-enough-value"),
    ] {
        let said = say_with(&api, &words, input);
        assert_eq!(said.code, Some(2), "{said:?}");
        assert!(!said.stderr.contains(input));
    }
    assert!(say(&api, &["secret", "list", "--json"]).list().is_empty());
}
