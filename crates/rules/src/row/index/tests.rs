use std::sync::Arc;

use proptest::prelude::*;

use crate::Engine;
use crate::generate::{Choices, KIND, event, feature_values, random_program};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    /// Whatever the rules and the event: the index finds true what the closures find true, nothing else.
    #[test]
    fn the_index_means_what_the_closures_mean(
        rules in proptest::collection::vec(any::<u32>(), 0..800),
        events in proptest::collection::vec(any::<u32>(), 0..200),
    ) {
        let program = Arc::new(random_program(&mut Choices::new(&rules), 10));
        let engine = Engine::new(program.clone());
        let kind = &engine.kinds[KIND.ix()];
        let choices = &mut Choices::new(&events);
        for _ in 0..6 {
            let event = event(choices, &program);
            let features = feature_values(choices, engine.feature_plan());
            let row = engine.row(&event, &features);
            prop_assert_eq!(kind.true_by_index(&row), kind.true_by_closures(&row), "{:?}", event);
        }
    }
}
