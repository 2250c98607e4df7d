//! What verbs print: tables for people, JSON for programs.

use super::exit::Failure;
use serde::Serialize;
use serde_json::Value;
use std::io::{self, ErrorKind, IsTerminal, Write};

/// Where a verb prints, and for whom.
#[derive(Clone, Copy, Debug)]
pub struct Output {
    json: bool,
    terminal: bool,
}

impl Output {
    /// JSON when asked for, or when nobody looks at a terminal.
    pub fn new(json: bool) -> Self {
        let terminal = io::stdout().is_terminal();
        Self {
            json: json || !terminal,
            terminal,
        }
    }

    pub fn is_json(self) -> bool {
        self.json
    }

    /// A value for programs: one line, or indented on a terminal.
    pub fn value(self, value: &impl Serialize) -> Result<(), Failure> {
        let text = if self.terminal {
            serde_json::to_string_pretty(value)
        } else {
            serde_json::to_string(value)
        };
        self.line(&text.map_err(io::Error::from)?)
    }

    /// A line as it is.
    pub fn line(self, line: &str) -> Result<(), Failure> {
        self.raw(format!("{line}\n").as_bytes())
    }

    /// Bytes as they are. A reader that has gone away ends the verb without complaint.
    pub fn raw(self, bytes: &[u8]) -> Result<(), Failure> {
        let mut out = io::stdout().lock();
        match out.write_all(bytes).and_then(|()| out.flush()) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == ErrorKind::BrokenPipe => std::process::exit(0),
            Err(error) => Err(error.into()),
        }
    }

    /// A list for programs, a line for each of it; nothing when it is empty.
    pub fn each(self, values: &[Value]) -> Result<(), Failure> {
        values
            .iter()
            .try_for_each(|value| self.line(&value.to_string()))
    }

    /// What happened: the answer for programs, a sentence or an id for people.
    pub fn told(self, answer: &impl Serialize, words: &str) -> Result<(), Failure> {
        if self.json {
            self.value(answer)
        } else {
            self.line(&plain(words))
        }
    }

    /// The id of what was created: alone for people, named for programs.
    pub fn created(self, name: &str, id: &str) -> Result<(), Failure> {
        if self.json {
            self.value(&serde_json::json!({ name: id }))
        } else {
            self.line(id)
        }
    }

    /// A table for people.
    pub fn table<const N: usize>(
        self,
        headings: [&str; N],
        rows: &[[String; N]],
    ) -> Result<(), Failure> {
        if rows.is_empty() {
            return self.line("(none)");
        }
        for line in table(headings, rows) {
            self.line(&line)?;
        }
        Ok(())
    }
}

impl Output {
    /// A list of objects, as every verb prints one: for programs a line each, for people a table with a row
    /// each and one member per cell.
    pub fn list<const N: usize>(
        self,
        headings: [&str; N],
        list: &Value,
        members: [&str; N],
    ) -> Result<(), Failure> {
        let items = list.as_array().map(Vec::as_slice).unwrap_or_default();
        if self.json {
            return self.each(items);
        }
        let rows: Vec<[String; N]> = items
            .iter()
            .map(|item| members.map(|member| text(item, member)))
            .collect();
        self.table(headings, &rows)
    }
}

/// An answer that says which thing it is about.
pub fn about(member: &str, id: &str, mut answer: Value) -> Value {
    if let Some(members) = answer.as_object_mut() {
        let named = members.entry(member);
        named.or_insert_with(|| Value::String(id.to_owned()));
    }
    answer
}

/// Ends this process, with 0, as soon as nobody reads its output any more: one that waits for what is
/// still to come would otherwise notice only with its next line.
///
/// # Errors
/// When there can be no more threads.
pub fn end_with_the_reader() -> Result<(), Failure> {
    use rustix::event::{PollFd, PollFlags, poll};
    std::thread::Builder::new().spawn(|| {
        let stdout = io::stdout();
        loop {
            // Nothing is asked for: errors and hang-ups are told in any case.
            let mut watched = [PollFd::new(&stdout, PollFlags::empty())];
            match poll(&mut watched, None) {
                Ok(_) => std::process::exit(0),
                Err(rustix::io::Errno::INTR) => {}
                // Then the next line tells.
                Err(_) => return,
            }
        }
    })?;
    Ok(())
}

/// A member of an object as text; empty when it is absent.
pub fn text(object: &Value, member: &str) -> String {
    match &object[member] {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            object[member].to_string()
        }
    }
}

/// Longest cell but the last of a row, characters.
const CELL_CHARS_MAX: usize = 48;

fn table<const N: usize>(headings: [&str; N], rows: &[[String; N]]) -> Vec<String> {
    let headings = headings.map(str::to_owned);
    let all: Vec<[String; N]> = std::iter::once(&headings)
        .chain(rows)
        .map(|row| row.clone().map(|cell| plain(&cell)))
        .collect();
    let mut widths = [0; N];
    for row in &all {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count().min(CELL_CHARS_MAX));
        }
    }
    all.iter()
        .map(|row| {
            let cells = row
                .iter()
                .zip(widths)
                .enumerate()
                .map(|(index, (cell, width))| {
                    if index + 1 == N {
                        cell.clone()
                    } else {
                        format!("{:<width$}", cut(cell, CELL_CHARS_MAX))
                    }
                });
            cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
        })
        .collect()
}

/// One line, without control characters: what agents write must not steer a terminal.
pub fn plain(text: &str) -> String {
    text.chars()
        .map(|char| if char.is_control() { ' ' } else { char })
        .collect()
}

/// At most `max` characters; a cut shows.
pub fn cut(text: &str, max: usize) -> String {
    if text.chars().count() <= max {
        return text.to_owned();
    }
    let mut kept: String = text.chars().take(max.saturating_sub(1)).collect();
    kept.push('…');
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_and_control_characters_do_not_reach_the_terminal() {
        let rows = [
            [
                "room_1".to_owned(),
                "Übung".to_owned(),
                "a\x1b[2Jb".to_owned(),
            ],
            ["r".to_owned(), "x".repeat(60), String::new()],
        ];
        let lines = table(["ID", "TITLE", "TOPIC"], &rows);
        let long = format!("r       {}…", "x".repeat(47));
        let title = format!("{:<48}", "Übung");
        assert_eq!(lines[0], format!("ID      {:<48}  TOPIC", "TITLE"));
        assert_eq!(lines[1], format!("room_1  {title}  a [2Jb"));
        assert_eq!(lines[2], long);
    }
}
