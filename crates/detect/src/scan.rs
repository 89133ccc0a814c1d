//! Everything a text says in one answer: labels with the parts that speak for them, contacts, and links.
//!
//! One folding serves words, contacts and model of a text up to [`PIECE_CHARS`] characters; longer ones are read in pieces, so time
//! grows with the length and memory is bounded. A text that is a link and nothing else is told by the model of links.

mod json;

use std::sync::Arc;

use serde::Serialize;
use stanch_types::Score;
use utoipa::ToSchema;

use crate::text::contact::{ContactKind, Found};
use crate::text::lexicon::Lexicon;
use crate::text::model::{Classifier, LabelScore, Model, PIECE_CHARS, Reader, Reason};
use crate::text::{ScalarCursor, Scanner, Span};
use crate::url::{Address, Assessor, UrlModel, all_links};

/// From this score on the parts of the text that speak for a label are shown.
const SHOWN_SCORE_MIN: u16 = 5_000;
/// Most parts shown for a label.
const SPANS_MAX: usize = 8;
/// The label that sums up the others.
pub const UNWANTED: &str = "unwanted";

/// What a text says. Places count Unicode scalar values.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = ScanAnswer)]
pub struct Answer {
    /// How likely the text is unwanted, in ten-thousandths; 5,000 is the point of decision.
    pub score: Score,
    /// The score of every label.
    pub labels: Vec<ScoredLabel>,
    /// Parts of the text that speak for the labels found, by place.
    pub spans: Vec<ReasonSpan>,
    /// What the text leads to besides web pages, by place.
    pub contacts: Vec<ScannedContact>,
    /// Web pages it leads to, by place.
    pub urls: Vec<ScannedUrl>,
    /// Whether something was left out because there was too much of it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_cut: bool,
}

/// A label and how likely it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ScoredLabel {
    /// Its word.
    #[schema(value_type = String, example = "task_rebate")]
    pub label: Arc<str>,
    /// How likely, in ten-thousandths.
    pub score: Score,
}

/// A part of the text that speaks for a label.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReasonSpan {
    /// First character.
    pub start: usize,
    /// The character after the last.
    pub end: usize,
    /// The label.
    #[schema(value_type = String, example = "task_rebate")]
    pub reason: Arc<str>,
}

/// Something besides a web page that the text leads to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ScannedContact {
    /// `phone`, `service`, `account`, `group`, `invite`, `mention`, `email`, `wallet`, `card`, `resident` or `amount`.
    #[schema(example = "account")]
    pub kind: &'static str,
    /// The platform it is on, where that is known.
    #[schema(example = "wechat")]
    pub platform: Option<&'static str>,
    /// Its value without disguise: personal data.
    pub value: String,
    /// First character.
    pub start: usize,
    /// The character after the last.
    pub end: usize,
    /// Whether it is written in disguise.
    pub disguised: bool,
}

/// A web page that the text leads to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ScannedUrl {
    /// Its address in one form: no disguise, no default port, host in ASCII form.
    #[schema(example = "https://alipay-login.top/a")]
    pub url: String,
    /// Its host.
    #[schema(example = "alipay-login.top")]
    pub host: String,
    /// The domain somebody registered (a name on a platform that gives names away is one); none for IP addresses.
    #[schema(example = "alipay-login.top")]
    pub domain: Option<String>,
    /// First character.
    pub start: usize,
    /// The character after the last.
    pub end: usize,
    /// Whether it is written in disguise.
    pub disguised: bool,
    /// How likely it deceives, in ten-thousandths.
    pub score: Score,
    /// What speaks about it, the strongest signs first.
    pub reasons: Vec<UrlReason>,
}

/// What speaks about a link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct UrlReason {
    /// `lookalike`, `ip_literal`, `userinfo`, `mixed_scripts`, `punycode`, `disguised`, `shortener`, `hosted`, `port`, or `lexical` for a
    /// feature that the model holds against it.
    #[schema(example = "lookalike")]
    pub reason: &'static str,
    /// The domain it looks like, the platform, the port, the feature.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "alipay.com")]
    pub says: Option<String>,
}

