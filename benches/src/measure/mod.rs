//! The measurements, one per file.

pub mod anchor;
pub mod append;
pub mod bounds;
pub mod catchup;
pub mod fanout;
pub mod footprint;
pub mod idle;
pub mod recovery;
pub mod seed;
pub mod start;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measurement {
    Bounds,
    Append,
    Fanout,
    Catchup,
    Start,
    Idle,
    Recovery,
    Footprint,
}

impl Measurement {
    pub const ALL: [Self; 8] = [
        Self::Bounds,
        Self::Append,
        Self::Fanout,
        Self::Catchup,
        Self::Start,
        Self::Idle,
        Self::Recovery,
        Self::Footprint,
    ];

    pub fn named(text: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|measurement| measurement.name() == text || measurement.letter() == text)
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Bounds => "bounds",
            Self::Append => "append",
            Self::Fanout => "fanout",
            Self::Catchup => "catchup",
            Self::Start => "start",
            Self::Idle => "idle",
            Self::Recovery => "recovery",
            Self::Footprint => "footprint",
        }
    }

    pub fn letter(self) -> &'static str {
        match self {
            Self::Bounds => "a",
            Self::Append => "b",
            Self::Fanout => "c",
            Self::Catchup => "d",
            Self::Start => "e",
            Self::Idle => "f",
            Self::Recovery => "g",
            Self::Footprint => "h",
        }
    }

    pub fn title(self) -> &'static str {
        match self {
            Self::Bounds => "What this machine can do",
            Self::Append => "Durable messages over HTTP",
            Self::Fanout => "From a durable message to its subscribers",
            Self::Catchup => "Reading a long stream from its beginning",
            Self::Start => "From process start to ready",
            Self::Idle => "Doing nothing",
            Self::Recovery => "After kill -9 under load",
            Self::Footprint => "Room on disk",
        }
    }
}
