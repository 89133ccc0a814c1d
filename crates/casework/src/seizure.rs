//! Goods seized for a case: written down, and what became of them.

use serde::Deserialize;
use serde_json::json;
use stanch_store::Tx;
use stanch_types::seizure::{Seizure, SeizureContent, SeizureState};
use stanch_types::user::Actor;
use stanch_types::{CaseId, Ctx, SeizureId, UserId};

use crate::error::CaseworkError;
use crate::record::{audit, feed_case};
use crate::wording::Wording;

/// Longest description, reference, keeper or facts, in characters.
const WORDS_CHARS_MAX: usize = 500;
/// Most pieces of one seizure.
const QUANTITY_MAX: u32 = 1_000_000;

/// How a seizure ends.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(tag = "step", rename_all = "snake_case", deny_unknown_fields)]
pub enum SeizureStep {
    /// The goods were given back.
    Return {
        /// To whom and on which document.
        #[schema(min_length = 1, max_length = 500)]
        facts: String,
    },
    /// A court or authority took them for good.
    Forfeit {
        /// On which document.
        #[schema(min_length = 1, max_length = 500)]
        facts: String,
    },
}

/// Writes down goods that an authority seized for a case.
///
/// # Errors
/// [`CaseworkError::StepInvalid`]; [`stanch_store::StoreError::NotFound`] if there is no such case.
pub async fn add_seizure(
    tx: &mut Tx,
    ctx: &Ctx,
    case_id: CaseId,
    content: SeizureContent,
    by: UserId,
) -> Result<Seizure, CaseworkError> {
    let mut wording = Wording::default();
    wording.text("/goods", &content.goods, WORDS_CHARS_MAX);
    wording.text("/reference", &content.reference, WORDS_CHARS_MAX);
    wording.text("/keeper", &content.keeper, WORDS_CHARS_MAX);
    if !(1..=QUANTITY_MAX).contains(&content.quantity) {
        wording.add("/quantity", &format!("it is 1 to {QUANTITY_MAX}"));
    }
    if content.seized_at > ctx.now() {
        wording.add("/seized_at", "it does not lie in the future");
    }
    wording.found()?;
    tx.get_case(case_id).await?;
    let seizure = Seizure {
        id: ctx.new_id(),
        case_id,
        content,
        recorded_at: ctx.now(),
        recorded_by: by,
        state: SeizureState::Held,
    };
    tx.insert_seizure(&seizure).await?;
    keep(tx, ctx, &seizure, by, "seizure.recorded").await?;
    Ok(seizure)
}

/// Writes down what became of seized goods.
///
/// # Errors
/// [`CaseworkError::StepInvalid`]; [`CaseworkError::Step`] if it is written down already.
pub async fn end_seizure(
    tx: &mut Tx,
    ctx: &Ctx,
    id: SeizureId,
    step: SeizureStep,
    by: UserId,
) -> Result<Seizure, CaseworkError> {
    let at = ctx.now();
    let (SeizureStep::Return { facts } | SeizureStep::Forfeit { facts }) = &step;
    let mut wording = Wording::default();
    wording.text("/facts", facts, WORDS_CHARS_MAX);
    wording.found()?;
    let (next, action) = match step {
        SeizureStep::Return { facts } => {
            (SeizureState::Returned { by, at, facts }, "seizure.returned")
        }
        SeizureStep::Forfeit { facts } => (
            SeizureState::Forfeited { by, at, facts },
            "seizure.forfeited",
        ),
    };
    let seizure = tx.lock_seizure(id).await?.moved(next)?;
    tx.update_seizure(&seizure).await?;
    keep(tx, ctx, &seizure, by, action).await?;
    Ok(seizure)
}

/// The words stay out of the record of what was done: they may name a person.
async fn keep(
    tx: &mut Tx,
    ctx: &Ctx,
    seizure: &Seizure,
    by: UserId,
    action: &'static str,
) -> Result<(), CaseworkError> {
    let facts = json!({
        "case_id": seizure.case_id, "quantity": seizure.content.quantity, "worth": seizure.content.worth,
    });
    let actor = Actor::User { id: by };
    audit(tx, ctx, actor, action, seizure.id.to_string(), facts).await?;
    feed_case(tx, ctx, "case.updated", seizure.case_id).await
}
