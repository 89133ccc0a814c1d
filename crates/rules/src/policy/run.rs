//! A policy at work: what the driver of events calls.

use super::Policy;
use crate::column::{BatchError, EventBatch};
use crate::engine::Engine;
use crate::event::{Event, EventError};
use crate::explain::{Captured, Explanation};
use crate::ir::EventIx;
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

    /// Decides about an event and keeps what the rules that fired saw, for [`Policy::explain_captured`]; what
    /// `captured` held before is forgotten.
    #[must_use]
    pub fn decide_and_capture(
        &self,
        event: &Event,
        features: &FeatureValues,
        captured: &mut Captured,
    ) -> Verdict {
        self.engine().decide_and_capture(event, features, captured)
    }

    /// Events of one kind with their features, as columns for [`Policy::decide_batch`].
    ///
    /// # Errors
    /// [`BatchError::Kind`] when an event is of another kind.
    pub fn batch(
        &self,
        kind: EventIx,
        events: &[(Event, FeatureValues)],
    ) -> Result<EventBatch, BatchError> {
        self.engine().batch(kind, events)
    }

    /// Decides about every event of a batch: what [`Policy::decide`] says of each, sooner.
    #[must_use]
    pub fn decide_batch(&self, batch: &EventBatch) -> Vec<Verdict> {
        self.engine().decide_batch(batch)
    }

    /// Explains a verdict with what [`Policy::decide_and_capture`] kept of the same event.
    #[must_use]
    pub fn explain_captured(
        &self,
        event: &Event,
        features: &FeatureValues,
        verdict: &Verdict,
        captured: &Captured,
    ) -> Explanation {
        self.engine()
            .explain_captured(event, features, verdict, captured)
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