/// What texts are read with: who tells how likely one is unwanted.
#[derive(Debug, Clone, Copy)]
pub enum Judge<'m> {
    /// A model of texts alone.
    Texts(&'m Model),
    /// A model of links alone: a text is as its worst link.
    Links,
    /// A model of texts; the model of links for a text that is a link and nothing else.
    Both(&'m Model),
}

/// Scans texts; its buffers are used again and again.
#[derive(Debug)]
pub struct Desk<'m> {
    judge: Judge<'m>,
    names: Vec<Arc<str>>,
    unwanted: Arc<str>,
    readers: Option<(Reader<'m>, Classifier<'m>)>,
    scanner: Scanner,
    links: Assessor<'m>,
    scores: Vec<LabelScore>,
    shown: Vec<usize>,
    parts: Vec<(usize, Span)>,
}

impl<'m> Desk<'m> {
    /// With models and the words of `lexicon`.
    #[must_use]
    pub fn new(judge: Judge<'m>, links: &'m UrlModel, lexicon: Arc<Lexicon>) -> Self {
        let model = match judge {
            Judge::Texts(model) | Judge::Both(model) => Some(model),
            Judge::Links => None,
        };
        let labels = model.map_or(&[][..], Model::labels).iter();
        Self {
            judge,
            names: labels.map(|label| Arc::from(&*label.name)).collect(),
            unwanted: UNWANTED.into(),
            readers: model.map(|model| (model.reader(), Classifier::new(model))),
            scanner: Scanner::new(lexicon),
            links: Assessor::new(links),
            scores: Vec::new(),
            shown: Vec::new(),
            parts: Vec::new(),
        }
    }

    /// Scans a text of any length.
    pub fn scan(&mut self, text: &str) -> Answer {
        let mut answer = Answer::default();
        self.scan_into(text, &mut answer);
        answer
    }

    /// The same into an answer that was used before, so that its memory is used again.
    pub fn scan_into(&mut self, text: &str, answer: &mut Answer) {
        let whole = match self.judge {
            Judge::Texts(_) => None,
            Judge::Links | Judge::Both(_) => Address::of_whole(text),
        };
        self.scores.clear();
        self.parts.clear();
        let is_short = is_one_piece(text);
        let (scores, labels, parts) = (&mut self.scores, &mut self.shown, &mut self.parts);
        let mut readers = match whole {
            None => self.readers.as_mut(),
            Some(_) => None,
        };
        let mut take = |label: usize, reason: Reason| {
            if reason.weight > 0.0 {
                parts.push((label, reason.span));
            }
        };
        let found = self.scanner.scan_with(text, |folded, _| {
            if is_short && let Some((reader, _)) = &mut readers {
                scores.extend_from_slice(reader.read(text, folded));
                show(scores, labels);
                for (label, reason) in reader.explain_all(text, folded, labels, SPANS_MAX) {
                    take(label, reason);
                }
            }
        });
        if !is_short && let Some((_, classifier)) = readers {
            scores.extend_from_slice(classifier.score(text));
            show(scores, labels);
            for label in labels {
                for reason in classifier.explain(text, *label, SPANS_MAX) {
                    take(*label, reason);
                }
            }
        }
        answer.restart(found.is_cut);
        answer.add_found(text, &found.contacts);
        let mut cursor = ScalarCursor::new(text);
        for (span, address, disguised) in all_links(text, &found.contacts) {
            answer.add_link(cursor.range(span), &address, disguised, &mut self.links);
        }
        match (whole, self.judge) {
            (None, Judge::Texts(_) | Judge::Both(_)) => self.tell(text, answer),
            (whole, Judge::Texts(_) | Judge::Both(_) | Judge::Links) => {
                let own = whole.map(|address| self.links.assess(&address, false).score);
                let worst = answer.urls.iter().map(|url| url.score).max();
                answer.score = own.or(worst).unwrap_or(Score::MIN);
                answer.labels.clear();
                answer.labels.push(ScoredLabel {
                    label: Arc::clone(&self.unwanted),
                    score: answer.score,
                });
            }
        }
    }

