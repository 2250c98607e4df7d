//! The served OpenAPI document, as those who generate clients from it need it.

use crate::support::Api;
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
