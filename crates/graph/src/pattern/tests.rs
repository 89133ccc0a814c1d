//! Patterns drawn by hand, and laws over drawn streams.

use proptest::prelude::*;
use stanch_types::Channel;

use super::recent::{DAY_MS, HOUR_MS};
use super::*;

const MIN_MS: i64 = 60_000;
const START_MS: i64 = 1_772_380_800_000;

/// `(minutes, from, to, yuan)` by transfer.
fn transfers(rows: &[(i64, u32, u32, i64)]) -> Vec<PatternPayment> {
    let row = |(minutes, from, to, yuan): &(i64, u32, u32, i64)| PatternPayment {
        at_ms: START_MS + minutes * MIN_MS,
        from: *from,
        to: *to,
        minor: yuan * 100,
        channel: Channel::Transfer,
    };
    rows.iter().map(row).collect()
}

fn run(payments: &[PatternPayment]) -> (Vec<Features>, Vec<Finding>) {
    let mut engine = PatternEngine::new();
    let mut findings = Vec::new();
    let rows = payments
        .iter()
        .map(|payment| engine.observe(payment, &mut findings))
        .collect();
    (rows, findings)
}

fn only(findings: Vec<Finding>, kind: PatternKind) -> Finding {
    let mut of_kind: Vec<_> = findings.into_iter().filter(|f| f.kind == kind).collect();
    assert_eq!(of_kind.len(), 1, "{of_kind:?}");
    of_kind.remove(0)
}

#[test]
fn a_cycle_that_keeps_its_amount_is_found_with_its_path() {
    let (rows, findings) = run(&transfers(&[
        (0, 7, 1, 10_000),
        (10, 1, 2, 9_900),
        (15, 2, 9, 300),
        (20, 2, 3, 9_800),
        (30, 3, 1, 9_700),
    ]));
    let cycle = only(findings, PatternKind::Cycle);
    assert_eq!(cycle.accounts, [1, 2, 3]);
    assert_eq!(cycle.payments, [1, 3, 4]);
    assert_eq!(cycle.minor, 2_940_000);
    assert_eq!(cycle.last_ms - cycle.first_ms, 20 * MIN_MS);
    let last = rows.last().unwrap();
    assert_eq!((last.cycle_hops, last.cycle_ms), (3, 20 * MIN_MS));
    assert_eq!(last.cycle_kept_bp, 9_797);
}

#[test]
fn a_ring_in_the_wrong_order_or_with_other_sums_is_no_cycle() {
    let backwards = [(0, 3, 1, 100), (10, 2, 3, 100), (20, 1, 2, 100)];
    let shrunk = [(0, 1, 2, 1_000), (10, 2, 3, 400), (20, 3, 1, 100)];
    let slow = [(0, 1, 2, 100), (10, 2, 3, 100), (1_500, 3, 1, 100)];
    for ring in [backwards, shrunk, slow] {
        let (rows, findings) = run(&transfers(&ring));
        assert!(rows.iter().all(|row| row.cycle_hops == 0), "{ring:?}");
        assert!(findings.iter().all(|f| f.kind != PatternKind::Cycle));
    }
}

#[test]
fn money_passed_on_whole_is_a_chain_with_its_origin() {
    let (rows, findings) = run(&transfers(&[
        (0, 1, 2, 5_000),
        (6, 2, 3, 4_950),
        (15, 3, 4, 4_900),
    ]));
    let chain = only(findings, PatternKind::PassThrough);
    assert_eq!(
        (chain.accounts, chain.payments),
        (vec![1, 2, 3, 4], vec![0, 1, 2])
    );
    let last = rows.last().unwrap();
    assert_eq!(
        (last.chain_depth, last.chain_fast_depth, last.chain_ms),
        (2, 2, 15 * MIN_MS)
    );
    assert_eq!((last.funder_whole, last.funder_age_ms), (1, 9 * MIN_MS));
    assert_eq!(last.from_fast_in_count, 1);
}

