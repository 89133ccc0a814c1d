//! Reads the folders of `fundflow_gen.py` and compares traces with their ground truth.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "reads trusted files for tests and measurements: it stops at the first surprise"
)]

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::Path;

use stanch_graph::{
    AccountFacts, AccountIx, Graph, NewPayment, PaymentIx, Trace, TraceRequest, TxId,
};
use stanch_types::plan::TraceMethod;
use stanch_types::{Channel, Currency, Timestamp};

/// A loaded folder.
pub struct Set {
    pub graph: Graph,
    pub cases: Vec<Case>,
}

/// One victim report.
pub struct Case {
    pub id: u32,
    pub victims: Vec<PaymentIx>,
}

/// A line of `tx.csv`.
#[derive(Debug, Clone, Copy)]
pub struct Line<'a> {
    pub tx_id: &'a str,
    pub at_ms: i64,
    pub from: usize,
    pub to: usize,
    pub minor: i64,
    pub channel: Channel,
}

/// What the generator says of one case: stolen money by `[fifo, pro rata]`.
#[derive(Default)]
pub struct Truth {
    /// By payment.
    pub transfers: BTreeMap<u64, [i64; 2]>,
    /// By instant and account, with the account's balance.
    pub balances: BTreeMap<i64, BTreeMap<usize, (i64, [i64; 2])>>,
}

pub fn read(dir: &Path, name: &str) -> String {
    let path = dir.join(name);
    fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

pub fn rows(text: &str) -> impl Iterator<Item = Vec<&str>> {
    text.lines().skip(1).map(|line| line.split(',').collect())
}

fn number<T: std::str::FromStr>(field: &str) -> T {
    field
        .parse()
        .unwrap_or_else(|_| panic!("not a number: {field}"))
}

/// A graph with the accounts of the folder and no payments.
pub fn load_accounts(dir: &Path) -> (Graph, Vec<AccountIx>) {
    let text = read(dir, "accounts.csv");
    let mut graph = Graph::new();
    let mut accounts = Vec::new();
    for row in rows(&text) {
        let ix = graph
            .intern_account(
                &row[1].parse().unwrap(),
                &row[0].parse().unwrap(),
                Currency::CNY,
            )
            .unwrap();
        accounts.push(ix);
    }
    for (row, ix) in rows(&text).zip(&accounts) {
        let owner: i64 = number(row[3]);
        let facts = AccountFacts {
            kind: row[2].parse().unwrap(),
            owner: usize::try_from(owner).ok().map(|place| accounts[place]),
            opening_minor: number(row[6]),
            opened_at: Some(Timestamp::from_millis(number(row[4]))),
        };
        graph.set_account(*ix, facts).unwrap();
    }
    (graph, accounts)
}

pub fn parse_payments(text: &str) -> impl Iterator<Item = Line<'_>> {
    text.lines().skip(1).map(|line| {
        let mut fields = line.split(',');
        let mut next = || fields.next().unwrap();
        let (tx_id, at_ms, from, to) = (next(), next(), next(), next());
        let (_, _, minor, _, channel) = (next(), next(), next(), next(), next());
        Line {
            tx_id,
            at_ms: number(at_ms),
            from: number(from),
            to: number(to),
            minor: number(minor),
            channel: channel.parse().unwrap(),
        }
    })
}

pub fn insert(graph: &mut Graph, accounts: &[AccountIx], line: Line<'_>) -> PaymentIx {
    let payment = NewPayment {
        tx_id: line.tx_id,
        at_ms: line.at_ms,
        from: accounts[line.from],
        to: accounts[line.to],
        minor: line.minor,
        channel: line.channel,
    };
    graph.insert(payment).unwrap().ix()
}

