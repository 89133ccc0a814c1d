//! Orders and the steps they took.

use std::collections::BTreeMap;

use stanch_types::order::{Order, OrderState, OrderTransition};
use stanch_types::{
    AccountRef, ApplicationId, CaseId, InstitutionCode, OrderId, PlanId, Timestamp,
};

use crate::db::{Row, Sql, args, to_json};
use crate::error::StoreError;
use crate::numbers::held;
use crate::page::{PAGE_LIMIT_MAX, Page, PageRequest};
use crate::tx::Tx;

const INSERT: Sql = Sql(
    "order.insert",
    "INSERT INTO orders (org_id, id, application_id, case_id, plan_id, parent_id, kind, state, institution, account,
       expires_at, created_at, last_seq, body)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
);
const INSERT_TRANSITION: Sql = Sql(
    "order.insert_transition",
    "INSERT INTO order_transitions (org_id, order_id, seq, at, body) VALUES ($1, $2, $3, $4, $5)",
);
const LOOKUP: Sql = Sql(
    "order.lookup",
    "SELECT body FROM orders WHERE org_id = $1 AND id = $2",
);
const LOCK: Sql = Sql(
    "order.lock",
    "UPDATE orders SET last_seq = last_seq WHERE org_id = $1 AND id = $2 RETURNING body, last_seq",
);
const LOOKUP_BY_APPLICATION: Sql = Sql(
    "order.lookup_by_application",
    "SELECT body FROM orders WHERE org_id = $1 AND application_id = $2",
);
const UPDATE: Sql = Sql(
    "order.update",
    "UPDATE orders SET state = $3, expires_at = $4, last_seq = $5, body = $6, held_minor = $9, held_currency = $10,
       held_at = COALESCE(held_at, $11)
     WHERE org_id = $1 AND id = $2 AND last_seq = $7 AND state = $8",
);
const LIST: Sql = Sql(
    "order.list",
    "SELECT body FROM orders
     WHERE org_id = $1 AND ($2 IS NULL OR case_id = $2) AND ($3 IS NULL OR plan_id = $3)
       AND ($4 IS NULL OR state = $4) AND ($5 IS NULL OR institution = $5) AND ($6 IS NULL OR id > $6)
     ORDER BY id LIMIT $7",
);
const LIST_NEWEST: Sql = Sql(
    "order.list_newest",
    "SELECT body FROM orders
     WHERE org_id = $1 AND ($2 IS NULL OR case_id = $2) AND ($3 IS NULL OR plan_id = $3)
       AND ($4 IS NULL OR state = $4) AND ($5 IS NULL OR institution = $5) AND ($6 IS NULL OR id < $6)
     ORDER BY id DESC LIMIT $7",
);
const TRANSITIONS: Sql = Sql(
    "order.transitions",
    "SELECT body FROM order_transitions WHERE org_id = $1 AND order_id = $2 ORDER BY seq",
);
const COUNT_STOPS: Sql = Sql(
    "order.count_stops",
    "SELECT COUNT(*) FROM orders
     WHERE org_id = $1 AND case_id = $2 AND institution = $3 AND account = $4
       AND kind IN ('stop_payment', 'stop_extension') AND state NOT IN ('withdrawn', 'refused', 'failed')",
);
const HOLDS_DUE: Sql = Sql(
    "order.holds_due",
    "SELECT body FROM orders
     WHERE org_id = $1 AND expires_at IS NOT NULL AND expires_at <= $2 ORDER BY expires_at, id LIMIT $3",
);
const CHILDREN: Sql = Sql(
    "order.children",
    "SELECT body FROM orders WHERE org_id = $1 AND parent_id = $2 ORDER BY id LIMIT $3",
);
const COUNTS: Sql = Sql(
    "order.counts",
    "SELECT state, COUNT(*) FROM orders WHERE org_id = $1 GROUP BY state",
);
const LIST_NAME: &str = "orders";
const LIST_NEWEST_NAME: &str = "orders_newest";
/// Most orders that prolong, release or convert one order that are listed.
const CHILDREN_MAX: i64 = 1_000;

/// Which orders are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OrderFilter {
    /// Only those of this case.
    pub case_id: Option<CaseId>,
    /// Only those of this plan.
    pub plan_id: Option<PlanId>,
    /// Only those in this state (one of `ORDER_STATES`).
    pub state: Option<String>,
    /// Only those to this institution.
    pub institution: Option<InstitutionCode>,
}

