//! What the command line may say.

use std::path::{Path, PathBuf};

use crate::measure::Measurement;

pub const USAGE: &str = "\
npm run bench -- [options]

  --quick          two short rounds and a tenth of the events
  --only a,b       some of: bounds append fanout catchup start idle recovery footprint
                   queue gate inspector flow inbox live subscribers stalled blobs
                   (or their letters a b … q)
  --peers          measure queue and flow beside BullMQ, graphile-worker and Restate, and live
                   beside nchan, NATS, Redis and mosquitto
  --rounds N       interleaved rounds, default 5
  --events N       length of the long stream, default 1000000
  --dir PATH       where the measured databases live, default target/bench-data
  --results PATH   where the JSON goes, default bench-results
  --binary PATH    the runtime to measure, default the one built beside this program
  --desktop PATH   the desktop window to measure, default the one built beside this program";

pub struct Options {
    pub only: Vec<Measurement>,
    pub rounds: usize,
    /// Length of the long stream.
    pub events: usize,
    /// How long one slice of one round runs, in milliseconds.
    pub slice_ms: u64,
    /// How long an idle process is watched, in milliseconds.
    pub idle_ms: u64,
    /// Starts, recoveries and catch-ups of which the median counts.
    pub repeats: usize,
    pub quick: bool,
    /// Whether other products are measured too.
    pub peers: bool,
    pub dir: PathBuf,
    pub results: PathBuf,
    pub binary: PathBuf,
    pub desktop: PathBuf,
}

pub enum Parsed {
    Run(Options),
    Help,
}

impl Options {
    pub fn wants(&self, measurement: Measurement) -> bool {
        self.only.contains(&measurement)
    }
}

pub fn parse(arguments: &[String]) -> Result<Parsed, String> {
    let beside = std::env::current_exe()
        .ok()
        .and_then(|path| path.parent().map(Path::to_path_buf))
        .unwrap_or_default();
    let mut options = Options {
        only: Measurement::ALL.to_vec(),
        rounds: 5,
        events: 1_000_000,
        slice_ms: 1_500,
        idle_ms: 60_000,
        repeats: 10,
        quick: false,
        peers: false,
        dir: PathBuf::from("target/bench-data"),
        results: PathBuf::from("bench-results"),
        binary: beside.join("signalbox"),
        desktop: beside.join("signalbox-desktop"),
    };
    let (mut rounds, mut events) = (None, None);
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or(format!("{word} needs a value"));
        match word.as_str() {
            "--help" | "-h" => return Ok(Parsed::Help),
            "--quick" => {
                options.quick = true;
                options.rounds = 2;
                options.events = 100_000;
                options.slice_ms = 500;
                options.idle_ms = 10_000;
                options.repeats = 3;
            }
            "--peers" => options.peers = true,
            "--only" => options.only = measurements(value()?)?,
            "--rounds" => rounds = Some(number(word, value()?)?),
            "--events" => events = Some(number(word, value()?)?),
            "--dir" => options.dir = PathBuf::from(value()?),
            "--results" => options.results = PathBuf::from(value()?),
            "--binary" => options.binary = PathBuf::from(value()?),
            "--desktop" => options.desktop = PathBuf::from(value()?),
            unknown => return Err(format!("unknown option {unknown}")),
        }
    }
    // Said explicitly, they win over --quick whatever the order.
    options.rounds = rounds.unwrap_or(options.rounds);
    options.events = events.unwrap_or(options.events);
    Ok(Parsed::Run(options))
}

fn number(option: &str, text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(number) if number > 0 => Ok(number),
        _ => Err(format!(
            "{option} needs a number greater than zero, not {text:?}"
        )),
    }
}

fn measurements(list: &str) -> Result<Vec<Measurement>, String> {
    list.split(',')
        .map(|name| Measurement::named(name.trim()).ok_or(format!("no such measurement: {name}")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Parsed, parse};
    use crate::measure::Measurement;

    fn parsed(line: &str) -> super::Options {
        let arguments: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        match parse(&arguments) {
            Ok(Parsed::Run(options)) => options,
            Ok(Parsed::Help) => panic!("help"),
            Err(message) => panic!("{message}"),
        }
    }

    #[test]
    fn letters_and_names_choose_measurements() {
        assert_eq!(
            parsed("--only b,fanout").only,
            [Measurement::Append, Measurement::Fanout]
        );
        assert_eq!(parsed("").only, Measurement::ALL);
    }

    #[test]
    fn peers_are_measured_only_when_asked_for() {
        assert!(parsed("--quick --peers").peers && !parsed("--quick").peers);
    }

    #[test]
    fn explicit_numbers_win_over_quick() {
        let options = parsed("--rounds 7 --quick");
        assert_eq!((options.rounds, options.events), (7, 100_000));
    }

    #[test]
    fn what_cannot_be_read_is_an_error() {
        for line in [
            "--only x",
            "--rounds 0",
            "--rounds many",
            "--rounds",
            "--fast",
        ] {
            let arguments: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
            assert!(parse(&arguments).is_err(), "{line}");
        }
    }
}
