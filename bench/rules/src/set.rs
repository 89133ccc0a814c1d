//! The yardstick's events and rules (peers/decision/rulebench): same generator, templates and thresholds.

pub const NUMBERS: [&str; 20] = [
    "amount", "txn_count_1h", "txn_sum_24h", "distinct_payees_24h", "account_age_days", "device_age_days",
    "failed_logins_1h", "hour", "avg_amount_30d", "max_amount_30d", "n_reports_7d", "payee_reports_30d", "balance",
    "ip_risk", "device_accounts_30d", "geo_speed_kmh", "chat_minutes", "new_payee_minutes", "model_score", "n_links",
];
pub const TEXTS: [&str; 7] = [
    "channel", "country", "ip_country", "payee_type", "device_os", "payee_bank", "email_domain",
];
pub const FLAGS: [&str; 4] = ["is_new_payee", "is_vpn", "remote_control_app", "is_emulator"];

const SCALES: [f64; 20] = [
    20000., 20., 60000., 15., 900., 400., 6., 24., 3000., 30000., 4., 6., 90000., 1., 8., 1200., 90., 5000., 1., 5.,
];
const WHOLE: [usize; 8] = [1, 3, 6, 7, 10, 11, 14, 19];
const CHANNELS: [&str; 4] = ["app", "web", "pos", "atm"];
const COUNTRIES: [&str; 10] = ["CN", "MM", "KH", "LA", "PH", "TH", "SG", "US", "HK", "VN"];
const PAYEES: [&str; 4] = ["new", "known", "merchant", "fund"];
const SYSTEMS: [&str; 4] = ["android", "ios", "windows", "harmony"];
const BANKS: [&str; 6] = ["ICBC", "ABC", "BOC", "CCB", "CMB", "PSBC"];
const MAILS: [&str; 4] = ["qq.com", "163.com", "gmail.com", "tmpmail.io"];
const TAGS: [&str; 12] = [
    "vip", "mule_near", "newdev", "sim_swap", "elder", "student", "refund", "invest", "loan", "task", "romance",
    "cs_fake",
];
const WORDS: [&str; 24] = [
    "hello", "please", "transfer", "refund", "customer", "service", "flight", "cancelled", "deposit", "guarantee",
    "unfreeze", "invest", "mask", "stock", "click", "link", "download", "meeting", "screen", "share", "today",
    "money", "friend", "bank",
];

#[derive(Clone, Debug)]
pub struct Event {
    pub numbers: [f64; 20],
    pub texts: [String; 7],
    pub flags: [bool; 4],
    pub text: String,
    pub tags: Vec<String>,
}

struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[(self.next() % from.len() as u64) as usize]
    }
}

pub fn events(count: usize) -> Vec<Event> {
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15);
    (0..count)
        .map(|_| {
            let mut numbers = [0.0; 20];
            for (number, scale) in numbers.iter_mut().zip(SCALES) {
                let unit = dice.unit();
                *number = (unit * unit * scale * 100.0).floor() / 100.0;
            }
            for at in WHOLE {
                numbers[at] = numbers[at].floor();
            }
            let texts = [&CHANNELS[..], &COUNTRIES, &COUNTRIES, &PAYEES, &SYSTEMS, &BANKS, &MAILS]
                .map(|from| dice.pick(from).to_owned());
            let mut flags = [false; 4];
            for flag in &mut flags {
                *flag = dice.unit() < 0.2;
            }
            Event {
                numbers,
                texts,
                flags,
                text: (0..22).map(|_| dice.pick(&WORDS)).collect::<Vec<_>>().join(" "),
                tags: (0..4).map(|_| dice.pick(&TAGS).to_owned()).collect(),
            }
        })
        .collect()
}

#[derive(Clone, Copy, PartialEq)]
pub enum Dialect {
    Cel,
    Zen,
    /// CEL's spelling with `event.` before each field.
    Stanch,
}

