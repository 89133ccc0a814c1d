//! What a policy declares: for completion in the editor, and for the lists of rules and fields that searches offer.

use crate::extract::InPath;
use crate::state::App;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use stanch_decide::decision_word;
use stanch_rules::check::type_name;
use stanch_rules::diagnostic::render;
use stanch_rules::ir::{EventIx, ListKind, Program, RulesetMode, Span, Type};
use stanch_rules::policy;
use stanch_rules::source::SourceMap;
use utoipa::ToSchema;

use crate::error::{ApiResult, Problem};
use crate::handlers::policy_files::{on_core, stored};

/// What a policy declares.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
pub struct PolicyOutline {
    /// Event kinds.
    pub events: Vec<EventOutline>,
    /// Features.
    pub features: Vec<FeatureOutline>,
    /// Lists.
    pub lists: Vec<ListOutline>,
    /// Rules.
    pub rules: Vec<RuleOutline>,
    /// Rule sets.
    pub rulesets: Vec<RulesetOutline>,
    /// Number of its tests.
    pub tests: u32,
}

/// Where something is declared.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DeclaredAt {
    /// Path of the file.
    pub path: String,
    /// Line, from 1.
    pub line: u32,
}

/// An event kind.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct EventOutline {
    /// Its name.
    pub name: String,
    /// Its documentation.
    pub doc: String,
    /// Its fields.
    pub fields: Vec<FieldOutline>,
    /// Where.
    pub at: DeclaredAt,
}

/// A field of an event kind.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FieldOutline {
    /// Its name.
    pub name: String,
    /// Its documentation.
    pub doc: String,
    /// Its type as the language writes it.
    #[schema(example = "money(CNY)?")]
    pub r#type: String,
    /// Words of an enumeration.
    pub words: Vec<String>,
    /// Whether decisions are searchable by it.
    pub key: bool,
    /// Whether it names persons.
    pub personal: bool,
}

/// A feature.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FeatureOutline {
    /// Its name.
    pub name: String,
    /// Its documentation.
    pub doc: String,
    /// Its type.
    pub r#type: String,
    /// Names of its keys.
    pub keys: Vec<String>,
    /// Where.
    pub at: DeclaredAt,
}

/// A list.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ListOutline {
    /// Its name.
    pub name: String,
    /// Its documentation.
    pub doc: String,
    /// How entries are compared: `exact`, `prefix`, `cidr`, `phone`, `account`, `domain` or `text`.
    pub kind: String,
    /// Number of entries.
    pub entries: u64,
    /// Where.
    pub at: DeclaredAt,
}

/// A rule.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RuleOutline {
    /// Its name.
    pub name: String,
    /// Its documentation.
    pub doc: String,
    /// What it asks for.
    #[schema(example = "hold")]
    pub decision: String,
    /// Its points.
    pub score: i64,
    /// Who answers for it.
    pub owner: String,
    /// The event kinds it is on.
    pub events: Vec<String>,
    /// The scam typologies it speaks for.
    pub typologies: Vec<String>,
    /// Where.
    pub at: DeclaredAt,
}

/// A rule set.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RulesetOutline {
    /// Its name.
    pub name: String,
    /// Its documentation.
    pub doc: String,
    /// `all`, `first_match` or `score`.
    pub mode: &'static str,
    /// The event kinds it decides about.
    pub events: Vec<String>,
    /// Its rules.
    pub rules: Vec<String>,
    /// Where.
    pub at: DeclaredAt,
}

/// What a version of the policy declares.
#[utoipa::path(get, path = "/v1/policies/{hash}/outline", tag = "policies", params(("hash" = String, Path, description = "Hash of the version")), responses(
    (status = 200, body = PolicyOutline, description = "Its declarations"),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "No such version (`policy.not_found`)"),
))]
pub async fn get_outline(
    State(app): State<App>,
    InPath(hash): InPath<String>,
) -> ApiResult<Json<PolicyOutline>> {
    let (_, files) = stored(&app, &hash).await?;
    let outline = on_core(move || {
        let (program, found) = policy::check(&files);
        PolicyOutline::new(&program, &found.sources)
    });
    Ok(Json(outline.await?))
}

