//! Payments and facts given by code.

use stanch_ledger::{
    AccountRecord, Ledger, LedgerError, LedgerMode, RejectCode, parse_ndjson_payments,
};
use stanch_types::{AccountKind, AccountRef, Amount, Channel, Currency, Payment, Timestamp};

use super::{T0, all_payments, content, open};

fn account(institution: &str, number: &str) -> AccountRef {
    AccountRef {
        institution: institution.parse().unwrap(),
        account: number.parse().unwrap(),
    }
}

fn payment(tx_id: &str, minor: i64) -> Payment {
    Payment {
        tx_id: tx_id.to_owned(),
        occurred_at: Timestamp::from_millis(T0),
        from: account("BK01", "1"),
        to: account("WL01", "2"),
        amount: Amount::new(minor, Currency::CNY).unwrap(),
        channel: Channel::Transfer,
    }
}

fn record(number: &str, opening: i64) -> AccountRecord {
    AccountRecord {
        account: account("BK01", number),
        kind: AccountKind::Person,
        owner: None,
        opened_at: Some(Timestamp::from_millis(T0)),
        device_id: Some("d1".to_owned()),
        opening: Amount::new(opening, Currency::CNY).unwrap(),
    }
}

#[test]
fn a_payment_is_visible_once_and_after_reopening() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = open(dir.path());
    let mut changed = ledger.changed();
    let report = ledger
        .append(&[payment("a", 5), payment("b", 6), payment("a", 5)])
        .unwrap();
    assert_eq!((report.stored, report.unchanged), (2, 1));
    assert!(changed.has_changed().unwrap());
    assert_eq!(*changed.borrow_and_update(), ledger.version());
    let again = ledger.append(&[payment("a", 5)]).unwrap();
    assert_eq!((again.stored, again.unchanged), (0, 1));
    assert!(
        !changed.has_changed().unwrap(),
        "nothing new, no new version"
    );
    let before = content(&ledger);
    drop(ledger);
    assert_eq!(content(&open(dir.path())), before);
}

#[test]
fn other_content_under_a_known_id_is_a_conflict_and_is_not_stored() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = open(dir.path());
    ledger.append(&[payment("a", 5)]).unwrap();
    let report = ledger
        .append(&[
            payment("a", 6),
            payment("b", 1),
            payment("b", 2),
            payment("c", 0),
        ])
        .unwrap();
    let conflicts: Vec<usize> = report
        .conflicts
        .iter()
        .map(|refused| refused.index)
        .collect();
    assert_eq!((report.stored, conflicts), (1, vec![0, 2]));
    assert_eq!(report.invalid[0].index, 3);
    assert_eq!(report.invalid[0].code, RejectCode::AmountZero);
    let stored = all_payments(&ledger.graph());
    assert!(
        stored[0].contains(" 5 ") && stored[1].contains(" 1 "),
        "{stored:?}"
    );
}

#[test]
fn a_payment_that_breaks_a_rule_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = open(dir.path());
    let mut own = payment("own", 5);
    own.to = own.from.clone();
    let mut early = payment("early", 5);
    early.occurred_at = Timestamp::EPOCH;
    let report = ledger
        .append(&[own, early, payment("a b", 5), payment("", 5)])
        .unwrap();
    let codes: Vec<RejectCode> = report.invalid.iter().map(|refused| refused.code).collect();
    assert_eq!(
        codes,
        [
            RejectCode::SameAccount,
            RejectCode::TimestampInvalid,
            RejectCode::TxIdInvalid,
            RejectCode::TxIdInvalid
        ]
    );
    assert_eq!(ledger.version(), 0);
}

#[test]
fn turnover_past_64_bits_is_refused_and_replays_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = open(dir.path());
    let many: Vec<Payment> = (0..9_300)
        .map(|n| payment(&n.to_string(), stanch_ledger::AMOUNT_MINOR_MAX))
        .collect();
    let report = ledger.append(&many).unwrap();
    assert_eq!(report.stored, 9_223);
    assert_eq!(report.invalid.len(), 77);
    let before = content(&ledger);
    drop(ledger);
    assert_eq!(content(&open(dir.path())), before);
}

