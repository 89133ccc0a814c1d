//! `rule`: condition, decision, measures, and what every rule must say for itself.

use std::sync::Arc;

use stanch_types::Duration;

use super::scope::Scope;
use super::{Checker, Declared, doc, next_index, shortened};
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::{
    Decision, EventIx, Expr, MeasureKind, MeasureRequest, Rule, RuleIx, Span, Template,
    TemplatePiece, Type,
};
use crate::syntax::ast::{self, ClauseKind, Declaration, Length, Name, Number, Piece, Text};

/// Longest hold that no person has decided on (domain reference 2.4: automatic holds end after 48 hours).
const HOLD_MAX: Duration = Duration::from_hours(48);
/// Longest delay of settlement (domain reference 2.6: delayed settlement is a matter of a day).
const DELAY_MAX: Duration = Duration::from_days(7);
/// Longest measure (domain reference 2.5: the longest sunset is 6 months).
const MEASURE_MAX: Duration = Duration::from_days(184);
/// Shortest of these.
const LASTS_MIN: Duration = Duration::from_secs(1);
/// Greatest score of a rule, so that sums cannot overflow.
const SCORE_MAX: i64 = 1_000_000;

stanch_types::words! { Decision {
    Allow = "allow",
    Warn = "warn",
    Review = "review",
    Delay = "delay",
    Hold = "hold",
    Block = "block",
} }

stanch_types::words! { MeasureKind {
    Warn = "warn",
    Label = "label",
    ReduceReach = "reduce_reach",
    DelaySettlement = "delay_settlement",
    ExtraVerification = "extra_verification",
    LimitFunction = "limit_function",
    Suspend = "suspend",
    ContentHold = "content_hold",
    ContentRemove = "content_remove",
} }

