use super::*;
use crate::text::{Folder, Views};

/// A model of two labels: one for texts with 刷单, one for those with abc.
fn model(bits: u32) -> Model {
    Model::new(parts(bits)).expect("fits")
}

fn parts(bits: u32) -> Parts {
    let weights = ["刷单", "abc"].map(|text| {
        let mut folder = Folder::new(Views::Plain);
        let mut weights = vec![0_i8; 1 << bits];
        let mut grams = Grams::new(bits);
        for bucket in grams.read(text, folder.fold(text).expect("short")) {
            weights[*bucket as usize] = 100;
        }
        weights
    });
    let label = |name: &str| Label {
        name: name.into(),
        scale: 0.02,
        bias: -1.0,
        slope: 3.0,
        offset: 0.5,
    };
    Parts {
        version: "test".into(),
        bits,
        form: Form::Counts,
        gate: Score::MIN,
        labels: vec![label("rebate"), label("letters")],
        weights: weights.to_vec(),
    }
}

fn margins(model: &Model, text: &str) -> Vec<f32> {
    let mut folder = Folder::new(Views::Plain);
    let mut reader = model.reader();
    let scores = reader.read(text, folder.fold(text).expect("short"));
    assert!(
        scores
            .iter()
            .enumerate()
            .all(|(ix, score)| score.label == ix)
    );
    scores.iter().map(|score| score.margin).collect()
}

#[test]
fn a_label_is_told_by_its_own_words_whatever_their_dress() {
    let model = model(16);
    let found = margins(&model, "兼职刷单");
    assert!(found[0] > 0.0 && found[1] < 0.0, "{found:?}");
    let found = margins(&model, "兼职刷\u{200b}單");
    assert!(found[0] > 0.0 && found[1] < 0.0, "{found:?}");
    let found = margins(&model, "ＡＢＣ");
    assert!(found[0] < 0.0 && found[1] > 0.0, "{found:?}");
    assert_eq!(margins(&model, ""), [-1.0, -1.0]);
}

#[test]
fn scores_rise_with_margins_and_stay_in_range() {
    let label = &model(16).labels[0];
    let scores: Vec<u16> = [f32::MIN, -2.0, -0.1, 0.0, 0.3, 9.0, f32::MAX]
        .map(|margin| label.score(margin).get())
        .to_vec();
    assert!(scores.is_sorted(), "{scores:?}");
    assert_eq!((scores[0], scores[6]), (0, 10_000));
    // 1 / (1 + exp(-0.5)) is 0.6225.
    assert_eq!(scores[3], 6_225);
}

#[test]
fn what_is_written_is_read_again_and_damage_is_told() {
    let model = model(12);
    let bytes = model.to_bytes();
    assert_eq!(Model::from_bytes(&bytes).expect("whole"), model);
    assert_eq!(Model::from_bytes(b"{}"), Err(ModelError::Foreign(2)));
    for cut in [5, 40, bytes.len() - 1] {
        assert!(matches!(
            Model::from_bytes(&bytes[..cut]),
            Err(ModelError::Damaged(_))
        ));
    }
    let mut turned = bytes.clone();
    turned[60] ^= 1;
    assert!(matches!(
        Model::from_bytes(&turned),
        Err(ModelError::Damaged(_))
    ));
}

#[test]
fn a_reason_is_the_part_that_speaks_and_all_parts_make_up_the_margin() {
    let model = model(16);
    let text = "天气很好，兼职刷 单，明天见";
    let mut folder = Folder::new(Views::Plain);
    let folded = folder.fold(text).expect("short");
    let mut reader = model.reader();
    let margin = reader.read(text, folded)[0].margin;
    let all = reader.explain(text, folded, 0, usize::MAX);
    let sum: f32 = all.iter().map(|reason| reason.weight).sum();
    // Up to what is silent.
    assert!((sum - (margin + 1.0)).abs() < 0.05, "{sum} {margin}");
    let best = reader.explain(text, folded, 0, 1);
    assert_eq!(best[0].span.of(text), "刷 单");
    assert!(reader.explain(text, folded, 9, 3).is_empty());
}

