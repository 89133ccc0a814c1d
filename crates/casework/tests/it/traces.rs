//! The money flow as it is drawn.

use std::collections::BTreeMap;

use stanch_casework::{CaseworkError, TraceExit, trace_case};
use stanch_types::plan::TraceMethod;
use stanch_types::{Channel, Duration, Payment};

use crate::desk::{Desk, account, mule, second_mule, start, victim, yuan};

#[tokio::test]
async fn every_stolen_unit_is_somewhere() {
    let desk = Desk::open().await;
    desk.book_theft();
    let cash = Payment {
        tx_id: "C1".into(),
        occurred_at: start().plus(Duration::from_mins(5)),
        from: second_mule(),
        to: account("BK01", "CASH"),
        amount: yuan(250_000),
        channel: Channel::AtmWithdraw,
    };
    desk.ledger.append(&[cash]).unwrap();
    let case = desk.report(desk.told()).await.unwrap().case;
    let held = BTreeMap::from([(mule(), yuan(123))]);
    for method in [TraceMethod::Fifo, TraceMethod::ProRata] {
        let trace = trace_case(&case, &desk.ledger, method, desk.ctx.now(), &held).unwrap();
        let totals = trace.totals;
        assert_eq!(totals.loss, yuan(1_000_000));
        assert_eq!(
            (totals.still_there, totals.cash_out),
            (yuan(750_000), yuan(250_000))
        );
        let drawn: Vec<_> = trace
            .nodes
            .iter()
            .map(|n| {
                (
                    n.account.expose(),
                    n.tier,
                    n.stolen.minor(),
                    n.is_victim,
                    n.exit,
                )
            })
            .collect();
        assert_eq!(
            drawn,
            [
                ("V1", 0, 0, true, None),
                ("M1", 1, 400_000, false, None),
                ("M2", 2, 350_000, false, None),
                ("CASH", 3, 250_000, false, Some(TraceExit::Cash)),
            ]
        );
        assert_eq!(trace.nodes[1].held, yuan(123));
        let edges: Vec<_> = trace
            .edges
            .iter()
            .map(|e| (e.tx_id.as_str(), e.from, e.to, e.stolen.minor()))
            .collect();
        assert_eq!(
            edges,
            [
                ("T1", 0, 1, 1_000_000),
                ("T2", 1, 2, 600_000),
                ("C1", 2, 3, 250_000)
            ]
        );
    }
    let early = start().plus(Duration::from_mins(2));
    let trace = trace_case(&case, &desk.ledger, TraceMethod::Fifo, early, &held).unwrap();
    assert_eq!(trace.edges.len(), 1);
}

#[tokio::test]
async fn a_case_without_recorded_payments_has_no_flow() {
    let desk = Desk::open().await;
    let case = desk.report(desk.told()).await.unwrap().case;
    let held = BTreeMap::new();
    let none = trace_case(
        &case,
        &desk.ledger,
        TraceMethod::Fifo,
        desk.ctx.now(),
        &held,
    );
    assert!(matches!(none, Err(CaseworkError::NoPayments)));
    let _ = victim();
}