/// The clauses of a rule, each at most once where it may be there once.
#[derive(Default)]
struct Clauses<'a> {
    when: Option<(&'a ast::Expr, Span)>,
    then: Option<(&'a Name, Option<&'a Length>, Span)>,
    score: Option<(&'a Number, Span)>,
    owner: Option<(&'a Text, Span)>,
    zh: Option<(&'a ast::Template, Span)>,
    en: Option<(&'a ast::Template, Span)>,
    measures: Vec<(&'a Name, Option<&'a Length>)>,
    typologies: Vec<&'a Text>,
}

impl Checker<'_, '_> {
    pub(super) fn rule(&mut self, declaration: &Declaration, rule: &ast::Rule) {
        if self.rules.contains_key(&rule.name.text) {
            return;
        }
        let checked = self.checked_rule(declaration, rule);
        let index = checked.map(|checked| {
            self.program.rules.push(checked);
            RuleIx(next_index(self.program.rules.len() - 1))
        });
        let declared = Declared {
            index,
            span: rule.name.at.0,
        };
        self.rules.insert(rule.name.text.clone(), declared);
    }

    fn checked_rule(&mut self, declaration: &Declaration, rule: &ast::Rule) -> Option<Rule> {
        let events = self.events_named(&rule.on);
        let clauses = self.clauses(rule);
        let name = rule.name.at.0;
        let conditions = self.conditions_of(&clauses, &events, name);
        let decision = self.decision_of(&clauses, name);
        let measures: Vec<Option<MeasureRequest>> = clauses
            .measures
            .iter()
            .map(|(kind, lasts)| self.measure(kind, *lasts))
            .collect();
        let score = clauses
            .score
            .map_or(Some(0), |(number, _)| self.score(number));
        let owner = self.owner(&clauses, name);
        let reason_zh = self.reason(clauses.zh, &events, name, "Chinese (`zh`)");
        let reason_en = self.reason(clauses.en, &events, name, "English (`en`)");
        if let Some((template, _)) = clauses.zh {
            self.warn_not_chinese(template);
        }
        let (decision, lasts) = decision?;
        Some(Rule {
            name: rule.name.text.as_str().into(),
            doc: doc(declaration),
            conditions: conditions?,
            decision,
            lasts,
            measures: measures.into_iter().collect::<Option<_>>()?,
            score: score?,
            owner: owner?,
            typologies: self.typologies(&clauses.typologies),
            reason_zh: reason_zh?,
            reason_en: reason_en?,
            span: name,
        })
    }

    fn clauses<'a>(&mut self, rule: &'a ast::Rule) -> Clauses<'a> {
        let mut all = Clauses::default();
        for clause in &rule.clauses {
            let at = clause.at.0;
            let first = match &clause.kind {
                ClauseKind::When(expr) => put(&mut all.when, (expr, at)).map(|(_, at)| at),
                ClauseKind::Then(decision, lasts) => {
                    put(&mut all.then, (decision, lasts.as_ref(), at)).map(|(_, _, at)| at)
                }
                ClauseKind::Score(number) => put(&mut all.score, (number, at)).map(|(_, at)| at),
                ClauseKind::Owner(owner) => put(&mut all.owner, (owner, at)).map(|(_, at)| at),
                ClauseKind::Measure(kind, lasts) => {
                    all.measures.push((kind, lasts.as_ref()));
                    None
                }
                ClauseKind::Typology(typology) => {
                    all.typologies.push(typology);
                    None
                }
                ClauseKind::Reason(reasons) => {
                    for reason in reasons {
                        self.put_reason(&mut all, reason, at);
                    }
                    None
                }
            };
            if let Some(first) = first {
                let word = clause_word(&clause.kind);
                let mut found =
                    Diagnostic::error(Code::Duplicate, at, format!("the rule has `{word}` twice"))
                        .label(first, "first here");
                found = if word == "when" {
                    found.hint("join the conditions with `&&` or `||`")
                } else {
                    found.hint("remove one of them")
                };
                self.report(found);
            }
        }
        all
    }

    fn put_reason<'a>(&mut self, all: &mut Clauses<'a>, reason: &'a ast::Reason, at: Span) {
        let place = reason.language.at.0;
        let slot = match reason.language.text.as_str() {
            "zh" => &mut all.zh,
            "en" => &mut all.en,
            other => {
                let message = format!("reasons are given in zh and en, not in `{other}`");
                let found = Diagnostic::error(Code::UnknownWord, place, message)
                    .hint("write `reason zh \"…\" en \"…\"`")
                    .did_you_mean(other, ["zh", "en"]);
                self.report(found);
                return;
            }
        };
        if put(slot, (&reason.template, at)).is_some() {
            let message = format!("the reason in {} is given twice", reason.language.text);
            let found = Diagnostic::error(Code::Duplicate, place, message);
            self.report(found.hint("remove one of them"));
        }
    }

    fn conditions_of(
        &mut self,
        clauses: &Clauses<'_>,
        events: &[EventIx],
        name: Span,
    ) -> Option<Vec<(EventIx, Expr)>> {
        let Some((when, _)) = clauses.when else {
            let found = Diagnostic::error(Code::IncompleteRule, name, "the rule has no condition");
            self.report(found.hint("add `when …`"));
            return None;
        };
        let mut conditions = Vec::new();
        let mut is_whole = !events.is_empty();
        for event in events {
            let scope = Scope {
                event: *event,
                features: true,
            };
            let Some(condition) = self.condition(when, &scope, "`when`") else {
                is_whole = false;
                continue;
            };
            self.warn_constant(Some(&condition), "condition");
            if self.rests_on_region(&condition, *event) {
                let message = "this condition can hold because of the region alone";
                let hint =
                    "region is never a sole ground: join it by `&&` with something the person did";
                let found = Diagnostic::error(Code::RegionSoleGround, when.at.0, message);
                self.report(found.hint(hint));
            }
            conditions.push((*event, condition));
        }
        is_whole.then_some(conditions)
    }

    fn decision_of(
        &mut self,
        clauses: &Clauses<'_>,
        name: Span,
    ) -> Option<(Decision, Option<Duration>)> {
        let Some((word, lasts, _)) = clauses.then else {
            let found = Diagnostic::error(Code::IncompleteRule, name, "the rule has no decision");
            self.report(found.hint("add `then allow|warn|review|delay|hold|block`"));
            return None;
        };
        let decision = self.decision(word)?;
        let range = match decision {
            Decision::Hold => Some((
                HOLD_MAX,
                "a hold",
                "1s to 48h: longer ones are for people to decide",
            )),
            Decision::Delay => Some((DELAY_MAX, "a delay", "1s to 7d")),
            Decision::Allow | Decision::Warn | Decision::Review | Decision::Block => None,
        };
        let Some(lasts) = lasts else {
            return Some((decision, None));
        };
        let Some((longest, what, allowed)) = range else {
            let message = format!("`{decision}` has no length");
            let found = Diagnostic::error(Code::BadLength, lasts.at.0, message);
            self.report(found.hint(
                "only `delay` and `hold` take `for …`; for an account use `measure … for …`",
            ));
            return Some((decision, None));
        };
        let length = self.length_within(Code::BadLength, lasts, LASTS_MIN..=longest, what, allowed);
        Some((decision, Some(length)))
    }

    pub(super) fn decision(&mut self, word: &Name) -> Option<Decision> {
        let known = word.text.parse().ok();
        if known.is_none() {
            let words = || Decision::ALL.iter().map(|decision| decision.as_str());
            let message = format!("there is no decision `{}`", word.text);
            let mut found = Diagnostic::error(Code::UnknownWord, word.at.0, message)
                .hint(format!("decisions are {}", shortened(words())))
                .did_you_mean(&word.text, words());
            let other = match word.text.as_str() {
                "deny" | "reject" | "refuse" | "stop" => Some("block"),
                "pass" | "accept" | "approve" => Some("allow"),
                "freeze" | "wait" => Some("hold"),
                _ => None,
            };
            if let Some(meant) = other {
                found = found
                    .hint(format!("did you mean `{meant}`?"))
                    .replace(meant);
            }
            self.report(found);
        }
        known
    }

    fn measure(&mut self, word: &Name, lasts: Option<&Length>) -> Option<MeasureRequest> {
        let kind = word.text.parse::<MeasureKind>().ok();
        if kind.is_none() {
            let words = || MeasureKind::ALL.iter().map(|kind| kind.as_str());
            let message = format!("there is no measure `{}`", word.text);
            let found = Diagnostic::error(Code::UnknownWord, word.at.0, message)
                .hint(format!("measures are {}", shortened(words())))
                .did_you_mean(&word.text, words());
            self.report(found);
        }
        let Some(lasts) = lasts else {
            let message = format!("the measure `{}` has no expiry", word.text);
            let found = Diagnostic::error(Code::MissingExpiry, word.at.0, message);
            self.report(found.hint(format!(
                "add when it ends by itself: `measure {} for 24h`",
                word.text
            )));
            return None;
        };
        let lasts = self.length_within(
            Code::BadLength,
            lasts,
            LASTS_MIN..=MEASURE_MAX,
            "a measure",
            "1s to 184d (6 months)",
        );
        Some(MeasureRequest { kind: kind?, lasts })
    }

    fn score(&mut self, number: &Number) -> Option<i64> {
        match number.text.parse::<i64>() {
            Ok(score) if score.unsigned_abs() <= SCORE_MAX.unsigned_abs() => Some(score),
            _ => {
                let message = format!("a score of {} is out of range", number.text);
                let found = Diagnostic::error(Code::BadNumber, number.at.0, message);
                self.report(found.hint(format!("scores are -{SCORE_MAX} to {SCORE_MAX}")));
                None
            }
        }
    }

    fn owner(&mut self, clauses: &Clauses<'_>, name: Span) -> Option<Arc<str>> {
        let hint = "add `owner \"…\"`: who answers for the rule";
        let Some((owner, _)) = clauses.owner else {
            let found = Diagnostic::error(Code::MissingOwner, name, "the rule has no owner");
            self.report(found.hint(hint));
            return None;
        };
        if owner.value.trim().is_empty() {
            let found = Diagnostic::error(Code::MissingOwner, owner.at.0, "the owner is empty");
            self.report(found.hint(hint));
            return None;
        }
        Some(owner.value.as_str().into())
    }

    fn typologies(&mut self, texts: &[&Text]) -> Vec<Arc<str>> {
        let mut typologies: Vec<Arc<str>> = Vec::new();
        for text in texts {
            if typologies.iter().any(|known| **known == *text.value) {
                let message = format!("the typology \"{}\" is given twice", text.value);
                let found = Diagnostic::error(Code::Duplicate, text.at.0, message);
                self.report(found.hint("remove one of them"));
            }
            typologies.push(text.value.as_str().into());
        }
        typologies
    }

    fn reason(
        &mut self,
        template: Option<(&ast::Template, Span)>,
        events: &[EventIx],
        name: Span,
        language: &str,
    ) -> Option<Vec<Template>> {
        let hint = "add `reason zh \"…\" en \"…\"`: people are told why";
        let Some((template, _)) = template else {
            let message = format!("the rule has no reason in {language}");
            let found = Diagnostic::error(Code::MissingReason, name, message);
            self.report(found.hint(hint));
            return None;
        };
        let is_blank = template.pieces.iter().all(|piece| match piece {
            Piece::Text(text) => text.trim().is_empty(),
            Piece::Value(_) => true,
        });
        if is_blank {
            let message = format!("the reason in {language} says nothing");
            let found = Diagnostic::error(Code::MissingReason, template.at.0, message);
            self.report(found.hint("say in a sentence why the rule fired"));
            return None;
        }
        let filled: Vec<Option<Template>> = events
            .iter()
            .map(|event| self.template(template, *event))
            .collect();
        filled.into_iter().collect()
    }

    fn template(&mut self, template: &ast::Template, event: EventIx) -> Option<Template> {
        let scope = Scope {
            event,
            features: true,
        };
        let mut pieces = Vec::new();
        let mut is_whole = true;
        for piece in &template.pieces {
            match piece {
                Piece::Text(text) => pieces.push(TemplatePiece::Text(text.as_str().into())),
                Piece::Value(expr) => match self.expr(expr, &scope) {
                    Some(value) if matches!(value.ty, Type::List(_) | Type::Map(_)) => {
                        let ty = self.type_name(value.ty);
                        let message = format!("a reason cannot show {ty}");
                        let found = Diagnostic::error(Code::TypeMismatch, expr.at.0, message);
                        self.report(found.hint("show its size or one of its entries"));
                        is_whole = false;
                    }
                    Some(value) => pieces.push(TemplatePiece::Value(value)),
                    None => is_whole = false,
                },
            }
        }
        is_whole.then_some(Template { pieces })
    }

    fn warn_not_chinese(&mut self, template: &ast::Template) {
        let is_han = |c: char| matches!(c, '\u{3400}'..='\u{9fff}' | '\u{20000}'..='\u{3ffff}');
        let has_han = template.pieces.iter().any(|piece| match piece {
            Piece::Text(text) => text.chars().any(is_han),
            Piece::Value(_) => false,
        });
        if !has_han {
            let message = "the Chinese reason has no Chinese character";
            let found = Diagnostic::warning(Code::MissingReason, template.at.0, message);
            self.report(found.hint("say it in Chinese"));
        }
    }
}

/// Fills the slot; answers what was there already, and leaves it.
fn put<T: Copy>(slot: &mut Option<T>, value: T) -> Option<T> {
    if slot.is_some() {
        return *slot;
    }
    *slot = Some(value);
    None
}

fn clause_word(kind: &ClauseKind) -> &'static str {
    match kind {
        ClauseKind::When(_) => "when",
        ClauseKind::Then(..) => "then",
        ClauseKind::Measure(..) => "measure",
        ClauseKind::Score(_) => "score",
        ClauseKind::Owner(_) => "owner",
        ClauseKind::Typology(_) => "typology",
        ClauseKind::Reason(_) => "reason",
    }
}
