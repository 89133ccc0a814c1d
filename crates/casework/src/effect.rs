//! Telling partners of measures: in order, signed, with a receipt, for as long as it takes.

use serde_json::json;
use stanch_orders::SignedHttp;
use stanch_store::{Job, Store, Tx};
use stanch_types::effect::{Effect, EffectState, EffectVerb};
use stanch_types::institution::Institution;
use stanch_types::measure::Measure;
use stanch_types::personal::Secret;
use stanch_types::terms::FairnessTerms;
use stanch_types::user::Actor;
use stanch_types::{ClaimCode, Ctx, Duration, InstitutionCode, MeasureId, Timestamp};

use crate::appeal::finish_appeals;
use crate::error::CaseworkError;
use crate::fairness::JOB_MEASURE_EFFECT;
use crate::measure::{enqueue, step};

/// Waits after failed tries: 1, 2, 5, 10, 20, 40 s, 1, 2 min, then [`EFFECT_WAIT_MAX`] until it arrives. Nine tries
/// fit into the 15 minutes that a lift has.
const WAITS_SECS: &[i64] = &[1, 2, 5, 10, 20, 40, 60, 120];
/// The longest wait between tries. They never end: a lift that a partner did not hear of is still owed.
pub const EFFECT_WAIT_MAX: Duration = Duration::from_mins(5);
/// Longest error text kept, in characters.
const ERROR_CHARS_MAX: usize = 300;

/// Carries messages to partners. Two forms: signed HTTP, and the partners of a rehearsal.
pub trait Partners: Sync {
    /// Brings `message` to `partner` under the message id `id`, by which it knows repetitions; gives its receipt or
    /// why it is to be tried again.
    fn post(
        &self,
        partner: &Institution,
        id: &str,
        message: &[u8],
        now: Timestamp,
    ) -> impl Future<Output = Result<String, String>> + Send;
}

impl Partners for SignedHttp {
    async fn post(
        &self,
        partner: &Institution,
        id: &str,
        message: &[u8],
        now: Timestamp,
    ) -> Result<String, String> {
        Self::post(self, partner, "measures", id, message, now).await
    }
}

/// Records for each partner of `measure` that it is to be told `verb`.
pub(crate) async fn tell_partners(
    tx: &mut Tx,
    ctx: &Ctx,
    terms: &FairnessTerms,
    measure: &Measure,
    verb: EffectVerb,
    claim: Option<&ClaimCode>,
) -> Result<(), CaseworkError> {
    let now = ctx.now();
    for (nth, partner) in measure.wish.reaches().into_iter().enumerate() {
        // Only where the subject is can the notice be shown to it.
        let shown = claim.filter(|_| nth == 0);
        let id = ctx.new_id();
        let message = json!({
            "effect_id": id, "measure_id": measure.id, "verb": verb, "decided_at": now,
            "subject": measure.wish.subject, "kind": measure.wish.kind, "scope": measure.wish.scope,
            "ends_at": measure.ends_at(), "state": measure.state.as_str(),
            "notice": (nth == 0).then_some(&measure.notice), "claim_code": shown,
            "appeal_path": "/appeal",
        });
        let effect = Effect {
            id,
            measure_id: measure.id,
            partner: partner.clone(),
            verb,
            made_at: now,
            due_by: now.plus(Duration::from_mins(terms.lift_mins)),
            attempts: 0,
            message: Some(Secret::new(message.to_string())),
            last_error: None,
            state: EffectState::Pending,
        };
        tx.insert_effect(&effect).await?;
        send(tx, ctx, measure.id, &partner, now).await?;
    }
    Ok(())
}

async fn send(
    tx: &mut Tx,
    ctx: &Ctx,
    id: MeasureId,
    partner: &InstitutionCode,
    at: Timestamp,
) -> Result<(), CaseworkError> {
    let payload = json!({ "measure_id": id, "partner": partner });
    enqueue(
        tx,
        ctx,
        JOB_MEASURE_EFFECT,
        &format!("{id}:{partner}"),
        payload,
        at,
    )
    .await
}

