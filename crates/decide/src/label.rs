//! What events turned out to be: labels given by people, and which events to ask them about next.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::json;
use stanch_detect::text::model::{Classifier, Model};
use stanch_rules::Policy;
use stanch_rules::ir::Decision;
use stanch_rules::policy::MAIN_MODEL;
use stanch_rules::signal::texts_of;
use stanch_store::Store;
use stanch_types::label::{EventLabel, LabelSource, LabelText, Truth};
use stanch_types::user::Actor;
use stanch_types::{Ctx, LabelId, Score, Timestamp};
use tokio::sync::Semaphore;

use crate::engine::Engine;
use crate::error::DecideError;
use crate::lifecycle::audit;
use crate::record::decision_word;
use crate::search::{DecisionFilter, Found, kept};

static PICKING: Semaphore = Semaphore::const_new(1);
/// Latest decisions among which events to ask about are looked for.
pub const LOOKED_AT_MAX: usize = 2_000;
/// Decisions read at once.
const PAGE: usize = 200;
/// Scores within this distance of the point of decision are uncertain.
const UNCERTAIN_WITHIN: u16 = 2_500;
/// From this score on a text contradicts the decision that let it pass.
const CONTRADICTS_FROM: u16 = 8_500;
/// Labels of a text that are shown.
const LABELS_SHOWN: usize = 3;
/// The labels a text is ranked by, the first that the model has.
const RANKED_BY: [&str; 2] = ["fraud", "unwanted"];

/// What somebody says of an event.
#[derive(Debug, Clone)]
pub struct LabelWish {
    /// The event.
    pub event_id: String,
    /// What it turned out to be.
    pub truth: Truth,
    /// Labels of texts that fit.
    pub scenes: Vec<String>,
    /// How that became known.
    pub source: LabelSource,
    /// Why.
    pub note: String,
}

/// An event that it is worth asking about.
#[derive(Debug, Clone, PartialEq)]
pub struct Pick {
    /// The event.
    pub event_id: String,
    /// Its kind.
    pub kind: String,
    /// When it was decided about.
    pub decided_at: Timestamp,
    /// What was decided.
    pub decision: Decision,
    /// Its texts, a line each.
    pub text: LabelText,
    /// How likely the model holds it to be fraud.
    pub score: Score,
    /// The labels with the highest scores, highest first.
    pub labels: Vec<(String, Score)>,
    /// Why it is asked about.
    pub why: Why,
    /// Other events with the same text.
    equal: Vec<String>,
}

/// Why it is worth asking about an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// It was let pass, and the model is sure that it is fraud.
    Contradiction,
    /// The model cannot tell.
    Uncertain,
}

stanch_types::words! { Why { Contradiction = "contradiction", Uncertain = "uncertain" } }

/// What is read of a stored decision.
#[derive(Deserialize)]
struct Decided {
    event_id: String,
    kind: String,
    decision: Decision,
    policy: String,
    decided_at: Timestamp,
}

fn decided(found: &Found) -> Result<Decided, DecideError> {
    serde_json::from_slice(&found.json).map_err(|_| DecideError::Damaged {
        what: "a decision of the index",
    })
}

/// The texts of an event but for its keys, a line each; none where the policy does not know the event any more.
fn text_of(policy: &Policy, line: &[u8]) -> Option<LabelText> {
    let event = policy.decode(line).ok()?;
    let texts = texts_of(&event).into_iter().filter(|text| !text.is_key);
    let lines: Vec<&str> = texts.map(|text| text.text).collect();
    LabelText::new(&lines.join("\n"))
}

/// Puts on record what an event turned out to be, with its texts, which outlive the event.
///
/// # Errors
/// [`DecideError::NotFound`] for an event that was never decided about, [`DecideError::NoPolicy`].
pub async fn label(
    engine: &Engine,
    store: &Store,
    ctx: &Ctx,
    wish: LabelWish,
    by: Actor,
) -> Result<EventLabel, DecideError> {
    let (asked, event_id) = (engine.clone(), wish.event_id.clone());
    let read = move || {
        let live = asked.live()?;
        let found = asked.find(&event_id)?;
        // Retention may have removed the event; that it was fraud is worth knowing all the same.
        let line = kept(asked.event_at(found.place))?;
        let text = line.and_then(|line| text_of(&live.policy, &line));
        Ok::<_, DecideError>((decided(&found)?, text))
    };
    let (decided, text) = tokio::task::spawn_blocking(read)
        .await
        .map_err(|error| DecideError::Stopped(error.to_string()))??;
    let label = EventLabel {
        id: ctx.new_id(),
        event_id: wish.event_id,
        kind: decided.kind,
        truth: wish.truth,
        scenes: wish.scenes,
        source: wish.source,
        decision: decision_word(decided.decision).to_owned(),
        policy: decided.policy,
        text,
        labelled_at: ctx.now(),
        labelled_by: by.clone(),
        note: wish.note,
    };
    let mut tx = store.begin().await?;
    tx.insert_label(&label).await?;
    let detail = json!({ "truth": label.truth, "scenes": label.scenes, "source": label.source });
    let subject = format!("event:{}", label.event_id);
    audit(
        &mut tx,
        label.labelled_at,
        by,
        "label.given",
        &subject,
        detail,
    )
    .await?;
    tx.commit().await?;
    Ok(label)
}