#[test]
fn a_model_that_breaks_a_limit_is_refused() {
    let label = model(12).labels[0].clone();
    let shape = |bits, labels: usize, weights: Vec<Vec<i8>>| {
        Model::new(Parts {
            labels: vec![label.clone(); labels],
            weights,
            ..parts(bits)
        })
    };
    assert!(shape(12, 1, vec![vec![0; 1 << 12]]).is_ok());
    for (labels, weights) in [
        (0, vec![]),
        (1, vec![vec![0; 7]]),
        (2, vec![vec![0; 1 << 12]]),
    ] {
        let refused = shape(12, labels, weights);
        assert!(matches!(refused, Err(ModelError::Shape(_))));
    }
    let rarity = vec![16; 3].into();
    let refused = Model::new(Parts {
        form: Form::Distinct { rarity },
        ..parts(12)
    });
    assert!(matches!(refused, Err(ModelError::Shape(_))));
}

#[test]
fn the_outline_falls_into_the_buckets_of_the_reference() {
    // What the recipe's reference in Python gives for the class runs of this text at 18 bits, in its order.
    let reference = [
        243_525, 190_772, 14_296, 92_351, 49_232, 152_181, 54_856, 260_758, 187_529, 72_424,
        252_398, 43_086, 155_742, 112_853, 113_569, 183_082, 146_318, 210_443, 249_557, 197_474,
    ];
    let text = "加我微信好友，！abc 13812345678①";
    let mut folder = Folder::new(Views::Plain);
    let mut grams = Grams::new(18);
    let buckets = grams.read(text, folder.fold(text).expect("short"));
    let (_, outline) = buckets.split_at(buckets.len() - reference.len());
    assert_eq!(outline, reference);
}

#[test]
fn repeats_count_once_where_buckets_are_distinct() {
    let distinct = Model::new(Parts {
        form: Form::Distinct {
            rarity: vec![32; 1 << 16].into(),
        },
        ..parts(16)
    })
    .expect("fits");
    let bytes = distinct.to_bytes();
    assert_eq!(Model::from_bytes(&bytes).expect("whole"), distinct);
    let mut folder = Folder::new(Views::Plain);
    let mut grams = Grams::new(16);
    let text = "刷单刷单刷单";
    let folded = folder.fold(text).expect("short");
    let all = grams.read(text, folded).len();
    let mut different = grams.read(text, folded).to_vec();
    different.sort_unstable();
    different.dedup();
    assert!(different.len() < all);
    let mut buckets = grams.distinct().to_vec();
    let totals = distinct.first.add_up(&buckets);
    buckets.sort_unstable();
    assert_eq!(buckets, different);
    // Every rarity is 2.
    let norm = norm_of_squares(totals.squares);
    assert!((norm - 1.0 / (4.0 * different.len() as f32).sqrt()).abs() < 1e-6);
    // What was read before leaves nothing behind.
    let found = margins(&distinct, text);
    let mut reader = distinct.reader();
    reader.read(text, folded);
    assert_eq!(reader.read(text, folded)[0].margin, found[0]);
    let reasons = reader.explain(text, folded, 0, usize::MAX);
    let sum: f32 = reasons.iter().map(|reason| reason.weight).sum();
    assert!((sum - (found[0] + 1.0)).abs() < 0.05, "{sum} {found:?}");
}

#[test]
fn later_labels_wait_for_the_gate() {
    let gated = |gate: u16| {
        let Parts {
            mut labels,
            mut weights,
            ..
        } = parts(16);
        labels.rotate_left(1);
        weights.rotate_left(1);
        let (first, later) = (labels[0].clone(), labels[1].clone());
        Model::new(Parts {
            gate: Score::new(gate).expect("a score"),
            labels: [vec![first; LANES], vec![later]].concat(),
            weights: [vec![weights[0].clone(); LANES], vec![weights[1].clone()]].concat(),
            ..parts(16)
        })
        .expect("fits")
    };
    let text = "兼职刷单";
    let (open, shut) = (gated(0), gated(9_000));
    assert!(margins(&open, text)[LANES] > 0.0);
    assert_eq!(margins(&shut, text)[LANES], f32::MIN);
    assert!(margins(&shut, "abc 刷单 abc abc")[0] > 0.5);
    assert!(margins(&shut, "abc")[LANES] > f32::MIN);
}

#[test]
fn a_long_text_is_scored_by_its_loudest_piece() {
    let model = model(16);
    let mut classifier = Classifier::new(&model);
    let short = classifier.score("兼职刷单")[0];
    let long = "好".repeat(1_500) + "兼职刷单" + &"好".repeat(40);
    let found = classifier.score(&long)[0];
    assert!(found.margin > -1.0 && found.margin < short.margin);
    let reasons = classifier.explain(&long, 0, 1);
    assert_eq!(reasons[0].span.of(&long), "刷单");
}
