//! What texts say under their disguise: scores of the model of texts, contacts they lead to, and words of the policy's lists.

use std::sync::{Arc, Mutex, PoisonError};

use hashbrown::HashMap;
use stanch_detect::text::contact::{Contact, Found};
use stanch_detect::text::lexicon::{Lexicon, LexiconBuilder, Pattern};
use stanch_detect::text::model::{Classifier, LabelScore, Model};
use stanch_detect::text::{Scanner, Span};
use stanch_types::Score;

use super::{Detector, DetectorDef, FieldText, Findings, Input, Searches, SignalDef, SignalValue};
use crate::ir::{ListKind, PolicyModel, Program, Scalar, Type};
use crate::policy::MAIN_MODEL;

/// From this probability on a label is shown with the parts that speak for it, and may be the event's scene.
const SHOWN_MIN: f64 = 0.5;
/// Most parts shown for a label of a text.
const PARTS_MAX: usize = 4;
/// Most bytes of a text that are read; what a text says it says long before.
const TEXT_BYTES_MAX: usize = 64 << 10;
/// Labels that sum up others, in the order of the model; they are no scenes.
static SUMS: [&str; 4] = ["unwanted", "fraud", "diversion_or_illegal", "abuse"];

const fn score(name: &'static str, doc: &'static str) -> SignalDef {
    SignalDef {
        optional: true,
        ..SignalDef::new(name, Type::Double, doc)
    }
}

/// The detector.
pub const TEXT: DetectorDef = DetectorDef {
    name: "text",
    doc: "Fields of type `string` and `list<string>` that are no keys, as their readers see them: full width, circled digits, look-alike letters, signs put in \
between and traditional characters are seen through. Scores are calibrated probabilities of the model of texts in this program \
(`models/README.md`), or of the file `text.stxm` of the policy's folder where it has one; the highest of the event's texts, and 0.5 is the \
point of decision. Every other `*.stxm` file of the policy, such as those of themes, tells `themes`. Of a text the first 64 KiB are read. Costs some \
microseconds a text.",
    version: "text/1",
    signals: &[
        score(
            "unwanted",
            "How likely a text is anything that a platform would not want to pass.",
        ),
        score("fraud", "How likely a text is part of a fraud."),
        score(
            "diversion_or_illegal",
            "How likely a text leads away to another platform or sells what is illegal.",
        ),
        score("abuse", "How likely a text is abuse."),
        score(
            "scene_score",
            "The highest score of a scene: `task_rebate`, `fake_investment`, `loan_card`, `phishing`, `gambling` and the others.",
        ),
        SignalDef {
            optional: true,
            ..SignalDef::new(
                "scene",
                Type::String,
                "The scene with the highest score, from 0.5 on; missing when none reaches it.",
            )
        },
        SignalDef::new(
            "themes",
            Type::List(Scalar::String),
            "Labels that the policy's other models give a text, from 0.5 on, each once: `\"epidemic_goods\" in signal.text.themes`.",
        ),
        SignalDef::new(
            "contacts",
            Type::Int,
            "How many accounts, groups, invitations, phone numbers and mail addresses the texts lead to.",
        ),
        SignalDef::new(
            "platforms",
            Type::List(Scalar::String),
            "Platforms that they are on, each once: `\"wechat\" in signal.text.platforms`.",
        ),
        SignalDef::new(
            "disguised",
            Type::Bool,
            "Whether one of them is written in disguise.",
        ),
        SignalDef {
            searches: Searches::Kind(ListKind::Text),
            ..SignalDef::new(
                "lexicons",
                Type::List(Scalar::String),
                "Names of the `text` lists of which an entry stands in a text, in whatever disguise, each once.",
            )
        },
    ],
    make: |program| Box::new(Text::new(program)),
};