/// Erases the text of a label and of every other label of its event; what the event turned out to be stays. A label given later
/// takes the text from the event again, as long as that is kept.
///
/// # Errors
/// Those of the record, [`stanch_store::StoreError::NotFound`] among them.
pub async fn erase_text(
    store: &Store,
    ctx: &Ctx,
    id: LabelId,
    by: Actor,
) -> Result<EventLabel, DecideError> {
    let mut tx = store.begin().await?;
    let mut label = tx.lock_label(id).await?;
    for mut other in tx.labels_of_event(&label.event_id, u16::MAX).await? {
        other.text = None;
        tx.update_label(&other).await?;
    }
    label.text = None;
    let subject = label.id.to_string();
    audit(
        &mut tx,
        ctx.now(),
        by,
        "label.text_erased",
        &subject,
        json!({}),
    )
    .await?;
    tx.commit().await?;
    Ok(label)
}

/// Events that it is worth asking about: of the latest [`LOOKED_AT_MAX`] decisions those with a text and no label that were let pass
/// although the model is sure, then those where it cannot tell, the most telling first; of equal texts one.
///
/// # Errors
/// [`DecideError::NoPolicy`], [`DecideError::Index`].
pub async fn picks(
    engine: &Engine,
    store: &Store,
    kind: Option<String>,
    limit: usize,
) -> Result<Vec<Pick>, DecideError> {
    // One at a time: it takes a core for a second.
    let _turn = PICKING.acquire().await;
    let engine = engine.clone();
    let candidates = tokio::task::spawn_blocking(move || candidates(&engine, kind.as_deref()))
        .await
        .map_err(|error| DecideError::Stopped(error.to_string()))??;
    let mut tx = store.read().await?;
    let mut picks = Vec::new();
    'candidates: for pick in candidates {
        if picks.len() == limit {
            break;
        }
        // Nothing is learnt from a text that is labelled.
        for event_id in std::iter::once(&pick.event_id).chain(&pick.equal) {
            if tx.is_labelled(event_id).await? {
                continue 'candidates;
            }
        }
        picks.push(pick);
    }
    Ok(picks)
}

fn candidates(engine: &Engine, kind: Option<&str>) -> Result<Vec<Pick>, DecideError> {
    let live = engine.live()?;
    let models = &live.policy.program().models;
    let own = models.iter().find(|model| &*model.path == MAIN_MODEL);
    let model: &Model = match own {
        Some(own) => &own.model,
        None => Model::shipped().map_err(|error| DecideError::PolicyInvalid(error.to_string()))?,
    };
    let Some(ranked_by) = RANKED_BY.iter().find_map(|name| model.label(name)) else {
        return Ok(Vec::new());
    };
    let mut classifier = Classifier::new(model);
    let (mut picks, mut seen): (Vec<Pick>, usize) = (Vec::new(), 0);
    // Where the pick with a text is; none when it is not worth asking about.
    let mut known: HashMap<LabelText, Option<usize>> = HashMap::new();
    let mut cursor = None;
    while seen < LOOKED_AT_MAX {
        let page = engine.list(&DecisionFilter::default(), PAGE, cursor.as_deref())?;
        seen += page.items.len();
        let places: Vec<_> = page.items.iter().map(|found| found.place).collect();
        let lines = engine.events_at(&places)?;
        for (found, line) in page.items.iter().zip(lines) {
            let decided = decided(found)?;
            let Some(line) = line.filter(|_| kind.is_none_or(|kind| decided.kind == kind)) else {
                continue;
            };
            let Some(text) = text_of(&live.policy, &line) else {
                continue;
            };
            match known.get(&text) {
                Some(at) => {
                    if let Some(pick) = at.and_then(|at| picks.get_mut(at)) {
                        pick.equal.push(decided.event_id);
                    }
                }
                None => {
                    let pick = pick(decided, text.clone(), &mut classifier, ranked_by);
                    known.insert(text, pick.is_some().then_some(picks.len()));
                    picks.extend(pick);
                }
            }
        }
        cursor = page.next;
        if cursor.is_none() || page.items.is_empty() {
            break;
        }
    }
    picks.sort_by_key(|pick: &Pick| (pick.why, urgency(pick)));
    Ok(picks)
}

/// Lower is asked about sooner.
fn urgency(pick: &Pick) -> u16 {
    let from_middle = pick.score.get().abs_diff(Score::DECIDED.get());
    match pick.why {
        Why::Contradiction => u16::MAX - from_middle,
        Why::Uncertain => from_middle,
    }
}

fn pick(
    decided: Decided,
    text: LabelText,
    classifier: &mut Classifier<'_>,
    ranked_by: usize,
) -> Option<Pick> {
    let model = classifier.model();
    let mut scores = classifier.score(text.expose()).to_vec();
    let score = scores.get(ranked_by)?.score;
    let passed = matches!(decided.decision, Decision::Allow | Decision::Warn);
    let why = if passed && score.get() >= CONTRADICTS_FROM {
        Why::Contradiction
    } else if score.get().abs_diff(Score::DECIDED.get()) <= UNCERTAIN_WITHIN {
        Why::Uncertain
    } else {
        return None;
    };
    scores.sort_by_key(|one| std::cmp::Reverse(one.score));
    let name = |label: usize| Some(model.labels().get(label)?.name.to_string());
    let labels = scores
        .iter()
        .take(LABELS_SHOWN)
        .filter_map(|one| Some((name(one.label)?, one.score)))
        .collect();
    Some(Pick {
        event_id: decided.event_id,
        kind: decided.kind,
        decided_at: decided.decided_at,
        decision: decided.decision,
        text,
        score,
        labels,
        why,
        equal: Vec::new(),
    })
}
