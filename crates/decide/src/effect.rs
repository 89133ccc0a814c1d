//! What a decision brings about: a review, measures, a warning. Rows of the outbox, in one transaction with the
//! position up to which effects are recorded, under identifiers that follow from the event's.

use std::sync::Arc;

use serde_json::{Value, json};
use stanch_rules::ir::{Decision, MeasureKind};
use stanch_store::{AuditEntry, FeedEvent, NewJob, NewOutbox, Store, StoreError, Tx};
use stanch_stream::Position;
use stanch_types::user::Actor;
use stanch_types::{Id, OutboxId, Timestamp};

use crate::index::digest16;
use crate::lifecycle::DEMOTE_JOB;
use crate::record::{MeasureView, decision_word};
use crate::watch::{Alarm, Consequence};

/// Name of the counter that holds the first block whose effects are not recorded.
pub const WATERMARK: &str = "decide.effects";

/// An effect of a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// A person is to look at the event.
    Review(Decision),
    /// The person concerned is to be warned.
    Warning,
    /// A measure is asked for.
    Measure(MeasureView),
}

/// Effects of one event.
#[derive(Debug, Clone)]
pub struct Effects {
    /// The event.
    pub event_id: Arc<str>,
    /// Rules that fired.
    pub rules: Vec<Arc<str>>,
    /// What is to happen.
    pub effects: Vec<Effect>,
}

/// What follows from a decision and the measures its rules ask for.
#[must_use]
pub fn effects_of(decision: Decision, measures: &[MeasureView]) -> Vec<Effect> {
    let mut effects = Vec::new();
    match decision {
        Decision::Allow | Decision::Delay | Decision::Block => {}
        Decision::Warn => effects.push(Effect::Warning),
        Decision::Review | Decision::Hold => effects.push(Effect::Review(decision)),
    }
    effects.extend(measures.iter().copied().map(Effect::Measure));
    effects
}

impl Effect {
    fn kind(&self) -> &'static str {
        match self {
            Self::Review(_) => "decision.review",
            Self::Warning => "decision.warning",
            Self::Measure(_) => "decision.measure",
        }
    }

    /// What tells this effect of an event from its others.
    fn discriminator(&self) -> String {
        match self {
            Self::Review(_) | Self::Warning => self.kind().to_owned(),
            Self::Measure(measure) => format!("{}/{}", self.kind(), measure_word(measure.kind)),
        }
    }

    /// The identifier of this effect of an event of a block sealed at `at`: the same whenever it is derived. It begins
    /// with the time, so that identifiers sort as effects came about, and neighbours in time are neighbours in the record.
    #[must_use]
    pub fn id(&self, event_id: &str, at: Timestamp) -> OutboxId {
        let name = self.discriminator();
        let mut bytes = digest16(&[
            b"stanch.effect/1",
            &[0],
            name.as_bytes(),
            &[0],
            event_id.as_bytes(),
        ]);
        let millis = at.as_micros().div_euclid(1_000).to_be_bytes();
        if let (Some(head), Some(time)) = (bytes.get_mut(..6), millis.get(2..)) {
            head.copy_from_slice(time);
        }
        Id::from_digest(bytes)
    }

    fn payload(&self, of: &Effects) -> Value {
        let (event_id, rules) = (&of.event_id, &of.rules);
        match self {
            Self::Review(decision) => {
                json!({ "event_id": event_id, "rules": rules, "decision": decision_word(*decision) })
            }
            Self::Warning => json!({ "event_id": event_id, "rules": rules }),
            Self::Measure(measure) => json!({
                "event_id": event_id, "rules": rules, "kind": measure_word(measure.kind),
                "lasts_secs": measure.lasts_secs,
            }),
        }
    }
}

/// The measure's word.
#[must_use]
pub const fn measure_word(kind: MeasureKind) -> &'static str {
    match kind {
        MeasureKind::Warn => "warn",
        MeasureKind::Label => "label",
        MeasureKind::ReduceReach => "reduce_reach",
        MeasureKind::DelaySettlement => "delay_settlement",
        MeasureKind::ExtraVerification => "extra_verification",
        MeasureKind::LimitFunction => "limit_function",
        MeasureKind::Suspend => "suspend",
        MeasureKind::ContentHold => "content_hold",
        MeasureKind::ContentRemove => "content_remove",
    }
}

/// What the decisions of a block bring about.
#[derive(Debug)]
pub struct BlockEffects {
    /// The block.
    pub position: Position,
    /// When it was sealed.
    pub at: Timestamp,
    /// Of its events.
    pub effects: Vec<Effects>,
    /// About shares that moved.
    pub alarms: Vec<Alarm>,
}

impl BlockEffects {
    /// Its effects as rows of the outbox.
    fn rows(&self) -> impl Iterator<Item = NewOutbox> + '_ {
        self.effects.iter().flat_map(|of| {
            of.effects.iter().map(|effect| NewOutbox {
                id: effect.id(&of.event_id, self.at),
                kind: effect.kind().to_owned(),
                subject: of.event_id.to_string(),
                payload: effect.payload(of),
                created_at: self.at,
            })
        })
    }
}

