use proptest::prelude::*;

use super::*;

fn plain(text: &str) -> String {
    let mut folder = Folder::new(Views::All);
    folder.fold(text).expect("short").plain().iter().collect()
}

fn squeezed(text: &str) -> String {
    let mut folder = Folder::new(Views::All);
    let folded = folder.fold(text).expect("short");
    folded.squeezed().iter().collect()
}

#[test]
fn disguises_fold_to_what_they_stand_for() {
    for (disguised, expected) in [
        ("ＶＸ：ａｂ１２", "vx:ab12"),
        ("①③⑧ⓥⓍ➍❽⓪", "138vx480"),
        ("𝐰𝒆𝕔𝔥𝓪𝚝 𝟏𝟚𝟯", "wechat 123"),
        ("🅆🄴🅲🅷🅰🆃", "wechat"),
        ("🇻🇽", "vx"),
        ("1\u{fe0f}\u{20e3}3\u{fe0f}\u{20e3}8\u{fe0f}\u{20e3}", "138"),
        ("Ⅷ Ⅲ ⅶ", "8 3 7"),
        ("٣٤ ५ ๖", "34 5 6"),
        ("加\u{200b}微\u{202e}信\u{2066}號\u{e0061}", "加微信号"),
        ("w\u{200b}e\u{2060}c\u{ad}h\u{34f}a\u{200d}t", "wechat"),
        (
            "ẁ\u{336}\u{322}\u{31b}é\u{338}\u{35d}ćh\u{337}\u{31b}\u{320}à\u{335}t\u{334}",
            "wechat",
        ),
        ("оnlіnе саѕіnо", "online casino"),
        ("ΤΕLΕGRΑΜ", "telegram"),
        ("ᎪᏢᏢᏞᎬ ꮲꭺꭹ", "apple pay"),
        ("ꓪꓰꓚꓧꓮꓔ ᴡᴇᴄʜᴀᴛ", "wechat wechat"),
        ("₭₮₳", "kta"),
        ("ẞÆŒ", "ssaeoe"),
        ("網絡貸款，無需抵押，馬上到賬", "网络贷款,无需抵押,马上到账"),
        ("㊙㊤㈱㈠⒊⑷⒝", "秘上株一34b"),
        ("戶⼾户", "户户户"),
        ("—–−‐", "----"),
        ("a\u{a0}b\u{3000}c\td\r\n", "a b c d \n"),
        ("👨\u{1f3fd}\u{200d}💻", "👨💻"),
        ("ﷺ", "صلى الله عليه وسلم"),
    ] {
        assert_eq!(plain(disguised), expected, "{disguised}");
    }
}

#[test]
fn squeezing_drops_what_stands_between() {
    assert_eq!(squeezed("加-微✈信 号*!!ab.1２"), "加微信号ab12");
    assert_eq!(squeezed("企/*鹅ᚰ"), "企鹅");
}

#[test]
fn views_share_places() {
    let text = "ⓐ加 \u{200b}ﷺ微✈信1\u{fe0f}\u{20e3}";
    let mut folder = Folder::new(Views::All);
    let folded = folder.fold(text).expect("short");
    let words = folded.squeezed();
    assert_eq!(
        (words.len(), words.len()),
        (folded.sound().len(), folded.shape().len())
    );
    assert_eq!(words.len(), folded.positions().len());
    let at = words.iter().position(|c| *c == '微').expect("there");
    let span = folded.word_span(at, at + 2).expect("in range");
    assert_eq!(span.of(text), "微✈信");
    let (start, end) = folded.word_range(at, at + 2).expect("in range");
    assert_eq!(
        folded.plain().get(start..end),
        Some(['微', '✈', '信'].as_slice())
    );
    let expanded = words.iter().position(|c| *c == 'ص').expect("there");
    assert_eq!(
        folded
            .word_span(expanded, expanded + 1)
            .expect("in range")
            .of(text),
        "ﷺ"
    );
    assert_eq!(folded.span(3, 3), None);
    assert_eq!(folded.word_span(0, 1000), None);
}

#[test]
fn what_sounds_alike_sounds_the_same() {
    let mut folder = Folder::new(Views::Sound);
    let mut sound = |text: &str| folder.fold(text).expect("short").sound().to_vec();
    for (one, other) in [
        ("微信", "葳芯"),
        ("扣扣", "寇蔻"),
        ("银行", "淫形"),
        ("转账", "专涨"),
        ("你", "里"),
        ("1起", "一起"),
        ("兼职", "尖子"),
    ] {
        assert_eq!(sound(one), sound(other), "{one} {other}");
    }
    assert_ne!(sound("微信"), sound("微博"));
    assert_ne!(sound("ab"), sound("ba"));
    let names: Vec<_> = sound("中女")
        .into_iter()
        .map(crate::text::syllable)
        .collect();
    assert_eq!(names, [Some("zong"), Some("lv")]);
    assert_eq!(crate::text::syllable(0), None);
}

