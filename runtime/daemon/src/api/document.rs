//! The document of the API: what all operations have in common is said here, once.

use utoipa::OpenApi;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{
    Components, ContentBuilder, OpenApi as Api, Ref, ResponseBuilder, SecurityRequirement,
};

#[derive(OpenApi)]
#[openapi(
    info(title = "Signalbox", description = "Watch, gate, audit and coordinate the agents that work for you.\n\nWhoever sends no token is a program on this machine: it reads, asks and reports, and decides nothing. A token is sent as `Authorization: Bearer`, that of an engine also as `x-engine-token`. `x-workspace-id` names a workspace other than the first, for callers with a token. Whoever holds the lease of a run shows its claim token as `claim_token` or `x-claim-token`."),
    tags(
        (name = "runtime", description = "Health, status and diagnostics"),
        (name = "rooms", description = "Rooms, threads, messages and search"),
        (name = "events", description = "The log: queries, live streams and its proof"),
        (name = "runs", description = "Runs, leases, steps, tool calls and artifacts"),
        (name = "gate", description = "The policy gate: approvals, capabilities, the kill switch, egress and labels of resources"),
        (name = "identity", description = "Who is asking, sessions, engines and agents"),
        (name = "review", description = "Evidence of runs, experiments, scorecards and the pipeline"),
        (name = "incidents", description = "What went wrong, why, and what was learned from it"),
        (name = "workshop", description = "The board: channels, tasks, files and presence, for any agent that has curl"),
        (name = "claw", description = "The event bus: topics with owners, locks and grants, and live sockets"),
    )
)]
struct Document;

/// The document before there is an operation in it.
pub fn begun() -> Api {
    Document::openapi()
}

/// The document with the version, the ways to say who asks, and the answers that every operation may give.
pub fn completed(mut document: Api) -> Api {
    document.info.version = env!("CARGO_PKG_VERSION").to_owned();
    let components = document.components.get_or_insert_with(Components::new);
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
    components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
    let engine = ApiKey::Header(ApiKeyValue::new("x-engine-token"));
    components.add_security_scheme("engine", SecurityScheme::ApiKey(engine));
    let none: [&str; 0] = [];
    document.security = Some(vec![
        SecurityRequirement::default(),
        SecurityRequirement::new("bearer", none),
        SecurityRequirement::new("engine", none),
    ]);
    for (path, item) in &mut document.paths.paths {
        if !path.starts_with("/v1/") {
            continue;
        }
        let has_name = path.contains('{');
        for (operation, changes) in [
            (&mut item.get, false),
            (&mut item.post, true),
            (&mut item.put, true),
            (&mut item.patch, true),
            (&mut item.delete, true),
        ] {
            if let Some(operation) = operation {
                answers(operation, has_name, changes);
            }
        }
    }
    document
}

/// Adds what the operation does not say of itself.
fn answers(operation: &mut Operation, has_name: bool, changes: bool) {
    let reads = operation.request_body.is_some() || operation.parameters.is_some();
    for (status, applies, what) in [
        (
            "400",
            reads,
            "The request cannot be read; the field is named",
        ),
        ("401", true, "The token that was shown is not valid"),
        ("403", changes, "The caller may not do this"),
        (
            "404",
            has_name,
            "There is no such thing, or not in this workspace",
        ),
    ] {
        let responses = &mut operation.responses.responses;
        if applies && !responses.contains_key(status) {
            let schema = Ref::from_schema_name("ProblemBody");
            let content = ContentBuilder::new().schema(Some(schema)).build();
            let response = ResponseBuilder::new()
                .description(what)
                .content("application/json", content)
                .build();
            responses.insert(status.to_owned(), response.into());
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::api::openapi;
    use serde_json::Value;

    #[test]
    fn every_operation_tells_how_it_refuses() {
        let document: Value = serde_json::to_value(openapi()).unwrap();
        assert!(document["components"]["securitySchemes"]["bearer"].is_object());
        for (path, item) in document["paths"].as_object().unwrap() {
            if !path.starts_with("/v1/") {
                continue;
            }
            for (method, operation) in item.as_object().unwrap() {
                let responses = operation["responses"].as_object().unwrap();
                assert!(responses.contains_key("401"), "{method} {path}");
                let names = path.contains('{');
                assert!(!names || responses.contains_key("404"), "{method} {path}");
            }
        }
    }
}
