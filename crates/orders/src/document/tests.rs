use stanch_types::order::{DisputedTransfer, OrderState};
use stanch_types::{Currency, Id};

use super::*;

const SCHEMA_TEXT: &str = include_str!("../../../../docs/schemas/order.schema.json");

fn at() -> Timestamp {
    "2026-03-02T08:00:00Z".parse().unwrap()
}

fn account(institution: &str, number: &str) -> AccountRef {
    AccountRef {
        institution: institution.parse().unwrap(),
        account: number.parse().unwrap(),
    }
}

fn yuan(minor: i64) -> Amount {
    Amount::new(minor, Currency::CNY).unwrap()
}

fn order(kind: OrderKind, scope: HoldScope) -> Order {
    Order {
        id: Id::from_parts(at(), [1; 10]),
        application_id: Id::from_parts(at(), [2; 10]),
        content: OrderContent {
            kind,
            case_id: Id::from_parts(at(), [3; 10]),
            plan_id: None,
            parent: None,
            target: account("BK01", "6222021234567890128"),
            holder_name: Some("王小明".parse().unwrap()),
            scope,
            disputed: Some(DisputedTransfer {
                tx_id: "T1".into(),
                payer: account("BK02", "1001"),
                amount: yuan(500_000),
                occurred_at: at(),
            }),
            reason: "stolen money arrived here".into(),
            authority: Some(Authority {
                body: "Siming branch".into(),
                reference: "2026-1".into(),
            }),
            emergency: true,
        },
        created_by: Id::from_parts(at(), [4; 10]),
        created_at: at(),
        state: OrderState::Draft,
    }
}

fn parts() -> DocumentParts {
    DocumentParts {
        sender: "CN-XIAMEN-01".parse().unwrap(),
        case_number: "2026-000001".into(),
        account_kind: Some(AccountKind::Person),
        parent_application_id: None,
        operator: Officer {
            id: Id::from_parts(at(), [4; 10]),
            name: "Lin".into(),
        },
        second_officer: None,
        starts_at: at(),
    }
}

fn scopes() -> [HoldScope; 3] {
    [
        HoldScope::LimitedAmount { amount: yuan(100) },
        HoldScope::WholeAccount {
            reason: "all of it is stolen money".into(),
        },
        HoldScope::FundUnits {
            product: "MMF-1".into(),
            units_centi: 10_000,
            amount: yuan(10_000),
        },
    ]
}

#[test]
fn every_kind_and_scope_matches_the_published_schema() {
    let schema: serde_json::Value = serde_json::from_str(SCHEMA_TEXT).unwrap();
    let validator = jsonschema::draft202012::options()
        .should_validate_formats(true)
        .build(&schema)
        .unwrap();
    for kind in OrderKind::ALL {
        for scope in scopes() {
            let mut parts = parts();
            parts.parent_application_id = kind.parent().map(|_| Id::from_parts(at(), [5; 10]));
            let document = OrderDocument::new(&order(*kind, scope), parts);
            let value = serde_json::to_value(&document).unwrap();
            let errors: Vec<String> = validator
                .iter_errors(&value)
                .map(|error| format!("{} {error}", error.instance_path()))
                .collect();
            assert_eq!(errors, Vec::<String>::new(), "{kind}");
        }
    }
}

#[test]
fn the_schema_refuses_what_a_document_never_is() {
    let schema: serde_json::Value = serde_json::from_str(SCHEMA_TEXT).unwrap();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let [scope, ..] = scopes();
    let good = serde_json::to_value(OrderDocument::new(
        &order(OrderKind::StopPayment, scope),
        parts(),
    ))
    .unwrap();
    assert!(validator.is_valid(&good));
    let members: Vec<String> = good.as_object().unwrap().keys().cloned().collect();
    for member in &members {
        let mut bad = good.clone();
        bad.as_object_mut().unwrap().remove(member);
        assert!(!validator.is_valid(&bad), "without {member}");
    }
    for (pointer, value) in [
        ("/schema", "stanch.order/2".into()),
        ("/kind", "seize".into()),
        ("/emergency", "03".into()),
        ("/hold/mode", "03".into()),
        ("/hold/amount/minor", serde_json::json!(-1)),
        ("/hold/amount/minor", serde_json::json!(1.5)),
        ("/hold/amount", serde_json::Value::Null),
        ("/target/account", "".into()),
        ("/duration_secs", serde_json::json!(-1)),
        ("/message_code", "100103".into()),
    ] {
        let mut bad = good.clone();
        *bad.pointer_mut(pointer).unwrap() = value;
        assert!(!validator.is_valid(&bad), "{pointer}");
    }
    let mut more = good;
    more.as_object_mut()
        .unwrap()
        .insert("extra".into(), 1.into());
    assert!(!validator.is_valid(&more));
}

#[test]
fn bytes_are_the_same_whenever_they_are_written() {
    let [scope, ..] = scopes();
    let document = OrderDocument::new(&order(OrderKind::StopPayment, scope), parts());
    let bytes = document.to_bytes().unwrap();
    let read: OrderDocument = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(read, document);
    assert_eq!(read.to_bytes().unwrap(), bytes);
    assert!(bytes.starts_with(br#"{"schema":"stanch.order/1","transmission_serial":"#));
}

#[test]
fn the_longest_allowed_content_fits() {
    let wide = |n: usize| "𠀀".repeat(n);
    let mut order = order(
        OrderKind::StopPayment,
        HoldScope::WholeAccount { reason: wide(500) },
    );
    order.content.reason = wide(500);
    order.content.authority = Some(Authority {
        body: wide(140),
        reference: wide(64),
    });
    order.content.holder_name = Some(wide(140).parse().unwrap());
    let mut parts = parts();
    parts.operator.name = wide(140);
    assert!(OrderDocument::new(&order, parts).to_bytes().is_ok());
}