    /// Adds labels, and the parts that speak for them.
    fn tell(&self, text: &str, answer: &mut Answer) {
        // Names that are there already are not counted anew.
        answer.labels.truncate(self.names.len());
        for (at, (name, score)) in self.names.iter().zip(&self.scores).enumerate() {
            let score = score.score;
            match answer.labels.get_mut(at) {
                Some(known) if Arc::ptr_eq(&known.label, name) => known.score = score,
                Some(other) => {
                    let label = Arc::clone(name);
                    *other = ScoredLabel { label, score };
                }
                None => {
                    let label = Arc::clone(name);
                    answer.labels.push(ScoredLabel { label, score });
                }
            }
        }
        let is_overall = |label: &&ScoredLabel| *label.label == *UNWANTED;
        let overall = answer.labels.iter().find(is_overall);
        let highest = answer.labels.iter().map(|label| label.score).max();
        let overall = overall.map(|label| label.score).or(highest);
        answer.score = overall.unwrap_or(Score::MIN);
        let mut cursor = ScalarCursor::new(text);
        for (label, span) in &self.parts {
            let (start, end) = cursor.range(*span);
            if let Some(reason) = self.names.get(*label).map(Arc::clone) {
                answer.spans.push(ReasonSpan { start, end, reason });
            }
        }
        answer
            .spans
            .sort_by(|a, b| (a.start, a.end, &a.reason).cmp(&(b.start, b.end, &b.reason)));
    }
}

/// Whether a model reads the text at once.
fn is_one_piece(text: &str) -> bool {
    // A character has one to four bytes; longer texts need not be counted to the end.
    text.len() <= PIECE_CHARS
        || text.len() <= 4 * PIECE_CHARS && text.chars().count() <= PIECE_CHARS
}

/// Puts down the labels whose parts are shown.
fn show(scores: &[LabelScore], labels: &mut Vec<usize>) {
    labels.clear();
    let high = scores
        .iter()
        .filter(|score| score.score.get() >= SHOWN_SCORE_MIN);
    labels.extend(high.map(|score| score.label));
}

impl Default for Answer {
    /// The answer about nothing, to be scanned into.
    fn default() -> Self {
        Self {
            score: Score::MIN,
            labels: Vec::new(),
            spans: Vec::new(),
            contacts: Vec::new(),
            urls: Vec::new(),
            is_cut: false,
        }
    }
}

impl Answer {
    /// Forgets all but the names of the labels.
    fn restart(&mut self, is_cut: bool) {
        self.score = Score::MIN;
        self.spans.clear();
        self.contacts.clear();
        self.urls.clear();
        self.is_cut = is_cut;
    }

    fn add_found(&mut self, text: &str, found: &[Found]) {
        let mut cursor = ScalarCursor::new(text);
        for found in found {
            let kind = found.contact.kind();
            if matches!(kind, ContactKind::Url | ContactKind::Domain) {
                continue;
            }
            let (start, end) = cursor.range(found.span);
            self.contacts.push(ScannedContact {
                kind: kind.as_str(),
                platform: found.contact.platform().map(|platform| platform.as_str()),
                value: found.contact.expose(),
                start,
                end,
                disguised: found.disguised,
            });
        }
    }