/// An order that is held against changes by others until the transaction ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockedOrder {
    /// The order.
    pub order: Order,
    /// Number of its last step; the next step has this plus one.
    pub last_seq: i32,
}

fn read(row: &Row) -> Result<Order, StoreError> {
    row.json(0, "order")
}

/// When a hold in force ends by itself.
fn expires_at(order: &Order) -> Option<Timestamp> {
    if let OrderState::Active { expires_at, .. } = &order.state {
        Some(*expires_at)
    } else {
        None
    }
}

impl Tx {
    /// Stores a new order with its first step (`seq` 1, `from` none).
    ///
    /// # Errors
    /// [`StoreError::Exists`], [`StoreError::Reference`] if case, plan or parent is not stored,
    /// [`StoreError::Conflict`] if the step is not the first one of this order.
    pub async fn insert_order(
        &mut self,
        order: &Order,
        first: &OrderTransition,
    ) -> Result<(), StoreError> {
        if first.seq != 1 || first.order_id != order.id || first.to != order.state {
            return Err(conflict(order.id));
        }
        let content = &order.content;
        let (id, body) = (order.id.to_string(), self.sealed(order, "order")?);
        let application = order.application_id.to_string();
        let case = content.case_id.to_string();
        let plan = content.plan_id.map(|plan| plan.to_string());
        let parent = content.parent.map(|parent| parent.to_string());
        self.change(
            INSERT,
            args![
                &id,
                &application,
                &case,
                &plan,
                &parent,
                content.kind.as_str(),
                order.state.as_str(),
                content.target.institution.as_str(),
                content.target.account.expose(),
                expires_at(order),
                order.created_at,
                first.seq,
                &body
            ],
        )
        .await?;
        self.insert_transition(first).await
    }

