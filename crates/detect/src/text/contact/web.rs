//! Web addresses, domain names, addresses for mail, and names after `@`.

use std::collections::HashSet;
use std::sync::LazyLock;

use stanch_types::personal::{DomainName, Handle};

use super::super::class::Class;
use super::super::fold::Folded;
use super::platform::Platform;
use super::tokens::Tokens;
use super::{Contact, Finds};

/// Most characters of a path that are kept.
const PATH_MAX: usize = 2_000;
/// Most labels of a host.
const LABELS_MAX: usize = 10;

/// Endings under which the pages of most texts are, and that are no words and no file names.
const SURE_ENDINGS: &str = "com net org cn cc top xyz vip club shop io app info site online icu live fun ltd tv hk tw \
    work link store space tech wang ink biz mobi asia gov edu co ru uk jp de fr eu kr sg my \
    th vn ph id ca au nz br ml tk ga cf gq ws buzz cyou sbs bond cfd quest monster click \
    win bid loan men date trade party rest bar beauty hair skin makeup lol lat dev page cloud blog website press host \
    art games game bet casino finance fund money cash exchange market trading center group company email support services world today news chat \
    social video wiki ai gg gs im la pw su nl it es pl se ch us in at me to is \
    so am be ly sh st ag sc vc pro one love kim red blue black pink green run fit yoga team \
    city life plus zone ren mom tel ac il za mx ar cl pe ua kz ir ae sa tr gr pt \
    cz hu ro no fi dk ie mo kh mm ng ke pk bd np lk";
/// Endings of [`SURE_ENDINGS`] that are also English words or file names: a bare name needs a scheme, `www` or path.
const DOUBTFUL_ENDINGS: &str = "it us in at me to is so am be my no id sh one love red run fit team date work \
    live game games world today news life plus zone st sc ag art fun app page pro email support services group la \
    co pl ai im es de city black blue green pink bar rest party market money cash fund center company social video \
    chat press host men win bid mom link click space mo tel store tech trade trading finance exchange skin hair beauty quest \
    monster bond";
/// Endings sure enough to read 点 or 。 before them as a dot.
const SPOKEN_ENDINGS: &str = "com net org cn cc top xyz vip club shop io app info site online icu me tv hk ltd live fun \
    co pro win";

/// Finds them in `text`.
pub(super) fn find(text: &str, folded: &Folded, tokens: &Tokens, finds: &mut Finds) {
    let plain = folded.plain();
    for at in &tokens.ats {
        mail_or_mention(folded, *at, finds);
    }
    let mut at = 0;
    for word in &tokens.words {
        if word.start >= at {
            at = match Host::read(plain, word.start) {
                Some(host) => page(text, folded, &host, finds),
                None => label_end(plain, word.end),
            };
        }
    }
}

/// The lists of endings for looking up.
struct Endings {
    sure: HashSet<&'static str>,
    doubtful: HashSet<&'static str>,
    spoken: HashSet<&'static str>,
}

static ENDINGS: LazyLock<Endings> = LazyLock::new(|| Endings {
    sure: SURE_ENDINGS.split_whitespace().collect(),
    doubtful: DOUBTFUL_ENDINGS.split_whitespace().collect(),
    spoken: SPOKEN_ENDINGS.split_whitespace().collect(),
});

/// Names of pages with dots between their parts.
struct Host {
    start: usize,
    end: usize,
    name: String,
    /// Whether every dot is one.
    plain_dots: bool,
}

fn label_end(plain: &[char], start: usize) -> usize {
    let rest = plain.get(start..).unwrap_or_default();
    let length = rest
        .iter()
        .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
        .count();
    start + length
}

/// Where a dot that begins at `at` ends, and whether it is a plain one: `.`, `。`, 点, `[.]`, `(dot)`, ` . `; `_` in a
/// form is a space.
fn dot(plain: &[char], at: usize) -> Option<(usize, bool)> {
    const FORMS: &str = "。 点 · 丶 [.] (.) {.} 【.】 <.> [dot] (dot) {dot} _dot_ _._ _(dot)_ _[dot]_ _[.]_ _(.)_ _点_ (点) [点] 【点】";
    let followed = |end: usize| plain.get(end).is_some_and(char::is_ascii_alphanumeric);
    // Nearly every word ends at a space or ideograph that begins no dot.
    match (plain.get(at)?, plain.get(at + 1)) {
        ('.', _) if followed(at + 1) => return Some((at + 1, true)),
        (' ', Some('.' | '(' | '[' | '点' | 'd')) => {}
        ('。' | '点' | '·' | '丶' | '[' | '(' | '{' | '【' | '<', _) => {}
        _ => return None,
    }
    let fits = |form: &&str| {
        let mut there = plain.get(at..).unwrap_or_default().iter();
        form.chars().all(|c| {
            there
                .next()
                .is_some_and(|there| *there == c || c == '_' && *there == ' ')
        })
    };
    let form = FORMS.split(' ').find(fits)?;
    let end = at + form.chars().count();
    followed(end).then_some((end, false))
}

