//! Throughput of text detection: `cargo bench -p stanch-detect`. Results go to bench/results.

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use stanch_detect::text::contact::ContactFinder;
use stanch_detect::text::lexicon::{Lexicon, LexiconBuilder, Matches, Pattern};
use stanch_detect::text::model::{Classifier, Model};
use stanch_detect::text::{Folder, Scanner, Views};
use unicode_normalization::UnicodeNormalization;

/// Bytes of each text: a long page, too large for the first cache and small enough for the second.
const TEXT_BYTES: usize = 1 << 16;

/// Patterns of the lexicon.
const PATTERNS: usize = 100_000;

/// Common characters, by falling frequency.
const COMMON: &str = "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方后多定行学法所民得经十三之进着等部度家电力里如水化高自二理起小物现实加量都两体制机当使点从业本去把性好应开它合还因由其些然前外天政四日那社义事平形相全表间样与关各重新线内数正心反你明看原又么利比或但质气第向道命此变条只没结解问意建月公无系军很情者最立代想已通并提直题党程展五果料象员革位入常文总次品式活设及管特件长求老头基资边流路级少图山统接知较将组见计别她手角期根论运农指几九区强放决西被干做必战先回则任取据处队南给色光门即保治北造百规热领七海口东导器压志世金增争济阶油思术极交受联什认六共权收证改清己美再采转更单风切打白教速花带安场身车例真务具万每目至达走积示议声报斗完类八离华名确才科张信马节话米整空元况今集温传土许步群广石记需段研界拉林律叫且究观越织装影算低持音众书布复容儿须际商非验连断深难近矿千周委素技备半办青省列习响约支般史感劳便团往酸历市克何除消构府称太准精值号率族维划选标写存候毛亲快效斯院查江型眼王按格养易置派层片始却专状育厂京识适属圆包火住调满县局照参红细引听该铁价严";

/// The draws of one seed.
struct Draws(u64);

impl Draws {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 33) as usize % bound
    }

    /// Three times in four a common character, else one of 2,500 others, as in real text.
    fn character(&mut self, common: &[char]) -> char {
        if self.below(4) > 0 {
            return common[self.below(common.len())];
        }
        char::from_u32(0x5000 + 4 * self.below(2500) as u32).expect("an ideograph")
    }
}

/// Ordinary Chinese with some Latin, digits and punctuation, from a seeded draw.
fn chinese() -> String {
    let common: Vec<char> = COMMON.chars().collect();
    let mut draws = Draws(0x9e37_79b9_7f4a_7c15);
    let mut text = String::new();
    while text.len() < TEXT_BYTES {
        match draws.below(69) {
            0..3 => text.push('，'),
            3 => text.push('。'),
            4 if draws.below(5) == 0 => text.push_str("QQ 12345"),
            _ => text.push(draws.character(&common)),
        }
    }
    text
}

/// Patterns of 2 to 6 characters drawn as the text is.
fn patterns() -> Vec<String> {
    let common: Vec<char> = COMMON.chars().collect();
    let mut draws = Draws(42);
    let mut patterns = std::collections::BTreeSet::new();
    while patterns.len() < PATTERNS {
        let length = 2 + draws.below(5);
        patterns.insert((0..length).map(|_| draws.character(&common)).collect());
    }
    patterns.into_iter().collect()
}

fn english() -> String {
    "Dear customer, your parcel could not be delivered. Confirm your address within 24 hours at the link below. "
        .repeat(TEXT_BYTES / 108)
}

/// The same Chinese with a disguise on one character in eight.
fn disguised() -> String {
    let mut text = String::new();
    for (at, c) in chinese().chars().enumerate() {
        text.push(c);
        match at % 48 {
            7 => text.push('\u{200b}'),
            15 => text.push('①'),
            23 => text.push('ⓥ'),
            31 => text.push_str("1\u{fe0f}\u{20e3}"),
            39 => text.push_str("e\u{301}"),
            47 => text.push('✈'),
            _ => {}
        }
    }
    text
}

const TEXTS: &[&str] = &["chinese", "disguised", "english"];

fn text(name: &str) -> String {
    match name {
        "chinese" => chinese(),
        "disguised" => disguised(),
        _ => english(),
    }
}

fn fold(bencher: Bencher<'_, '_>, name: &str, views: Views) {
    let text = text(name);
    let mut folder = Folder::new(views);
    bencher
        .counter(BytesCount::of_str(&text))
        .bench_local(|| folder.fold(black_box(&text)).expect("short").plain().len());
}

#[divan::bench(args = TEXTS)]
fn fold_plain(bencher: Bencher<'_, '_>, name: &str) {
    fold(bencher, name, Views::Plain);
}

#[divan::bench(args = TEXTS)]
fn fold_squeezed(bencher: Bencher<'_, '_>, name: &str) {
    fold(bencher, name, Views::Squeezed);
}

#[divan::bench(args = TEXTS)]
fn fold_sound(bencher: Bencher<'_, '_>, name: &str) {
    fold(bencher, name, Views::Sound);
}

#[divan::bench(args = TEXTS)]
fn fold_all(bencher: Bencher<'_, '_>, name: &str) {
    fold(bencher, name, Views::All);
}

