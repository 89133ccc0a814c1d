//! The desk by itself, on a manual clock; [`wire`] has the whole institution over HTTP.

mod wire;

use std::path::PathBuf;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use serde_json::{Value, json};
use stanch_types::order::{AnswerOutcome, OrderKind, RefusalReason};
use stanch_types::{ApplicationId, Duration, ManualClock, Payment};

use super::desk::Arrival;
use super::*;
use crate::webhook::{public_key_text, secret_text};

const NOW: i64 = 1_800_000_000;
const SECRET: [u8; 32] = [3; 32];

fn stanch_pair() -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&[9; 32]).unwrap()
}

struct Bench {
    dir: tempfile::TempDir,
    clock: Arc<ManualClock>,
    ctx: Ctx,
}

impl Bench {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::new(Timestamp::from_secs(NOW)));
        let ctx = Ctx::seeded(clock.clone(), 1);
        let accounts = "account,kind,holder_name,opening_balance_minor_units\n\
            mule,person,王小明,100000\nfund,fund_holding,王小明,50000\nshop,merchant,青柳便利店,0\nCASH-BK01,cash,现金,0\n";
        std::fs::write(dir.path().join("accounts.csv"), accounts).unwrap();
        let history = format!(
            "{}\nT1,{},victim,mule,WL01,BK01,250000,CNY,transfer\n",
            crate::world::TX_HEADER,
            (NOW - 600) * 1_000
        );
        std::fs::write(dir.path().join("history.csv"), history).unwrap();
        Self { dir, clock, ctx }
    }

    fn config(&self) -> SandboxConfig {
        let public = <[u8; 32]>::try_from(stanch_pair().public_key().as_ref()).unwrap();
        let path = |name: &str| -> PathBuf { self.dir.path().join(name) };
        SandboxConfig {
            code: "BK01".parse().unwrap(),
            name: "海沧商业银行".into(),
            kind: stanch_types::InstitutionKind::Bank,
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            state_dir: path("state"),
            stanch_url: "http://127.0.0.1:9".into(),
            webhook_secret: secret_text(&SECRET),
            stanch_public_key: public_key_text(&public),
            accounts: path("accounts.csv"),
            history: Some(path("history.csv")),
            latency: LatencyConfig::default(),
            faults: FaultConfig::default(),
            seed: 1,
            answer_inline: false,
            unknown_transfer_refused: true,
            push_interval_ms: 10,
            parent_pid: None,
        }
    }

    fn desk(&self) -> Desk {
        Desk::open(self.config(), self.ctx.clone()).unwrap()
    }
}

/// A well-formed stop of 2,000 yuan on the mule's account, changed by `change`.
fn order(serial: u8, change: impl FnOnce(&mut Value)) -> Value {
    let at = Timestamp::from_secs(NOW);
    let application = ApplicationId::from_parts(at, [serial; 10]);
    let (order, user) = ("order", "user");
    let id = |prefix: &str| {
        format!(
            "{prefix}_{}",
            application.to_string().rsplit('_').next().unwrap()
        )
    };
    let mut value = json!({
        "schema": "stanch.order/1", "transmission_serial": "1", "sender": "STANCH", "receiver": "BK01",
        "message_code": "100101", "kind": "stop_payment", "order_id": id(order),
        "application_id": application, "parent_application_id": null, "case_number": "2026-000001",
        "case_type": "telecom_fraud", "emergency": "01",
        "target": {"institution": "BK01", "account": "mule", "account_kind": "01", "holder_name": "王小明"},
        "hold": {"mode": "01", "amount": {"minor": 200_000, "currency": "CNY"}},
        "starts_at": at, "duration_secs": 172_800, "reason": "stolen money",
        "authority": {"body": "分局", "reference": "1"},
        "operator": {"id": id(user), "name": "甲"},
        "second_officer": {"id": "user_01890000000070008000000000000000", "name": "乙"},
        "applied_at": at,
        "disputed": {"tx_id": "T1", "payer": {"institution": "WL01", "account": "victim"},
            "amount": {"minor": 250_000, "currency": "CNY"}, "occurred_at": at.minus(Duration::from_mins(10))},
    });
    change(&mut value);
    value
}

fn document(value: &Value) -> OrderDocument {
    serde_json::from_value(value.clone()).unwrap()
}

/// Another kind of order that refers to the order of `parent`.
fn follow_up(serial: u8, kind: OrderKind, parent: u8) -> Value {
    order(serial, |o| {
        o["kind"] = json!(kind);
        o["message_code"] = json!(kind.message_code());
        o["duration_secs"] = json!(kind.duration().as_secs());
        o["parent_application_id"] = order(parent, |_| {})["application_id"].clone();
    })
}