impl Host {
    /// The host whose first label begins at `start`.
    fn read(plain: &[char], start: usize) -> Option<Self> {
        dot(plain, label_end(plain, start))?;
        let mut labels = Vec::new();
        let (mut at, mut plain_dots) = (start, true);
        // (end, whether all dots so far are plain) after each label.
        while labels.len() < LABELS_MAX {
            let end = label_end(plain, at);
            let label: String = plain.get(at..end)?.iter().collect();
            labels.push((end, plain_dots, label));
            let Some((next, is_plain)) = dot(plain, end) else {
                break;
            };
            plain_dots &= is_plain;
            at = next;
        }
        while labels.len() >= 2 {
            let (end, plain_dots, ending) = labels.last()?;
            let known = if *plain_dots {
                &ENDINGS.sure
            } else {
                &ENDINGS.spoken
            };
            if known.contains(ending.as_str()) {
                let names: Vec<&str> = labels.iter().map(|(.., label)| label.as_str()).collect();
                return Some(Self {
                    start,
                    end: *end,
                    plain_dots: *plain_dots,
                    name: names.join("."),
                });
            }
            labels.pop();
        }
        None
    }

    /// Whether the name can be one without scheme or path beside it.
    fn is_sure(&self) -> bool {
        let Some((rest, ending)) = self.name.rsplit_once('.') else {
            return false;
        };
        let label = rest.rsplit('.').next().unwrap_or(rest);
        let has_letter = label.bytes().any(|b| b.is_ascii_lowercase());
        let long = label.len() >= if ending.len() == 2 { 3 } else { 2 };
        long && (has_letter || label.len() >= 3)
            && (!ENDINGS.doubtful.contains(ending) || self.name.starts_with("www."))
    }
}

/// Takes the page at `host`, if it is one; gives where to read on.
fn page(text: &str, folded: &Folded, host: &Host, finds: &mut Finds) -> usize {
    let plain = folded.plain();
    let scheme = scheme(plain, host.start);
    let start = scheme.map_or(host.start, |(start, _)| start);
    let end = path_end(plain, host.end);
    let has_path = end > host.end;
    let is_telegram = host.name == "t.me" && has_path;
    let is_page = scheme.is_some() || is_telegram || host.is_sure() || has_path && host.plain_dots;
    if !is_page {
        return host.end;
    }
    let path = original(text, folded, host.end, end);
    let name = scheme.map_or("http", |(_, name)| name);
    let url = || format!("{name}://{}{path}", host.name);
    if let Some(contact) = account(&host.name, &path) {
        finds.push((start, end), contact, None);
        return end;
    }
    if let Some(platform) = invite(&host.name, &path) {
        let contact = Contact::Invite(platform, url().into());
        finds.push((start, end), contact, None);
        return end;
    }
    match (scheme, has_path) {
        (None, false) => {
            if let Ok(domain) = host.name.parse::<DomainName>() {
                finds.push((start, end), Contact::Domain(domain), None);
            }
        }
        (_, _) => finds.push((start, end), Contact::Url(url().into()), None),
    }
    end
}

/// Where the scheme before `host` begins and which it is: `http://`, `hxxps://`, `h**p:\\`, `http:/`.
fn scheme(plain: &[char], host: usize) -> Option<(usize, &'static str)> {
    let before = plain.get(host.saturating_sub(12)..host)?;
    let slashes = before
        .iter()
        .rev()
        .take_while(|c| matches!(c, '/' | '\\' | ' '))
        .count();
    let colon = host.checked_sub(slashes + 1)?;
    if slashes == 0 || plain.get(colon) != Some(&':') {
        return None;
    }
    let word = plain.get(colon.saturating_sub(5)..colon)?;
    let length = |pattern: &str| {
        let mut letters = word.iter().rev();
        pattern
            .chars()
            .rev()
            .all(|c| {
                letters
                    .next()
                    .is_some_and(|there| *there == c || matches!((c, there), ('t', 'x' | '*')))
            })
            .then_some(pattern.len())
    };
    let found = length("https").map(|length| (length, "https"));
    let (length, name) = found.or_else(|| length("http").map(|length| (length, "http")))?;
    Some((colon - length, name))
}

