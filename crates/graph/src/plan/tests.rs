use stanch_types::plan::PlanReason;
use stanch_types::{AccountKind, Channel, Currency, Timestamp};

use super::{PlanRequest, plan};
use crate::{AccountFacts, AccountIx, Graph, NewPayment, PaymentIx, TraceRequest};

const MINUTE: i64 = 60_000;

struct World {
    graph: Graph,
    next_tx: u32,
}

impl World {
    fn account(&mut self, institution: &str, number: &str, facts: AccountFacts) -> AccountIx {
        let ix = self
            .graph
            .intern_account(
                &institution.parse().unwrap(),
                &number.parse().unwrap(),
                Currency::CNY,
            )
            .unwrap();
        self.graph.set_account(ix, facts).unwrap();
        ix
    }

    fn pay(&mut self, at_ms: i64, from: AccountIx, to: AccountIx, minor: i64) -> PaymentIx {
        self.next_tx += 1;
        let new = NewPayment {
            tx_id: &self.next_tx.to_string(),
            at_ms,
            from,
            to,
            minor,
            channel: Channel::Transfer,
        };
        self.graph.insert(new).unwrap().ix()
    }
}

fn facts(kind: AccountKind, opening_minor: i64) -> AccountFacts {
    AccountFacts {
        kind,
        opening_minor,
        ..AccountFacts::default()
    }
}

/// victim -> mule -> {second mule, fund units, cash, a crumb}; 200 yuan stay with the first mule.
#[test]
fn lines_are_ranked_and_say_why() {
    let mut world = World {
        graph: Graph::new(),
        next_tx: 0,
    };
    let person = |opening| facts(AccountKind::Person, opening);
    let victim = world.account("BK01", "1", person(1_000_000));
    let mule = world.account("BK01", "2", person(0));
    let second = world.account("WL01", "3", person(0));
    let crumbs = world.account("WL01", "4", person(0));
    let cash = world.account("BK01", "9", facts(AccountKind::Cash, 0));
    let holding_facts = AccountFacts {
        owner: Some(mule),
        ..facts(AccountKind::FundHolding, 0)
    };
    let holding = world.account("FD01", "5", holding_facts);
    let stolen = world.pay(0, victim, mule, 100_000);
    world.pay(MINUTE, mule, second, 30_000);
    world.pay(2 * MINUTE, mule, holding, 25_000);
    world.pay(3 * MINUTE, mule, cash, 24_500);
    world.pay(4 * MINUTE, mule, crumbs, 500);

    let trace = world
        .graph
        .trace(&TraceRequest::new(vec![stolen], super::TraceMethod::Fifo))
        .unwrap();
    let request = PlanRequest::new(Timestamp::from_millis(5 * MINUTE));
    let draft = plan(&world.graph, &trace, &request);

    let targets: Vec<&str> = draft
        .lines
        .iter()
        .map(|line| line.target.account.expose())
        .collect();
    assert_eq!(targets, ["5", "3", "2"], "units stay, mules' money runs");
    assert_eq!(draft.left_out.minor(), 500);
    assert_eq!(draft.out_of_reach.minor(), 24_500);
    let [units, passed, first] = draft.lines.as_slice() else {
        panic!("three lines")
    };
    assert_eq!(units.redemption_product.as_deref(), Some("5"));
    assert_eq!(
        units.settlement.as_ref().map(|s| s.account.expose()),
        Some("2")
    );
    assert!(
        matches!(&units.reason, PlanReason::FundUnits { from } if from.account.expose() == "2")
    );
    assert!(
        matches!(&passed.reason, PlanReason::PassedOn { from, .. } if from.account.expose() == "2")
    );
    assert_eq!(passed.tier, 2);
    assert_eq!(first.reason, PlanReason::FirstRecipient { payments: 1 });
    assert_eq!(
        (first.hold.minor(), first.balance.minor()),
        (20_000, 20_000)
    );
    assert!(first.settlement.is_none());

    let two = PlanRequest {
        lines_max: 2,
        ..request
    };
    let shorter = plan(&world.graph, &trace, &two);
    assert_eq!(shorter.lines, draft.lines[..2]);
    assert_eq!(shorter.left_out.minor(), 20_500);
}
