//! Text tables: one line is one command and what comes of it.
//!
//! ```text
//! given owner room r1
//! and   owner run q1 r1
//! when  E1 claim tok1        -> run.claimed#1 run.started ; leased
//! then  local complete q1 no -> reject lease_token_mismatch
//! ```
//!
//! `given` and `and` lines must be accepted; the others say what comes of them. `WHO` is `owner`,
//! `local`, `system` or an engine such as `E1`; `E1@r1` holds a token for room r1 only, `E1#k1` the token k1, and
//! `owner/ws_b` acts in workspace ws_b. An empty line starts a new world. What follows on a command by
//! itself happens too; `evidence` has its own tests.

use crate::world::{Accepted, World};
use crate::{authority_words, board_words, gate_words, incident_words, review_words};
use kernel::actor::EngineIdentity;
use kernel::event::{ArtifactContent, OutputStream};
use kernel::gate::DEFAULT_WORKSPACE_ID;
use kernel::gate::capability::Scopes;
use kernel::runs::{self, Outcome, ToolOutcome};
use kernel::{Actor, ActorType, Answer, Caller, Command, Event, Reject, Timestamp, engines, rooms};
use serde_json::Value;

/// Plays every case of a table and compares what each line says with what happens.
#[track_caller]
pub fn check(table: &str) {
    let mut lines = 0;
    for case in table.split("\n\n") {
        let mut world = World::new();
        for line in case.lines().map(str::trim).filter(|line| !line.is_empty()) {
            lines += 1;
            play(&mut world, line);
        }
    }
    assert!(lines > 0, "an empty table proves nothing");
}

/// Plays one line.
#[track_caller]
pub fn play(world: &mut World, line: &str) {
    let (word, rest) = line.split_once(' ').unwrap();
    let (request, expected) = match rest.split_once("->") {
        Some((request, expected)) => (request, Some(expected.split_whitespace())),
        None => (rest, None),
    };
    let words = words(request);
    if let Some(world_changes) = words[0].strip_suffix(':') {
        assert!(expected.is_none(), "{line}");
        return change(world, world_changes, &words[1..], line);
    }
    let log_before = world.log.len();
    let outcome = submit(world, &words);
    if outcome.is_err() {
        assert_eq!(
            world.log.len(),
            log_before,
            "a rejected command left something: {line}"
        );
    }
    let told = tell(&outcome);
    match (word, expected) {
        ("given" | "and", None) => assert!(outcome.is_ok(), "{line}\n  came to: {told}"),
        ("when" | "then", Some(expected)) => {
            let expected = expected.collect::<Vec<_>>().join(" ");
            assert_eq!(told, expected, "{line}");
        }
        _ => panic!("a line is `given …`, `and …`, `when … -> …` or `then … -> …`: {line}"),
    }
}

/// `wait: 30000` moves the clock by milliseconds, `blob: sha256:… 12 ws_b` stores a blob, `principal: P
/// agent ann` names one, `quota: 10` limits egress by the hour.
fn change(world: &mut World, what: &str, words: &[String], line: &str) {
    match what {
        "wait" => world.now = world.now.plus_millis(words[0].parse().unwrap()),
        "blob" => {
            let workspace_id = words.get(2).map_or(DEFAULT_WORKSPACE_ID, String::as_str);
            let blob = (words[1].parse().unwrap(), workspace_id.to_owned());
            world.blobs.insert(words[0].clone(), blob);
        }
        "quota" => world.authority.egress_per_hour = words[0].parse().unwrap(),
        "principal" => {
            let actor = Actor::new(ActorType::from_wire(&words[1]), words[2].clone());
            world.principals.insert(words[0].clone(), actor);
        }
        _ => panic!("unknown change: {line}"),
    }
}

fn submit(world: &mut World, words: &[String]) -> Result<Accepted, Reject> {
    let (caller, workspace_id) = caller(&words[0]);
    let command = command(&words[1], &words[2..], world.now);
    world.submit(&caller, &workspace_id, command)
}

