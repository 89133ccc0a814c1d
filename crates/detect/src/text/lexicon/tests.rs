use std::collections::BTreeSet;

use proptest::prelude::*;

use super::super::fold::{Folder, Views};
use super::*;

fn lexicon(words: &[&str], sounds: &[&str], benign: &[&str]) -> Lexicon {
    let mut builder = LexiconBuilder::new();
    let set = builder.set("bait", "advert").expect("room");
    for text in words {
        let pattern = Pattern {
            joined: text.chars().count() > 1,
            ..Pattern::new(text)
        };
        builder.add(set, &pattern).expect("fits");
    }
    for text in sounds {
        let pattern = Pattern {
            sound: true,
            shape: true,
            ..Pattern::new(text)
        };
        builder.add(set, &pattern).expect("fits");
    }
    for text in benign {
        builder.benign(text).expect("fits");
    }
    builder.build()
}

fn found(lexicon: &Lexicon, text: &str) -> Vec<(String, FoundIn)> {
    let mut folder = Folder::new(Views::All);
    let folded = folder.fold(text).expect("short");
    let mut matches = Matches::default();
    lexicon.find(folded, &mut matches);
    let hits = matches.hits().iter();
    hits.map(|hit| {
        let span = folded.word_span(hit.start as usize, hit.end as usize);
        (span.expect("in range").of(text).to_owned(), hit.found_in)
    })
    .collect()
}

fn words(lexicon: &Lexicon, text: &str) -> Vec<String> {
    let found = found(lexicon, text).into_iter();
    found.map(|(text, _)| text).collect()
}

#[test]
fn patterns_are_found_through_disguises() {
    let lexicon = lexicon(
        &["刷单返利", "加微信", "日结", "whatsapp", "t.me", "稳赚"],
        &[],
        &[],
    );
    for (text, hit) in [
        ("兼职刷单返利,每天", "刷单返利"),
        ("刷*单✈返-利", "刷*单✈返-利"),
        ("刷。单。返。利", "刷。单。返。利"),
        ("加\u{3000}微\u{200b}信", "加\u{3000}微\u{200b}信"),
        ("加.微.信", "加.微.信"),
        ("每日結工资", "日結"),
        ("my Ｗｈａｔｓ-app", "Ｗｈａｔｓ-app"),
        ("w h a t s a p p", "w h a t s a p p"),
        ("see T。me/abc", "T。me"),
        ("穩_賺", "穩_賺"),
    ] {
        assert_eq!(words(&lexicon, text), [hit], "{text}");
    }
}