#[test]
fn what_looks_alike_looks_the_same() {
    let mut folder = Folder::new(Views::All);
    let mut shape = |text: &str| folder.fold(text).expect("short").shape().to_vec();
    for (one, other) in [("徽信", "微伩"), ("lo0", "1O0"), ("ニロ", "二口")] {
        assert_eq!(shape(one), shape(other), "{one} {other}");
    }
    assert_ne!(shape("微信"), shape("银行"));
}

#[test]
fn parts_are_joined_on_request() {
    let mut folder = Folder::new(Views::Squeezed);
    let folded = folder.fold("力口 彳-敫 亻言的").expect("short");
    let joins: Vec<_> = folded.joins().collect();
    assert!(joins.contains(&(0, '加')), "{joins:?}");
    assert!(joins.contains(&(4, '信')), "{joins:?}");
    assert_eq!(crate::text::join('女', '子'), Some('好'));
    assert_eq!(crate::text::join('的', '了'), None);
}

#[test]
fn marks_are_bounded() {
    let many = format!("ก{}", "\u{e48}".repeat(1000));
    assert_eq!(plain(&many).chars().count(), 4);
    assert_eq!(plain(&format!("x{}", "\u{300}".repeat(100_000))), "x");
}

#[test]
fn long_and_broken_input_is_bounded() {
    let mut folder = Folder::new(Views::All);
    let line = "微".repeat(10 << 20 >> 2);
    assert_eq!(
        folder.fold(&line).expect("under the limit").plain().len(),
        10 << 18
    );
    let (text, folded) = folder.fold_bytes(b"a\xff\xe5\xbe\xae").expect("short");
    assert_eq!(
        (text.as_ref(), folded.plain()),
        ("a\u{fffd}微", ['a', '\u{fffd}', '微'].as_slice())
    );
    let long = "a".repeat(FOLD_BYTES_MAX + 1);
    assert_eq!(
        folder.fold(&long).err(),
        Some(TextTooLong {
            bytes: FOLD_BYTES_MAX + 1
        })
    );
}

#[test]
fn growing_expansions_lose_nothing() {
    let text = format!("ab{}微信", "ﷺ".repeat(500));
    let folded = plain(&text);
    assert_eq!(folded.chars().count(), 4 + 500 * plain("ﷺ").chars().count());
    assert!(folded.ends_with("微信"));
}

proptest! {
    /// However it is read, in blocks or one by one, a character is folded to the same; but for piled marks.
    #[test]
    fn a_text_folds_as_its_characters_do(text in "([ -~]{0,40}[好ⓐé\\n\\tﷺ]){0,6}[ -~]{0,40}") {
        let by_character: String = text.chars().map(|c| plain(&c.to_string())).collect();
        prop_assert_eq!(plain(&text), by_character);
        let words: String = text.chars().map(|c| squeezed(&c.to_string())).collect();
        prop_assert_eq!(squeezed(&text), words);
    }

    #[test]
    fn folding_is_idempotent(text in "\\PC{0,60}|[\\x00-\u{10ffff}]{0,30}") {
        let once = plain(&text);
        prop_assert_eq!(plain(&once), once);
    }

    #[test]
    fn places_rise_and_lie_at_boundaries(text in "\\PC{0,40}|[\\x00-\u{10ffff}]{0,30}|[ﷺ1\u{fe0f}\u{20e3}a微 ก่]{0,40}") {
        let mut folder = Folder::new(Views::All);
        let folded = folder.fold(&text).expect("short");
        let mut last = 0;
        for at in 0..folded.plain().len() {
            let span = folded.span(at, at + 1).expect("in range");
            prop_assert!(last <= span.start && span.start < span.end);
            prop_assert!(text.get(span.start as usize..span.end as usize).is_some());
            prop_assert_eq!(span.of(&text).chars().count(), 1);
            last = span.start;
        }
        prop_assert!(folded.positions().windows(2).all(|pair| pair[0] < pair[1]));
        let words: Vec<char> = folded.plain().iter().copied().filter(|c| crate::text::Class::of(*c).is_word()).collect();
        prop_assert_eq!(words.as_slice(), folded.squeezed());
    }

    #[test]
    fn views_do_not_depend_on_what_was_folded_before(first in "\\PC{0,40}", second in "\\PC{0,20}") {
        let mut used = Folder::new(Views::All);
        used.fold(&first).expect("short");
        let used = used.fold(&second).expect("short");
        let mut fresh = Folder::new(Views::All);
        let fresh = fresh.fold(&second).expect("short");
        prop_assert_eq!(used.plain(), fresh.plain());
        prop_assert_eq!(used.sound(), fresh.sound());
        prop_assert_eq!(used.shape(), fresh.shape());
    }
}
