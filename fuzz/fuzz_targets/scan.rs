//! Scanning any text: no panic, and everything told lies in the text.
#![no_main]

use std::sync::{Arc, OnceLock};

use libfuzzer_sys::fuzz_target;
use stanch_detect::scan::{Desk, Judge};
use stanch_detect::text::lexicon::{Lexicon, LexiconBuilder, Pattern};
use stanch_detect::text::model::Model;
use stanch_detect::url::UrlModel;

static LEXICON: OnceLock<Arc<Lexicon>> = OnceLock::new();

fn lexicon() -> Arc<Lexicon> {
    let made = LEXICON.get_or_init(|| {
        let mut builder = LexiconBuilder::new();
        let set = builder.set("bait", "advert").expect("room");
        for text in ["刷单返利", "加微信", "loan", "t.me/"] {
            builder.add(set, &Pattern::new(text)).expect("fits");
        }
        Arc::new(builder.build())
    });
    Arc::clone(made)
}

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let model = Model::shipped().expect("whole");
    let links = UrlModel::shipped().expect("whole");
    let answer = Desk::new(Judge::Both(model), links, lexicon()).scan(&text);
    let length = text.chars().count();
    let spans = answer.spans.iter().map(|span| (span.start, span.end));
    let contacts = answer.contacts.iter().map(|contact| (contact.start, contact.end));
    let urls = answer.urls.iter().map(|url| (url.start, url.end));
    for (start, end) in spans.chain(contacts).chain(urls) {
        assert!(start < end && end <= length, "{start}..{end} of {length}");
    }
});
