//! On the subset that both languages have, Stanch finds true what the `cel` crate finds true.

use std::sync::Arc;

use cel::{Context, Env, Value};
use stanch_rules::{FeatureValues, Policy, PolicyFiles};

const SEEDS: u64 = 40;
const RULES: usize = 40;
const EVENTS: usize = 25;

struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
    fn pick(&mut self, from: &[&str]) -> String {
        from[self.below(from.len() as u64) as usize].to_owned()
    }
}

const INTS: [&str; 2] = ["i", "j"];
const REALS: [&str; 2] = ["x", "y"];
const TEXTS: [&str; 2] = ["s", "t"];
const FLAGS: [&str; 2] = ["b", "c"];
const WORDS: [&str; 7] = ["", "a", "ab", "loan", "转账", "请转账", "x.example.com"];

/// An expression; `@` stands before each variable.
fn truth(dice: &mut Dice, depth: u32) -> String {
    if depth == 0 {
        return match dice.below(4) {
            0 => format!("@{}", dice.pick(&FLAGS)),
            1 => dice.pick(&["true", "false"]),
            _ => comparison(dice),
        };
    }
    match dice.below(9) {
        0 => format!("!({})", truth(dice, depth - 1)),
        1 | 2 => format!("({} && {})", truth(dice, depth - 1), truth(dice, depth - 1)),
        3 | 4 => format!("({} || {})", truth(dice, depth - 1), truth(dice, depth - 1)),
        5 => format!("({} ? {} : {})", truth(dice, depth - 1), truth(dice, 0), truth(dice, 0)),
        _ => comparison(dice),
    }
}

fn comparison(dice: &mut Dice) -> String {
    let how = dice.pick(&["==", "!=", "<", "<=", ">", ">="]);
    match dice.below(8) {
        0 => format!("({} {how} {})", int(dice, 2), int(dice, 1)),
        1 => format!("({} {how} {})", real(dice, 2), real(dice, 1)),
        2 => format!("({} {how} {})", text(dice), text(dice)),
        3 => format!("({} in [{}, {}])", text(dice), literal(dice), literal(dice)),
        4 => format!("({} in [1, 2, 5])", int(dice, 1)),
        5 => format!("({} in @l)", literal(dice)),
        6 => {
            let method = dice.pick(&["contains", "startsWith", "endsWith"]);
            format!("@{}.{method}({})", dice.pick(&TEXTS), literal(dice))
        }
        _ => format!("(size(@{}) {how} {})", dice.pick(&TEXTS), dice.below(4)),
    }
}

fn int(dice: &mut Dice, depth: u32) -> String {
    match (depth, dice.below(5)) {
        (0, 0) | (_, 1) => dice.below(6).to_string(),
        (1.., 2) => format!("({} {} {})", int(dice, depth - 1), dice.pick(&["+", "-", "*"]), int(dice, depth - 1)),
        // Never by zero, which is an error there and missing here.
        (1.., 3) => format!("({} {} {})", int(dice, depth - 1), dice.pick(&["/", "%"]), 1 + dice.below(4)),
        _ => format!("@{}", dice.pick(&INTS)),
    }
}

fn real(dice: &mut Dice, depth: u32) -> String {
    match (depth, dice.below(5)) {
        (0, 0) | (_, 1) => format!("{}.5", dice.below(6)),
        (1.., 2) => format!("({} {} {})", real(dice, depth - 1), dice.pick(&["+", "-", "*"]), real(dice, depth - 1)),
        (1.., 3) => format!("({} / {}.5)", real(dice, depth - 1), dice.below(4)),
        _ => format!("@{}", dice.pick(&REALS)),
    }
}

fn literal(dice: &mut Dice) -> String {
    format!("\"{}\"", dice.pick(&WORDS))
}

fn text(dice: &mut Dice) -> String {
    if dice.below(3) == 0 { literal(dice) } else { format!("@{}", dice.pick(&TEXTS)) }
}

fn policy(rules: &[String]) -> Policy {
    let mut text = "event e {\n retention 1d\n i int\n j int\n x double\n y double\n s string\n t string\n b bool\n c bool\n \
                    l list<string>\n}\n"
        .to_owned();
    for (number, rule) in rules.iter().enumerate() {
        let when = rule.replace('@', "event.");
        text.push_str(&format!(
            "rule r{number} on e {{ when {when} then review owner \"o\" reason zh \"一\" en \"one\" }}\n"
        ));
    }
    text.push_str("ruleset all on e { mode all use * }\n");
    let files = PolicyFiles::new([("a.policy".to_owned(), text.into_bytes())]).unwrap();
    Policy::load(&files).unwrap_or_else(|found| {
        panic!("{}", stanch_rules::diagnostic::render::to_text(&found));
    })
}

#[test]
fn the_shared_subset_means_the_same() {
    let (mut fired, mut all) = (0, 0);
    for seed in 1..=SEEDS {
        let dice = &mut Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let rules: Vec<String> = (0..RULES).map(|_| truth(dice, 3)).collect();
        let policy = policy(&rules);
        let env = Arc::new(Env::stdlib());
        let programs: Vec<_> =
            rules.iter().map(|rule| env.compile(&rule.replace('@', "")).unwrap()).collect();
        for number in 0..EVENTS {
            let (i, j) = (dice.below(6) as i64 - 1, dice.below(6) as i64 - 1);
            let (x, y) = (dice.below(8) as f64 / 2.0 + 0.5, dice.below(8) as f64 / 2.0 + 0.5);
            let (s, t) = (dice.pick(&WORDS), dice.pick(&WORDS));
            let (b, c) = (dice.below(2) == 1, dice.below(2) == 1);
            let l: Vec<String> = (0..dice.below(3)).map(|_| dice.pick(&WORDS)).collect();
            let data = serde_json::json!({
                "i": i, "j": j, "x": x, "y": y, "s": s, "t": t, "b": b, "c": c, "l": l,
            });
            let line = serde_json::json!({
                "event_id": number.to_string(), "kind": "e", "occurred_at": 1, "data": data,
            });
            let event = policy.decode(line.to_string().as_bytes()).unwrap();
            let verdict = policy.decide(&event, &FeatureValues::default());
            let mut context = Context::with_env(Arc::clone(&env));
            context.add_variable_from_value("i", i);
            context.add_variable_from_value("j", j);
            context.add_variable_from_value("x", x);
            context.add_variable_from_value("y", y);
            context.add_variable_from_value("s", s);
            context.add_variable_from_value("t", t);
            context.add_variable_from_value("b", b);
            context.add_variable_from_value("c", c);
            context.add_variable_from_value("l", l);
            for (place, (rule, program)) in (0_u32..).zip(rules.iter().zip(&programs)) {
                let theirs = program.execute(&context);
                let ours = verdict.fired.contains(stanch_rules::ir::RuleIx(place));
                assert_eq!(ours, theirs == Ok(Value::Bool(true)), "seed {seed}: {rule} on {data}: {theirs:?}");
                fired += usize::from(ours);
                all += 1;
            }
        }
    }
    assert!(fired * 5 > all && fired * 5 < all * 4, "{fired} of {all}");
}
