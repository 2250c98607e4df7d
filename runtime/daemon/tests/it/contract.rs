//! The served OpenAPI document, as those who generate clients from it need it.

use crate::support::{Api, Scene};
use serde_json::Value;
use std::collections::HashMap;

/// Operation ids become function names in other languages: each names one operation, as verb and
/// noun.
#[tokio::test]
async fn every_operation_has_a_name_of_its_own() {
    let api = Api::start();
    let document = api.local().get("/openapi.json").await.expect(200);
    let mut seen: HashMap<String, String> = HashMap::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let place = format!("{method} {path}");
            let id = operation["operationId"].as_str().expect(&place);
            assert!(is_verb_and_noun(id), "{place} is called {id:?}");
            if let Some(other) = seen.insert(id.to_owned(), place.clone()) {
                panic!("{id:?} is both {other} and {place}");
            }
            assert_eq!(operation["tags"].as_array().map(Vec::len), Some(1), "{id}");
            assert_ne!(operation["summary"], Value::Null, "{id} says what it does");
        }
    }
    assert!(seen.contains_key("listRooms") && seen.contains_key("createRoom"));
}

/// `listRooms`: lower camel case, of two words at least.
fn is_verb_and_noun(id: &str) -> bool {
    id.starts_with(|char: char| char.is_ascii_lowercase())
        && id.contains(|char: char| char.is_ascii_uppercase())
        && id.chars().all(|char| char.is_ascii_alphanumeric())
}

/// Every list that the document gives a limit: a number is clamped, anything else is named, and
/// nothing is ever our fault.
#[tokio::test]
async fn every_limit_is_a_number_or_a_400() {
    let api = Api::start();
    let (owner, local) = (api.owner(), api.local());
    let scene = Scene::set(&local).await;
    let document = local.get("/openapi.json").await.expect(200);
    let mut lists = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        let parameters = methods["get"]["parameters"].as_array();
        let mut parameters = parameters.into_iter().flatten();
        // The event bus reads what is no number as its default, as its contract has it.
        let on_the_bus = methods["get"]["tags"][0] == "claw";
        if !on_the_bus && parameters.any(|parameter| parameter["name"] == "limit") {
            let path = path
                .replace("{room_id}", &scene.room)
                .replace("{thread_id}", &scene.thread);
            assert!(!path.contains('{'), "{path}: nothing to fill in");
            lists.push(format!("{path}?q=walrus"));
        }
    }
    assert!(lists.len() >= 11, "{lists:?}");
    for list in lists {
        // The inbox of claims is the owner's alone.
        let owners = list.starts_with("/v1/claims");
        for who in [&owner, &local]
            .into_iter()
            .take(if owners { 1 } else { 2 })
        {
            for fine in ["", "0", "1", "50", "200", "201", "1000000", "4294967295"] {
                who.get(&format!("{list}&limit={fine}")).await.expect(200);
            }
            for odd in [
                "x",
                "1.5",
                "1.0",
                "-1",
                "1e3",
                "0x10",
                "1%202",
                "%00",
                "%EF%BC%91",
                "NaN",
                "null",
                "4294967296",
                "99999999999999999999999999",
                "1&limit=2",
            ] {
                who.get(&format!("{list}&limit={odd}"))
                    .await
                    .bad("invalid_parameter", "limit");
            }
        }
    }
}