/// The cases, once their payments are in the graph.
pub fn load_cases(dir: &Path, graph: &Graph) -> Vec<Case> {
    let mut victims: HashMap<u32, Vec<PaymentIx>> = HashMap::new();
    for row in rows(&read(dir, "truth_planted.csv")) {
        if row[3] == "victim_payment" {
            let payment = graph.find_payment(row[0]).unwrap();
            victims.entry(number(row[1])).or_default().push(payment);
        }
    }
    rows(&read(dir, "cases.csv"))
        .map(|row| Case {
            id: number(row[0]),
            victims: victims.remove(&number(row[0])).unwrap_or_default(),
        })
        .collect()
}

pub fn load_truth(dir: &Path) -> HashMap<u32, Truth> {
    let mut truth: HashMap<u32, Truth> = HashMap::new();
    for row in rows(&read(dir, "truth_tx.csv")) {
        let stolen = [number(row[2]), number(row[3])];
        let case = truth.entry(number(row[1])).or_default();
        case.transfers.insert(number(row[0]), stolen);
    }
    for row in rows(&read(dir, "truth_balance.csv")) {
        let stolen = [number(row[4]), number(row[5])];
        let case = truth.entry(number(row[0])).or_default();
        let at = case.balances.entry(number(row[1])).or_default();
        at.insert(number(row[2]), (number(row[3]), stolen));
    }
    truth
}

pub fn trace(graph: &Graph, case: &Case, method: TraceMethod, as_of_ms: Option<i64>) -> Trace {
    let request = TraceRequest {
        as_of: as_of_ms.map(Timestamp::from_millis),
        ..TraceRequest::new(case.victims.clone(), method)
    };
    graph.trace(&request).unwrap()
}

pub const METHODS: [TraceMethod; 2] = [TraceMethod::Fifo, TraceMethod::ProRata];

/// The differences between a case's traces and the truth, as text.
pub fn differences(set: &Set, case: &Case, truth: &Truth) -> Vec<String> {
    let mut found = Vec::new();
    for (column, method) in METHODS.into_iter().enumerate() {
        let answer = trace(&set.graph, case, method, None);
        let got: BTreeMap<u64, i64> = answer
            .transfers
            .iter()
            .map(|t| (tx_number(&set.graph, t.payment), t.stolen_minor))
            .collect();
        let want: BTreeMap<u64, i64> = truth
            .transfers
            .iter()
            .map(|(tx, stolen)| (*tx, stolen[column]))
            .filter(|(_, stolen)| *stolen > 0)
            .collect();
        if got != want {
            found.push(format!(
                "case {} {method}: {}",
                case.id,
                first_difference(&got, &want)
            ));
        }
        for (as_of_ms, rows) in &truth.balances {
            let answer = trace(&set.graph, case, method, Some(*as_of_ms));
            let got: BTreeMap<usize, (i64, i64)> = answer
                .balances
                .iter()
                .map(|b| {
                    (
                        account_number(&set.graph, b.account),
                        (b.balance_minor, b.stolen_minor),
                    )
                })
                .collect();
            let want: BTreeMap<usize, (i64, i64)> = rows
                .iter()
                .map(|(account, (balance, stolen))| (*account, (*balance, stolen[column])))
                .filter(|(_, (_, stolen))| *stolen > 0)
                .collect();
            if got != want {
                let what = first_difference(&got, &want);
                found.push(format!("case {} {method} at {as_of_ms}: {what}", case.id));
            }
        }
    }
    found
}

fn first_difference<K: Ord + Copy + std::fmt::Debug, V: PartialEq + std::fmt::Debug>(
    got: &BTreeMap<K, V>,
    want: &BTreeMap<K, V>,
) -> String {
    let key = got
        .keys()
        .chain(want.keys())
        .filter(|key| got.get(key) != want.get(key))
        .min();
    key.map_or_else(String::new, |key| {
        format!("{key:?}: got {:?}, truth {:?}", got.get(key), want.get(key))
    })
}

fn tx_number(graph: &Graph, payment: PaymentIx) -> u64 {
    match graph.payment(payment).unwrap().tx_id {
        TxId::Number(number) => number,
        TxId::Text(text) => panic!("not a number: {text}"),
    }
}

fn account_number(graph: &Graph, account: AccountIx) -> usize {
    number(graph.account(account).unwrap().account.expose())
}