#[test]
fn account_facts_are_kept_and_the_last_word_counts() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = open(dir.path());
    let mut holding = record("9", 7);
    (holding.kind, holding.owner) = (AccountKind::FundHolding, Some(account("BK01", "1")));
    let report = ledger.set_accounts(&[holding, record("1", 100)]).unwrap();
    assert_eq!((report.stored, report.unchanged), (2, 0));
    let report = ledger.set_accounts(&[record("1", 100)]).unwrap();
    assert_eq!((report.stored, report.unchanged), (0, 1));
    ledger.set_accounts(&[record("1", 200)]).unwrap();
    let check = |ledger: &Ledger| {
        let graph = ledger.graph();
        let person = graph
            .lookup_account(&account("BK01", "1"), Currency::CNY)
            .unwrap();
        let fund = graph
            .lookup_account(&account("BK01", "9"), Currency::CNY)
            .unwrap();
        assert_eq!(graph.account(person).unwrap().facts.opening_minor, 200);
        assert_eq!(graph.account(fund).unwrap().facts.owner, Some(person));
        drop(graph);
        assert_eq!(ledger.device_of(person).as_deref(), Some("d1"));
    };
    check(&ledger);
    drop(ledger);
    check(&open(dir.path()));
}

#[test]
fn a_reader_sees_what_was_there_and_cannot_write() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = open(dir.path());
    ledger.append(&[payment("a", 5)]).unwrap();
    let reader = Ledger::open(&dir.path().join("log"), LedgerMode::ReadOnly).unwrap();
    ledger.append(&[payment("b", 5)]).unwrap();
    assert_eq!(reader.graph().payment_count(), 1);
    assert!(matches!(
        reader.append(&[payment("c", 5)]),
        Err(LedgerError::ReadOnly)
    ));
    let rival = Ledger::open(&dir.path().join("log"), LedgerMode::ReadWrite);
    assert!(matches!(rival, Err(LedgerError::Log(_))));
}

#[test]
fn threads_append_side_by_side() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = open(dir.path());
    std::thread::scope(|scope| {
        for writer in 0..8 {
            let ledger = &ledger;
            scope.spawn(move || {
                for n in 0..20 {
                    // Half of the references are shared by all writers.
                    let tx_id = if n % 2 == 0 {
                        format!("s{n}")
                    } else {
                        format!("{writer}-{n}")
                    };
                    ledger.append(&[payment(&tx_id, 5)]).unwrap();
                }
            });
        }
    });
    assert_eq!(ledger.graph().payment_count(), 10 + 8 * 10);
    let before = content(&ledger);
    drop(ledger);
    assert_eq!(content(&open(dir.path())), before);
}

#[test]
fn lines_of_payments_are_checked_one_by_one() {
    let good = serde_json::to_string(&payment("a", 5)).unwrap();
    let zero = serde_json::to_string(&payment("z", 0)).unwrap();
    let negative = good.replace(":5,", ":-5,");
    let extra = good.replace("{\"tx_id\"", "{\"x\":1,\"tx_id\"");
    let text = [&good, "", &zero, "not json", &negative, &extra, &good].join("\n");
    let (payments, rejects) = parse_ndjson_payments(text.as_bytes());
    let lines: Vec<u64> = payments.iter().map(|(line, _)| *line).collect();
    assert_eq!(lines, [1, 7]);
    let refused: Vec<(u64, RejectCode)> = rejects.iter().map(|r| (r.line, r.code)).collect();
    assert_eq!(
        refused,
        [
            (3, RejectCode::AmountZero),
            (4, RejectCode::JsonInvalid),
            (5, RejectCode::FieldInvalid),
            (6, RejectCode::FieldInvalid)
        ]
    );
}