fn pay(desk: &Desk, id: &str, from: &str, to: &str, minor: i64) -> Verdict {
    desk.pay(vec![payment(id, from, to, minor)]).unwrap()[0].1
}

fn payment(id: &str, from: &str, to: &str, minor: i64) -> Payment {
    let side = |name: &str| {
        let institution = if name.starts_with("other") {
            "WL01"
        } else {
            "BK01"
        };
        json!({"institution": institution, "account": name})
    };
    serde_json::from_value(json!({
        "tx_id": id, "occurred_at": Timestamp::from_secs(NOW), "from": side(from), "to": side(to),
        "amount": {"minor": minor, "currency": "CNY"}, "channel": "transfer",
    }))
    .unwrap()
}

/// Takes the order, carries it out and gives the outcome.
fn carry_out(desk: &Desk, value: &Value) -> AnswerOutcome {
    let id = document(value).application_id;
    desk.take(document(value)).unwrap();
    desk.carry_out_due().unwrap();
    desk.read(|books| books.order(&id).unwrap().outcome.clone().unwrap().1)
}

/// What an order that was carried out holds.
fn held(outcome: &AnswerOutcome) -> Option<i64> {
    let (AnswerOutcome::Executed { held } | AnswerOutcome::PartiallyExecuted { held }) = outcome
    else {
        panic!("not carried out: {outcome:?}");
    };
    held.map(|held| held.minor())
}

fn refusal(outcome: &AnswerOutcome) -> RefusalReason {
    let AnswerOutcome::Refused { reason, .. } = outcome else {
        panic!("not refused: {outcome:?}");
    };
    *reason
}

#[test]
fn held_money_stays_and_later_credits_are_free() {
    let bench = Bench::new();
    let desk = bench.desk();
    // 1,000 yuan at opening and 2,500 from the victim.
    assert_eq!(held(&carry_out(&desk, &order(1, |_| {}))), Some(200_000));
    assert_eq!(pay(&desk, "A", "mule", "other", 150_001), Verdict::Held);
    assert_eq!(pay(&desk, "B", "mule", "other", 150_000), Verdict::Booked);
    assert_eq!(pay(&desk, "C", "other", "mule", 70_000), Verdict::Booked);
    assert_eq!(pay(&desk, "D", "mule", "shop", 70_000), Verdict::Booked);
    assert_eq!(pay(&desk, "E", "mule", "shop", 1), Verdict::Held);
    assert_eq!(
        pay(&desk, "F", "mule", "shop", 200_001),
        Verdict::InsufficientFunds
    );
    assert_eq!(pay(&desk, "A", "mule", "other", 150_001), Verdict::Held);
    assert_eq!(
        pay(&desk, "G", "nobody", "shop", 1),
        Verdict::UnknownAccount
    );
    assert_eq!(pay(&desk, "H", "CASH-BK01", "mule", 9), Verdict::Booked);
    assert_eq!(pay(&desk, "I", "other1", "other2", 9), Verdict::Invalid);
    let (pushed, _) = desk.read(|b| {
        let (rows, until) = b.to_push(10);
        (
            rows.iter().map(|p| p.tx_id.clone()).collect::<Vec<_>>(),
            until,
        )
    });
    assert_eq!(pushed, ["B", "D", "H"]);
}

#[test]
fn a_hold_ends_by_itself_or_by_release_and_lasts_longer_when_extended() {
    let bench = Bench::new();
    let desk = bench.desk();
    carry_out(&desk, &order(1, |_| {}));
    assert_eq!(
        held(&carry_out(
            &desk,
            &follow_up(2, OrderKind::StopExtension, 1)
        )),
        Some(200_000)
    );
    assert_eq!(
        refusal(&carry_out(
            &desk,
            &follow_up(3, OrderKind::StopExtension, 1)
        )),
        RefusalReason::StopLimit
    );
    bench.clock.advance(Duration::from_micros(
        Duration::from_hours(96).as_micros() - 1,
    ));
    assert_eq!(pay(&desk, "A", "mule", "shop", 350_000), Verdict::Held);
    bench.clock.advance(Duration::from_micros(1));
    assert_eq!(pay(&desk, "B", "mule", "shop", 350_000), Verdict::Booked);
    assert_eq!(
        refusal(&carry_out(&desk, &follow_up(4, OrderKind::StopRelease, 1))),
        RefusalReason::NotHeld
    );

    let bench = Bench::new();
    let desk = bench.desk();
    carry_out(&desk, &order(1, |_| {}));
    assert_eq!(
        held(&carry_out(&desk, &follow_up(2, OrderKind::StopRelease, 1))),
        None
    );
    assert_eq!(pay(&desk, "A", "mule", "shop", 350_000), Verdict::Booked);
}

