//! Random small worlds: the graph answers as the plain rules do, whatever the order of insertion.

use std::collections::BTreeMap;

use proptest::prelude::*;
use stanch_graph::{
    AccountFacts, AccountIx, Graph, GraphError, Inserted, NewPayment, PaymentIx, Trace,
    TraceRequest,
};
use stanch_types::plan::TraceMethod;
use stanch_types::{AccountKind, Channel, Currency, Duration, Timestamp};

use crate::oracle::{Account, Answer, Pay, World};

/// Splitmix64: a world is a function of its seed and its sizes.
pub struct Dice(pub u64);

impl Dice {
    pub fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (x ^ (x >> 31)) % n
    }

    fn between(&mut self, low: i64, high: i64) -> i64 {
        low + self.below(high.abs_diff(low)) as i64
    }
}

/// Accounts with little or no opening money, so that many go over what is known; millisecond ties; self-payments;
/// cycles; several victims' payments, some past the horizon, some by accounts that hold stolen money.
fn world(seed: u64, accounts: u64, payments: u64) -> World {
    let mut dice = Dice(seed);
    let span_ms = 1 + dice.below(2 * payments + 10) as i64;
    let accounts: Vec<Account> = (0..accounts)
        .map(|_| Account {
            opening_minor: [0, 0, dice.between(1, 500)][dice.below(3) as usize],
            is_cash: dice.below(6) == 0,
        })
        .collect();
    let some_account = |dice: &mut Dice| dice.below(accounts.len() as u64) as usize;
    let mut payments: Vec<Pay> = (0..payments)
        .map(|number| Pay {
            tx_id: match dice.below(3) {
                0 => format!("T-{number}"),
                _ => number.to_string(),
            },
            at_ms: dice.between(0, span_ms),
            from: some_account(&mut dice),
            to: some_account(&mut dice),
            minor: dice.between(1, 400),
            by_victim: dice.below(12) == 0,
        })
        .collect();
    payments[0].by_victim = true;
    World {
        accounts,
        payments,
        horizon_ms: dice.between(0, span_ms + 5),
        haircut_min_minor: [1, 20, 100][dice.below(3) as usize],
    }
}

/// The world in a graph, payments put in in the given order.
struct Built {
    graph: Graph,
    accounts: Vec<AccountIx>,
    victims: Vec<PaymentIx>,
}

fn build<'w>(world: &'w World, order: impl Iterator<Item = &'w Pay>) -> Built {
    let mut graph = Graph::new();
    let mut accounts = Vec::new();
    for (number, account) in world.accounts.iter().enumerate() {
        let number = number.to_string().parse().unwrap();
        let ix = graph
            .intern_account(&"BK01".parse().unwrap(), &number, Currency::CNY)
            .unwrap();
        let facts = AccountFacts {
            kind: if account.is_cash {
                AccountKind::Cash
            } else {
                AccountKind::Person
            },
            opening_minor: account.opening_minor,
            ..AccountFacts::default()
        };
        graph.set_account(ix, facts).unwrap();
        accounts.push(ix);
    }
    let mut victims = Vec::new();
    for pay in order {
        let new = new_payment(pay, &accounts);
        let ix = graph.insert(new).unwrap().ix();
        assert_eq!(graph.insert(new), Ok(Inserted::Unchanged(ix)));
        if pay.by_victim {
            victims.push(ix);
        }
    }
    Built {
        graph,
        accounts,
        victims,
    }
}

fn new_payment<'a>(pay: &'a Pay, accounts: &[AccountIx]) -> NewPayment<'a> {
    NewPayment {
        tx_id: &pay.tx_id,
        at_ms: pay.at_ms,
        from: accounts[pay.from],
        to: accounts[pay.to],
        minor: pay.minor,
        channel: Channel::Transfer,
    }
}

