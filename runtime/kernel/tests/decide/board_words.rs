//! The words of tables for the board.
//!
//! ```text
//! when local publish general from=ann type=msg.human body={"a":1} key=k -> channel.message.published
//! then local task t1 from=ann title="Sweep" for=bob channel=jobs        -> task.created
//! then local take t1 from=bob lease=30                                   -> task.claimed#1 ; held by bob
//! then local finish t1 from=bob claim=1                                  -> task.done
//! ```

use crate::script::Args;
use kernel::Command;
use kernel::board::{
    AbandonTask, AnnouncePresence, ClaimTask, CompleteTask, CreateTask, ExtendTaskLease,
    InterruptTask, PublishMessage, UpdateTask,
};
use serde_json::{Map, Value, json};

pub fn command(verb: &str, args: &Args<'_>) -> Option<Command> {
    let from = args.named("from");
    let task_id = || args.at(0);
    let number = |name| args.named(name).map(|text| text.parse().unwrap());
    let files = || match args.json("files") {
        Some(files) => serde_json::from_value(files).unwrap(),
        None => Vec::new(),
    };
    Some(match verb {
        "publish" => Command::PublishMessage(PublishMessage {
            channel: args.at(0),
            from,
            message_type: args.named("type"),
            version: None,
            body: args.json("body").unwrap_or(json!({})),
            files: files(),
            reply_to: args.named("reply"),
            extra: object(args.json("extra")).unwrap_or_default(),
            idempotency_key: args.named("key"),
            room_message_id: args.named("message").unwrap_or("m_fresh".to_owned()),
            room_thread_id: "t_fresh".to_owned(),
        }),
        "task" => Command::CreateTask(CreateTask {
            task_id: task_id(),
            from,
            title: args.named("title"),
            context: args.json("context"),
            assigned_to: args.named("for"),
            channel: args.named("channel"),
            idempotency_key: args.named("key"),
        }),
        "take" => Command::ClaimTask(ClaimTask {
            task_id: task_id(),
            from,
            lease_s: args.named("lease").map(|text| text.parse().unwrap()),
        }),
        "beat" => Command::ExtendTaskLease(ExtendTaskLease {
            task_id: task_id(),
            from,
            attempt: number("claim"),
        }),
        "report" => Command::UpdateTask(UpdateTask {
            task_id: task_id(),
            from,
            update: object(args.json("update")).unwrap_or_default(),
        }),
        "finish" => Command::CompleteTask(CompleteTask {
            task_id: task_id(),
            from,
            result: args.json("result"),
            files: files(),
            attempt: number("claim"),
        }),
        "abandon" => Command::AbandonTask(AbandonTask {
            task_id: task_id(),
            from,
            attempt: number("claim"),
        }),
        "interrupt" => Command::InterruptTask(InterruptTask {
            task_id: task_id(),
            from,
            reason: args.json("reason"),
        }),
        "present" => Command::AnnouncePresence(AnnouncePresence {
            from,
            channels: args.json("channels").unwrap_or(json!([])),
            meta: args.json("meta").unwrap_or(json!({})),
        }),
        "fade" => Command::ExpireTaskLeases,
        _ => return None,
    })
}

fn object(value: Option<Value>) -> Option<Map<String, Value>> {
    value.map(|value| value.as_object().unwrap().clone())
}
