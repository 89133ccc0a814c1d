use std::sync::Arc;

use stanch_types::{Currency, Duration};

use super::*;
use crate::ir::{
    Aggregate, Comparison, Decision, EventKind, ExprKind, Feature, FeaturePart, FeatureSource,
    Field, FieldIx, Literal, Rule, Span, Template, TemplatePiece, Type,
};
use crate::window::spec::ValueClass;

const PAYMENT: EventIx = EventIx(0);
const MONEY: Type = Type::Money(Some(Currency::CNY));

fn expr(ty: Type, kind: ExprKind, at: u32) -> Expr {
    let span = Span {
        start: at,
        ..Span::default()
    };
    Expr { ty, kind, span }
}

/// The fields payer, payee and amount of a payment, wherever they are declared.
struct Fields {
    names: [&'static str; 3],
}

impl Fields {
    fn field(&self, name: &str) -> Expr {
        let ix = self.names.iter().position(|known| *known == name).unwrap();
        let ty = if name == "amount" {
            MONEY
        } else {
            Type::String
        };
        expr(ty, ExprKind::Field(FieldIx(ix as u32)), 7)
    }

    fn kind(&self) -> EventKind {
        let field = |name: &&str| Field {
            name: Arc::from(*name),
            doc: String::new(),
            ty: if *name == "amount" {
                MONEY
            } else {
                Type::String
            },
            optional: false,
            key: *name != "amount",
            personal: false,
            regional: false,
            span: Span::default(),
        };
        EventKind {
            name: "payment".into(),
            doc: String::new(),
            fields: self.names.iter().map(field).collect(),
            signals: Vec::new(),
            retention: Duration::from_days(90),
            span: Span::default(),
        }
    }

    fn feature(&self, name: &str, aggregate: Aggregate, hours: i64, include_self: bool) -> Feature {
        let value = (aggregate != Aggregate::Count).then(|| self.field("amount"));
        Feature {
            name: name.into(),
            doc: String::new(),
            aggregate,
            sources: vec![FeatureSource {
                event: PAYMENT,
                key: vec![self.field("payer")],
                filter: None,
                value,
            }],
            key_names: vec!["payer".into()],
            key_types: vec![Type::String],
            window: Duration::from_hours(hours),
            include_self,
            ty: Type::Int,
            part: FeaturePart::Declared,
            span: Span::default(),
        }
    }

    fn program(&self, features: Vec<Feature>) -> Program {
        Program {
            events: vec![self.kind()],
            features,
            ..Program::default()
        }
    }
}

const FIELDS: Fields = Fields {
    names: ["payer", "payee", "amount"],
};

fn three() -> Vec<Feature> {
    vec![
        FIELDS.feature("count_1h", Aggregate::Count, 1, true),
        FIELDS.feature("sum_24h", Aggregate::Sum, 24, false),
        FIELDS.feature("avg_24h", Aggregate::Avg, 24, false),
    ]
}

#[test]
fn features_of_the_same_events_and_key_share_a_group_and_values_a_column() {
    let mut features = three();
    let mut filtered = FIELDS.feature("some_1h", Aggregate::Count, 1, true);
    filtered.sources[0].filter = Some(expr(Type::Bool, ExprKind::Literal(Literal::Bool(true)), 0));
    features.push(filtered);
    let plan = FeaturePlan::new(&FIELDS.program(features));
    assert_eq!(plan.groups.len(), 2);
    let group = &plan.groups[plan.features[0].group];
    assert_eq!(group.spec.columns, [ValueClass::Money]);
    assert_eq!(group.spec.specs.len(), 3);
    assert_eq!(plan.features[1].group, plan.features[0].group);
    assert_ne!(plan.features[3].group, plan.features[0].group);
    let pushes = &plan.events[0].pushes;
    assert_eq!(pushes.len(), 2);
    let push = pushes.iter().find(|push| push.filter.is_none()).unwrap();
    assert!(matches!(
        push.values[0].as_ref().unwrap().kind,
        ExprKind::Field(FieldIx(2))
    ));
}

#[test]
fn definitions_keep_their_hashes_when_everything_around_them_moves() {
    let before = FeaturePlan::new(&FIELDS.program(three()));
    let moved = Fields {
        names: ["amount", "payee", "payer"],
    };
    let features = vec![
        moved.feature("other", Aggregate::Avg, 24, false),
        moved.feature("names_do_not_matter", Aggregate::Sum, 24, false),
        moved.feature("count_1h", Aggregate::Count, 1, true),
    ];
    let after = FeaturePlan::new(&moved.program(features));
    assert_eq!(before.groups[0].hash, after.groups[0].hash);
    assert_eq!(before.features[1].hash, after.features[1].hash);
    assert_eq!(before.features[0], after.features[2]);

    let mut longer = three();
    longer[1].window = Duration::from_days(7);
    let longer = FeaturePlan::new(&FIELDS.program(longer));
    assert_ne!(before.groups[0].hash, longer.groups[0].hash);
    assert_eq!(before.groups[0].events_hash, longer.groups[0].events_hash);
    assert_ne!(before.features[1].hash, longer.features[1].hash);
    assert_eq!(before.features[0].hash, longer.features[0].hash);
}

fn read(feature: u32, key: &str) -> Expr {
    let kind = ExprKind::Feature(FeatureIx(feature), vec![FIELDS.field(key)]);
    expr(Type::Int, kind, feature)
}

#[test]
fn every_feature_and_key_read_gets_a_slot_and_lookups_are_merged() {
    let mut program = FIELDS.program(three());
    let over = |a, b| {
        let kind = ExprKind::Compare(Comparison::Greater, Box::new(a), Box::new(b));
        expr(Type::Bool, kind, 0)
    };
    let both = ExprKind::And(vec![
        over(read(0, "payer"), read(1, "payer")),
        over(read(2, "payer"), read(0, "payee")),
        over(read(0, "payer"), read(0, "payer")),
    ]);
    let reason = Template {
        pieces: vec![TemplatePiece::Value(read(1, "payee"))],
    };
    program.rules.push(Rule {
        name: "rule".into(),
        doc: String::new(),
        conditions: vec![(PAYMENT, expr(Type::Bool, both, 0))],
        decision: Decision::Hold,
        lasts: None,
        measures: Vec::new(),
        score: 0,
        owner: "owner".into(),
        typologies: Vec::new(),
        reason_zh: vec![reason.clone()],
        reason_en: vec![reason],
        span: Span::default(),
    });
    let expectation = read(2, "payee");
    let plan = FeaturePlan::with_expressions(&program, &[(PAYMENT, &expectation)]);
    let event = &plan.events[0];
    assert_eq!(event.reads.len(), 6);
    // Before: sum and avg of the payer in one, of the payee in another. After: count of each.
    let stages: Vec<(Stage, usize)> = event
        .lookups
        .iter()
        .map(|l| (l.stage, l.specs.len()))
        .collect();
    let (before, after) = (Stage::Before, Stage::After);
    assert_eq!(stages, [(before, 2), (before, 2), (after, 1), (after, 1)]);
    let slot = |feature, key| {
        let key = [FIELDS.field(key)];
        plan.slot(&program, PAYMENT, FeatureIx(feature), &key)
    };
    assert_eq!(slot(0, "payer"), Some(0));
    assert_eq!(slot(2, "payee"), Some(5));
    assert_eq!(slot(0, "amount"), None);
    let mut slots: Vec<usize> = event.lookups.iter().flat_map(|l| l.slots.clone()).collect();
    slots.sort_unstable();
    assert_eq!(slots, [0, 1, 2, 3, 4, 5]);
}
