//! The operations of the served OpenAPI document, as far as a request needs them.

use serde_json::Value;
use std::collections::BTreeSet;

pub struct Operation {
    pub id: String,
    pub method: reqwest::Method,
    pub path: String,
    pub query: Vec<String>,
    /// Members of the body, if it is a JSON object.
    pub members: Option<BTreeSet<String>>,
    /// Statuses that the document names.
    pub statuses: BTreeSet<u16>,
    /// Its errors are one sentence.
    pub tells_in_a_sentence: bool,
}

impl Operation {
    pub fn all(document: &Value) -> Vec<Self> {
        let mut found = Vec::new();
        for (path, methods) in document["paths"].as_object().unwrap() {
            for (method, operation) in methods.as_object().unwrap() {
                found.push(Self::read(document, path, method, operation));
            }
        }
        found
    }

    fn read(document: &Value, path: &str, method: &str, operation: &Value) -> Self {
        let parameters = operation["parameters"].as_array();
        let query = parameters
            .into_iter()
            .flatten()
            .filter(|parameter| parameter["in"] == "query")
            .map(|parameter| parameter["name"].as_str().unwrap().to_owned());
        let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
        let statuses = operation["responses"].as_object().unwrap().keys();
        Self {
            id: operation["operationId"].as_str().unwrap().to_owned(),
            method: method.to_uppercase().parse().unwrap(),
            path: path.to_owned(),
            query: query.collect(),
            members: schema.is_object().then(|| members(document, schema)),
            tells_in_a_sentence: ["workshop", "claw"]
                .map(Value::from)
                .contains(&operation["tags"][0]),
            statuses: statuses.map(|status| status.parse().unwrap()).collect(),
        }
    }
}

/// The members that a schema names, through references and alternatives.
fn members(document: &Value, schema: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    if let Some(reference) = schema["$ref"].as_str() {
        let place = reference.strip_prefix('#').unwrap();
        found.extend(members(document, document.pointer(place).unwrap()));
    }
    for parts in ["allOf", "oneOf", "anyOf"] {
        for part in schema[parts].as_array().into_iter().flatten() {
            found.extend(members(document, part));
        }
    }
    let properties = schema["properties"].as_object();
    found.extend(
        properties
            .into_iter()
            .flatten()
            .map(|(name, _)| name.clone()),
    );
    found
}