/// 40 threshold conjunctions, 15 equalities, 15 in a list, 10 substrings, 10 ratios, 5 tags, 5 nested or.
pub fn rules(dialect: Dialect) -> Vec<String> {
    let (and, or) = if dialect == Dialect::Zen { ("and", "or") } else { ("&&", "||") };
    let f = |name: &str| match dialect {
        Dialect::Stanch => format!("event.{name}"),
        Dialect::Cel | Dialect::Zen => name.to_owned(),
    };
    let amount = f("amount");
    let mut out = Vec::new();
    for i in 0..40 {
        let (a, c, d) = (1000 + 400 * i, 2 + i % 9, 30 + 17 * i);
        out.push(match i % 4 {
            0 => format!("{amount} > {a}.0 {and} {} >= {c}.0 {and} {} < {d}.0", f("txn_count_1h"), f("account_age_days")),
            1 => format!("{} > {a}.0 {and} {} >= {c}.0", f("txn_sum_24h"), f("distinct_payees_24h")),
            2 => format!("{} > 0.{} {and} {} >= 1.0 {and} {} < {a}.0", f("model_score"), 5 + i % 5, f("n_reports_7d"), f("balance")),
            _ => format!(
                "{} >= {}.0 {and} {} < {d}.0 {and} {} > 0.{} {and} {} > 2.0",
                f("failed_logins_1h"), 1 + i % 5, f("device_age_days"), f("ip_risk"), 1 + i % 8, f("device_accounts_30d")
            ),
        });
    }
    for i in 0..15 {
        let (channel, payee) = (CHANNELS[i % 4], PAYEES[i % 4]);
        out.push(format!(
            "{} == \"{channel}\" {and} {} == \"{payee}\" {and} {amount} > {}.0", f("channel"), f("payee_type"), 500 + 700 * i
        ));
    }
    for i in 0..15 {
        let field = f(if i % 2 == 0 { "country" } else { "ip_country" });
        let list: Vec<String> = COUNTRIES[1..4 + i % 5].iter().map(|code| format!("\"{code}\"")).collect();
        out.push(format!("{field} in [{}] {and} {amount} > {}.0", list.join(", "), 300 + 500 * i));
    }
    for i in 0..10 {
        let word = WORDS[2 + 2 * i];
        let contains = match dialect {
            Dialect::Zen => format!("contains(text, \"{word}\")"),
            Dialect::Cel | Dialect::Stanch => format!("{}.contains(\"{word}\")", f("text")),
        };
        out.push(format!("{} {and} {contains}", f("is_new_payee")));
    }
    for i in 0..10 {
        out.push(format!("{amount} / ({} + 1.0) > {}.5 {and} {} < {}.0", f("avg_amount_30d"), 1 + i, f("hour"), 4 + i));
    }
    for i in 0..5 {
        let tag = TAGS[2 * i + 1];
        let has = match dialect {
            Dialect::Zen => format!("contains(tags, \"{tag}\")"),
            Dialect::Cel | Dialect::Stanch => format!("\"{tag}\" in {}", f("tags")),
        };
        out.push(format!("{has} {and} {amount} > {}.0", 1000 + 800 * i));
    }
    for i in 0..5 {
        out.push(format!(
            "({} {and} {} > 0.{}) {or} ({} {and} {amount} > {}.0) {or} ({} > 0.9 {and} {} >= 2.0)",
            f("is_vpn"), f("ip_risk"), 4 + i, f("remote_control_app"), 2000 + 900 * i, f("model_score"), f("n_reports_7d")
        ));
    }
    assert_eq!(out.len(), 100);
    out
}

/// The event's fields as a JSON object.
pub fn to_json(event: &Event) -> serde_json::Value {
    let mut fields = serde_json::Map::new();
    for (name, value) in NUMBERS.iter().zip(event.numbers) {
        fields.insert((*name).to_owned(), value.into());
    }
    for (name, value) in TEXTS.iter().zip(&event.texts) {
        fields.insert((*name).to_owned(), value.clone().into());
    }
    for (name, value) in FLAGS.iter().zip(event.flags) {
        fields.insert((*name).to_owned(), value.into());
    }
    fields.insert("text".to_owned(), event.text.clone().into());
    fields.insert("tags".to_owned(), event.tags.clone().into());
    serde_json::Value::Object(fields)
}
