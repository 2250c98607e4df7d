//! Reporting one command: a step, a tool call with live output, the recording, and the end.
//! The worker and `signalbox run` report in the same words.

use super::hold::{Hold, ReportError};
use super::limits::FLUSH_EVERY;
use super::output::{Recording, Transcript};
use serde_json::{Map, Value, json};
use std::sync::Arc;
use std::time::Duration;

/// Longest title made of a command line, characters.
const TITLE_CHARS_MAX: usize = 200;

/// A command whose begin has been reported.
pub struct Recorder {
    hold: Arc<Hold>,
    step_id: String,
    tool_call_id: String,
}

/// How a command ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Conclusion {
    Exited(i32),
    Signaled(i32),
    TimedOut {
        after: Duration,
    },
    Cancelled,
    /// The owner turned the kill switch on.
    KillSwitch,
    /// The worker had to stop, and ended it.
    Interrupted,
    /// It never ran, or how it ended is not known.
    Broken(String),
}

impl Conclusion {
    fn is_success(&self) -> bool {
        *self == Conclusion::Exited(0)
    }

    /// A sentence for people.
    fn message(&self) -> String {
        match self {
            Conclusion::Exited(0) => "The command succeeded.".to_owned(),
            Conclusion::Exited(code) => format!("The command ended with exit code {code}."),
            Conclusion::Signaled(signal) => {
                format!("The command was ended by signal {signal}.")
            }
            Conclusion::TimedOut { after } => {
                format!(
                    "The command was ended after {} s, its time limit.",
                    after.as_secs()
                )
            }
            Conclusion::Cancelled => "The command was ended because the run was cancelled.".into(),
            Conclusion::KillSwitch => "The owner turned the kill switch on: the command was ended at \
                                       once, with everything that it had started. What it did until \
                                       then is done."
                .into(),
            Conclusion::Interrupted => "The worker was stopped while the command ran: whether it \
                                        had its effect is not known."
                .into(),
            Conclusion::Broken(why) => why.clone(),
        }
    }

    fn output(&self, took: Duration) -> Map<String, Value> {
        let mut output = Map::new();
        match self {
            Conclusion::Exited(code) => output.insert("exit_code".into(), json!(code)),
            Conclusion::Signaled(signal) => output.insert("signal".into(), json!(signal)),
            Conclusion::TimedOut { .. }
            | Conclusion::Cancelled
            | Conclusion::KillSwitch
            | Conclusion::Interrupted
            | Conclusion::Broken(_) => None,
        };
        let timed_out = matches!(self, Conclusion::TimedOut { .. });
        output.insert("timed_out".into(), json!(timed_out));
        output.insert("duration_ms".into(), json!(took.as_millis() as u64));
        output
    }

    fn error(&self) -> Value {
        let code = match self {
            Conclusion::Exited(_) => "command_failed",
            Conclusion::Signaled(_) => "command_killed",
            Conclusion::TimedOut { .. } => "timed_out",
            Conclusion::Cancelled => "cancelled",
            Conclusion::KillSwitch => "kill_switch",
            Conclusion::Interrupted => "outcome_unknown",
            Conclusion::Broken(_) => "command_not_run",
        };
        json!({ "code": code })
    }
}

impl Recorder {
    /// Reports that `argv` is about to run.
    ///
    /// # Errors
    /// When the reports are not taken.
    pub async fn begin(
        hold: Arc<Hold>,
        argv: &[String],
        details: Value,
    ) -> Result<Self, ReportError> {
        let title = title(argv);
        let mut input = json!({ "argv": argv });
        if let (Some(input), Value::Object(details)) = (input.as_object_mut(), details) {
            input.extend(details);
        }
        let step_id = hold.create_step("command", &title, input.clone()).await?;
        let tool_call_id = hold
            .invoke_tool(&step_id, "shell.exec", &title, input)
            .await?;
        Ok(Self {
            hold,
            step_id,
            tool_call_id,
        })
    }

