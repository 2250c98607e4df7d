//! Zones: how carefully an action is to be taken, as its requester declares it. A stricter zone
//! than the action needs never hurts the requester; a laxer one makes the gate ask or refuse.

use crate::reject::Reject;
use serde::{Deserialize, Serialize};

/// The security posture of an action or an event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Zone {
    Sandbox,
    #[default]
    Supervised,
    HighStakes,
}

impl Zone {
    /// Every zone, laxest first.
    pub const ALL: [Zone; 3] = [Zone::Sandbox, Zone::Supervised, Zone::HighStakes];

    pub fn as_str(self) -> &'static str {
        match self {
            Zone::Sandbox => "sandbox",
            Zone::Supervised => "supervised",
            Zone::HighStakes => "high_stakes",
        }
    }

    /// The zone that a request names; the contract's default when it names none.
    ///
    /// # Errors
    /// `invalid_zone` when it is none of [`Zone::ALL`].
    pub fn named(text: Option<&str>) -> Result<Self, Reject> {
        let Some(text) = text else {
            return Ok(Self::default());
        };
        let found = Self::ALL.into_iter().find(|zone| zone.as_str() == text);
        found.ok_or_else(|| {
            let message = "\"zone\" must be sandbox, supervised or high_stakes.";
            Reject::invalid("invalid_zone", "zone", message)
        })
    }
}