#[test]
fn fans_scatter_gather_and_water_rooms_name_their_members() {
    let fan_in: Vec<_> = (1..=5).map(|i| (i, 10 + i as u32, 1, 700)).collect();
    let found = only(run(&transfers(&fan_in)).1, PatternKind::FanIn);
    assert_eq!(found.accounts, [1, 11, 12, 13, 14, 15]);
    let fan_out: Vec<_> = (1..=5).map(|i| (i, 1, 10 + i as u32, 700)).collect();
    let found = only(run(&transfers(&fan_out)).1, PatternKind::FanOut);
    assert_eq!((found.accounts.len(), found.minor), (6, 350_000));

    let mut both = vec![];
    both.extend((0..3).map(|i| (i, 1, 10 + i as u32, 1_000)));
    both.extend((0..3).map(|i| (10 + i, 10 + i as u32, 2, 990)));
    let (rows, findings) = run(&transfers(&both));
    let found = only(findings, PatternKind::ScatterGather);
    assert_eq!(found.accounts[0], 1);
    assert_eq!(found.payments, [0, 1, 2, 3, 4, 5]);
    assert_eq!(rows[5].scatter_middlemen, 3);
    assert_eq!(rows[5].scatter_minor, 3 * 99_000);

    let turns = |count: i64| {
        let mut hub = vec![];
        for i in 0..count {
            hub.push((4 * i, 100 + i as u32, 1, 1_000));
            hub.push((4 * i + 2, 1, 200 + i as u32, 990));
        }
        run(&transfers(&hub)).1
    };
    only(turns(3), PatternKind::GatherScatter);
    assert!(turns(12).iter().any(|f| f.kind == PatternKind::WaterRoom));
}

#[test]
fn layers_are_bipartite_and_two_layers_are_a_stack() {
    let mut layer = vec![];
    for (i, (from, to)) in [(1, 11), (1, 12), (1, 13), (2, 11), (2, 12), (2, 13)]
        .into_iter()
        .enumerate()
    {
        layer.push((i as i64, from, to, 1_000));
    }
    let (rows, findings) = run(&transfers(&layer));
    assert_eq!(rows.last().unwrap().squares, 2);
    let found = only(findings, PatternKind::Bipartite);
    assert_eq!(found.accounts[0], 2);
    for (i, (from, to)) in [(13, 21), (13, 22), (13, 23), (12, 21), (12, 22)]
        .into_iter()
        .enumerate()
    {
        layer.push((20 + i as i64, from, to, 600));
    }
    layer.push((30, 13, 24, 10));
    layer.push((31, 12, 24, 10));
    assert!(
        run(&transfers(&layer[..11]))
            .1
            .iter()
            .all(|f| f.kind != PatternKind::Stack)
    );
}

#[test]
fn fund_units_redeemed_to_another_card_and_card_sales_settled_are_found() {
    let pay = |minutes, from, to, minor, channel| PatternPayment {
        at_ms: START_MS + minutes * MIN_MS,
        from,
        to,
        minor,
        channel,
    };
    let mut stream = vec![
        pay(0, 1, 2, 800_000, Channel::Transfer),
        pay(5, 2, 50, 790_000, Channel::FundPurchase),
        pay(600, 50, 3, 790_000, Channel::FundRedeem),
    ];
    let (rows, findings) = run(&stream);
    let found = only(findings, PatternKind::FundLaundering);
    assert_eq!(found.payments, [0, 1, 2]);
    assert_eq!(rows[2].redeemed_by_other, 1);
    stream[2].to = 2;
    assert!(run(&stream).1.is_empty(), "back to the one who bought");

    let found = run(&[
        pay(0, 1, 2, 800_000, Channel::Transfer),
        pay(5, 2, 60, 400_000, Channel::Pos),
        pay(9, 2, 60, 390_000, Channel::Pos),
        pay(1_300, 60, 3, 782_000, Channel::Payout),
    ]);
    let found = only(found.1, PatternKind::PosCashOut);
    assert_eq!(found.payments, [0, 1, 2, 3]);
}

