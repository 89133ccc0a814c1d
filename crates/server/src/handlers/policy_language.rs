//! The language that policies are written in, for the rule editor: its functions and the meaning of each finding.

use axum::Json;
use serde::Serialize;
use stanch_rules::check::form;
use stanch_rules::diagnostic::Code;
use stanch_rules::function::FUNCTIONS;
use utoipa::ToSchema;

/// The policy language.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PolicyLanguage {
    /// Its functions by name.
    pub functions: Vec<FunctionView>,
    /// The codes of findings.
    pub diagnostics: Vec<DiagnosticMeaning>,
}

/// A function of the language.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FunctionView {
    /// Its name.
    pub name: &'static str,
    /// The forms it may be called in.
    #[schema(example = json!(["size(x: string) int"]))]
    pub forms: Vec<String>,
    /// What it answers, in English (Markdown).
    pub doc: &'static str,
    /// Whether it says where somebody or something is or comes from: no rule can rest on it alone.
    pub regional: bool,
    /// Expressions and their values.
    pub examples: Vec<FunctionExample>,
}

/// An expression and its value.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FunctionExample {
    /// The expression.
    pub expression: &'static str,
    /// Its value.
    pub value: &'static str,
}

/// What a code means.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DiagnosticMeaning {
    /// The code.
    pub code: &'static str,
    /// Its meaning, in English.
    pub title: &'static str,
}

/// The policy language: functions with their documentation, codes of findings with their meaning.
#[utoipa::path(get, path = "/v1/policies/language", tag = "policies", responses(
    (status = 200, body = PolicyLanguage, description = "The language"),
))]
pub async fn get_language() -> Json<PolicyLanguage> {
    let functions = FUNCTIONS.iter().map(|function| FunctionView {
        name: function.name,
        forms: (function.signatures.iter())
            .map(|signature| form(function.name, signature))
            .collect(),
        doc: function.doc.trim(),
        regional: function.regional,
        examples: (function.examples.iter())
            .map(|(expression, value)| FunctionExample { expression, value })
            .collect(),
    });
    let diagnostics = Code::ALL.iter().map(|code| DiagnosticMeaning {
        code: code.as_str(),
        title: code.title(),
    });
    Json(PolicyLanguage {
        functions: functions.collect(),
        diagnostics: diagnostics.collect(),
    })
}