/// Records the effects of blocks up to `last` (included), in order, and moves the watermark behind it, in one transaction.
/// Blocks before the watermark are recorded already and passed over.
///
/// # Errors
/// Those of the record; nothing is kept then and the same call may be made again.
pub async fn record_effects(
    store: &Store,
    last: Position,
    blocks: &[BlockEffects],
) -> Result<(), StoreError> {
    let next = i64::try_from(last.next().0).unwrap_or(i64::MAX);
    let mut tx = store.begin().await?;
    let watermark = Position(u64::try_from(tx.counter(WATERMARK).await?).unwrap_or_default());
    if !tx.raise_counter(WATERMARK, next).await? {
        return tx.rollback().await;
    }
    let blocks: Vec<_> = (blocks.iter())
        .filter(|block| block.position >= watermark)
        .collect();
    let rows: Vec<NewOutbox> = blocks.iter().flat_map(|block| block.rows()).collect();
    tx.insert_outbox_once(&rows).await?;
    for block in blocks {
        for (alarm, number) in block.alarms.iter().zip(0_u32..) {
            record_alarm(&mut tx, block.position, block.at, alarm, number).await?;
        }
    }
    tx.commit().await.map(drop)
}

/// Tells people of an alarm, and has a job demote who caused it.
async fn record_alarm(
    tx: &mut Tx,
    block: Position,
    at: Timestamp,
    alarm: &Alarm,
    number: u32,
) -> Result<(), StoreError> {
    let detail = alarm.detail();
    tx.append_audit(&AuditEntry {
        at,
        actor: Actor::System,
        action: "policy.alarm",
        subject: alarm.policy.clone(),
        detail: detail.clone(),
        personal: Vec::new(),
    })
    .await?;
    tx.append_feed(&FeedEvent {
        kind: "policy.alarm".to_owned(),
        subject: alarm.policy.clone(),
        at,
        data: detail.clone(),
    })
    .await?;
    if alarm.consequence == Consequence::None {
        return Ok(());
    }
    let key = format!("{DEMOTE_JOB}/{}/{number}", block.0);
    tx.enqueue_job(&NewJob {
        id: Id::from_digest(digest16(&[b"stanch.job/1", &[0], key.as_bytes()])),
        kind: DEMOTE_JOB.to_owned(),
        payload: json!({ "position": block.0, "alarm": detail }),
        run_at: at,
        unique_key: Some(key),
    })
    .await
    .map(drop)
}

/// The first block whose effects are not recorded.
///
/// # Errors
/// Those of the record.
pub async fn effects_watermark(store: &Store) -> Result<Position, StoreError> {
    let counter = store.read().await?.counter(WATERMARK).await?;
    Ok(Position(u64::try_from(counter).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use stanch_store::StoreConfig;
    use stanch_types::Ctx;

    use super::*;
    use crate::watch::{Movement, Subject};

    fn block(position: u64, alarms: usize) -> BlockEffects {
        let alarm = Alarm {
            policy: "sha256:00".to_owned(),
            against: None,
            subject: Subject::Decision(Decision::Hold),
            movement: Movement::Rose,
            events: 100,
            hits: 90,
            before: 1,
            consequence: Consequence::None,
        };
        BlockEffects {
            position: Position(position),
            at: Timestamp::EPOCH,
            effects: vec![Effects {
                event_id: format!("e-{position}").into(),
                rules: vec!["a".into()],
                effects: vec![Effect::Review(Decision::Hold), Effect::Warning],
            }],
            alarms: vec![alarm; alarms],
        }
    }

    /// Blocks told of again after a start, some of them new: each effect and alarm is there once.
    #[tokio::test]
    async fn blocks_that_overlap_are_recorded_once() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&StoreConfig::sqlite(dir.path()), &Ctx::system())
            .await
            .unwrap();
        let blocks = [block(1, 0), block(3, 1), block(4, 1), block(9, 1)];
        record_effects(&store, Position(3), &blocks[..2])
            .await
            .unwrap();
        record_effects(&store, Position(3), &blocks[..2])
            .await
            .unwrap();
        record_effects(&store, Position(4), &blocks[1..3])
            .await
            .unwrap();
        record_effects(&store, Position(20), &blocks[2..])
            .await
            .unwrap();
        assert_eq!(effects_watermark(&store).await.unwrap(), Position(21));
        let mut read = store.read().await.unwrap();
        let pending = read.list_outbox_pending(100).await.unwrap();
        assert_eq!(pending.len(), 8);
        let alarms = read.list_feed_after(0, 100).await.unwrap();
        assert_eq!(alarms.len(), 3);
    }

    /// More effects than go into one statement: all are there, in the order in which they came about.
    #[tokio::test]
    async fn effects_are_listed_as_they_came_about() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&StoreConfig::sqlite(dir.path()), &Ctx::system())
            .await
            .unwrap();
        let blocks: Vec<BlockEffects> = (1_u32..=70)
            .map(|number| BlockEffects {
                at: Timestamp::from_micros(1_790_000_000_000_000 + i64::from(number) * 1_000),
                ..block(number.into(), 0)
            })
            .collect();
        record_effects(&store, Position(70), &blocks).await.unwrap();
        let mut read = store.read().await.unwrap();
        let pending = read.list_outbox_pending(200).await.unwrap();
        let subjects: Vec<&str> = pending.iter().map(|effect| &*effect.subject).collect();
        let came: Vec<String> = (1..=70)
            .flat_map(|n| [format!("e-{n}"), format!("e-{n}")])
            .collect();
        assert_eq!(subjects, came);
    }
}
