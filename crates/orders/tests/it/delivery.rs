//! Delivery to an institution that fails in every way a real one does.

use stanch_orders::schedule::delivery_attempts;
use stanch_types::Duration;
use stanch_types::order::{OrderKind, OrderState};

use crate::desk::Desk;
use crate::peer::{Act, answer};

#[tokio::test]
async fn an_answer_at_once_is_final_at_once() {
    let desk = Desk::open().await;
    desk.peer.script(&[Act::Execute]);
    let id = desk.issue(desk.stop()).await;
    desk.run_due().await;
    assert_eq!(desk.state(id).await, "active");
    assert_eq!((desk.peer.posts(), desk.peer.questions()), (1, 0));
}

#[tokio::test]
async fn what_is_sent_is_the_signed_document() {
    let desk = Desk::open().await;
    let id = desk.issue(desk.stop()).await;
    desk.run_due().await;
    let mut tx = desk.store.read().await.unwrap();
    let document = stanch_orders::signed_document(&mut tx, id).await.unwrap();
    assert_eq!(desk.peer.bodies(), [String::from_utf8(document).unwrap()]);
    assert_eq!(desk.peer.unsigned(), 0);
}

/// A lost answer is asked about; the order is not sent again.
#[tokio::test]
async fn an_unknown_outcome_is_asked_about_before_anything_is_sent_again() {
    for lost in [Act::LoseAnswer, Act::Hang, Act::SlowLoris] {
        let desk = Desk::open().await;
        desk.peer.script(std::slice::from_ref(&lost));
        let id = desk.issue(desk.stop()).await;
        desk.run_due().await;
        assert_eq!(desk.state(id).await, "sent", "{lost:?}");
        desk.run_for(Duration::from_secs(2)).await;
        assert_eq!(desk.state(id).await, "active", "{lost:?}");
        assert_eq!(
            (desk.peer.posts(), desk.peer.questions()),
            (1, 1),
            "{lost:?}"
        );
    }
}

#[tokio::test]
async fn what_was_not_taken_is_sent_again() {
    for fault in [
        Act::Drop,
        Act::Say(500, ""),
        Act::Say(503, "later"),
        Act::Say(429, ""),
        Act::Say(200, "not json \u{1}"),
        Act::Say(200, "{}"),
        Act::Say(204, ""),
        Act::Huge,
        Act::Redirect,
    ] {
        let desk = Desk::open().await;
        desk.peer
            .script(&[fault.clone(), fault.clone(), Act::Execute]);
        let id = desk.issue(desk.stop()).await;
        desk.run_for(Duration::from_secs(10)).await;
        assert_eq!(desk.state(id).await, "active", "{fault:?}");
        assert_eq!(
            (desk.peer.posts(), desk.peer.questions()),
            (3, 2),
            "{fault:?}"
        );
    }
}

#[tokio::test]
async fn an_institution_that_was_down_gets_the_order_when_it_is_back() {
    let desk = Desk::open().await;
    let mut down = desk.institution.clone();
    // Port 1 on the loopback interface: nobody listens there.
    down.endpoint = Some("http://127.0.0.1:1".into());
    let mut tx = desk.store.begin().await.unwrap();
    tx.upsert_institution(&down).await.unwrap();
    tx.commit().await.unwrap();
    let id = desk.issue(desk.stop()).await;
    desk.run_for(Duration::from_secs(60)).await;
    assert_eq!(desk.state(id).await, "sent");
    let mut tx = desk.store.begin().await.unwrap();
    tx.upsert_institution(&desk.institution).await.unwrap();
    tx.commit().await.unwrap();
    desk.run_for(Duration::from_mins(5)).await;
    assert_eq!(desk.state(id).await, "acked");
    assert_eq!(desk.peer.posts(), 1);
}

