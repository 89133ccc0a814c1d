//! Institutions' answers to orders, kept as they came.

use stanch_types::order::OrderAnswer;
use stanch_types::{InstitutionCode, OrderId};

use crate::db::{Row, Sql, args};
use crate::error::StoreError;
use crate::tx::Tx;

const INSERT: Sql = Sql(
    "answer.insert",
    "INSERT INTO order_answers (org_id, id, institution, message_id, order_id, received_at, body)
     SELECT o.org_id, $2, o.institution, $3, o.id, $5, $6 FROM orders o WHERE o.org_id = $1 AND o.id = $4
     ON CONFLICT (org_id, institution, message_id) DO NOTHING",
);
const LOOKUP: Sql = Sql(
    "answer.lookup",
    "SELECT body FROM order_answers WHERE org_id = $1 AND institution = $2 AND message_id = $3",
);
const LIST: Sql = Sql(
    "answer.list",
    "SELECT body FROM order_answers WHERE org_id = $1 AND order_id = $2 ORDER BY received_at, id LIMIT $3",
);
/// Most answers to one order that are listed.
const ANSWERS_MAX: i64 = 1_000;

fn read(row: &Row) -> Result<OrderAnswer, StoreError> {
    row.json(0, "answer")
}

impl Tx {
    /// Stores an answer; `false` if the institution's message is stored already (nothing is changed then).
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if its order is not stored.
    pub async fn insert_answer(&mut self, answer: &OrderAnswer) -> Result<bool, StoreError> {
        let (id, body) = (answer.id.to_string(), self.sealed(answer, "answer")?);
        let order = answer.order_id.to_string();
        let inserted = self
            .change(
                INSERT,
                args![&id, &answer.message_id, &order, answer.received_at, &body],
            )
            .await?;
        if inserted == 0 {
            self.get_order(answer.order_id).await?;
        }
        Ok(inserted != 0)
    }

    /// The answer that came as this message of this institution, if any.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn lookup_answer(
        &mut self,
        institution: &InstitutionCode,
        message_id: &str,
    ) -> Result<Option<OrderAnswer>, StoreError> {
        let row = self
            .one(LOOKUP, args![institution.as_str(), message_id])
            .await?;
        row.as_ref().map(read).transpose()
    }

    /// The answers to an order, first received first; at most 1,000.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn list_answers(
        &mut self,
        order_id: OrderId,
    ) -> Result<Vec<OrderAnswer>, StoreError> {
        let rows = self
            .many(LIST, args![&order_id.to_string(), ANSWERS_MAX])
            .await?;
        rows.iter().map(read).collect()
    }
}
