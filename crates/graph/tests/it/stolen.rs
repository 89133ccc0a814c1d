//! The streaming ledger holds what the plain rules give, however the payments came.

use std::collections::{BTreeMap, HashMap, VecDeque};

use proptest::prelude::*;
use stanch_graph::{
    AccountFacts, AccountIx, CaseIx, Graph, Inserted, NewPayment, PaymentIx, PlanReplay,
    ReplayRules, StolenLedger, TraceRequest,
};
use stanch_types::plan::TraceMethod;
use stanch_types::{AccountKind, Channel, Currency, Duration};

use crate::small_worlds::Dice;

#[derive(Debug, Clone, Copy)]
struct Pay {
    number: usize,
    at_ms: i64,
    from: usize,
    to: usize,
    minor: i64,
    /// The case whose victim pays, if any.
    victim_of: Option<usize>,
    withdrawn: bool,
}

struct World {
    opening: Vec<i64>,
    is_cash: Vec<bool>,
    cases: usize,
    horizon_ms: i64,
    min_minor: i64,
}

/// By case and account: first in first out, pro rata.
type Money = BTreeMap<(usize, usize), (i64, i64)>;

/// One pass over all payments in order, every case at once, every fen in a lot.
fn plainly(world: &World, payments: &[Pay], open: &[bool]) -> Money {
    let mut booked: Vec<&Pay> = payments.iter().filter(|pay| !pay.withdrawn).collect();
    booked.sort_by_key(|pay| (pay.at_ms, pay.number));
    let first_ms: Vec<i64> = (0..world.cases)
        .map(|case| {
            let of_case = payments.iter().filter(|pay| pay.victim_of == Some(case));
            of_case.map(|pay| pay.at_ms).min().unwrap_or(i64::MAX / 2)
        })
        .collect();
    let labels = |case: usize, at_ms: i64| at_ms <= first_ms[case] + world.horizon_ms;
    let mut lots: Vec<Lots> = world
        .opening
        .iter()
        .map(|minor| VecDeque::from([(*minor, None)]))
        .collect();
    let mut balance = world.opening.clone();
    let mut shares: Vec<BTreeMap<usize, i64>> = vec![BTreeMap::new(); balance.len()];
    for pay in booked {
        let (mut moved, mut parts) = (Vec::new(), Vec::new());
        if world.is_cash[pay.from] {
            moved.push((pay.minor, None));
        } else {
            moved = use_lots(&mut lots[pay.from], pay.minor);
            for (_, case) in &mut moved {
                *case = case.filter(|case| labels(*case, pay.at_ms));
            }
            for (case, share) in &mut shares[pay.from] {
                if !labels(*case, pay.at_ms) {
                    continue;
                }
                let part = if pay.minor >= balance[pay.from] {
                    *share
                } else {
                    pay.minor * *share / balance[pay.from]
                };
                if part == *share || part >= world.min_minor {
                    *share -= part;
                    parts.push((*case, part));
                }
            }
            balance[pay.from] = (balance[pay.from] - pay.minor).max(0);
        }
        if let Some(case) = pay.victim_of.filter(|case| open[*case]) {
            moved = vec![(pay.minor, Some(case))];
            parts = vec![(case, pay.minor)];
        }
        balance[pay.to] += pay.minor;
        if !world.is_cash[pay.to] {
            lots[pay.to].extend(moved);
            for (case, part) in parts {
                *shares[pay.to].entry(case).or_default() += part;
            }
        }
    }
    sum_up(&lots, &shares)
}

type Lots = VecDeque<(i64, Option<usize>)>;

/// The oldest lots of an account; what it never had is clean.
fn use_lots(lots: &mut Lots, mut need: i64) -> Vec<(i64, Option<usize>)> {
    let mut moved = Vec::new();
    while need > 0 {
        let Some((left, case)) = lots.front_mut() else {
            moved.push((need, None));
            break;
        };
        let used = need.min(*left);
        moved.push((used, *case));
        *left -= used;
        need -= used;
        if *left == 0 {
            lots.pop_front();
        }
    }
    moved
}

fn sum_up(lots: &[Lots], shares: &[BTreeMap<usize, i64>]) -> Money {
    let mut money = Money::new();
    for (account, lots) in lots.iter().enumerate() {
        for (minor, case) in lots {
            if let Some(case) = case
                && *minor > 0
            {
                money.entry((*case, account)).or_default().0 += minor;
            }
        }
        for (case, share) in &shares[account] {
            if *share > 0 {
                money.entry((*case, account)).or_default().1 += share;
            }
        }
    }
    money
}

