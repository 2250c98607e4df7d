//! What follows on an event by itself.

use crate::command::Command;
use crate::event::Event;
use crate::review::FinalizeEvidence;

/// The command that Signalbox gives itself once this event has its place in the log, in the same
/// transaction: what it decides may look at hashes that did not exist before. What follows from a
/// reaction is an event like any other, but nothing follows on it.
pub fn react(event: &Event) -> Option<Command> {
    let ended = if let Event::RunCompleted(data) = event {
        &data.run_id
    } else if let Event::RunFailed(data) = event {
        &data.run_id
    } else if let Event::RunCancelled(data) = event {
        &data.run_id
    } else {
        return None;
    };
    Some(Command::FinalizeEvidence(FinalizeEvidence {
        run_id: ended.clone(),
    }))
}