#[tokio::test]
async fn a_rejection_is_final() {
    for status in [400, 401, 403, 404, 410, 422] {
        let desk = Desk::open().await;
        desk.peer.script(&[Act::Say(status, "{}")]);
        let id = desk.issue(desk.stop()).await;
        desk.run_for(Duration::from_hours(1)).await;
        let OrderState::Failed { detail, .. } = desk.order(id).await.state else {
            panic!("{status}");
        };
        assert!(detail.contains(&status.to_string()), "{detail}");
        assert_eq!(desk.peer.posts(), 1);
    }
}

#[tokio::test]
async fn delivery_is_given_up_after_the_last_attempt() {
    let desk = Desk::open().await;
    let attempts = delivery_attempts(OrderKind::StopPayment);
    desk.peer.script(&vec![Act::Say(503, ""); attempts + 5]);
    let id = desk.issue(desk.stop()).await;
    desk.run_for(Duration::from_hours(40)).await;
    assert_eq!(desk.state(id).await, "failed");
    assert_eq!(desk.peer.posts(), attempts);
}

/// A repeated order is answered 409 with the first answer.
#[tokio::test]
async fn a_duplicate_brings_the_first_answer() {
    let desk = Desk::open().await;
    let id = desk.issue(desk.stop()).await;
    let application = desk.order(id).await.application_id.to_string();
    desk.peer
        .settle(&application, answer(&application, "executed"));
    desk.run_due().await;
    assert_eq!(desk.state(id).await, "active");
    assert_eq!(desk.peer.posts(), 1);
}

#[tokio::test]
async fn an_acknowledged_order_is_asked_about_until_it_is_answered() {
    let desk = Desk::open().await;
    let id = desk.issue(desk.stop()).await;
    desk.run_for(Duration::from_mins(10)).await;
    assert_eq!(desk.state(id).await, "acked");
    let asked = desk.peer.questions();
    assert!((5..=9).contains(&asked), "{asked}");
    let application = desk.order(id).await.application_id.to_string();
    desk.peer
        .settle(&application, answer(&application, "executing"));
    desk.run_for(Duration::from_hours(1)).await;
    assert_eq!(desk.state(id).await, "executing");
    desk.peer
        .settle(&application, answer(&application, "executed"));
    desk.run_for(Duration::from_hours(12)).await;
    assert_eq!(desk.state(id).await, "active");
    let mut tx = desk.store.read().await.unwrap();
    let answers = tx.list_answers(id).await.unwrap();
    assert_eq!(answers.len(), 3, "the same words are stored once");
    assert_eq!(desk.peer.posts(), 1);
}

#[tokio::test]
async fn an_institution_that_lost_an_order_gets_it_again() {
    let desk = Desk::open().await;
    let id = desk.issue(desk.stop()).await;
    desk.run_due().await;
    let application = desk.order(id).await.application_id.to_string();
    desk.peer.forget(&application);
    desk.peer.script(&[Act::Execute]);
    desk.run_for(Duration::from_secs(5)).await;
    assert_eq!(desk.state(id).await, "active");
    assert_eq!(desk.peer.posts(), 2);
}

#[tokio::test]
async fn questions_that_fail_are_asked_again() {
    let desk = Desk::open().await;
    desk.peer.script_questions(&[
        Act::Drop,
        Act::Say(500, ""),
        Act::Huge,
        Act::Redirect,
        Act::Say(200, "garbage"),
    ]);
    desk.peer.script(&[Act::LoseAnswer]);
    let id = desk.issue(desk.stop()).await;
    desk.run_for(Duration::from_mins(10)).await;
    assert_eq!(desk.state(id).await, "active");
    assert_eq!((desk.peer.posts(), desk.peer.questions()), (1, 6));
}

#[tokio::test]
async fn an_institution_that_never_answers_is_asked_for_two_weeks_and_then_left_to_people() {
    let desk = Desk::open().await;
    let mut content = desk.stop();
    content.kind = OrderKind::Freeze;
    let id = desk.issue(content).await;
    desk.run_for(Duration::from_days(30)).await;
    assert_eq!(desk.state(id).await, "acked");
    let mut tx = desk.store.read().await.unwrap();
    let jobs = tx.count_jobs().await.unwrap();
    assert_eq!((jobs.pending, jobs.buried), (0, 1));
}