    /// The order `id`.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn get_order(&mut self, id: OrderId) -> Result<Order, StoreError> {
        self.lookup_order(id).await?.ok_or_else(|| not_found(id))
    }

    /// The order `id`, if it is stored.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn lookup_order(&mut self, id: OrderId) -> Result<Option<Order>, StoreError> {
        let row = self.one(LOOKUP, args![&id.to_string()]).await?;
        row.as_ref().map(read).transpose()
    }

    /// The order `id` and the number of its last step, held against changes by others until this transaction ends.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Contended`].
    pub async fn lock_order(&mut self, id: OrderId) -> Result<LockedOrder, StoreError> {
        self.must_write()?;
        let row = self
            .one(LOCK, args![&id.to_string()])
            .await?
            .ok_or_else(|| not_found(id))?;
        Ok(LockedOrder {
            order: read(&row)?,
            last_seq: i32::try_from(row.int(1)?)
                .map_err(|cause| StoreError::damaged("order", cause))?,
        })
    }

    /// The order with this application id, if it is stored.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn lookup_order_by_application(
        &mut self,
        id: ApplicationId,
    ) -> Result<Option<Order>, StoreError> {
        let row = self
            .one(LOOKUP_BY_APPLICATION, args![&id.to_string()])
            .await?;
        row.as_ref().map(read).transpose()
    }

    /// Stores the order in its new state together with the step that brought it there. The step must follow the
    /// stored last one: its `seq` is one more and its `from` is the stored state's word. Read the order with
    /// [`Tx::lock_order`]: on PostgreSQL an order and a `seq` read by two statements may be of different moments.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if somebody else moved the order in between, [`StoreError::NotFound`].
    pub async fn update_order(
        &mut self,
        order: &Order,
        step: &OrderTransition,
    ) -> Result<(), StoreError> {
        if step.order_id != order.id || step.to != order.state {
            return Err(conflict(order.id));
        }
        let (id, body) = (order.id.to_string(), self.sealed(order, "order")?);
        let held = held(order);
        let currency = held.map(|(amount, _)| amount.currency().to_string());
        let changed = self
            .change(
                UPDATE,
                args![
                    &id,
                    order.state.as_str(),
                    expires_at(order),
                    step.seq,
                    &body,
                    step.seq.saturating_sub(1),
                    &step.from,
                    held.map(|(amount, _)| amount.minor()),
                    &currency,
                    held.map(|(_, at)| at)
                ],
            )
            .await?;
        if changed == 0 {
            let known = self.lookup_order(order.id).await?.is_some();
            return Err(if known {
                conflict(order.id)
            } else {
                not_found(order.id)
            });
        }
        self.insert_transition(step).await
    }

    /// Orders, oldest first: the order in which work is done.
    ///
    /// # Errors
    /// [`StoreError::BadCursor`].
    pub async fn list_orders(
        &mut self,
        filter: &OrderFilter,
        page: &PageRequest,
    ) -> Result<Page<Order>, StoreError> {
        self.list_by(LIST, LIST_NAME, filter, page).await
    }

    /// Orders, newest first: the order in which people look.
    ///
    /// # Errors
    /// [`StoreError::BadCursor`].
    pub async fn list_orders_newest(
        &mut self,
        filter: &OrderFilter,
        page: &PageRequest,
    ) -> Result<Page<Order>, StoreError> {
        self.list_by(LIST_NEWEST, LIST_NEWEST_NAME, filter, page)
            .await
    }

    async fn list_by(
        &mut self,
        sql: Sql,
        name: &'static str,
        filter: &OrderFilter,
        page: &PageRequest,
    ) -> Result<Page<Order>, StoreError> {
        let after = page.keys::<1>(name)?;
        let after_id = after.as_ref().map(|[id]| id.as_str());
        let case = filter.case_id.map(|case| case.to_string());
        let plan = filter.plan_id.map(|plan| plan.to_string());
        let state = filter.state.as_deref();
        let institution = filter.institution.as_ref().map(InstitutionCode::as_str);
        let rows = self
            .many(
                sql,
                args![
                    &case,
                    &plan,
                    state,
                    institution,
                    after_id,
                    page.fetch_limit()
                ],
            )
            .await?;
        let orders = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        Ok(page.page(name, orders, |order| vec![order.id.to_string()]))
    }

    /// The steps an order took, first one first.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn order_transitions(
        &mut self,
        id: OrderId,
    ) -> Result<Vec<OrderTransition>, StoreError> {
        let rows = self.many(TRANSITIONS, args![&id.to_string()]).await?;
        rows.iter()
            .map(|row| row.json(0, "order transition"))
            .collect()
    }

    /// How often an account was stopped in a case: stops and their extensions that were not withdrawn, refused or
    /// failed. Compare with `STOPS_PER_ACCOUNT_MAX`.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn count_stops(
        &mut self,
        case_id: CaseId,
        account: &AccountRef,
    ) -> Result<usize, StoreError> {
        let (case, institution) = (case_id.to_string(), account.institution.as_str());
        let row = self
            .one(
                COUNT_STOPS,
                args![&case, institution, account.account.expose()],
            )
            .await?;
        let count = row.map_or(Ok(0), |row| row.int(0))?;
        usize::try_from(count).map_err(|cause| StoreError::damaged("count", cause))
    }

    /// How many orders there are in each state that any is in. One pass over an index.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn count_orders(&mut self) -> Result<BTreeMap<String, u64>, StoreError> {
        let rows = self.many(COUNTS, args![]).await?;
        rows.iter()
            .map(|row| {
                let count = u64::try_from(row.int(1)?);
                let count = count.map_err(|cause| StoreError::damaged("order count", cause))?;
                Ok((row.text(0)?, count))
            })
            .collect()
    }

    /// Holds in force whose end has come, longest overdue first; at most `limit` (itself at most 200).
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn list_holds_due(
        &mut self,
        now: Timestamp,
        limit: i64,
    ) -> Result<Vec<Order>, StoreError> {
        let rows = self
            .many(HOLDS_DUE, args![now, limit.clamp(1, PAGE_LIMIT_MAX)])
            .await?;
        rows.iter().map(read).collect()
    }

    /// The orders that prolong, release or convert the order `id`, oldest first; at most 1,000.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn child_orders(&mut self, id: OrderId) -> Result<Vec<Order>, StoreError> {
        let rows = self
            .many(CHILDREN, args![&id.to_string(), CHILDREN_MAX])
            .await?;
        rows.iter().map(read).collect()
    }

    async fn insert_transition(&mut self, step: &OrderTransition) -> Result<(), StoreError> {
        let body = to_json(step, "order transition")?;
        self.change(
            INSERT_TRANSITION,
            args![&step.order_id.to_string(), step.seq, step.at, &body],
        )
        .await
        .map(drop)
    }
}

fn not_found(id: OrderId) -> StoreError {
    StoreError::NotFound {
        what: "order",
        id: id.to_string(),
    }
}

fn conflict(id: OrderId) -> StoreError {
    StoreError::Conflict {
        what: "order",
        id: id.to_string(),
    }
}
