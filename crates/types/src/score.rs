//! Scores.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A score in ten-thousandths, 0 to 10,000.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
)]
#[serde(try_from = "u16", into = "u16")]
#[schema(value_type = u16, maximum = 10_000)]
pub struct Score(u16);

/// A score was above 10,000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a score is between 0 and 10000, not {0}")]
pub struct ScoreOutOfRange(u16);

impl Score {
    /// The highest score.
    pub const MAX: Self = Self(10_000);
    /// The lowest score.
    pub const MIN: Self = Self(0);
    /// From here on a model of ours has decided for the label.
    pub const DECIDED: Self = Self(5_000);

    /// A score of `value` ten-thousandths.
    ///
    /// # Errors
    /// [`ScoreOutOfRange`] above 10,000.
    pub const fn new(value: u16) -> Result<Self, ScoreOutOfRange> {
        if value > 10_000 {
            Err(ScoreOutOfRange(value))
        } else {
            Ok(Self(value))
        }
    }

    /// The value in ten-thousandths.
    #[must_use]
    pub const fn get(self) -> u16 {
        self.0
    }
}

impl TryFrom<u16> for Score {
    type Error = ScoreOutOfRange;
    fn try_from(value: u16) -> Result<Self, Self::Error> {
        Self::new(value)
    }
}
impl From<Score> for u16 {
    fn from(score: Score) -> Self {
        score.0
    }
}
