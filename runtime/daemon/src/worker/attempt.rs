//! One attempt at one run: what was claimed is done, reported, and stopped when it must.

use super::gated;
use super::groups::Groups;
use super::guarded::{Ended, Guarded};
use super::hold::{Hold, ReportError, Standing};
use super::limits::{DRAIN, SHUTDOWN_GRACE, STOP_GRACE};
use super::output::{Pump, Transcript};
use super::recorder::{Conclusion, Recorder};
use crate::client::wire::Execution;
use kernel::event::OutputStream;
use kernel::limits::COMMAND_TIMEOUT_SECONDS_DEFAULT;
use kernel::runs::CommandLine;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::task::AbortOnDropHandle;

/// What attempts share.
#[derive(Clone)]
pub struct Surroundings {
    /// Told to commands, so that what they start can report to the same runtime.
    pub url: String,
    pub groups: Option<Groups>,
    /// `true` once the worker is to stop.
    pub stopping: watch::Receiver<bool>,
}

/// Does what was claimed. Returns when it is reported, or when it is somebody else's.
pub async fn run(hold: Arc<Hold>, execution: Execution, around: Surroundings) {
    let run_id = hold.run_id().to_owned();
    tracing::info!(run_id, "claimed");
    let keeper = {
        let hold = hold.clone();
        AbortOnDropHandle::new(tokio::spawn(async move { hold.keep().await }))
    };
    let outcome =
        match execution {
            Execution::Noop => noop(&hold).await,
            Execution::Egress { request } => {
                gated::egress(&hold, &request, around.stopping.clone()).await
            }
            Execution::Refused { reason } => refuse(&hold, &reason).await,
            Execution::Command { command } if command.masked().is_some() => refuse(
                &hold,
                "The command held a secret. Secrets are never stored, so it cannot be executed as \
                 it was meant: let the program read the secret from its environment or a file.",
            )
            .await,
            Execution::Command { command } => execute(&hold, &command, around).await,
        };
    let outcome = match outcome {
        Err(ReportError::Denied(ruling)) => gated::denied(&hold, &ruling).await,
        outcome => outcome,
    };
    drop(keeper);
    match outcome {
        Ok(()) => tracing::info!(run_id, "reported"),
        Err(ReportError::Lost(why)) => tracing::warn!(run_id, why, "stopped"),
        Err(error @ (ReportError::Refused(_) | ReportError::Denied(_))) => {
            tracing::error!(run_id, %error, "a report was refused; the run is given up");
            give_up(&hold, &error.to_string()).await;
        }
    }
}

/// Completes a run that asks for nothing, as the contract describes.
async fn noop(hold: &Hold) -> Result<(), ReportError> {
    let step_id = hold
        .create_step("runtime", "Nothing to execute", json!({}))
        .await?;
    let tool = hold.invoke_tool(&step_id, "runtime.noop", "Nothing to execute", json!({}));
    let tool_call_id = tool.await?;
    hold.end_tool(&tool_call_id, "succeed", &json!({"output": {}}))
        .await?;
    hold.end_run("complete", &json!({"summary": "Nothing to execute."}))
        .await
}

async fn refuse(hold: &Hold, reason: &str) -> Result<(), ReportError> {
    let body = json!({"message": reason, "error": {"code": "command_refused"}});
    hold.end_run("fail", &body).await
}

async fn give_up(hold: &Hold, why: &str) {
    let body = json!({"message": format!("The worker could not report: {why}"), "error": {"code": "report_refused"}});
    if let Err(error) = hold.end_run("fail", &body).await {
        tracing::error!(%error, "the run is left to its lease");
    }
}