impl PolicyOutline {
    /// What `program` declares.
    pub(crate) fn new(program: &Program, sources: &SourceMap) -> Self {
        Self {
            events: events(program, sources),
            features: features(program, sources),
            lists: (program.lists.iter())
                .map(|list| ListOutline {
                    name: list.name.to_string(),
                    doc: list.doc.clone(),
                    kind: kind_word(list.kind).to_owned(),
                    entries: u64::try_from(list.entries.len()).unwrap_or(u64::MAX),
                    at: at(list.span, sources),
                })
                .collect(),
            rules: rules(program, sources),
            rulesets: (program.rulesets.iter())
                .map(|set| RulesetOutline {
                    name: set.name.to_string(),
                    doc: set.doc.clone(),
                    mode: match set.mode {
                        RulesetMode::All => "all",
                        RulesetMode::FirstMatch => "first_match",
                        RulesetMode::Score(_) => "score",
                    },
                    events: event_names(program, set.events.iter()),
                    rules: (set.rules.iter())
                        .filter_map(|rule| program.rules.get(rule.ix()))
                        .map(|rule| rule.name.to_string())
                        .collect(),
                    at: at(set.span, sources),
                })
                .collect(),
            tests: u32::try_from(program.tests.len()).unwrap_or(u32::MAX),
        }
    }
}

fn events(program: &Program, sources: &SourceMap) -> Vec<EventOutline> {
    (program.events.iter())
        .map(|event| EventOutline {
            name: event.name.to_string(),
            doc: event.doc.clone(),
            fields: (event.fields.iter())
                .map(|field| FieldOutline {
                    name: field.name.to_string(),
                    doc: field.doc.clone(),
                    r#type: written_type(program, field.ty, field.optional),
                    words: words(program, field.ty),
                    key: field.key,
                    personal: field.personal,
                })
                .collect(),
            at: at(event.span, sources),
        })
        .collect()
}

fn features(program: &Program, sources: &SourceMap) -> Vec<FeatureOutline> {
    (program.declared_features())
        .map(|feature| FeatureOutline {
            name: feature.name.to_string(),
            doc: feature.doc.clone(),
            r#type: written_type(program, feature.ty, false),
            keys: feature.key_names.iter().map(ToString::to_string).collect(),
            at: at(feature.span, sources),
        })
        .collect()
}

fn rules(program: &Program, sources: &SourceMap) -> Vec<RuleOutline> {
    (program.rules.iter())
        .map(|rule| RuleOutline {
            name: rule.name.to_string(),
            doc: rule.doc.clone(),
            decision: decision_word(rule.decision).to_owned(),
            score: rule.score,
            owner: rule.owner.to_string(),
            events: event_names(program, rule.conditions.iter().map(|(event, _)| event)),
            typologies: rule.typologies.iter().map(ToString::to_string).collect(),
            at: at(rule.span, sources),
        })
        .collect()
}

fn event_names<'a>(program: &Program, events: impl Iterator<Item = &'a EventIx>) -> Vec<String> {
    events
        .filter_map(|event| program.events.get(event.ix()))
        .map(|event| event.name.to_string())
        .collect()
}

fn words(program: &Program, ty: Type) -> Vec<String> {
    let Type::Enum(index) = ty else {
        return Vec::new();
    };
    let words = program.enums.get(index.ix());
    words.map_or_else(Vec::new, |of| {
        of.words.iter().map(ToString::to_string).collect()
    })
}

fn written_type(program: &Program, ty: Type, optional: bool) -> String {
    let name = match ty {
        // Its words stand beside it.
        Type::Enum(_) => "enum".to_owned(),
        Type::Bool
        | Type::Int
        | Type::Double
        | Type::Money(_)
        | Type::String
        | Type::Timestamp
        | Type::Duration
        | Type::List(_)
        | Type::Map(_) => type_name(&program.enums, ty),
    };
    if optional { format!("{name}?") } else { name }
}

const fn kind_word(kind: ListKind) -> &'static str {
    match kind {
        ListKind::Exact => "exact",
        ListKind::Prefix => "prefix",
        ListKind::Cidr => "cidr",
        ListKind::Phone => "phone",
        ListKind::Account => "account",
        ListKind::Domain => "domain",
        ListKind::Text => "text",
    }
}

fn at(span: Span, sources: &SourceMap) -> DeclaredAt {
    let place = render::place(span, sources);
    DeclaredAt {
        path: place.path,
        line: place.line,
    }
}