    /// Sends what the command prints, until it prints no more or nobody takes it.
    pub async fn stream(&self, transcript: &Transcript) {
        while transcript.has_news().await {
            tokio::time::sleep(FLUSH_EVERY).await;
            while let Some(chunk) = transcript.take() {
                match self.hold.add_output(&self.tool_call_id, &chunk).await {
                    Ok(true) => {}
                    Ok(false) | Err(ReportError::Lost(_)) => transcript.stop_live(),
                    Err(error @ (ReportError::Refused(_) | ReportError::Denied(_))) => {
                        tracing::warn!(%error, "live output ends here; the recording goes on");
                        transcript.stop_live();
                    }
                }
            }
        }
    }

    /// Reports the recording and the end, and ends the run.
    ///
    /// # Errors
    /// When the reports are not taken.
    pub async fn finish(
        &self,
        recording: &Recording,
        conclusion: &Conclusion,
        took: Duration,
    ) -> Result<(), ReportError> {
        if let Err(error) = self.attach(recording).await {
            match error {
                ReportError::Lost(_) => return Err(error),
                // The end of the command is worth more than its output.
                ReportError::Refused(_) | ReportError::Denied(_) => {
                    tracing::warn!(%error, "the output is not kept");
                }
            }
        }
        let output = conclusion.output(took);
        if conclusion.is_success() {
            let body = json!({ "output": output });
            self.hold
                .end_tool(&self.tool_call_id, "succeed", &body)
                .await?;
            let body = json!({"summary": conclusion.message(), "output": output});
            return self.hold.end_run("complete", &body).await;
        }
        let message = conclusion.message();
        let body = json!({"message": message, "error": conclusion.error(), "output": output});
        self.hold
            .end_tool(&self.tool_call_id, "fail", &body)
            .await?;
        let mut error = output;
        if let Value::Object(code) = conclusion.error() {
            error.extend(code);
        }
        let body = json!({"message": message, "error": error});
        self.hold.end_run("fail", &body).await
    }

    async fn attach(&self, recording: &Recording) -> Result<(), ReportError> {
        let Some(blob) = self.hold.put_blob(recording).await? else {
            return Ok(());
        };
        let body = json!({
            "kind": "command.output",
            "title": "Output",
            "mime_type": "text/plain; charset=utf-8",
            "content": {"type": "blob", "blob": blob},
            "metadata": {"truncated": recording.dropped_bytes > 0, "dropped_bytes": recording.dropped_bytes},
        });
        self.hold.create_artifact(&self.step_id, &body).await
    }
}

/// A command line as a person would type it, cut.
pub fn title(argv: &[String]) -> String {
    let words: Vec<String> = argv.iter().map(|word| quote(word)).collect();
    crate::cli::cut(&words.join(" "), TITLE_CHARS_MAX)
}

fn quote(word: &str) -> String {
    let plain = |char: char| char.is_alphanumeric() || "-_./=:,@%+~".contains(char);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!(
        "'{}'",
        word.replace('\'', "'\\''").replace(['\n', '\r', '\0'], " ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_read_like_a_command_line() {
        let check = |argv: &[&str], expected: &str| {
            let argv: Vec<String> = argv.iter().map(|word| (*word).to_owned()).collect();
            assert_eq!(title(&argv), expected);
        };
        check(&["npm", "run", "test:unit"], "npm run test:unit");
        check(
            &["sh", "-c", "echo 'a b'\ntrue", ""],
            r#"sh -c 'echo '\''a b'\'' true' ''"#,
        );
        assert_eq!(title(&["x".repeat(500)]).chars().count(), TITLE_CHARS_MAX);
    }

    #[test]
    fn how_a_command_ended() {
        let took = Duration::from_millis(1_500);
        let table = [
            (
                Conclusion::Exited(0),
                json!({"exit_code": 0, "timed_out": false, "duration_ms": 1500}),
            ),
            (
                Conclusion::Signaled(9),
                json!({"signal": 9, "timed_out": false, "duration_ms": 1500}),
            ),
            (
                Conclusion::TimedOut { after: took },
                json!({"timed_out": true, "duration_ms": 1500}),
            ),
        ];
        for (conclusion, expected) in table {
            assert_eq!(Value::Object(conclusion.output(took)), expected);
        }
    }
}