/// Ready for a policy.
struct Text {
    /// The model in this program, unless the policy brings its own.
    shipped: Option<&'static Model>,
    own: Option<Arc<Model>>,
    themes: Vec<Arc<Model>>,
    lexicon: Arc<Lexicon>,
    /// Of each pattern of the lexicon: which list, its entry, and when it ends.
    entries: Vec<(u32, Box<str>, i64)>,
    lists: Vec<Box<str>>,
    /// Buffers that nobody uses now. What is in them does not matter to what is seen.
    idle: Mutex<Vec<Buffers>>,
}

struct Buffers {
    scanner: Scanner,
    classifier: Option<Classifier<'static>>,
}

impl Text {
    fn new(program: &Program) -> Self {
        let mut builder = LexiconBuilder::new();
        let (mut entries, mut lists) = (Vec::new(), Vec::new());
        let of_texts = program
            .lists
            .iter()
            .filter(|list| list.kind == ListKind::Text);
        for (list, place) in of_texts.zip(0_u32..) {
            lists.push((&*list.name).into());
            let Ok(set) = builder.set(&list.name, "") else {
                continue;
            };
            for entry in list.entries.iter() {
                // What has no letter cannot be found in disguise; `in` finds it as it is.
                if builder.add(set, &Pattern::new(&entry.value)).is_ok() {
                    entries.push((
                        place,
                        entry.value.clone(),
                        entry.until_us.unwrap_or(i64::MAX),
                    ));
                }
            }
        }
        let (mut own, mut themes) = (None, Vec::new());
        for PolicyModel { path, model } in &program.models {
            match &**path == MAIN_MODEL {
                true => own = Some(Arc::clone(model)),
                false => themes.push(Arc::clone(model)),
            }
        }
        Self {
            shipped: Model::shipped().ok().filter(|_| own.is_none()),
            own,
            themes,
            lexicon: Arc::new(builder.build()),
            entries,
            lists,
            idle: Mutex::default(),
        }
    }

    fn buffers(&self) -> Buffers {
        let idle = self
            .idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop();
        idle.unwrap_or_else(|| Buffers {
            scanner: Scanner::new(Arc::clone(&self.lexicon)),
            classifier: self.shipped.map(Classifier::new),
        })
    }

    fn main(&self) -> Option<&Model> {
        self.own.as_deref().or(self.shipped)
    }
}

/// What was seen so far.
#[derive(Default)]
struct Seen {
    scores: HashMap<usize, f64>,
    themes: Vec<Box<str>>,
    contacts: i64,
    platforms: Vec<Box<str>>,
    disguised: bool,
    lexicons: Vec<Box<str>>,
}

impl Detector for Text {
    fn detect(&self, input: &Input<'_>, found: &mut Findings) {
        let mut buffers = self.buffers();
        let mut seen = Seen::default();
        let mut own = self.own.as_deref().map(Classifier::new);
        let mut themes: Vec<Classifier<'_>> = self
            .themes
            .iter()
            .map(|model| Classifier::new(model))
            .collect();
        for text in input.texts.iter().filter(|text| !text.is_key) {
            let read = text
                .text
                .get(..text.text.floor_char_boundary(TEXT_BYTES_MAX));
            let read = read.unwrap_or_default();
            match (&mut own, &mut buffers.classifier) {
                (Some(own), _) => see_scores(own, read, text, &mut seen, found),
                (None, Some(shipped)) => see_scores(shipped, read, text, &mut seen, found),
                (None, None) => {}
            }
            for theme in &mut themes {
                see_theme(theme, read, text, &mut seen, found);
            }
            let scan = buffers.scanner.scan(read);
            for hit in &scan.hits {
                let Some((list, entry, until_us)) = self.entries.get(hit.pattern as usize) else {
                    continue;
                };
                let name = self.lists.get(*list as usize).map_or("", |name| name);
                if input.at_us < *until_us {
                    if found.wants_evidence() {
                        found.show(
                            "lexicons",
                            text,
                            range(hit.span),
                            format!("{name}: {entry}"),
                        );
                    }
                    keep(&mut seen.lexicons, name);
                }
            }
            for contact in &scan.contacts {
                see_contact(contact, text, &mut seen, found);
            }
        }
        self.idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(buffers);
        self.tell(seen, found);
    }
}