#[test]
fn a_freeze_takes_the_place_of_the_stop() {
    let bench = Bench::new();
    let desk = bench.desk();
    carry_out(&desk, &order(1, |_| {}));
    assert_eq!(
        held(&carry_out(&desk, &follow_up(2, OrderKind::Freeze, 1))),
        Some(200_000)
    );
    bench.clock.advance(Duration::from_hours(49));
    assert_eq!(pay(&desk, "A", "mule", "shop", 150_001), Verdict::Held);
    assert_eq!(pay(&desk, "B", "mule", "shop", 150_000), Verdict::Booked);
}

#[test]
fn whole_accounts_and_fund_units_are_held() {
    let bench = Bench::new();
    let desk = bench.desk();
    let whole =
        order(
            1,
            |o| o["hold"] = json!({"mode": "02", "reason": "every inflow is stolen money"}),
        );
    assert_eq!(held(&carry_out(&desk, &whole)), Some(350_000));
    pay(&desk, "A", "other", "mule", 500);
    assert_eq!(pay(&desk, "B", "mule", "shop", 1), Verdict::Held);
    let units = |serial| {
        order(serial, |o| {
            o["kind"] = json!("redemption_hold");
            o["message_code"] = Value::Null;
            o["target"]["account"] = json!("fund");
            o["hold"] = json!({"mode": "units", "product": "MMF", "units_centi": 60_000, "amount": {"minor": 60_000, "currency": "CNY"}});
            o["disputed"] = Value::Null;
        })
    };
    let outcome = carry_out(&desk, &units(2));
    assert!(matches!(outcome, AnswerOutcome::PartiallyExecuted { .. }));
    assert_eq!(held(&outcome), Some(50_000));
    assert_eq!(pay(&desk, "C", "fund", "mule", 1), Verdict::Held);
    assert_eq!(
        refusal(&carry_out(&desk, &units(3))),
        RefusalReason::NoFunds
    );
}

#[test]
fn what_does_not_match_is_refused() {
    let bench = Bench::new();
    let desk = bench.desk();
    type Change = fn(&mut Value);
    let cases: [(Change, RefusalReason); 14] = [
        (
            |o| o["target"]["account"] = json!("nobody"),
            RefusalReason::AccountNotFound,
        ),
        (
            |o| o["target"]["holder_name"] = json!("李四"),
            RefusalReason::Mismatch,
        ),
        (
            |o| o["disputed"]["amount"]["minor"] = json!(250_001),
            RefusalReason::Mismatch,
        ),
        (
            |o| o["disputed"]["tx_id"] = json!("T2"),
            RefusalReason::Mismatch,
        ),
        (
            |o| o["disputed"]["payer"]["account"] = json!("someone"),
            RefusalReason::Mismatch,
        ),
        (
            |o| o["disputed"]["occurred_at"] = json!(Timestamp::from_secs(NOW + 1)),
            RefusalReason::Mismatch,
        ),
        (
            |o| o["target"]["account"] = json!("shop"),
            RefusalReason::Mismatch,
        ),
        (
            |o| o["schema"] = json!("stanch.order/2"),
            RefusalReason::BadFormat,
        ),
        (
            |o| o["message_code"] = json!("100201"),
            RefusalReason::BadFormat,
        ),
        (
            |o| o["duration_secs"] = json!(172_801),
            RefusalReason::BadFormat,
        ),
        (
            |o| o["hold"] = json!({"mode": "02", "reason": "short"}),
            RefusalReason::BadFormat,
        ),
        (
            |o| o["hold"]["amount"]["minor"] = json!(0),
            RefusalReason::BadFormat,
        ),
        (
            |o| o["second_officer"] = Value::Null,
            RefusalReason::BadFormat,
        ),
        (|o| o["authority"] = Value::Null, RefusalReason::BadFormat),
    ];
    for (serial, (change, want)) in cases.into_iter().enumerate() {
        let value = order(100 + serial as u8, change);
        assert_eq!(refusal(&carry_out(&desk, &value)), want, "case {serial}");
    }
}

#[test]
fn an_emergency_stop_needs_one_person_and_an_account_is_stopped_twice_at_most() {
    let bench = Bench::new();
    let desk = bench.desk();
    let alone = order(1, |o| {
        o["emergency"] = json!("02");
        o["second_officer"] = Value::Null;
        o["authority"] = Value::Null;
    });
    assert_eq!(held(&carry_out(&desk, &alone)), Some(200_000));
    assert_eq!(held(&carry_out(&desk, &order(2, |_| {}))), Some(150_000));
    assert_eq!(
        refusal(&carry_out(&desk, &order(3, |_| {}))),
        RefusalReason::StopLimit
    );
}