/// A graph and a ledger that are told things one by one.
struct Told {
    world: World,
    graph: Graph,
    ledger: StolenLedger,
    accounts: Vec<AccountIx>,
    payments: Vec<Pay>,
    ix: HashMap<usize, PaymentIx>,
    open: Vec<Option<CaseIx>>,
}

impl Told {
    fn new(dice: &mut Dice) -> Self {
        let count = 2 + dice.below(7) as usize;
        let world = World {
            opening: (0..count)
                .map(|_| [0, 0, 37, 400][dice.below(4) as usize])
                .collect(),
            is_cash: (0..count).map(|_| dice.below(6) == 0).collect(),
            cases: 1 + dice.below(4) as usize,
            horizon_ms: dice.below(80) as i64,
            min_minor: [1, 20, 100][dice.below(3) as usize],
        };
        let mut graph = Graph::new();
        let mut accounts = Vec::new();
        for number in 0..count {
            let name = number.to_string().parse().unwrap();
            let bank = "BK01".parse().unwrap();
            let ix = graph.intern_account(&bank, &name, Currency::CNY).unwrap();
            accounts.push(ix);
        }
        let mut told = Self {
            ledger: StolenLedger::default(),
            open: vec![None; world.cases],
            world,
            graph,
            accounts,
            payments: Vec::new(),
            ix: HashMap::new(),
        };
        for number in 0..count {
            told.tell_facts(number);
        }
        told.ledger = StolenLedger::of(&told.graph);
        told
    }

    fn tell_facts(&mut self, number: usize) {
        let kind = match self.world.is_cash[number] {
            true => AccountKind::Cash,
            false => AccountKind::Person,
        };
        let facts = AccountFacts {
            kind,
            opening_minor: self.world.opening[number],
            ..AccountFacts::default()
        };
        self.graph
            .set_account(self.accounts[number], facts)
            .unwrap();
    }

    fn pay(&mut self, dice: &mut Dice, clock: i64) {
        let number = self.payments.len();
        let late = if dice.below(5) == 0 {
            dice.below(40) as i64
        } else {
            0
        };
        let accounts = self.accounts.len() as u64;
        let pay = Pay {
            number,
            at_ms: (clock - late).max(0),
            from: dice.below(accounts) as usize,
            to: dice.below(accounts) as usize,
            minor: 1 + dice.below(400) as i64,
            victim_of: (dice.below(6) == 0)
                .then(|| dice.below(self.world.cases as u64) as usize)
                // A case that is open has all its payments.
                .filter(|case| self.open[*case].is_none()),
            withdrawn: false,
        };
        let tx_id = number.to_string();
        let new = NewPayment {
            tx_id: &tx_id,
            at_ms: pay.at_ms,
            from: self.accounts[pay.from],
            to: self.accounts[pay.to],
            minor: pay.minor,
            channel: Channel::Transfer,
        };
        self.ix.insert(number, self.graph.insert(new).unwrap().ix());
        self.payments.push(pay);
    }

    fn step(&mut self, dice: &mut Dice, clock: i64) {
        match dice.below(20) {
            0 if !self.payments.is_empty() => {
                let place = dice.below(self.payments.len() as u64) as usize;
                let pay = &mut self.payments[place];
                if self.graph.withdraw(self.ix[&pay.number]) {
                    pay.withdrawn = true;
                    let accounts = [self.accounts[pay.from], self.accounts[pay.to]];
                    self.ledger.amend(&self.graph, &accounts).unwrap();
                }
            }
            1 | 2 => {
                let case = dice.below(self.world.cases as u64) as usize;
                let of_case = self
                    .payments
                    .iter()
                    .filter(|pay| pay.victim_of == Some(case));
                let payments: Vec<PaymentIx> = of_case.map(|pay| self.ix[&pay.number]).collect();
                if self.open[case].is_none() && !payments.is_empty() {
                    let request = TraceRequest {
                        horizon: Duration::from_millis(self.world.horizon_ms),
                        haircut_min_minor: self.world.min_minor,
                        ..TraceRequest::new(payments, TraceMethod::Fifo)
                    };
                    self.open[case] = Some(self.ledger.open(&self.graph, request).unwrap());
                }
            }
            4 => {
                let number = dice.below(self.accounts.len() as u64) as usize;
                self.world.is_cash[number] ^= true;
                self.tell_facts(number);
                let told = [self.accounts[number]];
                self.ledger.amend(&self.graph, &told).unwrap();
            }
            3 => {
                let case = dice.below(self.world.cases as u64) as usize;
                if let Some(ix) = self.open[case].take() {
                    self.ledger.close(&self.graph, ix).unwrap();
                }
            }
            _ => self.pay(dice, clock),
        }
        // Sometimes several payments wait before the ledger looks.
        if dice.below(3) > 0 {
            self.ledger.catch_up(&self.graph).unwrap();
        }
    }