impl Text {
    fn tell(&self, seen: Seen, found: &mut Findings) {
        let labels = self.main().map_or(&[][..], Model::labels);
        let mut scene: Option<(f64, &str)> = None;
        for (ix, label) in labels.iter().enumerate() {
            let Some(score) = seen.scores.get(&ix).copied() else {
                continue;
            };
            match SUMS.iter().find(|sum| ***sum == *label.name) {
                Some(sum) => found.tell(sum, SignalValue::Double(score)),
                None if scene.is_none_or(|(best, _)| score > best) => {
                    scene = Some((score, &label.name))
                }
                None => {}
            }
        }
        if let Some((score, name)) = scene {
            found.tell("scene_score", SignalValue::Double(score));
            if score >= SHOWN_MIN {
                found.tell("scene", SignalValue::Text(name.into()));
            }
        }
        found.tell("themes", SignalValue::Texts(seen.themes));
        found.tell("contacts", SignalValue::Int(seen.contacts));
        found.tell("platforms", SignalValue::Texts(seen.platforms));
        found.tell("disguised", SignalValue::Bool(seen.disguised));
        found.tell("lexicons", SignalValue::Texts(seen.lexicons));
    }
}

/// Takes the main model's scores of a text.
fn see_scores(
    classifier: &mut Classifier<'_>,
    read: &str,
    text: &FieldText<'_>,
    seen: &mut Seen,
    found: &mut Findings,
) {
    let mut shown = Vec::new();
    for score in classifier.score(read) {
        let value = probability(score);
        let best = seen.scores.entry(score.label).or_insert(value);
        *best = best.max(value);
        if value >= SHOWN_MIN {
            shown.push((score.label, value));
        }
    }
    for (label, value) in shown {
        let name = name(classifier.model(), label);
        match SUMS.iter().find(|sum| **sum == name) {
            Some(sum) => show(classifier, (read, text), (label, value), &[sum], found),
            None => {
                let signals = &["scene", "scene_score"];
                show(classifier, (read, text), (label, value), signals, found);
            }
        }
    }
}

/// Takes the labels that the model of a theme finds in a text.
fn see_theme(
    classifier: &mut Classifier<'_>,
    read: &str,
    text: &FieldText<'_>,
    seen: &mut Seen,
    found: &mut Findings,
) {
    let scores = classifier.score(read).iter();
    let shown: Vec<(usize, f64)> = scores
        .map(|score| (score.label, probability(score)))
        .filter(|(_, value)| *value >= SHOWN_MIN)
        .collect();
    for (label, value) in shown {
        keep(&mut seen.themes, name(classifier.model(), label));
        show(classifier, (read, text), (label, value), &["themes"], found);
    }
}