fn trace(world: &World, built: &Built, method: TraceMethod, as_of_ms: Option<i64>) -> Trace {
    let request = TraceRequest {
        payments: built.victims.clone(),
        method,
        horizon: Duration::from_millis(world.horizon_ms),
        as_of: as_of_ms.map(Timestamp::from_millis),
        haircut_min_minor: world.haircut_min_minor,
    };
    built.graph.trace(&request).unwrap()
}

fn answer(built: &Built, trace: &Trace) -> Answer {
    let place = |ix| {
        built
            .accounts
            .iter()
            .position(|known| *known == ix)
            .unwrap()
    };
    let tx_id = |ix| built.graph.payment(ix).unwrap().tx_id.to_string();
    Answer {
        transfers: trace
            .transfers
            .iter()
            .map(|t| (tx_id(t.payment), t.stolen_minor))
            .collect(),
        balances: trace
            .balances
            .iter()
            .map(|b| (place(b.account), (b.balance_minor, b.stolen_minor)))
            .collect(),
        past_horizon: trace.totals.past_horizon_minor,
        paid_again: trace.totals.paid_again_minor,
    }
}

fn assert_conserved(trace: &Trace) {
    let totals = trace.totals;
    assert_eq!(
        totals.stolen_minor,
        totals.in_accounts_minor
            + totals.cash_minor
            + totals.past_horizon_minor
            + totals.paid_again_minor
    );
    let held: i64 = trace.balances.iter().map(|b| b.stolen_minor).sum();
    assert_eq!(held, totals.in_accounts_minor + totals.cash_minor);
    // What reached an account and is not there was sent on or used up.
    let mut received: BTreeMap<AccountIx, i64> = BTreeMap::new();
    for balance in trace.balances.iter().chain(&trace.emptied) {
        assert!(balance.stolen_minor <= balance.received_minor);
        assert!(balance.first_arrival_ms <= balance.last_arrival_ms);
        assert!(balance.tier >= 1);
        assert_eq!(balance.tier == 1, balance.victim_payments > 0);
        received.insert(balance.account, balance.received_minor);
    }
    let carried: i64 = trace.transfers.iter().map(|t| t.stolen_minor).sum();
    assert_eq!(received.values().sum::<i64>(), carried);
}

fn assert_agrees(world: &World, built: &Built) {
    let last_ms = world.payments.iter().map(|p| p.at_ms).max().unwrap_or(0);
    for as_of_ms in [
        None,
        Some(0),
        Some(last_ms / 2),
        Some(last_ms),
        Some(last_ms + 1),
    ] {
        let until = as_of_ms.unwrap_or(i64::MAX);
        let fifo = trace(world, built, TraceMethod::Fifo, as_of_ms);
        assert_conserved(&fifo);
        assert_eq!(
            answer(built, &fifo),
            world.fifo(until),
            "fifo at {as_of_ms:?}"
        );
        let pro_rata = trace(world, built, TraceMethod::ProRata, as_of_ms);
        assert_conserved(&pro_rata);
        assert_eq!(
            answer(built, &pro_rata),
            world.pro_rata(until),
            "pro rata at {as_of_ms:?}"
        );
    }
}