/// Sends what waits for a partner about a measure, oldest first; what ended before it was ever tried is left out.
pub(crate) async fn deliver_effects<P: Partners>(
    store: &Store,
    ctx: &Ctx,
    partners: &P,
    job: &Job,
    id: MeasureId,
    code: InstitutionCode,
) -> Result<(), CaseworkError> {
    let mut tx = store.read().await?;
    let institution = tx.lookup_institution(&code).await?;
    let waiting = waiting(&mut tx, id, &code).await?;
    drop(tx);
    let institution = institution.ok_or_else(|| CaseworkError::PartnerUnknown(code.to_string()))?;
    let next = waiting
        .iter()
        .find(|effect| !is_overtaken(effect, &waiting));
    let outcome = match next {
        None => None,
        Some(effect) => {
            let message = effect.message.as_ref().map_or("", Secret::expose);
            let sent = partners
                .post(
                    &institution,
                    &effect.id.to_string(),
                    message.as_bytes(),
                    ctx.now(),
                )
                .await;
            Some((effect.clone(), sent))
        }
    };
    let mut tx = store.begin().await?;
    let measure = tx.lock_measure(id).await?;
    let mut again = None;
    for mut effect in waiting
        .iter()
        .filter(|effect| is_overtaken(effect, &waiting))
        .cloned()
    {
        effect.state = EffectState::Superseded;
        effect.message = None;
        tx.update_effect(&effect).await?;
    }
    if let Some((mut effect, sent)) = outcome {
        let at = ctx.now();
        match sent {
            Ok(receipt) => {
                let facts = json!({
                    "effect_id": effect.id, "partner": code, "verb": effect.verb, "late": at > effect.due_by,
                });
                effect.state = EffectState::Delivered { at, receipt };
                effect.message = None;
                effect.last_error = None;
                tx.update_effect(&effect).await?;
                let actor = Actor::Institution { code: code.clone() };
                step(&mut tx, ctx, &measure, actor, "measure.told", facts).await?;
                again = (waiting.len() > 1).then_some(at);
            }
            Err(error) => {
                effect.attempts = effect.attempts.saturating_add(1);
                effect.last_error = Some(error.chars().take(ERROR_CHARS_MAX).collect());
                tx.update_effect(&effect).await?;
                again = Some(at.plus(wait_after(effect.attempts)));
            }
        }
    }
    tx.complete_job(job.id, &job.lease_token).await?;
    if let Some(at) = again {
        send(&mut tx, ctx, id, &code, at).await?;
    }
    finish_appeals(&mut tx, ctx, &measure).await?;
    tx.commit().await?;
    Ok(())
}

async fn waiting(
    tx: &mut Tx,
    id: MeasureId,
    code: &InstitutionCode,
) -> Result<Vec<Effect>, CaseworkError> {
    let all = tx.effects_of_measure(id).await?;
    Ok(all
        .into_iter()
        .filter(|effect| effect.partner == *code && effect.state == EffectState::Pending)
        .collect())
}

/// Whether an effect need not be sent: it was never tried, and the measure's end waits behind it.
fn is_overtaken(effect: &Effect, waiting: &[Effect]) -> bool {
    let ends = |verb: EffectVerb| match verb {
        EffectVerb::Lift | EffectVerb::Expire => true,
        EffectVerb::Apply | EffectVerb::Confirm | EffectVerb::Ease => false,
    };
    effect.attempts == 0 && !ends(effect.verb) && waiting.iter().any(|other| ends(other.verb))
}

/// The wait after the `attempts`-th failed try.
fn wait_after(attempts: u32) -> Duration {
    let nth = usize::try_from(attempts.saturating_sub(1)).unwrap_or(usize::MAX);
    WAITS_SECS
        .get(nth)
        .map_or(EFFECT_WAIT_MAX, |secs| Duration::from_secs(*secs))
}
