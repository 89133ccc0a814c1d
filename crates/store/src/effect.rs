//! What partners are to be told of measures, and what they said.

use stanch_types::effect::Effect;
use stanch_types::{MeasureId, Timestamp};

use crate::db::{Row, Sql, args, to_json};
use crate::error::StoreError;
use crate::tx::Tx;

const INSERT: Sql = Sql(
    "effect.insert",
    "INSERT INTO measure_effects (org_id, id, measure_id, partner, seq, verb, state, made_at, due_by, body)
     SELECT $1, $2, $3, $4, COALESCE(MAX(seq), 0) + 1, $5, $6, $7, $8, $9 FROM measure_effects
     WHERE org_id = $1 AND measure_id = $3 AND partner = $4",
);
const UPDATE: Sql = Sql(
    "effect.update",
    "UPDATE measure_effects SET state = $3, body = $4 WHERE org_id = $1 AND id = $2",
);
const OF_MEASURE: Sql = Sql(
    "effect.of_measure",
    "SELECT body FROM measure_effects WHERE org_id = $1 AND measure_id = $2 ORDER BY seq, partner LIMIT $3",
);
const OVERDUE: Sql = Sql(
    "effect.overdue",
    "SELECT COUNT(*) FROM measure_effects WHERE org_id = $1 AND state = 'pending' AND due_by < $2",
);
/// Most effects of one measure that are read: 32 partners, and few steps.
const EFFECTS_MAX: i64 = 1_000;

fn read(row: &Row) -> Result<Effect, StoreError> {
    row.json(0, "effect")
}

impl Tx {
    /// Stores an effect after all others of its measure and partner.
    ///
    /// # Errors
    /// [`StoreError::Exists`], [`StoreError::Reference`].
    pub async fn insert_effect(&mut self, effect: &Effect) -> Result<(), StoreError> {
        let (id, measure) = (effect.id.to_string(), effect.measure_id.to_string());
        let body = to_json(effect, "effect")?;
        let args = args![
            &id,
            &measure,
            effect.partner.as_str(),
            effect.verb.as_str(),
            effect.state.as_str(),
            effect.made_at,
            effect.due_by,
            &body
        ];
        self.change(INSERT, args).await.map(drop)
    }

    /// Replaces a stored effect.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn update_effect(&mut self, effect: &Effect) -> Result<(), StoreError> {
        let (id, body) = (effect.id.to_string(), to_json(effect, "effect")?);
        match self
            .change(UPDATE, args![&id, effect.state.as_str(), &body])
            .await?
        {
            0 => Err(StoreError::NotFound { what: "effect", id }),
            _ => Ok(()),
        }
    }

    /// The effects of a measure in the order they were decided; at most 1,000.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn effects_of_measure(&mut self, id: MeasureId) -> Result<Vec<Effect>, StoreError> {
        let rows = self
            .many(OF_MEASURE, args![&id.to_string(), EFFECTS_MAX])
            .await?;
        rows.iter().map(read).collect()
    }

    /// How many effects should have arrived before `now` and have not.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn overdue_effects(&mut self, now: Timestamp) -> Result<u64, StoreError> {
        let row = self.one(OVERDUE, args![now]).await?;
        row.as_ref()
            .map_or(Ok(0), |row| crate::measure::count(row, 0))
    }
}