/// What `unicode-normalization` needs for NFKC alone, into a buffer used again.
#[divan::bench(args = TEXTS)]
fn nfkc_of_unicode_normalization(bencher: Bencher<'_, '_>, name: &str) {
    let text = text(name);
    let mut out = Vec::new();
    bencher.counter(BytesCount::of_str(&text)).bench_local(|| {
        out.clear();
        out.extend(black_box(text.as_str()).nfkc());
        out.len()
    });
}

/// Posts of 70 characters, one in four with a disguised contact.
fn posts() -> Vec<String> {
    let text: Vec<char> = chinese().chars().collect();
    let contacts = [
        "加薇：ⓐⓑⓒ①②③④",
        "电话138-0013-8000",
        "扣扣7.5.9.3.3.3.0.1.8",
        "官网d9623点com",
    ];
    text.chunks_exact(60)
        .zip(contacts.iter().cycle())
        .enumerate()
        .map(|(at, (post, contact))| {
            let mut post: String = post.iter().collect();
            if at % 4 == 0 {
                post.push_str(contact);
            }
            post
        })
        .collect()
}

#[divan::bench(args = TEXTS)]
fn contacts(bencher: Bencher<'_, '_>, name: &str) {
    let text = text(name);
    let mut folder = Folder::new(Views::Sound);
    let folded = folder.fold(&text).expect("short");
    let (mut finder, mut found) = (ContactFinder::new(), Vec::new());
    bencher.counter(BytesCount::of_str(&text)).bench_local(|| {
        found.clear();
        finder.find(black_box(&text), folded, &mut found);
        found.len()
    });
}

/// Folding, 100 k patterns and contacts; items are posts.
#[divan::bench]
fn scan_posts(bencher: Bencher<'_, '_>) {
    let posts = posts();
    let mut scanner = Scanner::new(std::sync::Arc::new(lexicon(false)));
    let bytes: usize = posts.iter().map(String::len).sum();
    bencher
        .counter(divan::counter::ItemsCount::new(posts.len()))
        .counter(BytesCount::new(bytes))
        .bench_local(|| {
            posts
                .iter()
                .map(|post| scanner.scan(black_box(post)).contacts.len())
                .sum::<usize>()
        });
}

/// Folding and all labels of the shipped model; items are texts of so many characters.
#[divan::bench(args = [11, 28, 70, 500])]
fn classify(bencher: Bencher<'_, '_>, characters: usize) {
    let text: Vec<char> = chinese().chars().collect();
    let texts: Vec<String> = text
        .chunks_exact(characters)
        .map(String::from_iter)
        .collect();
    let mut classifier = Classifier::new(Model::shipped().expect("whole"));
    bencher
        .counter(divan::counter::ItemsCount::new(texts.len()))
        .bench_local(|| {
            let margins = texts.iter().map(|text| {
                let scores = classifier.score(black_box(text));
                scores.first().map_or(0.0, |score| score.margin)
            });
            margins.sum::<f32>()
        });
}

fn lexicon(sound: bool) -> Lexicon {
    let mut builder = LexiconBuilder::new();
    let set = builder.set("bench", "bench").expect("room");
    for text in patterns() {
        let pattern = Pattern {
            sound,
            ..Pattern::new(&text)
        };
        builder.add(set, &pattern).expect("fits");
    }
    builder.build()
}

/// Fold and match; what is measured beside it is matching alone.
#[divan::bench(args = [false, true])]
fn fold_and_lexicon_100k(bencher: Bencher<'_, '_>, sound: bool) {
    let (text, lexicon) = (chinese(), lexicon(sound));
    let mut folder = Folder::new(if sound { Views::Sound } else { Views::Squeezed });
    let mut matches = Matches::default();
    bencher.counter(BytesCount::of_str(&text)).bench_local(|| {
        let folded = folder.fold(black_box(&text)).expect("short");
        lexicon.find(folded, &mut matches);
        matches.hits().len()
    });
}

#[divan::bench]
fn lexicon_100k(bencher: Bencher<'_, '_>) {
    let (text, lexicon) = (chinese(), lexicon(false));
    let mut folder = Folder::new(Views::Squeezed);
    let folded = folder.fold(&text).expect("short");
    let mut matches = Matches::default();
    bencher.counter(BytesCount::of_str(&text)).bench_local(|| {
        lexicon.find(black_box(folded), &mut matches);
        matches.hits().len()
    });
}

#[divan::bench]
fn lexicon_100k_of_daachorse_charwise(bencher: Bencher<'_, '_>) {
    let text = chinese();
    let machine =
        daachorse::CharwiseDoubleArrayAhoCorasick::<u32>::new(patterns()).expect("builds");
    bencher
        .counter(BytesCount::of_str(&text))
        .bench_local(|| machine.find_overlapping_iter(black_box(&text)).count());
}

#[divan::bench]
fn lexicon_100k_of_daachorse_bytewise(bencher: Bencher<'_, '_>) {
    let text = chinese();
    let machine = daachorse::DoubleArrayAhoCorasick::<u32>::new(patterns()).expect("builds");
    bencher
        .counter(BytesCount::of_str(&text))
        .bench_local(|| machine.find_overlapping_iter(black_box(&text)).count());
}

#[divan::bench]
fn lexicon_100k_of_aho_corasick(bencher: Bencher<'_, '_>) {
    let text = chinese();
    let machine = aho_corasick::AhoCorasick::new(patterns()).expect("builds");
    bencher
        .counter(BytesCount::of_str(&text))
        .bench_local(|| machine.find_overlapping_iter(black_box(&text)).count());
}

fn main() {
    divan::main();
}
