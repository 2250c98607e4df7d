//! The HTTP door: handlers translate requests into commands and reads, and rows into JSON.
//! No handler decides anything.

mod agent;
mod approval;
mod artifact;
mod audit;
mod auth;
mod blob;
mod board;
mod body;
mod capability;
mod channel;
mod claim;
mod claw;
mod data_access;
mod document;
mod egress;
mod engine;
mod event;
mod evidence;
mod execution;
mod experiment;
mod guard;
mod health;
mod identity;
mod incident;
mod label;
mod lease;
mod message;
mod object;
mod pipeline;
mod policy;
mod principal;
mod problem;
mod read_cursor;
mod room;
mod run;
mod runtime;
mod scorecard;
mod search;
mod server;
mod session;
mod shown;
mod step;
mod stream;
mod thread;
mod tool_call;
mod trace;
mod ui;
mod unread;

pub use identity::Identity;
pub use runtime::{RUNTIME_ACTIONS_MAX, RuntimeLink};
pub use server::{Access, Parts, Server};

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state, map_request};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Every documented route.
fn routes() -> OpenApiRouter<Server> {
    OpenApiRouter::with_openapi(document::begun())
        .routes(routes!(health::health))
        .routes(routes!(health::ready))
        .routes(routes!(identity::whoami))
        .routes(routes!(session::create_code))
        .routes(routes!(session::create))
        .routes(routes!(auth::bootstrap))
        .routes(routes!(auth::login))
        .routes(routes!(auth::session::refresh))
        .routes(routes!(auth::session::logout))
        .routes(routes!(auth::session::current))
        .routes(routes!(auth::forget))
        .routes(routes!(runtime::status))
        .routes(routes!(runtime::act))
        .routes(routes!(runtime::diagnostics))
        .routes(routes!(room::list, room::create))
        .routes(routes!(room::get))
        .routes(routes!(read_cursor::read_room))
        .routes(routes!(
            read_cursor::notifications,
            read_cursor::read_notifications
        ))
        .routes(routes!(thread::list, thread::create))
        .routes(routes!(message::list, message::create))
        .routes(routes!(channel::list))
        .routes(routes!(search::search))
        .routes(routes!(event::list))
        .routes(routes!(event::get))
        .routes(routes!(stream::room))
        .routes(routes!(stream::workspace))
        .routes(routes!(audit::verify))
        .routes(routes!(audit::redactions))
        .routes(routes!(run::list, run::create))
        .routes(routes!(lease::claim))
        .routes(routes!(run::get))
        .routes(routes!(run::start))
        .routes(routes!(run::complete))
        .routes(routes!(run::fail))
        .routes(routes!(run::cancel))
        .routes(routes!(lease::heartbeat))
        .routes(routes!(lease::release))
        .routes(routes!(lease::attempts))
        .routes(routes!(step::list, step::create))
        .routes(routes!(tool_call::create))
        .routes(routes!(tool_call::succeed))
        .routes(routes!(tool_call::fail))
        .routes(routes!(tool_call::output))
        .routes(routes!(tool_call::list))
        .routes(routes!(tool_call::get))
        .routes(routes!(artifact::create))
        .routes(routes!(artifact::list, object::ticket))
        .routes(routes!(object::put, object::get))
        .routes(routes!(artifact::get))
        .routes(routes!(blob::put))
        .routes(routes!(blob::get))
        .routes(routes!(approval::list, approval::request))
        .routes(routes!(approval::get))
        .routes(routes!(approval::decide))
        .routes(routes!(approval::revoke))
        .routes(routes!(claim::list))
        .routes(routes!(claim::confirm))
        .routes(routes!(claim::refuse))
        .routes(routes!(policy::evaluate))
        .routes(routes!(policy::kill_switch, policy::set_kill_switch))
        .routes(routes!(policy::mode, policy::set_mode))
        .routes(routes!(policy::registry))
        .routes(routes!(egress::list, egress::request))
        .routes(routes!(egress::get))
        .routes(routes!(label::list, label::set))
        .routes(routes!(data_access::request))
        .routes(routes!(incident::list, incident::open))
        .routes(routes!(incident::get))
        .routes(routes!(incident::rca))
        .routes(routes!(incident::learn))
        .routes(routes!(incident::close))
        .routes(routes!(principal::ensure))
        .routes(routes!(engine::register))
        .routes(routes!(engine::list))
        .routes(routes!(engine::tokens))
        .routes(routes!(engine::issue))
        .routes(routes!(engine::revoke))
        .routes(routes!(engine::deactivate))
        .routes(routes!(agent::list, agent::register))
        .routes(routes!(agent::get))
        .routes(routes!(agent::quarantine))
        .routes(routes!(agent::unquarantine))
        .routes(routes!(capability::list))
        .routes(routes!(capability::grant))
        .routes(routes!(capability::revoke))
        .routes(routes!(capability::delegations))
        .routes(routes!(evidence::get))
        .routes(routes!(evidence::finalize))
        .routes(routes!(experiment::list, experiment::create))
        .routes(routes!(experiment::get))
        .routes(routes!(experiment::update))
        .routes(routes!(experiment::close))
        .routes(routes!(scorecard::list, scorecard::record))
        .routes(routes!(scorecard::get))
        .routes(routes!(pipeline::projection))
        .merge(board::routes())
        .merge(claw::routes())
}

/// The OpenAPI description of every route; what clients are generated from.
pub fn openapi() -> utoipa::openapi::OpenApi {
    document::completed(routes().split_for_parts().1)
}

/// The whole service.
pub fn router(server: Server) -> Router {
    let (router, _) = routes().split_for_parts();
    let router = router
        .route(
            "/openapi.json",
            axum::routing::get(|| async { axum::Json(openapi()) }),
        )
        .merge(ui::router())
        .merge(board::page::router())
        .fallback(problem::not_found)
        .method_not_allowed_fallback(problem::method_not_allowed)
        .layer(from_fn_with_state(server.clone(), guard::check))
        .layer(from_fn(trace::follow))
        .layer(from_fn(unread::read_on))
        .with_state(server);
    // Before an address is looked at.
    Router::new()
        .fallback_service(router)
        .layer(map_request(claw::one_slash))
}
