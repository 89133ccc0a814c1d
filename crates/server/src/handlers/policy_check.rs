//! What the rule editor asks while a policy is written: what is wrong with it, how it is laid out, whether its tests pass.

use crate::extract::{expect_media_type, parse_json, whole_body};
use crate::state::App;
use axum::Json;
use axum::extract::{Request, State};
use serde::{Deserialize, Serialize};
use stanch_rules::diagnostic::{Diagnostics, render};
use stanch_rules::explain::Place;
use stanch_rules::ir::Span;
use stanch_rules::source::SourceMap;
use stanch_rules::syntax::print;
use stanch_rules::trial::TestOutcome;
use stanch_rules::{Policy, PolicyFiles, diff, policy};
use stanch_types::ErrorCode;
use utoipa::ToSchema;

use crate::error::{ApiError, ApiResult, Problem};
use crate::handlers::policy_diff::PolicyDifference;
use crate::handlers::policy_files::{PolicyDraft, assemble, on_core, stored};
use crate::handlers::policy_outline::PolicyOutline;

/// Largest draft that is looked at while it is written; large lists come from its base.
const DRAFT_BYTES_MAX: usize = 8 << 20;

/// What is wrong with a draft, and what it declares.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PolicyCheck {
    /// Hash that it would have as a version.
    pub policy: String,
    /// Whether it would be taken.
    pub ok: bool,
    /// Number of errors.
    pub errors: u64,
    /// Number of warnings.
    pub warnings: u64,
    /// How many more findings there are than are listed.
    pub more: u64,
    /// The findings by place.
    pub diagnostics: Vec<PolicyDiagnostic>,
    /// What it declares, as far as it could be read.
    pub outline: PolicyOutline,
    /// How it differs from its base; none without one.
    pub difference: Option<PolicyDifference>,
}

/// A finding about a draft.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PolicyDiagnostic {
    /// Its stable code.
    #[schema(example = "policy.unknown_field")]
    pub code: String,
    /// `error` or `warning`.
    #[schema(example = "error")]
    pub severity: &'static str,
    /// What is wrong, in English.
    pub message: String,
    /// What to write instead.
    pub hint: Option<String>,
    /// Text to put in the place's stead.
    pub replacement: Option<String>,
    /// Where.
    pub at: PolicyPlace,
    /// Other places that matter.
    pub labels: Vec<PolicyLabel>,
}

/// Another place that matters to a finding.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PolicyLabel {
    /// Why.
    pub text: String,
    /// Where.
    pub at: PolicyPlace,
}

/// A place in a draft: lines and columns from 1, columns in Unicode characters.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PolicyPlace {
    /// Path of the file.
    pub path: String,
    /// Line of the first character.
    pub line: u32,
    /// Column of the first character.
    pub column: u32,
    /// Line of the character after the last.
    pub end_line: u32,
    /// Column of the character after the last.
    pub end_column: u32,
}

/// A policy file to be laid out.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PolicyText {
    /// Its text.
    #[schema(max_length = 1048576)]
    pub text: String,
}

/// A policy file, laid out.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LaidOutText {
    /// Its text; none when its syntax is wrong.
    pub text: Option<String>,
}

/// How the tests of a draft ended.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PolicyTestRun {
    /// Whether the policy could be tested: it has no errors.
    pub ok: bool,
    /// Number of tests that failed.
    pub failed: u32,
    /// The tests by order of declaration.
    pub tests: Vec<PolicyTest>,
}

/// How a test ended.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PolicyTest {
    /// Its name.
    pub name: String,
    /// Where it is declared.
    pub at: PolicyPlace,
    /// The expectations that did not hold; none when it passed.
    pub failures: Vec<PolicyTestFailure>,
}

/// An expectation that did not hold.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PolicyTestFailure {
    /// What was expected and what was found instead, in English.
    pub message: String,
    /// Where it is written.
    pub at: PolicyPlace,
    /// For a rule that did not fire: its conditions nearest to firing, `condition` and whether it held.
    pub conditions: Vec<PolicyTestCondition>,
}

/// A condition of a rule that did not fire.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PolicyTestCondition {
    /// The condition in the policy's language.
    pub condition: String,
    /// Whether it held; null when something was missing.
    pub held: Option<bool>,
}

/// Find what is wrong with a draft. Nothing is stored.
#[utoipa::path(post, path = "/v1/policies/check", tag = "policies", request_body = PolicyDraft, responses(
    (status = 200, body = PolicyCheck, description = "What is wrong, and what it declares"),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "No such base (`policy.not_found`)"),
    (status = 422, body = Problem, content_type = "application/problem+json", description = "Files that no policy can have (`policy.invalid`)"),
))]
pub async fn check_policy(
    State(app): State<App>,
    request: Request,
) -> ApiResult<Json<PolicyCheck>> {
    let draft = draft(request).await?;
    let base = match &draft.base {
        Some(hash) => Some(stored(&app, hash).await?.1),
        None => None,
    };
    let files = assemble(&app, draft).await?;
    Ok(Json(on_core(move || check(&files, base.as_ref())).await?))
}