/// Who a word stands for, and in which workspace it acts.
pub fn caller(word: &str) -> (Caller, String) {
    let (name, workspace_id) = word.split_once('/').unwrap_or((word, DEFAULT_WORKSPACE_ID));
    let caller = match name {
        "owner" => Caller::Owner,
        "local" => Caller::Local,
        "system" => Caller::System,
        engine => {
            let (engine, token_id) = engine.split_once('#').unwrap_or((engine, "a token"));
            let (engine_id, room) = match engine.split_once('@') {
                Some((engine_id, room)) => (engine_id, Some(room)),
                None => (engine, None),
            };
            assert!(engine_id.starts_with('E'), "unknown caller {word:?}");
            let by_default = engines::scopes_by_default();
            Caller::Engine(EngineIdentity {
                engine_id: engine_id.to_owned(),
                actor_id: engine_id.to_lowercase(),
                workspace_id: workspace_id.to_owned(),
                token_id: token_id.to_owned(),
                scopes: Scopes {
                    rooms: room.map_or(by_default.rooms, |room| vec![room.to_owned()]),
                    ..by_default
                },
            })
        }
    };
    (caller, workspace_id.to_owned())
}

/// Splits at blanks, except inside `"…"` at the start of a word or after its `=`. `x*300` is 300
/// x, `\0` is NUL.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let (mut word, mut quoted) = (String::new(), false);
    for letter in text.chars() {
        match letter {
            '"' if quoted => {
                quoted = false;
                words.push(std::mem::take(&mut word));
            }
            '"' if word.is_empty() || word.ends_with('=') => quoted = true,
            letter if letter.is_whitespace() && !quoted => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
            }
            letter => word.push(letter),
        }
    }
    assert!(!quoted, "an open quote: {text}");
    if !word.is_empty() {
        words.push(word);
    }
    words
        .iter()
        .map(|word| expand(&word.replace("\\0", "\0")))
        .collect()
}

fn expand(word: &str) -> String {
    let repeated = word.rsplit_once('*').and_then(|(text, count)| {
        let (kept, last) = text.split_at(text.char_indices().last()?.0);
        Some(format!("{kept}{}", last.repeat(count.parse().ok()?)))
    });
    repeated.unwrap_or(word.to_owned())
}

/// Arguments by place and by name.
pub struct Args<'a>(&'a [String]);

impl Args<'_> {
    pub fn at(&self, place: usize) -> String {
        self.plain(place)
            .unwrap_or_else(|| panic!("too few words: {:?}", self.0))
    }

    pub fn plain(&self, place: usize) -> Option<String> {
        self.0
            .iter()
            .filter(|word| !is_named(word))
            .nth(place)
            .cloned()
    }

    pub fn named(&self, name: &str) -> Option<String> {
        self.0.iter().find_map(|word| {
            word.strip_prefix(name)?
                .strip_prefix('=')
                .map(str::to_owned)
        })
    }

    pub fn json(&self, name: &str) -> Option<Value> {
        self.named(name)
            .map(|text| serde_json::from_str(&text).expect("JSON in a table"))
    }
}

fn is_named(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty()
            && name
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
    })
}

