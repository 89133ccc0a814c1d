//! Random operations on a stop, checked against a plain model of the order's life.

use proptest::prelude::*;
use stanch_types::order::{AnswerOutcome, OrderKind, RefusalReason};
use stanch_types::{Duration, OrderId, Timestamp};

use crate::desk::{Desk, yuan};

#[derive(Debug, Clone)]
enum Op {
    ApproveSelf,
    ApproveOther,
    Withdraw,
    Deliver,
    Answer(u8),
    Pass(i64),
    Extend,
    Release,
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        1 => Just(Op::ApproveSelf),
        4 => Just(Op::ApproveOther),
        1 => Just(Op::Withdraw),
        4 => Just(Op::Deliver),
        5 => (0_u8..5).prop_map(Op::Answer),
        3 => (1_i64..60).prop_map(Op::Pass),
        2 => Just(Op::Extend),
        1 => Just(Op::Release),
    ]
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd)]
enum Stage {
    Draft,
    Withdrawn,
    Signed,
    Acked,
    Executing,
    Refused,
    Failed,
    Active,
    Expired,
    Released,
}

struct Model {
    stage: Stage,
    now: Timestamp,
    end: Timestamp,
    extended: bool,
    stops: usize,
}

impl Model {
    fn word(&self) -> &'static str {
        match self.stage {
            Stage::Draft => "draft",
            Stage::Withdrawn => "withdrawn",
            Stage::Signed => "signed",
            Stage::Acked => "acked",
            Stage::Executing => "executing",
            Stage::Refused => "refused",
            Stage::Failed => "failed",
            Stage::Active => "active",
            Stage::Expired => "expired",
            Stage::Released => "released",
        }
    }

    fn answer(&mut self, which: u8) {
        let to = match which {
            0 => Stage::Executing,
            1 | 2 => Stage::Active,
            3 => Stage::Refused,
            _ => Stage::Failed,
        };
        let awaits = matches!(self.stage, Stage::Acked | Stage::Executing);
        if awaits && to > self.stage {
            self.stage = to;
            self.end = self.now.plus(Duration::from_hours(48));
        }
    }
}

fn outcome(which: u8) -> AnswerOutcome {
    let held = Some(yuan(10));
    match which {
        0 => AnswerOutcome::Executing,
        1 => AnswerOutcome::Executed { held },
        2 => AnswerOutcome::PartiallyExecuted { held },
        3 => AnswerOutcome::Refused {
            reason: RefusalReason::NoFunds,
            detail: String::new(),
        },
        _ => AnswerOutcome::Failed {
            detail: "system".into(),
        },
    }
}

async fn extend(desk: &Desk, id: OrderId, model: &mut Model) {
    let allowed = model.stage == Stage::Active && !model.extended && model.stops < 2;
    let child = desk.child(OrderKind::StopExtension, id);
    if allowed {
        desk.carry_out(child).await;
        model.extended = true;
        model.stops += 1;
        model.end = model.end.plus(Duration::from_hours(48));
    } else {
        assert!(desk.draft(child).await.is_err());
    }
}

async fn release(desk: &Desk, id: OrderId, model: &mut Model) {
    let child = desk.child(OrderKind::StopRelease, id);
    if model.stage == Stage::Active {
        desk.carry_out(child).await;
        model.stage = Stage::Released;
    } else {
        assert!(desk.draft(child).await.is_err());
    }
}

async fn play(ops: Vec<Op>) {
    let desk = Desk::open().await;
    let id = desk.draft(desk.stop()).await.unwrap().id;
    let mut model = Model {
        stage: Stage::Draft,
        now: desk.ctx.now(),
        end: desk.ctx.now(),
        extended: false,
        stops: 1,
    };
    for (turn, op) in ops.into_iter().enumerate() {
        match op.clone() {
            Op::ApproveSelf => assert!(desk.approve(id, desk.operator).await.is_err()),
            Op::ApproveOther => {
                let done = desk.approve(id, desk.approver).await.is_ok();
                assert_eq!(done, model.stage == Stage::Draft);
                if done {
                    model.stage = Stage::Signed;
                }
            }
            Op::Withdraw => {
                let done = desk.withdraw(id).await.is_ok();
                assert_eq!(done, model.stage == Stage::Draft);
                if done {
                    model.stage = Stage::Withdrawn;
                }
            }
            Op::Deliver => {
                desk.run_due().await;
                if model.stage == Stage::Signed {
                    model.stage = Stage::Acked;
                }
            }
            // Before the order was sent no institution can know its id.
            Op::Answer(_) if model.stage <= Stage::Signed => {}
            Op::Answer(which) => {
                let message = format!("m{turn}");
                desk.answer(id, &message, outcome(which)).await.unwrap();
                model.answer(which);
            }
            Op::Pass(hours) => {
                desk.run_for(Duration::from_hours(hours)).await;
                model.now = desk.ctx.now();
                if model.stage == Stage::Signed {
                    model.stage = Stage::Acked;
                }
                if model.stage == Stage::Active && model.now >= model.end {
                    model.stage = Stage::Expired;
                }
            }
            Op::Extend => extend(&desk, id, &mut model).await,
            Op::Release => release(&desk, id, &mut model).await,
        }
        assert_eq!(desk.state(id).await, model.word(), "after {op:?}");
    }
    let steps = desk.steps(id).await;
    for (place, step) in (1..).zip(&steps) {
        assert_eq!(step.seq, place);
    }
    for pair in steps.windows(2) {
        assert_eq!(pair[1].from.as_deref(), Some(pair[0].to.as_str()));
        assert!(pair[0].at <= pair[1].at);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn an_order_lives_as_the_model_says(ops in proptest::collection::vec(op(), 1..14)) {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
            .block_on(play(ops));
    }
}
