use std::sync::Arc;

use proptest::prelude::*;

use crate::Engine;
use crate::event::Event;
use crate::generate::{Choices, KIND, event, feature_values, random_program};
use crate::row::FeatureValues;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// Whatever the rules and the events: columns say what rows say, for every rule and verdict.
    #[test]
    fn columns_mean_what_rows_mean(
        rules in proptest::collection::vec(any::<u32>(), 0..800),
        events in proptest::collection::vec(any::<u32>(), 0..400),
    ) {
        let program = Arc::new(random_program(&mut Choices::new(&rules), 10));
        let engine = Engine::new(program.clone());
        let choices = &mut Choices::new(&events);
        let rows: Vec<(Event, FeatureValues)> = (0..9)
            .map(|_| (event(choices, &program), feature_values(choices, engine.feature_plan())))
            .collect();
        let by_row: Vec<_> = rows.iter().map(|(event, features)| engine.decide(event, features)).collect();
        let batch = engine.batch(KIND, &rows).unwrap();
        prop_assert_eq!(engine.decide_batch(&batch), by_row);
    }
}

#[test]
fn chunks_join_without_a_seam() {
    let choices = &mut Choices::new(&[3, 8, 0, 2, 1]);
    let program = Arc::new(random_program(choices, 6));
    let engine = Engine::new(program.clone());
    let numbers: Vec<u32> = (0..60_000_u32)
        .map(|n| n.wrapping_mul(2_654_435_761) >> 7)
        .collect();
    let choices = &mut Choices::new(&numbers);
    let rows: Vec<(Event, FeatureValues)> = (0..super::CHUNK * 2 + 77)
        .map(|_| {
            (
                event(choices, &program),
                feature_values(choices, engine.feature_plan()),
            )
        })
        .collect();
    let by_row: Vec<_> = rows
        .iter()
        .map(|(event, features)| engine.decide(event, features))
        .collect();
    assert_eq!(
        engine.decide_batch(&engine.batch(KIND, &rows).unwrap()),
        by_row
    );
    assert!(
        engine
            .decide_batch(&engine.batch(KIND, &[]).unwrap())
            .is_empty()
    );
}
