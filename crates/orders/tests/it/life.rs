//! The life of holds: timers, extensions, releases, conversions.

use stanch_orders::{OrdersError, expire_due};
use stanch_types::order::{
    AnswerOutcome, HoldScope, InvalidTransition, OrderKind, OrderState, RefusalReason,
};
use stanch_types::{Duration, Timestamp};

use crate::desk::{Desk, account, yuan};

fn executed() -> AnswerOutcome {
    AnswerOutcome::Executed {
        held: Some(yuan(50_000)),
    }
}

#[tokio::test]
async fn a_stop_goes_all_the_way_and_ends_by_itself_after_48_hours() {
    let desk = Desk::open().await;
    let start = desk.ctx.now();
    let id = desk.issue(desk.stop()).await;
    desk.clock.advance(Duration::from_secs(1));
    desk.run_due().await;
    assert_eq!(desk.state(id).await, "acked");
    desk.clock.advance(Duration::from_secs(4));
    let receipt = desk.answer(id, "m1", executed()).await.unwrap();
    assert!(receipt.applied && !receipt.duplicate);
    let words = [
        "draft", "approved", "signed", "sent", "acked", "executed", "active",
    ];
    assert_eq!(desk.words(id).await, words);
    let clock = desk.case().await.clock;
    assert_eq!(
        clock.order_sent_at,
        Some(start.plus(Duration::from_secs(1)))
    );
    assert_eq!(clock.executed_at, Some(start.plus(Duration::from_secs(5))));
    let end = start.plus(Duration::from_secs(5 + 48 * 3_600));
    assert_eq!(desk.expires_at(id).await, end);
    desk.clock.set(Timestamp::from_micros(end.as_micros() - 1));
    desk.run_due().await;
    assert_eq!(desk.state(id).await, "active");
    desk.clock.set(end);
    desk.run_due().await;
    assert_eq!(desk.order(id).await.state, OrderState::Expired { at: end });
    assert_eq!(desk.peer.unsigned(), 0);
}

#[tokio::test]
async fn a_hold_that_ended_while_the_server_was_down_ended_at_its_time() {
    let desk = Desk::open().await;
    let id = desk.carry_out(desk.stop()).await;
    let end = desk.expires_at(id).await;
    desk.clock.set(end.plus(Duration::from_days(3)));
    let mut tx = desk.store.begin().await.unwrap();
    assert_eq!(expire_due(&mut tx, &desk.ctx).await.unwrap(), [id]);
    assert_eq!(expire_due(&mut tx, &desk.ctx).await.unwrap(), []);
    tx.commit().await.unwrap();
    assert_eq!(desk.order(id).await.state, OrderState::Expired { at: end });
    desk.run_due().await;
    assert_eq!(desk.words(id).await.last(), Some(&"expired"));
}

#[tokio::test]
async fn a_stop_is_prolonged_once_and_its_timer_moves() {
    let desk = Desk::open().await;
    let stop = desk.carry_out(desk.stop()).await;
    let first_end = desk.expires_at(stop).await;
    desk.run_for(Duration::from_hours(40)).await;
    let extension = desk
        .carry_out(desk.child(OrderKind::StopExtension, stop))
        .await;
    assert_eq!(desk.state(extension).await, "executed");
    let end = desk.expires_at(stop).await;
    assert_eq!(end, first_end.plus(Duration::from_hours(48)));
    let again = desk.draft(desk.child(OrderKind::StopExtension, stop)).await;
    assert!(matches!(again, Err(OrdersError::StopLimit)), "{again:?}");
    desk.clock.set(first_end);
    desk.run_due().await;
    assert_eq!(desk.state(stop).await, "active");
    desk.clock.set(end);
    desk.run_due().await;
    assert_eq!(
        desk.order(stop).await.state,
        OrderState::Expired { at: end }
    );
}

#[tokio::test]
async fn a_release_ends_the_hold_and_a_partial_one_does_not() {
    let desk = Desk::open().await;
    let stop = desk.carry_out(desk.stop()).await;
    let release = desk.issue(desk.child(OrderKind::StopRelease, stop)).await;
    desk.run_due().await;
    let partly = AnswerOutcome::PartiallyExecuted { held: None };
    desk.answer(release, "m1", partly).await.unwrap();
    assert_eq!(desk.state(stop).await, "active");
    let release = desk.issue(desk.child(OrderKind::StopRelease, stop)).await;
    desk.run_due().await;
    let done = AnswerOutcome::Executed { held: None };
    desk.answer(release, "m2", done).await.unwrap();
    let OrderState::Released { by, .. } = desk.order(stop).await.state else {
        panic!("not released");
    };
    assert_eq!(by, release);
}

