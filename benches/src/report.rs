//! The table for people and the file for programs.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::aims::{self, Aim, Bound, On};
use crate::record::{Figure, Record, Unit};

const NAME_WIDTH: usize = 52;

/// One line per figure, grouped as they were measured.
pub fn table(record: &Record) -> String {
    let mut lines: Vec<String> = record
        .environment
        .iter()
        .map(|(name, value)| format!("{name:<20} {value}"))
        .collect();
    let mut group = None;
    for figure in &record.figures {
        if group != Some(figure.measurement) {
            group = Some(figure.measurement);
            lines.push(String::new());
            lines.push(format!(
                "{} ({})",
                figure.measurement.title(),
                figure.measurement.letter()
            ));
        }
        lines.push(line(figure));
    }
    if !record.notes.is_empty() {
        lines.push(String::new());
        lines.extend(record.notes.iter().map(|note| format!("note: {note}")));
    }
    lines.join("\n")
}

fn line(figure: &Figure) -> String {
    let ratio = figure
        .ratio()
        .map_or(String::new(), |ratio| format!("{ratio:.2} x anchor"));
    let low = figure.values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = figure
        .values
        .iter()
        .copied()
        .fold(f64::NEG_INFINITY, f64::max);
    let spread = match figure.values.len() {
        0 | 1 => String::new(),
        count => format!(
            "{} .. {} of {count}",
            format_value(low, figure.unit),
            format_value(high, figure.unit)
        ),
    };
    let aim = aims::of(&figure.name).map_or(String::new(), |aim| format_aim(aim, figure));
    let value = format_value(figure.median(), figure.unit);
    format!(
        "  {:<NAME_WIDTH$} {value:>12}  {ratio:>15}  {spread:<30}  {aim}",
        figure.name
    )
    .trim_end()
    .to_owned()
}

fn format_aim(aim: Aim, figure: &Figure) -> String {
    let (sign, limit) = match aim.bound {
        Bound::AtLeast(limit) => ("≥", limit),
        Bound::AtMost(limit) => ("≤", limit),
    };
    let limit = match aim.on {
        On::Value => format_value(limit, figure.unit),
        On::Anchor => format!("{limit:.2} x anchor"),
    };
    let verdict = match aim.is_met(figure) {
        Some(true) => "met",
        Some(false) => "missed",
        None => "not judged",
    };
    format!("aim {sign} {limit}: {verdict}")
}

fn format_value(value: f64, unit: Unit) -> String {
    match unit {
        Unit::PerSecond if value < 100.0 => format!("{value:.1}/s"),
        Unit::PerSecond => format!("{}/s", thousands(value)),
        Unit::Microseconds if value < 10_000.0 => format!("{value:.0} µs"),
        Unit::Microseconds => format!("{:.1} ms", value / 1_000.0),
        Unit::Milliseconds => format!("{value:.1} ms"),
        Unit::Seconds => format!("{value:.2} s"),
        Unit::Bytes if value < 100_000.0 => format!("{value:.0} B"),
        Unit::Bytes => format!("{:.1} MB", value / 1e6),
        Unit::BytesPerSecond => format!("{} MB/s", thousands(value / 1e6)),
        Unit::Percent => format!("{value:.2} %"),
        Unit::Count => thousands(value),
        Unit::Share => format!("{value:.2} x"),
    }
}

fn thousands(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Writes the next numbered file in `folder` and returns its path.
pub fn write_json(record: &Record, folder: &Path) -> Result<PathBuf> {
    fs::create_dir_all(folder)
        .with_context(|| format!("{} cannot be created", folder.display()))?;
    let taken = |number: &u32| file(folder, *number).exists();
    let number = (1..=u32::MAX)
        .find(|number| !taken(number))
        .context("no free number")?;
    let path = file(folder, number);
    fs::write(&path, format!("{:#}\n", to_json(record)))
        .with_context(|| format!("{} cannot be written", path.display()))?;
    Ok(path)
}

fn file(folder: &Path, number: u32) -> PathBuf {
    folder.join(format!("{number:04}.json"))
}

fn to_json(record: &Record) -> Value {
    let figures: Vec<Value> = record.figures.iter().map(figure_to_json).collect();
    let environment: serde_json::Map<String, Value> = record
        .environment
        .iter()
        .map(|(name, value)| ((*name).to_owned(), json!(value)))
        .collect();
    json!({ "environment": environment, "notes": record.notes, "figures": figures })
}

fn figure_to_json(figure: &Figure) -> Value {
    let aim = aims::of(&figure.name);
    json!({
        "measurement": figure.measurement.name(),
        "name": figure.name,
        "unit": unit_name(figure.unit),
        "median": figure.median(),
        "values": figure.values,
        "ratio_to_anchor": figure.ratio(),
        "ratios": figure.ratios,
        "aim": aim.map(|aim| format_aim(aim, figure)),
        "aim_met": aim.and_then(|aim| aim.is_met(figure)),
    })
}

fn unit_name(unit: Unit) -> &'static str {
    match unit {
        Unit::PerSecond => "per_second",
        Unit::Microseconds => "us",
        Unit::Milliseconds => "ms",
        Unit::Seconds => "s",
        Unit::Bytes => "bytes",
        Unit::BytesPerSecond => "bytes_per_second",
        Unit::Percent => "percent",
        Unit::Count => "count",
        Unit::Share => "share",
    }
}

#[cfg(test)]
mod tests {
    use super::{format_value, table, to_json, write_json};
    use crate::measure::Measurement;
    use crate::record::{Record, Unit};

    fn sample() -> Record {
        let mut record = Record::default();
        let name = "POST message, 1 client: rate";
        record.add_against(
            Measurement::Append,
            name,
            Unit::PerSecond,
            4_000.0,
            10_000.0,
        );
        record.add_against(
            Measurement::Append,
            name,
            Unit::PerSecond,
            6_000.0,
            10_000.0,
        );
        record
    }

    #[test]
    fn a_line_shows_median_ratio_spread_and_aim() {
        let text = table(&sample());
        for part in [
            "5,000/s",
            "0.50 x anchor",
            "4,000/s .. 6,000/s of 2",
            "aim ≥ 0.45 x anchor: met",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
    }

    #[test]
    fn values_read_like_quantities() {
        assert_eq!(format_value(1_234_567.0, Unit::PerSecond), "1,234,567/s");
        assert_eq!(format_value(999.0, Unit::Count), "999");
        assert_eq!(format_value(112.4, Unit::Microseconds), "112 µs");
        assert_eq!(format_value(40_000_000.0, Unit::Bytes), "40.0 MB");
    }

    #[test]
    fn each_run_gets_a_file_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let first = write_json(&sample(), folder.path()).unwrap();
        let second = write_json(&sample(), folder.path()).unwrap();
        assert!(first.ends_with("0001.json") && second.ends_with("0002.json"));
        let json = to_json(&sample());
        assert_eq!(json["figures"][0]["aim_met"], true);
        assert_eq!(json["figures"][0]["ratio_to_anchor"], 0.5);
    }
}
