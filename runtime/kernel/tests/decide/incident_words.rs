//! The words of tables for incidents.
//!
//! ```text
//! when local open i1 title="It broke" run=q1 key=k  -> incident.opened
//! then local rca i1 summary="The disk was full"     -> incident.rca.updated
//! then local learn l1 i1 note="Look at the alarm"   -> incident.learning.logged
//! then owner close i1                               -> incident.closed
//! then system stale 1000                            ->
//! ```

use crate::gate_words::declared;
use crate::script::Args;
use kernel::incidents::{CloseIncident, LogLearning, OpenIncident, ReportStale, UpdateRca};
use kernel::{Command, Timestamp};

pub fn command(verb: &str, args: &Args<'_>, now: Timestamp) -> Option<Command> {
    Some(match verb {
        "open" => Command::OpenIncident(OpenIncident {
            incident_id: args.at(0),
            title: args.named("title"),
            summary: args.named("summary"),
            severity: args.named("severity"),
            category: args.named("category"),
            details: args.json("details"),
            entity_type: args.named("entity"),
            entity_id: args.named("of"),
            room_id: args.named("room"),
            thread_id: args.named("thread"),
            run_id: args.named("run"),
            correlation_id: args.named("correlation"),
            idempotency_key: args.named("key"),
            opener: declared(args),
        }),
        "rca" => Command::UpdateRca(UpdateRca {
            incident_id: args.at(0),
            summary: args.named("summary"),
            analysis: args.json("analysis"),
            author: declared(args),
        }),
        "learn" => Command::LogLearning(LogLearning {
            learning_id: args.at(0),
            incident_id: args.at(1),
            note: args.named("note"),
            tags: args.json("tags"),
            author: declared(args),
        }),
        "close" => Command::CloseIncident(CloseIncident {
            incident_id: args.at(0),
            reason: args.named("reason"),
        }),
        // What has not moved for so many milliseconds.
        "stale" => Command::ReportStale(ReportStale {
            before: now.plus_millis(-args.at(0).parse::<i64>().unwrap()),
        }),
        _ => return None,
    })
}