#[test]
fn a_late_payment_counts_at_its_booking_time() {
    let mut stream = transfers(&[
        (0, 1, 2, 10),
        (120, 1, 2, 10),
        (90, 1, 2, 10),
        (125, 1, 2, 10),
    ]);
    let (rows, _) = run(&stream);
    assert_eq!(rows[2].late_ms, 30 * MIN_MS);
    assert_eq!(rows[3].from_out_count_1h, 2, "those of minutes 90 and 120");
    stream.extend(transfers(&[(151, 1, 2, 10)]));
    assert_eq!(
        run(&stream).0[4].from_out_count_1h,
        2,
        "that of minute 90 has left first"
    );
    let old = transfers(&[
        (0, 1, 2, 10),
        (12_000, 1, 2, 10),
        (1, 3, 2, 10),
        (12_001, 1, 2, 10),
    ]);
    let (rows, _) = run(&old);
    assert_eq!(
        (rows[3].to_in_count_7d, rows[3].to_in_count),
        (1, 3),
        "older than the week"
    );
}

/// Payments of few accounts, mostly in order, some late, some far apart.
fn streams() -> impl Strategy<Value = Vec<PatternPayment>> {
    let channel = prop::sample::select(vec![
        Channel::Transfer,
        Channel::Transfer,
        Channel::Transfer,
        Channel::Pos,
        Channel::Payout,
        Channel::FundPurchase,
        Channel::FundRedeem,
    ]);
    let gap = prop_oneof![
        20 => 0..20 * MIN_MS,
        2 => -8 * HOUR_MS..0,
        1 => -9 * DAY_MS..0,
        1 => 0..9 * DAY_MS,
    ];
    let row = (gap, 0..9_u32, 0..9_u32, 1..2_000_i64, channel);
    prop::collection::vec(row, 1..160).prop_map(|rows| {
        let mut at_ms = START_MS;
        let make = |(gap, from, to, minor, channel)| {
            let booked = at_ms + gap;
            at_ms = at_ms.max(booked);
            PatternPayment {
                at_ms: booked,
                from,
                to,
                minor,
                channel,
            }
        };
        rows.into_iter().map(make).collect()
    })
}

/// Counts, sums and partners of the window by looking at every payment.
fn plainly(payments: &[PatternPayment], account: u32, now_ms: i64, length_ms: i64) -> [i64; 6] {
    let inside = |p: &&PatternPayment| p.at_ms > now_ms - length_ms && p.at_ms <= now_ms;
    let ins: Vec<_> = payments
        .iter()
        .filter(inside)
        .filter(|p| p.to == account)
        .collect();
    let outs: Vec<_> = payments
        .iter()
        .filter(inside)
        .filter(|p| p.from == account)
        .collect();
    let distinct = |names: Vec<u32>| std::collections::BTreeSet::from_iter(names).len() as i64;
    [
        ins.len() as i64,
        outs.len() as i64,
        ins.iter().map(|p| p.minor).sum(),
        outs.iter().map(|p| p.minor).sum(),
        distinct(ins.iter().map(|p| p.from).collect()),
        distinct(outs.iter().map(|p| p.to).collect()),
    ]
}