async fn execute(
    hold: &Arc<Hold>,
    command: &CommandLine,
    around: Surroundings,
) -> Result<(), ReportError> {
    let names: Vec<&String> = command.env.keys().collect();
    let details =
        json!({"cwd": command.cwd, "env": names, "timeout_seconds": command.timeout_seconds});
    let recorder = Recorder::begin(hold.clone(), &command.argv, details).await?;
    let started = Instant::now();
    if *hold.standing().borrow() == Standing::KillSwitch {
        let recording = Transcript::default().record();
        return recorder
            .finish(&recording, &Conclusion::KillSwitch, started.elapsed())
            .await;
    }
    let variables = [
        ("SIGNALBOX_URL", around.url.as_str()),
        ("SIGNALBOX_RUN_ID", hold.run_id()),
    ];
    let transcript = Arc::new(Transcript::default());
    let mut pump = Pump::new(transcript.clone());
    let mut guarded = match Guarded::start(command, &variables, around.groups.clone()) {
        Ok(guarded) => guarded,
        Err(error) => {
            let conclusion = Conclusion::Broken(format!("The command cannot be started: {error}."));
            let recording = transcript.record();
            return recorder
                .finish(&recording, &conclusion, started.elapsed())
                .await;
        }
    };
    let no_screen = || None::<tokio::io::Sink>;
    pump.add(OutputStream::Stdout, guarded.stdout.take(), no_screen());
    pump.add(OutputStream::Stderr, guarded.stderr.take(), no_screen());
    let work = async {
        let verdict = oversee(hold, command, &mut guarded, around.stopping.clone()).await;
        pump.finish(DRAIN).await;
        verdict
    };
    let (verdict, ()) = tokio::join!(work, recorder.stream(&transcript));
    let recording = transcript.record();
    match verdict {
        Verdict::Ended(conclusion) => {
            recorder
                .finish(&recording, &conclusion, started.elapsed())
                .await
        }
        // Only what may be done twice is left to the next worker.
        Verdict::Interrupted if command.retry => hold.release().await,
        Verdict::Interrupted => {
            let conclusion = Conclusion::Interrupted;
            recorder
                .finish(&recording, &conclusion, started.elapsed())
                .await
        }
        Verdict::Lost(why) => Err(ReportError::Lost(why)),
    }
}

/// What became of a command.
enum Verdict {
    Ended(Conclusion),
    /// The worker is to stop.
    Interrupted,
    Lost(String),
}

/// Why a command is ended before it ends.
enum Order {
    Cancel,
    KillSwitch,
    Timeout(Duration),
    Shutdown,
    Lost(String),
}

/// Waits for the end of the command, and brings it about when it must.
async fn oversee(
    hold: &Hold,
    command: &CommandLine,
    guarded: &mut Guarded,
    stopping: watch::Receiver<bool>,
) -> Verdict {
    let limit = command
        .timeout_seconds
        .unwrap_or(COMMAND_TIMEOUT_SECONDS_DEFAULT);
    let limit = Duration::from_secs(limit);
    let order = tokio::select! {
        ended = guarded.ended() => return Verdict::Ended(conclusion(ended)),
        order = next_order(hold, stopping, limit) => order,
    };
    let grace = match &order {
        Order::Cancel | Order::Timeout(_) => STOP_GRACE,
        Order::Shutdown => SHUTDOWN_GRACE,
        // Somebody else may be running it by now, or it does what must stop: no moment more.
        Order::Lost(_) | Order::KillSwitch => Duration::ZERO,
    };
    end(hold, guarded, grace).await;
    match order {
        Order::Cancel => Verdict::Ended(Conclusion::Cancelled),
        Order::KillSwitch => Verdict::Ended(Conclusion::KillSwitch),
        Order::Timeout(after) => Verdict::Ended(Conclusion::TimedOut { after }),
        Order::Shutdown => Verdict::Interrupted,
        Order::Lost(why) => Verdict::Lost(why),
    }
}

async fn next_order(hold: &Hold, mut stopping: watch::Receiver<bool>, limit: Duration) -> Order {
    let mut standing = hold.standing();
    let changed = async {
        match standing
            .wait_for(|standing| *standing != Standing::Held)
            .await
            .as_deref()
        {
            Ok(Standing::Lost(why)) => Order::Lost(why.clone()),
            Ok(Standing::KillSwitch) => Order::KillSwitch,
            Ok(Standing::CancelRequested | Standing::Held) | Err(_) => Order::Cancel,
        }
    };
    tokio::select! {
        order = changed => order,
        () = tokio::time::sleep(limit) => Order::Timeout(limit),
        // The sender lives as long as the worker.
        _ = stopping.wait_for(|stop| *stop) => Order::Shutdown,
    }
}

/// Ends the command: politely first, by force after `grace`, or at once when the run is lost or the
/// kill switch is turned on.
async fn end(hold: &Hold, guarded: &mut Guarded, grace: Duration) {
    let mut standing = hold.standing();
    let lost =
        standing.wait_for(|standing| matches!(standing, Standing::Lost(_) | Standing::KillSwitch));
    if !grace.is_zero() {
        guarded.terminate().await;
        tokio::select! {
            _ = guarded.ended() => return,
            () = tokio::time::sleep(grace) => {}
            _ = lost => {}
        }
    }
    guarded.kill().await;
    guarded.ended().await;
}

fn conclusion(ended: Ended) -> Conclusion {
    match ended {
        Ended::Exited(code) => Conclusion::Exited(code),
        Ended::Signaled(signal) => Conclusion::Signaled(signal),
        Ended::NotStarted(why) => Conclusion::Broken(why),
        Ended::Unknown => Conclusion::Broken(
            "The process that watched over the command was killed; the command was ended.".into(),
        ),
    }
}