/// Where port, path and query after a host end.
fn path_end(plain: &[char], host: usize) -> usize {
    let mut end = host;
    let rest = |at: usize| plain.get(at..).unwrap_or_default().iter();
    if plain.get(end) == Some(&':') {
        let digits = rest(end + 1).take_while(|c| c.is_ascii_digit()).count();
        if (2..=5).contains(&digits) {
            end += 1 + digits;
        }
    }
    if !matches!(plain.get(end), Some('/' | '?' | '#')) {
        return end;
    }
    let is_path = |c: &&char| {
        c.is_ascii_graphic() && !matches!(**c, '"' | '<' | '>' | '\'' | '`' | '|' | '\\' | '^')
    };
    let length = rest(end).take(PATH_MAX).take_while(is_path).count();
    let path = plain.get(end..end + length).unwrap_or_default();
    let trailing = path
        .iter()
        .rev()
        .take_while(|c| matches!(c, '.' | ',' | ';' | ':' | '!' | ')' | ']' | '*'))
        .count();
    end + length - trailing
}

/// The original of a range of the plain view where it is ASCII (case counts in paths), else the plain characters.
fn original(text: &str, folded: &Folded, start: usize, end: usize) -> String {
    let plain = folded.plain().get(start..end).unwrap_or_default();
    let written = folded.span(start, end).map_or("", |span| span.of(text));
    if written.is_ascii() && written.len() == plain.len() {
        written.to_owned()
    } else {
        plain.iter().collect()
    }
}

/// The platform that a link leads into a group or chat of.
fn invite(host: &str, path: &str) -> Option<Platform> {
    let is_invite = || path.starts_with("/+") || path.starts_with("/joinchat/");
    match host.trim_start_matches("www.") {
        "t.me" | "telegram.me" | "telegram.dog" if is_invite() => Some(Platform::Telegram),
        "chat.whatsapp.com" => Some(Platform::WhatsApp),
        "line.me" => Some(Platform::Line),
        "qm.qq.com" | "jq.qq.com" => Some(Platform::Qq),
        "u.wechat.com" => Some(Platform::WeChat),
        _ => None,
    }
}

/// The account that a link of a messenger is.
fn account(host: &str, path: &str) -> Option<Contact> {
    let path = path.trim_start_matches('/');
    let name = |platform: Platform, text: &str| {
        let end = text.find(['/', '?', '#']).unwrap_or(text.len());
        let name = text.get(..end)?.parse().ok()?;
        Some(Contact::Account(platform, name))
    };
    match host.trim_start_matches("www.") {
        "t.me" | "telegram.me" | "telegram.dog" => {
            let is_invite = path.starts_with('+') || path.starts_with("joinchat/");
            let channel = path.strip_prefix("s/").unwrap_or(path);
            (!is_invite).then(|| name(Platform::Telegram, channel))?
        }
        "wa.me" => name(Platform::WhatsApp, path),
        "line.me" => name(Platform::Line, path.split_once('~')?.1),
        _ => None,
    }
}

/// The mail address around or the name after the `@` at `at`.
fn mail_or_mention(folded: &Folded, at: usize, finds: &mut Finds) -> Option<()> {
    let plain = folded.plain();
    let is_local = |c: &&char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '+');
    let before = plain
        .get(..at)?
        .iter()
        .rev()
        .take(64)
        .take_while(is_local)
        .count();
    if before > 0
        && let Some(host) = Host::read(plain, at + 1)
    {
        let local: String = plain.get(at - before..at)?.iter().collect();
        let mail: Handle = format!("{local}@{}", host.name).parse().ok()?;
        finds.push((at - before, host.end), Contact::Email(mail), None);
        return None;
    }
    if at
        .checked_sub(1)
        .and_then(|at| plain.get(at))
        .is_some_and(|c| Class::of(*c) == Class::Digit)
    {
        return None;
    }
    let rest = plain.get(at + 1..)?.iter();
    let name: String = rest
        .take(33)
        .take_while(|c| c.is_ascii_alphanumeric() || **c == '_')
        .collect();
    let fits = (4..=32).contains(&name.len()) && name.starts_with(|c: char| c.is_ascii_lowercase());
    if !fits {
        return None;
    }
    let end = at + 1 + name.len();
    finds.push((at, end), Contact::Mention(name.parse().ok()?), None);
    None
}
