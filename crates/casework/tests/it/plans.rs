//! Plans: made, covered by orders, made anew, put forward, approved, declined.

use stanch_casework::{
    CaseworkError, PlanSubmission, SubmittedLine, approve_plan, assign_case, decline_plan,
    submit_plan,
};
use stanch_orders::OrdersError;
use stanch_types::order::{Authority, HoldScope, InvalidTransition, Order, OrderKind};
use stanch_types::plan::{Plan, PlanState};
use stanch_types::{Channel, Payment, UserId};

use crate::desk::{Desk, holding, mule, second_mule, start, victim, yuan};

fn submission(ranks: &[i32]) -> PlanSubmission {
    PlanSubmission {
        lines: ranks
            .iter()
            .map(|rank| SubmittedLine {
                rank: *rank,
                hold: None,
                whole_account_reason: None,
            })
            .collect(),
        authority: Some(Authority {
            body: "Siming branch".into(),
            reference: "2026-1".into(),
        }),
        emergency: true,
        reason: "victim's money arrived".into(),
    }
}

async fn submit(
    desk: &Desk,
    plan: &Plan,
    submission: PlanSubmission,
) -> Result<Vec<Order>, CaseworkError> {
    let mut tx = desk.store.begin().await.unwrap();
    let by = desk.operator;
    let orders = submit_plan(&mut tx, &desk.ctx, &desk.ledger, plan.id, by, submission).await?;
    tx.commit().await.unwrap();
    Ok(orders)
}

async fn approve(desk: &Desk, plan: &Plan, by: UserId) -> Result<Vec<Order>, CaseworkError> {
    let mut tx = desk.store.begin().await.unwrap();
    let orders = approve_plan(&mut tx, &desk.ctx, &desk.signer, plan.id, by).await?;
    tx.commit().await.unwrap();
    Ok(orders)
}

async fn first_plan(desk: &Desk) -> Plan {
    desk.book_theft();
    let case = desk.report(desk.told()).await.unwrap().case;
    desk.plan(case.id).await.unwrap()
}

#[tokio::test]
async fn lines_are_where_the_money_is_and_the_plan_stays_while_nothing_changes() {
    let desk = Desk::open().await;
    let plan = first_plan(&desk).await;
    let mut holds: Vec<_> = plan
        .lines
        .iter()
        .map(|line| (line.target.clone(), line.hold.minor()))
        .collect();
    holds.sort();
    assert_eq!(holds, [(second_mule(), 600_000), (mule(), 400_000)]);
    desk.clock.advance(stanch_types::Duration::from_mins(5));
    assert_eq!(desk.plan(plan.case_id).await.unwrap(), plan);
    desk.book(&[("T3", 16, mule(), second_mule(), 100_000)]);
    let newer = desk.plan(plan.case_id).await.unwrap();
    assert_eq!(newer.version, 2);
    let mut tx = desk.store.read().await.unwrap();
    let older = tx.get_plan(plan.id).await.unwrap();
    assert!(matches!(older.state, PlanState::Superseded { .. }));
    drop(tx);
    let stale = submit(&desk, &plan, submission(&[1])).await;
    assert!(matches!(stale, Err(CaseworkError::PlanState("superseded"))));
}

#[tokio::test]
async fn a_plan_that_waits_for_its_second_person_is_not_replaced_under_their_hands() {
    let desk = Desk::open().await;
    let plan = first_plan(&desk).await;
    submit(&desk, &plan, submission(&[1, 2])).await.unwrap();
    desk.book(&[("T3", 9, mule(), victim(), 100_000)]);
    desk.book(&[("T4", 9, second_mule(), holding(), 50_000)]);
    assert_eq!(desk.plan(plan.case_id).await.unwrap().id, plan.id);
    approve(&desk, &plan, desk.approver).await.unwrap();
    assert_eq!(desk.plan(plan.case_id).await.unwrap().version, 2);
}

#[tokio::test]
async fn two_people_turn_a_plan_into_orders() {
    let desk = Desk::open().await;
    let plan = first_plan(&desk).await;
    let mut wanted = submission(&[1, 2]);
    wanted.emergency = false;
    let orders = submit(&desk, &plan, wanted).await.unwrap();
    assert_eq!(orders.len(), 2);
    let on_mule = orders.iter().find(|o| o.content.target == mule()).unwrap();
    let disputed = on_mule.content.disputed.as_ref().unwrap();
    assert_eq!(
        (disputed.tx_id.as_str(), &disputed.payer),
        ("T1", &victim())
    );
    assert_eq!(on_mule.content.kind, OrderKind::StopPayment);
    let alone = approve(&desk, &plan, desk.operator).await;
    assert!(matches!(
        alone,
        Err(CaseworkError::Orders(OrdersError::Transition(
            InvalidTransition::SamePerson
        )))
    ));
    let signed = approve(&desk, &plan, desk.approver).await.unwrap();
    assert!(signed.iter().all(|order| order.state.as_str() == "signed"));
    let twice = approve(&desk, &plan, desk.approver).await;
    assert!(matches!(twice, Err(CaseworkError::PlanState("approved"))));
    // Everything is covered by orders on their way: the plan stays the newest.
    let again = desk.plan(plan.case_id).await.unwrap();
    assert_eq!(again.id, plan.id);
    desk.book(&[("T8", 7, victim(), mule(), 50_000)]);
    let mut content = desk.told();
    content.payments[0].tx_id = Some("T8".into());
    content.payments[0].amount = yuan(50_000);
    content.payments.push(desk.told().payments[0].clone());
    desk.report(content).await.unwrap();
    let rest = desk.plan(plan.case_id).await.unwrap();
    let holds: Vec<_> = rest
        .lines
        .iter()
        .map(|line| (line.rank, line.target.clone(), line.hold.minor()))
        .collect();
    assert_eq!(holds, [(1, mule(), 50_000)], "only what no order covers");
}

