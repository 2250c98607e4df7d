//! What was measured so far: one figure per line of the table, one value per round.

use std::time::Duration;

use crate::measure::Measurement;
use crate::stats::median;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    PerSecond,
    Microseconds,
    Milliseconds,
    Seconds,
    Bytes,
    BytesPerSecond,
    Percent,
    Count,
    /// Of something else that was measured in the same round.
    Share,
}

pub struct Figure {
    pub measurement: Measurement,
    pub name: String,
    pub unit: Unit,
    pub values: Vec<f64>,
    /// Each value divided by what the anchor showed in the same round.
    pub ratios: Vec<f64>,
}

impl Figure {
    pub fn median(&self) -> f64 {
        median(&self.values).unwrap_or(f64::NAN)
    }

    pub fn ratio(&self) -> Option<f64> {
        median(&self.ratios)
    }
}

#[derive(Default)]
pub struct Record {
    pub environment: Vec<(&'static str, String)>,
    pub figures: Vec<Figure>,
    /// What a reader must know: skipped measurements, noisy rounds.
    pub notes: Vec<String>,
}

impl Record {
    pub fn add(&mut self, measurement: Measurement, name: &str, unit: Unit, value: f64) {
        self.figure(measurement, name, unit).values.push(value);
    }

    /// A value and what the anchor showed for the same quantity in the same round.
    pub fn add_against(
        &mut self,
        measurement: Measurement,
        name: &str,
        unit: Unit,
        value: f64,
        anchor: f64,
    ) {
        let figure = self.figure(measurement, name, unit);
        figure.values.push(value);
        figure.ratios.push(value / anchor);
    }

    pub fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }

    fn figure(&mut self, measurement: Measurement, name: &str, unit: Unit) -> &mut Figure {
        let found = self
            .figures
            .iter()
            .position(|figure| figure.measurement == measurement && figure.name == name);
        let index = found.unwrap_or_else(|| {
            let name = name.to_owned();
            self.figures.push(Figure {
                measurement,
                name,
                unit,
                values: Vec::new(),
                ratios: Vec::new(),
            });
            self.figures.len() - 1
        });
        &mut self.figures[index]
    }
}

/// As figures hold durations that people count in milliseconds.
pub fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}

#[cfg(test)]
mod tests {
    use super::{Record, Unit};
    use crate::measure::Measurement;

    #[test]
    fn rounds_of_one_figure_come_together() {
        let mut record = Record::default();
        for (value, anchor) in [(10.0, 100.0), (30.0, 100.0), (20.0, 50.0)] {
            record.add_against(Measurement::Append, "rate", Unit::PerSecond, value, anchor);
        }
        record.add(Measurement::Start, "rate", Unit::PerSecond, 1.0);
        assert_eq!(record.figures.len(), 2);
        assert_eq!(record.figures[0].median(), 20.0);
        // The median of the ratios, not the ratio of the medians.
        assert_eq!(record.figures[0].ratio(), Some(0.3));
        assert_eq!(record.figures[1].ratio(), None);
    }
}
