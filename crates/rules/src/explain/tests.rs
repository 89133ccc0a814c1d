use std::collections::BTreeSet;
use std::sync::Arc;

use proptest::prelude::*;

use super::Captured;
use crate::Engine;
use crate::generate::{Choices, KIND, event, feature_values, random_program};
use crate::row::closure::Held;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// Whatever the rules and the event: kept are, of each rule that fired, the first alternative that is true by
    /// closures, and the values its operands have by closures; nothing else.
    #[test]
    fn what_is_kept_is_what_closures_see(
        rules in proptest::collection::vec(any::<u32>(), 0..800),
        events in proptest::collection::vec(any::<u32>(), 0..200),
    ) {
        let program = Arc::new(random_program(&mut Choices::new(&rules), 10));
        let engine = Engine::new(program.clone());
        let kind = &engine.kinds[KIND.ix()];
        let choices = &mut Choices::new(&events);
        let mut captured = Captured::default();
        for _ in 0..6 {
            let event = event(choices, &program);
            let features = feature_values(choices, engine.feature_plan());
            let row = engine.row(&event, &features);
            let verdict = engine.decide(&event, &features);
            prop_assert_eq!(&engine.decide_and_capture(&event, &features, &mut captured), &verdict);
            prop_assert_eq!(engine.capture(&event, &features, &verdict).operands, captured.operands.clone());
            let mut operands = BTreeSet::new();
            for (place, rule) in kind.rules.iter().enumerate() {
                let alternatives = &kind.plan.rules[place].alternatives;
                let taken = captured.alternative(kind.index.alternative_bits(place));
                let by_closures = alternatives
                    .iter()
                    .position(|leaves| leaves.iter().all(|leaf| leaf.held(&row) == Some(true)))
                    .filter(|_| verdict.fired.contains(*rule));
                prop_assert_eq!(taken, by_closures);
                let leaves = taken.map_or(&[][..], |taken| &alternatives[taken]);
                operands.extend(leaves.iter().flat_map(|leaf| leaf.operands.clone()));
            }
            for number in &operands {
                let held = kind.plan.operands[*number].hold(&row);
                prop_assert_eq!(captured.value(*number).unwrap(), held.as_ref().map(Held::as_ref));
            }
            prop_assert_eq!(captured.len(), operands.len());
        }
    }
}