#[tokio::test]
async fn an_account_stopped_twice_is_not_proposed_again() {
    let desk = Desk::open().await;
    let plan = first_plan(&desk).await;
    submit(&desk, &plan, submission(&[1, 2])).await.unwrap();
    approve(&desk, &plan, desk.approver).await.unwrap();
    desk.book(&[("T3", 9, second_mule(), mule(), 50_000)]);
    let second = desk.plan(plan.case_id).await.unwrap();
    let targets = |plan: &Plan| -> Vec<_> {
        let lines = plan.lines.iter();
        lines.map(|line| (line.rank, line.target.clone())).collect()
    };
    assert_eq!(targets(&second), [(1, mule())]);
    submit(&desk, &second, submission(&[1])).await.unwrap();
    approve(&desk, &second, desk.approver).await.unwrap();
    desk.book(&[("T4", 10, second_mule(), mule(), 70_000)]);
    desk.book(&[("T5", 11, second_mule(), holding(), 30_000)]);
    let third = desk.plan(plan.case_id).await.unwrap();
    assert_eq!(targets(&third), [(1, holding())]);
    submit(&desk, &third, submission(&[1])).await.unwrap();
}

#[tokio::test]
async fn a_declined_plan_gives_its_lines_back() {
    let desk = Desk::open().await;
    let plan = first_plan(&desk).await;
    let orders = submit(&desk, &plan, submission(&[1])).await.unwrap();
    let mut tx = desk.store.begin().await.unwrap();
    let declined = decline_plan(&mut tx, &desk.ctx, plan.id, desk.approver, "own account")
        .await
        .unwrap();
    assert!(matches!(declined.state, PlanState::Superseded { .. }));
    assert_eq!(
        tx.get_order(orders[0].id).await.unwrap().state.as_str(),
        "withdrawn"
    );
    tx.commit().await.unwrap();
    assert_eq!(desk.run_due().await, 1);
    let mut tx = desk.store.read().await.unwrap();
    let next = tx.latest_plan(plan.case_id).await.unwrap().unwrap();
    assert_eq!((next.version, next.lines.len()), (2, 2));
}

#[tokio::test]
async fn what_is_put_forward_is_checked() {
    let desk = Desk::open().await;
    let plan = first_plan(&desk).await;
    let pointers = |result: Result<Vec<Order>, CaseworkError>| match result {
        Err(CaseworkError::SubmissionInvalid(findings)) => findings
            .iter()
            .map(|f| f.pointer.to_string())
            .collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    let none = submit(&desk, &plan, submission(&[])).await;
    assert_eq!(pointers(none), ["/lines"]);
    let odd = submit(&desk, &plan, submission(&[1, 1, 7])).await;
    assert_eq!(pointers(odd), ["/lines/1/rank", "/lines/2/rank"]);
    let mut more = submission(&[1]);
    more.lines[0].hold = Some(yuan(9_999_999));
    assert_eq!(
        pointers(submit(&desk, &plan, more).await),
        ["/lines/0/hold/minor"]
    );
    let mut short = submission(&[1]);
    short.lines[0].whole_account_reason = Some("because".into());
    let refused = submit(&desk, &plan, short).await;
    assert!(matches!(
        refused,
        Err(CaseworkError::Orders(OrdersError::Content(_)))
    ));
    let mut whole = submission(&[1]);
    whole.lines[0].whole_account_reason = Some("the account only ever held stolen money".into());
    let orders = submit(&desk, &plan, whole).await.unwrap();
    assert!(matches!(
        orders[0].content.scope,
        HoldScope::WholeAccount { .. }
    ));
}

#[tokio::test]
async fn fund_units_are_held_together_with_the_account_they_would_pay_to() {
    let desk = Desk::open().await;
    desk.book_theft();
    let purchase = Payment {
        tx_id: "F1".into(),
        occurred_at: start().plus(stanch_types::Duration::from_mins(6)),
        from: second_mule(),
        to: holding(),
        amount: yuan(600_000),
        channel: Channel::FundPurchase,
    };
    desk.ledger.append(&[purchase]).unwrap();
    let case = desk.report(desk.told()).await.unwrap().case;
    let plan = desk.plan(case.id).await.unwrap();
    let line = plan
        .lines
        .iter()
        .find(|line| line.target == holding())
        .unwrap();
    assert_eq!(line.settlement, Some(second_mule()));
    let orders = submit(&desk, &plan, submission(&[line.rank]))
        .await
        .unwrap();
    let asked: Vec<_> = orders
        .iter()
        .map(|order| (order.content.kind, order.content.target.clone()))
        .collect();
    assert_eq!(
        asked,
        [
            (OrderKind::RedemptionHold, holding()),
            (OrderKind::StopPayment, second_mule())
        ]
    );
    let HoldScope::FundUnits { units_centi, .. } = orders[0].content.scope else {
        panic!("not units");
    };
    assert_eq!(units_centi, 600_000);
}

#[tokio::test]
async fn a_case_is_taken() {
    let desk = Desk::open().await;
    let case = desk.report(desk.told()).await.unwrap().case;
    let mut tx = desk.store.begin().await.unwrap();
    let taken = assign_case(&mut tx, &desk.ctx, case.id, desk.operator)
        .await
        .unwrap();
    assert_eq!(taken.assigned_to, Some(desk.operator));
    let lead = tx.lead_of_case(case.id).await.unwrap();
    assert_eq!(lead.state.as_str(), "assigned");
}
