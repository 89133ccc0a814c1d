//! Inserting and tracing in a made-up stream: 200,000 payments among 5,000 accounts, few of them busy.
//! Whole-system figures on generated sets: `bench/trace.md`.

use divan::{Bencher, black_box};
use stanch_graph::{AccountIx, Graph, GraphError, Inserted, NewPayment, PaymentIx, TraceRequest};
use stanch_types::plan::TraceMethod;
use stanch_types::{Channel, Currency};

const ACCOUNTS: u64 = 5_000;
const PAYMENTS: u64 = 200_000;

fn main() {
    divan::main();
}

/// Splitmix64.
fn mix(x: u64) -> u64 {
    let x = x.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}

fn accounts(graph: &mut Graph) -> Vec<AccountIx> {
    let code = "BK01".parse();
    (0..ACCOUNTS)
        .filter_map(|number| {
            let number = number.to_string().parse().ok()?;
            graph
                .intern_account(code.as_ref().ok()?, &number, Currency::CNY)
                .ok()
        })
        .collect()
}

fn insert(graph: &mut Graph, accounts: &[AccountIx], number: u64) -> Result<Inserted, GraphError> {
    // The square of a uniform draw: low numbers are busy accounts.
    let account = |draw: u64| accounts[(draw % ACCOUNTS * (draw >> 32) % ACCOUNTS) as usize];
    graph.insert(NewPayment {
        tx_id: &number.to_string(),
        at_ms: number as i64 * 1_000,
        from: account(mix(2 * number)),
        to: account(mix(2 * number + 1)),
        minor: 1 + (mix(number) % 100_000) as i64,
        channel: Channel::Transfer,
    })
}

fn stream() -> (Graph, Vec<PaymentIx>) {
    let mut graph = Graph::new();
    let accounts = accounts(&mut graph);
    let payments = (0..PAYMENTS)
        .filter_map(|number| insert(&mut graph, &accounts, number).ok())
        .map(Inserted::ix)
        .collect();
    graph.settle();
    (graph, payments)
}

#[divan::bench(sample_count = 10)]
fn insert_200k_in_order(bencher: Bencher) {
    bencher.counter(PAYMENTS).bench(|| stream().0);
}

#[divan::bench(args = [TraceMethod::Fifo, TraceMethod::ProRata])]
fn trace_one_hour(bencher: Bencher, method: TraceMethod) {
    let (graph, payments) = stream();
    let mut next = 0;
    bencher.bench_local(|| {
        next = (next + 997) % (payments.len() / 2);
        let mut request = TraceRequest::new(vec![payments[next]], method);
        request.horizon = stanch_types::Duration::from_hours(1);
        black_box(graph.trace(&request))
    });
}

#[divan::bench]
fn balance_at_a_busy_account(bencher: Bencher) {
    let (graph, payments) = stream();
    let busiest = payments
        .first()
        .and_then(|ix| graph.payment(*ix))
        .map(|p| p.from);
    let mut next = 0;
    bencher.bench_local(|| {
        next = (next + 997) % PAYMENTS;
        busiest.map(|account| graph.balance_at(account, next as i64 * 1_000))
    });
}
