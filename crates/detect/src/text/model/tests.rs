use super::*;
use crate::text::{Folder, Views};

/// A model of two labels: one for texts with 刷单, one for those with abc.
fn model(bits: u32) -> Model {
    let weights = ["刷单", "abc"].map(|text| {
        let mut folder = Folder::new(Views::Plain);
        let mut weights = vec![0_i8; 1 << bits];
        let mut grams = Grams::new(bits);
        let (buckets, _) = grams.read(text, folder.fold(text).expect("short"));
        for bucket in buckets {
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
    Model::new(
        "test",
        bits,
        vec![label("rebate"), label("letters")],
        &weights,
    )
    .expect("fits")
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
    assert_eq!(Model::from_bytes(b"{}"), Err(ModelError::Foreign(1)));
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
        Model::new("x", bits, vec![label.clone(); labels], &weights)
    };
    assert!(shape(12, 1, vec![vec![0; 1 << 12]]).is_ok());
    for (bits, labels, weights) in [
        (9, 1, vec![vec![0; 1 << 9]]),
        (12, 0, vec![]),
        (12, 1, vec![vec![0; 7]]),
        (12, 2, vec![vec![0; 1 << 12]]),
    ] {
        let refused = shape(bits, labels, weights);
        assert!(matches!(refused, Err(ModelError::Shape(_))));
    }
}