    fn add_link(
        &mut self,
        (start, end): (usize, usize),
        address: &Address,
        disguised: bool,
        links: &mut Assessor<'_>,
    ) {
        let assessed = links.assess(address, disguised);
        let reasons = assessed.reasons.iter().map(|reason| UrlReason {
            reason: reason.word(),
            says: reason.says().map(|says| says.into_owned()),
        });
        self.urls.push(ScannedUrl {
            url: address.as_str().to_owned(),
            host: address.host().to_owned(),
            domain: address.domain().map(str::to_owned),
            start,
            end,
            disguised,
            score: assessed.score,
            reasons: reasons.collect(),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn desk() -> Desk<'static> {
        let model = Model::shipped().expect("whole");
        let links = UrlModel::shipped().expect("whole");
        Desk::new(Judge::Both(model), links, Arc::default())
    }

    #[test]
    fn an_answer_has_labels_parts_contacts_and_links() {
        let text = "兼职刷单，日赚三百，先垫付后返佣金，加微信：abc①②③④，官网 alipay-login[.]top/a";
        let answer = desk().scan(text);
        assert!(
            answer.score.get() > SHOWN_SCORE_MIN && answer.labels.len() > 3,
            "{answer:?}"
        );
        assert!(!answer.spans.is_empty() && answer.spans.is_sorted_by_key(|span| span.start));
        let chars: Vec<char> = text.chars().collect();
        let of = |start: usize, end: usize| chars[start..end].iter().collect::<String>();
        let contact = &answer.contacts[0];
        assert_eq!(
            (contact.kind, contact.platform, contact.value.as_str()),
            ("account", Some("wechat"), "abc1234")
        );
        assert_eq!(of(contact.start, contact.end), "abc①②③④");
        let [url] = answer.urls.as_slice() else {
            panic!("{answer:?}");
        };
        assert_eq!(
            (url.url.as_str(), url.domain.as_deref()),
            ("http://alipay-login.top/a", Some("alipay-login.top"))
        );
        assert_eq!(of(url.start, url.end), "alipay-login[.]top/a");
        let reasons: Vec<&str> = url.reasons.iter().map(|reason| reason.reason).collect();
        assert!(
            reasons.starts_with(&["lookalike", "disguised"]),
            "{reasons:?}"
        );
    }

    #[test]
    fn a_text_that_is_a_link_has_the_links_score() {
        let mut desk = desk();
        for text in [
            "http://alipay-login.top/verify",
            " https://www.wikipedia.org/ ",
        ] {
            let answer = desk.scan(text);
            assert_eq!(answer.urls.len(), 1);
            assert_eq!(answer.score, answer.urls[0].score, "{answer:?}");
        }
        let worst = desk.scan("http://alipay-login.top/verify").score;
        assert!(worst > desk.scan("https://www.wikipedia.org/").score);
    }

    #[test]
    fn long_texts_are_answered_as_short_ones_are() {
        let mut desk = desk();
        let scam = "兼职刷单，足不出户日赚三百，先垫付后返佣金，加微信领任务。";
        let long = scam.repeat(100);
        let (short, long) = (desk.scan(scam), desk.scan(&long));
        assert_eq!(short.labels.len(), long.labels.len());
        assert!(long.score.get() > SHOWN_SCORE_MIN);
        let none = desk.scan("");
        assert!(
            none.spans.is_empty()
                && none.urls.is_empty()
                && none.labels.len() == short.labels.len()
        );
    }

    #[test]
    fn an_answer_that_was_used_before_has_nothing_left_of_it() {
        let mut desk = desk();
        let mut answer = Answer::default();
        for text in [
            "兼职刷单，日赚三百，先垫付后返佣金，加微信：abc①②③④，官网 alipay-login[.]top/a",
            "明天中午一起去吃火锅吧",
            "http://alipay-login.top/verify",
            "",
            "明天中午一起去吃火锅吧",
        ] {
            desk.scan_into(text, &mut answer);
            assert_eq!(answer, desk.scan(text), "{text}");
        }
    }

    #[test]
    fn a_text_is_one_piece_up_to_so_many_characters() {
        for c in ['a', '好', '𝟙'] {
            let text = c.to_string().repeat(PIECE_CHARS);
            assert!(is_one_piece(&text), "{c}");
            assert!(!is_one_piece(&format!("{text}a")), "{c}");
        }
    }
}