fn command(verb: &str, words: &[String], now: Timestamp) -> Command {
    let args = Args(words);
    match verb {
        "room" => Command::CreateRoom(rooms::CreateRoom {
            room_id: args.at(0),
            title: args.named("title").or(Some("room".into())),
            topic: args.named("topic"),
            room_mode: args.named("mode"),
            default_lang: args.named("lang"),
            tool_policy_ref: args.named("policy"),
            mission_id: args.named("mission"),
        }),
        "thread" => Command::CreateThread(rooms::CreateThread {
            thread_id: args.at(0),
            room_id: args.at(1),
            title: args.named("title").or(Some("thread".into())),
            status: args.named("status"),
        }),
        "post" => Command::PostMessage(rooms::PostMessage {
            message_id: args.at(0),
            thread_id: args.at(1),
            content_md: args.named("text").or(Some("hello".into())),
            sender_type: args.named("type"),
            sender_id: args.named("id"),
            lang: args.named("lang"),
            parent_message_id: args.named("parent"),
            labels: args.json("labels"),
            idempotency_key: args.named("key"),
        }),
        "run" => Command::CreateRun(runs::CreateRun {
            run_id: args.at(0),
            approval_id: format!("a_{}", args.at(0)),
            room_id: args.plain(1),
            thread_id: args.named("thread"),
            experiment_id: args.named("experiment"),
            title: args.named("title"),
            goal: args.named("goal"),
            input: args.json("input"),
            tags: args.json("tags"),
            correlation_id: args.named("correlation"),
            actor_type: args.named("type"),
            actor_id: args.named("id"),
            observed_claim_token: args.named("observed"),
        }),
        "start" => Command::StartRun(runs::StartRun { run_id: args.at(0) }),
        "claim" => Command::ClaimRun(runs::ClaimRun {
            claim_token: args.at(0),
            room_id: args.named("room"),
        }),
        "extend" => Command::ExtendLease(runs::ExtendLease {
            run_id: args.at(0),
            claim_token: args.plain(1),
        }),
        "release" => Command::ReleaseRun(runs::ReleaseRun {
            run_id: args.at(0),
            claim_token: args.plain(1),
            waiting_approval_id: args.named("waiting"),
        }),
        "complete" => end(
            &args,
            Outcome::Completed {
                summary: args.named("summary"),
                output: args.json("output"),
            },
        ),
        "fail" => end(
            &args,
            Outcome::Failed {
                message: args.named("message"),
                error: args.json("error"),
            },
        ),
        "cancel" => Command::CancelRun(runs::CancelRun {
            run_id: args.at(0),
            reason: args.named("reason"),
        }),
        "expire" => Command::ExpireLeases,
        "step" => Command::CreateStep(runs::CreateStep {
            step_id: args.at(0),
            run_id: args.at(1),
            claim_token: args.plain(2),
            kind: args.named("kind").or(Some("task".into())),
            title: args.named("title"),
            input: args.json("input"),
        }),
        "tool" => Command::InvokeTool(runs::InvokeTool {
            tool_call_id: args.at(0),
            approval_id: format!("a_{}", args.at(0)),
            requester: gate_words::declared(&args),
            standing: gate_words::standing(&args),
            step_id: args.at(1),
            claim_token: args.plain(2),
            tool_name: args.named("name").or(Some("shell".into())),
            title: args.named("title"),
            input: args.json("input"),
            model_context: args.json("model"),
        }),
        "output" => Command::AddToolOutput(runs::AddToolOutput {
            tool_call_id: args.at(0),
            claim_token: args.plain(1),
            stream: OutputStream::Stdout,
            offset_bytes: 0,
            text: args.named("text").unwrap_or_default(),
        }),
        "succeed" => end_tool(
            &args,
            ToolOutcome::Succeeded {
                output: args.json("output"),
            },
        ),
        "break" => end_tool(
            &args,
            ToolOutcome::Failed {
                message: args.named("message"),
                error: args.json("error"),
                output: args.json("output"),
            },
        ),
        "artifact" => Command::CreateArtifact(runs::CreateArtifact {
            artifact_id: args.at(0),
            step_id: args.at(1),
            claim_token: args.plain(2),
            kind: args.named("kind").or(Some("report".into())),
            title: args.named("title"),
            mime_type: args.named("mime"),
            size_bytes: args.named("size").map(|size| size.parse().unwrap()),
            sha256: args.named("sha256"),
            content: content(&args),
            metadata: args.json("metadata"),
        }),
        _ => gate_words::command(verb, &args)
            .or_else(|| authority_words::command(verb, &args))
            .or_else(|| review_words::command(verb, &args))
            .or_else(|| incident_words::command(verb, &args, now))
            .or_else(|| board_words::command(verb, &args))
            .unwrap_or_else(|| panic!("unknown verb {verb:?}")),
    }
}

