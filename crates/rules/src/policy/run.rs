//! A policy at work: what the driver of events calls.

use super::Policy;
use crate::engine::Engine;
use crate::event::{Event, EventError};
use crate::explain::Explanation;
use crate::row::FeatureValues;
use crate::trial::TestOutcome;
use crate::verdict::Verdict;
use crate::window::FeaturePlan;

impl Policy {
    /// The compiled program, for what is not here.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        &self.inner.engine
    }

    /// Decodes an event's JSON line into the typed row of its kind.
    ///
    /// # Errors
    /// [`EventError`]: the first thing that is wrong with the line.
    pub fn decode(&self, line: &[u8]) -> Result<Event, EventError> {
        self.engine().decode(line)
    }

    /// Which windows to push events to and to read, for each event kind.
    #[must_use]
    pub fn feature_plan(&self) -> &FeaturePlan {
        self.engine().feature_plan()
    }

    /// Decides about an event with the values of the features its kind reads, in the plan's order.
    #[must_use]
    pub fn decide(&self, event: &Event, features: &FeatureValues) -> Verdict {
        self.engine().decide(event, features)
    }

    /// Explains a verdict of [`Policy::decide`] on the same event and features.
    #[must_use]
    pub fn explain(
        &self,
        event: &Event,
        features: &FeatureValues,
        verdict: &Verdict,
    ) -> Explanation {
        self.engine().explain(event, features, verdict)
    }

    /// Runs the `test` declarations, by order of declaration.
    #[must_use]
    pub fn run_tests(&self) -> Vec<TestOutcome> {
        self.engine().run_tests()
    }
}