#[test]
fn an_order_takes_effect_once_and_duplicates_get_the_first_answer() {
    let bench = Bench::new();
    let desk = bench.desk();
    let Arrival::Taken { receipt } = desk.take(document(&order(1, |_| {}))).unwrap() else {
        panic!()
    };
    let again = desk.take(document(&order(1, |_| {}))).unwrap();
    assert_eq!(again, Arrival::Taken { receipt });
    desk.carry_out_due().unwrap();
    let changed = order(1, |o| o["hold"]["amount"]["minor"] = json!(1));
    let Arrival::Duplicate(first) = desk.take(document(&changed)).unwrap() else {
        panic!()
    };
    assert_eq!(held(&first.outcome), Some(200_000));
    let account = "mule".parse().unwrap();
    let held_minor = desk.read(|b| b.held(b.account(&account).unwrap(), bench.ctx.now()).0);
    assert_eq!(held_minor, 200_000);
}

#[test]
fn faults_are_drawn_from_the_seed_and_repeat() {
    let bench = Bench::new();
    let with = |faults: FaultConfig| {
        let config = SandboxConfig {
            faults,
            state_dir: bench.dir.path().join("faulty"),
            ..bench.config()
        };
        let _ = std::fs::remove_dir_all(&config.state_dir);
        Desk::open(config, bench.ctx.clone()).unwrap()
    };
    let refuses = with(FaultConfig {
        refuse_per_mille: 1_000,
        ..FaultConfig::default()
    });
    assert_eq!(
        refusal(&carry_out(&refuses, &order(1, |_| {}))),
        RefusalReason::QuotaExceeded
    );
    let partial = with(FaultConfig {
        partial_per_mille: 1_000,
        ..FaultConfig::default()
    });
    assert_eq!(held(&carry_out(&partial, &order(1, |_| {}))), Some(100_000));
    let some = with(FaultConfig {
        refuse_per_mille: 300,
        ..FaultConfig::default()
    });
    let fates = |desk: &Desk| -> Vec<bool> {
        (0..200)
            .map(|n| desk.fate(ApplicationId::from_digest([n; 16])).temper.refuse)
            .collect()
    };
    let drawn = fates(&some);
    assert_eq!(drawn, fates(&some));
    let refused = drawn.iter().filter(|refuse| **refuse).count();
    assert!((30..=90).contains(&refused), "{refused} of 200");
}

/// What the books show to the outside, for comparing before and after a restart.
fn picture(desk: &Desk, now: Timestamp) -> Vec<(i64, i64)> {
    ["mule", "fund", "shop", "CASH-BK01"]
        .iter()
        .map(|name| {
            desk.read(|b| {
                let account = b.account(&name.parse().unwrap()).unwrap();
                (account.balance_minor, b.held(account, now).0)
            })
        })
        .chain([desk.read(|b| (b.orders_taken() as i64, b.payments_known() as i64))])
        .collect()
}

#[test]
fn the_books_come_back_from_the_journal_cut_at_any_byte() {
    let bench = Bench::new();
    let journal = bench.dir.path().join("state/journal");
    let now = bench.ctx.now();
    let mut pictures = Vec::new();
    let mut lens = Vec::new();
    {
        let desk = bench.desk();
        let mut note = |desk: &Desk| {
            pictures.push(picture(desk, now));
            lens.push(std::fs::metadata(&journal).unwrap().len());
        };
        note(&desk);
        pay(&desk, "A", "mule", "shop", 1_000);
        note(&desk);
        desk.take(document(&order(1, |_| {}))).unwrap();
        note(&desk);
        desk.carry_out_due().unwrap();
        note(&desk);
        desk.pay(vec![
            payment("B", "other", "mule", 5),
            payment("C", "mule", "shop", 400_000),
        ])
        .unwrap();
        note(&desk);
    }
    let bytes = std::fs::read(&journal).unwrap();
    for len in 0..=bytes.len() {
        std::fs::write(&journal, &bytes[..len]).unwrap();
        let desk = bench.desk();
        let whole = lens.iter().filter(|end| **end <= len as u64).count().max(1);
        assert_eq!(picture(&desk, now), pictures[whole - 1], "cut at {len}");
        // An order taken but not carried out is carried out after the restart, once.
        if whole == 3 {
            desk.carry_out_due().unwrap();
            assert_eq!(picture(&desk, now), pictures[3], "cut at {len}");
        }
    }
}
