//! `feature`: aggregates over exact windows.

use std::sync::Arc;

use stanch_types::Duration;

use super::scope::Scope;
use super::{Checker, Declared, doc, next_index, shortened};
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::{
    Aggregate, EventIx, Expr, ExprKind, Feature, FeatureIx, FeaturePart, FeatureSource, Type,
};
use crate::syntax::ast::{self, Declaration, KeyPart, Name};

/// Shortest window (contract of windows).
pub const WINDOW_MIN: Duration = Duration::from_secs(1);
/// Longest window (contract of windows).
pub const WINDOW_MAX: Duration = Duration::from_days(90);
/// Most parts of a key.
const KEY_PARTS_MAX: usize = 8;

stanch_types::words! { Aggregate {
    Count = "count",
    Sum = "sum",
    Avg = "avg",
    Min = "min",
    Max = "max",
    Distinct = "distinct",
    First = "first",
    Last = "last",
    Ratio = "ratio",
    SinceLast = "since_last",
} }

/// A part of a feature's key: name and type.
pub(super) type Key = (Arc<str>, Type);

impl Checker<'_, '_> {
    pub(super) fn feature(&mut self, declaration: &Declaration, feature: &ast::Feature) {
        if self.features.contains_key(&feature.name.text) {
            return;
        }
        let checked = self.checked_feature(declaration, feature);
        let index = checked.map(|checked| {
            self.program.features.push(checked);
            FeatureIx(next_index(self.program.features.len() - 1))
        });
        let declared = Declared {
            index,
            span: feature.name.at.0,
        };
        self.features.insert(feature.name.text.clone(), declared);
    }

    fn checked_feature(
        &mut self,
        declaration: &Declaration,
        feature: &ast::Feature,
    ) -> Option<Feature> {
        let aggregate = self.aggregate(&feature.aggregate);
        let events = self.events_named(&feature.of);
        let window = self.window(feature, &events);
        let include_self = feature.include_self;
        if include_self.is_none() {
            let message = format!(
                "`{}` does not say whether the event at hand counts itself",
                feature.name.text
            );
            let found = Diagnostic::error(Code::IncompleteFeature, feature.name.at.0, message);
            self.report(found.hint("end it with `including self` or `excluding self`"));
        }
        if feature.by.len() > KEY_PARTS_MAX {
            let message = format!("a key has at most {KEY_PARTS_MAX} parts");
            let found = Diagnostic::error(Code::TooLarge, feature.name.at.0, message);
            self.report(found.hint("leave parts out"));
            return None;
        }
        let aggregate = aggregate?;
        let mut sources = Vec::new();
        let mut keys: Option<Vec<Key>> = None;
        let mut ty: Option<Type> = None;
        let mut is_whole = !events.is_empty();
        for event in events {
            let Some((source, source_keys, source_ty)) = self.source(feature, aggregate, event)
            else {
                is_whole = false;
                continue;
            };
            is_whole &= self.same_keys(feature, keys.as_deref(), &source_keys, event);
            is_whole &= self.same_type(feature, ty, source_ty, event);
            keys.get_or_insert(source_keys);
            ty.get_or_insert(source_ty);
            sources.push(source);
        }
        let (key_names, key_types) = keys?.into_iter().unzip();
        let checked = Feature {
            name: feature.name.text.as_str().into(),
            doc: doc(declaration),
            aggregate,
            sources,
            key_names,
            key_types,
            window: window?,
            include_self: include_self?,
            ty: ty?,
            part: FeaturePart::Declared,
            span: feature.name.at.0,
        };
        is_whole.then_some(checked)
    }

