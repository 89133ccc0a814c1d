//! An answer as JSON, byte for byte what `serde_json` makes of it.
//!
//! Most of an answer is the labels' names, the same for every text, and escaping them anew costs more than finding them: what needs no
//! escape is copied.

use super::{Answer, ReasonSpan, ScannedContact, ScannedUrl, ScoredLabel};

impl Answer {
    /// Appends its fields as JSON, without the braces around them, so that others can stand before.
    pub fn write_json_fields(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"\"score\":");
        number(out, usize::from(self.score.get()));
        out.extend_from_slice(b",\"labels\":");
        list(out, &self.labels, label);
        out.extend_from_slice(b",\"spans\":");
        list(out, &self.spans, span);
        out.extend_from_slice(b",\"contacts\":");
        list(out, &self.contacts, contact);
        out.extend_from_slice(b",\"urls\":");
        list(out, &self.urls, url);
        if self.is_cut {
            out.extend_from_slice(b",\"is_cut\":true");
        }
    }
}

fn list<T>(out: &mut Vec<u8>, items: &[T], one: impl Fn(&mut Vec<u8>, &T)) {
    out.push(b'[');
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        one(out, item);
    }
    out.push(b']');
}

fn label(out: &mut Vec<u8>, label: &ScoredLabel) {
    out.extend_from_slice(b"{\"label\":");
    string(out, &label.label);
    out.extend_from_slice(b",\"score\":");
    number(out, usize::from(label.score.get()));
    out.push(b'}');
}

fn span(out: &mut Vec<u8>, span: &ReasonSpan) {
    out.push(b'{');
    place(out, span.start, span.end);
    out.extend_from_slice(b",\"reason\":");
    string(out, &span.reason);
    out.push(b'}');
}

fn contact(out: &mut Vec<u8>, contact: &ScannedContact) {
    out.extend_from_slice(b"{\"kind\":");
    string(out, contact.kind);
    out.extend_from_slice(b",\"platform\":");
    or_null(out, contact.platform);
    out.extend_from_slice(b",\"value\":");
    string(out, &contact.value);
    out.push(b',');
    place(out, contact.start, contact.end);
    out.extend_from_slice(b",\"disguised\":");
    truth(out, contact.disguised);
    out.push(b'}');
}

fn url(out: &mut Vec<u8>, url: &ScannedUrl) {
    out.extend_from_slice(b"{\"url\":");
    string(out, &url.url);
    out.extend_from_slice(b",\"host\":");
    string(out, &url.host);
    out.extend_from_slice(b",\"domain\":");
    or_null(out, url.domain.as_deref());
    out.push(b',');
    place(out, url.start, url.end);
    out.extend_from_slice(b",\"disguised\":");
    truth(out, url.disguised);
    out.extend_from_slice(b",\"score\":");
    number(out, usize::from(url.score.get()));
    out.extend_from_slice(b",\"reasons\":");
    list(out, &url.reasons, |out, reason| {
        out.extend_from_slice(b"{\"reason\":");
        string(out, reason.reason);
        if let Some(says) = &reason.says {
            out.extend_from_slice(b",\"says\":");
            string(out, says);
        }
        out.push(b'}');
    });
    out.push(b'}');
}

fn place(out: &mut Vec<u8>, start: usize, end: usize) {
    out.extend_from_slice(b"\"start\":");
    number(out, start);
    out.extend_from_slice(b",\"end\":");
    number(out, end);
}

fn truth(out: &mut Vec<u8>, truth: bool) {
    out.extend_from_slice(if truth { b"true" } else { b"false" });
}

fn or_null(out: &mut Vec<u8>, text: Option<&str>) {
    match text {
        Some(text) => string(out, text),
        None => out.extend_from_slice(b"null"),
    }
}

fn number(out: &mut Vec<u8>, mut number: usize) {
    let start = out.len();
    loop {
        out.push(b'0' + (number % 10) as u8);
        number /= 10;
        if number == 0 {
            break;
        }
    }
    out.get_mut(start..).unwrap_or_default().reverse();
}

fn string(out: &mut Vec<u8>, text: &str) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    out.push(b'"');
    let must_be_escaped = |byte: u8| byte < 0x20 || byte == b'"' || byte == b'\\';
    if !text.bytes().any(must_be_escaped) {
        out.extend_from_slice(text.as_bytes());
        out.push(b'"');
        return;
    }
    for byte in text.bytes() {
        let short = match byte {
            b'"' | b'\\' => byte,
            0x08 => b'b',
            b'\t' => b't',
            b'\n' => b'n',
            0x0C => b'f',
            b'\r' => b'r',
            0..0x20 => {
                let [high, low] = [byte >> 4, byte & 0xf].map(|digit| HEX.get(usize::from(digit)));
                out.extend_from_slice(b"\\u00");
                out.extend(high.into_iter().chain(low));
                continue;
            }
            _ => {
                out.push(byte);
                continue;
            }
        };
        out.extend_from_slice(&[b'\\', short]);
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use stanch_types::Score;

    use super::super::UrlReason;
    use super::*;
    use proptest::prelude::*;

    fn answer(text: &str, number: usize, flag: bool) -> Answer {
        let score = Score::new((number % 10_001) as u16).expect("a score");
        let named = |name: &str| ScoredLabel {
            label: name.into(),
            score,
        };
        Answer {
            score,
            labels: vec![named(text), named("unwanted")],
            spans: vec![
                ReasonSpan {
                    start: number,
                    end: usize::MAX,
                    reason: text.into(),
                };
                number % 3
            ],
            contacts: vec![
                ScannedContact {
                    kind: "account",
                    platform: flag.then_some("wechat"),
                    value: text.to_owned(),
                    start: 0,
                    end: number,
                    disguised: flag,
                };
                number % 4
            ],
            urls: vec![ScannedUrl {
                url: text.to_owned(),
                host: text.to_owned(),
                domain: flag.then(|| text.to_owned()),
                start: 10,
                end: 1_000,
                disguised: !flag,
                score,
                reasons: [None, Some(text.to_owned())]
                    .map(|says| UrlReason {
                        reason: "lookalike",
                        says,
                    })
                    .to_vec(),
            }],
            is_cut: flag,
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_what_serde_writes(text in any::<String>(), number in any::<usize>(), flag in any::<bool>()) {
            let controls: String = (0..0x30_u8).map(char::from).chain(text.chars()).collect();
            for text in [text, controls] {
                let answer = answer(&text, number, flag);
                let mut written = b"{".to_vec();
                answer.write_json_fields(&mut written);
                written.push(b'}');
                prop_assert_eq!(
                    String::from_utf8(written).expect("text"),
                    serde_json::to_string(&answer).expect("JSON")
                );
            }
        }
    }
}