/// Lay a policy file out the one way.
#[utoipa::path(post, path = "/v1/policies/format", tag = "policies", request_body = PolicyText, responses(
    (status = 200, body = LaidOutText, description = "The file, laid out"),
))]
pub async fn format_policy(request: Request) -> ApiResult<Json<LaidOutText>> {
    expect_media_type(&request, "application/json")?;
    let bytes = whole_body(request.into_body(), DRAFT_BYTES_MAX).await?;
    let file: PolicyText = parse_json(&bytes)?;
    if file.text.len() > policy::FILE_BYTES_MAX {
        return Err(ApiError::of(ErrorCode::RequestTooLarge));
    }
    let text = on_core(move || print::format(&file.text).ok()).await?;
    Ok(Json(LaidOutText { text }))
}

/// Run the tests of a draft. Nothing is stored.
#[utoipa::path(post, path = "/v1/policies/test", tag = "policies", request_body = PolicyDraft, responses(
    (status = 200, body = PolicyTestRun, description = "How they ended"),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "No such base (`policy.not_found`)"),
    (status = 422, body = Problem, content_type = "application/problem+json", description = "Files that no policy can have (`policy.invalid`)"),
))]
pub async fn test_policy(
    State(app): State<App>,
    request: Request,
) -> ApiResult<Json<PolicyTestRun>> {
    let files = assemble(&app, draft(request).await?).await?;
    Ok(Json(on_core(move || run_tests(&files)).await?))
}

async fn draft(request: Request) -> ApiResult<PolicyDraft> {
    expect_media_type(&request, "application/json")?;
    parse_json(&whole_body(request.into_body(), DRAFT_BYTES_MAX).await?)
}

fn check(files: &PolicyFiles, base: Option<&PolicyFiles>) -> PolicyCheck {
    let (program, found) = policy::check(files);
    let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    PolicyCheck {
        policy: files.hash().to_string(),
        ok: !found.has_errors(),
        errors: count(found.errors()),
        warnings: count(found.warnings()),
        more: count(found.more),
        diagnostics: diagnostics(&found),
        outline: PolicyOutline::new(&program, &found.sources),
        difference: base.map(|base| PolicyDifference::from(diff::diff(base, files))),
    }
}

fn diagnostics(found: &Diagnostics) -> Vec<PolicyDiagnostic> {
    let items = found.items.iter();
    items
        .map(|item| PolicyDiagnostic {
            code: item.code.to_string(),
            severity: item.severity.as_str(),
            message: item.message.clone(),
            hint: item.hint.clone(),
            replacement: item.replacement.clone(),
            at: place(item.span, &found.sources),
            labels: (item.labels.iter())
                .map(|label| PolicyLabel {
                    text: label.text.clone(),
                    at: place(label.span, &found.sources),
                })
                .collect(),
        })
        .collect()
}

fn run_tests(files: &PolicyFiles) -> PolicyTestRun {
    let Ok(policy) = Policy::load(files) else {
        return PolicyTestRun {
            ok: false,
            failed: 0,
            tests: Vec::new(),
        };
    };
    let sources = &policy.warnings().sources;
    let outcomes = policy.run_tests();
    let failed = outcomes.iter().filter(|outcome| !outcome.passed()).count();
    PolicyTestRun {
        ok: true,
        failed: u32::try_from(failed).unwrap_or(u32::MAX),
        tests: outcomes
            .into_iter()
            .map(|outcome| test(outcome, sources))
            .collect(),
    }
}

fn test(outcome: TestOutcome, sources: &SourceMap) -> PolicyTest {
    let failures = outcome.failures.into_iter().map(|failure| {
        let conditions = failure.why.map_or_else(Vec::new, |why| why.conditions);
        PolicyTestFailure {
            message: failure.message,
            at: place(span_of(failure.place), sources),
            conditions: (conditions.into_iter())
                .map(|because| PolicyTestCondition {
                    condition: because.condition.to_string(),
                    held: because.held,
                })
                .collect(),
        }
    });
    PolicyTest {
        name: outcome.test,
        at: place(span_of(outcome.place), sources),
        failures: failures.collect(),
    }
}

const fn span_of(place: Place) -> Span {
    Span {
        file: place.file,
        start: place.start,
        end: place.end,
    }
}

fn place(span: Span, sources: &SourceMap) -> PolicyPlace {
    let place = render::place(span, sources);
    PolicyPlace {
        path: place.path,
        line: place.line,
        column: place.column,
        end_line: place.end_line,
        end_column: place.end_column,
    }
}