#[tokio::test]
async fn a_freeze_takes_the_stops_place_for_183_days() {
    let desk = Desk::open().await;
    let stop = desk.carry_out(desk.stop()).await;
    let freeze = desk.issue(desk.child(OrderKind::Freeze, stop)).await;
    desk.run_due().await;
    assert_eq!(desk.state(stop).await, "active");
    desk.answer(freeze, "m", executed()).await.unwrap();
    assert_eq!(desk.state(stop).await, "converted");
    let end = desk.expires_at(freeze).await;
    assert_eq!(end, desk.ctx.now().plus(Duration::from_days(183)));
    for _ in 0..3 {
        let extension = desk.child(OrderKind::FreezeExtension, freeze);
        desk.carry_out(extension).await;
    }
    let renewed = desk.expires_at(freeze).await;
    assert_eq!(renewed, end.plus(Duration::from_days(3 * 183)));
    desk.clock.set(renewed.plus(Duration::from_days(1)));
    desk.run_due().await;
    let expired = OrderState::Expired { at: renewed };
    assert_eq!(desk.order(freeze).await.state, expired);
}

#[tokio::test]
async fn fund_units_are_held_and_released() {
    let desk = Desk::open().await;
    let mut content = desk.stop();
    content.kind = OrderKind::RedemptionHold;
    content.target = account("BK01", "H-77");
    content.scope = HoldScope::FundUnits {
        product: "MMF".into(),
        units_centi: 50_000,
        amount: yuan(50_000),
    };
    let hold = desk.carry_out(content.clone()).await;
    assert_eq!(desk.state(hold).await, "active");
    content.kind = OrderKind::RedemptionRelease;
    content.parent = Some(hold);
    desk.carry_out(content).await;
    assert_eq!(desk.state(hold).await, "released");
}

#[tokio::test]
async fn late_repeated_and_disordered_answers_are_kept_and_change_nothing() {
    let desk = Desk::open().await;
    let id = desk.issue(desk.stop()).await;
    desk.run_due().await;
    let partly = AnswerOutcome::PartiallyExecuted {
        held: Some(yuan(20_000)),
    };
    assert!(desk.answer(id, "m1", partly.clone()).await.unwrap().applied);
    let again = desk.answer(id, "m1", partly).await.unwrap();
    assert!(again.applied && again.duplicate);
    let refused = AnswerOutcome::Refused {
        reason: RefusalReason::Mismatch,
        detail: "other name".into(),
    };
    for (message, outcome) in [
        ("m2", refused),
        ("m3", AnswerOutcome::Executing),
        ("m4", executed()),
    ] {
        let late = desk.answer(id, message, outcome).await.unwrap();
        assert!(!late.applied && !late.duplicate);
    }
    let OrderState::Active { held, .. } = desk.order(id).await.state else {
        panic!("not active");
    };
    assert_eq!(held, yuan(20_000));
    let mut tx = desk.store.read().await.unwrap();
    let answers = tx.list_answers(id).await.unwrap();
    assert_eq!(
        answers.len(),
        5,
        "the receipt, the first answer and three late ones"
    );
    assert_eq!(answers.iter().filter(|answer| answer.applied).count(), 2);
}

#[tokio::test]
async fn a_wrong_clock_at_the_institution_does_not_bend_the_hold() {
    for told in ["1999-01-01T00:00:00Z", "2999-01-01T00:00:00Z"] {
        let desk = Desk::open().await;
        let id = desk.issue(desk.stop()).await;
        desk.run_due().await;
        let message = stanch_orders::OrderAnswerMessage {
            application_id: desk.order(id).await.application_id,
            occurred_at: told.parse().unwrap(),
            outcome: executed(),
        };
        desk.receive("m1", message).await.unwrap();
        let end = desk.ctx.now().plus(Duration::from_hours(48));
        assert_eq!(desk.expires_at(id).await, end);
    }
}

#[tokio::test]
async fn answers_of_strangers_and_broken_answers_are_refused() {
    let desk = Desk::open().await;
    let id = desk.issue(desk.stop()).await;
    desk.run_due().await;
    let nothing_said = desk
        .answer(id, "m1", AnswerOutcome::Executed { held: None })
        .await;
    assert!(matches!(nothing_said, Err(OrdersError::Answer(_))));
    let dollars = stanch_types::Amount::new(1, "USD".parse().unwrap()).unwrap();
    let held = Some(dollars);
    let wrong = desk
        .answer(id, "m1", AnswerOutcome::Executed { held })
        .await;
    assert!(matches!(wrong, Err(OrdersError::Answer(_))));
    let message = stanch_orders::OrderAnswerMessage {
        application_id: desk.order(id).await.application_id,
        occurred_at: desk.ctx.now(),
        outcome: executed(),
    };
    let mut stranger = desk.institution.clone();
    stranger.code = "BK02".parse().unwrap();
    let mut tx = desk.store.begin().await.unwrap();
    let refused = stanch_orders::receive_answer(&mut tx, &desk.ctx, &stranger, "m1", message).await;
    assert!(matches!(refused, Err(OrdersError::OrderNotFound)));
    drop(tx);
    assert_eq!(desk.state(id).await, "acked");
}

#[tokio::test]
async fn a_release_is_not_approved_once_the_hold_ended() {
    let desk = Desk::open().await;
    let stop = desk.carry_out(desk.stop()).await;
    let draft = desk.child(OrderKind::StopRelease, stop);
    let release = desk.draft(draft).await.unwrap();
    desk.run_for(Duration::from_hours(49)).await;
    let refused = desk.approve(release.id, desk.approver).await;
    assert!(matches!(
        refused,
        Err(OrdersError::Transition(InvalidTransition::State {
            from: "expired",
            ..
        }))
    ));
}