#[test]
fn what_only_looks_split_is_left_alone() {
    let lexicon = lexicon(&["日结", "whatsapp", "t.me", "usdt", "代开"], &[], &[]);
    for text in [
        "生日。结婚",
        "今日,结束了",
        "节日\n结果",
        "whatsapps",
        "say what, sapp",
        "time",
        "it me",
        "trust. Me too",
        "us dt",
        "时代---------开",
    ] {
        assert_eq!(words(&lexicon, text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn sound_and_shape_are_found_where_asked() {
    let lexicon = lexicon(&["银行"], &["加微信", "兼职"], &["尖子", "家围"]);
    for (text, expected) in [
        ("嘉葳芯", ("嘉葳芯", FoundIn::Sound)),
        ("佳-喂-心", ("佳-喂-心", FoundIn::Sound)),
        ("加徽信", ("加徽信", FoundIn::Shape)),
        ("加微信", ("加微信", FoundIn::Words)),
        ("煎值", ("煎值", FoundIn::Sound)),
    ] {
        assert_eq!(
            found(&lexicon, text),
            [(expected.0.to_owned(), expected.1)],
            "{text}"
        );
    }
    assert!(
        found(&lexicon, "淫行").is_empty(),
        "银行 did not ask for sound"
    );
    assert!(found(&lexicon, "班里的尖子生").is_empty(), "尖子 is benign");
    assert_eq!(
        found(&lexicon, "尖 子").len(),
        1,
        "benign words have no gaps"
    );
}

#[test]
fn characters_taken_apart_are_put_together() {
    let lexicon = lexicon(&["加微信", "好友", "口令"], &[], &["女子"]);
    for (text, hit) in [
        ("力口微信", "力口微信"),
        ("请力-口 微亻言哦", "力-口 微亻言"),
        ("女子友", "女子友"),
    ] {
        assert_eq!(
            found(&lexicon, text),
            [(hit.to_owned(), FoundIn::Joined)],
            "{text}"
        );
    }
    assert!(found(&lexicon, "力。口微信").is_empty());
    assert!(found(&lexicon, "女子组").is_empty());
}

#[test]
fn overlapping_and_shared_patterns_are_all_found() {
    let lexicon = lexicon(
        &["贷", "贷款", "网贷款", "贷款秒批", "款秒", "贷款"],
        &[],
        &[],
    );
    let mut hits = words(&lexicon, "网贷款秒批");
    hits.sort();
    assert_eq!(hits, ["款秒", "网贷款", "贷", "贷款", "贷款", "贷款秒批"]);
    assert_eq!(lexicon.set(1).map(|set| set.label.as_str()), Ok("advert"));
    assert_eq!(
        (lexicon.weight(1), lexicon.weight(6)),
        (Ok(10_000), Err(NoSuchPattern(6)))
    );
}

#[test]
fn bad_patterns_are_refused() {
    let mut builder = LexiconBuilder::new();
    let set = builder.set("a", "b").expect("room");
    let other = LexiconBuilder::new();
    assert_eq!(other.build().len(), 0);
    let mut add = |pattern: Pattern<'_>| builder.add(set, &pattern).err();
    assert_eq!(add(Pattern::new("✈ -")), Some(PatternRefused::Empty));
    assert_eq!(
        add(Pattern::new(&"长".repeat(65))),
        Some(PatternRefused::TooLong)
    );
    assert_eq!(add(Pattern::new(&"长".repeat(64))), None);
    let sound = |text| Pattern {
        sound: true,
        ..Pattern::new(text)
    };
    assert_eq!(add(sound("微")), Some(PatternRefused::TooShort));
    assert_eq!(
        add(Pattern {
            weight: 10_001,
            ..Pattern::new("a")
        }),
        Some(PatternRefused::Weight)
    );
}

#[test]
fn hits_are_bounded() {
    let lexicon = lexicon(&["啊", "啊啊"], &[], &[]);
    let mut folder = Folder::new(Views::Squeezed);
    let folded = folder
        .fold(&"啊".repeat(HITS_MAX))
        .expect("short")
        .squeezed()
        .len();
    assert_eq!(folded, HITS_MAX);
    let mut matches = Matches::default();
    lexicon.find(
        folder.fold(&"啊".repeat(HITS_MAX)).expect("short"),
        &mut matches,
    );
    assert!(matches.is_cut());
    assert_eq!(matches.hits().len(), HITS_MAX);
    lexicon.find(folder.fold("啊").expect("short"), &mut matches);
    assert!(!matches.is_cut() && matches.hits().len() == 1);
}

#[test]
fn bytes_give_the_lexicon_back_or_an_error() {
    let lexicon = lexicon(&["刷单返利", "t.me"], &["加微信"], &["维新"]);
    let bytes = lexicon.to_bytes();
    assert_eq!(Lexicon::from_bytes(&bytes).as_ref(), Ok(&lexicon));
    assert_eq!(Lexicon::from_bytes(b"ELF"), Err(BadLexicon::Magic));
    let mut other = bytes.clone();
    other[4] = 9;
    assert_eq!(Lexicon::from_bytes(&other), Err(BadLexicon::Version(9)));
    for at in [12, 40, bytes.len() - 1] {
        let mut damaged = bytes.clone();
        damaged[at] ^= 1;
        assert_eq!(Lexicon::from_bytes(&damaged), Err(BadLexicon::Checksum));
    }
    for cut in 12..bytes.len() {
        // Even when the checksum fits, lists that do not are refused.
        let mut short = bytes[..cut].to_vec();
        let checksum = crc32c::crc32c(&short[12..]).to_le_bytes();
        short[8..12].copy_from_slice(&checksum);
        assert_eq!(
            Lexicon::from_bytes(&short),
            Err(BadLexicon::Content),
            "{cut}"
        );
    }
}

proptest! {
    /// The index finds what looking at every place for every form finds.
    #[test]
    fn the_index_finds_what_a_plain_search_finds(
        forms in proptest::collection::btree_set(proptest::collection::vec(0_u32..4, 1..7), 1..40),
        text in proptest::collection::vec(0_u32..4, 0..80),
    ) {
        let forms: Vec<Vec<u32>> = forms.into_iter().collect();
        let index = Index::build(&forms);
        let mut found = BTreeSet::new();
        index.find(&text, |start, end, form| {
            assert!(found.insert((start, end, form)), "found twice");
        });
        let mut expected = BTreeSet::new();
        for start in 0..text.len() {
            for (number, form) in forms.iter().enumerate() {
                if text[start..].starts_with(form) {
                    expected.insert((start, start + form.len(), number as u32));
                }
            }
        }
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn any_bytes_are_refused_or_read(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let mut file = b"STLX\x01\0\0\0".to_vec();
        file.extend(crc32c::crc32c(&bytes).to_le_bytes());
        file.extend(bytes);
        if let Ok(lexicon) = Lexicon::from_bytes(&file) {
            let mut folder = Folder::new(Views::All);
            let mut matches = Matches::default();
            lexicon.find(folder.fold("加微信abc123").expect("short"), &mut matches);
        }
    }
}