proptest! {
    #[test]
    fn windows_hold_what_was_booked_in_them(stream in streams()) {
        let (rows, _) = run(&stream);
        let mut now_ms = i64::MIN;
        for (place, (payment, row)) in stream.iter().zip(&rows).enumerate() {
            now_ms = now_ms.max(payment.at_ms);
            let before = &stream[..place];
            let hour = plainly(before, payment.from, now_ms, HOUR_MS);
            prop_assert_eq!(hour[..4].to_vec(), vec![
                row.from_in_count_1h, row.from_out_count_1h, row.from_in_minor_1h, row.from_out_minor_1h,
            ]);
            prop_assert_eq!(plainly(before, payment.from, now_ms, DAY_MS), [
                row.from_in_count_24h, row.from_out_count_24h, row.from_in_minor_24h, row.from_out_minor_24h,
                row.from_payers_24h, row.from_payees_24h,
            ]);
            prop_assert_eq!(plainly(before, payment.to, now_ms, 7 * DAY_MS), [
                row.to_in_count_7d, row.to_out_count_7d, row.to_in_minor_7d, row.to_out_minor_7d,
                row.to_payers_7d, row.to_payees_7d,
            ]);
        }
    }

    #[test]
    fn restarts_change_nothing(stream in streams(), batch in 1..40_usize) {
        let (rows, findings) = run(&stream);
        let (mut again, mut found) = (Vec::new(), Vec::new());
        let mut bytes = PatternEngine::new().snapshot();
        for batch in stream.chunks(batch) {
            let mut engine = PatternEngine::restore(&bytes).unwrap();
            again.extend(batch.iter().map(|payment| engine.observe(payment, &mut found)));
            prop_assert!(engine.steps_last() <= PatternEngine::STEPS_MAX);
            bytes = engine.snapshot();
        }
        prop_assert_eq!(again, rows);
        prop_assert_eq!(found, findings);
    }

    #[test]
    fn damaged_snapshots_are_refused_or_read(stream in streams(), cut in 0..4_000_usize) {
        let mut engine = PatternEngine::new();
        for payment in &stream {
            engine.observe(payment, &mut Vec::new());
        }
        let bytes = engine.snapshot();
        let cut = cut % bytes.len();
        prop_assert!(PatternEngine::restore(&bytes[..cut]).is_err());
    }
}

#[test]
fn a_dense_crowd_stays_within_the_budget() {
    // Everybody pays everybody within a day: 40 accounts, 16,000 payments.
    let mut engine = PatternEngine::new();
    let mut findings = Vec::new();
    let mut most = 0;
    for i in 0..16_000_u32 {
        let payment = PatternPayment {
            at_ms: START_MS + i64::from(i) * 5_000,
            from: i.wrapping_mul(7) % 40,
            to: i.wrapping_mul(11).wrapping_add(i / 40) % 40,
            minor: 1_000 + i64::from(i % 97),
            channel: Channel::Transfer,
        };
        engine.observe(&payment, &mut findings);
        most = most.max(engine.steps_last());
    }
    assert!(most > 200 && most <= PatternEngine::STEPS_MAX, "{most}");
    let memory = engine.memory();
    assert_eq!((memory.payments, memory.accounts), (16_000, 40));
}

#[test]
fn a_set_of_payments_is_named_by_its_structure() {
    let named = |pairs: &[(u32, u32)]| {
        let rows: Vec<_> = (0..)
            .zip(pairs)
            .map(|(i, (from, to))| (i, *from, *to, 1 + i))
            .collect();
        name_pattern(&transfers(&rows))
    };
    let cases: [(&[(u32, u32)], PatternKind); 13] = [
        (&[(1, 2), (1, 3)], PatternKind::FanOut),
        (&[(2, 1), (3, 1), (2, 1)], PatternKind::FanIn),
        (&[(1, 2), (2, 3), (3, 1)], PatternKind::Cycle),
        (&[(1, 2), (2, 1)], PatternKind::Cycle),
        (&[(1, 2), (2, 3), (3, 4)], PatternKind::Random),
        (&[(1, 2), (2, 3)], PatternKind::Random),
        (&[(1, 2), (2, 3), (4, 5), (5, 6)], PatternKind::Stack),
        (&[(1, 2), (3, 4), (5, 6)], PatternKind::Bipartite),
        (&[(1, 3), (2, 3), (1, 4), (2, 4)], PatternKind::Bipartite),
        (
            &[(1, 3), (1, 4), (2, 4), (3, 5), (4, 5), (4, 6)],
            PatternKind::Stack,
        ),
        (
            &[(1, 9), (2, 9), (9, 3), (9, 4)],
            PatternKind::GatherScatter,
        ),
        (&[(1, 9), (9, 9)], PatternKind::GatherScatter),
        (
            &[(1, 2), (1, 3), (2, 9), (1, 4), (3, 9), (4, 9)],
            PatternKind::ScatterGather,
        ),
    ];
    for (pairs, kind) in cases {
        assert_eq!(named(pairs), Some(kind), "{pairs:?}");
    }
    assert_eq!(named(&[]), None);
}
