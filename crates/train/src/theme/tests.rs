use super::*;
use stanch_detect::text::model::Classifier;

/// Posts that offer scarce goods for money in advance, and ordinary posts about the same goods.
fn source() -> ThemeSource {
    let goods = ["N95口罩", "额温枪", "消毒酒精", "防护服"];
    let offers = ["一手货源现货秒发", "厂家直供现货", "最后一批现货"];
    let pays = ["先款后货不议价", "定金先付", "全款先付才发"];
    let mut rows = Vec::new();
    for (ix, good) in goods.iter().enumerate() {
        for (at, offer) in offers.iter().enumerate() {
            let pay = pays[(ix + at) % pays.len()];
            rows.push((format!("{good}{offer}，{pay}，要的抓紧"), true));
        }
        rows.push((format!("社区今天给老人发了{good}，谢谢志愿者"), false));
        rows.push((format!("{good}怎么选，专家这样说"), false));
    }
    let row = |(group, (text, wanted)): (u64, (String, bool))| Row {
        text,
        label: wanted.then(|| "epidemic_goods".to_owned()),
        group,
    };
    ThemeSource {
        name: "epidemic_goods".to_owned(),
        title: Title {
            zh: "疫情物资".to_owned(),
            en: "epidemic goods".to_owned(),
        },
        owner: "content-safety".to_owned(),
        rows: (0..).zip(rows).map(row).collect(),
        seed: 1,
    }
}

#[test]
fn a_few_examples_make_a_theme_that_is_sealed_and_opened() {
    let Theme { pack, report } = theme(&source(), |_| true).unwrap();
    assert_eq!((report.examples, report.ordinary), (12, 8));
    assert!(report.label.unseen.recall > 0.7, "{report:?}");
    assert!(report.label.unseen.false_positive_rate < 0.02, "{report:?}");
    assert!(
        report.words.iter().any(|word| word.word.contains("现货")),
        "{report:?}"
    );
    assert!(report.words_false < 0.01, "{report:?}");
    let model = pack.model().unwrap();
    let mut classifier = Classifier::new(&model);
    let mut score = |text: &str| classifier.score(text)[0].score.get();
    let (new, talk) = (
        score("护目镜厂家直供现货，定金先付"),
        score("今天社区发了口罩"),
    );
    assert!(new > 5_000 && talk < 5_000, "{new} {talk}");

    let signer = Signer::from_seed(&[7; 32]).unwrap();
    let sealed = seal(&pack, &signer).unwrap();
    assert_eq!(unseal(&sealed, &signer.public_key()).unwrap(), pack);
    let stranger = Signer::from_seed(&[8; 32]).unwrap().public_key();
    assert!(matches!(
        unseal(&sealed, &stranger),
        Err(PackError::Untrusted)
    ));
    // The payload's first letters are changed; it is still base64.
    let text = String::from_utf8(sealed).unwrap();
    let at = text.find("\"payload\": \"").unwrap() + 20;
    let mut changed = text.into_bytes();
    changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
    assert!(matches!(
        unseal(&changed, &signer.public_key()),
        Err(PackError::Untrusted)
    ));
    assert!(matches!(
        unseal(b"{}", &signer.public_key()),
        Err(PackError::Foreign(_))
    ));
    assert!(matches!(unseal(b"{}", "short"), Err(PackError::Key)));
    assert_eq!(theme(&source(), |_| true).unwrap().pack, pack);
}

#[test]
fn what_cannot_be_a_theme_is_told() {
    let mut few = source();
    few.rows.truncate(EXAMPLES_MIN - 1);
    assert!(matches!(theme(&few, |_| true), Err(TrainError::Nothing(_))));
    for name in ["", "Big", "1st", "a-b", &"x".repeat(41)] {
        let named = ThemeSource {
            name: name.to_owned(),
            ..source()
        };
        assert!(
            matches!(theme(&named, |_| true), Err(TrainError::Theme(_))),
            "{name}"
        );
    }
    let mut apart = source();
    let texts = [
        "春天", "夏日", "秋风", "冬雪", "江河", "湖海", "山峦", "星辰",
    ];
    apart.rows = (0..)
        .zip(texts)
        .map(|(group, text)| Row {
            text: text.to_owned(),
            label: None,
            group,
        })
        .collect();
    assert!(matches!(
        theme(&apart, |_| true),
        Err(TrainError::Nothing(_))
    ));
    assert!(matches!(
        theme(&source(), |_| false),
        Err(TrainError::Stopped)
    ));
}