/// Shows what speaks for a label.
fn show(
    classifier: &mut Classifier<'_>,
    (read, text): (&str, &FieldText<'_>),
    (label, value): (usize, f64),
    signals: &[&'static str],
    found: &mut Findings,
) {
    if !found.wants_evidence() {
        return;
    }
    let says = format!("{} {value:.4}", name(classifier.model(), label));
    for reason in classifier.explain(read, label, PARTS_MAX) {
        if reason.weight > 0.0 {
            for signal in signals.iter().copied() {
                let version = Some(classifier.model().version());
                found.show_by(version, signal, text, range(reason.span), says.clone());
            }
        }
    }
}

fn probability(score: &LabelScore) -> f64 {
    f64::from(score.score.get()) / f64::from(Score::MAX.get())
}

fn name(model: &Model, label: usize) -> &str {
    model.labels().get(label).map_or("", |label| &*label.name)
}

fn see_contact(contact: &Found, text: &FieldText<'_>, seen: &mut Seen, found: &mut Findings) {
    let leads = match &contact.contact {
        Contact::Phone(_)
        | Contact::Account(..)
        | Contact::Group(..)
        | Contact::Invite(..)
        | Contact::Email(_) => true,
        // Links have their own detector; the others lead nowhere, or to nobody.
        Contact::Url(_)
        | Contact::Domain(_)
        | Contact::Service(_)
        | Contact::Mention(_)
        | Contact::Wallet(_)
        | Contact::Card(_)
        | Contact::Resident(_)
        | Contact::Amount(_) => false,
    };
    if !leads {
        return;
    }
    seen.contacts += 1;
    let kind = contact.contact.kind();
    // The value itself is personal: the place says where it stands.
    found.show("contacts", text, range(contact.span), kind.as_str());
    if let Some(platform) = contact.contact.platform() {
        found.show("platforms", text, range(contact.span), platform.as_str());
        keep(&mut seen.platforms, platform.as_str());
    }
    if contact.disguised {
        found.show("disguised", text, range(contact.span), kind.as_str());
        seen.disguised = true;
    }
}

fn keep(names: &mut Vec<Box<str>>, name: &str) {
    if !names.iter().any(|known| **known == *name) {
        names.push(name.into());
    }
}

fn range(span: Span) -> std::ops::Range<usize> {
    span.start as usize..span.end as usize
}

#[cfg(test)]
mod tests {
    use crate::{Policy, PolicyFiles};

    const POLICY: &str = r#"
event post { retention 30d  account string key  text string }
list bait text { "刷单返利"; "稳赚不赔" until 2026-02-01 }
rule scam on post {
  when signal.text.fraud > 0.5 && signal.text.scene == "task_rebate"
  then review
  owner "t" reason zh "像骗局 {signal.text.scene}" en "like a scam"
}
rule leads_away on post {
  when "wechat" in signal.text.platforms && signal.text.disguised
  then review
  owner "t" reason zh "引流" en "leads away"
}
rule words on post {
  when "bait" in signal.text.lexicons
  then review
  owner "t" reason zh "词" en "words"
}
ruleset posts on post { mode all use * }
test "a scam in disguise" {
  when post { account: "A", text: "兼职刷-单-返-利，足不出户日赚三百，先垫付后返佣金，加薇：ⓐbc①②③④领任务" } at 2026-03-01T10:00:00Z
  expect fired scam
  expect fired leads_away
  expect fired words
  expect signal.text.contacts == 1
}
test "talk" {
  when post { account: "A", text: "明天中午一起去吃火锅吧，稳赚不赔" } at 2026-03-01T10:00:00Z
  expect not fired scam
  expect not fired leads_away
  expect not fired words
}
"#;

    #[test]
    fn disguised_texts_are_read_by_rules_with_evidence() {
        let files = [("all.policy".to_owned(), POLICY.as_bytes().to_vec())];
        let policy = Policy::load(&PolicyFiles::new(files).unwrap())
            .unwrap_or_else(|found| panic!("{found:?}"));
        for outcome in policy.run_tests() {
            assert!(outcome.failures.is_empty(), "{outcome:?}");
        }
        let text = "刷-单-返-利，加薇：ⓐbc①②③④";
        let line = format!(
            r#"{{"event_id":"e","kind":"post","occurred_at":"2026-03-01T10:00:00Z","data":{{"account":"A","text":"{text}"}}}}"#
        );
        let event = policy.decode(line.as_bytes()).unwrap();
        let evidence = policy.engine().evidence(&event);
        let of = |signal: &str| {
            let one = evidence.iter().find(|one| &*one.signal == signal).unwrap();
            let (start, end) = (one.span.0 as usize, one.span.1 as usize);
            (&text[start..end], &*one.says)
        };
        assert_eq!(
            of("signal.text.lexicons"),
            ("刷-单-返-利", "bait: 刷单返利")
        );
        assert_eq!(of("signal.text.disguised"), ("ⓐbc①②③④", "account"));
    }
}