fn end(args: &Args<'_>, outcome: Outcome) -> Command {
    Command::EndRun(runs::EndRun {
        run_id: args.at(0),
        claim_token: args.plain(1),
        outcome,
    })
}

fn end_tool(args: &Args<'_>, outcome: ToolOutcome) -> Command {
    Command::EndTool(runs::EndTool {
        tool_call_id: args.at(0),
        claim_token: args.plain(1),
        outcome,
    })
}

fn content(args: &Args<'_>) -> Option<ArtifactContent> {
    let text = args
        .named("text")
        .map(|text| ArtifactContent::Text { text });
    let json = args.json("json").map(|json| ArtifactContent::Json { json });
    let uri = args.named("uri").map(|uri| ArtifactContent::Uri { uri });
    let blob = args
        .named("blob")
        .map(|blob| ArtifactContent::Blob { blob });
    text.or(json).or(uri).or(blob)
}

fn tell(outcome: &Result<Accepted, Reject>) -> String {
    match outcome {
        Err(reject) => match &reject.field {
            Some(field) => format!("reject {} {field}", reject.code),
            None => format!("reject {}", reject.code),
        },
        Ok(accepted) => {
            let events = accepted
                .events
                .iter()
                .map(name)
                .collect::<Vec<_>>()
                .join(" ");
            match answer(&accepted.answer, &accepted.events) {
                Some(answer) => format!("{events} ; {answer}").trim().to_owned(),
                None => events,
            }
        }
    }
}

fn name(event: &Event) -> String {
    let data = event.data();
    let detail = if let Event::RunClaimed(claim) = event {
        format!("#{}", claim.attempt_no)
    } else if let Event::TaskClaimed(claim) = event {
        format!("#{}", claim.attempt)
    } else if let Event::IncidentOpened(incident) = event {
        format!("({})", incident.severity.as_str())
    } else if let Some(code) = data["error"]["code"].as_str() {
        format!("({code})")
    } else {
        String::new()
    };
    format!("{}{detail}", event.event_type())
}

fn answer(answer: &Answer, events: &[Event]) -> Option<String> {
    match answer {
        Answer::Done | Answer::Waiting => None,
        Answer::AlreadyDone => Some("already".to_owned()),
        Answer::Refused(reject) => Some(format!("refused {}", reject.code)),
        // The id of what was just created goes without saying; that of a replay does not.
        Answer::Created(_) if !events.is_empty() => None,
        Answer::Created(id) | Answer::Existing(id) => Some(format!("was {id}")),
        Answer::Leased(_) => Some("leased".to_owned()),
        Answer::TaskClaimed { by, expires_at, .. } => Some(match expires_at {
            Some(_) => format!("held by {by} leased"),
            None => format!("held by {by}"),
        }),
        Answer::NothingQueued => Some("nothing queued".to_owned()),
        Answer::Released(true) => Some("released".to_owned()),
        Answer::Released(false) => Some("not leased".to_owned()),
        Answer::Expired { runs } => Some(format!("{runs} expired")),
        Answer::OutputTruncated => Some("truncated".to_owned()),
        Answer::PassedOver => Some("passed over".to_owned()),
        Answer::Ruled(ruling) => Some(gate_words::tell(ruling)),
        Answer::Accessed(ruling, label) => Some(format!(
            "{} by {}",
            gate_words::tell(ruling),
            label.label.as_str()
        )),
        Answer::ExperimentClosed {
            status,
            active_runs,
        } => Some(format!("{} {active_runs} active", status.as_str())),
    }
}
