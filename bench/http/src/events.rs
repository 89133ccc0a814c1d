//! Events of the shipped policy, made from a fixed seed: payments, sign-ins, messages, payees added.

/// The first event's time, in microseconds: 2026-03-01.
const START_US: u64 = 1_772_323_200_000_000;
/// Between events, in microseconds.
const STEP_US: u64 = 5_000;

/// xorshift64*: good enough to scatter keys, and the same everywhere.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % sides
    }

    /// An account; one event in ten is of one of a hundred busy ones.
    fn account(&mut self, accounts: u64) -> u64 {
        if self.roll(10) == 0 {
            self.roll(100.min(accounts))
        } else {
            self.roll(accounts)
        }
    }
}

/// `count` events of `accounts` accounts, in order of time, one JSON object each.
pub fn make(count: usize, accounts: u64) -> Vec<String> {
    let mut dice = Dice(0x5eed_0001);
    (0..count)
        .map(|nth| event(&mut dice, nth as u64, accounts))
        .collect()
}

fn event(dice: &mut Dice, nth: u64, accounts: u64) -> String {
    let (who, at) = (dice.account(accounts), START_US + nth * STEP_US);
    let (device, net, host) = (dice.roll(accounts), dice.roll(250), dice.roll(250));
    let (kind, data) = match dice.roll(100) {
        0..60 => {
            let (payee, minor, age) = (
                dice.account(accounts),
                100 + dice.roll(2_000_000),
                18 + dice.roll(70),
            );
            let channel = ["transfer", "qr_pay", "pos", "bill"][dice.roll(4) as usize];
            (
                "payment",
                format!(
                    r#""account":"A{who:07}","payee":"A{payee:07}","channel":"{channel}","amount":{{"currency":"CNY","minor":{minor}}},"payee_kind":"person","balance":{{"currency":"CNY","minor":5000000}},"note":"thanks for the tickets","device":"D{device:07}","ip":"100.64.{net}.{host}","payer_age":{age}"#
                ),
            )
        }
        60..80 => (
            "login",
            format!(
                r#""account":"A{who:07}","device":"D{device:07}","ip":"100.64.{net}.{host}","method":"password","success":{}"#,
                dice.roll(20) > 0
            ),
        ),
        80..95 => (
            "private_message",
            format!(
                r#""account":"A{who:07}","recipient":"A{:07}","text":"see you at eight, I have the documents with me","links":["https://example.com/a"],"verified":true"#,
                dice.roll(accounts)
            ),
        ),
        _ => (
            "payee_added",
            format!(
                r#""account":"A{who:07}","payee":"A{:07}","device":"D{device:07}""#,
                dice.roll(accounts)
            ),
        ),
    };
    format!(
        r#"{{"event_id":"load-{nth:09}","kind":"{kind}","occurred_at":{at},"data":{{{data}}}}}"#
    )
}
