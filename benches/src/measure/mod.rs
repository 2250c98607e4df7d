//! The measurements, one per file.

pub mod anchor;
pub mod append;
pub mod blobs;
pub mod bounds;
pub mod catchup;
pub mod engines;
pub mod fanout;
pub mod flow;
pub mod footprint;
pub mod gate;
pub mod idle;
pub mod inbox;
pub mod inspector;
pub mod live;
pub mod load;
pub mod queue;
pub mod recovery;
pub mod seed;
pub mod stalled;
pub mod start;
pub mod subscribers;

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
    Queue,
    Gate,
    Inspector,
    Flow,
    Inbox,
    Live,
    Subscribers,
    Stalled,
    Blobs,
}

impl Measurement {
    pub const ALL: [Self; 17] = [
        Self::Bounds,
        Self::Append,
        Self::Fanout,
        Self::Catchup,
        Self::Start,
        Self::Idle,
        Self::Recovery,
        Self::Footprint,
        Self::Queue,
        Self::Gate,
        Self::Inspector,
        Self::Flow,
        Self::Inbox,
        Self::Live,
        Self::Subscribers,
        Self::Stalled,
        Self::Blobs,
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
            Self::Queue => "queue",
            Self::Gate => "gate",
            Self::Inspector => "inspector",
            Self::Flow => "flow",
            Self::Inbox => "inbox",
            Self::Live => "live",
            Self::Subscribers => "subscribers",
            Self::Stalled => "stalled",
            Self::Blobs => "blobs",
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
            Self::Queue => "i",
            Self::Gate => "j",
            Self::Inspector => "k",
            Self::Flow => "l",
            Self::Inbox => "m",
            Self::Live => "n",
            Self::Subscribers => "o",
            Self::Stalled => "p",
            Self::Blobs => "q",
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
            Self::Queue => "Taking runs and ending them, each by one engine",
            Self::Gate => "Decisions of the gate",
            Self::Inspector => "Looking at one run in a long log",
            Self::Flow => "Runs of three steps",
            Self::Inbox => "An inbox of 1,000 requests",
            Self::Live => "From a durable publication to everybody who listens",
            Self::Subscribers => "Subscribers that hear nothing",
            Self::Stalled => "A subscriber that does not read",
            Self::Blobs => "A large file",
        }
    }
}