    fn aggregate(&mut self, name: &Name) -> Option<Aggregate> {
        let known = name.text.parse().ok();
        if known.is_none() {
            let words = || Aggregate::ALL.iter().map(|aggregate| aggregate.as_str());
            let message = format!("there is no aggregate `{}`", name.text);
            let mut found = Diagnostic::error(Code::UnknownWord, name.at.0, message)
                .hint(format!("aggregates are {}", shortened(words())))
                .did_you_mean(&name.text, words());
            let other = match name.text.as_str() {
                "mean" | "average" => Some("avg"),
                "total" => Some("sum"),
                "unique" | "count_distinct" | "nunique" => Some("distinct"),
                "share" => Some("ratio"),
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

    fn window(&mut self, feature: &ast::Feature, events: &[EventIx]) -> Option<Duration> {
        let Some(length) = &feature.over else {
            let message = format!("`{}` does not say over which window", feature.name.text);
            let found = Diagnostic::error(Code::IncompleteFeature, feature.name.at.0, message);
            self.report(found.hint("add `over 24h`: 1s to 90d"));
            return None;
        };
        let window = self.length_within(
            Code::WindowRange,
            length,
            WINDOW_MIN..=WINDOW_MAX,
            "a window",
            "1s to 90d",
        );
        if window.as_micros() != length.micros {
            return Some(window);
        }
        for event in events {
            let Some(kind) = self.program.events.get(event.ix()) else {
                continue;
            };
            if kind.retention < window {
                let message = format!(
                    "a window of {} is longer than `{}` is kept",
                    length.text, kind.name
                );
                let found = Diagnostic::error(Code::RetentionTooShort, length.at.0, message)
                    .label(kind.span, "declared here")
                    .hint("shorten the window or lengthen the retention");
                self.report(found);
                break;
            }
        }
        Some(window)
    }

    /// How events of one kind enter the feature, the key's parts, and the type of the answer.
    fn source(
        &mut self,
        feature: &ast::Feature,
        aggregate: Aggregate,
        event: EventIx,
    ) -> Option<(FeatureSource, Vec<Key>, Type)> {
        let scope = Scope {
            event,
            features: false,
        };
        let keys = self.keys(&feature.by, &scope);
        let value = self.aggregated(feature, aggregate, &scope);
        let filter = feature
            .filter
            .as_ref()
            .map(|filter| self.condition(filter, &scope, "`where`"));
        let (key, names) = keys?.into_iter().unzip();
        let (value, ty) = value?;
        let filter = match filter {
            Some(filter) => Some(filter?),
            None => None,
        };
        self.warn_constant(filter.as_ref(), "`where`");
        let source = FeatureSource {
            event,
            key,
            filter,
            value,
        };
        Some((source, names, ty))
    }

    pub(super) fn keys(&mut self, by: &[KeyPart], scope: &Scope) -> Option<Vec<(Expr, Key)>> {
        let mut keys: Vec<(Expr, Key)> = Vec::new();
        let mut is_whole = true;
        for part in by {
            match self.key(part, scope) {
                Some(key) => {
                    let name = &key.1.0;
                    if keys.iter().any(|(_, (known, _))| known == name) {
                        let message = format!("the key has the part `{name}` twice");
                        let found = Diagnostic::error(Code::Duplicate, part.value.at.0, message);
                        self.report(found.hint("remove one of them, or name it with `as`"));
                        is_whole = false;
                    }
                    keys.push(key);
                }
                None => is_whole = false,
            }
        }
        is_whole.then_some(keys)
    }

    fn key(&mut self, part: &KeyPart, scope: &Scope) -> Option<(Expr, Key)> {
        let span = part.value.at.0;
        let own_name = match &part.value.kind {
            ast::ExprKind::Name(name) => Some(name.clone()),
            ast::ExprKind::Member(owner, name) if matches!(&owner.kind, ast::ExprKind::Name(owner) if owner == "event") => {
                Some(name.text.clone())
            }
            _ => None,
        };
        let value = match &part.value.kind {
            // A field may be written without `event.` here.
            ast::ExprKind::Name(name) if name != "now" => {
                let name = Name {
                    text: name.clone(),
                    at: part.value.at,
                };
                let owner = ast::Expr::new(ast::ExprKind::Name("event".to_owned()), part.value.at);
                let field = ast::ExprKind::Member(Box::new(owner), name);
                self.expr(&ast::Expr::new(field, part.value.at), scope)?
            }
            _ => self.expr(&part.value, scope)?,
        };
        let keyed = matches!(
            value.ty,
            Type::String | Type::Int | Type::Bool | Type::Enum(_)
        );
        if !keyed {
            let ty = self.type_name(value.ty);
            let message = format!("a feature cannot be kept by {ty}");
            let found = Diagnostic::error(Code::TypeMismatch, span, message);
            self.report(found.hint("keys are string, int, bool or enum"));
            return None;
        }
        if matches!(value.kind, ExprKind::Literal(_)) {
            let found = Diagnostic::error(Code::BadAggregate, span, "a key cannot be a constant");
            self.report(found.hint("keep it by a field, such as `by event.account`"));
            return None;
        }
        let name = part
            .name
            .as_ref()
            .map(|name| name.text.clone())
            .or(own_name);
        let Some(name) = name else {
            let message = "this part of the key has no name";
            let found = Diagnostic::error(Code::IncompleteFeature, span, message);
            self.report(found.hint("give it one: `… as domain`"));
            return None;
        };
        let key = (name.as_str().into(), value.ty);
        Some((value, key))
    }

    /// What is aggregated and the type of the answer.
    fn aggregated(
        &mut self,
        feature: &ast::Feature,
        aggregate: Aggregate,
        scope: &Scope,
    ) -> Option<(Option<Expr>, Type)> {
        let span = feature.aggregate.at.0;
        let takes_none = matches!(aggregate, Aggregate::Count | Aggregate::SinceLast);
        if takes_none {
            if let Some(argument) = feature.arguments.first() {
                let message = format!("`{aggregate}()` takes no value");
                let hint = if aggregate == Aggregate::Count {
                    "leave it out; count some of the events with `where`, and different values with `distinct(…)`"
                } else {
                    "leave it out; choose the events with `where`"
                };
                let found = Diagnostic::error(Code::BadAggregate, argument.at.0, message);
                self.report(found.hint(hint));
                return None;
            }
            let ty = if aggregate == Aggregate::Count {
                Type::Int
            } else {
                Type::Duration
            };
            return Some((None, ty));
        }
        let [argument] = feature.arguments.as_slice() else {
            let message = format!(
                "`{aggregate}` takes one value, but here are {}",
                feature.arguments.len()
            );
            let found = Diagnostic::error(Code::BadAggregate, span, message);
            self.report(found.hint(format!("write `{aggregate}(event.x)`")));
            return None;
        };
        if aggregate == Aggregate::Ratio {
            let condition = self.condition(argument, scope, "`ratio`")?;
            return Some((Some(condition), Type::Double));
        }
        let value = self.expr(argument, scope)?;
        let ty = self.aggregate_type(aggregate, value.ty, argument)?;
        Some((Some(value), ty))
    }

    fn aggregate_type(
        &mut self,
        aggregate: Aggregate,
        ty: Type,
        argument: &ast::Expr,
    ) -> Option<Type> {
        let is_number = matches!(ty, Type::Int | Type::Double | Type::Money(_));
        let is_least = is_number || matches!(ty, Type::Timestamp | Type::Duration);
        let is_scalar = !matches!(ty, Type::List(_) | Type::Map(_));
        let (fits, wanted) = match aggregate {
            Aggregate::Sum | Aggregate::Avg => (is_number, "int, double or money of one currency"),
            Aggregate::Min | Aggregate::Max => (
                is_least,
                "int, double, money of one currency, timestamp or duration",
            ),
            Aggregate::Distinct | Aggregate::First | Aggregate::Last => {
                (is_scalar, "a single value, not a list or map")
            }
            Aggregate::Count | Aggregate::Ratio | Aggregate::SinceLast => (true, ""),
        };
        if !fits {
            let message = format!("`{aggregate}` does not take {}", self.type_name(ty));
            let found = Diagnostic::error(Code::BadAggregate, argument.at.0, message);
            self.report(found.hint(format!("it takes {wanted}")));
            return None;
        }
        let mixes = matches!(
            aggregate,
            Aggregate::Sum | Aggregate::Avg | Aggregate::Min | Aggregate::Max
        );
        if mixes && ty == Type::Money(None) {
            let message = format!("`{aggregate}` of money needs one currency, and this may be any");
            let found = Diagnostic::error(Code::CurrencyMismatch, argument.at.0, message);
            self.report(found.hint(
                "name it: `sum(amount_in(event.amount, \"CNY\"))`, or declare the field as `money(CNY)`",
            ));
            return None;
        }
        Some(match aggregate {
            Aggregate::Avg if matches!(ty, Type::Int | Type::Double) => Type::Double,
            Aggregate::Distinct | Aggregate::Count => Type::Int,
            Aggregate::Ratio => Type::Double,
            Aggregate::SinceLast => Type::Duration,
            Aggregate::Sum
            | Aggregate::Avg
            | Aggregate::Min
            | Aggregate::Max
            | Aggregate::First
            | Aggregate::Last => ty,
        })
    }

    fn same_keys(
        &mut self,
        feature: &ast::Feature,
        first: Option<&[Key]>,
        other: &[Key],
        event: EventIx,
    ) -> bool {
        let Some(first) = first else {
            return true;
        };
        let differs = first.iter().zip(other).find(|(a, b)| a.1 != b.1);
        let Some(((name, a), (_, b))) = differs else {
            return true;
        };
        let message = format!(
            "the key `{name}` is {} in the first event kind and {} in `{}`",
            self.type_name(*a),
            self.type_name(*b),
            self.event_name(event)
        );
        let found = Diagnostic::error(Code::KeyMismatch, feature.name.at.0, message);
        self.report(found.hint("a feature of several event kinds needs keys of one type"));
        false
    }

    fn same_type(
        &mut self,
        feature: &ast::Feature,
        first: Option<Type>,
        other: Type,
        event: EventIx,
    ) -> bool {
        let Some(first) = first.filter(|first| *first != other) else {
            return true;
        };
        let code = match (first, other) {
            (Type::Money(_), Type::Money(_)) => Code::CurrencyMismatch,
            _ => Code::TypeMismatch,
        };
        let message = format!(
            "the value is {} in the first event kind and {} in `{}`",
            self.type_name(first),
            self.type_name(other),
            self.event_name(event)
        );
        let found = Diagnostic::error(code, feature.aggregate.at.0, message);
        self.report(found.hint("a feature of several event kinds needs values of one type"));
        false
    }
}