/// The payments in an order that depends on the seed alone.
fn shuffled(world: &World, seed: u64) -> Vec<&Pay> {
    let mut dice = Dice(seed ^ 0x5EED);
    let mut keyed: Vec<(u64, &Pay)> = world
        .payments
        .iter()
        .map(|pay| (dice.below(u64::MAX), pay))
        .collect();
    keyed.sort_by_key(|(key, _)| *key);
    keyed.into_iter().map(|(_, pay)| pay).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn small_worlds_are_traced_by_the_rules(seed: u64, accounts in 1_u64..8, payments in 1_u64..60) {
        let world = world(seed, accounts, payments);
        let mut built = build(&world, shuffled(&world, seed).into_iter());
        assert_agrees(&world, &built);
        built.graph.settle();
        assert_agrees(&world, &built);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    /// Few accounts with many payments: histories of many blocks, split and restated by late payments.
    #[test]
    fn long_histories_are_traced_by_the_rules(seed: u64, accounts in 1_u64..4, payments in 500_u64..1_100) {
        let world = world(seed, accounts, payments);
        let mut in_order: Vec<&Pay> = world.payments.iter().collect();
        in_order.sort_by_key(|pay| pay.at_ms);
        assert_agrees(&world, &build(&world, in_order.into_iter()));
        assert_agrees(&world, &build(&world, shuffled(&world, seed).into_iter()));
    }

    /// Opening balances told after the payments count as if told before.
    #[test]
    fn facts_may_come_late(seed: u64, accounts in 1_u64..4, payments in 1_u64..600) {
        let world = world(seed, accounts, payments);
        let bare = World {
            accounts: world.accounts.iter().map(|_| Account { opening_minor: 0, is_cash: false }).collect(),
            ..world.clone()
        };
        let mut built = build(&bare, bare.payments.iter());
        for (account, ix) in world.accounts.iter().zip(&built.accounts) {
            let facts = AccountFacts {
                kind: if account.is_cash { AccountKind::Cash } else { AccountKind::Person },
                opening_minor: account.opening_minor,
                ..AccountFacts::default()
            };
            built.graph.set_account(*ix, facts).unwrap();
        }
        assert_agrees(&world, &built);
    }

    /// Each account lists its payments in order of booking, within the times asked for.
    #[test]
    fn payments_of_an_account_come_in_order(seed: u64, payments in 1_u64..900, from in 0_i64..900, len in 0_i64..900) {
        let world = world(seed, 2, payments);
        let built = build(&world, shuffled(&world, seed).into_iter());
        let listed: Vec<_> = built.graph.payments_of(built.accounts[0], from, from + len).collect();
        prop_assert!(listed.is_sorted_by_key(|p| (p.at_ms, p.tx_id)));
        let expected: usize = world
            .payments
            .iter()
            .filter(|p| (from..from + len).contains(&p.at_ms))
            .map(|p| usize::from(p.from == 0) + usize::from(p.to == 0))
            .sum();
        prop_assert_eq!(listed.len(), expected);
    }
}

#[test]
fn bad_payments_are_refused_and_leave_nothing_behind() {
    let world = world(1, 3, 20);
    let mut built = build(&world, world.payments.iter());
    let other = built
        .graph
        .intern_account(
            &"BK01".parse().unwrap(),
            &"9".parse().unwrap(),
            "USD".parse().unwrap(),
        )
        .unwrap();
    let known = new_payment(&world.payments[3], &built.accounts);
    let fresh = NewPayment {
        tx_id: "fresh",
        ..known
    };
    let bytes = built.graph.bytes_used();
    let ix = built.graph.find_payment(known.tx_id).unwrap();
    let refused = [
        (
            NewPayment {
                minor: known.minor + 1,
                ..known
            },
            GraphError::Conflict(ix),
        ),
        (
            NewPayment {
                channel: Channel::Pos,
                ..known
            },
            GraphError::Conflict(ix),
        ),
        (NewPayment { tx_id: "", ..fresh }, GraphError::TxIdLength(0)),
        (NewPayment { minor: 0, ..fresh }, GraphError::NotPositive(0)),
        (
            NewPayment { minor: -5, ..fresh },
            GraphError::NotPositive(-5),
        ),
        (
            NewPayment {
                minor: i64::MAX,
                ..fresh
            },
            GraphError::TurnoverOverflow(fresh.from),
        ),
        (
            NewPayment { to: other, ..fresh },
            GraphError::CurrencyMismatch {
                from: Currency::CNY,
                to: "USD".parse().unwrap(),
            },
        ),
    ];
    for (payment, error) in refused {
        assert_eq!(built.graph.insert(payment), Err(error));
    }
    assert_eq!(built.graph.find_payment("fresh"), None);
    assert_eq!(built.graph.payment_count(), 20);
    assert_eq!(built.graph.bytes_used(), bytes);
}
