//! `signalbox inspect`: one run from end to end.

use super::exit::Failure;
use super::output::{cut, plain, text};
use super::session::Session;
use super::{Global, wait_for};
use clap::Args;
use serde_json::{Value, json};
use std::process::ExitCode;

/// Lines of live output that a tool call shows; `--output` shows all that is kept as events.
const OUTPUT_LINES: usize = 10;
/// Events read at a time.
const PAGE: usize = 200;

/// Show a run: its steps, tool calls, output, artifacts and end
///
/// Example: signalbox inspect RUN_ID --output
#[derive(Debug, Args)]
pub struct Inspect {
    run_id: String,
    /// Show all live output
    #[arg(long)]
    output: bool,
}

/// Everything that is known of a run.
struct Dossier {
    run: Value,
    steps: Value,
    tool_calls: Value,
    artifacts: Value,
    events: Vec<Value>,
}

impl Inspect {
    pub fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        let session = global.session()?;
        wait_for(async {
            let dossier = self.gather(&session).await?;
            if session.output.is_json() {
                return session.output.value(&json!({
                    "run": dossier.run, "steps": dossier.steps, "tool_calls": dossier.tool_calls,
                    "artifacts": dossier.artifacts, "events": dossier.events,
                }));
            }
            let lines = if self.output {
                usize::MAX
            } else {
                OUTPUT_LINES
            };
            for line in dossier.lines(lines) {
                session.output.line(&line)?;
            }
            Ok(())
        })?;
        Ok(ExitCode::SUCCESS)
    }

    async fn gather(&self, session: &Session) -> Result<Dossier, Failure> {
        let client = &session.client;
        let of_run = || [("run_id", self.run_id.clone()), ("limit", PAGE.to_string())];
        let path = format!("/v1/runs/{}", self.run_id);
        let mut run: Value = client.get(&path, &[]).await?;
        let mut steps: Value = client.get(&format!("{path}/steps"), &[]).await?;
        let mut calls: Value = client.get("/v1/toolcalls", &of_run()).await?;
        let mut artifacts: Value = client.get("/v1/artifacts", &of_run()).await?;
        let mut events = Vec::new();
        let mut after = String::from("0");
        loop {
            let query = [
                ("run_id", self.run_id.clone()),
                ("order", "asc".to_owned()),
                ("limit", PAGE.to_string()),
                ("after_position", after),
            ];
            let mut page: Value = client.get("/v1/events", &query).await?;
            if let Some(more) = page["events"].as_array_mut() {
                events.append(more);
            }
            match page["next_cursor"].as_str() {
                Some(next) => after = next.to_owned(),
                None => break,
            }
        }
        Ok(Dossier {
            run: run["run"].take(),
            steps: steps["steps"].take(),
            tool_calls: calls["tool_calls"].take(),
            artifacts: artifacts["artifacts"].take(),
            events,
        })
    }
}

impl Dossier {
    fn lines(&self, output_lines: usize) -> Vec<String> {
        let run = &self.run;
        let mut lines = vec![
            format!("{}  {}", text(run, "run_id"), plain(&text(run, "title"))),
            format!("  status    {}", text(run, "status")),
            format!("  created   {}", text(run, "created_at")),
        ];
        for (label, key) in [
            ("started", "started_at"),
            ("ended", "ended_at"),
            ("asked by", "created_by_id"),
            ("done by", "claimed_by_actor_id"),
        ] {
            if run[key].is_string() {
                lines.push(format!("  {label:<9} {}", text(run, key)));
            }
        }
        for key in ["summary", "error", "output"] {
            if !run[key].is_null() {
                lines.push(format!("  {key:<9} {}", plain(&text(run, key))));
            }
        }
        for step in items(&self.steps) {
            lines.push(format!(
                "  step {}  {}",
                text(step, "kind"),
                plain(&text(step, "title"))
            ));
            let of_step = |item: &&Value| item["step_id"] == step["step_id"];
            for call in items(&self.tool_calls).filter(of_step) {
                lines.push(format!(
                    "    {}  {}",
                    text(call, "tool_name"),
                    text(call, "status")
                ));
                lines.extend(self.output_of(&text(call, "tool_call_id"), output_lines));
            }
            for artifact in items(&self.artifacts).filter(of_step) {
                let (kind, size) = (text(artifact, "kind"), text(artifact, "size_bytes"));
                lines.push(format!(
                    "    {kind}  {size} bytes  {}",
                    text(artifact, "content_blob")
                ));
            }
        }
        lines.push(format!("  {} events", self.events.len()));
        lines
    }

    fn output_of(&self, tool_call_id: &str, lines_max: usize) -> Vec<String> {
        let chunks = self.events.iter().filter(|event| {
            event["event_type"] == "tool.output" && event["data"]["tool_call_id"] == tool_call_id
        });
        let whole: String = chunks.map(|event| text(&event["data"], "text")).collect();
        let lines: Vec<&str> = whole.lines().collect();
        let left_out = lines.len().saturating_sub(lines_max);
        let note = (left_out > 0).then(|| format!("      … {left_out} lines before"));
        let shown = lines.iter().skip(left_out);
        note.into_iter()
            .chain(shown.map(|line| format!("      | {}", cut(&plain(line), 400))))
            .collect()
    }
}

fn items(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}