    fn money(&self) -> Money {
        let mut money = Money::new();
        for (case, ix) in self.open.iter().enumerate() {
            for holding in ix.iter().flat_map(|ix| self.ledger.holdings(*ix)) {
                let account = holding.account.get() as usize;
                assert!(holding.balance_minor >= 0 && holding.ahead_minor >= 0);
                let amounts = (holding.fifo_minor, holding.pro_rata_minor);
                money.insert((case, account), amounts);
            }
        }
        money
    }
}

#[test]
fn a_withdrawn_payment_is_nowhere_and_does_not_come_back() {
    let mut graph = Graph::new();
    let bank = "BK01".parse().unwrap();
    let mut account = |name: &str| {
        let name = name.parse().unwrap();
        graph.intern_account(&bank, &name, Currency::CNY).unwrap()
    };
    let (from, to) = (account("1"), account("2"));
    let pay = |tx_id, at_ms| NewPayment {
        tx_id,
        at_ms,
        from,
        to,
        minor: 500,
        channel: Channel::Transfer,
    };
    let first = graph.insert(pay("a", 1)).unwrap().ix();
    let second = graph.insert(pay("b", 2)).unwrap().ix();
    assert!(graph.withdraw(first));
    assert!(!graph.withdraw(first), "once");
    assert_eq!(graph.balance_at(to, 10), 500);
    let left: Vec<PaymentIx> = graph.payments_of(to, 0, 10).map(|view| view.ix).collect();
    assert_eq!(left, [second]);
    let streamed: Vec<PaymentIx> = graph
        .pattern_stream()
        .iter()
        .map(|(view, _)| view.ix)
        .collect();
    assert_eq!(streamed, [second]);
    assert_eq!(
        graph.insert(pay("a", 1)).unwrap(),
        Inserted::Unchanged(first)
    );
    assert_eq!(graph.balance_at(to, 10), 500);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn whatever_comes_when_the_money_lies_where_the_plain_rules_put_it(seed in any::<u64>()) {
        let mut dice = Dice(seed);
        let mut told = Told::new(&mut dice);
        let steps = 10 + dice.below(60);
        for step in 0..steps {
            told.step(&mut dice, step as i64 * 3);
        }
        told.ledger.catch_up(&told.graph).unwrap();
        let open: Vec<bool> = told.open.iter().map(Option::is_some).collect();
        prop_assert_eq!(told.money(), plainly(&told.world, &told.payments, &open));
    }
}

#[test]
fn a_replay_remembers_what_its_orders_refused_when_a_case_is_traced_anew() {
    let mut graph = Graph::new();
    let bank = "BK01".parse().unwrap();
    let mut account = |name: &str| {
        let name = name.parse().unwrap();
        graph.intern_account(&bank, &name, Currency::CNY).unwrap()
    };
    let [victim, mule, next, other] = ["1", "2", "3", "4"].map(&mut account);
    let mut replay = PlanReplay::new(graph, ReplayRules::default());
    replay.report(7, 2, vec!["a".to_owned()]);
    let hour = 3_600_000;
    // The third is booked before the second but comes after it.
    let payments = [
        ("a", 1, victim, mule, 100_000),
        ("b", hour, mule, next, 100_000),
        ("c", hour - 1, other, mule, 50),
        ("d", 2 * hour, other, victim, 50),
    ];
    for (tx_id, at_ms, from, to, minor) in payments {
        let channel = Channel::Transfer;
        let payment = NewPayment {
            tx_id,
            at_ms,
            from,
            to,
            minor,
            channel,
        };
        replay.pay(payment).unwrap();
    }
    let (_, orders) = replay.finish().unwrap();
    let accounts: Vec<AccountIx> = orders.iter().map(|order| order.account).collect();
    assert_eq!(accounts, [mule], "nothing ever reached the next account");
}
