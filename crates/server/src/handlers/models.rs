//! The models of texts: which policies ask them, and what they are worth on what events turned out to be.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use serde_json::Value;
use stanch_decide::{LabelWorth, ModelAtWork, models};
use stanch_detect::text::model::{CARD, REPORT};
use stanch_types::policy::PolicyStage;
use utoipa::ToSchema;

use crate::error::{ApiError, ApiResult};
use crate::state::App;

/// The models of texts.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ModelsView {
    /// The model in this program first, then those of policies at work.
    pub models: Vec<ModelView>,
    /// The card of the models in this program: what they tell, what they learnt from, their limits. Markdown.
    pub card: &'static str,
    /// What training the model of texts in this program said: texts of each source, and the worth of each label on texts that it had
    /// not seen.
    #[schema(value_type = Object)]
    pub report: Value,
}

/// A model and who asks it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ModelView {
    /// Which training it came from.
    #[schema(example = "text-1")]
    pub version: String,
    /// Path in the policy's folder; null for the model in this program.
    #[schema(example = "themes/epidemic_goods.stxm")]
    pub path: Option<String>,
    /// Whether it tells the scores of `signal.text`; otherwise it tells themes.
    pub is_main: bool,
    /// Policies at work that ask it.
    pub used_by: Vec<ModelUse>,
    /// Its labels.
    pub labels: Vec<ModelLabel>,
}

/// A policy that asks a model.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ModelUse {
    /// Hash of the policy.
    pub policy: String,
    /// What it does.
    pub stage: PolicyStage,
}

/// A label of a model, and how it does on the latest 2,000 labelled texts.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ModelLabel {
    /// Its word; `fraud` is held against the truth of an event, the others against its scenes.
    #[schema(example = "task_rebate")]
    pub label: String,
    /// Texts on record that are of it.
    pub of_it: u64,
    /// Texts on record that are not.
    pub others: u64,
    /// Of the former, those that the model finds.
    pub found: u64,
    /// Of the latter, those that the model finds.
    pub false_alarms: u64,
}

/// The models of texts that are at work.
#[utoipa::path(get, path = "/v1/models", tag = "labels", responses(
    (status = 200, body = ModelsView, description = "The models"),
))]
pub async fn list_models(State(app): State<App>) -> ApiResult<Json<ModelsView>> {
    let found = models(app.engine(), app.store(), app.ctx().now()).await?;
    Ok(Json(ModelsView {
        models: found.into_iter().map(view).collect(),
        card: CARD,
        report: serde_json::from_str(REPORT).map_err(ApiError::internal)?,
    }))
}

fn view(model: ModelAtWork) -> ModelView {
    let used_by = model.used_by.into_iter();
    let labels = model.labels.into_iter();
    ModelView {
        version: model.version,
        path: model.path.as_deref().map(str::to_owned),
        is_main: model.is_main,
        used_by: used_by
            .map(|(policy, stage)| ModelUse { policy, stage })
            .collect(),
        labels: labels.map(label).collect(),
    }
}

fn label(worth: LabelWorth) -> ModelLabel {
    let LabelWorth {
        label,
        of_it,
        others,
        found,
        false_alarms,
    } = worth;
    ModelLabel {
        label,
        of_it,
        others,
        found,
        false_alarms,
    }
}
